"""What Meta posts about a page: every example, and what it means."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from sluss.channels.contract import Delivered, Inbound, Receipt, Understood, Unparsable
from sluss.channels.facebook.channel import FacebookChannel
from sluss.channels.happenings import Bystander, Changed, Opened, Reacted
from sluss.channels.registry import check_settings, form_of
from tests.channels.facebook.square import ADDRESS, NOW, PAGE, PAYLOADS, SECRETS, inbox, payload, read

ANNA, POST = "7712345678901234", "104512345678901_122100000000001"
TOP = "122100000000001_900000000000011"
SECOND = 1_000_000

MEANT: dict[str, list[Any]] = {
    "facebook_batch": [("in", "1_1", "ett", f"p:{POST}:1_1:{ANNA}", ANNA, "comment")],
    "facebook_comment_add": [("in", TOP, "Varför är butiken stängd?", f"p:{POST}:{TOP}:{ANNA}", ANNA, "comment")],
    "facebook_comment_anonymous": [
        (
            "in",
            "122100000000001_900000000000014",
            "Hej",
            f"p:{POST}:122100000000001_900000000000014:122100000000001_900000000000014",
            "anonymous-122100000000001_900000000000014",
            "comment",
        )
    ],
    "facebook_comment_edited": [("edited", TOP, "Varför är butiken stängd i dag?", 1795262460 * SECOND)],
    "facebook_comment_hide": [("hidden", TOP, "", 1795262520 * SECOND)],
    "facebook_comment_own": [("out", "122100000000001_900000000000013", "Vi öppnar 10.", "", ADDRESS, "reply")],
    "facebook_comment_remove": [("removed", TOP, "", 1795262520 * SECOND)],
    "facebook_comment_reply": [("in", "122100000000001_900000000000012", "Undrar jag med", f"p:{POST}:{TOP}:7799", "7799", "reply")],
    "facebook_mention": [("in", "777_888", "Fråga @Butiken", "p:5550001_777:777_888:5550001", "5550001", "mention")],
    "facebook_visitor_post": [("in", f"{PAGE}_122100000000002", "Ni är bäst!", f"p:{PAGE}_122100000000002:root:{ANNA}", ANNA, "post")],
    "messenger_delivery": [("delivered", "m_out1", None)],
    "messenger_echo_inbox": [("out", "m_out2", "Hej från Kalle i inkorgen", f"dm:{ANNA}", ADDRESS, "")],
    "messenger_echo_own": [("out", "m_out1", "Det är på väg.", f"dm:{ANNA}", ADDRESS, "")],
    "messenger_edit": [("edited", "m_AbC123", "Hej, var är mitt paket 4711?", 1795262400 * SECOND + 1)],
    "messenger_image": [("in", "m_AbC124", "", f"dm:{ANNA}", ANNA, "")],
    "messenger_pass_thread": [],
    "messenger_postback": [("opened", f"dm:{ANNA}", 1795262400 * SECOND)],
    "messenger_quick_reply": [("in", "m_AbC126", "Ja", f"dm:{ANNA}", ANNA, "button")],
    "messenger_reaction": [("reacted", "m_out1", "❤", True, True)],
    "messenger_read": [("read", "", 1795262399990 * 1000)],
    "messenger_reply": [("in", "m_AbC125", "ja", f"dm:{ANNA}", ANNA, "")],
    "messenger_standby": [("in", "m_AbC128", "hallå", f"dm:{ANNA}", ANNA, "")],
    "messenger_text": [("in", "m_AbC123", "Hej, var är mitt paket?", f"dm:{ANNA}", ANNA, "")],
}


def brief(one: Understood) -> Any:
    match one:
        case Inbound():
            return one.direction, one.external_id, one.text, one.thread_key, one.sender.address, one.kind
        case Changed():
            return one.what, one.external_id, one.text, one.at
        case Receipt():
            return one.state, one.external_id, one.up_to
        case Reacted():
            return "reacted", one.external_id, one.emoji, one.on, one.opens
        case Opened():
            return "opened", one.thread_key, one.at
        case _:
            return one


def inbound(name: str, **settings: Any) -> Inbound:
    (found,) = read(payload(name)["body"], **settings)
    assert isinstance(found, Inbound)
    return found


def test_every_example_is_understood() -> None:
    """F32, F34: keys, texts, threads and kinds; what says nothing to anybody says nothing; other pages of the app are not ours."""
    names = {path.stem for path in PAYLOADS.glob("*.json")}
    hooks = {name for name in names if payload(name).get("kind") == "webhook" and name != "meta_verify"}
    assert hooks == set(MEANT)
    assert {name: [brief(one) for one in read(payload(name)["body"])] for name in sorted(hooks)} == MEANT


def test_a_comment_brings_its_post_its_branch_and_what_is_to_be_asked_for() -> None:
    comment = inbound("facebook_comment_add")
    assert comment.visibility == "public"
    assert not comment.opens
    assert comment.post is not None
    assert (comment.post.key, comment.post.ours, comment.post.url) == (POST, True, "https://www.facebook.com/butiken/posts/1")
    assert [(one.kind, one.key) for one in comment.wanted] == [("item", f"around:{POST}")]
    reply = inbound("facebook_comment_reply")
    assert (reply.parent_key, reply.references) == (TOP, (TOP, POST))
    visitor = inbound("facebook_visitor_post")
    assert visitor.post is not None
    assert (visitor.post.author.name, visitor.post.ours, visitor.wanted) == ("Anna Berg", False, ())


def test_what_we_or_others_of_us_said_is_told_apart_from_customers() -> None:
    """The page's own words are never a customer's, and each program's are known for what they are."""
    own = inbound("facebook_comment_own")
    assert (own.origin, own.references) == ("native", (TOP, POST))
    value = payload("facebook_comment_own")["body"]
    value["entry"][0]["changes"][0]["value"]["application"] = {"id": "4711", "name": "Other Desk"}
    (other,) = read(value)
    assert isinstance(other, Inbound)
    assert (other.origin, other.author and other.author.name) == ("other tool", "Other Desk")
    ours, native = inbound("messenger_echo_own"), inbound("messenger_echo_inbox")
    assert (ours.echo_of, ours.to[0].address) == ("sluss:msg:01JD", ANNA)
    assert (native.origin, native.echo_of, native.opens) == ("native", "", False)
    foreign = inbound("messenger_echo_own", app_id="4711")
    assert (foreign.origin, foreign.echo_of) == ("other tool", "")


