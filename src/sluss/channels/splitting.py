"""What is too long for one message, as several. In: a text, files, what a network takes at once. Out: parts, in order.

A text is cut between paragraphs, else sentences, else words; inside a word only where it alone is too long, and never inside what a person
calls a character. Each part says which it is, as `(1/3)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypeVar

from sluss.channels.counting import Counts, count_length
from sluss.kernel.text import graphemes

PARTS = 20
"""More than so many are no answer any more."""

_WORD = re.compile(r"\S+\s*|\s+")
_SENTENCE = re.compile(r"[.!?…。！？][\"'”’»)\]]*\s+$")
_PARAGRAPH = re.compile(r"\n\s*$")

T = TypeVar("T")


class TooManyParts(ValueError):
    """The text is too long even for several messages."""


def split_text(text: str, most: int, counts: Counts, reserved: int = 0) -> tuple[str, ...]:
    """The text, or its parts with their marks. Raises `TooManyParts`; `reserved` is what each part has less."""
    room = most - reserved
    if count_length(text.strip(), counts) <= room:
        return (text,)
    for digits in (1, 2):
        parts = _parts(text.strip(), room - len(" (/)") - 2 * digits, counts)
        if parts is not None and len(parts) < 10**digits:
            return tuple(f"{part} ({number}/{len(parts)})" for number, part in enumerate(parts, 1))
    raise TooManyParts


def split_files(files: Sequence[T], at_once: int | None) -> list[tuple[T, ...]]:
    """Files by messages, so many with each."""
    size = at_once or max(len(files), 1)
    return [tuple(files[start : start + size]) for start in range(0, len(files), size)]


def _parts(text: str, room: int, counts: Counts) -> list[str] | None:
    """None where there would be too many."""
    if room < 1:
        return None
    parts: list[str] = []
    words, kept, length = list(_pieces(text, room, counts)), list[str](), 0
    while words:
        word = words.pop(0)
        if length + count_length(word.rstrip(), counts) <= room:
            kept.append(word)
            length += count_length(word, counts)
            continue
        cut = _best_cut(kept, room, counts)
        words[:0] = [*kept[cut:], word]
        parts.append("".join(kept[:cut]).rstrip())
        kept, length = [], 0
        if len(parts) >= PARTS:
            return None
    return [*parts, "".join(kept).rstrip()]


def _pieces(text: str, room: int, counts: Counts) -> Iterator[str]:
    """Words with the space behind them; one that is too long alone, by its characters."""
    for found in _WORD.finditer(text):
        word = found.group()
        if count_length(word.rstrip(), counts) <= room:
            yield word
        else:
            yield from _crumbs(word, room, counts)


def _crumbs(word: str, room: int, counts: Counts) -> Iterator[str]:
    kept = ""
    for one in graphemes(word):
        if kept and count_length(kept + one, counts) > room:
            yield kept
            kept = ""
        kept += one
    yield kept


def _best_cut(words: Sequence[str], room: int, counts: Counts) -> int:
    """After how many words to stop: at the last paragraph or sentence that leaves the part at least half full."""
    for ending, least in ((_PARAGRAPH, 0.5), (_SENTENCE, 0.4)):
        length, best = 0, 0
        for number, word in enumerate(words, 1):
            length += count_length(word, counts)
            if length >= room * least and ending.search(word):
                best = number
        if best:
            return best
    return len(words)
