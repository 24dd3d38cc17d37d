"""All visitors who look on, in one process. In: the event log, marks of the desk, visitors' own marks. Out: items pushed to open streams.

One loop reads the log; each batch is one read for everybody. Nothing true lives here: a stream begins with how things stand, so whoever
comes back after a pause, to this process or another, misses nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from typing import Any

import msgspec

from sluss.channels.visitors import TOPIC, Mark, Visitor, get_visitor, read_since
from sluss.kernel import metrics
from sluss.kernel.clock import SECOND
from sluss.kernel.errors import Missing
from sluss.kernel.events import last_position
from sluss.kernel.live import Full
from sluss.kernel.signals import Signals
from sluss.kernel.tx import Tx
from sluss.visitor.chats import Chat, Chats
from sluss.visitor.items import MILLISECOND, Item, page_of
from sluss.visitor.limits import Known, Limits, TooMuch
from sluss.visitor.marks import Marks
from sluss.visitor.news import News, Writer, next_news, writers_by_visitor
from sluss.visitor.staffed import Standing, State, say_standing, standing_of
from sluss.visitor.streams import Stream, encode
from sluss.web.edge import Edge
from sluss.web.locale import Voice, speaking

PAUSE = 1.0
GATHER = 0.02
BEAT_SECONDS = 15
RENEW_BEATS = 4
ONLINE = 150 * SECOND
"""How long somebody counts as being there after their process last said so, which it does every minute."""
LEAVING = 3.0
"""Seconds in which a page that is loaded anew, or a line that flaps, is nobody who left."""
LOOK_BACK = 10 * SECOND
"""What other processes wrote with clocks and commits of their own."""
STATE_PAUSE = 5.0
SPREAD_MS = 5_000
BEAT = encode("beat", {})


class Start(msgspec.Struct, frozen=True):
    """What a stream begins with; instants in milliseconds UTC."""

    items: list[Item]
    more: bool
    seen_at: int
    name: str
    email: str
    state: State


class Visitors:
    """The open streams of one process, and what it remembers of visitors. `writing` (the desk's) tells who of us writes an answer."""

    def __init__(self, edge: Edge) -> None:
        self._edge, self._db = edge, edge.db
        self.limits, self.known = Limits(), Known()
        self.chats = Chats(edge, self.limits)
        self.marks = Marks(edge.db)
        self.writing: Callable[[Tx], Sequence[Writer]] = lambda _: ()
        self.most = edge.config.max_streams
        self.ending = False
        self._streams: dict[int, Stream] = {}
        self._by_row: dict[int, list[Stream]] = {}
        self._networks: Counter[str] = Counter()
        self._open_chats: dict[int, Chat] = {}
        self._standings: dict[int, Standing] = {}
        self._stood_at = -STATE_PAUSE * 2
        self._seen: dict[int, int] = {}
        self._typing: dict[int, str] = {}
        self._left: dict[int, tuple[float, int]] = {}
        self._position: int | None = None
        self._number = 0

    @property
    def count(self) -> int:
        """Open streams."""
        return len(self._streams)

    async def run(self, signals: Signals) -> None:
        """Fan out, until cancelled."""
        topic = "events" if self._db.kind == "sqlite" else "placed"
        async with asyncio.TaskGroup() as loops:
            loops.create_task(self._fan_out_forever(signals, topic))
            loops.create_task(self._look_forever(signals, TOPIC, PAUSE, self._tell_seen))
            loops.create_task(self._look_forever(signals, "presence", PAUSE, self._tell_typing))
            loops.create_task(self._look_forever(signals, "inboxes", STATE_PAUSE, self._tell_states))
            loops.create_task(self._beat_forever())
            loops.create_task(self.marks.run())

    @contextlib.asynccontextmanager
    async def opened(self, chat: Chat, visitor: Visitor, stream: Stream) -> AsyncGenerator[bytes]:
        """Hold a stream open; gives what it begins with. Raises `Full` or `TooMuch`."""
        await self._start()
        self._enter(chat, visitor, stream)
        try:
            with metrics.visitor_stream_open():
                yield await self._snapshot(chat, visitor, stream)
        finally:
            self._leave(stream, visitor)

    async def state(self, chat: Chat) -> State:
        """How a chat stands, in the voice of the moment."""
        standing = self._standing(chat) or await self._db.read(standing_of, chat, self._present(chat.workspace_id))
        return say_standing(chat, standing, self._db.clock())

    def end_all(self) -> None:
        """Let everybody go, each told to come back at a moment of its own."""
        self.ending = True
        for stream in list(self._streams.values()):
            stream.end(random.randint(500, SPREAD_MS))  # noqa: S311 - spreads reconnections, guards nothing

    def end_of(self, visitor_id: int) -> None:
        """Whoever listened to a visitor anonymously listens no more: it is a proven person's now."""
        for stream in list(self._by_row.get(visitor_id, ())):
            if not stream.proven:
                stream.end(500)

    def _enter(self, chat: Chat, visitor: Visitor, stream: Stream) -> None:
        if self.ending or self.count + self._edge.hub.count >= self.most:
            raise Full
        if self._networks[stream.network] >= self.limits.streams_of_network:
            raise TooMuch(10)
        if sum(1 for one in self._by_row.get(visitor.id, ()) if one.rows[0] == visitor.id) >= self.limits.streams_of_visitor:
            raise TooMuch(10)
        self._number += 1
        stream.number = self._number
        self._streams[stream.number] = stream
        self._networks[stream.network] += 1
        for row in stream.rows:
            self._by_row.setdefault(row, []).append(stream)
        self._open_chats[chat.inbox_id] = chat
        self._seen.setdefault(visitor.id, visitor.agent_seen_at)
        self._left.pop(visitor.id, None)
        self.marks.note(Mark(chat.workspace_id, visitor.id, online_until=self._db.clock() + ONLINE))

    def _leave(self, stream: Stream, visitor: Visitor) -> None:
        stream.ended = True
        del self._streams[stream.number]
        self._networks[stream.network] -= 1
        if not self._networks[stream.network]:
            del self._networks[stream.network]
        for row in stream.rows:
            self._by_row[row].remove(stream)
            if not self._by_row[row]:
                del self._by_row[row]
                self._seen.pop(row, None)
        if visitor.id not in self._by_row:
            self._left[visitor.id] = (time.monotonic() + LEAVING, visitor.workspace_id)

    async def _snapshot(self, chat: Chat, visitor: Visitor, stream: Stream) -> bytes:
        def begin(tx: Tx) -> tuple[Visitor, Any, Standing]:
            now = get_visitor(tx, chat.who, chat.inbox_id, visitor.id)
            standing = self._standing(chat) or standing_of(tx, chat, self._present(chat.workspace_id))
            return now, page_of(tx, chat.who, now), standing

        now, page, standing = await self._db.read(begin)
        self._seen[visitor.id] = max(now.agent_seen_at, self._seen.get(visitor.id, 0))
        with speaking(Voice(stream.language, chat.settings.zone)):
            state = say_standing(chat, standing, self._db.clock())
        start = Start(page.items, page.more, now.agent_seen_at // MILLISECOND, now.name, now.email, state)
        typing = self._typing.get(visitor.id, "")
        return encode("start", start) + (encode("typing", {"name": typing}) if typing else b"")

    async def _start(self) -> int:
        if self._position is None:
            head = int(await self._db.read(lambda tx: tx.value(last_position())))
            # As `kernel.live.Hub` does: a later look must not leave out what happened since a first stream began.
            self._position = head if self._position is None else self._position
        return self._position

    async def _fan_out_forever(self, signals: Signals, topic: str) -> None:
        async for _ in signals.rounds(topic, PAUSE):
            while await self._fan_out():  # noqa: ASYNC110 - the pause gathers what comes close together, it waits for nothing
                await asyncio.sleep(GATHER)

    async def _fan_out(self) -> bool:
        """One batch to everybody. Returns whether there may be more."""
        before = await self._start()
        if not self._streams:
            head = int(await self._db.read(lambda tx: tx.value(last_position())))
            if not self._streams:  # nobody came meanwhile who has read an older state
                self._position = head
            return False
        news = await self._db.read(next_news, before, frozenset(self._open_chats), dict(self._seen))
        self._position = news.position
        self._tell(news)
        return news.position > before

    def _tell(self, news: News) -> None:
        pushed = 0
        for one in news.told:
            chunk = encode("item", one.item)
            pushed += self._push(one.visitor_id, chunk, proven=one.visitor_id in news.proven)
        for visitor_id, message_id in news.gone:
            pushed += self._push(visitor_id, encode("gone", {"id": str(message_id)}), proven=visitor_id in news.proven)
        metrics.events_pushed(pushed)

    def _push(self, visitor_id: int, chunk: bytes, *, proven: bool) -> int:
        streams = self._by_row.get(visitor_id, ())
        for stream in streams:
            if proven and not stream.proven:
                stream.end(500)
            else:
                stream.offer(chunk)
        return len(streams)

    async def _look_forever(self, signals: Signals, topic: str, pause: float, look: Callable[[], Any]) -> None:
        async for _ in signals.rounds(topic, pause):
            if self._streams:
                await look()

    async def _tell_seen(self) -> None:
        """How far one of us has read."""
        for _workspace_id, visitor_id, seen_at in await self._db.read(read_since, self._db.clock() - LOOK_BACK):
            if visitor_id in self._by_row and seen_at > self._seen.get(visitor_id, 0):
                self._seen[visitor_id] = seen_at
                for stream in self._by_row[visitor_id]:
                    stream.offer(encode("seen", {"at": seen_at // MILLISECOND}))

    async def _tell_typing(self) -> None:
        """Who of us writes to whom."""
        before, self._typing = self._typing, await self._db.read(writers_by_visitor, self.writing)
        for visitor_id in before.keys() | self._typing.keys():
            name = self._typing.get(visitor_id, "")
            if name != before.get(visitor_id, ""):
                for stream in self._by_row.get(visitor_id, ()):
                    stream.offer(encode("typing", {"name": name}))

    async def _tell_states(self) -> None:
        """Whether anybody is there; and an end for whoever may look on no more."""
        used = {stream.inbox_id for stream in self._streams.values()}
        found = [await self._still_open(chat) for inbox_id, chat in self._open_chats.items() if inbox_id in used]
        closed = used - {chat.inbox_id for chat in found if chat is not None}
        self._open_chats |= {chat.inbox_id: chat for chat in found if chat is not None}
        standings = await self._db.read(self._look_at, list(self._open_chats.values()))
        changed = {one for one, standing in standings.items() if self._standings.get(one) != standing}
        told: dict[tuple[int, str], bytes] = {}
        self._standings, self._stood_at = standings, time.monotonic()
        for stream in list(self._streams.values()):
            if stream.inbox_id in closed or 0 < stream.until <= self._db.clock():
                stream.end(1_000)
            elif stream.inbox_id in changed:
                key = (stream.inbox_id, stream.language)
                told[key] = told.get(key) or self._said(*key)
                stream.offer(told[key])

    async def _still_open(self, chat: Chat) -> Chat | None:
        try:
            return await self.chats.find(chat.key, "")
        except Missing:
            return None

    def _look_at(self, tx: Tx, chats: Collection[Chat]) -> dict[int, Standing]:
        return {chat.inbox_id: standing_of(tx, chat, self._present(chat.workspace_id)) for chat in chats}

    def _standing(self, chat: Chat) -> Standing | None:
        """How the chat stood a moment ago, if somebody looked."""
        return self._standings.get(chat.inbox_id) if time.monotonic() - self._stood_at < 2 * STATE_PAUSE else None

    def _said(self, inbox_id: int, language: str) -> bytes:
        chat = self._open_chats[inbox_id]
        with speaking(Voice(language, chat.settings.zone)):
            return encode("state", say_standing(chat, self._standings[inbox_id], self._db.clock()))

    def _present(self, workspace_id: int) -> frozenset[int]:
        return frozenset(self._edge.hub.present().get(workspace_id, ()))

    async def _beat_forever(self) -> None:
        """A sign of life for a fifteenth of the streams each second, and now and then for whoever looks at the desk."""
        turn = 0
        while True:
            await asyncio.sleep(1)
            turn += 1
            slot, renew = turn % BEAT_SECONDS, turn // BEAT_SECONDS % RENEW_BEATS == 0
            until = self._db.clock() + ONLINE
            for number, stream in list(self._streams.items()):
                if number % BEAT_SECONDS == slot:
                    stream.offer(BEAT)
                    if renew:
                        self.marks.note(Mark(self._open_chats[stream.inbox_id].workspace_id, stream.rows[0], online_until=until))
            self._note_leaving()

    def _note_leaving(self) -> None:
        now = time.monotonic()
        for visitor_id in [one for one, (due, _) in self._left.items() if due <= now]:
            _, workspace_id = self._left.pop(visitor_id)
            self.marks.note(Mark(workspace_id, visitor_id, typing=(0, ""), online_until=self._db.clock()))
