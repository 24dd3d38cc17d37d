"""In which order a list stands, and where a page of it begins. In: a view, a sort. Out: conditions, cursors, a number for browsers.

A list is one or more stretches, each in the order of an index; a cursor is the stretch and the keys of the last row shown.
No row is ever counted past. Stretches of one number lie beside each other, and their rows are merged.

`due` is the order until an answer is owed by: nobody promises one yet, so it is that of `oldest`. Its clock will come before the waiting.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow
from sluss.cases.filtering.terms import STATUSES
from sluss.cases.models import cases
from sluss.desk.views import Scope
from sluss.kernel.errors import Invalid
from sluss.kernel.ids import instant_of

Sort = Literal["due", "oldest", "newest", "priority"]
SORTS: tuple[Sort, ...] = ("due", "oldest", "newest", "priority")
RANKS = {"urgent": 0, "high": 1, "normal": 2, "low": 3}
FAR = 1 << 62
STRETCH_MS = 4_000_000_000_000

Place = tuple[int, ...]
"""Where a case stands: its stretch, then its keys, the id last."""


class Stretch(msgspec.Struct, frozen=True):
    """Part of a list that has one order."""

    number: int
    condition: sa.ColumnElement[bool]
    keys: tuple[sa.ColumnElement[Any], ...]
    descending: bool = False

    def page(self, wanted: sa.Select[Any], beyond: Place, *, backwards: bool = False) -> sa.Select[Any]:
        """Rows of this stretch after a place in it (or before it, nearest first)."""
        falling = self.descending != backwards
        rows = wanted.where(self.condition).order_by(*(key.desc() if falling else key for key in self.keys))
        if not beyond:
            return rows
        here, there = sa.tuple_(*self.keys), sa.tuple_(*(sa.literal(value, key.type) for value, key in zip(beyond, self.keys, strict=True)))
        return rows.where(here < there if falling else here > there)


def sort_named(asked: str) -> Sort:
    """The order of a name. Raises `Invalid` for what is none."""
    for sort in SORTS:
        if sort == asked:
            return sort
    raise Invalid({"sort": "Choose due, oldest, newest or priority."})


def sort_of(scope: Scope, asked: str) -> Sort:
    """The order to use: the one asked for, else what suits the view."""
    usual: Sort = "newest" if scope.statuses[0] == "solved" else "due"
    return sort_named(asked) if asked else usual


def stretches(scope: Scope, sort: Sort) -> list[Stretch]:
    """The stretches of a view in an order."""
    c = cases.c
    if sort == "newest":
        return [Stretch(0, c.status == status, (c.active_at, c.id), descending=True) for status in scope.statuses]
    if sort == "priority":
        parked = sa.case((c.status == "open", 0), else_=1)
        rank = sa.case(*((c.priority == name, value) for name, value in RANKS.items()), else_=2)
        return [Stretch(0, c.status.in_(scope.statuses), (parked, rank, sa.func.coalesce(c.waiting_since, FAR), c.id))]
    return [*_by_waiting(scope)]


def place_of(case: CaseRow, sort: Sort) -> Place:
    """Where a case stands; the same keys as `stretches` gives the database."""
    if sort == "newest":
        return (0, case.active_at, case.id)
    if sort == "priority":
        return (0, int(case.status != "open"), RANKS.get(case.priority, 2), case.waiting_since or FAR, case.id)
    stretch = 2 * STATUSES.index(case.status)
    return (stretch + 1, case.id) if case.waiting_since is None else (stretch, case.waiting_since, case.id)


def number_of(case: CaseRow, sort: Sort) -> int:
    """The order as one number that browsers compare exactly: milliseconds, a stretch of them for each part of the list."""
    if sort == "newest":
        return -(case.active_at // 1_000)
    waited = (case.waiting_since or instant_of(case.id)) // 1_000
    if sort == "priority":
        group = 8 * (case.status != "open") + 2 * RANKS.get(case.priority, 2) + (case.waiting_since is None)
        return group * STRETCH_MS + waited
    return place_of(case, sort)[0] * STRETCH_MS + waited


def cursor_of(place: Place) -> str:
    """A place as an address carries it."""
    return ".".join(map(str, place))


def read_cursor(cursor: str, found: list[Stretch]) -> Place:
    """The place that an address names. Raises `Invalid` for one that no list of this order can have given."""
    try:
        place = tuple(int(part) for part in cursor.split("."))
        stretch = next(one for one in found if one.number == place[0])
        if len(place) - 1 == len(stretch.keys) and all(0 <= value <= FAR for value in place):
            return place
    except (ValueError, StopIteration):
        pass
    raise Invalid({"after": "This list has changed. Open it again from the left."})


def _by_waiting(scope: Scope) -> Iterator[Stretch]:
    """By status, first what is open: who waits longest, then what waits for nobody.

    Each stretch fixes everything that stands before the order in an index; otherwise SQLite would walk all cases by their id.
    """
    c = cases.c
    for status in scope.statuses:
        number = 2 * STATUSES.index(status)
        yield Stretch(number, (c.status == status) & c.waiting_since.is_not(None), (c.waiting_since, c.id))
        yield Stretch(number + 1, (c.status == status) & c.waiting_since.is_(None), (c.id,))
