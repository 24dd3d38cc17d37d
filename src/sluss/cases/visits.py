"""Who is at the other end of a case, where the customer sits at a web site while we answer. In: cases. Out: visits by case."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
import sqlalchemy as sa

from sluss.cases.models import conversations, threads
from sluss.channels.models import visitors
from sluss.channels.visitors import Visit, note_agent_read, visits
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx


class Seat(msgspec.Struct, frozen=True):
    """A visitor in a case."""

    case_id: int
    visitor_id: int


def visits_of(tx: Tx, who: Actor, case_ids: Collection[int]) -> dict[int, Visit]:
    """By case whoever sits at the other end now or did last, for cases that the actor was found to see."""
    seats = seats_of(tx, who, case_ids)
    found = visits(tx, who, {one.visitor_id for one in seats})
    by_case: dict[int, Visit] = {}
    for seat in seats:
        visit, before = found.get(seat.visitor_id), by_case.get(seat.case_id)
        if visit is not None and (before is None or visit.last_seen_at > before.last_seen_at):
            by_case[seat.case_id] = visit
    return by_case


def read_by_agent(tx: Tx, who: Actor, case_id: int) -> None:
    """The actor has read what the visitors of a case wrote, and may see the case."""
    note_agent_read(tx, who, {one.visitor_id for one in seats_of(tx, who, [case_id])})


def seats_of(tx: Tx, who: Actor, case_ids: Collection[int]) -> list[Seat]:
    """The visitors of cases. The thread of a visitor bears the visitor's id as its key."""
    if not case_ids:
        return []
    v, t, s = conversations.c, threads.c, visitors.c
    joined = conversations.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
    mine = (v.workspace_id == who.workspace_id) & v.case_id.in_(case_ids) & ~v.aside
    rows = tx.rows(sa.select(v.case_id, t.inbox_id, t.external_key).select_from(joined).where(mine).distinct())
    named = [(row.case_id, row.inbox_id, int(row.external_key)) for row in rows if is_seat(row.external_key)]
    if not named:
        return []
    chosen = sa.select(s.id, s.inbox_id).where(s.workspace_id == who.workspace_id, s.id.in_({one for _, _, one in named}))
    known = {(row.inbox_id, row.id) for row in tx.rows(chosen)}
    return [Seat(case_id, visitor_id) for case_id, inbox_id, visitor_id in sorted(named) if (inbox_id, visitor_id) in known]


def is_seat(thread_key: str) -> bool:
    """Whether the key of a thread may be a visitor's id."""
    return thread_key.isascii() and thread_key.isdigit() and len(thread_key) < 20
