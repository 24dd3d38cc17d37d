"""The chat with many in it: five thousand who only look on, five hundred who talk, one process.

In: visitors from addresses of this machine. Out: what one of them costs, and how long words take from one side to the other.

Limits: a connection that is only held open; a request that asks the server for nothing. The load generator runs on the same cores.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import uvloop

from bench.crowd import Agent, crowd, each, hearing, listening, say, words
from bench.databases import postgresql
from bench.figures import Figure
from bench.server import Running, running
from sluss.sandbox.visitors.client import Visitor
from sluss.sandbox.visitors.wire import Line
from sluss.serving import raise_file_limit
from tests.servers.program import free_port

IDLE, TALKING = 5_000, 500
REST = 60
PACE, EVERY = 50, 5
"""Questions a second, and every which of them is answered."""
TALKED = 60
AT_MOST = 12
"""Questions of each visitor when as many as can be are asked: with those asked before below what one may say in a minute."""
TOLD = 300
LATEST = 30
"""Seconds after which what has not come is lost."""
BACK = 20
PER_VISITOR = 60
BUSY, QUIET = 15, 5

T = TypeVar("T")


def measure(divide: int) -> list[Figure]:
    """Both databases."""
    raise_file_limit()
    held = _run(_held(IDLE // divide))
    with tempfile.TemporaryDirectory() as folder:
        figures = _of_database("SQLite", Path(folder), "", divide, held)
    with postgresql() as url, tempfile.TemporaryDirectory() as folder:
        return figures + _of_database("PostgreSQL", Path(folder), url, divide, held)


def _of_database(name: str, folder: Path, url: str, divide: int, held: float) -> list[Figure]:
    port = free_port()
    idle = _Idle(folder, url, port, IDLE // divide)
    figures = _run(idle.figures(name, max(10, REST // divide), held))
    with running(folder, url, port=port) as server:
        return figures + _run(_talk(server, name, TALKING // divide, max(10, TALKED // divide)))


def _run(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


async def _held(count: int) -> float:
    """KB of the server for a connection that asked once and is held open."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as server:
        lines = [Line(one.place) for one in crowd(server, count, 3)]
        await each(line.ask("GET", "/healthz", {}) for line in lines[:50])
        before = server.rss()
        await each(line.ask("GET", "/healthz", {}) for line in lines[50:])
        grown = server.rss() - before
        for line in lines:
            line.cut()
    return 1_000 * grown / (count - 50)


class _Idle(msgspec.Struct, frozen=True):
    """Visitors who have written once and look on."""

    folder: Path
    url: str
    port: int
    count: int

    async def figures(self, name: str, rest: float, held: float) -> list[Figure]:
        with running(self.folder, self.url, port=self.port) as server:
            visitors = crowd(server, self.count, 1)
            began = time.perf_counter()
            await each(say(one, words(n)) for n, one in enumerate(visitors))
            new = self.count / (time.perf_counter() - began)
            await _caught_up(server)
            before = server.rss()
            async with listening(visitors):
                await asyncio.sleep(3)
                grown = 1_000 * (server.rss() - before) / self.count
                busy = await _busy(server, rest)
                back = await self._restart(server, visitors)
        return [
            Figure(f"New visitors who write, {name}", new, "/s"),
            Figure(
                f"Memory per visitor looking on, of {self.count:,}, {name}",
                grown,
                "KB",
                held,
                "a held connection",
                f"<= {PER_VISITOR} KB",
                grown <= PER_VISITOR,
            ),
            Figure(f"Share of a core while {self.count:,} look on, {name}", busy, "%", bound=f"<= {BUSY} %", fits=busy <= BUSY),
            Figure(f"All {self.count:,} connected again after a restart, {name}", back, "s", bound=f"<= {BACK} s", fits=back <= BACK),
        ]

    async def _restart(self, server: Running, visitors: Sequence[Visitor]) -> float:
        """Seconds from the order to stop until everybody sees the chat again, in a new process."""
        starts = {id(one): one.starts for one in visitors}
        began = time.perf_counter()
        await asyncio.to_thread(server.stop)
        with running(self.folder, self.url, port=self.port):
            async with asyncio.timeout(180):
                await asyncio.gather(*(one.until(lambda one=one: one.starts > starts[id(one)]) for one in visitors))
        return time.perf_counter() - began


async def _caught_up(server: Running) -> None:
    """Until what was said is on the desk, and the server has nothing left to do."""
    while await _busy(server, 3) > QUIET:
        pass


async def _busy(server: Running, seconds: float) -> float:
    """Per cent of one core that the server uses."""
    before, began = _ticks(server), time.perf_counter()
    await asyncio.sleep(seconds)
    return 100 * (_ticks(server) - before) / os.sysconf("SC_CLK_TCK") / (time.perf_counter() - began)


def _ticks(server: Running) -> int:
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


