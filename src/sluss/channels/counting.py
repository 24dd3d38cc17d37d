"""How long a text is, as its network counts. In: a text and a network's way of counting. Out: a length.

`characters` are code points, `bytes` UTF-8, `utf16` its units. `x` weighs: an address counts 23, letters of Latin, Greek, Cyrillic and
their neighbours 1, every other character and every emoji 2. `mastodon` counts what a person calls characters, an address 23, and of a
handle only its part before the host. The desk counts with the same figures (`Measure`).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

import msgspec

from sluss.kernel.text import graphemes

Counts = Literal["characters", "bytes", "utf16", "x", "mastodon"]

ADDRESS = 23
"""What an address of the web counts on X and Mastodon, however long it is."""
LIGHT = ((0x0000, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
"""Code points that count 1 on X; all others count 2."""

_ADDRESS = re.compile(r"https?://[^\s<>\"“”„‚’«»]+", re.IGNORECASE)
_CLOSING = re.compile(r"[.,:;!?)\]}'…]+$")
_BARE = re.compile(
    r"(?<![\w@./-])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+"
    r"(?:com|net|org|info|biz|app|dev|online|shop|site|store|io|[a-z]{2})(?![\w@.-])(?:/[^\s<>\"]*)?",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(?<![\w/@])@([a-z0-9_]+(?:[a-z0-9_.-]*[a-z0-9_])?)@[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.IGNORECASE)
_PICTURE = re.compile(
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u25fe\u2600-\u27bf\u2934\u2935\u2b05-\u2b55\u3030\u303d"
    "\u3297\u3299\ufe0f\u20e3\U0001f000-\U0001faff]"
)


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """What whoever counts elsewhere needs: `most` in this way of counting, what an address counts, and what is taken away beforehand."""

    counts: Counts
    most: int
    address: int = ADDRESS
    reserved: int = 0


def count_length(text: str, counts: Counts) -> int:
    """The length of a text as a network counts it."""
    match counts:
        case "characters":
            return len(text)
        case "bytes":
            return len(text.encode("utf-8", "replace"))
        case "utf16":
            return len(text.encode("utf-16-le", "replace")) // 2
        case "x":
            return _weigh(unicodedata.normalize("NFC", text))
        case "mastodon":
            return _count_graphemes(text)


def reserved_for(address: str, counts: Counts) -> int:
    """How much an answer to somebody has less, because the network wants them named in it."""
    return len(address.partition("@")[0]) + 2 if counts == "mastodon" and address else 0


def _weigh(text: str) -> int:
    total, rest = 0, 0
    for start, end in _addresses(text):
        total += _weigh_words(text[rest:start]) + ADDRESS
        rest = end
    return total + _weigh_words(text[rest:])


def _weigh_words(text: str) -> int:
    """A host without `https://` may become an address, or stay what it is: the longer of the two is counted."""
    total, rest = 0, 0
    for found in _BARE.finditer(text):
        total += _weigh_letters(text[rest : found.start()]) + max(ADDRESS, _weigh_letters(found.group()))
        rest = found.end()
    return total + _weigh_letters(text[rest:])


def _weigh_letters(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(2 if _PICTURE.search(one) or _is_flag(one) else sum(map(_weight, one)) for one in graphemes(text))


def _weight(char: str) -> int:
    return 1 if any(first <= ord(char) <= last for first, last in LIGHT) else 2


def _is_flag(one: str) -> bool:
    return "\U0001f1e6" <= one[0] <= "\U0001f1ff"


def _count_graphemes(text: str) -> int:
    total, rest = 0, 0
    for start, end in _addresses(text):
        total += _count_people(text[rest:start]) + ADDRESS
        rest = end
    return total + _count_people(text[rest:])


def _count_people(text: str) -> int:
    return sum(1 for _ in graphemes(_HANDLE.sub(r"@\1", text)))


def _addresses(text: str) -> list[tuple[int, int]]:
    """Where addresses of the web stand; what closes a sentence is no part of one."""
    found: list[tuple[int, int]] = []
    for one in _ADDRESS.finditer(text):
        closing = _CLOSING.search(one.group())
        length = len(one.group()) - (len(closing.group()) if closing else 0)
        if length > len("https://"):
            found.append((one.start(), one.start() + length))
    return found
