"""The rows in which a filter is built. In: a tree, or rows as a form sends them. Out: rows, or text; the two say the same.

Rows of one group are joined by or, groups by and. What is nested deeper than that has no rows and stays text.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import msgspec

from sluss.cases.filtering.names import Names
from sluss.cases.filtering.terms import FIELDS, All, Not, Part, Some, Term, parts_of
from sluss.cases.filtering.values import words_of
from sluss.cases.filtering.writing import quoted, write_filter
from sluss.web.locale import gettext as _

MOST = 50
SHOWN = 200


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One row: `without` turns it round, `value` is what stands after the colon, as people write it."""

    group: int
    field: str = "is"
    without: bool = False
    value: str = ""


class Offer(msgspec.Struct, frozen=True):
    """A field as it is offered: what it is called, and values to choose from."""

    field: str
    label: str
    values: tuple[str, ...]
    example: str


def lines_of(tree: Part, names: Names) -> tuple[Line, ...] | None:
    """The rows of a filter, or None where rows cannot say it."""
    found: list[Line] = []
    for group, part in enumerate(() if tree == All() else parts_of(tree)):
        for one in part.parts if isinstance(part, Some) else (part,):
            term, without = (one.part, True) if isinstance(one, Not) else (one, False)
            if not isinstance(term, Term):
                return None
            value = write_filter(term, names).partition(":")[2]
            found.append(Line(group=group, field=term.field, without=without, value=value))
    return tuple(found)


def text_of(lines: Sequence[Line]) -> str:
    """What rows say, as text; a row without a value says nothing yet."""
    groups: list[str] = []
    for _group, members in groupby([line for line in lines if line.value.strip()], key=lambda line: line.group):
        said = [f"{'-' if line.without else ''}{line.field}:{_values(line.value)}" for line in members]
        groups.append(said[0] if len(said) == 1 else f"({' OR '.join(said)})")
    return groups[0][1:-1] if len(groups) == 1 and groups[0].startswith("(") else " ".join(groups)


def offers(names: Names) -> tuple[Offer, ...]:
    """Every field, in the reader's language, with what it can be."""
    found: list[Offer] = []
    for field, label in _labels().items():
        kind = FIELDS[field].kind
        values = words_of(field) if kind == "word" else ()
        if kind == "named":
            own = ("me", "nobody") if field == "assignee" else ()
            values = (*own, *(quoted(name) for name in list(names.of(field).values())[:SHOWN] if name))
        found.append(Offer(field, label, values, _EXAMPLES.get(field, _TIMES if kind == "time" else "")))
    return tuple(found)


def _values(typed: str) -> str:
    """Names typed without quotes are given them where they need them."""
    if '"' in typed:
        return typed.strip()
    return ",".join(quoted(one) for one in (piece.strip() for piece in typed.split(",")) if one)


def _labels() -> dict[str, str]:
    return {
        "is": _("State"),
        "assignee": _("Held by"),
        "tag": _("Tag"),
        "inbox": _("Inbox"),
        "team": _("Team"),
        "channel": _("Channel"),
        "priority": _("Priority"),
        "waiting": _("Waiting for"),
        "opened": _("Opened"),
        "active": _("Last said something"),
        "solved": _("Solved at"),
        "snoozed": _("Wakes in"),
        "from": _("Customer’s address"),
        "lang": _("Language"),
        "has": _("Has"),
        "number": _("Number"),
    }


_TIMES = ">2h, <7d, today, 2026-11-01"
_EXAMPLES = {"from": "@kund.example", "lang": "sv, pl", "number": "10482"}
