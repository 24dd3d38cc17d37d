"""Connections that die at any byte, either way: no mail is lost, none is torn, and none is told as unsent that was taken."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Literal

import pytest

from sluss.channels.contract import Connection, Refused, ResultUnknown, Unreachable
from sluss.channels.email import receiving
from sluss.channels.email.channel import EmailChannel
from sluss.sandbox.mail.servers import MailWorld
from tests.channels.email.mailroom import SUPPORT, HandOver, Memory, outbound, read

Connect = Callable[..., Connection]
Way = Literal["cut_up", "cut_down"]
WAYS: tuple[Way, ...] = ("cut_up", "cut_down")
MAILS = [b"From: a@b.example\r\nMessage-ID: <%d@b.example>\r\n\r\nHej\r\n.\r\n(%d)\r\n" % (number, number) for number in (1, 2)]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "_WAITS", (0.0, 0.0))


@pytest.mark.parametrize("way", WAYS)
async def test_receiving_survives_a_cut_at_every_byte(world: MailWorld, connect: Connect, memory: Memory, way: Way):
    """T53, F44: a whole session, cut after each of its bytes; every mail comes once, byte for byte, at the next connection."""
    inbox = world.mailbox(SUPPORT).inbox
    for raw in MAILS:
        inbox.add(raw, 0)
    at = 0
    for at in range(100_000):
        memory.received.clear()
        memory.names.clear()
        memory.cursor = {"imap:INBOX": {"uidvalidity": inbox.uidvalidity, "uid": 0, "at": 1}}
        setattr(world.faults, way, at)
        await receive_all(connect(watch_sent=False), memory)
        assert [item.raw for item in memory.received] == MAILS, f"{way} {at}"
        if getattr(world.faults, way) is not None:
            break
    # The mails alone are longer than this: the session was cut in all of them.
    assert at > (100 if way == "cut_up" else 600)
    assert {item.partition(":")[0] for item in memory.repeated} <= {"imap"}


async def receive_all(connection: Connection, memory: Memory) -> None:
    task = asyncio.create_task(receiving.listen(connection, memory.around, allow_private=True))
    try:
        await memory.until(lambda: len(memory.received) == len(MAILS) and memory.cursor["imap:INBOX"]["uid"] == len(MAILS))
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("way", WAYS)
async def test_sending_survives_a_cut_at_every_byte(world: MailWorld, connect: Connect, hand_over: HandOver, way: Way):
    """F28, T60: what the server took is `sent` or not known, never `unreachable`, which would be sent again."""
    asa = world.mailbox("asa@customer.example").inbox
    seen: set[str] = set()
    at = 0
    for at in range(100_000):
        asa.remove(mail.uid for mail in list(asa.mails))
        setattr(world.faults, way, at)
        channel = EmailChannel(allow_private=True)
        outcome = await send(channel, connect(), hand_over)
        await channel.close()
        taken = len(asa.mails)
        assert (taken, outcome) in {(0, "unreachable"), (0, "unknown"), (1, "unknown"), (1, "sent")}, f"{way} {at}"
        seen.add(f"{taken} {outcome}")
        if getattr(world.faults, way) is not None:
            break
        world.faults.heal()
    assert at > (600 if way == "cut_up" else 200)
    assert seen == ({"0 unreachable", "0 unknown", "1 sent"} if way == "cut_up" else {"0 unreachable", "1 unknown", "1 sent"})


async def send(channel: EmailChannel, connection: Connection, hand_over: HandOver) -> str:
    try:
        await channel.send(connection, outbound(), hand_over)
    except Unreachable:
        return "unreachable"
    except ResultUnknown:
        return "unknown"
    except Refused as refused:
        return f"refused {refused}"
    return "sent"


async def test_a_mail_cut_anywhere_is_taken_whole_or_not_at_all(world: MailWorld, connect: Connect, hand_over: HandOver):
    """F28: with the same Message-ID at each attempt, what arrives is one and the same mail."""
    channel, answer = EmailChannel(allow_private=True), outbound(text="Rad\r\n.\r\n" * 20)
    for at in range(0, 1_200, 37):
        world.faults.cut_up = at
        with contextlib.suppress(Unreachable, ResultUnknown):
            await channel.send(connect(), answer, hand_over)
    world.faults.heal()
    await channel.send(connect(), answer, hand_over)
    await channel.close()
    found = {read(mail.raw, "x@y.example").text for mail in world.mailbox("asa@customer.example").messages}
    assert found == {"Rad\n.\n" * 19 + "Rad\n."}
