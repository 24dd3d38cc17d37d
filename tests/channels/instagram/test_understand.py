"""What Meta posts about an Instagram account: every example, and what it means."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from sluss.channels.contract import Delivered, Inbound, Receipt, Understood, Unparsable
from sluss.channels.happenings import Bystander, Changed, Wanted
from sluss.channels.instagram.channel import InstagramChannel
from sluss.channels.registry import check_settings
from tests.channels.instagram.gallery import ADDRESS, IG, NOW, PAYLOADS, SECRETS, inbox, payload, read

ANNA, MEDIA = "5566778899001122", "18000000000000001"
FIRST = "17900000000000001"
AT = 1_795_262_400_000_000

MEANT: dict[str, list[Any]] = {
    "comment": [("in", FIRST, "Finns den i blått?", f"p:{MEDIA}:{FIRST}:{ANNA}", ANNA, "comment")],
    "comment_ad": [("in", "17900000000000003", "Dyrt", f"p:{MEDIA}:17900000000000003:{ANNA}", ANNA, "comment")],
    "comment_flat": [("in", "17900000000000004", "Hej", f"p:{MEDIA}:17900000000000004:{ANNA}", ANNA, "comment")],
    "comment_reply": [("in", "17900000000000002", "@butiken ?", f"p:{MEDIA}:{FIRST}:{ANNA}", ANNA, "reply")],
    "deleted": [("removed", "aWdfZAG1", "", AT)],
    "dm": [("in", "aWdfZAG1", "Hej! Kan jag byta storlek?", f"dm:{ANNA}", ANNA, "")],
    "echo": [("out", "aWdfZAG2", "Absolut", f"dm:{ANNA}", ADDRESS, "")],
    "edit": [("edited", "aWdfZAG1", "Hej! Kan jag byta färg?", AT + 1)],
    "live_comment": [("in", "17900000000000005", "Hej live", f"p:18000000000000002:17900000000000005:{ANNA}", ANNA, "live comment")],
    "mention": [("wanted", "mention:17894227972186120", {"media": "17918195224117851", "comment": "17894227972186120"})],
    "seen": [("read", "aWdfZAG2", f"dm:{ANNA}")],
    "story_mention": [("in", "aWdfZAG3", "", f"dm:{ANNA}", ANNA, "story mention")],
    "story_reply": [("in", "aWdfZAG4", "Snygg!", f"dm:{ANNA}", ANNA, "story reply")],
    "unsupported": [
        (
            "in",
            "aWdfZAG5",
            "(Something that Meta does not pass on to other programs. It can be seen in Meta’s own inbox.)",
            f"dm:{ANNA}",
            ANNA,
            "",
        )
    ],
}


def brief(one: Understood) -> Any:
    match one:
        case Inbound():
            return one.direction, one.external_id, one.text, one.thread_key, one.sender.address, one.kind
        case Changed():
            return one.what, one.external_id, one.text, one.at
        case Receipt():
            return one.state, one.external_id, one.thread_key
        case Wanted():
            return "wanted", one.key, one.ref
        case _:
            return one


def inbound(name: str) -> Inbound:
    (found,) = read(payload(f"instagram_{name}"))
    assert isinstance(found, Inbound)
    return found


def test_every_example_is_understood() -> None:
    """F32, F34: also where field and value stand on the entry itself; an advertisement's comment belongs to the post it was made of."""
    names = {path.stem.removeprefix("instagram_") for path in PAYLOADS.glob("*.json")}
    assert names == set(MEANT)
    assert {name: [brief(one) for one in read(payload(f"instagram_{name}"))] for name in sorted(names)} == MEANT


def test_what_comes_twice_has_one_key() -> None:
    """F32: the same comment by another advertisement, or found by looking, is the same utterance."""
    body = payload("instagram_comment_ad")
    value = body["entry"][0]["changes"][0]["value"]
    value["media"] |= {"id": "18000000000000010", "ad_id": "120000002"}
    (again,) = read(body)
    first = inbound("comment_ad")
    assert isinstance(again, Inbound)
    assert (again.dedupe_key, again.thread_key) == (first.dedupe_key, first.thread_key)
    assert inbound("comment").facts["comment"] == FIRST


def test_windows_stories_and_echoes_are_told() -> None:
    """A story mention opens the window without a word; an echo without a program's number is still ours to send; notes are nobody's."""
    mention, reply, echo = inbound("story_mention"), inbound("story_reply"), inbound("echo")
    assert (mention.opens, mention.visibility, [one.kind for one in mention.wanted]) == (True, "private", ["media", "person"])
    assert mention.wanted[0].ref["story"]
    assert (mention.subject, reply.subject) == ("Mentioned in a story", "")
    assert reply.post is not None
    assert (reply.post.kind, reply.post.ours) == ("story", True)
    assert (echo.direction, echo.origin, echo.to[0].address, echo.echo_of, echo.opens) == ("out", "native", ANNA, "", False)
    assert not inbound("comment").opens
    to_itself = payload("instagram_echo")
    to_itself["entry"][0]["messaging"][0]["message"]["is_self"] = True
    assert read(to_itself) == []


