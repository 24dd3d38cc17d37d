"""Trying an inbox: its adapter's own test, kept as a row so that any process can show how it went.

In: a connection. Out: lines of checks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.channels.contract import Check, Connection
from sluss.channels.models import inbox_trials
from sluss.channels.registry import channel_named
from sluss.kernel.actors import Actor
from sluss.kernel.clock import DAY, SECOND
from sluss.kernel.db import Database
from sluss.kernel.errors import Missing
from sluss.kernel.log import get_log
from sluss.kernel.schema import fields
from sluss.kernel.tx import Tx
from sluss.kernel.words import say

log = get_log("trials")

LONGEST = 120


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One test; `ended_at` is None while it runs. Instants in microseconds UTC."""

    id: int
    inbox_id: int | None
    started_at: int
    ended_at: int | None
    checks: list[Check]


async def start_trial(
    db: Database, who: Actor, connection: Connection, running: set[asyncio.Task[None]], seen: Sequence[Check] = ()
) -> int:
    """Begin a test in the background; `running` keeps hold of it. Returns the trial's id. What was `seen` already is told after it."""
    trial_id = await db.write(_begin, who, connection.inbox_id or None)
    task = asyncio.create_task(_run(db, who, connection, (trial_id, seen)))
    running.add(task)
    task.add_done_callback(running.discard)
    return trial_id


def access_trial(tx: Tx, who: Actor, trial_id: int) -> Trial:
    """One test. One that never ended because its process died is told as failed."""
    return _told(tx, tx.row(_chosen(who).where(inbox_trials.c.id == trial_id)))


def last_trial(tx: Tx, who: Actor, inbox_id: int) -> Trial | None:
    """An inbox's newest test."""
    row: Any = tx.row(_chosen(who).where(inbox_trials.c.inbox_id == inbox_id).order_by(inbox_trials.c.id.desc()).limit(1))
    return None if row is None else _told(tx, row)


def forget_old_trials(tx: Tx, who: Actor) -> None:
    """Remove tests older than thirty days."""
    old = (inbox_trials.c.workspace_id == who.workspace_id) & (inbox_trials.c.started_at < tx.now - 30 * DAY)
    tx.run(sa.delete(inbox_trials).where(old))


def joined(tried: Sequence[Check], seen: Sequence[Check]) -> list[Check]:
    """What was tried, then what was seen without trying, each once."""
    known = {one.name for one in tried}
    return [*tried, *(one for one in seen if one.name not in known)]


async def _run(db: Database, who: Actor, connection: Connection, begun: tuple[int, Sequence[Check]]) -> None:
    trial_id, seen = begun
    try:
        async with asyncio.timeout(LONGEST):
            checks = await channel_named(connection.channel).test(connection)
    except TimeoutError:
        checks = [Check("Time", "fail", "The test was ended after two minutes.", "See whether the servers answer at all.")]
    except Exception as error:
        log.exception("trial_failed", inbox_id=connection.inbox_id)
        checks = [
            Check("Test", "fail", say("The test stopped: %(fault)s.", fault=type(error).__name__), "Look at the log for this minute.")
        ]
    await db.write(_end, who, trial_id, joined(checks, seen))


def _begin(tx: Tx, who: Actor, inbox_id: int | None) -> int:
    trial_id = tx.new_id()
    row: dict[str, Any] = {"workspace_id": who.workspace_id, "id": trial_id, "inbox_id": inbox_id, "started_at": tx.now}
    tx.run(sa.insert(inbox_trials), row | {"ended_at": None, "checks": []})
    return trial_id


def _end(tx: Tx, who: Actor, trial_id: int, checks: list[Check]) -> None:
    this = (inbox_trials.c.workspace_id == who.workspace_id) & (inbox_trials.c.id == trial_id)
    tx.run(sa.update(inbox_trials).where(this).values(ended_at=tx.now, checks=checks))


def _chosen(who: Actor) -> sa.Select[*tuple[Any, ...]]:
    return sa.select(*fields(Trial, inbox_trials)).where(inbox_trials.c.workspace_id == who.workspace_id)


def _told(tx: Tx, row: Any) -> Trial:
    if row is None:
        raise Missing
    checks: Any = row.checks
    trial = Trial(
        id=row.id, inbox_id=row.inbox_id, started_at=row.started_at, ended_at=row.ended_at, checks=msgspec.convert(checks, list[Check])
    )
    if trial.ended_at is None and trial.started_at + 2 * LONGEST * SECOND < tx.now:
        lost = Check("Test", "fail", "The test did not end, because Sluss was stopped meanwhile.", "Start it again.")
        return msgspec.structs.replace(trial, ended_at=tx.now, checks=[lost])
    return trial
