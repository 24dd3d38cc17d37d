"""The views of the left column: which cases each holds, and how many. In: the key of an address. Out: conditions and counts.

`mine` and `inbox:{id}` hold everything unfinished, `unassigned` and `open` what is open, `solved` what is solved.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow, at_inboxes, visible_to
from sluss.cases.models import SHARED_SQL, case_inboxes, cases
from sluss.desk.around import Around, Face
from sluss.desk.screens import View
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Missing
from sluss.kernel.tx import Tx
from sluss.web.locale import gettext as _

UNFINISHED = ("open", "pending", "snoozed")
NOBODY = 0
COUNTED = 10_000
"""Solved cases are counted up to this number: nobody reads more, and a full count of years would be a scan."""


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Which cases a view holds. `assignee` None is anybody, 0 nobody."""

    key: str
    statuses: tuple[str, ...]
    assignee: int | None = None
    inbox_id: int | None = None

    def holds(self, case: CaseRow, others: Collection[int] = ()) -> bool:
        """Whether a case that the reader may see, and that came to `others` besides its own inbox, stands in this view."""
        whose = self.assignee is None or (case.assignee_id or NOBODY) == self.assignee
        return whose and case.status in self.statuses and self.inbox_id in {None, case.inbox_id, *others}

    def condition(self, who: Actor) -> sa.ColumnElement[bool]:
        """The same for the database, with what the actor may see; without the status, which the order may take apart."""
        c = cases.c
        condition = visible_to(who)
        if self.assignee is not None:
            condition &= c.assignee_id.is_(None) if self.assignee == NOBODY else c.assignee_id == self.assignee
        return condition if self.inbox_id is None else condition & at_inboxes([self.inbox_id])


class Counts(msgspec.Struct, frozen=True):
    """How many cases stand in each view but `solved`, and how many customers wait in Mine."""

    views: dict[str, int]
    waiting: int


def scope_of(around: Around, key: str) -> Scope:
    """The view of a key; `Missing` for an inbox that is not the reader's to see."""
    who = around.who
    if key in _WHOLE:
        return _WHOLE[key]
    if key == "mine":
        return Scope(key=key, statuses=UNFINISHED, assignee=who.id)
    name, _colon, number = key.partition(":")
    if name == "inbox" and number.isascii() and number.isdigit() and int(number) in around.inboxes:
        return Scope(key=f"inbox:{int(number)}", statuses=UNFINISHED, inbox_id=int(number))
    raise Missing


def best_view(around: Around, case: CaseRow) -> str:
    """The view in which somebody who is sent to a case finds it."""
    wanted = ["mine", "unassigned", "open", "solved", *_at_home(around, case)]
    return next((key for key in wanted if scope_of(around, key).holds(case)), "open")


def views_of(around: Around, case: CaseRow, others: Collection[int] = ()) -> list[str]:
    """Keys of every view but Mine that holds a case which came to `others`, too."""
    elsewhere = [f"inbox:{one}" for one in sorted(others) if one in around.inboxes and one != case.inbox_id]
    scopes = (*_WHOLE.values(), *(scope_of(around, key) for key in (*_at_home(around, case), *elsewhere)))
    return [scope.key for scope in scopes if scope.holds(case, others)]


def _at_home(around: Around, case: CaseRow) -> list[str]:
    return [f"inbox:{case.inbox_id}"] if case.inbox_id in around.inboxes else []


def show_views(around: Around, counts: Counts) -> tuple[View, ...]:
    """The left column."""
    shown = [
        ("mine", _("Mine"), "user"),
        ("unassigned", _("Unassigned"), "inbox"),
        ("open", _("All open"), "layers"),
        ("solved", _("All solved"), "circle-check"),
    ]
    views = [View(key=key, label=label, icon=icon, count=counts.views.get(key)) for key, label, icon in shown]
    return (*views, *(_of_inbox(face, counts) for face in around.connected))


def view_named(around: Around, views: tuple[View, ...], key: str) -> View:
    """The view of a key; an archived inbox's is not in the column but can still be looked at."""
    found = next((view for view in views if view.key == key), None)
    return found or _of_inbox(around.face(int(key.partition(":")[2])), Counts({}, 0))


