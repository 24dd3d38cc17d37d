"""What updates mean: private chats, groups, business accounts, buttons, edits, reactions; nothing an update can hold breaks the reading."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from sluss.channels.contract import Delivered, Inbound, Unparsable
from sluss.channels.happenings import AccountNews, Barred, Bystander, Changed, Opened, Reacted, Renamed
from sluss.channels.telegram.entities import html_of, part_of, units, words_of
from sluss.channels.telegram.keys import Place, place_of, spot_of
from sluss.channels.telegram.understanding import understand_update
from sluss.channels.telegram.updates import ALLOWED, Entity
from sluss.kernel.html import clean_mail
from tests.channels.telegram.booth import ANNA, CREW, NOW, OWNER, PAYLOADS, SUPER, inbox, payload, read

SECOND = 1_000_000
BOT = {"id": 110201543, "is_bot": True, "first_name": "Norrsken"}


def test_every_example_says_what_it_should() -> None:
    """Each payload gives these values and no others; the number of a person is who they are, never their name."""
    found = {path.stem.removeprefix("telegram_"): read(payload(path.stem.removeprefix("telegram_"))) for path in _webhooks()}
    said: dict[str, list[Any]] = {name: [_short(one) for one in values] for name, values in found.items()}
    assert said == {
        "album_1": [("in", "dm:77001122", "två bilder", "", 1)],
        "album_2": [("in", "dm:77001122", "", "", 1)],
        "blocked": [("The customer has blocked the bot. They must unblock it and write before an answer can reach them.",)],
        "business_connection": [("ok",)],
        "business_deleted": [("removed", "tb:bc_1:77001122:30", "")],
        "business_message": [("in", "dm:bc_1:77001122", "Hej företaget", "", 0)],
        "business_native": [("out", "dm:bc_1:77001122", "Hej Anna", "", 0)],
        "callback": [("in", "dm:77001122", "solved:yes", "button", 1)],
        "document_large": [("in", "dm:77001122", "", "", 1)],
        "edited": [("edited", "tg:110201543:77001122:11", "Hej!")],
        "photo": [("in", "dm:77001122", "Se här", "", 1)],
        "start": [("in", "dm:77001122", "/start case8f2k", "start", 0)],
        "text": [("in", "dm:77001122", "Hej", "", 0)],
    }
    (text,), (photo,), (start,), (native,) = found["text"], found["photo"], found["start"], found["business_native"]
    assert isinstance(text, Inbound)
    assert isinstance(photo, Inbound)
    assert isinstance(start, Inbound)
    assert isinstance(native, Inbound)
    assert (text.sender.address, text.sender.name, text.profile and text.profile.handle) == ("77001122", "Anna Berg", "@annab")
    assert (text.external_id, text.dedupe_key, text.sent_at) == ("tg:110201543:77001122:11",) * 2 + (NOW,)
    # Of a picture the largest size is fetched; the payload of a deep link is kept for whoever made the link.
    assert (photo.wanted[0].ref, photo.wanted[0].name) == ({"file": "AgAC2", "size": 88000}, "photo-13.jpg")
    assert (start.facts["start"], start.facts["language"]) == ("case8f2k", "sv")
    assert (native.sender.address, native.origin, native.author and native.author.name) == ("telegram-110201543", "native", "Butiken")
    assert native.to[0].address == "77001122"


def test_what_is_said_without_words_can_be_read() -> None:
    """Places, cards, polls, voice notes; what Sluss cannot show says so; what a chat tells of itself is nothing."""
    table: list[tuple[dict[str, Any], str, str, str]] = [
        ({"location": {"latitude": 59.33, "longitude": 18.06}}, "location", "59.330000, 18.060000", ""),
        ({"venue": {"location": {"latitude": 59.33, "longitude": 18.06}, "title": "Slussen"}, "location": {"latitude": 1, "longitude": 1}},
         "location", "Slussen", ""),
        ({"contact": {"phone_number": "+46701234567", "first_name": "Anna"}}, "contact", "Anna, +46701234567", ""),
        ({"poll": {"question": "Löst?", "options": [{"text": "Ja"}]}}, "poll", "Löst?\n– Ja", ""),
        ({"voice": {"file_id": "v"}}, "voice", "", "audio/ogg"),
        ({"sticker": {"file_id": "s", "emoji": "😀"}}, "sticker", "😀", "image/webp"),
        ({"sticker": {"file_id": "s", "is_animated": True}}, "sticker", "", "application/x-tgsticker"),
        ({"animation": {"file_id": "a"}, "document": {"file_id": "a", "mime_type": "video/mp4"}}, "", "", "video/mp4"),
        ({"dice": {"value": 3}}, "dice", "This is something that Sluss cannot show (dice). Open the chat in Telegram to see it.", ""),
    ]  # fmt: skip
    for content, kind, text, media_type in table:
        (found,) = read(_message(**content))
        assert isinstance(found, Inbound)
        assert (found.kind, found.text.partition("\nhttps://")[0]) == (kind, text), content
        assert [one.media_type for one in found.wanted] == ([media_type] if media_type else []), content
    quiet: list[dict[str, Any]] = [{"pinned_message": {}}, {"new_chat_members": [BOT]}, {"forum_topic_created": {"name": "x"}}]
    assert [read(_message(**one)) for one in quiet] == [[], [], []]
    (bare,) = read(_message(text="/start"))
    assert isinstance(bare, Opened)


def test_a_group_is_public_and_hears_only_what_is_said_to_the_bot() -> None:
    """Everything else there is shown beside the case, never a case, unless the administrator wants all."""
    at = [{"type": "mention", "offset": 0, "length": 13}]
    table: list[tuple[dict[str, Any], str, str]] = [
        ({"text": "@norrsken_bot när går SK12?", "entities": at}, "asked", "mention"),
        ({"text": "@NORRSKEN_BOT när?", "entities": at}, "asked", "mention"),
        ({"text": "@somebody_els när?", "entities": at}, "asked", "bystander"),
        ({"text": "/flyg", "entities": [{"type": "bot_command", "offset": 0, "length": 5}]}, "asked", "mention"),
        ({"text": "/flyg@other_bot", "entities": [{"type": "bot_command", "offset": 0, "length": 15}]}, "asked", "bystander"),
        ({"text": "du", "entities": [{"type": "text_mention", "offset": 0, "length": 2, "user": BOT}]}, "asked", "mention"),
        ({"text": "tack", "reply_to_message": {"message_id": 4, "chat": CREW.chat, "from": BOT}}, "asked", "reply"),
        ({"text": "god morgon"}, "asked", "bystander"),
        ({"text": "god morgon"}, "all", "comment"),
        ({"text": "god morgon"}, "no", "nothing"),
        ({"text": "@norrsken_bot hej", "entities": at, "from": BOT}, "asked", "nothing"),
        ({"text": "kanalens inlägg", "is_automatic_forward": True, "sender_chat": {"id": -100, "type": "channel"}}, "all", "nothing"),
        ({"text": "vi stänger nu", "sender_chat": CREW.chat}, "all", "bystander"),
    ]
    for content, groups, wanted in table:
        found = read(_message(chat=CREW.chat, **content), groups=groups)
        kinds = ["bystander" if isinstance(one, Bystander) else one.kind if isinstance(one, Inbound) else "?" for one in found]
        assert (kinds or ["nothing"]) == [wanted], content
    (found,) = read(_message(chat=SUPER.chat, text="@norrsken_bot hej", entities=at))
    assert isinstance(found, Inbound)
    assert found.post is not None
    assert (found.visibility, found.thread_key) == ("public", "p:-1001234567890:root:77001122")
    assert (found.url, found.post.author.name) == ("https://t.me/norrskenfolk/40", "Norrsken resenärer")


def test_comments_under_a_post_of_a_channel_hang_under_it_and_topics_are_places_of_their_own() -> None:
    """What is commented on is shown with its words; the message by which a topic began is answered by nobody."""
    post = {"message_id": 7, "chat": SUPER.chat, "date": 5, "is_automatic_forward": True, "text": "Nytt hos oss"}
    channel = {"id": -1009, "type": "channel", "title": "Norrsken Air"}
    (comment,) = read(
        _message(chat=SUPER.chat, text="Bra!", message_thread_id=7, reply_to_message=post | {"sender_chat": channel}), groups="all"
    )
    topic = {"message_id": 3, "chat": SUPER.chat, "from": BOT}
    (inside,) = read(
        _message(chat=SUPER.chat, text="Hej", message_thread_id=3, is_topic_message=True, reply_to_message=topic), groups="all"
    )
    assert isinstance(comment, Inbound)
    assert isinstance(inside, Inbound)
    assert comment.post is not None
    assert (comment.thread_key, comment.post.text, comment.post.author.name) == (
        "p:-1001234567890/7:root:77001122", "Nytt hos oss", "Norrsken Air",
    )  # fmt: skip
    assert (inside.thread_key, inside.parent_key, inside.references) == ("p:-1001234567890/3:root:77001122", "", ())
    assert place_of(inside.thread_key) == Place(chat=-1001234567890, topic=3)


def test_reactions_moves_and_news_of_the_account() -> None:
    """A reaction is one person's, may be anything, and is taken back; a group that grows gets another number."""
    reaction = {"chat": ANNA.chat, "message_id": 20, "user": ANNA.user, "date": 9, "old_reaction": [{"type": "emoji", "emoji": "👍"}]}
    (off,) = read({"update_id": 1, "message_reaction": reaction | {"new_reaction": []}})
    (paid,) = read({"update_id": 1, "message_reaction": reaction | {"new_reaction": [{"type": "paid"}]}})
    assert isinstance(off, Reacted)
    assert isinstance(paid, Reacted)
    assert (off.on, off.emoji, off.external_id, off.thread_key) == (False, "👍", "tg:110201543:77001122:20", "dm:77001122")
    assert (paid.on, paid.emoji) == (True, "⭐")
    (moved,) = read(_message(chat=CREW.chat, migrate_to_chat_id=-1001))
    assert moved == Renamed(what="thread", before="p:-4242:", after="p:-1001:")
    members = {"from": ANNA.user, "old_chat_member": {"status": "member"}}
    (gone,) = read({"update_id": 1, "my_chat_member": {"chat": CREW.chat, "new_chat_member": {"status": "left"}, **members}})
    (back,) = read({"update_id": 1, "my_chat_member": {"chat": ANNA.chat, "new_chat_member": {"status": "member"}, **members}})
    assert isinstance(gone, AccountNews)
    assert gone.state == "warn"
    assert back == Barred(thread_key="dm:77001122", at=0)
    link = {"id": "bc_1", "user": OWNER.user, "rights": {"can_reply": True}}
    for extra, state in (({"is_enabled": False}, "warn"), ({"rights": {}}, "warn"), ({}, "ok")):
        (news,) = read({"update_id": 1, "business_connection": link | extra})
        assert isinstance(news, AccountNews)
        assert news.state == state


