"""WhatsApp through intake and outbox: one person under changing names, statuses that never go back, answers of other programs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sluss.cases.models import cases, messages, threads
from sluss.channels import registry
from sluss.channels.contract import TemplateUse
from sluss.channels.hosting import Hosted, Hosting
from sluss.channels.models import templates
from sluss.channels.templating import keep_templates
from sluss.contacts.models import identities
from sluss.kernel.clock import DAY, TestClock
from sluss.kernel.db import Database
from sluss.kernel.errors import Invalid
from sluss.kernel.signals import Signals
from sluss.outbox.models import operations
from sluss.sandbox.graph.whatsapp import CALLER_ANNA, Caller
from tests.channels.contract.room import Room
from tests.channels.whatsapp.subject import SUBJECT
from tests.world import World


@pytest.fixture
async def subject(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SUBJECT]:
    made = SUBJECT()
    monkeypatch.setitem(registry._made, made.name, made.channel)
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def room(db: Database, world: World, clock: TestClock, tmp_path: Path, subject: SUBJECT) -> Room:
    room = Room(db, world, clock, tmp_path, subject)
    await room.open()
    return room


async def test_one_person_stays_one_under_number_and_id(room: Room, subject: SUBJECT) -> None:
    """Known by the number, then by both, then by another number: one identity, one thread, one case."""
    for person in (Caller(name="Anna Berg", number="46701234567"), CALLER_ANNA, Caller(name="Anna Berg", scoped=CALLER_ANNA.scoped)):
        await subject.number.say(person, "Hallå?")
        await room.take()
    moved = await subject.number.change_number(Caller(name="Anna Berg", number="46701234567"), "46709999999")
    await subject.number.say(Caller(name="Anna Berg", number=moved.number, scoped=CALLER_ANNA.scoped), "Nytt nummer")
    await room.take()
    assert [row.address for row in room.rows(identities)] == ["se.13491208655302741918"]
    assert [row.external_key for row in room.rows(threads)] == ["dm:se.13491208655302741918"]
    assert (len(room.rows(cases)), len(room.rows(messages))) == (1, 4)


async def test_statuses_move_forward_only_in_whatever_order_they_come(room: Room, subject: SUBJECT) -> None:
    """F34: read before delivered before sent; a failure after that is none; one that came before the answer's own key counts, too."""
    await subject.say("Var är min väska?")
    await room.take()
    room.answer("Vi letar.")
    await room.send()
    key = subject.number.sent[0]["id"]
    for state, stands in (("read", "read"), ("sent", "read"), ("delivered", "read"), ("failed", "read")):
        await subject.number.tell_status(key, state)
        await room.take()
        assert room.states() == [stands]
    # What ended without an answer is settled by a status that bears our key.
    subject.double.trouble("cut-after", path=subject.sending)
    room.answer("Den är hittad.")
    assert await room.send() == ["read", "unknown"]
    subject.double.heal()
    await subject.number.tell_status(subject.number.sent[1]["id"], "delivered")
    await room.take()
    assert room.states() == ["read", "delivered"]


async def test_a_window_that_closed_unseen_is_told_with_what_to_do(room: Room, subject: SUBJECT) -> None:
    """The desk computes it and stops; where the network knows better, the delivery fails with the reason."""
    await subject.say("Var är min väska?")
    await room.take()
    room.answer("Vi letar.")
    await room.send()
    errors = [{"code": 131047, "title": "Re-engagement message", "error_data": {"details": "24 hours have passed"}}]
    await subject.number.tell_status(subject.number.sent[0]["id"], "failed", errors=errors)
    await room.take()
    (row,) = room.rows(operations)
    assert (row.state, row.code) == ("failed", "131047")
    assert "Send an approved template" in row.reason
    room.clock.move(2 * DAY)
    with pytest.raises(Invalid):
        room.answer("Nu har vi den.")
    found = await subject.adapter.templates(room.connection)
    room.db.write_now(keep_templates, room.who, room.connection.inbox_id, found)
    use = TemplateUse(name="baggage_found", language="sv", values={"header_1": "Anna", "1": "SK-1", "2": "nu", "button_1": "k7"})
    room.answer("", template=use)
    assert await room.send() == ["failed", "sent"]
    assert subject.sent()[-1] == "baggage_found Anna SK-1 nu k7"
    assert room.said()[-1] == (
        "out", "Din väska, Anna\n\nVi har hittat din väska SK-1. Den kommer nu.\n\nNorrsken Air\n[Tack]\n[Följ] https://n.example/k7",
    )  # fmt: skip


async def test_templates_that_the_number_has_are_kept_by_whoever_listens(room: Room, subject: SUBJECT) -> None:
    """What Meta lists takes the place of what was known; the host writes it down for the adapter."""
    hosting = Hosting(room.db, room._sealer, Signals(room.db.host), room.reception, "here")
    one = Hosted(room.connection.workspace_id, room.connection.inbox_id, "whatsapp", 0)
    for listed, wanted in ((["baggage_found"], ["baggage_found"]), ([], [])):
        subject.number.templates = subject.number.templates if listed else []
        await hosting._keep_templates(one, await subject.adapter.templates(room.connection))
        assert [row.name for row in room.rows(templates)] == wanted


async def test_another_program_is_seen_by_its_statuses_alone(room: Room, subject: SUBJECT) -> None:
    """Its words are not told, so a sentence stands there once, however many statuses come."""
    await subject.say("Var är min väska?")
    await room.take()
    key = await subject.number.foreign(CALLER_ANNA, "sent")
    for state in ("delivered", "read"):
        await subject.number._status(CALLER_ANNA, key, state, "")
    await room.take()
    out = [row for row in room.rows(messages) if row.direction == "out"]
    assert [row.text.partition(".")[0] for row in out] == ["Another program has answered here"]
