"""Intake with the real mail channel on a real database."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from sluss.channels.contract import Channel, Connection, Delivered
from sluss.channels.registry import channel_named
from sluss.intake.admit import Reader, admit_some, suspect_leftovers
from sluss.intake.models import envelopes
from sluss.intake.store import Reception
from sluss.kernel.actors import Actor, system
from sluss.kernel.db import Database
from sluss.kernel.files import FileStore
from sluss.kernel.leases import Lease, acquire
from tests.world import World

ADDRESS = "help@norrsken.test"


class Desk(msgspec.Struct, frozen=True):
    """The way in of Norrsken Air's inbox: `bring` mails, `admit` them, look at what became of them."""

    db: Database
    files: FileStore
    reception: Reception
    lease: Lease
    connection: Connection
    who: Actor

    async def bring(self, *mails: bytes, key: str = "") -> None:
        """Deliver as the listener does, each under the key of its content."""
        given: dict[str, Any] = {"received_at": self.db.clock(), "recipients": (ADDRESS,)}
        delivered = [Delivered(external_key=key or f"lmtp:{hash(one)}", raw=one, **given) for one in mails]
        await self.reception.receive(self.connection, delivered)

    async def admit(self, channel: Channel | None = None) -> int:
        """Admit until nothing waits. Returns how many envelopes were settled."""
        settled = 0
        while number := await admit_some(self.reader(channel), self.lease):
            settled += number
        return settled

    def reader(self, channel: Channel | None = None) -> Reader:
        async def connection(_workspace_id: int, _inbox_id: int) -> Connection:
            return self.connection

        return Reader(self.db, self.files, lambda name: channel or channel_named(name), connection)

    def restart(self) -> None:
        """What a process does that takes over from one that ended."""
        self.db.write_now(suspect_leftovers, self.lease)

    def envelopes(self) -> list[Any]:
        """All envelopes, oldest first."""
        return self.rows(sa.select(envelopes).order_by(envelopes.c.id))

    def states(self) -> list[str]:
        return [row.outcome or row.state for row in self.envelopes()]

    def rows(self, statement: Any) -> list[Any]:
        return self.db.read_now(lambda tx: list(tx.rows(statement)))


@pytest.fixture
async def desk(db: Database, world: World, tmp_path: Path) -> Desk:
    files = FileStore(tmp_path / "files", reserve=0)
    lease = await db.write(acquire, "admit", "this test", 3600)
    assert lease
    inbox = world.norrsken.inboxes["kundtjanst"]
    connection = Connection(
        workspace_id=world.norrsken.id, inbox_id=inbox.id, name=inbox.name, address=inbox.address, settings={}, secrets={}, channel="email"
    )
    return Desk(db, files, Reception(db, files), lease, connection, system(world.norrsken.id))


def mail(n: int = 1, body: str = "Bokningen syns inte.", **headers: str) -> bytes:
    """Åsa's n-th mail."""
    given = {"From": "Åsa Lindqvist <asa@kund.example>", "To": ADDRESS, "Subject": f"Bokning {n}", "Message-ID": f"<{n}@kund.example>"}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in (given | headers).items()]
    return "\r\n".join([*lines, "", body, ""]).encode()


async def all_at_once(desk: Desk, mails: list[bytes]) -> None:
    """Each by a call of its own, all at the same moment."""
    await asyncio.gather(*(desk.bring(one) for one in mails))
