"""An inbox whose provider takes its access back: what waits, who is told, and that all goes on after one press. F31."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import sqlalchemy as sa

from sluss.cases.models import cases
from sluss.cases.recording import Arrival, record_arrivals
from sluss.channels import registry
from sluss.channels.contract import Address, Inbound
from sluss.channels.email.channel import EmailChannel
from sluss.channels.hosting import Hosting
from sluss.channels.inboxes import access_inbox
from sluss.channels.models import inboxes
from sluss.channels.oauth.access import TokenSource
from sluss.intake.models import envelopes
from sluss.intake.store import Reception
from sluss.kernel.actors import system
from sluss.kernel.clock import DAY, HOUR, SECOND, TestClock
from sluss.kernel.signals import Signals
from sluss.kernel.tx import Tx
from sluss.outbox.models import operations
from sluss.outbox.runner import Outbox
from sluss.replies.sending import SendReply, send_reply
from sluss.sandbox.mail.servers import MailWorld
from sluss.sandbox.oauth.server import ConsentServer
from tests.settings.consenting import ADDRESS, add, enter, inbox_id_of, walk
from tests.world import Browser, Web

ASA = "asa@customer.example"


@pytest.fixture
async def mail(provider: ConsentServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MailWorld]:
    """Mailboxes whose servers take the double's tokens."""
    mail = MailWorld()
    mail.add(ADDRESS)
    mail.add(ASA)
    mail.accepts_token = provider.accepts
    await mail.start()
    channel = EmailChannel(allow_private=True)
    monkeypatch.setitem(registry._made, "email", channel)
    yield mail
    await channel.close()
    await mail.stop()


class Working:
    """The loops behind the desk, as far as they talk with mail servers."""

    def __init__(self, desk: Web) -> None:
        self.desk, edge = desk, desk.edge
        self.signals = Signals(desk.db.host)
        tokens = TokenSource(desk.db, edge.keyring, edge.config)
        self.hosting = Hosting(desk.db, edge.keyring, self.signals, Reception(desk.db, edge.files), "here", tokens=tokens)
        self.outbox = Outbox(desk.db, edge.files, self.hosting.connection, self.signals, "here")

    async def send(self) -> int:
        started = await self.outbox.send_due()
        await self.outbox.idle()
        return started

    async def until(self, holds: Callable[[], object]) -> None:
        """Look again after every commit."""
        told = asyncio.Event()
        loop = asyncio.get_running_loop()
        self.desk.db.host.listen(lambda _topics: loop.call_soon_threadsafe(told.set) and None)
        async with asyncio.timeout(30):
            while not await asyncio.to_thread(holds):
                told.clear()
                await asyncio.wait([asyncio.create_task(told.wait())], timeout=0.1)


async def connected(ewa: Browser, mail: MailWorld) -> None:
    await enter(ewa)
    servers: dict[str, Any] = {f"{way}_host": "127.0.0.1" for way in ("imap", "smtp")} | {
        f"{way}_security": "plain" for way in ("imap", "smtp")
    }
    page = await walk(ewa, await add(ewa, imap_port=str(mail.imap_port), smtp_port=str(mail.smtp_port), **servers))
    assert "Connected as" in page.text


def asks(tx: Tx, desk: Web, inbox_id: int) -> int:
    """Åsa writes to the inbox. Returns her case."""
    inbound = Inbound(
        external_id="1@customer.example", dedupe_key="1", sender=Address(ASA, "Åsa"), subject="Väskan", text="Hej!", fresh="Hej!"
    )
    shared: dict[str, Any] = {"network": "email", "visibility": "private", "reopen_days": 14, "received_at": tx.now}
    record_arrivals(tx, system(desk.world.norrsken.id), [Arrival(envelope_id=1, inbox_id=inbox_id, inbound=inbound, files=(), **shared)])
    return int(tx.value(sa.select(sa.func.max(cases.c.id))))


async def test_what_waits_leaves_by_itself_once_the_inbox_is_connected_again(
    ewa: Browser, desk: Web, mail: MailWorld, provider: ConsentServer, clock: TestClock
) -> None:
    """F31: nothing is lost, nothing is tried in a loop, no person sends anything a second time."""
    db, who, working = desk.db, desk.world.who("ewa"), Working(desk)
    await connected(ewa, mail)
    inbox_id = inbox_id_of(db)
    case_id = db.write_now(asks, desk, inbox_id)
    provider.revoke(ADDRESS)
    provider.requests = 0
    clock.move(HOUR)
    db.write_now(send_reply, who, SendReply(op="answer", case_id=case_id, text="Väskan är hittad.", anyway=True))
    clock.move(20 * SECOND)
    for _ in range(8):
        await working.send()
        clock.move(DAY // 24)
    row = db.read_now(lambda tx: tx.row(sa.select(operations.c.state, operations.c.code, operations.c.reason)))
    assert row is not None
    assert (row.state, row.code, "connected again" in row.reason) == ("queued", "unreachable", True)
    assert (provider.requests, mail.mailbox(ASA).messages) == (1, [])
    for path in ("/settings", "/settings/inboxes", "/settings/health", f"/settings/inboxes/{inbox_id}"):
        assert "needs to be connected again" in (await ewa.get(path)).text, path
    again = await ewa.post(f"/settings/inboxes/{inbox_id}/connect")
    assert "Connected as" in (await walk(ewa, again)).text
    working.hosting._connections.clear()
    assert await working.send() == 1
    assert len(mail.mailbox(ASA).messages) == 1
    assert "connected again" not in (await ewa.get("/settings")).text


async def test_receiving_goes_on_by_itself_once_the_inbox_is_connected_again(
    ewa: Browser, desk: Web, mail: MailWorld, provider: ConsentServer, clock: TestClock
) -> None:
    """F31: mail that came meanwhile is fetched."""
    db, who, working = desk.db, desk.world.who("ewa"), Working(desk)
    await connected(ewa, mail)
    inbox_id = inbox_id_of(db)
    db.write_now(lambda tx: tx.run(sa.update(inboxes).where(inboxes.c.id != inbox_id).values(enabled=False)))
    hosting = asyncio.create_task(working.hosting.run())
    await working.until(lambda: db.read_now(access_inbox, who, inbox_id).receiving == "ok")
    provider.revoke(ADDRESS)
    clock.move(HOUR)
    mail.cut_all()
    await working.until(lambda: "connected again" in db.read_now(access_inbox, who, inbox_id).receiving_error)
    mail.deliver(b"From: asa@customer.example\r\nTo: bokning@norrsken.test\r\nSubject: Hej\r\n\r\nHej!\r\n", [ADDRESS])
    await walk(ewa, await ewa.post(f"/settings/inboxes/{inbox_id}/connect"))
    count = sa.select(sa.func.count()).select_from(envelopes)
    await working.until(lambda: db.read_now(lambda tx: tx.value(count)) == 1)
    await working.until(lambda: db.read_now(access_inbox, who, inbox_id).receiving == "ok")
    hosting.cancel()
    await asyncio.wait([hosting])
