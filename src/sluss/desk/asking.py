"""What somebody typed into the search, understood. In: text. Out: words to look for, a filter of cases, a stretch of time.

The filter is that of the lists (`cases/filtering`). The search adds `before:` and `after:` (when something was said), `contact:7`, and
`from:` with a name. Whatever has the form of no field is a word: `re: faktura` looks for both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec
import sqlalchemy as sa

from sluss.cases.filtering.conditions import Reader, condition
from sluss.cases.filtering.names import Names
from sluss.cases.filtering.reading import read_filter
from sluss.cases.filtering.terms import FIELDS, Wrong
from sluss.cases.filtering.times import read_time, stretch_of
from sluss.cases.filtering.values import ALIASES
from sluss.cases.models import cases
from sluss.kernel.actors import Actor
from sluss.kernel.search import END, Stretch, find_contacts
from sluss.kernel.spelling import first_place
from sluss.kernel.terms import Question, question_of, words_of
from sluss.kernel.tx import Tx
from sluss.web.locale import gettext as _
from sluss.web.locale import voice

LONGEST = 400
SENDERS = 300
SELECTIVE = re.compile(r"(?:assignee|holder|agent|number|no|tag|label|contact|from):|is:(?:open|pending|snoozed|unfinished|mine|waiting)\b")
"""Filters that hold few cases: these are looked for first, and the words in them."""
_VALUE = r'(?:"(?:[^"\\]|\\.)*"|[^\s()",]+)'
_PIECE = re.compile(rf'(?P<field>-?(?P<name>[^\W\d_]+):{_VALUE}(?:,{_VALUE})*)|(?P<open>-?\()|(?P<said>-?"[^"]*"?|[^\s()]+)|\)')
_KNOWN = frozenset({*FIELDS, *ALIASES})
_NUMBER = re.compile(r"#?\s*(\d{1,15})")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """`pieces` are the filter as typed, `words` the rest. From `since` up to `below` are places of the search."""

    typed: str = ""
    words: str = ""
    pieces: tuple[str, ...] = ()
    question: Question = Question()
    conditions: tuple[sa.ColumnElement[bool], ...] = ()
    since: int = 0
    below: int = END
    problem: str = ""

    @property
    def number(self) -> int | None:
        """The case number, where nothing else was typed."""
        found = _NUMBER.fullmatch(self.typed)
        return int(found[1]) if found else None

    @property
    def selective(self) -> bool:
        """Whether the filter holds few cases, as far as can be told."""
        return any(SELECTIVE.match(piece) for piece in self.pieces)


def understand_search(tx: Tx, who: Actor, names: Names, typed: str) -> Asked:
    """What was typed, or with a sentence that says what is wrong with it."""
    typed = " ".join(typed.split())
    if len(typed) > LONGEST:
        return Asked(typed=typed[:LONGEST], problem=_("Search for fewer words: 400 characters are the limit."))
    pieces, words = _split(typed)
    asked = Asked(typed=typed, words=words, pieces=tuple(pieces), question=question_of(words))
    try:
        return _with_filter(tx, Reader(who=who, names=names, now=tx.now, zone=voice().zone), asked)
    except Wrong as wrong:
        return msgspec.structs.replace(asked, problem=_(wrong.wrong))


def _with_filter(tx: Tx, reader: Reader, asked: Asked) -> Asked:
    conditions: list[sa.ColumnElement[bool]] = []
    bounds, rest = [asked.since, asked.below], list[str]()
    for piece in asked.pieces:
        name, _colon, value = piece.partition(":")
        own = _own(tx, reader.who, name, value)
        if own is not None:
            conditions.append(own)
        elif name in {"before", "after"}:
            _narrow(bounds, name, value, reader)
        else:
            rest.append(piece)
    if rest:
        conditions.append(condition(read_filter(" ".join(rest), reader.names).tree, reader))
    if not asked.question.wanted and not asked.pieces:
        return msgspec.structs.replace(asked, problem=_("Write letters or digits to search for.")) if asked.typed else asked
    return msgspec.structs.replace(asked, conditions=tuple(conditions), since=bounds[0], below=bounds[1])


def _own(tx: Tx, who: Actor, name: str, value: str) -> sa.ColumnElement[bool] | None:
    """A field that only the search knows, or knows otherwise."""
    if name == "contact" and value.isascii() and value.isdigit() and len(value) < 19:
        return cases.c.contact_id == int(value)
    if name == "from" and "@" not in value and words_of(value):
        found = find_contacts(tx, who, question_of(value.strip('"')), Stretch(SENDERS))
        return cases.c.contact_id.in_([one.id for one in found])
    return None


def _narrow(bounds: list[int], name: str, value: str, reader: Reader) -> None:
    time = read_time(f"{'<' if name == 'before' else '>='}{value}")
    if time is None or value[:1] in "<>=":
        raise Wrong(_("Write a day, as in before:2026-11-01 or after:yesterday."), 0)
    low, high = stretch_of(time, reader.zone, reader.now)
    bounds[0] = max(bounds[0], first_place(low)) if low is not None else bounds[0]
    bounds[1] = min(bounds[1], first_place(high)) if high is not None else bounds[1]


def _split(typed: str) -> tuple[list[str], str]:
    """The pieces of a filter, and the words."""
    pieces: list[str] = []
    words: list[str] = []
    offered = False
    for kind, text in _pieces(typed):
        if kind == "or":
            offered = True
        elif kind == "filter":
            # What is offered together stays one piece.
            pieces[-1:] = [f"({pieces[-1]} OR {text})"] if offered and pieces else [*pieces[-1:], text]
            offered = False
        elif kind == "word":
            words.append(text)
            offered = False
    return pieces, " ".join(words)


def _pieces(typed: str) -> Iterator[tuple[str, str]]:
    at = 0
    while found := _PIECE.search(typed, at):
        at = found.end()
        if found["field"] and _is_known(found["name"]):
            yield "filter", found["field"]
        elif found["open"]:
            group = _group(typed, found.start())
            if group:
                yield "filter", group
                at = found.start() + len(group)
        elif found["field"] or found["said"]:
            said = found["field"] or found["said"]
            if said in {"OR", "AND", "NOT"}:
                yield "or" if said == "OR" else "and", said
            else:
                yield "word", said


def _group(typed: str, at: int) -> str:
    """A whole group in brackets that holds a field; empty where it is none."""
    depth = 0
    for place in range(at, len(typed)):
        depth += {"(": 1, ")": -1}.get(typed[place], 0)
        if depth == 0 and typed[place] == ")":
            group = typed[at : place + 1]
            return group if any(_is_known(one["name"]) for one in _PIECE.finditer(group.strip("-()")) if one["name"]) else ""
    return ""


def _is_known(name: str) -> bool:
    return name.lower() in _KNOWN or name in {"before", "after", "contact"}


def typed_again(pieces: Sequence[str], words: str) -> str:
    """Words and filter as one would type them."""
    return " ".join([*([words] if words else []), *pieces])
