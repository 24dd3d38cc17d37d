"""Mastodon, understood and talked to: examples, audiences, streams with gaps, edits, files, repeats, and a server that fails on command."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sluss.channels.consenting import Came
from sluss.channels.contract import Connection, Delivered, Inbound, Outbound, OutboundFile, Refused, ResultUnknown, Unparsable
from sluss.channels.deeds import Deed
from sluss.channels.happenings import Bystander, Changed, Reacted
from sluss.channels.mastodon.channel import MastodonChannel
from sluss.channels.mastodon.consent import begin, finish
from sluss.channels.mastodon.instance import instance_of
from sluss.channels.mastodon.receiving import Waits
from sluss.channels.mastodon.sending import stricter
from sluss.channels.mastodon.settings import check_settings
from sluss.channels.oauth.visits import new_asking
from sluss.channels.who import Address
from sluss.kernel.clock import HOUR
from sluss.kernel.http import GuardedClient, Policy
from sluss.sandbox.mastodon.double import MastodonDouble
from sluss.sandbox.mastodon.server import TOKEN
from sluss.sandbox.mastodon.world import HOST, US
from sluss.sandbox.wire import told
from tests.channels.contract.subject import NOW
from tests.channels.desk import Desk

PAYLOADS = Path(__file__).parent / "payloads"
ANNA = "annab@mast.example"
NAME = f"@norrskenair@{HOST}"


@pytest.fixture
async def double() -> AsyncIterator[MastodonDouble]:
    double = MastodonDouble(now=lambda: NOW)
    await double.start()
    yield double
    await double.stop()


@pytest.fixture
async def channel() -> AsyncIterator[MastodonChannel]:
    channel = MastodonChannel(allow_private=True, now=lambda: NOW)
    channel.waits = Waits(alone=0.05, first_failure=0.02, longest_failure=0.05)
    channel.sending.pause = 0.01
    yield channel
    await channel.close()


@pytest.fixture
def inbox(double: MastodonDouble) -> Callable[..., Connection]:
    def connect(**settings: Any) -> Connection:
        known = {"server": HOST, "handle": "@norrskenair", "api": double.url} | settings
        address, secrets = f"mastodon-norrskenair.{HOST}", {"token": TOKEN}
        return Connection(workspace_id=1, inbox_id=2, name="M", address=address, settings=known, secrets=secrets, channel="mastodon")

    return connect


def heard(body: Any, **frame: Any) -> list[Any]:
    """What a delivery says to @hjalp@social.butiken.example."""
    settings = {"server": "social.butiken.example", "handle": "@hjalp"}
    connection = Connection(workspace_id=1, inbox_id=2, name="M", address="mastodon-x", settings=settings, secrets={}, channel="mastodon")
    raw = msgspec.json.encode({"event": "notification", "payload": body, **frame} if frame else body)
    return MastodonChannel().understand(Delivered(external_key="k", raw=raw, received_at=NOW), connection)


def example(name: str) -> Any:
    return json.loads((PAYLOADS / f"mastodon_{name}.json").read_text())["body"]


def words(text: str, **more: Any) -> Outbound:
    sides: dict[str, Any] = {"visibility": "public", "audience": "public"}
    known: dict[str, Any] = {"external_id": f"<{text}>", "sender": Address("m"), "reply_to": Address("m"), "sent_at": NOW}
    return Outbound(recipient=Address(ANNA), to=(Address(ANNA),), subject="", text=text, **known | sides | more)


async def nothing() -> None:
    """The adapter's last call before anything can leave."""


def test_every_example_is_understood() -> None:
    """Public, unlisted, direct and quoting posts, by asking or by stream, say the same things in the same places."""
    (public,), (direct,), (quote,) = (heard(example(name)) for name in ("mention_public", "mention_direct", "quote"))
    (streamed,) = heard(example("stream_ws"))
    (talk,) = heard(example("conversation"))
    assert [one.audience for one in (public, direct, quote, streamed)] == ["public", "mentioned", "public", "unlisted"]
    assert [one.visibility for one in (public, direct, quote, streamed)] == ["public", "private", "public", "public"]
    assert [one.kind for one in (public, direct, quote)] == ["mention", "message", "quote"]
    assert (public.fresh, public.text) == ("varför kommer inte paketet?", "@hjalp varför kommer inte paketet?")
    assert (public.sender.address, public.profile.handle, public.post.key) == (ANNA, f"@{ANNA}", public.external_id)
    assert public.dedupe_key == "mastodon:https://mast.example/users/annab/statuses/115000000000000001"
    assert direct.dedupe_key == talk.dedupe_key
    assert (direct.post, direct.thread_key) == (None, "direct:115000000000000002")
    (gone,) = heard(example("stream_delete"))
    assert (gone.what, gone.external_id) == ("removed", "115000000000000001")


