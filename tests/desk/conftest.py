"""Customers who write to the cast's inboxes, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from sluss.cases.models import cases, conversations, messages
from sluss.cases.recording import Arrival, StoredFile, record_arrivals
from sluss.channels.contract import Address, Inbound
from sluss.kernel.actors import system
from sluss.kernel.clock import MINUTE, TestClock
from sluss.kernel.db import Database
from tests.world import World

ASA = Address("asa@kund.example", "Åsa Lindqvist")
LUKASZ = Address("lukasz@poczta.example", "Łukasz Wójcik")
MALGORZATA = Address("malgorzata@poczta.example", "Małgorzata Żak")


class Customers:
    """`no = customers.write("Bokningen syns inte")` is the number of the case that the mail is in."""

    def __init__(self, db: Database, world: World, clock: TestClock) -> None:
        self.db, self.world, self.clock = db, world, clock
        self._numbers = count(1)

    def write(
        self, subject: str = "Bokningen syns inte", text: str = "Hej!", sender: Address = ASA, inbox: str = "kundtjanst", **more: Any
    ) -> int:
        """One mail, a minute after the one before."""
        return self.case_of(self.message(subject, text, sender, inbox, **more)).number

    def message(self, subject: str = "Bokningen", text: str = "Hej!", sender: Address = ASA, inbox: str = "kundtjanst", **more: Any) -> int:
        """As `write`; the message's id."""
        return self.messages([{"subject": subject, "text": text, "sender": sender, **more}], inbox)[0]

    def messages(self, many: Sequence[dict[str, Any]], inbox: str = "kundtjanst") -> list[int]:
        """Many mails in one set, a minute apart."""
        company = next(one for one in (self.world.norrsken, self.world.ferries) if inbox in one.inboxes)
        arrivals = [self._arrival(company.inboxes[inbox].id, dict(one)) for one in many]
        return [one.message_id for one in self.db.write_now(record_arrivals, system(company.id), arrivals)]

    def case_of(self, message_id: int) -> sa.Row[Any]:
        """The case's row, as stored."""
        joined = messages.join(conversations, conversations.c.id == messages.c.conversation_id).join(
            cases, cases.c.id == conversations.c.case_id
        )
        row = self.db.read_now(lambda tx: tx.row(sa.select(cases).select_from(joined).where(messages.c.id == message_id)))
        assert row is not None
        return row

    def case(self, no: int) -> sa.Row[Any]:
        """The case of a number."""
        row = self.db.read_now(lambda tx: tx.row(sa.select(cases).where(cases.c.number == no)))
        assert row is not None
        return row

    def _arrival(self, inbox_id: int, one: dict[str, Any]) -> Arrival:
        self.clock.move(MINUTE)
        n = next(self._numbers)
        files: tuple[StoredFile, ...] = one.pop("files", ())
        text = one.get("text", "Hej!")
        values: dict[str, Any] = {
            "external_id": f"m{n}@kund.example",
            "dedupe_key": f"key{n}",
            "sender": ASA,
            "subject": "Bokningen",
            "text": text,
            "fresh": text,
        }
        values |= one
        inbound = Inbound(**values)
        shared: dict[str, Any] = {"network": "email", "visibility": "private", "reopen_days": 14, "received_at": self.clock()}
        return Arrival(envelope_id=n, inbox_id=inbox_id, inbound=inbound, files=files, **shared)


@pytest.fixture
def customers(db: Database, world: World, clock: TestClock) -> Customers:
    return Customers(db, world, clock)


@pytest.fixture
def statements(db: Database) -> list[str]:
    """Every statement from here on, with its values filled in as far as `EXPLAIN` needs."""
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, _parameters: Any, _context: Any, _many: bool) -> None:
        seen.append(statement)

    for engine in {db._engine, db._reading}:
        event.listen(engine, "before_cursor_execute", note)
    return seen
