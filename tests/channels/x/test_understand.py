"""What X posts and answers, understood: every example, both forms of envelopes, edits, what may be answered, and what refusals mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sluss.channels.contract import Connection, Delivered, Inbound, Posted, Receipt, Refused, ResultUnknown, Unparsable, Unverified
from sluss.channels.happenings import AccountNews, Bystander, Changed
from sluss.channels.x.channel import XChannel
from sluss.channels.x.dms import ENCRYPTED
from sluss.channels.x.errors import raise_for
from sluss.channels.x.hooks import HEADER, signature_of
from sluss.channels.x.prices import Meter, price_of_post
from sluss.channels.x.public import UNASKED
from sluss.channels.x.settings import check_settings
from sluss.kernel.clock import DAY, HOUR, MINUTE, SECOND

PAYLOADS = Path(__file__).parent / "payloads"
US, ANNA = "1111111111111111111", "2222222222222222222"
NOW = 1_795_262_400 * SECOND


def example(name: str) -> dict[str, Any]:
    return json.loads((PAYLOADS / f"x_{name}.json").read_text())


def inbox(**settings: Any) -> Connection:
    secrets = {"consumer_secret": "x-consumer-secret", "token": "t"}
    return Connection(workspace_id=1, inbox_id=2, name="X", address=f"x-{US}", settings=settings, secrets=secrets, channel="x")


def heard(body: Any, **settings: Any) -> list[Any]:
    """What a signed post says."""
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    posted = Posted(headers={HEADER: signature_of(raw, "x-consumer-secret")}, body=raw, received_at=NOW)
    channel, connection = XChannel(), inbox(**settings)
    return [said for one in channel.accept(posted, connection) for said in channel.understand(one, connection)]


def asked(kind: str, one: dict[str, Any], **includes: Any) -> list[Any]:
    """What an answer of X says that Sluss asked for."""
    raw = msgspec.json.encode({"sluss": kind, kind: one, "includes": includes})
    return XChannel().understand(Delivered(external_key="k", raw=raw, received_at=NOW), inbox())


def mention(**more: Any) -> dict[str, Any]:
    body = example("mention")["body"]
    body["data"]["payload"] |= more
    return body


def test_every_example_is_understood() -> None:
    """Each example of the reference says what its sheet says; nothing is lost, and ids stay text."""
    (tweet,) = heard(example("aaa_tweet")["body"])
    (post,) = heard(example("mention")["body"])
    assert tweet.dedupe_key == post.dedupe_key == "x:post:2090000000000000001"
    assert (tweet.sender.address, tweet.sender.name, tweet.sent_at) == (ANNA, "Anna Berg", NOW)
    assert (post.kind, post.visibility, post.unanswerable, post.profile.handle) == ("mention", "public", "", "@annab")
    assert post.thread_key == tweet.thread_key == f"p:2090000000000000001:2090000000000000001:{ANNA}"
    (reply,) = heard(example("reply")["body"])
    assert (reply.kind, reply.fresh, reply.references, reply.post.ours) == ("reply", "funkar inte", ("2080000000000000009",), True)
    assert [one.kind for one in reply.wanted] == ["item"]
    (message,) = heard(example("dm_received")["body"])
    (ours,) = heard(example("dm_sent")["body"])
    assert message.thread_key == ours.thread_key == f"dm:{US}-{ANNA}"
    assert (message.visibility, ours.direction, ours.origin, ours.to[0].address) == ("private", "out", "native", ANNA)
    (locked,) = heard(example("chat_received")["body"])
    assert (locked.text, locked.thread_key, bool(locked.unanswerable), locked.url) == (
        ENCRYPTED,
        message.thread_key,
        True,
        "https://x.com/messages",
    )
    (own,) = heard(example("own_post")["body"])
    assert (own.direction, own.references, own.post.key) == ("out", ("2090000000000000001",), "2090000000000000001")
    assert heard(example("post_delete")["body"]) == [Changed(external_id="2090000000000000003", what="removed", at=NOW, by="us")]
    (news,) = heard(example("oauth_revoke")["body"])
    assert isinstance(news, AccountNews)
    assert news.state == "reconnect"
    with pytest.raises(Refused):
        raise_for(403, {}, example("error_403")["body"], NOW)
    with pytest.raises(Refused) as limited:
        raise_for(429, example("error_429")["request"]["headers"], example("error_429")["body"], NOW)
    assert (limited.value.wait, limited.value.whole_inbox) == (10 * MINUTE, True)
    partial = example("partial")["body"]
    assert [one["id"] for one in partial["data"]] == ["123"]


def test_signatures_and_the_challenge_are_those_of_the_vectors() -> None:
    """T85: the base64 of the HMAC over the raw body; one byte more, and nothing is believed."""
    signed, crc = json.loads((PAYLOADS / "signatures.json").read_text())
    body, headers = signed["body"].encode(), {name.lower(): value for name, value in signed["headers"].items()}
    channel, connection = XChannel(), inbox()
    assert len(channel.accept(Posted(headers=headers, body=body, received_at=1), connection)) == 1
    with pytest.raises(Unverified):
        channel.accept(Posted(headers=headers, body=body + b" ", received_at=1), connection)
    assert json.loads(channel.greet(crc["query"], connection)) == crc["response"]
    for query in ({}, {"crc_token": ""}, {"crc_token": "x" * 2000}):
        with pytest.raises(Unverified):
            channel.greet(query, connection)
    with pytest.raises(Unverified):
        channel.greet(crc["query"], msgspec.structs.replace(connection, secrets={}))


def test_only_who_asked_can_be_answered_unless_the_plan_says_otherwise() -> None:
    """A reply without our name, an explicit mention, a quote: the desk knows before anybody writes in vain."""
    bare = example("reply")["body"]
    del bare["data"]["payload"]["entities"]
    assert [one.unanswerable for one in heard(bare)] == [UNASKED]
    assert [one.unanswerable for one in heard(bare, plan="enterprise")] == [""]
    quote = mention(
        id="5", entities={}, referenced_tweets=[{"type": "quoted", "id": "4"}], conversation_id="5", edit_history_tweet_ids=["5"]
    )
    quote["data"]["event_type"] = "post.quote.create"
    (found,) = heard(quote)
    assert (found.kind, found.unanswerable, found.references) == ("quote", "", ("4",))
    known = {"id": "9", "author_id": "33", "text": "x", "conversation_id": "9"}
    (polled, root) = asked(
        "post",
        {
            "id": "10",
            "author_id": ANNA,
            "text": "ja",
            "conversation_id": "9",
            "in_reply_to_user_id": "33",
            "referenced_tweets": [{"type": "replied_to", "id": "9"}],
        },
        tweets=[known],
        users=[],
    )
    assert (polled.unanswerable, polled.post.author.address, polled.facts["ours"]) == (UNASKED, "33", False)
    assert isinstance(root, Bystander)


def test_edits_make_new_ids_and_stay_one_message() -> None:
    """F34: the first id of the history is the key; by hook an edit is news of it, asked for it is both."""
    edit = {"id": "12", "edit_history_tweet_ids": ["10", "12"], "text": "@butiken hej hej", "created_at": "2026-11-21T12:01:00.000Z"}
    (changed,) = heard(mention(**edit))
    assert changed == Changed(external_id="10", what="edited", at=NOW + MINUTE, text="@butiken hej hej", by="author")
    inbound, changed = asked("post", example("mention")["body"]["data"]["payload"] | edit)
    assert (inbound.external_id, inbound.facts["newest"], changed.external_id) == ("10", "12", "10")


def test_texts_are_as_people_wrote_them() -> None:
    """Long posts are whole, links are long, entities of HTML are gone, handles before an answer too; other people's reposts say nothing."""
    urls = [{"url": "https://t.co/a", "expanded_url": "https://norrsken.example/väska"}, {"url": "https://t.co/b", "media_key": "3_1"}]
    long = {"text": "Läs &amp; svara https://t.co/a https://t.co/b", "entities": {"urls": urls}}
    (found,) = heard(mention(note_tweet=long))
    assert found.text == "Läs & svara https://norrsken.example/väska"
    answer = {"text": "@butiken @annab tack", "referenced_tweets": [{"type": "replied_to", "id": "3"}], "conversation_id": "3"}
    (found,) = heard(mention(**answer))
    assert found.fresh == "@annab tack"
    assert heard(mention(referenced_tweets=[{"type": "retweeted", "id": "3"}])) == []
    wrapped = mention()
    wrapped["data"]["includes"]["users"] = [{"data": one} for one in wrapped["data"]["includes"]["users"]]
    assert heard(wrapped)[0].profile.handle == "@annab"
    media = mention(attachments={"media_keys": ["3_7", "7_8"]})
    media["data"]["includes"]["media"] = [{"media_key": "3_7", "type": "photo", "url": "https://pbs.example/a.jpg", "alt_text": "En väska"}]
    assert [(one.ref["url"], one.alt) for one in heard(media)[0].wanted] == [("https://pbs.example/a.jpg", "En väska"), ("", "")]


