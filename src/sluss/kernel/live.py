"""Live updates: what happened reaches every open stream whose agent may know of it. In: the event log, by position. Out: chunks of `text/event-stream`.

One loop per process reads the log and renders each batch once per `Sight` (workspace, inboxes, language); all streams of one sight are given the same
bytes. Every chunk carries the position it brings the reader to, so that a reader who was away resumes without a gap or a repetition.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.kernel import metrics
from sluss.kernel.clock import MINUTE
from sluss.kernel.db import Database
from sluss.kernel.events import Recorded, events, events_after, from_row, last_position
from sluss.kernel.log import get_log
from sluss.kernel.signals import Signals
from sluss.kernel.tx import Tx

log = get_log("live")

BATCH = 200
PAUSE = 1.0
GATHER = 0.02
BEAT = 15.0
RECHECK = 2.0
QUEUE = 64
REPLAY = 500
REPLAY_AGE = 10 * MINUTE
SPREAD_MS = 5_000


class Sight(msgspec.Struct, frozen=True):
    """What a group of readers sees alike. `inbox_ids` None is every inbox of the workspace."""

    workspace_id: int
    inbox_ids: frozenset[int] | None
    locale: str = "en"
    zone: str = "UTC"


class Watcher(msgspec.Struct, frozen=True):
    """Who holds a stream open."""

    session_id: int
    agent_id: int
    sight: Sight


class Push(msgspec.Struct, frozen=True):
    """One thing to tell: unnamed data is swapped into the page, a name makes it an event. `agent_ids` limits it to some agents' streams."""

    data: str
    name: str = ""
    agent_ids: frozenset[int] | None = None


Render = Callable[[Sequence[Recorded], Sight], Awaitable[Sequence[Push]]]
Recheck = Callable[[list[int]], Awaitable[Mapping[int, Watcher]]]


class Full(Exception):
    """No more streams can be opened in this process, or it is ending."""


class Stream:
    """One open stream. Its queue is bounded: a reader too slow for it is told to take the page anew."""

    def __init__(self, watcher: Watcher, after: int) -> None:
        self.watcher, self.after = watcher, after
        self.ended = False
        self._waiting: deque[bytes] = deque()
        self._woken = asyncio.Event()

    def offer(self, chunk: bytes, position: int) -> None:
        """Queue a chunk."""
        if len(self._waiting) >= QUEUE:
            self._waiting.clear()
            chunk = resync(position)
        self._waiting.append(chunk)
        self._woken.set()

    def end(self, farewell: bytes = b"") -> None:
        """Let the reader go, after what is queued."""
        if farewell:
            self._waiting.append(farewell)
        self.ended = True
        self._woken.set()

    async def chunks(self) -> AsyncGenerator[bytes]:
        """What to send, until the end; chunks that wait together come joined."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            if self._waiting:
                joined = b"".join(self._waiting)
                self._waiting.clear()
                yield joined
            if self.ended and not self._waiting:
                return


class Hub:
    """All open streams of one process. `render` (the desk's) turns events into pushes, `recheck` (people's) tells who may still watch."""

    def __init__(self, db: Database, most: int = 10_000) -> None:
        self._db, self._most = db, most
        self._groups: dict[Sight, set[Stream]] = {}
        self.render: Render = _render_nothing
        self.recheck: Recheck | None = None
        self._position: int | None = None
        self.count = 0
        self.ending = False

    async def run(self, signals: Signals) -> None:
        """Fan out, until cancelled."""
        topic = "events" if self._db.kind == "sqlite" else "placed"
        async with asyncio.TaskGroup() as loops:
            loops.create_task(self._fan_out_forever(signals, topic))
            loops.create_task(self._recheck_forever(signals))
            loops.create_task(self._beat_forever())

    @contextlib.contextmanager
    def opened(self, watcher: Watcher, after: int) -> Generator[Stream]:
        """A stream from just after a position, for as long as the block lasts. Raises `Full`."""
        if self.ending or self.count >= self._most:
            raise Full
        stream = Stream(watcher, after)
        self._groups.setdefault(watcher.sight, set()).add(stream)
        self.count += 1
        try:
            with metrics.stream_open():
                yield stream
        finally:
            self.count -= 1
            self._leave(stream)

    async def missed(self, stream: Stream) -> bytes:
        """What happened between the reader's position and the moment the stream was opened; ask once, before its `chunks`."""
        start = await self._start()
        if stream.after > start:
            head = int(await self._db.read(lambda tx: tx.value(last_position())))
            return b"" if stream.after <= head else resync(head)
        if stream.after == start:
            return b""
        sight, after, stream.after = stream.watcher.sight, stream.after, start
        batch = await self._db.read(_missed, sight.workspace_id, after, start)
        if batch is None:
            return resync(start)
        return _for_agent(await self._pushes(batch, sight), stream.watcher.agent_id, start)

    def end_all(self) -> None:
        """Let every reader go, each told to come back at a moment of its own, so that they do not all come at once."""
        self.ending = True
        for stream in self._streams():
            stream.end(b"retry: %d\n\n" % random.randint(500, SPREAD_MS))  # noqa: S311 - spreads reconnections, guards nothing

    async def _start(self) -> int:
        if self._position is None:
            self._position = int(await self._db.read(lambda tx: tx.value(last_position())))
        return self._position

    async def _fan_out_forever(self, signals: Signals, topic: str) -> None:
        async for _ in signals.rounds(topic, PAUSE):
            while await self._fan_out():
                await asyncio.sleep(GATHER)

    async def _fan_out(self) -> bool:
        """One batch to everybody. Returns whether there may be more."""
        before = await self._start()
        batch, position = await self._db.read(_next_batch, before)
        if position == before:
            return False
        # Readers that come from here on are past this batch, so it goes to those who are here now and to nobody else.
        self._position = position
        groups = {sight: list(streams) for sight, streams in self._groups.items()}
        for sight, streams in groups.items():
            mine = [one for one in batch if one.workspace_id == sight.workspace_id]
            if mine:
                await self._tell(mine, sight, (streams, position))
        return True

    async def _tell(self, batch: list[Recorded], sight: Sight, to: tuple[list[Stream], int]) -> None:
        streams, position = to
        pushes = await self._pushes(batch, sight)
        common = _encode([push for push in pushes if push.agent_ids is None], position)
        personal = any(push.agent_ids is not None for push in pushes)
        for stream in streams:
            if stream.after >= batch[0].position:
                unknown = [one for one in batch if one.position > stream.after]
                stream.offer(_for_agent(await self._pushes(unknown, sight), stream.watcher.agent_id, position), position)
            else:
                stream.offer(_for_agent(pushes, stream.watcher.agent_id, position) if personal else common, position)
        metrics.events_pushed(len(streams))

    async def _pushes(self, batch: list[Recorded], sight: Sight) -> Sequence[Push]:
        try:
            return await self.render(batch, sight) if batch else ()
        except Exception:
            log.exception("push_failed", positions=[one.position for one in batch[:5]])
            return (Push("{}", "resync"),)

    async def _recheck_forever(self, signals: Signals) -> None:
        async for _ in signals.rounds("sessions", RECHECK):
            streams = self._streams()
            if self.recheck is not None and streams:
                good = await self.recheck(sorted({stream.watcher.session_id for stream in streams}))
                for stream in streams:
                    self._review(stream, good.get(stream.watcher.session_id))

    def _review(self, stream: Stream, watcher: Watcher | None) -> None:
        if watcher is None:
            self._leave(stream)
            stream.end()
        elif watcher != stream.watcher:
            self._leave(stream)
            stream.watcher = watcher
            self._groups.setdefault(watcher.sight, set()).add(stream)
            stream.offer(resync(self._position or 0), self._position or 0)

    async def _beat_forever(self) -> None:
        while True:
            await asyncio.sleep(BEAT)
            position = self._position or 0
            for stream in self._streams():
                stream.offer(b": beat\nid: %d\n\n" % max(position, stream.after), position)

    def _leave(self, stream: Stream) -> None:
        group = self._groups.get(stream.watcher.sight, set())
        group.discard(stream)
        if not group:
            self._groups.pop(stream.watcher.sight, None)

    def _streams(self) -> list[Stream]:
        return [stream for group in self._groups.values() for stream in group]