def mentioned(**value: Any) -> list[Understood]:
    change = {"field": "mentions", "value": value}
    return read({"object": "instagram", "entry": [{"id": IG, "time": 1_795_262_400, "changes": [change]}]})


def test_a_mention_speaks_when_its_words_were_fetched() -> None:
    """Only a name is told of whoever mentions us, so the name must do; our own mentions of ourselves are nobody's."""
    media = {"id": "179", "caption": "Utsikt", "username": "bo.ek", "permalink": "https://www.instagram.com/p/1/"}
    (comment,) = mentioned(media_id="179", comment_id="178", text="@norrsken.air fint!", username="AnnaBerg", media=media)
    (caption,) = mentioned(media_id="179", text="Med @norrsken.air", username="bo.ek", media=media)
    assert isinstance(comment, Inbound)
    assert isinstance(caption, Inbound)
    assert (comment.sender.address, comment.kind, comment.thread_key) == ("@annaberg", "mention", "p:179:178:@annaberg")
    assert comment.post is not None
    assert (comment.post.text, comment.post.kind, comment.post.author.name) == ("Utsikt", "mention", "bo.ek")
    assert (caption.thread_key, caption.url) == ("p:179:root:@bo.ek", "https://www.instagram.com/p/1/")
    assert mentioned(media_id="179", comment_id="178", text="x", username="norrsken.air", media=media) == []
    assert mentioned() == []


def test_own_answers_and_what_stands_around() -> None:
    own = payload("instagram_comment_reply")
    own["entry"][0]["changes"][0]["value"]["from"] = {"id": IG, "username": "norrsken.air"}
    (answer,) = read(own)
    assert isinstance(answer, Inbound)
    assert (answer.direction, answer.origin, answer.references) == ("out", "native", (FIRST,))
    del own["entry"][0]["changes"][0]["value"]["parent_id"]
    assert read(own) == []
    reply = {"id": "3", "text": "Ja!", "username": "norrsken.air", "timestamp": "2026-11-21T12:00:00+0000"}
    comments = [{"id": "1", "text": "Fin", "username": "bo.ek", "replies": {"data": [reply]}}, {"id": "2", "text": "Hm"}, {"text": "no id"}]
    around = {"post": {"id": MEDIA, "caption": "Ny väska"}, "comments": comments}
    found = [one for one in read({"object": "instagram", "around": around}) if isinstance(one, Bystander)]
    assert [(one.author.address, one.ours, one.parent_key, one.post.text) for one in found] == [
        ("@bo.ek", False, "", "Ny väska"),
        ("anonymous-2", False, "", "Ny väska"),
        (ADDRESS, True, "1", "Ny väska"),
    ]


def test_nonsense_raises_nothing_and_settings_name_what_is_wrong() -> None:
    """T87: wrong types are passed over; what is no such body is unparsable."""
    for value in ({}, {"id": 7}, {"id": "1", "from": [], "media": 3, "text": None}, {"media_id": 3, "text": []}):
        for field in ("comments", "mentions", "live_comments", "story_insights", 3, None):
            read({"object": "instagram", "entry": [{"id": IG, "time": "x", "changes": [{"field": field, "value": value}]}]})
    for raw in (b"", b'{"object":"page","entry":[]}', b"[" * 100_000):
        with pytest.raises(Unparsable):
            InstagramChannel().understand(Delivered(external_key="k", raw=raw, received_at=NOW), inbox())
    good: dict[str, Any] = {"ig_id": IG, "login": "instagram"}
    settings, wrong = check_settings("instagram", ADDRESS, good, SECRETS)
    assert (settings["ig_id"], wrong) == (IG, {})
    assert msgspec.json.encode(settings)
    bad = [({"ig_id": "norrsken"}, "ig_id"), ({"ig_id": "17841400000000002"}, "ig_id"), ({"login": "facebook"}, "page_id")]
    bad += [
        ({"login": "by hand"}, "login"),
        ({"app_id": "x"}, "app_id"),
        ({"poll_minutes": "1441"}, "poll_minutes"),
        ({"version": "1"}, "version"),
    ]
    for values, name in bad:
        assert set(check_settings("instagram", ADDRESS, {**good, **values}, SECRETS)[1]) == {name}
