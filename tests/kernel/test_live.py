"""Live updates: every reader is told what they may know, once, in order, whatever breaks in between."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import event

from sluss.kernel import leases, reactions
from sluss.kernel import workspaces as w
from sluss.kernel.actors import Actor, system
from sluss.kernel.clock import MINUTE, TestClock
from sluss.kernel.db import Database
from sluss.kernel.events import Event, Recorded
from sluss.kernel.live import QUEUE, REPLAY, Full, Hub, Push, Sight, Stream, Watcher, _missed
from sluss.kernel.signals import Signals


class Rang(Event, frozen=True, kw_only=True):
    """A bell, for these tests."""

    n: int


class Tower:
    """A hub whose bells push their number, to everybody or to one agent, and a way to ring them."""

    def __init__(self, db: Database, who: Actor) -> None:
        self.db, self.who, self.hub = db, who, Hub(db)
        self.hub.render = self.render
        self.renderings = 0

    async def render(self, batch: Sequence[Recorded], sight: Sight) -> Sequence[Push]:
        self.renderings += 1
        numbers = [one.event.n for one in batch if isinstance(one.event, Rang)]
        if 13 in numbers:
            raise ValueError(numbers)
        return [Push("rang", str(n), agent_ids=frozenset({n}) if n >= 1000 else None) for n in numbers]

    def ring(self, *numbers: int) -> None:
        self.db.write_now(lambda tx: [tx.emit(self.who, Rang(n=n)) for n in numbers])
        lease = self.db.write_now(leases.acquire, "places", "test", 600)
        while self.db.kind == "postgresql" and lease and self.db.write_now(reactions.place_events, lease):
            pass

    @asynccontextmanager
    async def opened(self, seen: float = 0, agent_id: int = 1, session_id: int = 1) -> AsyncGenerator[Reader]:
        watcher = Watcher(session_id, agent_id, Sight(self.who.workspace_id, None))
        async with self.hub.opened(watcher, seen) as stream:
            yield Reader(stream, await self.hub.missed(stream))


class Reader:
    """What a browser makes of a stream: names and data, and the last id."""

    def __init__(self, stream: Stream, missed: bytes) -> None:
        self.stream, self.chunks = stream, stream.chunks()
        self.told: list[str] = []
        self.ids: list[float] = []
        self.take(missed)

    def take(self, chunk: bytes) -> None:
        for at, name, data in re.findall(r"id: ([\d.]+)\nevent: (\w+)\ndata: (.*)\n\n", chunk.decode()):
            self.ids.append(float(at))
            self.told.append(name if data == "{}" else data)

    async def until(self, *told: str) -> None:
        async with asyncio.timeout(20):
            while self.told != list(told):
                self.take(await anext(self.chunks))


@pytest.fixture
def who(db: Database) -> Actor:
    return system(db.write_now(w.create_workspace, w.NewWorkspace("Norrsken Air")))


@pytest.fixture
async def tower(db: Database, who: Actor) -> AsyncIterator[Tower]:
    tower = Tower(db, who)
    running = asyncio.create_task(tower.hub.run(Signals(db.host)))
    yield tower
    running.cancel()
    await asyncio.wait([running])


async def test_what_happens_reaches_whoever_listens(tower: Tower) -> None:
    async with tower.opened() as reader:
        tower.ring(1, 2)
        tower.ring(3)
        await reader.until("1", "2", "3")
    assert reader.ids == sorted(set(reader.ids))


async def test_a_reader_who_was_away_misses_nothing_and_hears_nothing_twice(tower: Tower) -> None:
    """F45: resume by the last id, also from the middle of a chunk."""
    async with tower.opened() as reader:
        tower.ring(1, 2, 3)
        await reader.until("1", "2", "3")
    tower.ring(4)
    async with tower.opened(seen=reader.ids[-1]) as again:
        await again.until("4")
    async with tower.opened(seen=reader.ids[0]) as torn:
        assert torn.told == ["1", "2", "3", "4"]
        assert min(torn.ids) > reader.ids[0]


async def test_a_page_newer_than_this_process_hears_only_what_comes_after(db: Database, who: Actor) -> None:
    tower = Tower(db, who)
    tower.ring(1)
    async with tower.opened(seen=1) as first:
        assert first.told == []
    tower.ring(2, 3)
    async with tower.opened(seen=2) as ahead:
        await tower.hub._fan_out()
        await ahead.until("3")


async def test_what_happens_while_the_hub_takes_its_first_look_is_told(db: Database, who: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    """F45: a stream is open already when the loop, which began earlier, learns where the log stands."""
    tower, held, read = Tower(db, who), asyncio.Event(), db.read

    async def slow(*args: Any) -> Any:
        await held.wait()
        return await read(*args)

    with monkeypatch.context() as patched:
        patched.setattr(db, "read", slow)
        looking = asyncio.create_task(tower.hub._fan_out())
        await asyncio.sleep(0)
    async with tower.opened() as reader:
        tower.ring(1)
        held.set()
        await looking
        await tower.hub._fan_out()
        await reader.until("1")


async def test_too_long_ago_is_told_as_resync(db: Database, who: Actor, clock: TestClock) -> None:
    tower = Tower(db, who)
    tower.ring(1)
    clock.move(11 * MINUTE)
    async with tower.opened() as late:
        assert late.told == ["resync"]


async def test_too_much_is_told_as_resync(db: Database, who: Actor) -> None:
    tower = Tower(db, who)
    tower.ring(*range(20, 21 + REPLAY))
    async with tower.opened() as behind, tower.opened(seen=1) as just_so:
        assert behind.told == ["resync"]
        assert len(just_so.told) == REPLAY


async def test_a_position_nobody_gave_out_is_told_as_resync(tower: Tower) -> None:
    """T11: a forged Last-Event-ID."""
    tower.ring(1)
    async with tower.opened(seen=10**12) as forged:
        assert forged.told == ["resync"]


async def test_another_workspace_hears_nothing(tower: Tower, db: Database) -> None:
    """T11, I7"""
    other = db.write_now(w.create_workspace, w.NewWorkspace("Baltic Ferries", host="ferries.test"))
    async with tower.opened() as own, tower.hub.opened(Watcher(2, 2, Sight(other, None)), 0) as foreign:
        tower.ring(1)
        await own.until("1")
        assert not foreign._waiting


async def test_a_push_for_one_agent_reaches_that_agent_alone(tower: Tower) -> None:
    async with tower.opened(agent_id=1000) as mine, tower.opened(agent_id=1001) as other:
        tower.ring(1000, 5)
        await mine.until("1000", "5")
        await other.until("5")


async def test_a_batch_is_rendered_once_for_all_who_see_alike(tower: Tower) -> None:
    async with tower.opened() as one, tower.opened() as two, tower.opened() as three:
        tower.ring(1)
        for reader in (one, two, three):
            await reader.until("1")
    assert tower.renderings == 1


async def test_a_slow_reader_is_told_to_start_anew_and_goes_on(tower: Tower) -> None:
    async with tower.opened() as slow, tower.opened() as quick:
        for n in range(100, 100 + QUEUE + 1):
            slow.stream.offer(b"id: 1\nevent: rang\ndata: %d\n\n" % n, n)
        tower.ring(7)
        await quick.until("7")
        await slow.until("resync", "7")


async def test_what_cannot_be_rendered_becomes_a_resync(tower: Tower) -> None:
    async with tower.opened() as reader:
        tower.ring(13)
        await reader.until("resync")
        tower.ring(14)
        await reader.until("resync", "14")


async def test_whoever_lost_the_right_to_watch_is_let_go(tower: Tower, db: Database) -> None:
    """T12: at once in this process, within two seconds in another."""
    good: dict[int, Watcher] = {}

    async def recheck(_: list[int]) -> dict[int, Watcher]:
        return good

    async with tower.opened(session_id=1) as gone, tower.opened(session_id=2) as stays:
        good[2] = stays.stream.watcher
        tower.hub.recheck = recheck
        db.write_now(lambda tx: tx.hint("sessions"))
        assert [chunk async for chunk in gone.chunks] == []
        tower.ring(1)
        await stays.until("1")


async def test_a_changed_sight_is_told_to_start_anew(tower: Tower, db: Database) -> None:
    """T11: filtered by what may be seen now."""
    narrow = Watcher(1, 1, Sight(tower.who.workspace_id, frozenset({5})))

    async def recheck(_: list[int]) -> dict[int, Watcher]:
        return {1: narrow}

    async with tower.opened() as reader:
        tower.hub.recheck = recheck
        db.write_now(lambda tx: tx.hint("sessions"))
        await reader.until("resync")
        assert reader.stream.watcher == narrow


async def test_ending_says_goodbye_with_a_moment_to_come_back(tower: Tower) -> None:
    """F3, F46: waits differ, so that readers do not all come back at once."""
    async with tower.opened() as one, tower.opened() as two:
        tower.hub.end_all()
        farewells = [b"".join([chunk async for chunk in reader.chunks]) for reader in (one, two)]
        assert all(b"event: bye" in farewell for farewell in farewells)
        with pytest.raises(Full):
            await _open(tower.opened)


async def _open(opened: Callable[[], object]) -> None:
    async with opened():  # type: ignore[attr-defined]
        pass


async def test_no_more_streams_than_the_process_can_hold(db: Database, who: Actor) -> None:
    """F38"""
    tower = Tower(db, who)
    tower.hub.most = 1
    async with tower.opened():
        with pytest.raises(Full):
            await _open(tower.opened)
    assert tower.hub.count == 0


async def test_a_look_at_rights_that_fails_loses_nobody_a_word(tower: Tower) -> None:
    """What is being told when a neighbour loop stumbles is told to the end."""
    rendering, stumbled = asyncio.Event(), asyncio.Event()

    async def stumble(_session_ids: list[int]) -> dict[int, Watcher]:
        await rendering.wait()
        stumbled.set()
        raise OSError("the database is away")

    async def slowly(batch: Sequence[Recorded], sight: Sight) -> Sequence[Push]:
        rendering.set()
        await stumbled.wait()
        await asyncio.sleep(0)
        return await tower.render(batch, sight)

    tower.hub.recheck, tower.hub.render = stumble, slowly
    async with tower.opened() as reader:
        tower.ring(1)
        await reader.until("1")


def test_catching_up_reads_only_what_was_missed(db: Database, who: Actor) -> None:
    """F46: when everybody comes back at once, nobody reads the whole log."""
    plans: list[str] = []

    def explain(_conn: object, cursor: Any, statement: str, parameters: Any, *_: object) -> None:
        if statement.startswith("BEGIN"):
            return
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}" if db.kind == "sqlite" else f"EXPLAIN {statement}", parameters)
        plans.extend(" ".join(map(str, row)) for row in cursor.fetchall())

    event.listen(db._reading, "before_cursor_execute", explain)
    db.read_now(_missed, who.workspace_id, 5, 9)
    assert "ix_events_position" in "".join(plans)