def test_threads_audiences_and_answers_of_ours_find_their_place() -> None:
    """One author's posts under a root are a thread; a private talk begins at its first private post; other programs are told apart."""
    said = example("mention_public")
    root = said["status"] | {"id": "90", "account": said["account"] | {"acct": "per@else.example", "id": "7"}}
    ours = said["status"] | {"id": "95", "account": {"id": "1", "acct": "hjalp", "username": "hjalp"}, "visibility": "direct"}
    answer = said | {"status": said["status"] | {"in_reply_to_id": "90", "in_reply_to_account_id": "7", "spoiler_text": "bagage"}}
    (found,) = heard(answer, ancestors=[root])
    assert (found.thread_key, found.post.key, found.spoiler) == (f"p:90:90:{ANNA}", "90", "bagage")
    assert found.references == ("90",)
    private = said | {"status": said["status"] | {"in_reply_to_id": "95", "in_reply_to_account_id": "1", "visibility": "direct"}}
    (found,) = heard(private, ancestors=[root, ours])
    assert (found.thread_key, found.references) == ("direct:95", ("95", "90"))
    own = ours | {"in_reply_to_id": "90", "in_reply_to_account_id": "7", "visibility": "unlisted", "application": {"name": "OtherDesk"}}
    (out,) = heard(own, event="update", ancestors=[root])
    assert (out.direction, out.origin, out.author.name, out.thread_key) == ("out", "other tool", "OtherDesk", "p:90:90:per@else.example")
    (beside,) = heard(ours | {"visibility": "public"}, event="update")
    assert isinstance(beside, Bystander)
    assert beside.ours
    assert heard(said["status"] | {"reblog": {"id": "3"}}, event="update") == []
    around = {"status": said["status"], "ancestors": [root], "descendants": [root | {"id": "99"}, ours]}
    assert [one.external_id for one in heard(around, event="context")] == ["90", "99"]
    assert [stricter(*one) for one in (("public", "unlisted"), ("unlisted", "public"), ("public", "private"), ())] == [
        "unlisted",
        "unlisted",
        "private",
        "public",
    ]


def test_what_is_strange_harms_nobody() -> None:
    """T87: other servers imitate a part, and new kinds come every year; polls, hashtags and long links stay readable."""
    said = example("mention_public")
    strange: list[Any] = [
        {},
        {"type": "mention"},
        {"event": "update", "payload": [1]},
        said | {"status": {"id": 5}},
        said | {"type": "party"},
    ]
    strange += [{"event": "delete", "payload": None}, said | {"status": said["status"] | {"account": {"acct": "two words"}}}]
    assert [heard(one) for one in strange] == [[] for _ in strange]
    link = "https://www.norrsken.example/bagage/forsenat"
    hidden = f'<a href="{link}"><span class="invisible">https://www.</span><span class="ellipsis">norrsken.example</span></a>'
    tag = '<a href="https://x.example/tags/flyg" class="mention hashtag" rel="tag">#<span>flyg</span></a>'
    html = f"<p>Se {hidden} {tag}</p><p>Ja<br>nej &amp; \u202ekanske\x00</p>"
    (found,) = heard(said | {"status": said["status"] | {"content": html, "poll": {"options": [{"title": "A"}]}}})
    assert (link in found.text, "#flyg" in found.text, "\x00" in found.text) == (True, True, False)
    assert found.text.endswith("- A")
    star = said | {"type": "favourite"}
    assert [type(one) for one in heard(star)] == [Reacted]
    with pytest.raises(Unparsable):
        MastodonChannel().understand(
            Delivered(external_key="k", raw=b"<html>", received_at=1),
            Connection(workspace_id=1, inbox_id=1, name="", address="", settings={}, secrets={}),
        )


