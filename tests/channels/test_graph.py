"""What all of Meta's networks share: signatures, the question at the door, bodies taken apart, errors, limits, and files."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from sluss.channels.contract import Posted, Refused, ResultUnknown, Unreachable, Unverified
from sluss.channels.facebook.channel import FacebookChannel
from sluss.channels.graph import Account, Graph, Part, account_of
from sluss.channels.graph_errors import WAIT, raise_for, usage_of
from sluss.channels.graph_hooks import Happened, deliver, prove
from sluss.channels.instagram.channel import InstagramChannel
from sluss.kernel.clock import MINUTE, SECOND
from sluss.sandbox.graph.server import APP_SECRET, TOKEN, GraphDouble, error, limited
from sluss.sandbox.wire import Answer, told
from tests.channels.facebook.square import NOW, PAGE, inbox, payload, posted

HEADER = "x-hub-signature-256"
HOOK = "https://sluss.example/hooks/1/7"


@pytest.fixture
async def network() -> AsyncIterator[GraphDouble]:
    network = GraphDouble(now=lambda: NOW)
    await network.start()
    yield network
    await network.stop()


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    graph = Graph(allow_private=True)
    yield graph
    await graph.aclose()


def sign(body: bytes, secret: str = APP_SECRET, way: Any = hashlib.sha256) -> str:
    return hmac.new(secret.encode(), body, way).hexdigest()


def test_only_meta_may_post_and_only_what_it_signed() -> None:
    """T85, T87: over the raw bytes, with letters escaped as Meta sends them; 25 wrong signatures, and none without a secret."""
    vector = payload("meta_signature")
    body, good = vector["body"].encode(), vector["headers"]["X-Hub-Signature-256"]
    prove(posted(body, {HEADER: good}), "", vector["secret"])
    assert b"\\u00f6" in body
    mark = good.removeprefix("sha256=")
    wrong: list[dict[str, str]] = [
        {},
        {HEADER: ""},
        {HEADER: mark},
        {HEADER: "sha256="},
        {HEADER: "sha256"},
        {HEADER: f"sha256={mark[:-1]}"},
        {HEADER: f"sha256={mark}0"},
        {HEADER: f"sha256={mark.upper()}"},
        {HEADER: f"SHA256={mark}"},
        {HEADER: f" sha256={mark}"},
        {HEADER: f"sha256={mark} "},
        {HEADER: f"sha256={mark}\n"},
        {HEADER: f"sha256= {mark}"},
        {HEADER: f"sha256={mark}, sha256={mark}"},
        {HEADER: f"sha256={mark};sha256={mark}"},
        {HEADER: f"sha1={sign(body, way=hashlib.sha1)}"},
        {HEADER: f"sha256={sign(body, way=hashlib.sha1)}"},
        {HEADER: f"sha256={sign(body, 'another secret')}"},
        {HEADER: f"sha256={sign(body, '')}"},
        {HEADER: f"sha256={sign(body + b' ')}"},
        {HEADER: f"sha256={sign(body.decode('unicode_escape').encode())}"},
        {HEADER: f"sha256={sign(msgspec.json.encode(msgspec.json.decode(body)))}"},
        {HEADER: f"sha256={'0' * 64}"},
        {HEADER: f"sha256={'é' * 64}"},
        {"x-hub-signature": f"sha1={sign(body, way=hashlib.sha1)}"},
        {"X-Hub-Signature-256": good},
    ]
    assert len(wrong) >= 25
    for headers in wrong:
        with pytest.raises(Unverified):
            prove(posted(body, headers), vector["secret"])
    with pytest.raises(Unverified):
        prove(posted(body, {HEADER: f"sha256={sign(body, '')}"}), "")


def test_the_question_at_the_door_is_answered_to_whoever_knows_the_word() -> None:
    """T89: the bare challenge as text, never a page; every other question is refused."""
    channel, asked = FacebookChannel(), payload("meta_verify")["request"]["query"]
    assert channel.greet(asked, inbox()) == "1158201444"
    assert InstagramChannel().greet(asked, inbox()) == "1158201444"
    wrong = [
        {"hub.mode": "unsubscribe"},
        {"hub.verify_token": "another"},
        {"hub.verify_token": ""},
        {"hub.challenge": ""},
        {"hub.challenge": "<script>alert(1)</script>"},
        {"hub.challenge": "1 2"},
        {"hub.challenge": "1" * 201},
    ]
    for change in wrong:
        with pytest.raises(Unverified):
            channel.greet({**asked, **change}, inbox())
    bare = msgspec.structs.replace(inbox(), secrets={})
    with pytest.raises(Unverified):
        channel.greet({**asked, "hub.verify_token": ""}, bare)


def test_a_batch_becomes_one_delivery_for_each_event_of_the_account() -> None:
    """T86, T88, F32: the same in other company has the same key; another account's events are not ours; nonsense is kept whole."""
    batch = payload("facebook_batch")["body"]
    body = msgspec.json.encode(batch)
    channel = FacebookChannel()
    one = channel.accept(posted(body, {HEADER: f"sha256={sign(body)}"}), inbox())
    assert [msgspec.json.decode(each.raw)["entry"][0]["id"] for each in one] == [PAGE]
    assert one[0].mark == "said:1_1"
    assert channel.accounts(posted(body, {})) == {f"facebook-{PAGE}", "facebook-2040"}
    later = {"object": "page", "entry": [{**batch["entry"][0], "time": 1_795_300_000}] * 2}
    again = deliver(posted(msgspec.json.encode(later), {}), "page", PAGE)
    assert [each.external_key for each in again] == [one[0].external_key]
    for junk in (b"{}", b"[" * 50_000, b'{"object":"page","object":"instagram","entry":[]}', b"null", b"\xff"):
        (kept,) = deliver(posted(junk, {}), "page", PAGE)
        assert kept.raw == junk
    standby = payload("messenger_standby")["body"]
    same = {"object": "page", "entry": [{"id": PAGE, "time": 1, "messaging": standby["entry"][0]["standby"]}]}
    keys = [deliver(posted(msgspec.json.encode(each), {}), "page", PAGE)[0].external_key for each in (standby, same)]
    assert keys[0] == keys[1]
    flat = {"object": "page", "entry": [{"id": PAGE, "time": 1, "field": "feed", "value": {"item": "comment"}}]}
    (alone,) = deliver(posted(msgspec.json.encode(flat), {}), "page", PAGE, lambda event: f"{event.where}")
    assert alone.mark == "changes"
    assert Happened(PAGE, "changes", {}, 1).account == PAGE


