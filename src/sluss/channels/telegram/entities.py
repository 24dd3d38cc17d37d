"""The form of a text. In: a text and entities, whose places are counted in UTF-16 units. Out: HTML, or text that hides no link."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import accumulate

import msgspec

from sluss.channels.telegram.updates import Entity

MOST = 100
_TAGS = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "expandable_blockquote": "blockquote",
}
_SCHEMES = ("https://", "http://", "mailto:", "tel:")


class _Span(msgspec.Struct, frozen=True):
    start: int
    end: int
    before: str
    after: str


def html_of(text: str, entities: Sequence[Entity]) -> str:
    """The text as HTML; empty where it has no form beyond its words. Whatever places the entities name, the markup is balanced."""
    spans = _spans(text, entities)
    return _rendered(text, 0, len(text), spans) if spans else ""


def words_of(text: str, entities: Sequence[Entity]) -> str:
    """The text with the address behind each link that does not show it."""
    links = [one for one in entities[:MOST] if one.type == "text_link" and one.url.startswith(_SCHEMES)]
    places = _places(text) if links else []
    for one in sorted(links, key=lambda one: -one.offset):
        start, end = _point(places, one.offset), _point(places, one.offset + one.length)
        if start < end and text[start:end] not in one.url:
            text = f"{text[:end]} ({one.url}){text[end:]}"
    return text


def part_of(text: str, entity: Entity) -> str:
    """The words that an entity covers."""
    places = _places(text)
    return text[_point(places, entity.offset) : _point(places, entity.offset + entity.length)]


def units(text: str) -> int:
    """The length of a text as Telegram counts it."""
    return len(text) + sum(char > "\uffff" for char in text)


def _spans(text: str, entities: Sequence[Entity]) -> list[_Span]:
    formed = [(one, marks) for one in entities[:MOST] if (marks := _marks(one))]
    places = _places(text) if formed else []
    found = [_Span(_point(places, one.offset), _point(places, one.offset + one.length), *marks) for one, marks in formed]
    return sorted((one for one in found if one.start < one.end), key=lambda one: (one.start, -one.end))


def _marks(entity: Entity) -> tuple[str, str] | None:
    if entity.type == "text_link" and entity.url.startswith(_SCHEMES):
        return f'<a href="{escape(entity.url)}">', "</a>"
    tag = _TAGS.get(entity.type)
    return (f"<{tag}>", f"</{tag}>") if tag else None


def _rendered(text: str, start: int, end: int, spans: Sequence[_Span]) -> str:
    """Outer spans first; what reaches over the end of the span around it is cut there."""
    pieces: list[str] = []
    at = start
    for number, span in enumerate(spans):
        if span.start < at or span.start >= end:
            continue
        stop = min(span.end, end)
        pieces += [_plain(text[at : span.start]), span.before, _rendered(text, span.start, stop, spans[number + 1 :]), span.after]
        at = stop
    return "".join((*pieces, _plain(text[at:end])))


def _plain(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _places(text: str) -> list[int]:
    """How many units stand before each character, and before the end."""
    return [0, *accumulate(2 if char > "\uffff" else 1 for char in text)]


def _point(places: list[int], unit: int) -> int:
    """The character at a unit; within one, and beyond the end, the nearest."""
    low, high = 0, len(places) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if places[middle] < unit else (low, middle)
    return low