def test_settings_and_servers_of_other_makes() -> None:
    """What a server does not tell is Mastodon's usual; an account's whole name is its address."""
    older = instance_of(
        {"uri": "https://gts.example/", "urls": {"streaming_api": "wss://s.gts.example"}, "max_toot_chars": 5000}, "https://b"
    )
    assert (older.domain, older.characters, older.streaming) == ("gts.example", 5000, "https://s.gts.example")
    assert instance_of({}, "https://b").streaming == "https://b"
    good = {"server": "social.butiken.example", "handle": "@hjalp@butiken.example"}
    assert not isinstance(check_settings("mastodon-hjalp.butiken.example", good, {"token": "t"}), dict)
    wrong = [
        check_settings("mastodon-a.b", good, {"token": "t"}),
        check_settings("", good | {"server": "https://x/"}, {"token": "t"}),
        check_settings("", good | {"handle": "@"}, {"token": "t"}),
        check_settings("", good, {}),
    ]
    assert [sorted(one) for one in wrong if isinstance(one, dict)] == [["address"], ["server"], ["handle"], ["token"]]


async def test_the_stream_has_no_gaps_and_no_repeats(
    double: MastodonDouble, channel: MastodonChannel, inbox: Callable[..., Connection]
) -> None:
    """What was said while the stream was down is asked for; edits and deletions that nobody tells of are found by looking again."""
    anna, desk = double.world.join("annab", "Anna Berg"), Desk()
    await double.say(anna, f"{NAME} förra veckan")
    listening = asyncio.create_task(channel.listen(inbox(), desk.around))
    try:
        await desk.reading.wait()
        first = await double.say(anna, f"{NAME} var är min väska?")
        await desk.arrive(1)
        double.deaf = True
        await double.say(anna, f"{NAME} hallå?", answers=first.id, visibility="unlisted")
        await double.edit(first, f"{NAME} var är min röda väska?")
        double.deaf = False
        await double.cut_streams()
        found = await desk.arrive(3)
        news = [one for envelope in found for one in channel.understand(envelope, inbox())]
        assert [one.fresh for one in news if isinstance(one, Inbound)] == ["var är min väska?", "hallå?"]
        assert [one.text for one in news if isinstance(one, Changed)] == ["var är min röda väska?"]
        assert {one.thread_key for one in news if isinstance(one, Inbound)} == {f"p:{first.id}:{first.id}:{ANNA}"}
        await desk.rounds(2)
        double.deaf, double.streaming = True, False
        await double.remove(first)
        await double.cut_streams()
        assert "Sluss asks once a minute" in await desk.says("ok", "once a minute")
        gone = (await desk.arrive(4))[3]
        assert [one.what for one in channel.understand(gone, inbox())] == ["removed"]  # type: ignore[union-attr]
        double.tokens.clear()
        assert "Connect the account again" in await desk.says("failing")
    finally:
        listening.cancel()


async def test_answers_reach_their_author_and_nobody_more(
    double: MastodonDouble, channel: MastodonChannel, inbox: Callable[..., Connection]
) -> None:
    """The author is named, others stay named in public; the audience is never wider; a private answer has one reader."""
    anna, per = double.world.join("annab", "Anna Berg"), double.world.join("per", "Per", "else.example")
    said = await double.say(anna, f"{NAME} @per@else.example hej", visibility="unlisted", spoiler="bagage")
    facts = {"visibility": "unlisted", "named": ["per@else.example"], "account": anna.id}
    picture = OutboundFile("väska.png", "image/png", b"\x89PNG" + bytes(900), alt="En röd väska")
    sent = await channel.send(
        inbox(), words("Hej!", answers=said.id, facts=facts, spoiler="bagage", files=(picture,), language="sv"), nothing
    )
    post = double.world.posts[sent.external_ids[0]]
    assert (post.text, post.visibility, post.answers) == (f"@{ANNA} @per@else.example Hej!", "unlisted", said.id)
    assert (post.spoiler, post.language, double.world.media[post.media[0]].alt) == ("bagage", "sv", "En röd väska")
    sent = await channel.send(
        inbox(), words("Skriv hit", answers=said.id, facts=facts, is_private_reply=True, visibility="private"), nothing
    )
    post = double.world.posts[sent.external_ids[0]]
    assert (post.text, post.visibility, sent.thread_key) == (f"@{ANNA} Skriv hit", "direct", f"direct:{post.id}")
    assert per not in double.world.named(post)
    with pytest.raises(Refused, match="500 characters"):
        await channel.send(inbox(), words("å" * 500, answers=said.id), nothing)
    with pytest.raises(Refused, match="not there any more"):
        await channel.send(inbox(), words("Borta", answers="77"), nothing)