def test_the_older_envelope_says_the_same_one_event_each() -> None:
    """Lists are taken apart, so that one that cannot be read stands alone; programs are told apart; reading moves receipts."""
    message = example("dm_sent")["body"]["data"]["payload"]["direct_message_events"][0]
    message["message_create"]["source_app_id"] = "77"
    body = {
        "for_user_id": US,
        "tweet_create_events": [example("aaa_tweet")["body"]["tweet_create_events"][0], {"id_str": "odd"}],
        "direct_message_events": [message],
        "apps": {"77": {"name": "OtherDesk"}},
        "tweet_delete_events": [{"status": {"id": "5", "user_id": ANNA}, "timestamp_ms": "1795262400000"}],
        "direct_message_mark_read_events": [{"sender_id": ANNA, "last_read_event_id": "8", "created_timestamp": "1795262400000"}],
        "follow_events": [{"id": "1"}],
    }
    tweet, removed, sent, read = sorted(heard(body), key=lambda one: type(one).__name__ == "Receipt")
    assert {type(one) for one in (tweet, removed, sent)} == {Inbound, Changed}
    out = next(one for one in (tweet, removed, sent) if isinstance(one, Inbound) and one.direction == "out")
    assert (out.origin, out.author and out.author.name) == ("other tool", "OtherDesk")
    assert read == Receipt(external_id="8", recipient=ANNA, state="read", thread_key=f"dm:{US}-{ANNA}", up_to=NOW)
    assert heard(body | {"for_user_id": "5"}) == []
    (revoked,) = heard({"user_event": {"revoke": {"source": {"user_id": US}, "target": {"app_id": "1"}}}})
    assert isinstance(revoked, AccountNews)