def test_files_names_and_buttons_are_told() -> None:
    picture = inbound("messenger_image")
    assert [(one.kind, one.key, one.ref) for one in picture.wanted] == [
        ("media", "media:m_AbC124:0", {"url": "https://scontent.example/x.jpg?oe=1"}),
        ("person", f"person:{ANNA}", {"id": ANNA}),
    ]
    assert inbound("messenger_quick_reply").facts == {"payload": "SOLVED_YES"}
    assert inbound("messenger_reply").references == ("m_out1",)
    assert inbound("messenger_text").opens


def change(field: str = "feed", **value: Any) -> Any:
    entry = {"id": PAGE, "time": 1_795_262_400, "changes": [{"field": field, "value": value}]}
    return {"object": "page", "entry": [entry]}


def test_recommendations_and_their_comments_are_talks() -> None:
    """A recommendation is a post of whoever gives it; without words it still says something."""
    about = {"open_graph_story_id": "77_88", "reviewer_id": ANNA, "reviewer_name": "Anna Berg", "created_time": 1_795_262_400}
    (bad,) = read(change("ratings", item="rating", verb="add", recommendation_type="negative", review_text="Aldrig mer", **about))
    (good,) = read(change("ratings", item="rating", verb="add", recommendation_type="positive", **about))
    assert isinstance(bad, Inbound)
    assert isinstance(good, Inbound)
    assert (bad.kind, bad.text, bad.subject, bad.post and bad.post.kind) == (
        "review",
        "Aldrig mer",
        "Does not recommend the page",
        "review",
    )
    assert (bad.facts["recommends"], good.facts["recommends"]) == (False, True)
    assert (good.text, good.thread_key, good.sender.name) == ("Recommends the page", f"p:77_88:root:{ANNA}", "Anna Berg")
    (comment,) = read(
        change("ratings", item="comment", verb="add", comment_id="88_9", open_graph_story_id="77_88", **{"from": {"id": ANNA}})
    )
    assert isinstance(comment, Inbound)
    assert comment.references == ("77_88",)


