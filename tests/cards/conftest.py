"""An airline's system with its door open, connected to Norrsken Air; and customers who have written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest
import sqlalchemy as sa

from sluss.cards.answers import Shown, prepare, settle, show_source
from sluss.cards.asking import CardClient, Outcome
from sluss.cards.models import card_sources
from sluss.cards.sources import SourceFields, save_source
from sluss.cases.access import CaseRow, access_case
from sluss.cases.models import cases
from sluss.cases.recording import Arrival, record_arrivals
from sluss.channels.contract import Address, Inbound
from sluss.contacts.models import contacts
from sluss.kernel.actors import system
from sluss.kernel.clock import TestClock
from sluss.kernel.db import Database
from sluss.kernel.sealing import Sealer
from sluss.kernel.tx import Tx
from sluss.sandbox.cards.server import SECRET, CardServer, booking
from tests.world import World

ASA, BO = "asa@kund.example", "bo@kund.example"


class Cards:
    """Everything that a test about cards needs."""

    def __init__(self, db: Database, world: World, server: CardServer, sealer: Sealer) -> None:
        self.db, self.world, self.server, self.sealer = db, world, server, sealer
        self.client = CardClient(private=True)
        self.johan, self.ewa = world.who("johan"), world.who("ewa")
        self.number = 0

    def connect(self, **given: Any) -> int:
        """Connect the airline's system."""
        fields: dict[str, Any] = {"name": "Bookings", "url": self.server.url, "secret": SECRET, "patience": "3000"}
        return self.db.write_now(save_source, self.ewa, (self.sealer, True), 0, SourceFields(**fields | given))

    def mail(self, address: str, proof: Literal["", "pass", "fail"] = "pass", inbox: str = "kundtjanst") -> tuple[int, CaseRow]:
        """A mail comes in; returns the contact and its case."""
        self.number += 1
        key = f"{self.number}@kund.example"
        inbound = Inbound(
            external_id=key, dedupe_key=key, sender=Address(address, address), subject="Hej", text="Hej", fresh="Hej", proof=proof
        )
        arrival = Arrival(
            envelope_id=self.number,
            inbox_id=self.world.norrsken.inboxes[inbox].id,
            network="email",
            visibility="private",
            reopen_days=14,
            received_at=self.db.clock(),
            inbound=inbound,
        )
        self.db.write_now(record_arrivals, system(self.world.norrsken.id), [arrival])
        return self.db.read_now(self._newest)

    async def open(self, source_id: int, contact_id: int, case: CaseRow | None = None, *, again: bool = False) -> Shown:
        """What an agent is shown, after the page has asked."""
        about = (contact_id, source_id)
        shown = self.db.read_now(show_source, self.johan, *about, case)
        if not (shown.asks or again):
            return shown
        asked = self.db.read_now(prepare, self.johan, self.sealer, about, case)
        if asked is not None:
            self.db.write_now(settle, self.johan, asked, await self.client.ask(asked.asking))
        return self.db.read_now(show_source, self.johan, *about, case)

    async def outcome(self, source_id: int, contact_id: int) -> Outcome:
        """What asking comes to, without keeping it."""
        asked = self.db.read_now(prepare, self.johan, self.sealer, (contact_id, source_id), None)
        assert asked is not None
        return await self.client.ask(asked.asking)

    def hurry(self, source_id: int) -> None:
        """Have it wait a tenth of a second only, so that nobody has to."""
        self.db.write_now(lambda tx: tx.run(sa.update(card_sources).where(card_sources.c.id == source_id).values(patience=100)) and None)

    def _newest(self, tx: Tx) -> tuple[int, CaseRow]:
        case_id = int(tx.value(sa.select(sa.func.max(cases.c.id))))
        case = access_case(tx, system(self.world.norrsken.id), case_id)
        assert tx.value(sa.select(contacts.c.id).where(contacts.c.id == case.contact_id))
        return case.contact_id, case


@pytest.fixture
async def known(db: Database, world: World, clock: TestClock, tmp_path: Path) -> AsyncIterator[Cards]:
    server = CardServer({ASA: [booking("7QK2XM", "ARN – GDN", "2026-11-28")]}, now=lambda: clock() / 1_000_000)
    await server.start()
    found = Cards(db, world, server, Sealer.of(tmp_path))
    yield found
    await found.client.aclose()
    await server.stop()


def as_told(shown: Shown) -> list[Any]:
    """Cards as plain values."""
    return msgspec.to_builtins(shown.cards)
