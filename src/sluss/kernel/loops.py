"""The loops that turn rows into work: the clock with its timers and recurring actions, durable reactions, places in the event log.

In: the tables of `wiring`, a lease. Out: actions run, each in a transaction of its own.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.kernel.actors import Actor, system
from sluss.kernel.clock import SECOND
from sluss.kernel.db import Database
from sluss.kernel.jobs import AT_ONCE, JobAction, next_due, run_due
from sluss.kernel.leases import Lease, require
from sluss.kernel.log import get_log
from sluss.kernel.reactions import After, place_events, react
from sluss.kernel.schema import global_table
from sluss.kernel.signals import Signals
from sluss.kernel.tx import Tx
from sluss.kernel.types import Instant, Text
from sluss.kernel.workspaces import all_workspaces

log = get_log("loops")

LONGEST = 1.0
GATHER = 0.03
"""Seconds left between two turns that found something, so that under load the next takes many events; a lone event does not wait."""

TURN = 0.03
"""Seconds that reactions may keep whoever else wants to write waiting."""

recurring = global_table(
    "recurring",
    sa.Column("name", Text, primary_key=True),
    sa.Column("ran_at", Instant, nullable=False),
    sa.Column("error", Text, nullable=False),
)


class Every(msgspec.Struct, frozen=True):
    """Recurring work, once for each workspace: its name, its period in seconds, its action."""

    name: str
    seconds: int
    action: Callable[[Tx, Actor], object] | Callable[[Tx, Actor, Any], object]
    look: Callable[[Tx, Actor], Any] | None = None
    """What takes long to find out: read beforehand, so that nobody waits to write meanwhile, and given to the action."""


async def tick_forever(db: Database, signals: Signals, jobs: Mapping[str, JobAction], every: Sequence[Every], lease: Lease) -> None:
    """Ring timers to the second, and run recurring work when its period is over, also right after a long absence."""
    async for _ in signals.rounds("jobs", LONGEST):
        while await db.write(run_due, lease, jobs) == AT_ONCE:
            pass
        for one in await db.read(_due_again, every):
            await _run_everywhere(db, lease, one)
        await _sleep_until_next(db)


async def react_forever(db: Database, signals: Signals, reactions: Sequence[After], lease: Lease) -> None:
    """Bring durable reactions up to the end of the log, again and again, each turn beginning with another one."""
    order = deque(reactions)
    async for _ in signals.rounds("events" if db.kind == "sqlite" else "placed", LONGEST):
        while order and await db.write(react, lease, tuple(order), TURN):
            order.rotate(-1)
            await asyncio.sleep(GATHER)


async def place_forever(db: Database, signals: Signals, lease: Lease) -> None:
    """Give events of every process their places in the log (PostgreSQL)."""
    async for _ in signals.rounds("events", 0.25):
        while await db.write(place_events, lease):  # noqa: ASYNC110 - a pause, not a wait
            await asyncio.sleep(GATHER)


def last_runs(tx: Tx) -> dict[str, tuple[int, str]]:
    """When recurring work last ran (microseconds UTC), and the error it ended with, if any."""
    return {row.name: (row.ran_at, row.error) for row in tx.rows(sa.select(recurring))}


def _due_again(tx: Tx, every: Sequence[Every]) -> list[Every]:
    ran = last_runs(tx)
    return [one for one in every if ran.get(one.name, (0, ""))[0] + one.seconds * SECOND <= tx.now]


async def _run_everywhere(db: Database, lease: Lease, one: Every) -> None:
    error = ""
    for workspace in await db.read(all_workspaces):
        try:
            found = [await db.read(one.look, system(workspace.id))] if one.look is not None else []
            await db.write(_run_once, lease, one, workspace.id, found)
        except Exception as failure:
            log.exception("recurring_failed", name=one.name, workspace_id=workspace.id)
            error = repr(failure)[:500]
    await db.write(_note_run, lease, one.name, error)


def _run_once(tx: Tx, lease: Lease, one: Every, workspace_id: int, found: Sequence[Any]) -> None:
    require(tx, lease)
    action: Callable[..., object] = one.action
    action(tx, system(workspace_id), *found)


def _note_run(tx: Tx, lease: Lease, name: str, error: str) -> None:
    require(tx, lease)
    if tx.run(sa.update(recurring).where(recurring.c.name == name).values(ran_at=tx.now, error=error)).rowcount == 0:
        tx.run(sa.insert(recurring), {"name": name, "ran_at": tx.now, "error": error})


async def _sleep_until_next(db: Database) -> None:
    """Where a timer rings within the longest pause, wait just that long instead."""
    due = await db.read(next_due)
    left = (due - db.clock()) / SECOND if due is not None else LONGEST
    if 0 < left < LONGEST:
        await asyncio.sleep(left)