def test_a_business_account_answered_by_another_program_says_so() -> None:
    """Its own person, this bot, another bot: three different origins of the same kind of message."""
    ours = payload("business_native")
    other = ours | {"business_message": ours["business_message"] | {"sender_business_bot": {"id": 5, "is_bot": True, "first_name": "Zed"}}}
    (found,) = read(other)
    assert isinstance(found, Inbound)
    assert (found.origin, found.author and found.author.name) == ("other tool", "Zed")
    edited = {"update_id": 1, "edited_business_message": ours["business_message"] | {"text": "Hej!", "edit_date": 1795262500}}
    (changed,) = read(edited)
    assert isinstance(changed, Changed)
    assert (changed.by, changed.at) == ("us", 1795262500 * SECOND)


def test_a_press_tells_the_words_of_its_button_and_counts_once() -> None:
    """F32: its key is the press's own; Telegram is to be answered at once."""
    query = payload("callback")
    keyboard = {"inline_keyboard": [[{"text": "Nej", "callback_data": "solved:no"}, {"text": "Ja, löst", "callback_data": "solved:yes"}]]}
    query["callback_query"]["message"]["reply_markup"] = keyboard
    (found,) = read(query)
    assert isinstance(found, Inbound)
    assert (found.text, found.facts["data"], found.dedupe_key) == ("Ja, löst", "solved:yes", "callback:110201543:4382bfdwdsb323b2d9")
    assert [(one.kind, one.ref) for one in found.wanted] == [("item", {"callback": "4382bfdwdsb323b2d9"})]
    query["callback_query"]["message"]["chat"] = CREW.chat
    (public,) = read(query)
    assert isinstance(public, Inbound)
    assert (public.visibility, public.thread_key) == ("public", "p:-4242:root:77001122")
    del query["callback_query"]["message"]
    (alone,) = read(query)
    assert isinstance(alone, Inbound)
    assert alone.thread_key == "dm:77001122"


