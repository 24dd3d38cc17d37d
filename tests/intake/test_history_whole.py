"""A mailbox of years on its whole way: from a mail server through intake to closed cases, with new mail and a killed process between."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator

import pytest
import sqlalchemy as sa

from sluss.cases.models import cases
from sluss.channels.contract import HISTORY, Connection, Surroundings
from sluss.channels.email import history, mailbox, receiving
from sluss.intake.admit import admit_some
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


@contextlib.asynccontextmanager
async def process(desk: Desk, world: MailWorld, memory: Memory) -> AsyncGenerator[None]:
    """Receives and admits until it is killed."""
    settings = {"imap_host": world.host, "imap_port": world.imap_port, "imap_security": "plain", "user": ADDRESS, "days_back": -1}
    told = {"name": "", "address": ADDRESS, "secrets": {"password": "sandbox"}}
    connection = Connection(workspace_id=desk.connection.workspace_id, inbox_id=desk.connection.inbox_id, settings=settings, **told)
    around = Surroundings(desk.reception, memory, _nothing, desk.db.clock)
    tasks = [asyncio.create_task(receiving.listen(connection, around, allow_private=True)), asyncio.create_task(_admit(desk))]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _admit(desk: Desk) -> None:
    while True:
        await admit_some(desk.reader(), desk.lease)
        await asyncio.sleep(0.01)


async def _nothing(_state: str, _reason: str) -> None: ...


async def until_cases(desk: Desk, status: str, number: int) -> None:
    count = sa.select(sa.func.count()).select_from(cases).where(cases.c.status == status)
    async with asyncio.timeout(100):
        while desk.rows(count)[0][0] < number:  # noqa: ASYNC110 - what another task admits is seen in the database alone
            await asyncio.sleep(0.02)


async def test_hundreds_of_old_mails_become_closed_cases(desk: Desk, years: MailWorld) -> None:
    """F1, F35: each once, through three killed processes; a new mail is a case while most of the old ones still wait at the server."""
    memory = Memory()
    for number in (50, 150, 250):
        async with process(desk, years, memory):
            await until_cases(desk, "closed", number)
    async with process(desk, years, memory):
        inbox = years.mailbox(ADDRESS).inbox
        inbox.add(mail(5_000), 1_700_000_000.0)
        await until_cases(desk, "open", 1)
        await memory.until(lambda: bool(memory.cursor.get(HISTORY, {}).get("ended_at")))
        await until_cases(desk, "closed", MAILS)
    memory.close()
    assert desk.rows(sa.select(cases.c.status, sa.func.count()).group_by(cases.c.status).order_by(cases.c.status)) == [
        ("closed", MAILS),
        ("open", 1),
    ]
    assert memory.cursor[HISTORY]["done"] == MAILS
