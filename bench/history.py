"""A mailbox of years brought in: two hundred thousand mails, and new mail that comes meanwhile.

Limit: the same server's metadata alone, read in the same windows, nothing fetched.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import time

from bench.figures import Figure
from sluss.channels.bringing import HISTORY
from sluss.channels.contract import Connection, Delivered, Surroundings
from sluss.channels.email import receiving
from sluss.channels.email.dial import Place
from sluss.channels.email.fetching import MARKED
from sluss.channels.email.folder import WINDOW
from sluss.channels.email.imap_client import ImapClient
from sluss.kernel.clock import system_clock
from sluss.kernel.files import Writing
from sluss.sandbox.mail.servers import MailWorld
from sluss.sandbox.mail.world import Mails

MAILS = 200_000
ADDRESS = "bokning@norrsken.example"
BODY = "Hej!\r\nVi har bokat en resa och undrar om sätet.\r\n" * 30
EVERY = 2.0
BOUND = 300
GROWN_MB = 60
LATE_SECONDS = 5


def measure(divide: int) -> list[Figure]:
    """How fast old mail comes in, what memory it takes, and how late new mail is meanwhile."""
    return asyncio.run(_measured(MAILS // divide))


async def _measured(count: int) -> list[Figure]:
    world = MailWorld()
    inbox = world.add(ADDRESS, "sandbox").inbox
    inbox.mails, inbox.uidnext = Mails(count, _mail, lambda number: 1_600_000_000.0 + 600 * number), count + 1
    await world.start()
    try:
        limit = await _metadata(world, count)
        sink = Sink(count)
        before = _peak()
        started = time.perf_counter()
        await _bring(world, sink)
        seconds = time.perf_counter() - started
    finally:
        await world.stop()
    rate, grown, late = count / seconds, _peak() - before, max(sink.late, default=0.0)
    return [
        Figure("Old mail brought in by IMAP", rate, "/s", limit, "the server's metadata alone", f">= {BOUND}/s", rate >= BOUND),
        Figure(f"Memory grown by {count:,} old mails", grown, "MB", bound=f"<= {GROWN_MB} MB", fits=grown <= GROWN_MB),
        Figure("New mail handed on meanwhile, latest", late, "s", bound=f"<= {LATE_SECONDS} s", fits=late <= LATE_SECONDS),
    ]


async def _bring(world: MailWorld, sink: Sink) -> None:
    settings = {"imap_host": world.host, "imap_port": world.imap_port, "imap_security": "plain", "user": ADDRESS, "days_back": -1}
    connection = Connection(workspace_id=1, inbox_id=1, name="", address=ADDRESS, settings=settings, secrets={"password": "sandbox"})
    around = Surroundings(intake=sink, cursors=sink, progress=sink.progress, now=system_clock)
    receiver = asyncio.create_task(receiving.listen(connection, around, allow_private=True))
    fresh = asyncio.create_task(_arrivals(world, sink))
    await sink.whole.wait()
    for task in (receiver, fresh):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _arrivals(world: MailWorld, sink: Sink) -> None:
    """A new mail every two seconds."""
    inbox = world.mailbox(ADDRESS).inbox
    while True:
        await asyncio.sleep(EVERY)
        mail = inbox.add(_mail(inbox.uidnext), time.time())
        sink.arrived[mail.uid] = time.perf_counter()


async def _metadata(world: MailWorld, count: int) -> float:
    client = await ImapClient.connect(Place(world.host, world.imap_port, "plain", allow_private=True))
    await client.login(ADDRESS, "sandbox")
    await client.examine("INBOX")
    started = time.perf_counter()
    for first in range(1, count + 1, WINDOW):
        await client.details_by_number(first, min(count, first + WINDOW - 1), MARKED)
    seconds = time.perf_counter() - started
    await client.logout()
    return count / seconds


def _mail(number: int) -> bytes:
    head = f"From: Kund {number % 5000} <kund{number % 5000}@kund.example>\r\nTo: {ADDRESS}\r\nSubject: Bokning {number}\r\n"
    return f"{head}Message-ID: <{number}@kund.example>\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n\r\n{BODY}".encode()


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Sink:
    """Surroundings that count and forget."""

    def __init__(self, count: int) -> None:
        self.count, self.old = count, 0
        self.whole = asyncio.Event()
        self.arrived: dict[int, float] = {}
        self.late: list[float] = []
        self._cursors: dict[str, dict[str, object]] = {}

    async def receive(self, connection: Connection, delivered: list[Delivered]) -> None:  # noqa: ARG002 - as intake is asked
        for one in delivered:
            if one.origin == "history":
                self.old += 1
            else:
                self.late.append(time.perf_counter() - self.arrived[int(one.external_key.rpartition(":")[2])])

    async def known(self, connection: Connection, keys: object) -> set[str]:  # noqa: ARG002 - as intake is asked
        return set()

    async def behind(self, connection: Connection) -> int:  # noqa: ARG002 - as intake is asked
        return 0

    def writing(self, limit: int) -> Writing:
        message = f"no mail here is of {limit} bytes"
        raise RuntimeError(message)

    async def get(self, name: str) -> dict[str, object] | None:
        return self._cursors.get(name)

    async def put(self, name: str, value: dict[str, object]) -> None:
        self._cursors[name] = value
        if name == HISTORY and value["ended_at"]:
            assert self.old == self.count, f"{self.old} of {self.count} came"
            self.whole.set()

    async def progress(self, state: str, sentence: str) -> None:
        if state == "failing":
            raise RuntimeError(sentence)
