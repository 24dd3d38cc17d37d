"""Receiving by IMAP: every mail once, none lost between looking and waiting, and the position moves only after the mail is stored."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable

import pytest

from sluss.channels.contract import Connection
from sluss.channels.email import mailbox, receiving
from sluss.channels.email.channel import EmailChannel
from sluss.sandbox.mail.servers import MailWorld
from tests.channels.email.mailroom import SUPPORT, Memory, numbered, read


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reconnects at once."""
    monkeypatch.setattr(receiving, "_WAITS", (0.01, 0.05))


@contextlib.asynccontextmanager
async def listening(connection: Connection, memory: Memory) -> AsyncGenerator[None]:
    task = asyncio.create_task(EmailChannel(allow_private=True).listen(connection, memory.around))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.fixture
def connected(connect: Callable[..., Connection]) -> Connection:
    return connect()


def ids(memory: Memory) -> list[str]:
    return [read(memory.raw(item)).external_id.partition("@")[0] for item in memory.received]


async def test_first_connection_takes_what_is_new_from_now_on(world: MailWorld, connected, memory):
    world.deliver(numbered(1))
    async with listening(connected, memory):
        await memory.until(lambda: ("ok", "") in memory.progress)
        world.deliver(numbered(2))
        await memory.until(lambda: ids(memory) == ["2"])
    (item,) = memory.received
    inbox = world.mailbox(SUPPORT).inbox
    assert item.external_key == f"imap:INBOX:{inbox.uidvalidity}:2"
    assert inbox.mails[-1].flags == set()


async def test_days_back_takes_what_is_there(world, connect, memory):
    for number in (1, 2):
        world.deliver(numbered(number))
    async with listening(connect(days_back=3), memory):
        await memory.until(lambda: ids(memory) == ["1", "2"])


async def test_position_survives_and_nothing_comes_twice(world, connected, memory):
    async with listening(connected, memory):
        await memory.until(lambda: "imap:INBOX" in memory.cursor)
    for number in range(1, 60):
        world.deliver(numbered(number))
    async with listening(connected, memory):
        await memory.until(lambda: len(memory.received) == 59)
    async with listening(connected, memory):
        world.deliver(numbered(60))
        await memory.until(lambda: len(memory.received) == 60)
    assert ids(memory) == [str(number) for number in range(1, 61)]
    assert memory.cursor["imap:INBOX"]["uid"] == 60


async def test_position_waits_for_storage(world, connected, memory):
    """F36: a mail that could not be stored is fetched again."""
    async with listening(connected, memory):
        await memory.until(lambda: "imap:INBOX" in memory.cursor)
        memory.refuse = 3
        world.deliver(numbered(1))
        await memory.until(lambda: ids(memory) == ["1"])
    assert any(state == "failing" and "could not be stored" in sentence for state, sentence in memory.progress)


async def test_lost_connection_is_made_again(world, connected, memory):
    async with listening(connected, memory):
        await memory.until(lambda: ("ok", "") in memory.progress)
        world.cut_all()
        world.deliver(numbered(1))
        await memory.until(lambda: ids(memory) == ["1"])
    assert [state for state, _ in memory.progress] == ["ok", "failing", "ok"]


async def test_server_that_was_away(world, connected, memory):
    """F26."""
    async with listening(connected, memory):
        await memory.until(lambda: ("ok", "") in memory.progress)
        await world.stop()
        world.deliver(numbered(1))
        await memory.until(lambda: sum(state == "failing" for state, _ in memory.progress) >= 3)
        await world.start()
        await memory.until(lambda: ids(memory) == ["1"])


async def test_wrong_password_is_said_plainly(world, connected, memory):
    world.faults.login_expired = True
    async with listening(connected, memory):
        await memory.until(lambda: bool(memory.progress))
    state, sentence = memory.progress[0]
    assert (state, "does not accept user name and password" in sentence) == ("failing", True)


async def test_new_numbering_is_read_again_without_what_is_old(world, connected, memory):
    """T53: UIDVALIDITY changed. What is known is not fetched again, what came meanwhile is, however old it is."""
    world.now = lambda: 1_000_000_000.0
    async with listening(connected, memory):
        await memory.until(lambda: ("ok", "") in memory.progress)
        world.deliver(numbered(1))
        await memory.until(lambda: ids(memory) == ["1"])
        world.now = lambda: 4_000_000_000.0
        world.deliver(numbered(2))
        await memory.until(lambda: ids(memory) == ["1", "2"])
        world.mailbox(SUPPORT).inbox.renumber()
        world.cut_all()
        await memory.until(lambda: memory.cursor["imap:INBOX"]["uid"] == 102)
        world.deliver(numbered(3))
        await memory.until(lambda: ids(memory) == ["1", "2", "3"])
    assert memory.repeated == []


@pytest.mark.parametrize("fault", ["without_idle", "silent_idle"])
async def test_polling_finds_what_push_does_not_tell(world, connect, memory, monkeypatch, fault: str):
    monkeypatch.setattr(mailbox, "_IDLE_SECONDS", 0.05)
    setattr(world.faults, fault, True)
    async with listening(connect(), memory):
        await memory.until(lambda: ("ok", "") in memory.progress)
        world.deliver(numbered(1))
        await memory.until(lambda: ids(memory) == ["1"])


async def test_mail_over_the_limit_is_shown_with_a_note(world, connect, memory):
    """Never skipped: the header and a sentence take its place, and the next mail comes through."""
    async with listening(connect(largest_mail=1), memory):
        await memory.until(lambda: ("ok", "") in memory.progress)
        world.deliver(b"Content-Type: text/html\r\nX-Kept: yes\r\n" + numbered(1, "xyz <b>fet</b> " * 80_000))
        world.deliver(numbered(2))
        await memory.until(lambda: ids(memory) == ["1", "2"])
    large = read(memory.received[0].raw)
    assert (large.subject, "<b>fet</b>" in large.html, large.text[:7]) == ("Väskan", True, "xyz fet")
    assert "too large to be fetched (1.1 MB). It is still in the folder INBOX of the mailbox, whole." in large.text


async def test_mail_that_was_taken_away_meanwhile_is_passed_over(world, connected, memory):
    async with listening(connected, memory):
        await memory.until(lambda: ("ok", "") in memory.progress)
        world.faults.slow = 0.05
        world.deliver(numbered(1))
        world.mailbox(SUPPORT).inbox.remove([1])
        world.deliver(numbered(2))
        await memory.until(lambda: ids(memory) == ["2"])


async def test_duplicates_and_reordered_mail_come_as_they_are(world, connected, memory):
    async with listening(connected, memory):
        await memory.until(lambda: ("ok", "") in memory.progress)
        world.faults.hold_back = 2
        for number in (1, 2, 3):
            world.deliver(numbered(number))
        world.faults.duplicate = 1
        world.deliver(numbered(4))
        await memory.until(lambda: len(memory.received) == 5)
    assert ids(memory) == ["3", "2", "1", "4", "4"]


async def test_folder_that_is_not_there(connect, memory):
    async with listening(connect(folder="Support"), memory):
        await memory.until(lambda: bool(memory.progress))
    assert memory.progress[0] == ("failing", "The folder Support cannot be opened; check its name.")


async def test_incomplete_settings_do_not_end_the_listening(connect, memory):
    async with listening(connect(imap_port="what"), memory):
        await memory.until(lambda: len(memory.progress) > 1)
    assert "settings" in memory.progress[0][1]
