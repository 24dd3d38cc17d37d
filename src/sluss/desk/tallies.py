"""How many cases stand where, for a whole workspace at once. In: the one small index of what is unfinished. Out: a `Tally`, and sums of it.

Two statements for as long as nothing happens, whoever looks and however often: a tally is kept until the log of events has grown.
"""

from __future__ import annotations

from collections.abc import Mapping
from weakref import WeakKeyDictionary

import msgspec
import sqlalchemy as sa

from sluss.cases.models import SHARED_SQL, UNFINISHED_SQL, case_inboxes, cases
from sluss.kernel.actors import Actor
from sluss.kernel.events import events
from sluss.kernel.tx import Host, Tx


class Heap(msgspec.Struct, frozen=True):
    """Unfinished cases that are alike in what is counted. `others` are inboxes they came to besides their own."""

    status: str
    inbox_id: int
    assignee_id: int
    total: int
    waiting: int
    others: frozenset[int] = frozenset()


class Sums(msgspec.Struct, frozen=True):
    """What one kind of reader counts. `mine` is by agent: how many they hold, and in how many of them a customer waits."""

    unassigned: int
    open: int
    snoozed: int
    inboxes: Mapping[int, int]
    teams: Mapping[int, int]
    mine: Mapping[int, tuple[int, int]]


class Tally(msgspec.Struct, frozen=True):
    """One workspace's unfinished cases, and the sums already made of them."""

    mark: tuple[int, int]
    heaps: tuple[Heap, ...]
    sums: dict[tuple[frozenset[int] | None, tuple[int, ...]], Sums]


_kept: WeakKeyDictionary[Host, dict[int, Tally]] = WeakKeyDictionary()


def sums_for(tx: Tx, who: Actor, handled: Mapping[int, frozenset[int]]) -> Sums:
    """What the actor may count; `handled` are the inboxes of teams that they know of."""
    tally = read_tally(tx, who)
    key = (who.inbox_ids, tuple(sorted(handled)))
    if key not in tally.sums:
        tally.sums[key] = _sum([heap for heap in tally.heaps if _sees(who, heap)], who, handled)
    return tally.sums[key]


def read_tally(tx: Tx, who: Actor) -> Tally:
    """The newest tally of the actor's workspace."""
    kept = _kept.setdefault(tx.host, {})
    mark, known = _mark(tx), kept.get(who.workspace_id)
    if known is None or known.mark != mark:
        known = kept[who.workspace_id] = Tally(mark, (*_alone(tx, who), *_shared(tx, who)), {})
    return known


def _mark(tx: Tx) -> tuple[int, int]:
    """How far the log is: what has been given a place, and what still waits for one."""
    c = events.c
    placed = sa.select(sa.func.coalesce(sa.func.max(c.position), 0)).scalar_subquery()
    waiting = sa.select(sa.func.coalesce(sa.func.max(c.id), 0)).where(sa.text("position IS NULL")).scalar_subquery()
    [row] = tx.rows(sa.select(placed.label("placed"), waiting.label("waiting")))
    return int(row.placed), int(row.waiting)


def _alone(tx: Tx, who: Actor) -> list[Heap]:
    """Cases that came to one inbox, added up by the database."""
    c = cases.c
    unfinished = (c.workspace_id == who.workspace_id) & sa.text(UNFINISHED_SQL)
    counted = (sa.func.count().label("total"), sa.func.count(c.waiting_since).label("waiting"))
    rows = tx.rows(sa.select(c.status, c.inbox_id, c.assignee_id, *counted).where(unfinished).group_by(c.status, c.inbox_id, c.assignee_id))
    return [Heap(row.status, row.inbox_id, row.assignee_id or 0, int(row.total), int(row.waiting)) for row in rows]


def _shared(tx: Tx, who: Actor) -> list[Heap]:
    """Cases that came to several, one by one; their own inbox has counted them, so here they are taken out and put in again."""
    c, x = cases.c, case_inboxes.c
    joined = cases.join(case_inboxes, (x.workspace_id == c.workspace_id) & (x.case_id == c.id))
    unfinished = (c.workspace_id == who.workspace_id) & sa.text(UNFINISHED_SQL) & sa.text(SHARED_SQL)
    chosen = sa.select(c.id, c.status, c.inbox_id, c.assignee_id, c.waiting_since, x.inbox_id.label("other_id")).select_from(joined)
    found: dict[int, Heap] = {}
    for row in tx.rows(chosen.where(unfinished)):
        known = found.get(row.id)
        others = (known.others if known else frozenset[int]()) | {row.other_id}
        found[row.id] = Heap(row.status, row.inbox_id, row.assignee_id or 0, 1, int(row.waiting_since is not None), others)
    alone = [msgspec.structs.replace(one, total=-1, waiting=-one.waiting, others=frozenset()) for one in found.values()]
    return [*found.values(), *alone]


def _sees(who: Actor, heap: Heap) -> bool:
    return any(map(who.may_see_inbox, (heap.inbox_id, *heap.others)))


def _sum(heaps: list[Heap], who: Actor, handled: Mapping[int, frozenset[int]]) -> Sums:
    inboxes: dict[int, int] = {}
    teams = dict.fromkeys(handled, 0)
    mine: dict[int, tuple[int, int]] = {}
    for heap in heaps:
        at = frozenset(one for one in (heap.inbox_id, *heap.others) if who.may_see_inbox(one))
        for inbox_id in at:
            inboxes[inbox_id] = inboxes.get(inbox_id, 0) + heap.total
        for team_id, theirs in handled.items():
            teams[team_id] += heap.total if at & theirs else 0
        held = mine.get(heap.assignee_id, (0, 0))
        waiting = heap.waiting if heap.status == "open" else 0
        mine[heap.assignee_id] = (held[0] + heap.total, held[1] + waiting)
    opened = [heap for heap in heaps if heap.status == "open"]
    return Sums(
        unassigned=sum(heap.total for heap in opened if not heap.assignee_id),
        open=sum(heap.total for heap in opened),
        snoozed=sum(heap.total for heap in heaps if heap.status == "snoozed"),
        inboxes=inboxes,
        teams=teams,
        mine=mine,
    )
