"""How documents and questions are written for each database. In: documents, questions. Out: words of FTS5, lexemes, places.

A document bears marks beside its words: of whom it is, through which inboxes it is seen, the telephone numbers in it, and for PostgreSQL
the week it is of and the beginnings of its words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from sluss.kernel.clock import SECOND
from sluss.kernel.terms import MARK, Question, Term, phones_in, words_in

KEPT = 20_000
"""Characters of a text that are found."""
WEEK = 604_800
BLOCK = 16
"""Weeks that are asked for in one."""
BEGINNINGS = (2, 3, 4, 5)
"""Lengths of beginnings that are words of the index themselves."""
POSITIONS = 250
_TIES = 31


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is found. `fields` are texts that no phrase spans; `inbox_ids` those through which its case is seen."""

    id: int
    kind: Literal["case", "contact"] = "case"
    at: int
    fields: tuple[str, ...]
    case_id: int = 0
    inbox_ids: tuple[int, ...] = ()


class Spelling:
    """A question in the words of one database. Terms are letters and digits only, so that quotes hold them."""

    def __init__(self, dialect: str, question: Question) -> None:
        self._one = _fts if dialect == "sqlite" else _tsquery
        self._and, self._or, self._not = (" AND ", " OR ", " NOT ") if dialect == "sqlite" else (" & ", " | ", " & !")
        self._question = question

    def text(self, *whose: Sequence[str]) -> str:
        """The question, about documents that bear one mark of each group."""
        groups = [self._or.join(map(self._quoted, group)) for group in whose if group]
        wanted = self._and.join(f"({one})" for one in [*groups, *map(self._term, self._question.wanted)])
        return self._not.join([wanted if not self._question.unwanted else f"({wanted})", *map(self._braced, self._question.unwanted)])

    def _term(self, term: Term) -> str:
        if not term.phone:
            return self._one(term)
        words = [Term((word,)) for word in term.words[:-1]] + [Term(term.words[-1:], term.beginning)]
        return f"{self._quoted(term.phone)}{self._or}({self._and.join(map(self._one, words))})"

    def _braced(self, term: Term) -> str:
        return f"({self._one(term)})"

    def _quoted(self, mark: str) -> str:
        return self._one(Term((mark,)))


def body(one: Document, workspace_id: int) -> str:
    """All words and marks, for FTS5."""
    return " ".join([*_words(one), *_whose(one, workspace_id)])


def vector(one: Document, workspace_id: int) -> str:
    """What `to_tsvector` would make of it, had it our words."""
    places: dict[str, list[str]] = {}
    for number, word in enumerate(_words(one), 1):
        places.setdefault(word, []).append(str(number))
    begun = {f"{MARK}{length}{word[:length]}" for word in places if word != MARK for length in BEGINNINGS if len(word) >= length}
    at = week_of(place_of(one.at, one.id))
    times = [f"{MARK}w{workspace_id}{MARK}{time}" for time in (week(at), block(at // BLOCK))] if one.kind == "case" else []
    marks = [*begun, *_whose(one, workspace_id), *times]
    return " ".join([*(f"'{word}':{','.join(at[:POSITIONS])}" for word, at in places.items() if word != MARK), *(f"'{m}'" for m in marks)])


def place_of(at: int, document_id: int) -> int:
    """Where a document stands: by the second of its time, and among those of one second by its id, scattered."""
    seconds = min(max(at // SECOND, 0), (1 << 32) - 1)
    return (seconds << _TIES) | (document_id * 0x9E3779B97F4A7C15 % (1 << 64) >> (64 - _TIES))


def first_place(at: int) -> int:
    """The place below which everything is older than an instant."""
    return min(max(at // SECOND, 0), (1 << 32) - 1) << _TIES


def week(number: int) -> str:
    """The mark of a week, without whose."""
    return str(number)


def block(number: int) -> str:
    """The mark of a block of weeks, without whose."""
    return f"b{number}"


def week_of(place: int) -> int:
    """The week that a place is in, counted from 1970."""
    return (place >> _TIES) // WEEK


def _words(one: Document) -> list[str]:
    """The words of every field, a mark after each."""
    return [word for field in one.fields for word in (*words_in(field[:KEPT]), MARK)]


def _whose(one: Document, workspace_id: int) -> list[str]:
    """Marks: of whom, through which inboxes, and the telephone numbers."""
    if one.kind == "contact":
        marks = [f"{MARK}k{workspace_id}"]
    else:
        marks = [f"{MARK}w{workspace_id}", *(f"{MARK}i{inbox_id}" for inbox_id in one.inbox_ids)]
    return [*marks, *dict.fromkeys(phone for field in one.fields for phone in phones_in(field[:KEPT]))]


def _fts(term: Term) -> str:
    return f'"{" ".join(term.words)}"{" *" if term.beginning else ""}'


def _tsquery(term: Term) -> str:
    *before, last = (f"'{word}'" for word in term.words)
    if term.beginning:
        short = not before and len(term.words[-1]) in BEGINNINGS
        last = f"'{MARK}{len(term.words[-1])}{term.words[-1]}'" if short else f"{last}:*"
    return " <-> ".join([*before, last])
