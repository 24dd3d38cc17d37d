"""A chat that goes on by mail: its visitor, those who answer, the clock. The only double is the mail network, where a test wants one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from sluss.cases.models import cases, conversations, messages, threads
from sluss.cases.recording import Arrival, record_arrivals
from sluss.channels.contract import Address, Connection, Delivered, Inbound, Receipt
from sluss.channels.inboxes import InboxFields, connection_of, create_inbox
from sluss.channels.models import inboxes, visitors
from sluss.channels.registry import channel_named
from sluss.channels.visitors import Newcomer, Visitor, find_or_make_visitor, get_visitor
from sluss.channels.webchat.understanding import ChatMessage, encode, understand_chat
from sluss.kernel.actors import system
from sluss.kernel.clock import TestClock
from sluss.kernel.db import Database
from sluss.kernel.events import events, from_row
from sluss.kernel.files import FileStore
from sluss.kernel.jobs import jobs, run_due
from sluss.kernel.leases import acquire
from sluss.kernel.sealing import Sealer
from sluss.kernel.signals import Signals
from sluss.kernel.tokens import hash_of
from sluss.outbox.events import DeliveryChanged
from sluss.outbox.queries import Delivery, deliveries_of
from sluss.outbox.reactions import reopen_undelivered
from sluss.outbox.receipts import apply_receipt
from sluss.outbox.runner import Outbox
from sluss.replies.sending import SendReply, send_reply
from sluss.visitor.continuing import note_delivery
from sluss.wiring import JOBS
from tests.outbox.scene import PaperPost
from tests.world import World

CHAT = "chat-norrsken00000001"
MAIL = "asa@kund.example"
MARK = "UNMISTAKABLE"
"""Stands in what the visitor writes and says of herself, and nowhere else."""
numbers = count(1)


class Chat:
    """Åsa on Norrsken's web site; its chat goes on by the inbox Kundtjänst."""

    def __init__(self, db: Database, world: World, clock: TestClock, folder: Path) -> None:
        self.db, self.world, self.clock = db, world, clock
        self.who, self.maja = system(world.norrsken.id), world.who("maja")
        self.files, self.sealer, self.post = FileStore(folder / "files", reserve=0), Sealer.of(folder), PaperPost()
        self.mail = world.norrsken.inboxes["kundtjanst"]
        fields = InboxFields(name="Webbchatt", address=CHAT, settings={"mail_inbox_id": self.mail.id})
        self.inbox_id = db.write_now(create_inbox, self.who, self.sealer, "webchat", fields)
        new = Newcomer(hash_of("asa"), name=f"Åsa {MARK}")
        self.visitor_id = db.write_now(find_or_make_visitor, self.who, self.inbox_id, new).id
        self.say(locale="en", zone="Europe/Stockholm", email=MAIL)
        lease = db.write_now(acquire, "clock", "this test", 10**6)
        assert lease is not None
        self.lease, self.seen = lease, 0
        self.write()

    @property
    def visitor(self) -> Visitor:
        return self.db.read_now(get_visitor, self.who, self.inbox_id, self.visitor_id)

    def say(self, **values: Any) -> None:
        """Put something into the visitor's row."""
        self.db.write_now(lambda tx: tx.run(sa.update(visitors).where(visitors.c.id == self.visitor_id).values(**values)).rowcount)

    def set(self, inbox_id: int, **values: Any) -> None:
        """Put something into an inbox's row."""
        self.db.write_now(lambda tx: tx.run(sa.update(inboxes).where(inboxes.c.id == inbox_id).values(**values)).rowcount)

    def write(self, text: str = f"Min väska är borta. {MARK}") -> int:
        """The visitor writes in the chat. Returns the message."""
        said = ChatMessage(visitor_id=self.visitor_id, key=f"key-of-the-browser-{next(numbers)}", text=text, name=f"Åsa {MARK}")
        [inbound] = understand_chat(Delivered(external_key="", raw=encode(said), received_at=self.clock()), CHAT)
        assert isinstance(inbound, Inbound)
        return self.take(inbound, self.inbox_id, "webchat")

    def mails(self, token: str, text: str = "Tack, den är här!", sender: str = MAIL, **more: Any) -> int:
        """Somebody answers a mail of ours, by its reply address."""
        n = next(numbers)
        values: dict[str, Any] = {"external_id": f"m{n}@kund.example", "dedupe_key": f"m{n}", "sender": Address(sender)}
        values |= {"subject": "Sv: Din chatt", "text": text, "fresh": text, "thread_token": token}
        return self.take(Inbound(**values | more), self.mail.id, "email")

    def take(self, inbound: Inbound, inbox_id: int, network: str) -> int:
        place: dict[str, Any] = {"network": network, "visibility": "private", "reopen_days": 14, "received_at": self.clock()}
        arrival = Arrival(envelope_id=next(numbers), inbox_id=inbox_id, inbound=inbound, **place)
        return self.db.write_now(record_arrivals, self.who, [arrival])[0].message_id

    async def answer(self, text: str = "Vi letar.", case_id: int = 0, **more: Any) -> int:
        """Maja answers, and all that is due leaves."""
        reply = SendReply(op=f"answer{next(numbers)}", case_id=case_id or self.case.id, text=text, anyway=True, trust=True, **more)
        message_id = self.db.write_now(send_reply, self.maja, reply).message_id
        await self.send_due()
        return message_id

    async def send_due(self) -> None:
        """What the outbox, the reactions and the clock do."""
        outbox = Outbox(self.db, self.files, self._connection, Signals(self.db.host), "this test")
        network: Any = lambda name: self.post if name == "email" else channel_named(name)  # noqa: E731 - one line of a double
        outbox._channel = network
        while await outbox.send_due():
            await outbox.idle()
        self.react()

    def react(self) -> None:
        rows = self.db.read_now(lambda tx: tx.rows(sa.select(events).where(events.c.id > self.seen).order_by(events.c.id)))
        for one in [found for row in rows if (found := from_row(row))]:
            self.seen = one.id
            if isinstance(one.event, DeliveryChanged):
                self.db.write_now(note_delivery, one)
                self.db.write_now(reopen_undelivered, one)

    async def wait(self, microseconds: int) -> list[Any]:
        """Let time pass; returns what left by mail meanwhile."""
        before = len(self.post.taken)
        await self.ring(microseconds)
        return self.post.taken[before:]

    async def ring(self, microseconds: int) -> None:
        """Let time pass, and timers ring."""
        self.clock.move(microseconds)
        self.db.write_now(run_due, self.lease, JOBS)
        await self.send_due()

    def reads(self, message_id: int) -> None:
        """The visitor's page tells that a message was seen."""
        external_id = self.value(sa.select(messages.c.external_id).where(messages.c.id == message_id))
        self.tell(Receipt(external_id=external_id, recipient="", state="read", thread_key=str(self.visitor_id)))

    def tell(self, receipt: Receipt) -> str:
        outcome = self.db.write_now(apply_receipt, self.who, receipt)
        self.react()
        return outcome

    def deliveries(self, message_id: int) -> list[tuple[str, str]]:
        """Recipient and state of every delivery of a message, the chat's first."""
        found: Sequence[Delivery] = self.db.read_now(deliveries_of, self.who, [message_id])[message_id]
        return [("chat" if "@" not in one.recipient else one.recipient, one.state) for one in found]

    @property
    def case(self) -> Any:
        """The newest case."""
        return self.rows(sa.select(cases).order_by(cases.c.id.desc()).limit(1))[0]

    def case_of(self, message_id: int) -> int:
        joined = messages.join(conversations, conversations.c.id == messages.c.conversation_id)
        return int(self.value(sa.select(conversations.c.case_id).select_from(joined).where(messages.c.id == message_id)))

    def ways(self) -> list[Any]:
        """Threads by mail, oldest first."""
        return self.rows(sa.select(threads).where(threads.c.inbox_id == self.mail.id).order_by(threads.c.id))

    def timers(self) -> list[int]:
        return [row.due_at - self.clock() for row in self.rows(sa.select(jobs).where(jobs.c.kind == "follow_by_mail"))]

    def rows(self, statement: Any) -> list[Any]:
        return self.db.read_now(lambda tx: list(tx.rows(statement)))

    def value(self, statement: Any) -> Any:
        return self.db.read_now(lambda tx: tx.value(statement))

    async def _connection(self, workspace_id: int, inbox_id: int) -> Connection:
        return await self.db.read(connection_of, system(workspace_id), inbox_id, self.sealer)
