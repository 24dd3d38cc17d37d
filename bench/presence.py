"""What it costs to show who is where: 130 agents, a third of them typing, each with a desk open.

In: as many marks as these agents leave in a minute, through the same calls as their browsers'. Out: the share of one core that marking and
telling take. Limit: the core. A second figure is the wait from a mark to the bytes in every stream.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench.databases import postgresql
from bench.figures import Figure, as_table
from sluss.cases.models import cases
from sluss.cases.recording import Arrival, record_arrivals
from sluss.channels.contract import Address, Inbound
from sluss.desk.presence import Doing, mark_presence
from sluss.desk.whispers import Whispers
from sluss.kernel.actors import Actor, system
from sluss.kernel.db import Database, open_database
from sluss.kernel.live import Hub, Sight, Stream, Watcher
from sluss.kernel.tx import Tx
from sluss.migrations import bring_up_to_date
from sluss.people.actions import NewAgent, create_agent
from tests.world import build_world

AGENTS = 130
TYPING = 43
STILL, SAID = 12, 4
"""Seconds between two marks of who reads, and of who types."""
CASES = 200
AT_MOST = 0.15


def measure(divide: int) -> list[Figure]:
    """Both databases."""
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(_of_database("SQLite", f"sqlite:///{Path(folder)}/sluss.sqlite3", divide))
    with postgresql() as url:
        return figures + asyncio.run(_of_database("PostgreSQL", url, divide))


async def _of_database(name: str, url: str, divide: int) -> list[Figure]:
    db = open_database(url)
    db.with_connection(bring_up_to_date)
    agents, numbers = db.write_now(_cast)
    hub = Hub(db)
    whispers = Whispers(db, hub)
    async with contextlib.AsyncExitStack() as opened:
        watchers = [Watcher(one.id, one.id, Sight(one.workspace_id, None)) for one in agents]
        streams = [await opened.enter_async_context(hub.opened(one, 0)) for one in watchers]
        busy, waits = await _minute(db, whispers, streams, _said(agents, numbers, max(6, 60 // divide)))
    db.close()
    share = f"Share of a core for {AGENTS} agents' presence, {name}"
    wait = f"A mark told to {AGENTS} desks, p95, {name}"
    return [
        Figure(share, 100 * busy, "%", bound=f"<= {100 * AT_MOST:.0f} %", fits=busy <= AT_MOST),
        Figure(
            wait, 1000 * statistics.quantiles(waits, n=20)[-1], "ms", bound="<= 300 ms", fits=statistics.quantiles(waits, n=20)[-1] <= 0.3
        ),
    ]


def _said(agents: Sequence[Actor], numbers: Sequence[int], seconds: int) -> list[list[tuple[Actor, int, Doing]]]:
    """What is said in each second; who types pauses now and then, and some open another case."""
    chance = random.Random(7)  # noqa: S311 - the same load each time, guards nothing
    at = {one.id: chance.choice(numbers) for one in agents}
    told: list[list[tuple[Actor, int, Doing]]] = []
    for second in range(seconds):
        now: list[tuple[Actor, int, Doing]] = []
        for place, one in enumerate(agents):
            types = place < TYPING and (second + place) % 20 < 12
            if (second + place) % (SAID if types else STILL) == 0:
                at[one.id] = chance.choice(numbers) if chance.random() < 0.05 else at[one.id]
                now.append((one, at[one.id], "reply" if types else "reading"))
        told.append(now)
    return told


async def _minute(
    db: Database, whispers: Whispers, streams: Sequence[Stream], told: Sequence[Sequence[tuple[Actor, int, Doing]]]
) -> tuple[float, list[float]]:
    """Processor time per second of what was said, and how long each mark took to reach the streams."""
    reading = [asyncio.create_task(_read(stream)) for stream in streams]
    began, waits = time.process_time(), list[float]()
    for second in told:
        for who, number, doing in second:
            said = time.perf_counter()
            await db.write_grouped(mark_presence, who, number, f"{who.id:016x}"[:32], doing)
            await whispers.look()
            waits.append(time.perf_counter() - said)
    for one in reading:
        one.cancel()
    return (time.process_time() - began) / len(told), waits


async def _read(stream: Stream) -> None:
    async for _ in stream.chunks():
        pass


def _cast(tx: Tx) -> tuple[list[Actor], list[int]]:
    """Agents who see every case, and cases."""
    world = build_world(tx)
    who, made = system(world.norrsken.id), list[Actor]()
    for number in range(AGENTS):
        new = NewAgent(name=f"Agent {number}", email=f"presence{number}@bench.example", role="agent", language="en")
        made.append(Actor(who.workspace_id, "agent", create_agent(tx, who, new, "x"), new.name, "agent", None, "en"))
    record_arrivals(tx, who, [_arrival(world.norrsken.inboxes["kundtjanst"].id, number, tx.now) for number in range(CASES)])
    return made, [row.number for row in tx.rows(sa.select(cases.c.number).where(cases.c.workspace_id == who.workspace_id))]


def _arrival(inbox_id: int, number: int, now: int) -> Arrival:
    sender = Address(f"kund{number}@kund.example", f"Kund {number}")
    inbound = Inbound(external_id=f"m{number}", dedupe_key=f"k{number}", sender=sender, subject="Hej", text="Hej!", fresh="Hej!")
    shared: dict[str, Any] = {"network": "email", "visibility": "private", "reopen_days": 14, "received_at": now}
    return Arrival(envelope_id=number + 1, inbox_id=inbox_id, inbound=inbound, **shared)


if __name__ == "__main__":
    print(as_table(measure(1)))
