"""Mail admitted end to end: handed in by LMTP at full durability until it is a case on the desk.

Limit: the same listener with nothing behind it.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import tempfile
import time
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import psycopg

from bench.databases import postgresql
from bench.figures import Figure
from bench.load import mail, send_by_lmtp
from bench.server import running
from sluss.channels.contract import Connection, Delivered
from sluss.channels.email.listener import ListenerOptions, MailListener
from sluss.kernel.clock import system_clock

MAILS = 6000
CONNECTIONS = 16
BOUND = 300


def measure(divide: int) -> list[Figure]:
    """Both databases."""
    mails = [mail(n) for n in range(MAILS // divide)]
    bare = asyncio.run(_bare_listener(mails))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        embedded = _admitted(path, "", mails, lambda: _count_sqlite(path / "sluss.sqlite3"))
    with postgresql() as url, tempfile.TemporaryDirectory() as folder:
        grown = _admitted(Path(folder), url, mails, lambda: _count_postgresql(url))
    return [_figure("SQLite", embedded, bare), _figure("PostgreSQL", grown, bare)]


def _figure(database: str, value: float, bare: float) -> Figure:
    return Figure(
        f"Mail admitted end to end, {database}", value, "/s", bare, "the listener with nothing behind it", f">= {BOUND}/s", value >= BOUND
    )


def _admitted(folder: Path, url: str, mails: list[bytes], count: Callable[[], int]) -> float:
    with running(folder, url) as server:
        asyncio.run(send_by_lmtp(server.lmtp_port, mails[:50], 4))
        _wait_for(count, 50)
        started = time.perf_counter()
        asyncio.run(send_by_lmtp(server.lmtp_port, mails[50:], CONNECTIONS))
        _wait_for(count, len(mails))
        return (len(mails) - 50) / (time.perf_counter() - started)


def _wait_for(count: Callable[[], int], number: int) -> None:
    until = time.monotonic() + 120
    while count() < number:
        if time.monotonic() > until:
            message = f"{count()} of {number} messages reached the desk"
            raise RuntimeError(message)
        time.sleep(0.02)


def _count_sqlite(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as conn:
        return int(conn.execute("SELECT count(*) FROM messages").fetchone()[0])


def _count_postgresql(url: str) -> int:
    with psycopg.connect(url.replace("+psycopg", "")) as conn:
        row = conn.execute("SELECT count(*) FROM messages").fetchone()
        return int(row[0]) if row else 0


async def _bare_listener(mails: list[bytes]) -> float:
    inbox = Connection(workspace_id=1, inbox_id=1, name="", address="bokning@norrsken.example", settings={}, secrets={})

    async def resolve(address: str) -> Connection | None:
        return inbox if address == inbox.address else None

    async def receive(_connection: Connection, _delivered: list[Delivered]) -> None:
        return

    async with _listening(MailListener(resolve, receive, system_clock, ListenerOptions())) as port:
        seconds = await send_by_lmtp(port, mails, CONNECTIONS)
    return len(mails) / seconds


@contextlib.asynccontextmanager
async def _listening(listener: MailListener) -> AsyncGenerator[int]:
    await listener.start()
    try:
        yield listener.port
    finally:
        await listener.stop()