def test_a_post_with_what_stands_around_it_is_context_alone() -> None:
    around = {
        "post": {"id": POST, "from": {"id": PAGE, "name": "Norrsken Air"}, "message": "Ny linje!", "status_type": "added_photos"},
        "comments": [
            {"id": "1_1", "from": {"id": "7799", "name": "Bo Ek"}, "message": "Äntligen", "created_time": "2026-11-21T12:00:00+0000"},
            {"id": "1_2", "from": {"id": PAGE}, "message": "Tack!", "parent": {"id": "1_1"}},
            {"id": "1_3", "message": "Hm"},
        ],
    }
    found = [one for one in read({"object": "page", "around": around}) if isinstance(one, Bystander)]
    assert [(one.author.address, one.text, one.ours, one.parent_key) for one in found] == [
        ("7799", "Äntligen", False, ""),
        (ADDRESS, "Tack!", True, "1_1"),
        ("anonymous-1_3", "Hm", False, ""),
    ]
    assert (found[0].post.text, found[0].post.ours, found[0].at) == ("Ny linje!", True, 1_795_262_400 * SECOND)


def talk(**item: Any) -> list[Understood]:
    ends = {"sender": {"id": ANNA}, "recipient": {"id": PAGE}, "timestamp": 1_795_262_400_000}
    return read({"object": "page", "entry": [{"id": PAGE, "time": 1, "messaging": [{**ends, **item}]}]})


def test_odd_messages_lose_nothing_and_raise_nothing() -> None:
    """F37, T87: shared links, places, unknown kinds, wrong types and enormous numbers; nothing but a broken body is unparsable."""
    link = {"type": "fallback", "title": "Väskor", "url": "https://norrsken.test/vaskor"}
    place = {"type": "location", "payload": {"coordinates": {"lat": 59.3, "long": 18.1}}}
    (shared,) = talk(message={"mid": "m1", "text": "Se", "attachments": [link, place]})
    (unsupported,) = talk(message={"mid": "m2", "is_unsupported": True})
    assert isinstance(shared, Inbound)
    assert isinstance(unsupported, Inbound)
    assert shared.text == "Se\nVäskor https://norrsken.test/vaskor\n59.3, 18.1"
    assert "Meta" in unsupported.text
    odd: list[dict[str, Any]] = [
        {"message": []},
        {"message": {"mid": 7, "attachments": "none", "reply_to": 3}},
        {"reaction": {"mid": None}},
        {"read": {"watermark": 10**40}},
        {"delivery": {}},
        {"something_new": {"a": 1}},
        {"message_edit": {"text": "x"}},
        {"timestamp": "soon", "postback": {"payload": 1}},
    ]
    for item in odd:
        assert all(isinstance(one, Inbound | Opened) for one in talk(**item))
    for item in ("comment", "post", "rating", 7, None, "unheard of"):
        for field in ("feed", "mention", "ratings", "unheard of", 3):
            read(change(field, item=item, verb="add", comment_id=1, post_id={"a": 1}, message=3, created_time="x"))  # type: ignore[arg-type]
    for raw in (b"", b"[]", b"{", b'{"object":"instagram"}', b"[" * 100_000, b"\xff\xfe"):
        with pytest.raises(Unparsable):
            FacebookChannel().understand(Delivered(external_key="k", raw=raw, received_at=NOW), inbox())


def test_settings_name_what_is_wrong() -> None:
    """The form's fields are the settings' own; a page cannot be exchanged under its inbox."""
    good = form_of("facebook").read_fields({"page_id": PAGE, "poll_minutes": "5", "human_agent": "on", **SECRETS})[0]
    assert check_settings("facebook", ADDRESS, good, SECRETS) == (
        {**good, "poll_minutes": 5, "private_mail_inbox_id": 0, "private_chat_inbox_id": 0, "daily_cap": 0, "version": "v26.0"},
        {},
    )
    wrong = [
        ({"page_id": "norrsken"}, "page_id"),
        ({"page_id": "77"}, "page_id"),
        ({"page_id": "999999"}, "page_id"),
        ({"app_id": "x"}, "app_id"),
        ({"poll_minutes": "0"}, "poll_minutes"),
        ({"version": "26"}, "version"),
        ({"api": "ftp://x"}, "api"),
    ]
    for values, name in wrong:
        assert set(check_settings("facebook", ADDRESS, {**good, **values}, SECRETS)[1]) == {name}
    assert set(check_settings("facebook", ADDRESS, good, {})[1]) == {"token", "app_secret"}
    assert msgspec.json.decode(msgspec.json.encode(check_settings("facebook", ADDRESS, good, SECRETS)[0]))
