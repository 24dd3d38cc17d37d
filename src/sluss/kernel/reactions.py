"""Durable reactions: who does something after an event, at least once and in order per case.

In: the event log. Out: actions of other slices.

Each reaction has a cursor in the log and advances it in the transaction that holds its effects. An event that fails is parked with its
wait; later
events of the same case park behind it, all other cases go on.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.kernel.clock import HOUR, SECOND
from sluss.kernel.events import Event, Recorded, events, events_after, from_row, last_position, streams
from sluss.kernel.leases import Lease, require
from sluss.kernel.log import get_log
from sluss.kernel.schema import scoped_table
from sluss.kernel.tx import Tx
from sluss.kernel.types import Count, Id, Instant, Text

log = get_log("kernel")

parked = scoped_table(
    "parked_events",
    sa.Column("reaction", Text, nullable=False),
    sa.Column("event_id", Id, nullable=False),
    sa.Column("position", Id, nullable=False),
    sa.Column("case_id", Id, nullable=False),
    sa.Column("attempts", Count, nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("error", Text, nullable=False),
    sa.Index("ix_parked_events_due_at", "reaction", "due_at"),
    key=("reaction", "event_id"),
)

BATCH = 200


class After(msgspec.Struct, frozen=True):
    """One durable reaction. `name` is its identity in the database: renaming it starts it anew from the end of the log."""

    name: str
    on: tuple[type[Event], ...]
    run: Callable[[Tx, Recorded], None]


def place_events(tx: Tx, lease: Lease) -> int:
    """Give committed events their positions (PostgreSQL, where commit order is not id order). Returns how many were placed."""
    require(tx, lease)
    waiting = tx.rows(sa.select(events.c.workspace_id, events.c.id).where(events.c.position.is_(None)).order_by(events.c.id).limit(1000))
    if not waiting:
        return 0
    first = int(tx.value(last_position())) + 1
    this = (events.c.workspace_id == sa.bindparam("w")) & (events.c.id == sa.bindparam("i"))
    values = [{"w": row.workspace_id, "i": row.id, "p": first + n} for n, row in enumerate(waiting)]
    tx.run(sa.update(events).where(this).values(position=sa.bindparam("p")), values)
    tx.hint("placed")
    return len(waiting)


def react(tx: Tx, lease: Lease, reactions: Sequence[After], seconds: float = math.inf) -> int:
    """Bring every reaction one batch forward. Returns how many events were handled or parked.

    When the seconds are over the others wait for their turn: nobody who wants to write waits for long.
    """
    require(tx, lease)
    ends, handled = time.monotonic() + seconds, 0
    for reaction in reactions:
        handled += _advance(tx, reaction, ends) + _retry(tx, reaction)
        if time.monotonic() > ends:
            break
    return handled


def _advance(tx: Tx, reaction: After, ends: float) -> int:
    """As far as the batch and the time go, but one event at least."""
    batch, reached = tx.rows(events_after(_cursor(tx, reaction), BATCH)), 0
    for row in batch:
        recorded = from_row(row)
        if recorded is not None and isinstance(recorded.event, reaction.on):
            _run_or_park(tx, reaction, recorded)
        reached = int(row.position)
        if time.monotonic() > ends:
            break
    if batch:
        tx.run(sa.update(streams).where(streams.c.name == reaction.name).values(position=reached))
    return sum(row.position <= reached for row in batch)


def _cursor(tx: Tx, reaction: After) -> int:
    known = tx.value(sa.select(streams.c.position).where(streams.c.name == reaction.name))
    if known is None:
        known = int(tx.value(last_position()))
        tx.run(sa.insert(streams), {"name": reaction.name, "position": known})
    return int(known)


def _run_or_park(tx: Tx, reaction: After, recorded: Recorded) -> None:
    behind = (
        (parked.c.workspace_id == recorded.workspace_id)
        & (parked.c.reaction == reaction.name)
        & (parked.c.case_id == recorded.event.case_id)
    )
    if recorded.event.case_id and tx.value(sa.select(sa.func.count()).select_from(parked).where(behind)):
        _park(tx, reaction, recorded, "waits for an earlier event of its case")
        return
    error = _attempt(tx, reaction, recorded)
    if error:
        _park(tx, reaction, recorded, error)


def _attempt(tx: Tx, reaction: After, recorded: Recorded) -> str:
    try:
        with tx.attempt():
            reaction.run(tx, recorded)
    except Exception as error:
        log.exception("reaction_failed", reaction=reaction.name, event_id=recorded.id)
        return repr(error)[:500]
    return ""


def _park(tx: Tx, reaction: After, recorded: Recorded, error: str) -> None:
    row = {"workspace_id": recorded.workspace_id, "reaction": reaction.name, "event_id": recorded.id, "position": recorded.position}
    row |= {"case_id": recorded.event.case_id, "attempts": 1, "due_at": tx.now + 5 * SECOND, "error": error}
    tx.run(sa.insert(parked), row)


def _retry(tx: Tx, reaction: After) -> int:
    """Try each case's oldest parked event again, when its wait is over; events of no case wait for nobody but themselves."""
    alone = sa.case((parked.c.case_id == 0, parked.c.event_id), else_=0)
    oldest = (
        sa.select(sa.func.min(parked.c.position))
        .where(parked.c.reaction == reaction.name)
        .group_by(parked.c.workspace_id, parked.c.case_id, alone)
    )
    due = (parked.c.reaction == reaction.name) & (parked.c.due_at <= tx.now) & parked.c.position.in_(oldest)
    waiting = tx.rows(sa.select(parked).where(due).order_by(parked.c.position).limit(50))
    for row in waiting:
        _retry_one(tx, reaction, row)
    return len(waiting)


def _retry_one(tx: Tx, reaction: After, row: sa.Row[Any]) -> None:
    found = tx.row(sa.select(events).where(events.c.workspace_id == row.workspace_id, events.c.id == row.event_id))
    recorded = from_row(found) if found is not None else None
    error = _attempt(tx, reaction, recorded) if recorded is not None else ""
    this = (parked.c.workspace_id == row.workspace_id) & (parked.c.reaction == row.reaction) & (parked.c.event_id == row.event_id)
    if not error:
        tx.run(sa.delete(parked).where(this))
        return
    wait = min(2**row.attempts * 5 * SECOND, HOUR)
    tx.run(sa.update(parked).where(this).values(attempts=row.attempts + 1, due_at=tx.now + wait, error=error))
