"""An account at X as the desk shows it: what an answer may cost, whom nobody here can answer, and what was answered on X itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sluss.cases.models import cases
from sluss.channels import registry
from sluss.channels.costs import spent_today
from sluss.channels.hosting import _note_spent
from sluss.kernel.clock import TestClock
from sluss.kernel.db import Database
from sluss.sandbox.x.double import XDouble
from sluss.sandbox.x.world import US
from tests.channels.contract.room import Room
from tests.channels.x.subject import SUBJECT
from tests.world import Web, World


@pytest.fixture
async def room(db: Database, world: World, clock: TestClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Room]:
    subject = SUBJECT()
    monkeypatch.setitem(registry._made, "x", subject.channel)
    await subject.open()
    room = Room(db, world, clock, tmp_path, subject)
    await room.open()
    yield room
    await subject.close()


async def test_the_desk_knows_whom_x_lets_it_answer_and_what_it_costs(room: Room, web: Web) -> None:
    """Whoever did not ask us is answered on X; what a colleague answers there stops the clock; private keeps its own way."""
    double: XDouble = room.subject.double  # type: ignore[assignment]
    ours = double.world.say(US, "Nya linjer till Luleå")
    anna, pawel = double.world.join("annab", "Anna Berg"), double.world.join("pawel_k", "Paweł Kowalski")
    mention = await double.say(anna, "@norrskenair var är min väska?")
    await double.say(pawel, "Jaha, och vad kostar det?", answers=ours.id)
    await room.take()
    ewa = await web.sign_in("ewa")
    asked, unasked = (row.number for row in room.rows(cases))
    page = (await ewa.get(f"/inbox/open/{asked}")).text
    assert "Reply publicly as" in page
    assert "With a link in it, this answer costs 0.20 dollars." in page
    page = (await ewa.get(f"/inbox/open/{unasked}")).text
    assert "Open on X" in page
    assert "only to those who mention or quote your account" in page
    await double.native_reply(mention.id, "@annab Den är i Luleå.")
    await double.write(anna, "Tack!")
    await room.take()
    first, _, private = room.rows(cases)
    assert first.waiting_since is None
    page = (await ewa.get(f"/inbox/open/{private.number}")).text
    assert "costs 0.20 dollars" not in page
    totals = [room.db.write_now(_note_spent, room.who, room.connection.inbox_id, "own read", (2, 2_000)) for _ in range(2)]
    assert (totals, room.db.read_now(spent_today, room.who, room.connection.inbox_id)) == ([2_000, 4_000], 4_000)
