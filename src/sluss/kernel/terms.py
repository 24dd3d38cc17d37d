"""What is searched for, and the words that are found. In: any text. Out: words, and terms of a question; nothing of a query language.

A question's words must all occur; its last may be a beginning. `"in quotes"` stay together, `-word` must not occur. A telephone number is
known however it is spelled: by its last eight digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from sluss.kernel.text import fold

TERMS = 12
ASKED = 400
SHORTEST_BEGINNING = 2
MARK = "¤"
"""Begins what stands in the index and is no word: no letter, so that nobody can type it as one."""

_WORD = re.compile(r"[^\W_]{1,64}")
_CHUNK = re.compile(r'(-?)(?:"([^"]*)"?|(\S+))')
_PHONE = re.compile(r"(?<!\w)(?:\+|\(\+)?\d(?:[ ()./\-\u00a0\u2011]{0,2}\d){6,14}(?!\w)")
_DIGITS = re.compile(r"\D")
PHONE_DIGITS = 8


class Term(msgspec.Struct, frozen=True):
    """Words that stand side by side; `beginning` when the last of them may go on; `phone` is found instead, too."""

    words: tuple[str, ...]
    beginning: bool = False
    phone: str = ""


class Question(msgspec.Struct, frozen=True):
    """All of `wanted` must occur, none of `unwanted`."""

    wanted: tuple[Term, ...] = ()
    unwanted: tuple[Term, ...] = ()

    @property
    def begins(self) -> bool:
        """Whether a word of it may go on."""
        return any(term.beginning for term in self.wanted)

    @property
    def as_said(self) -> Question:
        """The same of whole words only."""
        return Question(tuple(msgspec.structs.replace(term, beginning=False) for term in self.wanted), self.unwanted)

    @property
    def starts(self) -> tuple[str, ...]:
        """Beginnings of the words that a reader looks for."""
        return tuple(word for term in self.wanted for word in term.words)


def question_of(query: str) -> Question:
    """What somebody typed, understood."""
    typed = query[:ASKED]
    terms = list(_terms(typed))[:TERMS]
    if terms and not typed.rstrip().endswith('"'):
        minus, last = terms[-1]
        terms[-1] = minus, msgspec.structs.replace(last, beginning=len(last.words[-1]) >= SHORTEST_BEGINNING and not minus)
    return Question(tuple(term for minus, term in terms if not minus), tuple(term for minus, term in terms if minus))


def words_of(query: str) -> list[str]:
    """At most a dozen words of letters and digits."""
    return _WORD.findall(fold(query[:ASKED]))[:TERMS]


def words_in(text: str) -> list[str]:
    """The words of a text as they are found, in order."""
    return _WORD.findall(fold(text))


def phone_spans(text: str) -> list[tuple[int, int, str]]:
    """Where telephone numbers stand in a text, and what the index knows each by."""
    found = [(*one.span(), _last_digits(one.group())) for one in _PHONE.finditer(text)]
    return [(start, end, f"{MARK}t{digits}") for start, end, digits in found if digits]


def phones_in(text: str) -> list[str]:
    """Telephone numbers of a text, however spelled, each by what the index knows it by."""
    return list(dict.fromkeys(phone for _start, _end, phone in phone_spans(text)))


def _terms(typed: str) -> Iterator[tuple[bool, Term]]:
    """In the order typed, each with whether it must not occur; a telephone number is one term, spaces and all."""
    end = 0
    for found in _PHONE.finditer(typed):
        phone = _last_digits(found.group())
        if phone and not _quoted(typed, found.start()):
            yield from _chunks(typed[end : found.start()])
            yield False, Term(tuple(words_in(found.group())), phone=f"{MARK}t{phone}")
            end = found.end()
    yield from _chunks(typed[end:])


def _chunks(typed: str) -> Iterator[tuple[bool, Term]]:
    for found in _CHUNK.finditer(typed):
        minus, quoted, plain = found.groups()
        words = words_in(quoted if quoted is not None else plain)[:TERMS]
        if words:
            yield bool(minus), Term(tuple(words))


def _quoted(typed: str, at: int) -> bool:
    return typed[:at].count('"') % 2 == 1


def _last_digits(number: str) -> str:
    """Without what leads abroad or out of the house: `+46 70-123 45 67` and `0701234567` are one number."""
    digits = _DIGITS.sub("", number).lstrip("0")
    return digits[-PHONE_DIGITS:] if len(digits) >= PHONE_DIGITS - 1 else ""
