"""A company with one account at a network on trial: everything is real but the network, which is its double."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any, cast

import msgspec
import sqlalchemy as sa

from sluss.cases.models import conversations, messages
from sluss.channels.contract import Connection, Delivered
from sluss.channels.inboxes import connection_of, create_inbox
from sluss.intake.admit import Reader, admit_some
from sluss.intake.fetching import Fetcher
from sluss.intake.models import envelopes
from sluss.intake.store import Reception
from sluss.kernel.actors import Actor, system
from sluss.kernel.clock import HOUR, MINUTE, TestClock
from sluss.kernel.db import Database
from sluss.kernel.files import FileStore
from sluss.kernel.leases import Lease, acquire
from sluss.kernel.sealing import Sealer
from sluss.kernel.signals import Signals
from sluss.outbox.models import operations
from sluss.outbox.runner import Outbox
from sluss.replies.sending import SendReply, send_reply
from tests.channels.contract.subject import HOOK, Subject
from tests.world import World

_OPS = count(1)


class Room:
    """The way in and the way out of one inbox. `open` it within a running loop."""

    def __init__(self, db: Database, world: World, clock: TestClock, folder: Path, subject: Subject) -> None:
        self.db, self.world, self.clock, self.subject = db, world, clock, subject
        self.files, self._sealer = FileStore(folder / "files", reserve=0), Sealer.of(folder)
        self.reception = Reception(db, self.files)

    async def open(self) -> None:
        """Connect account 1."""
        ewa = self.world.people["ewa"]
        inbox_id = await self.db.write(create_inbox, ewa, self._sealer, self.subject.name, self.subject.account(1))
        self.connection = await self._connection(ewa.workspace_id, inbox_id)
        leases = [await self.db.write(acquire, name, "this test", 3600) for name in ("admit", "fetch")]
        self._admit, self._fetch = cast("list[Lease]", leases)
        self._fetcher = Fetcher(self.db, self.files, self._channel, self._connection, self.reception.receive, largest=10_000_000)

    @property
    def who(self) -> Actor:
        return system(self.world.norrsken.id)

    async def take(self) -> list[Delivered]:
        """Store what the network has brought, and admit it."""
        brought = await self.subject.delivered(self.connection)
        await self.bring(brought)
        return brought

    async def bring(self, brought: list[Delivered]) -> None:
        """Store deliveries, and admit them with all that has to be fetched for them."""
        await self.reception.receive(self.connection, brought)
        await self.admit()
        await self._fetcher.idle(self._fetch)
        await self.admit()

    async def admit(self) -> None:
        """Admit until nothing waits."""
        reader = Reader(self.db, self.files, self._channel, self._connection)
        while await admit_some(reader, self._admit):
            pass

    def answer(self, text: str, case_id: int = 0, **more: Any) -> None:
        """Ewa answers the newest case, and the time to take it back passes."""
        reply = SendReply(op=f"trial{next(_OPS)}", case_id=case_id or self.newest_case(), text=text, anyway=True, **more)
        self.db.write_now(send_reply, self.world.people["ewa"], reply)
        self.clock.move(MINUTE)

    async def send(self, outbox: Outbox | None = None) -> list[str]:
        """Try everything that is due, once. Returns how all operations stand."""
        outbox = outbox or self.outbox()
        await outbox.send_due()
        await outbox.idle()
        return self.states()

    async def send_later(self) -> list[str]:
        """The same when whatever was put off is due."""
        self.clock.move(HOUR)
        return await self.send()

    def outbox(self, holder: str = "here") -> Outbox:
        made = Outbox(self.db, self.files, self._connection, Signals(self.db.host), holder)
        made._channel = self._channel
        return made

    def states(self) -> list[str]:
        return [row.state for row in self.rows(operations)]

    def said(self) -> list[tuple[str, str]]:
        """Direction and text of all messages, oldest first."""
        return [(row.direction, row.text) for row in self.rows(messages)]

    def outcomes(self) -> list[str]:
        """What became of each envelope."""
        return [row.outcome or row.state for row in self.rows(envelopes)]

    def newest_case(self) -> int:
        joined = messages.join(conversations, conversations.c.id == messages.c.conversation_id)
        newest = sa.select(conversations.c.case_id).select_from(joined).order_by(messages.c.id.desc()).limit(1)
        return int(self.db.read_now(lambda tx: tx.value(newest)))

    def rows(self, table: sa.Table) -> list[Any]:
        return self.db.read_now(lambda tx: list(tx.rows(sa.select(table).order_by(*table.primary_key.columns))))

    def _channel(self, _name: str) -> Any:
        return self.subject.channel

    async def _connection(self, workspace_id: int, inbox_id: int) -> Connection:
        found = await self.db.read(connection_of, system(workspace_id), inbox_id, self._sealer)
        return msgspec.structs.replace(found, hook=HOOK, home="https://sluss.example")
