"""Bringing in what lay in a mailbox before it was connected: all of it, once, newest first, never in the way of new mail."""

from __future__ import annotations

import asyncio
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from sluss.channels.bringing import History
from sluss.channels.contract import Connection, Delivered
from sluss.channels.email import history, mailbox, receiving
from sluss.channels.email.fetching import Batch
from sluss.sandbox.mail.servers import MailWorld
from sluss.sandbox.mail.world import Folder, Mails
from tests.channels.email.mailroom import NOW, SUPPORT, Memory, numbered, read
from tests.channels.email.test_listen import ids, listening

Connect = Callable[..., Connection]
TODAY = NOW / 1_000_000
DAY = 86_400


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "_WAITS", (0.01, 0.05))
    monkeypatch.setattr(mailbox, "_IDLE_SECONDS", 0.05)
    monkeypatch.setattr(history, "_LOOK", 0.01)
    monkeypatch.setattr(history, "_PAUSE", 0.001)
    monkeypatch.setattr(history, "WINDOW", 50)
    monkeypatch.setattr(history, "AT_ONCE", Batch(20, 4_000_000))


@pytest.fixture
def inbox(world: MailWorld) -> Folder:
    return world.mailbox(SUPPORT).inbox


def years(count: int) -> Mails:
    """So many mails, one a day, the last one today."""
    return Mails(count, numbered, lambda number: TODAY - (count - number) * DAY)


def fill(folder: Folder, count: int) -> None:
    folder.mails, folder.uidnext = years(count), count + 1


def told(memory: Memory) -> History:
    return msgspec.convert(memory.cursor.get("history", {"total": 0, "done": 0}), History)


def old(memory: Memory) -> list[int]:
    return [int(read(item.raw).external_id.partition("@")[0]) for item in memory.received if item.origin == "history"]


async def test_all_of_it_the_newest_first_and_new_mail_beside(inbox: Folder, connect: Connect, memory: Memory):
    """F35: each once, with the time it arrived; threads grow as they were written."""
    fill(inbox, 400)
    memory.now = lambda: NOW
    async with listening(connect(days_back=-1), memory):
        await memory.until(lambda: len(memory.received) >= 100)
        inbox.add(numbered(1000), TODAY)
        await memory.until(lambda: told(memory).ended_at is not None and "1000" in ids(memory))
    assert sorted(old(memory)) == list(range(1, 401))
    assert old(memory)[:50] == list(range(351, 401))
    first = memory.received[0]
    assert (first.received_at, first.origin, first.external_key) == (
        NOW - 49 * DAY * 1_000_000,
        "history",
        f"imap:INBOX:{inbox.uidvalidity}:351",
    )
    assert (told(memory).total, told(memory).done, memory.repeated) == (400, 400, [])


async def test_only_so_many_days(inbox: Folder, connect: Connect, memory: Memory):
    fill(inbox, 300)
    memory.now = lambda: NOW
    async with listening(connect(days_back=30), memory):
        await memory.until(lambda: told(memory).ended_at is not None)
    assert old(memory) == list(range(270, 301))


async def test_only_new_mail_brings_nothing_old(inbox: Folder, connect: Connect, memory: Memory):
    fill(inbox, 300)
    async with listening(connect(), memory):
        await memory.until(lambda: "imap:INBOX" in memory.cursor)
        inbox.add(numbered(1000), TODAY)
        await memory.until(lambda: ids(memory) == ["1000"])
    assert "history" not in memory.cursor


async def test_it_is_resumed_wherever_it_was_killed(inbox: Folder, connect: Connect, memory: Memory):
    """F1: nothing is fetched twice, but for what was under way."""
    fill(inbox, 300)
    for enough in range(15, 300, 15):
        async with listening(connect(days_back=-1), memory):
            await memory.until(lambda enough=enough: len(memory.received) >= enough)
    async with listening(connect(days_back=-1), memory):
        await memory.until(lambda: told(memory).ended_at is not None)
    assert sorted(old(memory)) == list(range(1, 301))
    assert memory.repeated == []


async def test_more_days_asked_for_later_bring_only_what_lacks(inbox: Folder, connect: Connect, memory: Memory):
    fill(inbox, 200)
    memory.now = lambda: NOW
    for days, count in ((9, 10), (19, 20), (-1, 200), (5, 200)):
        memory.cursor.pop("history", None)
        async with listening(connect(days_back=days), memory):
            await memory.until(lambda: told(memory).ended_at is not None)
        assert len(memory.received) == count
    assert memory.repeated == []