def test_errors_say_what_to_do() -> None:
    """F30, F31: who must wait and how long, who must connect again, what will never be taken, and what nobody knows."""

    def trouble(code: int, subcode: int = 0, status: int = 400, headers: dict[str, str] | None = None, **more: Any) -> Exception:
        said = {
            "error": {"code": code, "message": "Their words", "fbtrace_id": "Ax", **({"error_subcode": subcode} if subcode else {}), **more}
        }
        with pytest.raises((Refused, Unreachable, ResultUnknown)) as caught:
            raise_for(status, headers or {}, said)
        return caught.value

    usage = '{"1":[{"type":"pages","call_count":100,"estimated_time_to_regain_access":7}]}'
    window = trouble(10, 2018278)
    assert isinstance(window, Refused)
    assert (window.permanent, window.code, window.reconnect) == (True, "10/2018278", False)
    assert "Their words [Ax]" in window.reason
    for name in ("messenger_error_window", "meta_error_rate", "meta_error_token"):
        with pytest.raises(Refused):
            raise_for(400, {}, payload(name)["body"])
    rate = trouble(613, headers={"x-business-use-case-usage": usage})
    assert isinstance(rate, Refused)
    assert (rate.permanent, rate.wait, rate.whole_inbox) == (False, 7 * MINUTE, True)
    plain = trouble(4, headers={"x-business-use-case-usage": "not json"})
    assert isinstance(plain, Refused)
    assert plain.wait == WAIT
    for code, subcode in ((190, 460), (190, 0), (102, 0), (200, 0), (299, 0), (10, 0), (230, 0)):
        lost = trouble(code, subcode)
        assert isinstance(lost, Refused)
        assert (lost.permanent, lost.reconnect) == (False, True), code
    for code, subcode in ((100, 33), (551, 1545041), (100, 2018001), (10900, 0), (4711, 0)):
        never = trouble(code, subcode)
        assert isinstance(never, Refused)
        assert never.permanent, code
    for found in (trouble(2), trouble(1, 99), trouble(4711, is_transient=True), trouble(4711, status=503)):
        assert isinstance(found, Refused)
        assert (found.permanent, found.wait, found.reconnect) == (False, 0, False)
    assert isinstance(trouble(1, 1357046), ResultUnknown)
    for status, kind in ((500, ResultUnknown), (502, ResultUnknown), (404, Unreachable), (429, Refused)):
        with pytest.raises(kind):
            raise_for(status, {"retry-after": "90"}, {})
    assert usage_of({"x-app-usage": '{"call_count":28,"total_time":80}', "x-business-use-case-usage": usage}) == 100
    assert usage_of({"x-app-usage": "[]"}) == 0


