"""The views of the left column: which cases each holds, and how many. In: the key of an address. Out: conditions and counts.

`mine`, `mentioned`, `following`, `inbox:{id}` and `team:{id}` hold everything unfinished, `unassigned` and `open` what is open, `snoozed`
and `solved` what is so, `all` whatever there is. A view may be narrowed by a filter; saved ones (`v:{id}`) are `all`, narrowed by theirs.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow, at_inboxes, visible_to
from sluss.cases.filtering.conditions import Reader, condition
from sluss.cases.filtering.holding import Facts, holds
from sluss.cases.filtering.terms import STATUSES, UNFINISHED, All, Part
from sluss.cases.following import Near, count_near, is_near
from sluss.cases.models import cases
from sluss.desk.around import Around, Face, Handling
from sluss.desk.list_screens import View
from sluss.desk.tallies import sums_for
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Missing
from sluss.kernel.tx import Tx
from sluss.web.locale import gettext as _

NOBODY = 0
COUNTED = 10_000
"""Where no sum is kept, cases are counted up to this number: nobody reads more, and a full count of years would be a scan."""


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Which cases a view holds. `assignee` None is anybody, 0 nobody; `inbox_ids` None is wherever they came.

    `near` keeps to what the reader follows or was called to, which only the database knows.
    `tree` narrows it, as `reader` reads it; `among` are the only cases that can stand in it, where a filter names few.
    """

    key: str
    statuses: tuple[str, ...]
    assignee: int | None = None
    inbox_ids: frozenset[int] | None = None
    near: Near | None = None
    tree: Part = All()
    reader: Reader | None = None
    among: tuple[int, ...] | None = None

    def holds(self, case: CaseRow, others: Collection[int] = (), facts: Facts | None = None) -> bool:
        """Whether a case that the reader may see, and that came to `others` besides its own inbox, stands in this view."""
        whose = self.assignee is None or (case.assignee_id or NOBODY) == self.assignee
        where = self.inbox_ids is None or not self.inbox_ids.isdisjoint({case.inbox_id, *others})
        narrowed = self.reader is None or (facts is not None and holds(self.tree, facts, self.reader))
        return self.near is None and whose and where and narrowed and case.status in self.statuses

    def condition(self, who: Actor) -> sa.ColumnElement[bool]:
        """The same for the database, with what the actor may see; without the status, which the order may take apart."""
        c = cases.c
        found = visible_to(who)
        if self.assignee is not None:
            found &= c.assignee_id.is_(None) if self.assignee == NOBODY else c.assignee_id == self.assignee
        if self.inbox_ids is not None:
            found &= at_inboxes(sorted(self.inbox_ids))
        if self.near is not None:
            found &= is_near(who, self.near)
        if self.among is not None:
            found &= c.id.in_(self.among or (0,))
        return found if self.reader is None else found & condition(self.tree, self.reader)


class Counts(msgspec.Struct, frozen=True):
    """How many cases stand in each view whose sum is kept, and how many customers wait in Mine."""

    views: dict[str, int]
    waiting: int


def scope_of(around: Around, key: str) -> Scope:
    """The view of a key; `Missing` for an inbox or a team that is not the reader's to see."""
    if key in WHOLE:
        return WHOLE[key]
    if key == "mine":
        return Scope(key=key, statuses=UNFINISHED, assignee=around.who.id)
    if key in ("following", "mentioned"):
        return Scope(key=key, statuses=UNFINISHED, near=key)
    name, _colon, number = key.partition(":")
    found = int(number) if number.isascii() and number.isdigit() else 0
    if name == "inbox" and found in around.inboxes:
        return Scope(key=f"inbox:{found}", statuses=UNFINISHED, inbox_ids=frozenset({found}))
    if name == "team" and found in around.teams:
        return Scope(key=f"team:{found}", statuses=UNFINISHED, inbox_ids=around.teams[found].inbox_ids)
    raise Missing


def best_view(around: Around, case: CaseRow) -> str:
    """The view in which somebody who is sent to a case finds it."""
    wanted = ["mine", "unassigned", "open", "solved", *_at_home(around, case)]
    return next((key for key in wanted if scope_of(around, key).holds(case)), "open")


def views_of(around: Around, case: CaseRow, others: Collection[int] = ()) -> list[str]:
    """Keys of every view but one's own and the saved ones that holds a case which came to `others`, too."""
    at = sorted({one for one in (case.inbox_id, *others) if one in around.inboxes}, key=lambda one: (one != case.inbox_id, one))
    handling = [f"team:{team.id}" for team in around.teams.values() if not team.inbox_ids.isdisjoint(at)]
    scopes = (*WHOLE.values(), *(scope_of(around, key) for key in (*(f"inbox:{one}" for one in at), *handling)))
    return [scope.key for scope in scopes if scope.holds(case, others)]