async def test_it_rests_when_asked_to(inbox: Folder, connect: Connect, memory: Memory):
    """The wish is a row that a page writes; new mail comes as ever."""
    fill(inbox, 300)
    async with listening(connect(days_back=-1), memory):
        await memory.until(lambda: len(memory.received) >= 40)
        await memory.put("history-wish", {"paused": True})
        inbox.add(numbered(1000), TODAY)
        await memory.until(lambda: "1000" in ids(memory))
        came = len(memory.received)
        for number in range(1001, 1005):
            inbox.add(numbered(number), TODAY)
            await memory.until(lambda number=number: str(number) in ids(memory))
        assert len(memory.received) <= came + 4 + 20
        await memory.put("history-wish", {"paused": False})
        await memory.until(lambda: told(memory).ended_at is not None)
    assert sorted(old(memory)) == list(range(1, 301))


async def test_it_waits_until_what_it_brought_is_understood(inbox: Folder, connect: Connect, memory: Memory):
    """F35: two lanes; new mail never stands behind thousands of old ones."""
    fill(inbox, 300)
    memory.waiting = 400
    async with listening(connect(days_back=-1), memory):
        await memory.until(lambda: "imap:INBOX" in memory.cursor)
        inbox.add(numbered(1000), TODAY)
        await memory.until(lambda: ids(memory) == ["1000"])
        memory.waiting = 0
        await memory.until(lambda: told(memory).ended_at is not None)
    assert len(memory.received) == 301


async def test_a_new_numbering_in_the_middle(world: MailWorld, connect: Connect, memory: Memory):
    """T53."""
    inbox = world.mailbox(SUPPORT).inbox
    for number in range(1, 201):
        inbox.add(numbered(number), TODAY - (200 - number) * DAY)
    async with listening(connect(days_back=-1), memory):
        await memory.until(lambda: len(memory.received) >= 70)
        inbox.renumber()
        world.cut_all()
        inbox.add(numbered(1000), TODAY + 1)
        await memory.until(lambda: told(memory).ended_at is not None and "1000" in ids(memory))
    assert sorted(old(memory)) == list(range(1, 201))
    assert ids(memory).count("1000") == 1


async def test_mails_removed_meanwhile_hide_no_other(world: MailWorld, connect: Connect, memory: Memory):
    inbox = world.mailbox(SUPPORT).inbox
    for number in range(1, 201):
        inbox.add(numbered(number), TODAY)
    async with listening(connect(days_back=-1), memory):
        await memory.until(lambda: len(memory.received) >= 60)
        inbox.remove(range(1, 200, 3))
        await memory.until(lambda: told(memory).ended_at is not None)
    assert set(old(memory)) >= set(range(1, 201)) - set(range(1, 200, 3))


async def test_a_server_that_fails_is_told_of_and_tried_again(world: MailWorld, inbox: Folder, connect: Connect, memory: Memory):
    """F26, F44."""
    fill(inbox, 300)
    async with listening(connect(days_back=-1), memory):
        await memory.until(lambda: len(memory.received) >= 40)
        world.faults.refuse["FETCH"] = 3
        await memory.until(lambda: "refused a command" in told(memory).reason)
        await memory.until(lambda: told(memory).ended_at is not None)
    assert sorted(old(memory)) == list(range(1, 301))
    assert told(memory).reason == ""


async def test_thousands_of_mails_need_the_memory_of_a_few(inbox: Folder, connect: Connect, monkeypatch: pytest.MonkeyPatch):
    """F37: the same memory for five thousand mails as for one thousand."""
    monkeypatch.setattr(history, "WINDOW", 500)
    monkeypatch.setattr(history, "AT_ONCE", Batch(100, 4_000_000))
    fill(inbox, 5_000)
    counted = Counted()
    tracemalloc.start()
    try:
        async with listening(connect(days_back=-1), counted):
            await counted.until(lambda: counted.count >= 1_000, 60)
            tracemalloc.reset_peak()
            few = tracemalloc.get_traced_memory()[0]
            await counted.until(lambda: told(counted).ended_at is not None, 60)
            grown = tracemalloc.get_traced_memory()[1] - few
    finally:
        tracemalloc.stop()
        counted.close()
    assert counted.count == 5_000
    assert grown < 5_000_000, f"{grown} bytes more"


class Counted(Memory):
    """Counts what comes instead of keeping it."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.began = time.monotonic()

    async def known(self, connection: Connection, keys: Any) -> set[str]:
        return set()

    async def receive(self, connection: Connection, delivered: list[Delivered]) -> None:
        async with self.changed:
            self.count += len(delivered)
            self.changed.notify_all()
        await asyncio.sleep(0)
