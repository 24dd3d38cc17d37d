"""Live updates: what happened reaches every open stream whose agent may know of it.

In: the event log, by position. Out: chunks of `text/event-stream`.

One loop per process reads the log and renders each batch once per `Sight` (workspace, inboxes, language); all streams of one sight are
given the same bytes. Every chunk carries the position it brings the reader to: a reader who was away resumes without gap or repetition.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
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
SHARE = 10_000
"""How many events one position can be shared by."""


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
    """One thing to tell: the name of the event and its JSON, as `web/static/js/stream.js` lists them.

    `agent_ids` limits it to some agents' streams.
    """

    name: str
    data: str
    agent_ids: frozenset[int] | None = None

    def is_for(self, agent_id: int) -> bool:
        """Whether an agent is told."""
        return self.agent_ids is None or agent_id in self.agent_ids


class Span(msgspec.Struct, frozen=True):
    """One workspace's part of a batch, and the positions the whole batch lies between."""

    batch: list[Recorded]
    before: int
    position: int


Render = Callable[[Sequence[Recorded], Sight], Awaitable[Sequence[Push]]]
Recheck = Callable[[list[int]], Awaitable[Mapping[int, Watcher]]]


class Full(Exception):
    """No more streams can be opened in this process, or it is ending."""


class Stream:
    """One open stream, of a reader who has seen the log up to `seen`, opened when this process was at `start`.

    Its queue is bounded: a reader too slow for it is told to take the page anew.
    """

    def __init__(self, watcher: Watcher, seen: float, start: int) -> None:
        self.watcher, self.seen, self.start = watcher, seen, start
        self.after = max(seen, start)
        self.ended = False
        self._waiting: deque[bytes] = deque()
        self._woken = asyncio.Event()

    def offer(self, chunk: bytes, position: int) -> None:
        """Queue a chunk, if there is something in it."""
        if not chunk:
            return
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
        self._db, self.most = db, most
        self._groups: dict[Sight, set[Stream]] = {}
        self.render: Render = _render_nothing
        self.recheck: Recheck | None = None
        self.greeting: Callable[[Sight], Sequence[Push]] = lambda _: ()
        """What a stream is told first of all, beside the log."""
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

    @contextlib.asynccontextmanager
    async def opened(self, watcher: Watcher, seen: float) -> AsyncGenerator[Stream]:
        """A stream from just after a position, for as long as the block lasts. Raises `Full`."""
        start = await self._start()
        if self.ending or self.count >= self.most:
            raise Full
        stream = Stream(watcher, seen, start)
        self._groups.setdefault(watcher.sight, set()).add(stream)
        self.count += 1
        stream.offer(_whispered(_of(stream, self.greeting(watcher.sight))), start)
        try:
            with metrics.stream_open():
                yield stream
        finally:
            self.count -= 1
            self._leave(stream)

    async def missed(self, stream: Stream) -> bytes:
        """What happened between the reader's position and the moment the stream was opened; ask once, before its `chunks`."""
        if stream.seen > stream.start:
            head = int(await self._db.read(lambda tx: tx.value(last_position())))
            return b"" if stream.seen < head + 1 else resync(head)
        batch = await self._db.read(_missed, stream.watcher.sight.workspace_id, int(stream.seen), stream.start)
        if batch is None:
            return resync(stream.start)
        return _encode(_of(stream, await self._pushes(batch, stream.watcher.sight)), stream.seen, stream.start)

    def whisper(self, say: Callable[[Sight], Sequence[Push]]) -> None:
        """Tell what is in no log, and so has no position and is never told again."""
        for sight, streams in self._groups.items():
            pushes = say(sight)
            for stream in streams if pushes else ():
                stream.offer(_whispered(_of(stream, pushes)), self._position or 0)

    def present(self) -> dict[int, set[int]]:
        """Agents with an open stream in this process, by workspace."""
        found: dict[int, set[int]] = {}
        for stream in self._streams():
            found.setdefault(stream.watcher.sight.workspace_id, set()).add(stream.watcher.agent_id)
        return found

    def end_all(self) -> None:
        """Let every reader go, each told to come back at a moment of its own, so that they do not all come at once."""
        self.ending = True
        for stream in self._streams():
            wait = random.randint(500, SPREAD_MS)  # noqa: S311 - spreads reconnections, guards nothing
            stream.end(b'event: bye\ndata: {"wait": %d}\n\n' % wait)

    async def _start(self) -> int:
        if self._position is None:
            head = int(await self._db.read(lambda tx: tx.value(last_position())))
            # Whoever was first may have opened a stream by now: a later look must not leave out what happened since.
            self._position = head if self._position is None else self._position
        return self._position

    async def _fan_out_forever(self, signals: Signals, topic: str) -> None:
        async for _ in signals.rounds(topic, PAUSE):
            while await self._fan_out():  # noqa: ASYNC110 - the pause gathers what comes close together, it waits for nothing
                await asyncio.sleep(GATHER)

    async def _fan_out(self) -> bool:
        """One batch to everybody. Returns whether there may be more."""
        before = await self._start()
        batch, position = await self._db.read(_next_batch, before)
        if position == before:
            return False
        # Readers that come from here on are past this batch, so it goes to those who are here now and to nobody else.
        self._position = position
        for sight, streams in [(sight, list(streams)) for sight, streams in self._groups.items()]:
            mine = [one for one in batch if one.workspace_id == sight.workspace_id]
            if mine:
                await self._tell(Span(mine, before, position), sight, streams)
        return True

    async def _tell(self, span: Span, sight: Sight, streams: list[Stream]) -> None:
        pushes = await self._pushes(span.batch, sight)
        encoded: dict[tuple[bool, ...], bytes] = {}
        for stream in streams:
            if stream.watcher.sight != sight:
                continue  # rights changed while this was rendered: the stream was told to take the page anew
            if stream.after > span.before:
                await self._tell_ahead(span, stream)
                continue
            chosen = tuple(push.is_for(stream.watcher.agent_id) for push in pushes)
            if chosen not in encoded:
                encoded[chosen] = _encode(_of(stream, pushes), span.before, span.position)
            stream.offer(encoded[chosen], span.position)
        metrics.events_pushed(len(streams))

    async def _tell_ahead(self, span: Span, stream: Stream) -> None:
        """A reader whose page is newer than this process knew: tell only what the page cannot show yet."""
        unknown = [one for one in span.batch if one.position > stream.after]
        if unknown:
            pushes = _of(stream, await self._pushes(unknown, stream.watcher.sight))
            stream.offer(_encode(pushes, stream.after, span.position), span.position)

    async def _pushes(self, batch: list[Recorded], sight: Sight) -> Sequence[Push]:
        try:
            return await self.render(batch, sight) if batch else ()
        except Exception:
            log.exception("push_failed", positions=[one.position for one in batch[:5]])
            return (Push("resync", "{}"),)

    async def _recheck_forever(self, signals: Signals) -> None:
        async for _ in signals.rounds("sessions", RECHECK):
            streams = self._streams()
            if self.recheck is not None and streams:
                await self._recheck(self.recheck, streams)

    async def _recheck(self, recheck: Recheck, streams: list[Stream]) -> None:
        """A failure is one look later; it must not end the telling beside it, whose batch would be lost half told."""
        try:
            good = await recheck(sorted({stream.watcher.session_id for stream in streams}))
        except Exception:
            log.exception("recheck_failed")
            return
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
                stream.offer(b"event: beat\nid: %d\ndata: {}\n\n" % max(position, int(stream.after)), position)

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