async def _talk(server: Running, name: str, count: int, seconds: int) -> list[Figure]:
    agent, visitors, seen = Agent(server), crowd(server, count, 2), dict[int, float]()
    for one in visitors:
        one.heard = hearing(seen)
    await agent.sit_down()
    watching = asyncio.create_task(agent.watch())
    await each(say(one, f"fråga {n} {words(n)}") for n, one in enumerate(visitors))
    await _caught_up(server)
    async with listening(visitors):
        talk = _Talk(agent, visitors, seconds)
        await talk.go()
        await _until(lambda: len(seen) >= len(talk.answered))
        rate, bare = await _most(visitors), await _bare(server, count)
    watching.cancel()
    rows = [agent.rows[n] - at for n, at in talk.asked.items() if n in agent.rows]
    told = [seen[n] - at for n, at in talk.answered.items() if n in seen]
    if len(rows) < 0.95 * len(talk.asked) or len(told) < len(talk.answered):  # what follows at once is drawn in one row
        message = f"{len(rows)} of {len(talk.asked)} rows and {len(told)} of {len(talk.answered)} answers came"
        raise RuntimeError(message)
    return [
        *_waits(f"Message stored, {count} talking at {PACE}/s, {name}", talk.stored, talk.bare),
        *_waits(f"Message to the desk's row, likewise, {name}", rows, talk.bare),
        *_waits(f"Answer to the visitor, likewise, {name}", told, talk.bare, TOLD),
        Figure(f"Messages a second, as many as can be, {name}", rate, "/s", bare, "an empty handler"),
    ]


async def _until(holds: Callable[[], bool]) -> None:
    """For as long as it does not hold, but no longer than half a minute."""
    for _ in range(LATEST * 10):
        if holds():
            return
        await asyncio.sleep(0.1)


class _Talk:
    """Questions and answers at an even pace; instants by number, in seconds, and waits for what was stored and for nothing."""

    def __init__(self, agent: Agent, visitors: Sequence[Visitor], seconds: int) -> None:
        self._agent, self._visitors, self._seconds = agent, visitors, seconds
        self.asked, self.answered = dict[int, float](), dict[int, float]()
        self.stored, self.bare = list[float](), list[float]()
        self._pace = PACE * len(visitors) / TALKING

    async def go(self) -> None:
        """All of it, to the last answer."""
        began, going = time.perf_counter(), list[asyncio.Task[None]]()
        for n in range(int(self._pace * self._seconds)):
            await asyncio.sleep(max(0, began + n / self._pace - time.perf_counter()))
            going.append(asyncio.create_task(self._ask(len(self._visitors) + n)))
            if n % EVERY == 0:
                going.append(asyncio.create_task(self._answer(n)))
        await asyncio.gather(*going)

    async def _ask(self, n: int) -> None:
        self.asked[n] = time.perf_counter()
        self.stored.append(await say(self._visitors[n % len(self._visitors)], f"fråga {n} {words(n)}"))

    async def _answer(self, n: int) -> None:
        began = time.perf_counter()
        await self._visitors[n % len(self._visitors)].line.ask("GET", "/healthz", {})
        self.bare.append(time.perf_counter() - began)
        self.answered[n] = time.perf_counter()
        await self._agent.answer(self._agent.cases[n * 7 % len(self._visitors)], n)


async def _most(visitors: Sequence[Visitor]) -> float:
    """Messages a second when everybody says the next thing as soon as the last is stored."""

    async def talk(number: int, visitor: Visitor) -> None:
        for n in range(AT_MOST):
            await say(visitor, words(1_000_000 + number * AT_MOST + n))

    words(0)
    began = time.perf_counter()
    await each((talk(number, one) for number, one in enumerate(visitors)), 64)
    return AT_MOST * len(visitors) / (time.perf_counter() - began)


async def _bare(server: Running, count: int) -> float:
    lines = [Line(one.place) for one in crowd(server, 64, 4)]

    async def ask(line: Line) -> None:
        for _ in range(max(20, count // 8)):
            await line.ask("GET", "/healthz", {})

    began = time.perf_counter()
    await each(map(ask, lines), 64)
    return 64 * max(20, count // 8) / (time.perf_counter() - began)


def _waits(name: str, waits: Sequence[float], bare: Sequence[float], bound: int | None = None) -> list[Figure]:
    half, most = (1_000 * one for one in (statistics.median(waits), statistics.quantiles(waits, n=100)[-1]))
    limit_half, limit_most = (1_000 * one for one in (statistics.median(bare), statistics.quantiles(bare, n=100)[-1]))
    told = "an empty request at the same time"
    bounded = f"<= {bound} ms" if bound else ""
    return [
        Figure(f"{name}, p50", half, "ms", limit_half, told),
        Figure("The same, p99", most, "ms", limit_most, told, bounded, most <= bound if bound else None),
    ]
