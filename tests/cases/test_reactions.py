"""What cases do when something happens elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from sluss.cases.access import access_case
from sluss.cases.actions import assign_case
from sluss.cases.models import cases
from sluss.cases.reactions import AT_ONCE, release_some
from sluss.cases.recording import Recorded
from sluss.kernel.actors import system
from sluss.kernel.db import Database
from sluss.kernel.jobs import run_due
from sluss.kernel.leases import acquire
from sluss.kernel.reactions import place_events, react
from sluss.people.actions import disable_agent
from sluss.wiring import AFTER, JOBS
from tests.world import World


def test_cases_of_a_disabled_agent_are_everybodys_again(db: Database, world: World, arrive: Callable[..., list[Recorded]]) -> None:
    arrive({}, {})
    first, second = db.read_now(lambda tx: [row.id for row in tx.rows(sa.select(cases.c.id).order_by(cases.c.id))])
    lease = db.write_now(acquire, "reactions", "test", 60)
    assert lease is not None
    db.write_now(react, lease, AFTER)
    db.write_now(assign_case, world.who("ewa"), first, world.who("johan").id)
    db.write_now(assign_case, world.who("ewa"), second, world.who("maja").id)
    db.write_now(disable_agent, world.who("ewa"), world.who("johan").id)
    db.write_now(place_events, lease)
    db.write_now(react, lease, AFTER)
    held = [db.read_now(access_case, system(world.norrsken.id), one).assignee_id for one in (first, second)]
    assert held == [None, world.who("maja").id]


def test_thousands_of_cases_are_released_a_few_at_a_time(db: Database, world: World, arrive: Callable[..., list[Recorded]]) -> None:
    """Nobody waits to write while somebody leaves: each transaction releases a few, a timer goes on."""
    arrive(*({} for _ in range(2 * AT_ONCE + 1)))
    johan, ewa = world.who("johan"), world.who("ewa")
    db.write_now(lambda tx: tx.run(sa.update(cases).values(assignee_id=johan.id)))
    left: list[int] = []
    db.write_now(disable_agent, ewa, johan.id)
    db.write_now(release_some, system(world.norrsken.id), {"agent_id": johan.id})
    lease = db.write_now(acquire, "clock", "test", 60)
    assert lease is not None
    for _ in range(3):
        left.append(db.read_now(lambda tx: int(tx.value(sa.select(sa.func.count()).where(cases.c.assignee_id == johan.id)))))
        db.write_now(run_due, lease, JOBS)
    assert left == [AT_ONCE + 1, 1, 0]
