"""What one message says. In: a message of the webhook. Out: words, a kind, and the file that must be fetched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from sluss.channels.happenings import Wanted
from sluss.channels.said import a_text, an_object, objects, texts
from sluss.kernel.text import clean_line, clean_text
from sluss.kernel.words import say

FILES = {"image": "image/jpeg", "video": "video/mp4", "audio": "audio/ogg", "document": "application/octet-stream", "sticker": "image/webp"}
_ENDS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "video/mp4": "mp4",
    "video/3gpp": "3gp",
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/aac": "aac",
    "audio/amr": "amr",
    "audio/wav": "wav",
}
_MAP = "https://www.openstreetmap.org/?mlat={0}&mlon={1}#map=16/{0}/{1}"


class Said(msgspec.Struct, frozen=True):
    """Words, and what kind of words they are."""

    text: str
    kind: str = ""
    wanted: tuple[Wanted, ...] = ()
    facts: dict[str, Any] = {}


def said_in(message: dict[str, Any]) -> Said:
    """What a message says; of a kind that this release does not know, that it is there."""
    kind = a_text(message.get("type"))
    part = an_object(message.get(kind))
    if kind in FILES:
        return _file(kind, part, a_text(message.get("id")))
    if kind in _READERS:
        return _READERS[kind](message, part)
    return Said(_strange(kind or "?"), "unsupported")


def _text(_message: dict[str, Any], part: dict[str, Any]) -> Said:
    return Said(clean_text(a_text(part.get("body"))).strip())


def _file(kind: str, part: dict[str, Any], message: str) -> Said:
    media_type = clean_line(a_text(part.get("mime_type")).partition(";")[0]).lower()[:100] or FILES[kind]
    called = "voice" if part.get("voice") is True else kind
    name = clean_line(a_text(part.get("filename")))[:200] or f"{called}.{_ENDS.get(media_type, 'bin')}"
    media = a_text(part.get("id"))[:200]
    ref = {"media": media, "sha256": a_text(part.get("sha256"))[:100]}
    wanted = (Wanted(kind="media", key=f"{message}:{media}", ref=ref, name=name, media_type=media_type),) if media else ()
    return Said(clean_text(a_text(part.get("caption"))).strip(), "voice" if part.get("voice") is True else "", wanted)


def _place(_message: dict[str, Any], part: dict[str, Any]) -> Said:
    where = [f"{value:.6f}" for name in ("latitude", "longitude") if isinstance(value := part.get(name), int | float)]
    names = [clean_line(a_text(part.get(name)))[:200] for name in ("name", "address")]
    named = ", ".join(one for one in names if one) or ", ".join(where)
    return Said("\n".join([named, *([_MAP.format(*where)] if len(where) == 2 else [])]), "location")


def _cards(message: dict[str, Any], _part: dict[str, Any]) -> Said:
    lines: list[str] = []
    for one in objects(message.get("contacts"))[:20]:
        numbers = [a_text(phone.get("phone")) for phone in objects(one.get("phones"))]
        mails = [a_text(mail.get("email")) for mail in objects(one.get("emails"))]
        parts = [a_text(an_object(one.get("name")).get("formatted_name")), *numbers, *mails]
        lines.append(clean_line(", ".join(part for part in parts if part))[:400])
    return Said("\n".join(lines), "contact")


def _pressed(_message: dict[str, Any], part: dict[str, Any]) -> Said:
    """A button under a template, by the words on it."""
    return Said(clean_text(a_text(part.get("text"))).strip(), "button", facts={"data": clean_line(a_text(part.get("payload")))[:1000]})


def _chosen(_message: dict[str, Any], part: dict[str, Any]) -> Said:
    """A button, a row of a list, or a form that was filled in."""
    kind = a_text(part.get("type"))
    reply = an_object(part.get(kind))
    if kind == "nfm_reply":
        return Said(
            clean_text(a_text(reply.get("body")) or a_text(reply.get("name"))),
            "form",
            facts={"data": a_text(reply.get("response_json"))[:4000]},
        )
    words = [a_text(reply.get("title")), a_text(reply.get("description"))]
    text = clean_text("\n".join(one for one in words if one)).strip()
    return Said(text, "button", facts={"data": clean_line(a_text(reply.get("id")))[:1000]})


def _order(_message: dict[str, Any], part: dict[str, Any]) -> Said:
    items = objects(part.get("product_items"))[:50]
    lines = [f"{a_text(one.get('quantity')) or '1'} × {clean_line(a_text(one.get('product_retailer_id')))[:100]}" for one in items]
    return Said("\n".join([*lines, clean_text(a_text(part.get("text"))).strip()]).strip(), "order")


def _unsupported(message: dict[str, Any], _part: dict[str, Any]) -> Said:
    details = [
        a_text(an_object(one.get("error_data")).get("details")) or a_text(one.get("title")) for one in objects(message.get("errors"))
    ]
    return Said(_strange(clean_line(next(iter(texts(details)), "") or "?")[:100]), "unsupported")


def _strange(kind: str) -> str:
    return say("This is something that WhatsApp does not show to programs (%(kind)s). Ask the customer to send it another way.", kind=kind)


_READERS: dict[str, Callable[[dict[str, Any], dict[str, Any]], Said]] = {
    "text": _text,
    "location": _place,
    "contacts": _cards,
    "button": _pressed,
    "interactive": _chosen,
    "order": _order,
    "unsupported": _unsupported,
}