async def test_calls_bear_the_proof_and_say_how_they_ended(network: GraphDouble, graph: Graph) -> None:
    """F44, F30: a token with the app's proof; a cut before is no talk, a cut after the hand-over is unknown; limits are remembered."""
    account = account_of(inbox(network))
    handed: list[int] = []

    async def hand_over() -> None:
        handed.append(1)

    async def ok(*_: Any) -> Answer:
        return told({"id": "1_1"})

    network.at("GET", "me", ok)
    network.at("POST", "1_9/comments", ok)
    assert await graph.get(account, "me", fields="id") == {"id": "1_1"}
    asked = network.calls("/me")[0]
    assert asked.path.startswith("/v26.0/")
    assert asked.query["appsecret_proof"] == sign(TOKEN.encode())
    assert TOKEN not in str(asked.query)
    assert TOKEN not in repr(account)
    for what in ("cut", "cut-after"):
        network.trouble(what, path="comments")
        with pytest.raises(ResultUnknown):
            await graph.post(account, "1_9/comments", hand_over, message="Hej")
    network.trouble("status", path="comments", answer=Answer(502, b"<html>", media_type="text/html"))
    with pytest.raises(ResultUnknown):
        await graph.post(account, "1_9/comments", hand_over, message="Hej")
    network.trouble("cut", path="/me")
    with pytest.raises(Unreachable):
        await graph.get(account, "me")
    network.trouble("status", path="/me", answer=limited(9))
    with pytest.raises(Refused) as limit:
        await graph.get(account, "me")
    assert (limit.value.wait, graph.used(account)) == (9 * MINUTE, 100)
    network.usage = 40
    await graph.get(account, "me")
    assert graph.used(account) == 40
    with pytest.raises(Refused) as proof:
        await graph.get(Account(token=TOKEN, app_secret="wrong", api=network.url), "me")
    assert proof.value.permanent
    await network.stop()
    handed.clear()
    with pytest.raises(Unreachable):
        await graph.post(account, "1_9/comments", hand_over, message="Hej")
    assert handed == [1]


async def test_files_come_within_limits_and_go_as_forms(network: GraphDouble, graph: Graph) -> None:
    """T79, T80: what is gone is said to be gone, what is too large is not read to its end, and only web addresses are asked."""
    link = network.media.put("a.png", b"png" * 1000, "image/png")
    found = await graph.download(link, most=5000)
    assert (found.data, found.media_type) == (b"png" * 1000, "image/png")
    with pytest.raises(Refused) as large:
        await graph.download(link, most=2999)
    assert large.value.code == "size"
    network.media.expire("a.png")
    for url in (link, "file:///etc/passwd", "https://user@x.test/"):
        with pytest.raises(Refused) as gone:
            await graph.download(url, most=5000)
        assert gone.value.permanent
    network.trouble("cut", path="/media")
    with pytest.raises(Unreachable):
        await graph.download(link, most=5000)

    async def taken(asked: Any) -> Answer:
        return told({one.name: one.data.decode("latin-1") for one in asked.parts} | {"file": asked.parts[-1].filename})

    network.at("POST", "7/photos", taken)
    account = account_of(inbox(network))
    said = await graph.upload(account, "7/photos", {"published": "false"}, "source", Part('å"\r\nX: y.png', "image/png", b"\x00png"))
    assert (said["published"], said["source"]) == ("false", "\x00png")
    guarded = Graph()
    with pytest.raises(Refused):
        await guarded.download(network.media.put("b.png", b"b", "image/png"), most=100)
    with pytest.raises(Unreachable):
        await guarded.get(account, "me")
    await guarded.aclose()
    assert error(1).status == 400
    assert SECOND < MINUTE


def test_posted_bodies_are_not_looked_at_before_they_are_proven() -> None:
    """T87: a body of endless depth without a signature costs one comparison."""
    deep = Posted(headers={HEADER: "sha256=" + "0" * 64}, body=b"[" * 5_000_000, received_at=NOW)
    with pytest.raises(Unverified):
        FacebookChannel().accept(deep, inbox())
