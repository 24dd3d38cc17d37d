"""Customers who have written to Norrsken Air."""

from __future__ import annotations

from typing import Literal

import pytest
import sqlalchemy as sa

from sluss.cases.models import cases
from sluss.cases.recording import Arrival, record_arrivals
from sluss.channels.contract import Address, Inbound
from sluss.kernel.actors import Actor, system
from sluss.kernel.db import Database
from tests.world import World

ASA, BO = "asa@kund.example", "bo@kund.example"


class People:
    """The database, and mail that comes in."""

    def __init__(self, db: Database, world: World) -> None:
        self.db, self.world, self._number = db, world, 0

    def who(self, key: str) -> Actor:
        return self.world.who(key)

    def mail(self, address: str, inbox: str = "kundtjanst", proof: Literal["", "pass", "fail"] = "", name: str = "") -> tuple[int, int]:
        """A mail of somebody; returns the contact and the number of its case."""
        self._number += 1
        key = f"{self._number}@kund.example"
        sender = Address(address, name or address)
        inbound = Inbound(external_id=key, dedupe_key=key, sender=sender, subject=f"Fråga {key}", text="Hej", fresh="Hej", proof=proof)
        arrival = Arrival(
            envelope_id=self._number,
            inbox_id=self.world.norrsken.inboxes[inbox].id,
            network="email",
            visibility="private",
            reopen_days=14,
            received_at=self.db.clock(),
            inbound=inbound,
        )
        self.db.write_now(record_arrivals, system(self.world.norrsken.id), [arrival])
        newest = sa.select(cases.c.contact_id, cases.c.number).order_by(cases.c.id.desc()).limit(1)
        [row] = self.db.read_now(lambda tx: tx.rows(newest))
        return row.contact_id, row.number


@pytest.fixture
def people(db: Database, world: World) -> People:
    return People(db, world)
