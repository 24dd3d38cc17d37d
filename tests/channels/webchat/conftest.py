"""A chat of Norrsken Air with everything behind it: intake, cases, answers and the outbox, on a real database."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from sluss.cases.models import conversations, messages
from sluss.channels.contract import Connection, Delivered
from sluss.channels.inboxes import InboxFields, connection_of, create_inbox
from sluss.channels.registry import channel_named
from sluss.channels.webchat.identity import new_identity_key
from sluss.channels.webchat.settings import new_chat_key
from sluss.channels.webchat.understanding import ChatMessage, ChatReceipt, encode, external_key
from sluss.intake.admit import Reader, admit_some
from sluss.intake.models import envelopes
from sluss.intake.store import Reception
from sluss.kernel.actors import Actor, system
from sluss.kernel.db import Database
from sluss.kernel.files import FileStore
from sluss.kernel.leases import Lease, acquire
from sluss.kernel.sealing import Sealer
from sluss.kernel.signals import Signals
from sluss.outbox.models import operations
from sluss.outbox.runner import Outbox
from sluss.replies.sending import SendReply, send_reply
from tests.world import World

numbers = count(1)
SITE = "https://www.norrsken.test"


class Chat(msgspec.Struct, frozen=True):
    """What visitors send, and what becomes of it."""

    db: Database
    files: FileStore
    sealer: Sealer
    lease: Lease
    connection: Connection
    who: Actor

    async def bring(self, *said: ChatMessage | ChatReceipt) -> None:
        """Deliver as the visitors' pages do."""
        now = self.db.clock()
        delivered = [Delivered(external_key=_key(one), raw=encode(one), received_at=now) for one in said]
        await Reception(self.db, self.files).receive(self.connection, delivered)

    async def admit(self) -> None:
        async def connection(_workspace_id: int, _inbox_id: int) -> Connection:
            return self.connection

        reader = Reader(self.db, self.files, channel_named, connection)
        while await admit_some(reader, self.lease):
            pass

    async def say(self, *said: ChatMessage | ChatReceipt) -> list[str]:
        """Bring and admit. Returns what became of every envelope so far, oldest first."""
        await self.bring(*said)
        await self.admit()
        rows = self.rows(sa.select(envelopes.c.outcome, envelopes.c.state).order_by(envelopes.c.id))
        return [row.outcome or row.state for row in rows]

    async def send(self) -> list[str]:
        """Let leave what waits. Returns how all deliveries stand, oldest first."""

        async def connection(_workspace_id: int, _inbox_id: int) -> Connection:
            return self.connection

        outbox = Outbox(self.db, self.files, connection, Signals(self.db.host), "here")
        while await outbox.send_due():
            await outbox.idle()
        return self.states()

    def answer(self, agent: Actor, case_id: int, text: str = "Vi letar.", **given: Any) -> int:
        """An agent answers. Returns the message's id."""
        reply = SendReply(op=f"chat-answer{next(numbers)}", case_id=case_id, text=text, anyway=True, **given)
        return self.db.write_now(send_reply, agent, reply).message_id

    def states(self) -> list[str]:
        return [row.state for row in self.rows(sa.select(operations.c.state).order_by(operations.c.id))]

    def case_ids(self) -> list[int]:
        """The case of every message, oldest first."""
        joined = messages.join(conversations, conversations.c.id == messages.c.conversation_id)
        return [row.case_id for row in self.rows(sa.select(conversations.c.case_id).select_from(joined).order_by(messages.c.id))]

    def rows(self, statement: Any) -> Sequence[Any]:
        return self.db.read_now(lambda tx: list(tx.rows(statement)))

    def value(self, statement: Any) -> Any:
        return self.db.read_now(lambda tx: tx.value(statement))


@pytest.fixture
async def chat(db: Database, world: World, tmp_path: Path) -> Chat:
    sealer, files = Sealer.of(tmp_path), FileStore(tmp_path / "files", reserve=0)
    secrets = {"identity_key": new_identity_key()}
    fields = InboxFields(name="Chatten", address=new_chat_key(), settings={"origins": [SITE], "identify": "optional"}, secrets=secrets)
    inbox_id = await db.write(create_inbox, world.who("ewa"), sealer, "webchat", fields)
    connection = await db.read(connection_of, system(world.norrsken.id), inbox_id, sealer)
    lease = await db.write(acquire, "admit", "this test", 3600)
    assert lease
    return Chat(db, files, sealer, lease, connection, system(world.norrsken.id))


def hello(visitor_id: int = 7001, text: str = "Hej, är min väska kvar?", **given: Any) -> ChatMessage:
    """One message of a visitor under a key of its own."""
    said: dict[str, Any] = {"visitor_id": visitor_id, "text": text, "key": f"made-by-the-page-{next(numbers)}"}
    return ChatMessage(**said | given)


def _key(said: ChatMessage | ChatReceipt) -> str:
    return external_key(said) if isinstance(said, ChatMessage) else f"receipt:{next(numbers)}"