def count_views(tx: Tx, around: Around) -> Counts:
    """Four statements that read indexes only, however many cases are solved."""
    by_inbox = _count_by_inbox(tx, around)
    mine, waiting = count_mine(tx, around.who, [around.who.id]).get(around.who.id, (0, 0))
    unassigned = sa.select(sa.func.count()).select_from(cases).where(_WHOLE["unassigned"].condition(around.who), cases.c.status == "open")
    views = {
        "mine": mine,
        "unassigned": int(tx.value(unassigned)),
        "open": sum(count for (_id, status), count in by_inbox.items() if status == "open"),
    }
    for inbox_id in around.inboxes:
        views[f"inbox:{inbox_id}"] = sum(by_inbox.get((inbox_id, status), 0) for status in UNFINISHED)
    _count_shared(tx, around, views)
    return Counts(views, waiting)


def count_mine(tx: Tx, who: Actor, agent_ids: list[int]) -> dict[int, tuple[int, int]]:
    """For agents who see alike: how many unfinished cases each holds, and in how many of them a customer waits."""
    c = cases.c
    waits = sa.func.sum(sa.case((c.waiting_since.is_not(None) & (c.status == "open"), 1), else_=0))
    mine = sa.select(c.assignee_id, sa.func.count().label("total"), waits.label("waits"))
    rows = tx.rows(mine.where(visible_to(who), c.assignee_id.in_(agent_ids), c.status.in_(UNFINISHED)).group_by(c.assignee_id))
    return {row.assignee_id: (int(row.total), int(row.waits)) for row in rows}


def count_scope(tx: Tx, around: Around, scope: Scope, counts: Counts) -> int:
    """How many cases a view holds; solved ones up to a limit."""
    if scope.key in counts.views:
        return counts.views[scope.key]
    some = sa.select(cases.c.id).where(scope.condition(around.who), cases.c.status.in_(scope.statuses)).limit(COUNTED).subquery()
    return int(tx.value(sa.select(sa.func.count()).select_from(some)))


def _count_by_inbox(tx: Tx, around: Around) -> dict[tuple[int, str], int]:
    c = cases.c
    # The inboxes are named one by one so that each is a short stretch of the index, past all that is solved.
    named = (c.workspace_id == around.who.workspace_id) & c.inbox_id.in_(list(around.inboxes)) & c.status.in_(UNFINISHED)
    rows = tx.rows(sa.select(c.inbox_id, c.status, sa.func.count().label("total")).where(named).group_by(c.inbox_id, c.status))
    return {(row.inbox_id, row.status): int(row.total) for row in rows}


def _count_shared(tx: Tx, around: Around, views: dict[str, int]) -> None:
    """Add what is at home elsewhere and came here, too; each case once among all that are open."""
    c, x = cases.c, case_inboxes.c
    joined = cases.join(case_inboxes, (x.workspace_id == c.workspace_id) & (x.case_id == c.id))
    unfinished = (c.workspace_id == around.who.workspace_id) & c.status.in_(UNFINISHED) & sa.text(SHARED_SQL)
    chosen = sa.select(c.id, c.status, c.inbox_id, x.inbox_id.label("other_id")).select_from(joined)
    rows = tx.rows(chosen.where(unfinished, x.inbox_id.in_(list(around.inboxes))))
    for row in rows:
        views[f"inbox:{row.other_id}"] += row.inbox_id != row.other_id
    views["open"] += len({row.id for row in rows if row.status == "open" and row.inbox_id not in around.inboxes})


def _of_inbox(face: Face, counts: Counts) -> View:
    key = f"inbox:{face.id}"
    return View(key=key, label=face.name, icon=face.can.icon, count=counts.views.get(key), group="inboxes", failing=face.failing)


_WHOLE = {
    "unassigned": Scope(key="unassigned", statuses=("open",), assignee=NOBODY),
    "open": Scope(key="open", statuses=("open",)),
    "solved": Scope(key="solved", statuses=("solved",)),
}
