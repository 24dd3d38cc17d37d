"""A page with everything behind it, on real databases: branches of one post, answers given elsewhere, from public to private, deeds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sluss.cases.models import bystanders, cases, conversations, message_faces, messages, posts, threads
from sluss.channels import registry
from sluss.channels.contract import Delivered, Surroundings
from sluss.contacts.models import identities
from sluss.kernel.clock import MINUTE, TestClock
from sluss.kernel.db import Database
from sluss.outbox.deeds import order_deed
from sluss.replies.news import mark_of
from sluss.replies.sluice import MoveToPrivate, move_to_private, sluice_of
from sluss.sandbox.graph.people import ANNA, BO, Person
from tests.channels.contract.room import Room
from tests.channels.email.mailroom import Memory
from tests.channels.facebook.subject import SUBJECT
from tests.world import World

EVA = Person("7799000000000003", "Eva Lind")


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


async def test_a_post_holds_many_talks_and_shows_what_stands_around(room: Room, subject: SUBJECT) -> None:
    """One case for each author's branch; a person who goes on stays in it; nobody's name is made up for who is anonymous."""
    page, post = subject.page, subject.post
    subject.double.silent = True
    await page.comment(EVA, post, "Äntligen!")
    subject.double.silent = False
    first = await page.comment(ANNA, post, "Varför är flyget sent?")
    await page.comment(BO, post, "Undrar jag med", parent=first)
    await page.comment(ANNA, post, "Hallå?", parent=first)
    await page.comment(EVA, post, "Dyrt", anonymous=True)
    await room.take()
    assert len(room.rows(cases)) == 3
    assert {row.visibility for row in room.rows(threads)} == {"public"}
    by_case = {row.id: row.case_id for row in room.rows(conversations)}
    spoken = [(by_case[row.conversation_id], row.text) for row in room.rows(messages)]
    assert len({case for case, text in spoken if text in {"Varför är flyget sent?", "Hallå?"}}) == 1
    assert [(row.text, bool(row.url)) for row in room.rows(posts)] == [("Ny linje till Bergen!", True)]
    assert "Äntligen!" in {row.text for row in room.rows(bystanders)}
    assert {row.address for row in room.rows(identities) if row.address.startswith("anonymous-")}


async def test_an_answer_given_on_the_page_is_found_when_meta_never_told_of_it(room: Room, subject: SUBJECT) -> None:
    """By looking alone: it stands in the case with the tool that gave it, the customer waits no longer, and our own is not doubled."""
    page = subject.page
    first = await page.comment(ANNA, subject.post, "Var är min väska?")
    second = await page.comment(BO, subject.post, "Och min?")
    await room.take()
    room.answer("Den är i Luleå.")
    assert await room.send() == ["sent"]
    subject.double.silent = True
    await page.native_reply(first, "Skriv till oss!", app="4711")
    await look(room, subject)
    out = [(row.text, row.origin) for row in room.rows(messages) if row.direction == "out"]
    assert sorted(out) == [("Den är i Luleå.", ""), ("Skriv till oss!", "other tool")]
    assert {row.waiting_since for row in room.rows(cases)} == {None}
    assert page.replies(second) == ["Den är i Luleå."]


async def look(room: Room, subject: SUBJECT) -> None:
    """One round of looking, with what intake knows."""
    memory = Memory()
    memory.cursor["polled"] = {"since": room.clock() - 60 * MINUTE}
    memory.now = room.clock

    class Looking:
        """Intake as it is, admitting at once."""

        known = room.reception.known

        async def receive(self, connection: object, delivered: list[Delivered]) -> None:
            await room.bring(delivered)

    around = memory.around
    around = Surroundings(Looking(), around.cursors, around.progress, around.now)  # type: ignore[arg-type]
    subject.channel.net.pause = 0.01  # type: ignore[attr-defined]
    task = asyncio.create_task(subject.channel.listen(room.connection, around))
    try:
        await memory.until(lambda: len(memory.progress) >= 2)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        memory.close()


async def test_one_press_goes_to_messenger_and_the_talk_stays_in_the_case(room: Room, subject: SUBJECT) -> None:
    """A private answer to the comment, a safe word in public, and what the customer then writes in Messenger is the same case."""
    page = subject.page
    comment = await page.comment(ANNA, subject.post, "Min bokning QX7K2M är borta!")
    await room.take()
    ewa, case_id = room.world.people["ewa"], room.newest_case()
    sluice = room.db.read_now(sluice_of, ewa, case_id)
    way = next(one for one in sluice.passages if one.by == "reply")
    assert way.why == ""
    seen = room.db.read_now(mark_of, ewa, case_id)
    move = MoveToPrivate(op="m1", case_id=case_id, public_id=sluice.public_id, by="reply", told="Hej Anna!", said=way.said, seen=seen)
    room.db.write_now(move_to_private, ewa, move)
    room.clock.move(MINUTE)
    assert set(await room.send()) == {"sent"}
    assert page.talks.said(ANNA) == ["Hej Anna!"]
    assert page.replies(comment) == [way.said]
    await page.talks.say(ANNA, "Det är QX7K2M, tack!")
    await room.take()
    assert [row.id for row in room.rows(cases)] == [case_id]
    assert {row.visibility for row in room.rows(threads)} == {"public", "private"}


async def test_hiding_is_done_once_and_shown_as_the_page_shows_it(room: Room, subject: SUBJECT) -> None:
    page = subject.page
    key = await page.comment(ANNA, subject.post, "Idioter!")
    await room.take()
    (message,) = room.rows(messages)
    ewa = room.world.people["ewa"]
    room.db.write_now(order_deed, ewa, message.id, "hide")
    room.clock.move(MINUTE)
    assert await room.send() == ["sent"]
    assert page.items[key].hidden
    await room.take()
    (face,) = room.rows(message_faces)
    assert face.hidden_at
