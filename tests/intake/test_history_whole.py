"""A mailbox of years on its whole way: from a mail server through intake to closed cases, with new mail and a killed process between."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator

import msgspec
import pytest
import sqlalchemy as sa

from sluss.cases.models import cases
from sluss.channels.bringing import HISTORY
from sluss.channels.contract import Connection, Delivered, Surroundings
from sluss.channels.email import history, mailbox, receiving
from sluss.sandbox.mail.servers import MailWorld
from sluss.sandbox.mail.world import Mails
from tests.channels.email.mailroom import Memory
from tests.intake.conftest import ADDRESS, Desk, mail

MAILS = 500


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "_WAITS", (0.01, 0.05))
    monkeypatch.setattr(mailbox, "_IDLE_SECONDS", 0.05)
    monkeypatch.setattr(history, "_LOOK", 0.01)
    monkeypatch.setattr(history, "_PAUSE", 0.01)


@pytest.fixture
async def years() -> AsyncIterator[MailWorld]:
    world = MailWorld()
    inbox = world.add(ADDRESS, "sandbox").inbox
    inbox.mails, inbox.uidnext = Mails(MAILS, mail, lambda number: 1_600_000_000.0 + 86_400 * number), MAILS + 1
    await world.start()
    yield world
    await world.stop()


class Taking:
    """Intake that admits what it takes, at once, and tells whoever waits for it."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.changed = desk, asyncio.Condition()
        self.known, self.behind, self.writing = desk.reception.known, desk.reception.behind, desk.reception.writing

    async def receive(self, connection: Connection, delivered: list[Delivered]) -> None:
        await self.desk.reception.receive(connection, delivered)
        async with self.changed:
            await self.desk.admit()
            self.changed.notify_all()

    async def until_cases(self, status: str, number: int) -> None:
        count = sa.select(sa.func.count()).select_from(cases).where(cases.c.status == status)
        async with asyncio.timeout(100), self.changed:
            await self.changed.wait_for(lambda: self.desk.rows(count)[0][0] >= number)


@contextlib.asynccontextmanager
async def process(desk: Desk, world: MailWorld, memory: Memory) -> AsyncGenerator[Taking]:
    """Receives and admits until it is killed."""
    settings = {"imap_host": world.host, "imap_port": world.imap_port, "imap_security": "plain", "user": ADDRESS, "days_back": -1}
    connection = msgspec.structs.replace(desk.connection, address=ADDRESS, settings=settings, secrets={"password": "sandbox"})
    taking = Taking(desk)
    around = Surroundings(taking, memory, _nothing, desk.db.clock)
    task = asyncio.create_task(receiving.listen(connection, around, allow_private=True))
    try:
        yield taking
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _nothing(_state: str, _reason: str) -> None: ...


async def test_hundreds_of_old_mails_become_closed_cases(desk: Desk, years: MailWorld) -> None:
    """F1, F35: each once, through three killed processes; a new mail is a case while most of the old ones still wait at the server."""
    memory = Memory()
    for number in (50, 150, 250):
        async with process(desk, years, memory) as taking:
            await taking.until_cases("closed", number)
    async with process(desk, years, memory) as taking:
        inbox = years.mailbox(ADDRESS).inbox
        inbox.add(mail(5_000), 1_700_000_000.0)
        await taking.until_cases("open", 1)
        await memory.until(lambda: bool(memory.cursor.get(HISTORY, {}).get("ended_at")))
        await taking.until_cases("closed", MAILS)
    memory.close()
    assert desk.rows(sa.select(cases.c.status, sa.func.count()).group_by(cases.c.status).order_by(cases.c.status)) == [
        ("closed", MAILS),
        ("open", 1),
    ]
    assert memory.cursor[HISTORY]["done"] == MAILS
