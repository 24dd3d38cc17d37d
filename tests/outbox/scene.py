"""A desk with one waiting customer, and a network that does as it is told: the only double, everything else is real."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any, cast

import msgspec
import sqlalchemy as sa

from sluss.cases.models import conversations, messages, threads
from sluss.cases.recording import Arrival, record_arrivals
from sluss.channels.contract import Address, Capabilities, Connection, Inbound, Outbound, Sent, Surroundings
from sluss.channels.inboxes import connection_of
from sluss.channels.models import inbox_addresses, inboxes
from sluss.kernel.actors import Actor, Role, system
from sluss.kernel.db import Database
from sluss.kernel.files import FileStore
from sluss.kernel.sealing import Sealer
from sluss.kernel.signals import Signals
from sluss.kernel.workspaces import NewWorkspace, create_workspace, the_brand
from sluss.outbox.models import attempts, operations
from sluss.outbox.runner import Outbox
from sluss.people.models import agents, credentials
from sluss.replies.departing import Departure
from sluss.replies.sending import SendReply, send_reply

ASA = Address("asa@kund.example", "Åsa Lindqvist")
LUKASZ = Address("lukasz@poczta.example", "Łukasz Wójcik")
numbers = count(1)


class PaperPost:
    """A network. Each send takes the next step of `script`: an error, an error `after_hand_over`, a function that does it all, or "ok"."""

    name = "paper"
    capabilities = Capabilities(
        icon="mail", label="Paper", visibility="private", can_cc=True, can_attach=True, max_file_bytes=1_000_000, undo_seconds=10
    )

    def __init__(self) -> None:
        self.script: list[Any] = []
        self.taken: list[Outbound] = []
        self.known: dict[str, Sent] = {}
        self.done = asyncio.Event()
        self.calls = 0

    async def send(self, connection: Connection, outbound: Outbound, hand_over: Callable[[], Awaitable[None]]) -> Sent:
        self.calls += 1
        step: Any = self.script.pop(0) if self.script else "ok"
        if inspect.iscoroutinefunction(step):
            return await step(outbound, hand_over)
        if isinstance(step, Exception) and not getattr(step, "after", False):
            raise step
        await hand_over()
        if isinstance(step, Exception):
            raise step
        self.taken.append(outbound)
        return Sent("250 taken")

    async def look_up(self, connection: Connection, external_id: str) -> Sent | None:
        return self.known.get(external_id)

    async def listen(self, connection: Connection, around: Surroundings) -> None:
        await around.progress("ok", "")
        await asyncio.Event().wait()


def after_hand_over(error: Exception) -> Exception:
    """The error comes once the data has left."""
    error.after = True  # type: ignore[attr-defined]
    return error


class Scene(msgspec.Struct, frozen=True):
    """What a test of sending needs."""

    db: Database
    files: FileStore
    sealer: Sealer
    post: PaperPost
    workspace_id: int
    inbox_id: int
    maja: Actor
    johan: Actor
    case_id: int

    @property
    def system(self) -> Actor:
        return system(self.workspace_id)

    def outbox(self, holder: str = "here") -> Outbox:
        """A sender of its own; call within a running loop."""
        made = Outbox(self.db, self.files, self._connection, Signals(self.db.host), holder)
        made._channel = lambda _: cast("Any", self.post)
        return made

    async def round(self, holder: str = "here") -> int:
        """Send whatever is due once, and wait for the results."""
        outbox = self.outbox(holder)
        started = await outbox.send_due()
        await outbox.idle()
        return started

    def answer(self, text: str = "Vi letar.", **given: Any) -> Departure:
        """Maja answers, whatever she has seen."""
        values: dict[str, Any] = {"op": f"scene{next(numbers)}", "case_id": self.case_id, "text": text, "anyway": True}
        return self.db.write_now(send_reply, self.maja, SendReply(**values | given))

    def operations(self) -> Sequence[Any]:
        return self.db.read_now(lambda tx: tx.rows(sa.select(operations).order_by(operations.c.id)))

    def states(self) -> list[str]:
        return [row.state for row in self.operations()]

    def attempts(self) -> Sequence[Any]:
        return self.db.read_now(lambda tx: tx.rows(sa.select(attempts).order_by(attempts.c.id)))

    def inbox(self) -> Any:
        return self.db.read_now(lambda tx: tx.row(sa.select(inboxes).where(inboxes.c.id == self.inbox_id)))

    def write(self, text: str = "Hej, var är min väska?", **given: Any) -> int:
        """Åsa writes, in a case of her own unless `references` lead elsewhere. Returns the message id."""
        n = next(numbers)
        values: dict[str, Any] = {
            "external_id": f"m{n}@kund.example",
            "dedupe_key": f"k{n}",
            "sender": ASA,
            "subject": "Min väska",
            "text": text,
            "fresh": text,
        }
        arrival = Arrival(
            envelope_id=n,
            inbox_id=self.inbox_id,
            network="paper",
            visibility="private",
            reopen_days=14,
            received_at=self.db.clock(),
            inbound=Inbound(**values | given),
        )
        return self.db.write_now(record_arrivals, self.system, [arrival])[0].message_id

    def case_of(self, message_id: int) -> int:
        joined = messages.join(conversations, conversations.c.id == messages.c.conversation_id)
        wanted = sa.select(conversations.c.case_id).select_from(joined).where(messages.c.id == message_id)
        return self.db.read_now(lambda tx: tx.value(wanted))

    def token(self, thread_id: int) -> str:
        return self.db.read_now(lambda tx: tx.value(sa.select(threads.c.token).where(threads.c.id == thread_id)))

    def external_id(self, message_id: int) -> str:
        return self.db.read_now(lambda tx: tx.value(sa.select(messages.c.external_id).where(messages.c.id == message_id)))

    async def _connection(self, workspace_id: int, inbox_id: int) -> Connection:
        return await self.db.read(connection_of, system(workspace_id), inbox_id, self.sealer)


def set_scene(db: Database, folder: Path, post: PaperPost) -> Scene:
    """Norrsken Air with Maja and Johan, one inbox, and Åsa's first letter."""
    workspace_id = db.write_now(create_workspace, NewWorkspace("Norrsken Air"))
    inbox_id = add_inbox(db, workspace_id, "support@norrsken.example")
    maja, johan = (add_agent(db, workspace_id, name) for name in ("Maja Ek", "Johan Falk"))
    files, sealer = FileStore(folder / "files", reserve=0), Sealer.of(folder)
    scene = Scene(db, files, sealer, post, workspace_id, inbox_id, maja, johan, 0)
    return msgspec.structs.replace(scene, case_id=scene.case_of(scene.write()))


