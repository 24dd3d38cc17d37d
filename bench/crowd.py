"""Visitors by the thousand, and an agent who sees and answers. In: a running server. Out: instants of what was said and seen."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from functools import cache
from urllib.parse import urlencode

from bench.many import vocabulary
from bench.server import Running
from sluss.sandbox.visitors.client import Pace, Visitor
from sluss.sandbox.visitors.wire import Event, Line, Place, Stream, place_of, streamed

A_NETWORK = 10
"""Visitors who share a network address: so many may be new there within ten minutes."""
AT_ONCE = 100
MARK = re.compile(r"fråga (\d+)")
ANSWER = re.compile(r"svar (\d+)")


def crowd(server: Running, count: int, block: int) -> list[Visitor]:
    """So many visitors, from addresses of this machine beginning with 127.`block`."""
    return [Visitor(place_of(server.address, server.chat_key, address(block, n)), pace=Pace(0.5, 4.0, 60.0)) for n in range(count)]


def address(block: int, n: int) -> str:
    """The network address of the n-th visitor."""
    network = n // A_NETWORK
    return f"127.{block}.{network // 250}.{network % 250 + 1}"


async def each(work: Iterable[Awaitable[object]], at_once: int = AT_ONCE) -> None:
    """All of it, some at a time."""
    room = asyncio.Semaphore(at_once)

    async def one(part: Awaitable[object]) -> None:
        async with room:
            await part

    await asyncio.gather(*map(one, work))


async def say(visitor: Visitor, text: str) -> float:
    """Say something, once. Returns the seconds until it was stored."""
    began = time.perf_counter()
    said = visitor.say(text)
    answer = await visitor.post_message(said)
    if answer.status != 202:
        message = f"{answer.status} {answer.body[:300]!r}"
        raise RuntimeError(message)
    said.stored = True
    return time.perf_counter() - began


@contextlib.asynccontextmanager
async def listening(visitors: Sequence[Visitor], at_once: int = AT_ONCE) -> AsyncGenerator[None]:
    """Every one of them holds a stream, as long as the block lasts."""
    loops: list[asyncio.Task[None]] = []

    async def begin(visitor: Visitor) -> None:
        before = visitor.starts
        loops.append(asyncio.create_task(visitor.listen()))
        await visitor.until(lambda: visitor.starts > before)

    try:
        await each((begin(one) for one in visitors), at_once)
        yield
    finally:
        for one in loops:
            one.cancel()
        await asyncio.gather(*loops, return_exceptions=True)


class Agent:
    """Somebody signed in: `rows` are the instants at which questions were pushed to the desk, `cases` their numbers, by question."""

    def __init__(self, server: Running) -> None:
        self._place = Place("127.0.0.1", place_of(server.address, "").port, "")
        self._cookie = {"Cookie": f"sluss={server.cookie}"}
        self._lines = [Line(self._place) for _ in range(32)]
        self._form: dict[str, str] = {}
        self.rows: dict[int, float] = {}
        self.cases: dict[int, str] = {}
        self.told = asyncio.Event()

    async def sit_down(self) -> None:
        """Open the desk, for what its forms need."""
        page = await self._lines[0].ask("GET", "/inbox/open", self._cookie | {"Accept": "text/html"})
        found = re.search(rb'name="csrf"[^>]*value="([^"]+)"|"csrf": ?"([^"]+)"|X-CSRF-Token&#34;: ?&#34;([^&]+)', page.body)
        if found is None:
            message = f"no form on the desk: {page.status}"
            raise RuntimeError(message)
        self._form = {"X-CSRF-Token": next(one for one in found.groups() if one).decode()}

    async def watch(self) -> None:
        """Look at what is pushed to the desk, until cancelled."""
        async with streamed(self._place, "/live?after=0", self._cookie) as stream:
            if not isinstance(stream, Stream):
                message = f"no stream: {stream.status}"
                raise RuntimeError(message)  # noqa: TRY004 - an answer of the server, not a wrong argument
            async for event in stream.events:
                self._see(event)

    async def answer(self, case: str, n: int) -> None:
        """Answer a case."""
        fields = {"op": secrets.token_urlsafe(16), "body": f"svar {n} {words(n)}", "then": "stay", "anyway": "1"}
        headers = self._cookie | self._form | {"Content-Type": "application/x-www-form-urlencoded", "HX-Request": "true"}
        line = self._lines[n % len(self._lines)]
        answer = await line.ask("POST", f"/cases/{case}/reply", headers, urlencode(fields).encode())
        if answer.status != 200:
            message = f"{answer.status} {answer.body[:300]!r}"
            raise RuntimeError(message)

    def _see(self, event: Event) -> None:
        if event.name != "row":
            return
        now = time.perf_counter()
        for found in MARK.findall(event.data["html"]):
            self.rows.setdefault(int(found), now)
            self.cases.setdefault(int(found), str(event.data["no"]))
        self.told.set()


def words(n: int) -> str:
    """What somebody says, the same for the same number and never what another says."""
    chance = random.Random(n)  # noqa: S311 - the same words each time
    return " ".join(chance.choices(_vocabulary(), k=chance.randrange(4, 16)))


@cache
def _vocabulary() -> list[str]:
    return vocabulary()


def hearing(seen: dict[int, float]) -> Callable[[Event], None]:
    """Notes when which answer came."""

    def hear(event: Event) -> None:
        if event.name == "item" and (found := ANSWER.match(event.data["text"])):
            seen.setdefault(int(found[1]), time.perf_counter())

    return hear