def _at_home(around: Around, case: CaseRow) -> list[str]:
    return [f"inbox:{case.inbox_id}"] if case.inbox_id in around.inboxes else []


def show_views(around: Around, counts: Counts, saved: Collection[View] = ()) -> tuple[View, ...]:
    """The left column: one's own, saved ones, teams, inboxes."""
    shown = [
        ("mine", _("Mine"), "user"),
        ("mentioned", _("Mentioned"), "at-sign"),
        ("following", _("Following"), "bookmark"),
        ("unassigned", _("Unassigned"), "inbox"),
        ("open", _("All open"), "layers"),
        ("snoozed", _("Snoozed"), "alarm-clock"),
        ("solved", _("All solved"), "circle-check"),
    ]
    views = [View(key=key, label=label, icon=icon, count=counts.views.get(key)) for key, label, icon in shown]
    # A team of one inbox is that inbox under another name.
    handling = [_of_team(team, counts) for team in around.teams.values() if len(team.inbox_ids) > 1]
    return (*views, *saved, *handling, *(_of_inbox(face, counts) for face in around.connected))


def view_named(around: Around, views: tuple[View, ...], key: str) -> View:
    """The view of a key; some that can be looked at are not in the column."""
    found = next((view for view in views if view.key == key), None)
    if found is not None:
        return found
    if key == "all":
        return View(key=key, label=_("All cases"), icon="layers")
    name, _colon, number = key.partition(":")
    return _of_team(around.teams[int(number)], Counts({}, 0)) if name == "team" else _of_inbox(around.face(int(number)), Counts({}, 0))


def count_views(tx: Tx, around: Around) -> Counts:
    """Sums of the workspace's one tally: see `tallies`."""
    sums = sums_for(tx, around.who, {team.id: team.inbox_ids for team in around.teams.values()})
    mine, waiting = sums.mine.get(around.who.id, (0, 0)) if around.who.id else (0, 0)
    views = {"mine": mine, "unassigned": sums.unassigned, "open": sums.open, "snoozed": sums.snoozed}
    if around.who.id:
        views |= count_near(tx, around.who, [around.who.id])[around.who.id]
    views |= {f"inbox:{one}": sums.inboxes.get(one, 0) for one in around.inboxes}
    return Counts(views | {f"team:{one}": sums.teams[one] for one in around.teams}, waiting)


def count_mine(tx: Tx, around: Around, agent_ids: list[int]) -> dict[int, tuple[int, int]]:
    """For agents who see alike: how many unfinished cases each holds, and in how many of them a customer waits."""
    sums = sums_for(tx, around.who, {team.id: team.inbox_ids for team in around.teams.values()})
    return {one: sums.mine.get(one, (0, 0)) for one in agent_ids}


def count_scope(tx: Tx, around: Around, scope: Scope, counts: Counts, most: int = COUNTED) -> int:
    """How many cases a view holds; where no sum is kept, up to a limit."""
    if scope.reader is None and scope.among is None and scope.key in counts.views:
        return counts.views[scope.key]
    total = 0
    # A filter looks at the row anyway; by a number, SQLite is not led to walk an index that holds every other column it asks for.
    column = cases.c.id if scope.reader is None else cases.c.number
    for status in scope.statuses:
        if total < most:
            some = sa.select(column).where(scope.condition(around.who), cases.c.status == status).limit(most - total).subquery()
            total += int(tx.value(sa.select(sa.func.count()).select_from(some)))
    return total


def _of_inbox(face: Face, counts: Counts) -> View:
    key = f"inbox:{face.id}"
    icon = face.can_at("public").icon
    return View(key=key, label=face.name, icon=icon, count=counts.views.get(key), group="inboxes", failing=face.failing)


def _of_team(team: Handling, counts: Counts) -> View:
    key = f"team:{team.id}"
    return View(key=key, label=team.name, icon="users", count=counts.views.get(key), group="teams")


WHOLE = {
    "unassigned": Scope(key="unassigned", statuses=("open",), assignee=NOBODY),
    "open": Scope(key="open", statuses=("open",)),
    "snoozed": Scope(key="snoozed", statuses=("snoozed",)),
    "solved": Scope(key="solved", statuses=("solved",)),
    "all": Scope(key="all", statuses=STATUSES),
}
"""Views that everybody has."""