async def test_a_lost_answer_makes_no_second_post(
    double: MastodonDouble, channel: MastodonChannel, inbox: Callable[..., Connection]
) -> None:
    """F28: the same key brings the same post; what is older than the key is looked for; a server that stays silent is unknown."""
    said = await double.say(double.world.join("annab", "Anna Berg"), f"{NAME} hej")
    double.trouble("cut-after", path="/api/v1/statuses$", times=2)
    sent = await channel.send(inbox(), words("Hej!", answers=said.id), nothing)
    assert [one.text for one in double.taken] == [f"@{ANNA} Hej!"]
    double.kept.clear()
    other = MastodonChannel(allow_private=True, now=lambda: NOW + HOUR)
    assert (await other.send(inbox(), words("Hej!", answers=said.id), nothing)).external_ids == sent.external_ids
    await other.close()
    double.trouble("cut", path="/api/v1/statuses$", times=3)
    with pytest.raises(ResultUnknown):
        await channel.send(inbox(), words("Nytt", answers=said.id), nothing)
    double.trouble(
        "status", path="/api/v1/statuses$", answer=told({"error": "Too many requests"}, 429, x_ratelimit_reset="2026-11-21T12:05:00Z")
    )
    with pytest.raises(Refused) as limited:
        await channel.send(inbox(), words("Nytt", answers=said.id), nothing)
    assert (limited.value.wait, limited.value.whole_inbox) == (HOUR // 12, True)
    assert len(double.taken) == 1


async def test_deeds_files_and_signing_in(double: MastodonDouble, channel: MastodonChannel, inbox: Callable[..., Connection]) -> None:
    """Ours can be edited and deleted, theirs marked, their authors blocked and reported; a server gives an application of its own."""
    anna = double.world.join("annab", "Anna Berg")
    said = await double.say(anna, f"{NAME} hej", picture=b"\x89PNG", alt="En väska")
    ours = (await channel.send(inbox(), words("Hej!", answers=said.id), nothing)).external_ids[0]

    async def do(kind: Any, key: str, of: Any = "in", value: str = "") -> str:
        facts = {"account": anna.id} if kind != "report" else {}
        deed = Deed(kind=kind, external_id=key, of=of, visibility="public", author=Address(ANNA), thread_key="", value=value, facts=facts)
        return await channel.perform(inbox(), deed, nothing)

    await do("edit", ours, "out", "Hej Anna!")
    assert double.world.posts[ours].text == f"@{ANNA} Hej Anna!"
    await do("like", said.id)
    assert said.favourites == {US}
    assert [await do(kind, said.id) for kind in ("unlike", "block", "report")] == ["unlike", "block", "report"]
    assert (said.favourites, anna.blocked, anna.reported) == (set(), True, True)
    assert [await do("delete", ours, "out") for _ in range(2)] == ["delete", "delete"]
    with pytest.raises(Refused):
        await do("hide", said.id)
    frame = Delivered(external_key="k", raw=msgspec.json.encode(double.world.notify("mention", anna, said)), received_at=NOW)
    (inbound,) = channel.understand(frame, inbox())
    assert isinstance(inbound, Inbound)
    media, item = inbound.wanted
    assert (media.alt, (await channel.fetch(inbox(), media)).data) == ("En väska", b"\x89PNG")
    assert len((await channel.fetch(inbox(), item)).delivered) == 1
    assert {one.state for one in await channel.test(inbox())} == {"ok"}
    client = GuardedClient(Policy(allow_private=True, allow_http=True, ports=None))
    asking, verifier = new_asking("https://sluss.example/back")
    try:
        begun = await begin(inbox(), asking, client)
        code = (await client.request("GET", begun.url)).headers["location"].partition("code=")[2].partition("&")[0]
        known = inbox(**begun.settings)
        came = Came(code=code, verifier=verifier, redirect_uri=asking.redirect_uri)
        (account,) = await finish(msgspec.structs.replace(known, secrets=begun.secrets), came, client)
        assert (account.name, account.settings["handle"]) == (NAME, NAME)
        assert account.secrets["token"] in double.tokens
    finally:
        await client.aclose()
