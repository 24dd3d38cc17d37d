"""Text from outside, made fit to store and to search. In: any text a person or a network sent. Out: folded, cleaned or shortened text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

MARKS_PER_LETTER = 8

_SPELT_OUT = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "ħ": "h", "ŧ": "t", "ŋ": "n", "ĸ": "k"}
)
_ACCENTS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]")
# C0 and C1 controls but tab and newline, zero-width and bidi controls, byte order mark, noncharacters, lone surrogates.
# Joiners (200c, 200d) stay: Persian, Hindi and emoji need them.
_HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
_LINE_ENDS = re.compile("\r\n?|[\u0085\u2028\u2029]")
_MAYBE_TOWER = re.compile(rf"[^\w\s!-~]{{{MARKS_PER_LETTER + 1}}}")
_BLANKS = re.compile(r"\s+")
_EXTENDS = frozenset({"Mn", "Me", "Mc"})
_JOINER = "\u200d"


class TextTooLong(ValueError):
    """A text is longer than its field takes; the message says by which measure."""


def fold(text: str) -> str:
    """The form that is searched: lower case, no accents, one space between words. `Łukasz Żółć Åsa` is `lukasz zolc asa`."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.casefold())
        text = unicodedata.normalize("NFC", _ACCENTS.sub("", text)).translate(_SPELT_OUT)
    return _BLANKS.sub(" ", _HARMFUL.sub("", text.lower())).strip()


def clean_text(text: str) -> str:
    """Text of many lines fit to store: NFC, newline as the only line end; no control, zero-width or bidi characters, no towers of marks."""
    text = _LINE_ENDS.sub("\n", text)
    if text.isascii():
        return _HARMFUL.sub("", text)
    # In this order: what stood between a letter and its accent is gone when they are joined.
    return _without_towers(unicodedata.normalize("NFC", _HARMFUL.sub("", text)))


def clean_line(text: str) -> str:
    """Like `clean_text`, on one line with single spaces: names, subjects, labels, file names."""
    return _BLANKS.sub(" ", clean_text(text)).strip()


def shorten(text: str, *, max_bytes: int, max_graphemes: int, end: str = "…") -> str:
    """The longest beginning within both limits, whole graphemes only, with `end` where something was cut. Limits include `end`."""
    if fits(text, max_bytes=max_bytes, max_graphemes=max_graphemes):
        return text
    room = max_bytes - len(end.encode())
    kept: list[str] = []
    for grapheme in graphemes(text):
        room -= len(grapheme.encode("utf-8", "replace"))
        if room < 0 or len(kept) + 1 >= max_graphemes:
            break
        kept.append(grapheme)
    return "".join(kept).rstrip() + end


def require_fit(text: str, *, max_bytes: int, max_graphemes: int) -> str:
    """The text itself, or `TextTooLong` with a sentence that names the limit."""
    if len(text.encode("utf-8", "replace")) > max_bytes:
        raise TextTooLong(f"This text is too long: at most {max_bytes} bytes are taken.")
    if not fits(text, max_bytes=max_bytes, max_graphemes=max_graphemes):
        raise TextTooLong(f"This text is too long: at most {max_graphemes} characters are taken.")
    return text


def fits(text: str, *, max_bytes: int, max_graphemes: int) -> bool:
    """Whether a text is within both limits; cheap for texts far outside them."""
    if len(text) > max_bytes or len(text.encode("utf-8", "replace")) > max_bytes:
        return False
    return len(text) <= max_graphemes or all(number < max_graphemes for number, _ in enumerate(graphemes(text)))


def graphemes(text: str) -> Iterator[str]:
    """What a person counts as characters: a letter with its marks, a joined emoji, a flag. Unicode's rules but for Hangul and Indic."""
    start = 0
    for end in range(1, len(text)):
        if not _continues(text, start, end):
            yield text[start:end]
            start = end
    if text:
        yield text[start:]


def _continues(text: str, start: int, index: int) -> bool:
    char, before = text[index], text[index - 1]
    if char < "\u0300":
        return char == "\n" and before == "\r"
    if _JOINER in {char, before} or "\U0001f3fb" <= char <= "\U0001f3ff":
        return True
    if _is_flag_half(char):
        return index - start == 1 and _is_flag_half(before)
    return unicodedata.category(char) in _EXTENDS


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _without_towers(text: str) -> str:
    """Marks beyond the eighth on one letter are dropped: no language needs them, and a browser stalls on ten thousand."""
    if not _MAYBE_TOWER.search(text):
        return text
    kept: list[str] = []
    height = 0
    for char in text:
        height = height + 1 if unicodedata.category(char) in _EXTENDS else 0
        if height <= MARKS_PER_LETTER:
            kept.append(char)
    return "".join(kept)
