"""Who is at the other end of a case, where the customer sits at a web site while we answer. In: cases. Out: visitors by case."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import msgspec
import sqlalchemy as sa

from sluss.cases.events import VisitorIntroduced
from sluss.cases.models import conversations, threads
from sluss.channels.models import visitors
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx


class Seat(msgspec.Struct, frozen=True):
    """A visitor in a case; `current` where it is the case that they are in now: an older one tells nothing of today."""

    case_id: int
    visitor_id: int
    current: bool = True


def seats_of(tx: Tx, who: Actor, case_ids: Collection[int]) -> list[Seat]:
    """The visitors of cases. The thread of a visitor bears the visitor's id as its key."""
    if not case_ids:
        return []
    v, t, s, later = conversations.c, threads.c, visitors.c, conversations.alias("later")
    joined = conversations.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
    mine = (v.workspace_id == who.workspace_id) & v.case_id.in_(case_ids) & ~v.aside
    newest = sa.select(sa.func.max(later.c.id)).where(later.c.workspace_id == v.workspace_id, later.c.thread_id == v.thread_id)
    spoken = sa.select(v.case_id, t.inbox_id, t.external_key, (v.id == newest.scalar_subquery()).label("current")).select_from(joined)
    seats: dict[tuple[int, int, int], bool] = {}
    for row in tx.rows(spoken.where(mine)):
        if is_seat(row.external_key):
            key = (row.case_id, row.inbox_id, int(row.external_key))
            seats[key] = seats.get(key, False) or bool(row.current)
    if not seats:
        return []
    chosen = sa.select(s.id, s.inbox_id).where(s.workspace_id == who.workspace_id, s.id.in_({one for _, _, one in seats}))
    known = {(row.inbox_id, row.id) for row in tx.rows(chosen)}
    return [Seat(case_id, one, current) for (case_id, inbox_id, one), current in sorted(seats.items()) if (inbox_id, one) in known]


def note_introduced(tx: Tx, who: Actor, inbox_id: int, visitor_id: int, how: Literal["address", "code", "sign-in"]) -> None:
    """Tell in the case that a visitor is in now how they have made themselves known. Who has not said anything yet is in none."""
    v, t = conversations.c, threads.c
    joined = conversations.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
    mine = (t.workspace_id == who.workspace_id) & (t.inbox_id == inbox_id) & (t.external_key == str(visitor_id)) & ~v.aside
    case_id = tx.value(sa.select(v.case_id).select_from(joined).where(mine).order_by(v.id.desc()).limit(1))
    if case_id is not None:
        tx.emit(who, VisitorIntroduced(case_id=case_id, how=how))


def is_seat(thread_key: str) -> bool:
    """Whether the key of a thread may be a visitor's id."""
    return thread_key.isascii() and thread_key.isdigit() and len(thread_key) < 20
