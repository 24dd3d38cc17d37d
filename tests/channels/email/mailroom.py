"""What tests of mail share: the inbox of Norrsken Air, envelopes, and surroundings that remember."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sluss.channels.contract import Address, Connection, Delivered, Inbound, Outbound, Receipt, Surroundings
from sluss.channels.email.compose import new_message_id
from sluss.channels.email.reading.understand import Ours, understand_mail
from sluss.kernel.files import FileStore, Writing

NOW = 1_795_260_000_000_000  # 2026-11-21 11:20 UTC
SUPPORT = "support@norrsken.example"


def inbox(address: str = SUPPORT, secrets: dict[str, str] | None = None, **settings: Any) -> Connection:
    return Connection(
        workspace_id=1,
        inbox_id=7,
        name="Kundtjänst",
        address=address,
        settings={"user": address, "from_name": "Norrsken Air", **settings},
        secrets={"password": "sandbox"} if secrets is None else secrets,
    )


def delivered(raw: bytes | str, recipients: tuple[str, ...] = ()) -> Delivered:
    data = raw.replace("\n", "\r\n").encode() if isinstance(raw, str) else raw
    return Delivered(external_key="test:1", raw=data, received_at=NOW, recipients=recipients)


def read(raw: bytes | str, *addresses: str, recipients: tuple[str, ...] = ()) -> Inbound:
    (found,) = understand_mail(delivered(raw, recipients), Ours(addresses or (SUPPORT,)))
    assert isinstance(found, Inbound)
    return found


def receipts(raw: bytes | str) -> list[Receipt]:
    found = understand_mail(delivered(raw), Ours((SUPPORT,)))
    return [item for item in found if isinstance(item, Receipt)]


def mail(text: str = "Hej!", **fields: str) -> str:
    """A mail from Åsa with more or other fields; an underscore in a name stands for a hyphen."""
    usual = {"From": "Åsa Lindqvist <asa@customer.example>", "To": SUPPORT, "Subject": "Väskan", "Message-ID": "<1@customer.example>"}
    named = usual | {name.replace("_", "-"): value for name, value in fields.items()}
    return "".join(f"{name}: {value}\n" for name, value in named.items() if value) + f"\n{text}\n"


def numbered(number: int, text: str = "Hej!") -> bytes:
    return mail(text, Message_ID=f"<{number}@customer.example>").replace("\n", "\r\n").encode()


def outbound(recipient: str = "asa@customer.example", **more: Any) -> Outbound:
    usual: dict[str, Any] = {
        "external_id": new_message_id(SUPPORT),
        "recipient": Address(recipient),
        "sender": Address(SUPPORT, "Norrsken Air"),
        "reply_to": Address(SUPPORT),
        "to": (Address(recipient, "Åsa Lindqvist"),),
        "subject": "Re: Väskan",
        "text": "Hej Åsa!\n\nVäskan är hittad.",
        "sent_at": NOW,
    }
    return Outbound(**usual | more)


class Memory:
    """Surroundings of a listening adapter: what it received, how far it says it has read, how it says it goes."""

    def __init__(self) -> None:
        self.received: list[Delivered] = []
        self.repeated: list[str] = []
        self.cursor: dict[str, dict[str, Any]] = {}
        self.progress: list[tuple[str, str]] = []
        self.refuse = 0
        self.waiting = 0
        self.now = lambda: time.time_ns() // 1000
        self.names: set[str] = set()
        self.folder = Path(tempfile.mkdtemp())
        self.store = FileStore(self.folder, reserve=0)
        self.changed = asyncio.Condition()

    @property
    def around(self) -> Surroundings:
        return Surroundings(intake=self, cursors=self, progress=self._progress, now=self.now)

    @property
    def subjects(self) -> list[str]:
        return [read(self.raw(item)).external_id for item in self.received]

    async def until(self, holds: Callable[[], bool], seconds: float = 60) -> None:
        try:
            async with asyncio.timeout(seconds), self.changed:
                await self.changed.wait_for(holds)
        except TimeoutError:
            raise AssertionError(f"waited in vain; received {len(self.received)}, progress {self.progress}, at {self.cursor}") from None

    async def get(self, name: str) -> dict[str, Any] | None:
        return self.cursor.get(name)

    async def put(self, name: str, value: dict[str, Any]) -> None:
        async with self.changed:
            self.cursor[name] = value
            self.changed.notify_all()

    async def known(self, connection: Connection, keys: Sequence[str]) -> set[str]:
        return self.names & set(keys)

    async def behind(self, connection: Connection) -> int:
        return self.waiting

    def writing(self, limit: int) -> Writing:
        return self.store.writing(limit)

    def raw(self, item: Delivered) -> bytes:
        return self.store.read(item.kept.digest) if item.kept else item.raw

    def close(self) -> None:
        shutil.rmtree(self.folder)

    async def receive(self, connection: Connection, delivered: list[Delivered]) -> None:
        async with self.changed:
            self.changed.notify_all()
            if self.refuse:
                self.refuse -= 1
                raise OSError("disk full")
            # As intake does: each key once.
            fresh = [item for item in delivered if item.external_key not in self.names]
            self.repeated += [item.external_key for item in delivered if item.external_key in self.names]
            self.received += fresh
            self.names |= {name for item in fresh for name in (item.external_key, item.mark) if name}

    async def _progress(self, state: str, sentence: str) -> None:
        async with self.changed:
            self.progress.append((state, sentence))
            self.changed.notify_all()


class HandOver:
    """Counts how often a send said that the result can become unknown from here."""

    def __init__(self) -> None:
        self.times = 0

    async def __call__(self) -> None:
        self.times += 1