def add_inbox(db: Database, workspace_id: int, address: str) -> int:
    def insert(tx: Any) -> int:
        row: dict[str, Any] = {"workspace_id": workspace_id, "id": tx.new_id(), "brand_id": the_brand(tx, system(workspace_id))}
        row["channel"] = "paper"
        row |= {
            "name": "Support",
            "address": address,
            "settings": {},
            "sealed": b"",
            "enabled": True,
            "created_at": tx.now,
            "changed_at": tx.now,
        }
        row |= {"receiving": "ok", "receiving_error": "", "receiving_since": tx.now, "send_failures": 0, "paused_reason": ""}
        tx.run(sa.insert(inboxes), row)
        tx.run(sa.insert(inbox_addresses), {"workspace_id": workspace_id, "address": address, "inbox_id": row["id"]})
        return row["id"]

    return db.write_now(insert)


def add_agent(db: Database, workspace_id: int, name: str, role: Role = "agent") -> Actor:
    def insert(tx: Any) -> Actor:
        login, agent_id = tx.new_id(), tx.new_id()
        tx.run(sa.insert(credentials), {"id": login, "email": f"{login}@norrsken.example", "password_hash": "", "password_changed_at": 0})
        row = {"workspace_id": workspace_id, "id": agent_id, "credential_id": login, "name": name, "role": role, "language": "sv"}
        tx.run(sa.insert(agents), row | {"theme": "system", "keys_off": False, "created_at": tx.now})
        return Actor(workspace_id, "agent", agent_id, name, role, inbox_ids=None)

    return db.write_now(insert)
