"""Customers who write without pause, and remember what was acknowledged. In: ports. Out: mails by LMTP and signed POST, again until taken.

`Ledger` is the test's own memory beside the database's: what it holds must be there, exactly once.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import count

import httpx

from sluss.channels.email.http_in import SIGNATURE_HEADER, signature_of
from sluss.sandbox.mail.servers import MailWorld
from sluss.sandbox.mail.world import StoredMail
from tests.faults.office import ADDRESS, HTTP_SECRET, PASSWORD

CUSTOMERS = 12
LINE = "Bokningsnumret slutar på 7QK, och resan till Gdańsk syns inte i appen.\r\n"


class Ledger:
    """What was acknowledged to the customers, and what reached their mailboxes; `arrived` keeps the order of each mailbox."""

    def __init__(self) -> None:
        self.acknowledged: Counter[str] = Counter()
        self.arrived: Counter[str] = Counter()
        self.order: list[tuple[str, str]] = []
        self.turned = asyncio.Event()

    def acknowledge(self, message_id: str) -> None:
        self.acknowledged[message_id] += 1
        self.turned.set()

    def arrive(self, address: str, mail: StoredMail) -> None:
        message_id = mail.raw.partition(b"Message-ID: <")[2].partition(b">")[0].decode()
        self.arrived[message_id] += 1
        self.order.append((address, message_id))
        self.turned.set()

    def figures(self) -> str:
        twice = sum(1 for number in self.arrived.values() if number > 1)
        return f"{len(self.acknowledged)} mails acknowledged, {len(self.arrived)} answers arrived, {twice} of them twice"

    async def more(self, number: int) -> None:
        """Wait until so much more has been acknowledged or has arrived."""
        for _ in range(number):
            self.turned.clear()
            await self.turned.wait()


def customer(n: int) -> str:
    return f"kund{n % CUSTOMERS}@kund.example"


async def open_mailboxes(ledger: Ledger) -> MailWorld:
    """The customers' mailboxes, which count what they take before they say so."""
    world = MailWorld()
    world.add(ADDRESS, PASSWORD)
    for n in range(CUSTOMERS):
        world.add(customer(n))
    world.on_delivery(ledger.arrive)
    await world.start()
    return world


def mail(n: int, prefix: str, *, answers: int | None = None) -> tuple[str, bytes]:
    """The n-th mail of a sender, with its Message-ID; every seventh is too large to lie in its row."""
    message_id = f"{n}.{prefix}@kund.example"
    refers = "" if answers is None else f"In-Reply-To: <{answers}.{prefix}@kund.example>\r\n"
    head = f"From: Kund {n % CUSTOMERS} <{customer(n)}>\r\nTo: {ADDRESS}\r\nSubject: Bokning {n}\r\nMessage-ID: <{message_id}>\r\n{refers}"
    body = LINE * (600 if n % 7 == 3 else 3)
    return message_id, f"{head}Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}".encode()


Way = Callable[[bytes], Awaitable[bool]]


class Customers:
    """Several senders; each holds one mail until it is acknowledged, whatever happens to the server."""

    def __init__(self, ledger: Ledger, lmtp_port: int, chance: random.Random) -> None:
        self._ledger, self._lmtp_port, self._chance = ledger, lmtp_port, chance
        self.hook = ""
        self._leaving = False
        self._senders: list[asyncio.Task[None]] = []

    def begin(self) -> None:
        ways = [self._by_lmtp, self._by_lmtp, self._by_post]
        self._senders = [asyncio.create_task(self._write(f"s{n}", way)) for n, way in enumerate(ways)]

    def move(self, http_port: int, lmtp_port: int) -> None:
        """From now on mail goes to another server of the installation."""
        self._lmtp_port, self.hook = lmtp_port, re.sub(r":\d+/", f":{http_port}/", self.hook)

    async def finish(self) -> None:
        """Begin no new mail, and wait until every one begun is acknowledged."""
        self._leaving = True
        await asyncio.gather(*self._senders)

    async def _write(self, prefix: str, way: Way) -> None:
        for n in count():
            if self._leaving:
                return
            # An answer goes to the customer's own mail before, so that threads grow.
            answers = n - CUSTOMERS if n >= CUSTOMERS and n % 3 == 0 else None
            message_id, raw = mail(n, prefix, answers=answers)
            while not await self._try(way, raw):  # noqa: ASYNC110 - a server that is away tells nobody when it is back
                await asyncio.sleep(0.02)
            self._ledger.acknowledge(message_id)
            if self._chance.random() < 0.1:
                await self._try(way, raw)  # a sender who missed the answer says it again
            await asyncio.sleep(0.02)  # customers breathe; otherwise the test is only as long as the mails are many

    async def _try(self, way: Way, raw: bytes) -> bool:
        try:
            async with asyncio.timeout(10):
                return await way(raw)
        except (OSError, EOFError, TimeoutError, httpx.HTTPError):
            return False

    async def _by_lmtp(self, raw: bytes) -> bool:
        return await hand_in(self._lmtp_port, raw) == 250

    async def _by_post(self, raw: bytes) -> bool:
        if not self.hook:
            return False
        async with httpx.AsyncClient() as client:
            answer = await client.post(self.hook, content=raw, headers={SIGNATURE_HEADER: signature_of(raw, HTTP_SECRET)})
        return answer.status_code == 202


async def hand_in(port: int, raw: bytes) -> int:
    """One mail by LMTP. Returns the code of the answer to the mail, or the first refusal before it; raises when the connection breaks."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        code = await _answer(reader)
        for words in ("LHLO kund.example", "MAIL FROM:<kund@kund.example>", f"RCPT TO:<{ADDRESS}>", "DATA"):
            writer.write(f"{words}\r\n".encode())
            code = await _answer(reader)
            if code >= 400:
                return code
        writer.write(raw.removesuffix(b"\r\n") + b"\r\n.\r\n")
        return await _answer(reader)
    finally:
        writer.transport.abort()


async def hand_in_until_taken(port: int, raw: bytes, seconds: float = 60) -> None:
    """As any mail server does: come again until the mail is accepted."""
    async with asyncio.timeout(seconds):
        while await hand_in(port, raw) != 250:  # noqa: ASYNC110 - the server tells nobody when it takes mail again
            await asyncio.sleep(0.2)


async def _answer(reader: asyncio.StreamReader) -> int:
    while True:
        line = await reader.readuntil(b"\r\n")
        if line[3:4] != b"-":
            return int(line[:3])
