"""Telegram through intake and outbox: a press that counts once, a group that moves, a business account, somebody who blocks the bot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sluss.cases.models import cases, message_reactions, messages, posts, threads
from sluss.channels import registry
from sluss.intake.models import fetches
from sluss.kernel.clock import TestClock
from sluss.kernel.db import Database
from sluss.kernel.errors import Conflict
from sluss.outbox.models import operations
from sluss.sandbox.telegram.telephone import Telephone, move_group
from sluss.sandbox.wire import shuffled
from tests.channels.contract.room import Room
from tests.channels.telegram.booth import ANNA, CREW, OWNER
from tests.channels.telegram.subject import SUBJECT
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


@pytest.fixture
def anna(subject: SUBJECT) -> Telephone:
    return Telephone(subject.double, subject.bot, ANNA)


async def test_a_press_counts_once_and_is_answered_once(room: Room, subject: SUBJECT, anna: Telephone) -> None:
    """F32: told twice under two numbers, it is one message, and Telegram hears of it."""
    await anna.say("Hej")
    await room.take()
    room.answer("Löst?")
    await room.send()
    asked = subject.double.sent[0]
    press = await anna.press(asked, "solved:yes")
    await anna.press(asked, "solved:yes", again=press)
    await anna.react(asked, "👍")
    await room.take()
    assert [text for direction, text in room.said() if direction == "in"] == ["Hej", "solved:yes"]
    assert subject.double.answered_presses == [press]
    assert [row.emoji for row in room.rows(message_reactions)] == ["👍"]
    assert {row.state for row in room.rows(fetches)} == {"done"}


async def test_a_group_that_moves_keeps_its_threads(room: Room, subject: SUBJECT, anna: Telephone) -> None:
    """Everybody's branch goes on under the new number; an answer that was under way finds it."""
    await anna.call("när går SK12?", CREW)
    await anna.say("någon som vet?", group=CREW)
    await room.take()
    room.answer("Klockan 9.")
    after = await move_group(subject.double, subject.bot, CREW, -1_001_999)
    await room.take()
    assert set(await room.send()) == {"sent"}
    assert subject.double.sent[-1]["chat"]["id"] == -1_001_999
    await anna.call("tack", after)
    await room.take()
    (thread,) = room.rows(threads)
    assert (thread.external_key, thread.visibility) == ("p:-1001999:root:77001122", "public")
    assert (len(room.rows(cases)), room.rows(posts)[0].author_name) == (1, "Norrsken resenärer")


async def test_what_the_business_account_answers_itself_stands_in_the_case(room: Room, subject: SUBJECT) -> None:
    """Its own person and another bot are seen with their names; ours by the key; what is taken back stays readable here."""
    shop = subject.double.connect_business(subject.bot, OWNER)
    anna = Telephone(subject.double, subject.bot, ANNA, business=shop)
    asked = await anna.say("Har ni öppet?")
    await room.take()
    room.answer("Ja, till 18.")
    await room.send()
    await anna.owner_answers("Och på söndag.")
    await anna.delete(asked)
    subject.double.hold()
    await subject.double.tell(subject.bot, business_message=subject.double.sent[-1])
    await subject.double.release(shuffled)
    await room.take()
    out = [(row.text, row.origin) for row in room.rows(messages) if row.direction == "out"]
    assert out == [("Ja, till 18.", ""), ("Och på söndag.", "native")]
    assert len(room.rows(cases)) == 1


async def test_who_has_blocked_the_bot_is_not_written_to_again_and_again(room: Room, anna: Telephone) -> None:
    """The composer is closed with what the customer must do; what was under way is refused for good; their next word opens it again."""
    await anna.say("Hej")
    await room.take()
    room.answer("Hej!")
    await anna.block()
    assert await room.send() == ["failed"]
    assert "must unblock" in room.rows(operations)[0].reason
    await room.take()
    with pytest.raises(Conflict, match="has blocked the bot"):
        room.answer("Hej igen!")
    await anna.block(back=True)
    await anna.say("Oj, fel knapp")
    await room.take()
    room.answer("Ingen fara!")
    assert await room.send() == ["failed", "sent"]
