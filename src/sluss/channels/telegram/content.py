"""What one message says. In: a message as Telegram tells it. Out: its words, their form, and the file that must be fetched."""

from __future__ import annotations

from typing import Any

import msgspec

from sluss.channels.happenings import Wanted
from sluss.channels.telegram.entities import html_of, words_of
from sluss.channels.telegram.keys import Place
from sluss.channels.telegram.updates import Chat, File, Location, Message, User, unknown_content
from sluss.channels.who import Address, Profile
from sluss.kernel.text import clean_line, clean_text
from sluss.kernel.words import say

NAME = 80
_MAP = "https://www.openstreetmap.org/?mlat={0}&mlon={1}#map=16/{0}/{1}"
_TYPES = {
    "photo": "image/jpeg",
    "sticker": "image/webp",
    "video": "video/mp4",
    "video_note": "video/mp4",
    "animation": "video/mp4",
    "voice": "audio/ogg",
    "audio": "audio/mpeg",
    "document": "application/octet-stream",
}
"""Kinds of files, and what they are where nobody says."""
_ENDS = {
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/wav": "wav",
}


class Said(msgspec.Struct, frozen=True):
    """The words of a message with the form of them (empty: none), and its kind where that is not words."""

    text: str
    html: str = ""
    kind: str = ""


def said_in(message: Message, raw: dict[str, Any]) -> Said | None:
    """What a message says; None for what the chat only tells of itself (somebody joined, a message was pinned)."""
    words, entities = (message.text, message.entities) if message.text else (message.caption, message.caption_entities)
    kind, beside = _beside(message)
    strange = unknown_content(raw)
    if not words and not kind and not strange and file_of(message) is None:
        return None
    if strange and not words:
        beside = say("This is something that Sluss cannot show (%(kind)s). Open the chat in Telegram to see it.", kind=strange)
    text = clean_text("\n".join(one for one in (words_of(words, entities), beside) if one)).strip()
    html = clean_text(html_of(words, entities))
    return Said(text, html if not beside else "", kind or strange)


def file_of(message: Message) -> tuple[str, File] | None:
    """The kind of file that a message carries, and the file: of a picture the largest size."""
    if message.photo:
        return "photo", max(message.photo, key=lambda one: one.file_size) if message.photo[-1].file_size else message.photo[-1]
    for kind in _TYPES:
        found = getattr(message, kind)
        # A moving picture comes as a document as well.
        if found and not (kind == "document" and message.animation):
            return kind, found
    return None


def wanted_of(message: Message, key: str) -> tuple[Wanted, ...]:
    """The file of a message, to be asked for."""
    found = file_of(message)
    if found is None:
        return ()
    kind, file = found
    media_type = _media_type(kind, file)
    name = clean_line(file.file_name)[:200] or f"{kind}-{message.message_id}.{_ENDS.get(media_type, 'bin')}"
    ref = {"file": file.file_id, "size": file.file_size}
    unique = f"{key}:{file.file_unique_id or file.file_id[:64]}"
    return (Wanted(kind="media", key=unique, ref=ref, name=name, media_type=media_type, size=file.file_size),)


def person_of(user: User) -> tuple[Address, Profile]:
    """Somebody by the number that lasts; the name that people call them by may change any day."""
    handle = f"@{user.username}" if user.username else ""
    url = f"https://t.me/{user.username}" if user.username else ""
    return Address(str(user.id), _named(user.first_name, user.last_name) or handle), Profile(handle=handle, url=url)


def group_of(chat: Chat) -> tuple[Address, Profile]:
    """A group or channel that speaks in its own name."""
    handle = f"@{chat.username}" if chat.username else ""
    url = f"https://t.me/{chat.username}" if chat.username else ""
    return Address(str(chat.id), clean_line(chat.title)[:NAME]), Profile(handle=handle, url=url)


def place_in(message: Message) -> Place:
    """Where a message stands."""
    return Place(chat=message.chat.id, business=message.business_connection_id)


def facts_of(message: Message) -> dict[str, Any]:
    """What is wanted back when the message is answered."""
    facts: dict[str, Any] = {"chat": message.chat.id, "message": message.message_id}
    facts |= {"business": message.business_connection_id} if message.business_connection_id else {}
    facts |= {"album": message.media_group_id[:64]} if message.media_group_id else {}
    language = message.author.language_code[:20] if message.author is not None else ""
    return facts | ({"language": language} if language else {})


def _named(first: str, last: str) -> str:
    return clean_line(f"{first} {last}")[:NAME].strip()


def _beside(message: Message) -> tuple[str, str]:
    """What is said without words."""
    if message.venue is not None:
        return "location", _place(message.venue.location, message.venue.title, message.venue.address)
    if message.location is not None:
        return "location", _place(message.location)
    if message.contact is not None:
        card = message.contact
        return "contact", ", ".join(one for one in (_named(card.first_name, card.last_name), clean_line(card.phone_number)[:40]) if one)
    if message.poll is not None:
        return "poll", "\n".join([message.poll.question, *(f"– {one.text}" for one in message.poll.options[:20])])
    if message.sticker is not None:
        return "sticker", message.sticker.emoji
    return ("voice", "") if message.voice is not None or message.video_note is not None else ("", "")


def _place(location: Location, *names: str) -> str:
    where = f"{location.latitude:.6f}", f"{location.longitude:.6f}"
    named = ", ".join(clean_line(one)[:200] for one in names if one.strip())
    return "\n".join(one for one in (named or ", ".join(where), _MAP.format(*where)) if one)


def _media_type(kind: str, file: File) -> str:
    if kind == "sticker" and file.is_animated:
        return "application/x-tgsticker"
    if kind == "sticker" and file.is_video:
        return "video/webm"
    return clean_line(file.mime_type)[:100].lower() or _TYPES[kind]