def test_form_is_shown_at_its_places_counted_in_utf16() -> None:
    """An emoji counts two; nested, crossing and impossible places give balanced markup; no link hides where it leads."""
    text = "🧳 Hej <b> Åsa, se här\nnu"
    bold = Entity(type="bold", offset=3, length=3)
    link = Entity(type="text_link", offset=16, length=6, url="https://elsewhere.example/x")
    assert html_of(text, [bold, link]) == ('🧳 <b>Hej</b> &lt;b&gt; Åsa, <a href="https://elsewhere.example/x">se här</a><br>nu')
    assert words_of("se här", [Entity(type="text_link", offset=3, length=3, url="https://x.example/")]) == "se här (https://x.example/)"
    crossing = [Entity(type="bold", offset=0, length=6), Entity(type="italic", offset=3, length=900), bold]
    assert html_of("Hej du där", crossing) == "<b>Hej<i><b> du</b></i></b> där"
    assert html_of("Hej", [Entity(type="text_link", offset=0, length=3, url="javascript:alert(1)")]) == ""
    assert html_of("Hej", [Entity(type="bold", offset=-5, length=2), Entity(type="pre", offset=99, length=1)]) == ""
    assert (part_of("🧳 @bot", Entity(type="mention", offset=3, length=4)), units("🧳a")) == ("@bot", 3)


