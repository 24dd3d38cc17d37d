"""What goes out, to every network: once, in order, and with an honest account of what became of it."""

from __future__ import annotations

import pytest

from sluss.cases.models import cases, messages
from sluss.channels.models import inboxes
from sluss.kernel.clock import HOUR, TestClock
from sluss.kernel.errors import Conflict, Invalid
from sluss.outbox import runner
from sluss.outbox.models import operations
from tests.channels.contract.room import Room


async def asked(room: Room, side: str = "") -> None:
    """A customer waits for an answer."""
    sides = room.subject.sides
    await room.subject.say("Var är min väska?", side or sides[0])  # type: ignore[arg-type]
    await room.take()


async def test_answers_go_out_once_on_each_side_and_their_echo_is_ours(room: Room) -> None:
    """An echo that comes late, twice, or before the answer does not make a second message; an answer by another program is one."""
    for side in room.subject.sides:
        await asked(room, side)
        room.answer(f"Vi letar, {side}.")
        assert set(await room.send()) <= {"sent", "delivered", "read"}
        if await room.subject.echo():
            brought = await room.take()
            await room.bring(brought)
    assert room.subject.sent() == [f"Vi letar, {side}." for side in room.subject.sides]
    assert len([one for one in room.said() if one[0] == "out"]) == len(room.subject.sides)


async def test_an_answer_given_elsewhere_stops_the_clock(room: Room) -> None:
    """Answered by the network's own program: it stands in the case with its origin, and the customer waits no longer."""
    await asked(room, "private" if "private" in room.subject.sides else "")
    if not await room.subject.native("Den är i Luleå."):
        return
    await room.take()
    out = [row for row in room.rows(messages) if row.direction == "out"]
    assert [(row.text, bool(row.origin)) for row in out] == [("Den är i Luleå.", True)]
    assert [row.waiting_since for row in room.rows(cases)] == [None]


async def test_trouble_before_it_left_costs_a_wait_and_trouble_after_it_is_never_sent_blindly(room: Room) -> None:
    """A cut before anything was taken is tried again; one after it is looked up or stays unknown; a flood waits; nothing goes twice."""
    double, path = room.subject.double, room.subject.sending
    await asked(room)
    double.trouble("status", path=path, answer=room.subject.flood)
    room.answer("Först.")
    assert await room.send() == ["queued"]
    assert room.rows(operations)[0].due_at > room.clock() or room.rows(inboxes)[-1].paused_until
    assert set(await room.send_later()) <= {"sent", "delivered", "read"}
    double.trouble("cut-after", path=path)
    room.answer("Sedan.")
    (_, state) = await room.send()
    assert state in {"unknown", "sent"}
    double.heal()
    await room.send_later()
    assert room.subject.sent().count("Sedan.") == 1 or state == "unknown"
    assert room.subject.sent()[:2] == ["Först.", "Sedan."]


async def test_what_the_network_takes_no_more_is_not_offered(room: Room, clock: TestClock) -> None:
    """Where free answers end some hours after the customer's last word, one that comes later is stopped before it leaves."""
    capabilities = room.subject.channel.capabilities
    hours = capabilities.late_hours or capabilities.window_hours
    if hours is None:
        return
    await asked(room, "private")
    clock.move((hours + 1) * HOUR)
    with pytest.raises((Conflict, Invalid)):
        room.answer("För sent.")
    assert (room.states(), room.subject.sent()) == ([], [])


async def test_a_dead_token_asks_a_person_and_keeps_the_answer(room: Room) -> None:
    """The inbox says that it must be connected again; nothing is lost, and nothing more is tried."""
    await asked(room)
    room.subject.double.trouble("status", times=50, answer=room.subject.expired)
    room.answer("Vi letar.")
    assert await room.send() == ["queued"]
    (inbox,) = [row for row in room.rows(inboxes) if row.id == room.connection.inbox_id]
    assert inbox.reconnect
    calls = len(room.subject.double.asked)
    await room.send_later()
    assert len(room.subject.double.asked) == calls
    assert room.subject.sent() == []


async def test_a_sender_that_dies_in_the_middle_leaves_no_second_copy(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after the network was asked: an echo is the answer; else who takes over looks, or leaves it to a person. It is there once."""
    monkeypatch.setattr(runner, "GRACE_SECONDS", 0.01)
    await asked(room)
    room.subject.double.trouble("cut-after", path=room.subject.sending)
    room.answer("Vi letar.")
    await room.send(room.outbox("dead"))
    room.subject.double.heal()
    assert room.subject.sent() == ["Vi letar."]
    if await room.subject.echo():
        await room.take()
        assert set(room.states()) <= {"sent", "delivered", "read"}
        assert len([one for one in room.said() if one[0] == "out"]) == 1
    after = await room.send(room.outbox("alive"))
    assert after[0] in {"sent", "unknown", "delivered", "read"}
    assert room.subject.sent() == ["Vi letar."]