def test_what_is_strange_harms_nobody() -> None:
    """T87: any JSON is understood as something or nothing; only what is none is set aside."""
    strange: list[Any] = [{}, {"data": 3}, {"data": {"event_type": "post.create"}}, {"data": {"event_type": 5, "payload": []}}]
    strange += [{"for_user_id": US, "tweet_create_events": "all"}, {"data": [[], {"filter": {"user_id": US}, "event_type": "dm.received"}]}]
    strange += [
        mention(id=None),
        mention(author_id="x"),
        mention(entities=5, attachments=[1], note_tweet="a"),
        mention(text="\x00\u202ehej"),
    ]
    for one in strange:
        assert not [said for said in heard(one) if isinstance(said, Inbound) and "\x00" in said.text]
    with pytest.raises(Unparsable):
        XChannel().understand(Delivered(external_key="k", raw=b"[1", received_at=1), inbox())


@pytest.mark.parametrize(
    ("status", "said", "code", "permanent", "reconnect"),
    [
        (403, {"detail": "You are not allowed to create a Tweet with duplicate content."}, "duplicate", True, False),
        (403, {"detail": "You can only reply to posts whose author has mentioned you."}, "unasked", True, False),
        (403, {"errors": [{"message": "You cannot send messages to this user."}]}, "closed", True, False),
        (403, {"title": "client-forbidden"}, "403", True, False),
        (401, {"title": "Unauthorized"}, "401", False, True),
        (404, {"title": "Not Found"}, "404", True, False),
        (402, {"title": "CreditsDepleted"}, "credits", False, False),
        (429, {"title": "UsageCapExceeded", "type": "https://api.x.com/2/problems/usage-capped"}, "credits", False, False),
        (400, {"code": 99, "message": "nonsense"}, "400", True, False),
        (200, {"errors": [{"detail": "nothing found"}]}, "200", True, False),
    ],
)
def test_refusals_say_what_to_do(status: int, said: dict[str, Any], code: str, permanent: bool, reconnect: bool) -> None:
    """F29, F30: each shape of X's errors is one of a few answers."""
    with pytest.raises(Refused) as refused:
        raise_for(status, {}, said, NOW)
    assert (refused.value.code, refused.value.permanent, refused.value.reconnect) == (code, permanent, reconnect)
    assert refused.value.reason.endswith((".", "%(link)s", "nonsense", "client-forbidden", "found"))
    with pytest.raises(ResultUnknown):
        raise_for(503, {}, {}, NOW)
    with pytest.raises(Refused) as limit:
        raise_for(429, {}, {}, NOW)
    assert limit.value.wait == HOUR // 4


def test_prices_and_what_was_read_count_once_a_day() -> None:
    """A link costs twenty times the words; a resource is charged once on a UTC day."""
    prices = [price_of_post(text, answers=answers) for text, answers in (("Hej", True), ("Hej", False), ("Se norrsken.se", True))]
    assert prices == [10_000, 15_000, 200_000]
    meter = Meter()
    assert [meter.fresh(["1", "2"], NOW), meter.fresh(["2", "3"], NOW), meter.fresh(["2"], NOW + DAY)] == [2, 1, 1]


def test_settings_name_what_is_wrong() -> None:
    """An account is its number; what renews the access needs the app."""
    good = check_settings(f"x-{US}", {"user_id": US, "daily_cap": 5_000_000}, {"token": "t"})
    assert not isinstance(good, dict)
    assert (good.plan, good.daily_cap, good.poll_seconds) == ("self-serve", 5_000_000, 0)
    wrong = [
        check_settings("x-1", {"user_id": "@butiken"}, {}),
        check_settings("x-1", {"user_id": "2"}, {}),
        check_settings("x-1", {"user_id": "1", "poll_seconds": 5}, {}),
        check_settings("x-1", {"user_id": "1"}, {"refresh_token": "r"}),
        check_settings("x-1", {"user_id": "1", "plan": "free"}, {}),
    ]
    assert [sorted(one) for one in wrong if isinstance(one, dict)] == [
        ["user_id"],
        ["address"],
        ["poll_seconds"],
        ["client_id"],
        ["plan"],
    ]
