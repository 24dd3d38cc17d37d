"""What a filter is once it is read: terms, and how they are joined. In: nothing. Out: frozen structs, and the table of fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

from sluss.kernel.errors import Invalid

Kind = Literal["word", "named", "time", "number", "address", "language"]

ME, NOBODY = -1, 0
"""Instead of an agent's id: whoever reads, and none at all."""

UNFINISHED = ("open", "pending", "snoozed")
STATUSES = (*UNFINISHED, "solved", "closed", "spam")


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One word before the colon. `words` are all that may follow it, where that is a closed list."""

    kind: Kind
    words: tuple[str, ...] = ()


FIELDS: Mapping[str, Field] = {
    "is": Field(kind="word", words=(*STATUSES, "unfinished", "done", "waiting", "mine", "assigned", "unassigned")),
    "assignee": Field(kind="named"),
    "team": Field(kind="named"),
    "inbox": Field(kind="named"),
    "tag": Field(kind="named"),
    "channel": Field(kind="word"),
    "priority": Field(kind="word", words=("urgent", "high", "normal", "low")),
    "lang": Field(kind="language"),
    "from": Field(kind="address"),
    "has": Field(kind="word", words=("draft", "file", "note", "tag")),
    "number": Field(kind="number"),
    "waiting": Field(kind="time"),
    "opened": Field(kind="time"),
    "active": Field(kind="time"),
    "solved": Field(kind="time"),
    "snoozed": Field(kind="time"),
}
AHEAD = frozenset({"snoozed"})
"""Fields of time that lie in the future: `snoozed:<1d` wakes within a day."""


class Term(msgspec.Struct, frozen=True, tag="term"):
    """One field and what it may be: any of the values. Names are held as ids, so that a rename breaks nothing."""

    field: str
    values: tuple[str | int, ...]


class Not(msgspec.Struct, frozen=True, tag="not"):
    """What must not hold."""

    part: Part


class All(msgspec.Struct, frozen=True, tag="all"):
    """What must hold together; an empty one always holds."""

    parts: tuple[Part, ...] = ()


class Some(msgspec.Struct, frozen=True, tag="some"):
    """Of which at least one must hold."""

    parts: tuple[Part, ...]


Part: TypeAlias = "Term | Not | All | Some"


class Filter(msgspec.Struct, frozen=True):
    """A filter as read. `words` are what stood there without a field: they are for a search."""

    tree: Part = All()
    words: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.tree != All() or bool(self.words)


class Wrong(Invalid):
    """A filter that cannot be read: where, in one sentence, and what may have been meant."""

    def __init__(self, sentence: str, at: int, suggestions: tuple[str, ...] = ()) -> None:
        super().__init__({"f": sentence})
        self.wrong, self.at, self.suggestions = sentence, at, suggestions


def joined(kind: type[All | Some], parts: list[Part]) -> Part:
    """Parts joined as simply as it can be said: no group within a group of its kind, none of one."""
    flat = tuple(inner for part in parts for inner in (part.parts if isinstance(part, kind) else (part,)))
    return flat[0] if len(flat) == 1 else kind(flat)


def terms_of(part: Part) -> list[Term]:
    """Every term, from left to right."""
    if isinstance(part, Term):
        return [part]
    return [term for inner in ((part.part,) if isinstance(part, Not) else part.parts) for term in terms_of(inner)]


def parts_of(part: Part) -> tuple[Part, ...]:
    """What must hold together, one by one."""
    return part.parts if isinstance(part, All) else (part,)
