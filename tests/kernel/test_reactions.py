"""Durable reactions and timers: at least once, in order per case, one failing event stops only its own case."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from sluss.kernel import jobs, leases, reactions
from sluss.kernel import workspaces as w
from sluss.kernel.actors import Actor, system
from sluss.kernel.clock import SECOND, TestClock
from sluss.kernel.db import Database
from sluss.kernel.events import Event, Recorded, events
from sluss.kernel.tx import Tx


class Knocked(Event, frozen=True, kw_only=True):
    """A knock, for these tests."""

    n: int


@pytest.fixture
def who(db: Database) -> Actor:
    return system(db.write_now(w.create_workspace, w.NewWorkspace("Norrsken Air")))


class Listener:
    """A reaction that notes what it saw, and fails for what it is told to."""

    def __init__(self, db: Database) -> None:
        self.db, self.seen, self.bad = db, list[int](), set[int]()
        self.after = reactions.After("listener", (Knocked,), self.react)
        lease = db.write_now(leases.acquire, "reactions", "test", 600)
        assert lease is not None
        self.lease = lease
        self.catch_up()

    def react(self, tx: Tx, recorded: Recorded) -> None:
        assert isinstance(recorded.event, Knocked)
        if recorded.event.n in self.bad:
            raise RuntimeError(recorded.event.n)
        self.seen.append(recorded.event.n)

    def catch_up(self) -> None:
        while self.db.write_now(reactions.place_events, self.lease):
            pass
        while self.db.write_now(reactions.react, self.lease, [self.after]):
            pass


def knock(db: Database, who: Actor, n: int, case_id: int) -> None:
    db.write_now(lambda tx: tx.emit(who, Knocked(n=n, case_id=case_id)))


def test_events_are_seen_once_in_order(db: Database, who: Actor) -> None:
    listener = Listener(db)
    for n in range(20):
        knock(db, who, n, case_id=1)
    listener.catch_up()
    listener.catch_up()
    assert listener.seen == list(range(20))


def test_a_failing_event_parks_its_case_and_no_other(db: Database, who: Actor, clock: TestClock) -> None:
    listener = Listener(db)
    listener.bad = {1}
    for n, case_id in ((1, 10), (2, 10), (3, 20), (4, 10)):
        knock(db, who, n, case_id)
    listener.catch_up()
    assert listener.seen == [3]
    listener.bad.clear()
    for _ in range(4):
        clock.move(60 * SECOND)
        listener.catch_up()
    assert listener.seen == [3, 1, 2, 4]


def test_a_lost_lease_stops_late_writes(db: Database, who: Actor, clock: TestClock) -> None:
    """F4: a holder that was paused past its lease writes nothing more."""
    listener = Listener(db)
    clock.move(700 * SECOND)
    assert db.write_now(leases.acquire, "reactions", "another", 600) is not None
    with pytest.raises(leases.LeaseLost):
        db.write_now(reactions.react, listener.lease, [listener.after])


def test_timers_ring_once_and_failing_ones_wait(db: Database, who: Actor, clock: TestClock) -> None:
    rung: list[object] = []
    lease = db.write_now(leases.acquire, "clock", "test", 6000)
    assert lease is not None

    def ring(_tx: Tx, _who: Actor, args: object) -> None:
        rung.append(args)

    def fail(_tx: Tx, _who: Actor, _args: object) -> None:
        raise RuntimeError

    actions = {"ring": ring, "fail": fail}
    db.write_now(jobs.schedule, who, ("ring", "a"), clock.now + 10 * SECOND, 1)
    db.write_now(jobs.schedule, who, ("ring", "a"), clock.now + 20 * SECOND, 2)
    db.write_now(jobs.schedule, who, ("fail", "b"), clock.now, None)
    for _ in range(3):
        db.write_now(jobs.run_due, lease, actions)
        clock.move(12 * SECOND)
    db.write_now(jobs.run_due, lease, actions)
    assert rung == [2]
    assert db.read_now(jobs.next_due) is not None


def test_an_event_of_no_case_that_keeps_failing_holds_up_no_other(db: Database, who: Actor, clock: TestClock) -> None:
    listener = Listener(db)
    listener.bad = {1, 2}
    for n in (1, 2):
        knock(db, who, n, case_id=0)
    listener.catch_up()
    listener.bad = {1}
    clock.move(60 * SECOND)
    listener.catch_up()
    assert listener.seen == [2]


def test_an_event_that_cannot_be_read_stops_nothing(db: Database, who: Actor) -> None:
    """F47: a row of another release, with other fields than this one knows."""
    listener = Listener(db)
    for n in (1, 2):
        knock(db, who, n, case_id=n)
    db.write_now(lambda tx: tx.run(sa.update(events).where(events.c.case_id == 1).values(data={"case_id": 1})))
    listener.catch_up()
    assert listener.seen == [2]


async def test_two_processes_that_start_at_once_get_a_number_each(db: Database) -> None:
    claims = [db.write(leases.claim_node, f"process {n}", 60) for n in range(6)]
    assert len({lease.name for lease in await asyncio.gather(*claims)}) == 6
