"""Jobs and timers as rows: what is due when.

In: `schedule` inside an action's transaction. Out: the job's action, run once, in the transaction that removes the row.

A job is a plain action `(tx, who, args)` registered under its kind in `wiring`. One leased process runs the clock; a job that fails waits
longer each time
and shows on the health page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from sluss.kernel.actors import Actor, system
from sluss.kernel.clock import HOUR, SECOND
from sluss.kernel.leases import Lease, require
from sluss.kernel.log import get_log
from sluss.kernel.schema import scoped_table
from sluss.kernel.tx import Tx
from sluss.kernel.types import Count, Instant, Json, Text

log = get_log("kernel")

jobs = scoped_table(
    "jobs",
    sa.Column("kind", Text, nullable=False),
    sa.Column("key", Text, nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("args", Json, nullable=False),
    sa.Column("attempts", Count, nullable=False),
    sa.Column("error", Text, nullable=False),
    sa.UniqueConstraint("workspace_id", "kind", "key"),
    sa.Index("ix_jobs_due_at", "due_at"),
)

JobAction = Callable[[Tx, Actor, Any], None]
AT_ONCE = 50


def schedule(tx: Tx, who: Actor, timer: tuple[str, str], due_at: int, args: Any = None) -> None:
    """Set the timer `(kind, key)`; setting it again moves it."""
    kind, key = timer
    cancel(tx, who, kind, key)
    row = {"workspace_id": who.workspace_id, "id": tx.new_id(), "kind": kind, "key": key, "due_at": due_at}
    tx.run(sa.insert(jobs), row | {"args": args, "attempts": 0, "error": ""})
    tx.hint("jobs")


def cancel(tx: Tx, who: Actor, kind: str, key: str) -> None:
    """Remove a timer, if it is set."""
    tx.run(sa.delete(jobs).where(jobs.c.workspace_id == who.workspace_id, jobs.c.kind == kind, jobs.c.key == key))


def rings_at(tx: Tx, who: Actor, kind: str, key: str) -> int | None:
    """When a timer rings; None while it is not set."""
    c = jobs.c
    return tx.value(sa.select(c.due_at).where(c.workspace_id == who.workspace_id, c.kind == kind, c.key == key))


def run_due(tx: Tx, lease: Lease, actions: Mapping[str, JobAction]) -> int:
    """Run what is due, each job in a savepoint of its own. Returns how many rows were looked at."""
    require(tx, lease)
    due = tx.rows(sa.select(jobs).where(jobs.c.due_at <= tx.now).order_by(jobs.c.due_at).limit(AT_ONCE))
    for job in due:
        _run(tx, job, actions)
    return len(due)


def next_due(tx: Tx) -> int | None:
    """When the next timer rings."""
    return tx.value(sa.select(sa.func.min(jobs.c.due_at)))


def _run(tx: Tx, job: sa.Row[Any], actions: Mapping[str, JobAction]) -> None:
    this = (jobs.c.workspace_id == job.workspace_id) & (jobs.c.id == job.id)
    try:
        with tx.attempt():
            actions[job.kind](tx, system(job.workspace_id), job.args)
            tx.run(sa.delete(jobs).where(this))
    except Exception as error:
        log.exception("job_failed", kind=job.kind, key=job.key, attempts=job.attempts + 1)
        wait = min(2**job.attempts * 5 * SECOND, HOUR)
        tx.run(sa.update(jobs).where(this).values(attempts=job.attempts + 1, error=repr(error)[:500], due_at=tx.now + wait))
