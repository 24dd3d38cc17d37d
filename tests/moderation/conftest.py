"""Norrsken Air with an account on a network of two sides, and everything that reacts to what is said there."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from sluss.cases.events import MessageChanged
from sluss.cases.models import cases, conversations, message_faces, messages, threads
from sluss.cases.recording import Arrival, record_arrivals
from sluss.channels import registry
from sluss.channels.contract import Address, Inbound
from sluss.channels.happenings import Post
from sluss.channels.models import inboxes
from sluss.kernel.actors import Actor, system
from sluss.kernel.clock import TestClock
from sluss.kernel.db import Database
from sluss.kernel.events import events
from sluss.kernel.events import from_row as event_of
from sluss.kernel.jobs import jobs
from sluss.kernel.tx import Tx
from sluss.moderation.models import matter_log, matters
from sluss.outbox.models import operations
from sluss.wiring import AFTER, JOBS
from tests.outbox.square import Square
from tests.world import World

numbers = count(70_000)
AASA = Address("4711", "Åsa Lindqvist")
BO = Address("4712", "Bo Ek")
MINE = {"look through public words", "heed an author who answers", "heed what becomes of public words", "heed what networks refuse"}


class Street(msgspec.Struct, frozen=True):
    """Who talks in public, and what moderation makes of it. `square` is the network."""

    db: Database
    world: World
    clock: TestClock
    square: Square

    @property
    def inbox_id(self) -> int:
        return self.world.norrsken.inboxes["kundtjanst"].id

    def who(self, key: str) -> Actor:
        return self.world.who(key) if key != "sluss" else system(self.world.norrsken.id)

    def comment(self, text: str, *, by: Address = AASA, public: bool = True, **given: Any) -> int:
        """Somebody speaks, under our post or privately. Returns the message's id; everything has reacted to it."""
        n = next(numbers)
        key = f"c{n}"
        side: dict[str, Any] = {"thread_key": f"p:post1:{key}:{by.address}", "visibility": "public", "kind": "comment"}
        side |= {"post": Post(key="post1", ours=True, text="Nya linjer!"), "url": f"https://square.example/{key}"}
        values: dict[str, Any] = {"external_id": key, "dedupe_key": key, "sender": by, "subject": "", "text": text, "fresh": text}
        values |= side if public else {"thread_key": f"dm:{by.address}", "visibility": "private"}
        arrival = Arrival(
            envelope_id=n,
            inbox_id=self.inbox_id,
            network="paper",
            visibility="public" if public else "private",
            reopen_days=14,
            received_at=self.clock(),
            windowed=not public,
            inbound=Inbound(**values | given),
        )
        message_id = self.db.write_now(record_arrivals, self.who("sluss"), [arrival])[0].message_id
        self.react()
        return message_id

    def changed(self, message_id: int, what: str, text: str = "") -> None:
        """At the network a message was edited or removed."""

        def change(tx: Tx) -> None:
            this = messages.c.id == message_id
            values = {"edited_at": tx.now} if what == "edited" else {"removed_at": tx.now, "removed_by": "author"}
            tx.run(sa.update(message_faces).where(message_faces.c.message_id == message_id).values(**values))
            if text:
                tx.run(sa.update(messages).where(this).values(text=text, fresh=text))
            tx.emit(self.who("sluss"), MessageChanged(case_id=self.case_of(message_id), message_id=message_id, what=what))

        self.db.write_now(change)
        self.react()

    def react(self) -> None:
        """Let moderation's reactions run for every event so far; each is safe to repeat, and here none is repeated."""

        def run(tx: Tx) -> None:
            rows = tx.rows(sa.select(events).where(events.c.id > _seen.get(id(self.db), 0)).order_by(events.c.id))
            for row in rows:
                recorded = event_of(row)
                for one in AFTER:
                    if recorded is not None and one.name in MINE and isinstance(recorded.event, one.on):
                        one.run(tx, recorded)
                _seen[id(self.db)] = row.id

        self.db.write_now(run)

    def ring(self, microseconds: int = 0) -> None:
        """Time passes, and what is due is done."""
        self.clock.move(microseconds)

        def run(tx: Tx) -> None:
            for job in tx.rows(sa.select(jobs).where(jobs.c.due_at <= tx.now)):
                tx.run(sa.delete(jobs).where(jobs.c.id == job.id))
                JOBS[job.kind](tx, self.who("sluss"), job.args)

        self.db.write_now(run)

    def case_of(self, message_id: int) -> int:
        v = conversations.c
        joined = messages.join(conversations, v.id == messages.c.conversation_id)
        return int(self.db.read_now(lambda tx: tx.value(sa.select(v.case_id).select_from(joined).where(messages.c.id == message_id))))

    def number_of(self, message_id: int) -> int:
        case_id = self.case_of(message_id)
        return int(self.db.read_now(lambda tx: tx.value(sa.select(cases.c.number).where(cases.c.id == case_id))))

    def matter(self, message_id: int) -> Any:
        return self.db.read_now(lambda tx: tx.row(sa.select(matters).where(matters.c.message_id == message_id)))

    def steps(self, message_id: int) -> list[str]:
        """The log of a matter, oldest first."""
        joined = matter_log.join(matters, matters.c.id == matter_log.c.matter_id)
        wanted = sa.select(matter_log.c.step).select_from(joined).where(matters.c.message_id == message_id).order_by(matter_log.c.id)
        return [row.step for row in self.db.read_now(lambda tx: tx.rows(wanted))]

    def lines(self, message_id: int) -> Sequence[Any]:
        joined = matter_log.join(matters, matters.c.id == matter_log.c.matter_id)
        wanted = sa.select(matter_log).select_from(joined).where(matters.c.message_id == message_id).order_by(matter_log.c.id)
        return self.db.read_now(lambda tx: tx.rows(wanted))

    def ordered(self, message_id: int) -> list[tuple[str, str]]:
        """Deeds on a message with their states."""
        o = operations.c
        rows = self.db.read_now(
            lambda tx: tx.rows(sa.select(o.kind, o.state).where(o.message_id == message_id, o.kind != "send").order_by(o.id))
        )
        return [(row.kind, row.state) for row in rows]

    def said(self) -> list[tuple[str, str]]:
        """What we said, with the side it went to."""
        joined = messages.join(conversations, conversations.c.id == messages.c.conversation_id)
        joined = joined.join(threads, threads.c.id == conversations.c.thread_id)
        wanted = sa.select(threads.c.visibility, messages.c.fresh).select_from(joined).where(messages.c.direction == "out")
        return [(row.visibility, row.fresh) for row in self.db.read_now(lambda tx: tx.rows(wanted.order_by(messages.c.id)))]


_seen: dict[int, int] = {}


def forget_seen(db: Database) -> None:
    """A database of another test may lie at the same address."""
    _seen.pop(id(db), None)


@pytest.fixture
def street(db: Database, world: World, clock: TestClock, monkeypatch: pytest.MonkeyPatch) -> Street:
    """The inbox Kundtjänst is an account on the square."""
    square = Square()
    monkeypatch.setitem(registry._made, "paper", square)
    forget_seen(db)
    here = Street(db, world, clock, square)
    db.write_now(lambda tx: tx.run(sa.update(inboxes).where(inboxes.c.id == here.inbox_id).values(channel="paper")))
    return here