@given(
    some.text(max_size=30),
    some.lists(some.tuples(some.sampled_from(("bold", "pre", "text_link")), some.integers(-5, 40), some.integers(-5, 40))),
)
def test_no_form_breaks_the_markup(text: str, places: list[tuple[str, int, int]]) -> None:
    """Whatever entities say, every tag that is opened is closed, and the words stay."""
    entities = [Entity(type=kind, offset=offset, length=length, url="https://a.example/") for kind, offset, length in places]
    html = html_of(text, entities)
    cleaned = clean_mail(html, remote_images=False, cid={}).html
    for tag in ("b", "pre", "a"):
        assert html.count(f"<{tag}>") + html.count(f"<{tag} ") == html.count(f"</{tag}>") <= cleaned.count(f"</{tag}>") + html.count("&lt;")


def test_unknown_news_is_nothing_and_what_is_no_update_is_set_aside() -> None:
    """T87: kinds and fields that this release does not know do no harm; bytes that are no update raise one error only."""
    assert read({"update_id": 1, "message_from_mars": {"text": "hi"}}) == []
    assert read({"update_id": 1, "channel_post": _message(text="x")["message"]}) == []
    assert len(read(_message(text="Hej", new_field={"deep": [1]}))) == 1
    hostile: list[bytes] = [
        b"", b"[]", b"null", b"{", b"\xff\xfe", b'{"update_id": "x"}', b'{"update_id": 1, "message": []}', b"[" * 100_000,
        msgspec.json.encode({"update_id": 1, "message": {"message_id": "40", "chat": {"id": 1}}}),
        msgspec.json.encode({"update_id": 1, "message": {"message_id": 40}}),
    ]  # fmt: skip
    for raw in hostile:
        with pytest.raises(Unparsable):
            understand_update(Delivered(external_key="u", raw=raw, received_at=NOW), inbox())
    assert {"message_reaction", "callback_query", "deleted_business_messages", "my_chat_member"} <= set(ALLOWED)


def test_keys_lead_back_to_their_place() -> None:
    """What an answer or a deed is about is read from the key alone; nothing else is taken for one."""
    assert spot_of("tb:bc_1:77001122:30") is not None
    assert spot_of("tg:5:-100:7") is not None
    assert [spot_of(one) for one in ("", "tg:5:x:1", "callback:5:abc", "tg:5:1:1\n", "tg:5:1:1:2")] == [None] * 5
    assert place_of("dm:bc_1:77001122") == Place(chat=77001122, business="bc_1")
    assert [place_of(one) for one in ("way:1", "", "dm:x", "p:1:2")] == [None] * 4


def _message(**content: Any) -> dict[str, Any]:
    return {"update_id": 1, "message": {"message_id": 40, "date": 1795262400, "chat": ANNA.chat, "from": ANNA.user, **content}}


def _webhooks() -> list[Any]:
    return [one for one in sorted(PAYLOADS.glob("*.json")) if msgspec.json.decode(one.read_bytes())["kind"] == "webhook"]


def _short(one: Any) -> tuple[Any, ...]:
    if isinstance(one, Inbound):
        return one.direction, one.thread_key, one.text, one.kind, len(one.wanted)
    if isinstance(one, Changed):
        return one.what, one.external_id, one.text
    return (one.reason,) if isinstance(one, Barred) else (one.state,)
