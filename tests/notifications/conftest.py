"""Customers, colleagues, and what is told to whom, on both databases."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from sluss.cases.actions import add_note
from sluss.kernel.clock import HOUR, TestClock
from sluss.kernel.db import Database
from sluss.kernel.events import Recorded, events, from_row
from sluss.kernel.jobs import run_due
from sluss.kernel.leases import Lease, acquire
from sluss.kernel.reactions import place_events, react
from sluss.notifications.actions import read_all
from sluss.notifications.models import notifications
from sluss.notifications.telling import About, by_case, sentence_of, told_of
from sluss.wiring import AFTER, INSIDE, JOBS
from tests.desk.conftest import Customers
from tests.world import World


class Office:
    """Norrsken's desk: `office.hears("maja")` is what stands in Maja's bell once everything that happened has been told."""

    def __init__(self, db: Database, world: World, clock: TestClock, customers: Customers) -> None:
        db.host.inside = INSIDE
        # The cast is laid once for many tests: whoever changes sides does so in a copy.
        self.world = msgspec.structs.replace(world, people=dict(world.people))
        self.db, self.clock, self.customers = db, clock, customers
        self.tell()

    def case(self, subject: str = "Bokningen syns inte", **more: Any) -> sa.Row[Any]:
        """A new case, of which nobody has been told."""
        case = self.customers.case(self.customers.write(subject, **more))
        self.tell()
        return case

    def do(self, key: str, action: Any, *args: Any, **kwargs: Any) -> Any:
        """Somebody does something, a minute later."""
        self.clock.move(60_000_000)
        return self.db.write_now(action, self.world.who(key), *args, **kwargs)

    def note(self, key: str, case: sa.Row[Any], text: str) -> int:
        """Somebody writes a note."""
        return self.do(key, add_note, case.id, text)

    def tell(self) -> None:
        """Bring the reactions to the end of the log."""
        while self.db.kind == "postgresql" and self.db.write_now(place_events, self._lease("places")):
            pass
        while self.db.write_now(react, self._lease("reactions"), AFTER):
            pass

    def hears(self, key: str) -> list[str]:
        """Unread sentences, the newest first; whoever heard them has not read them."""
        self.tell()
        return [sentence_of(one) for one in self.news(key) if one.unread]

    def news(self, key: str) -> list[Any]:
        return self.db.read_now(lambda tx: told_of(tx, self.world.who(key), sa.true(), 1000))

    def bell(self, key: str) -> list[About]:
        return by_case(self.news(key))

    def rows(self) -> int:
        return int(self.db.read_now(lambda tx: tx.value(sa.select(sa.func.count()).select_from(notifications))))

    def empty(self, *keys: str) -> None:
        """Everybody reads everything."""
        self.tell()
        for key in keys:
            self.db.write_now(read_all, self.world.who(key))

    def ring_timers(self) -> None:
        """What is due by now."""
        while self.db.write_now(run_due, self._lease("clock"), JOBS):
            pass

    def recorded(self) -> list[Recorded]:
        rows = self.db.read_now(lambda tx: tx.rows(sa.select(events).order_by(events.c.id)))
        return [one for one in map(from_row, rows) if one is not None]

    def _lease(self, name: str) -> Lease:
        lease = self.db.write_now(acquire, name, "test", HOUR // 1_000_000)
        assert lease is not None
        return lease


@pytest.fixture
def office(db: Database, world: World, clock: TestClock) -> Office:
    return Office(db, world, clock, Customers(db, world, clock))