def resync(position: int) -> bytes:
    """Tells a reader to take the page anew: too much was missed."""
    return b"id: %d\nevent: resync\ndata: {}\n\n" % position


def _encode(pushes: Sequence[Push], position: int) -> bytes:
    """Pushes as one chunk; the last one carries the position, so that a reader cut off in between asks for all of them again."""
    parts = [_event(push) for push in pushes] or [""]
    return ("".join(f"{part}\n" for part in parts[:-1]) + f"id: {position}\n{parts[-1]}\n").encode()


def _event(push: Push) -> str:
    name = f"event: {push.name}\n" if push.name else ""
    return name + "".join(f"data: {line}\n" for line in push.data.replace("\r\n", "\n").replace("\r", "\n").split("\n"))


def _for_agent(pushes: Sequence[Push], agent_id: int, position: int) -> bytes:
    return _encode([push for push in pushes if push.agent_ids is None or agent_id in push.agent_ids], position)


async def _render_nothing(batch: Sequence[Recorded], sight: Sight) -> Sequence[Push]:
    return ()


def _next_batch(tx: Tx, after: int) -> tuple[list[Recorded], int]:
    rows = tx.rows(events_after(after, BATCH))
    return _known(rows), int(rows[-1].position) if rows else after


def _missed(tx: Tx, workspace_id: int, after: int, until: int) -> list[Recorded] | None:
    """What one workspace's reader missed, or None when that is too much or too long ago."""
    c = events.c
    mine = (c.workspace_id == workspace_id) & (c.position > after) & (c.position <= until)
    rows = tx.rows(sa.select(events).where(mine).order_by(c.position).limit(REPLAY + 1))
    if len(rows) > REPLAY or (rows and rows[0].at < tx.now - REPLAY_AGE):
        return None
    return _known(rows)


def _known(rows: Sequence[sa.Row[Any]]) -> list[Recorded]:
    return [one for one in map(from_row, rows) if one is not None]