def _encode(pushes: Sequence[Push], after: float, position: int) -> bytes:
    """Pushes as one chunk, with ids that grow from just above `after`.

    Only the last one carries the whole position, so that a reader who is cut off in between asks for the rest again.
    """
    if not pushes:
        return b""
    ids = [f"{after + n / SHARE:.4f}" for n in range(1, len(pushes))] + [str(position)]
    return "".join(_event(at, push) for at, push in zip(ids, pushes, strict=True)).encode()


def _event(at: str, push: Push) -> str:
    return f"id: {at}\n{_bare(push)}"


def _whispered(pushes: Sequence[Push]) -> bytes:
    return "".join(map(_bare, pushes)).encode()


def _bare(push: Push) -> str:
    data = "".join(f"data: {line}\n" for line in push.data.splitlines())
    return f"event: {push.name}\n{data}\n"


def _of(stream: Stream, pushes: Sequence[Push]) -> list[Push]:
    return [push for push in pushes if push.is_for(stream.watcher.agent_id)]


async def _render_nothing(_batch: Sequence[Recorded], _sight: Sight) -> Sequence[Push]:
    return ()


def _next_batch(tx: Tx, after: int) -> tuple[list[Recorded], int]:
    rows = tx.rows(events_after(after, BATCH))
    return _known(rows), int(rows[-1].position) if rows else after


def _missed(tx: Tx, workspace_id: int, after: int, until: int) -> list[Recorded] | None:
    """What one workspace's reader missed, or None when that is too much or too long ago."""
    c = events.c
    # Only the position may choose the index: by its workspace, SQLite would read the whole log.
    mine = (c.workspace_id + 0 == workspace_id) & (c.position > after) & (c.position <= until)
    rows = tx.rows(sa.select(events).where(mine).order_by(c.position).limit(REPLAY + 1))
    if len(rows) > REPLAY or (rows and rows[0].at < tx.now - REPLAY_AGE):
        return None
    return _known(rows)


def _known(rows: Sequence[sa.Row[Any]]) -> list[Recorded]:
    return [one for one in map(from_row, rows) if one is not None]
