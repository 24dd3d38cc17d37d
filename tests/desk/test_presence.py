"""Who is at a case: told to those who may see it and to nobody else, each colleague once, for seconds. T2, T5, T6, T11; F45, F51."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from sluss.desk.models import presences
from sluss.desk.presence import LIFE, TABS, WRITING, colleagues_at, forget_presences, leave_case, mark_presence
from sluss.desk.routes_presence import IN_A_ROW, Pace
from sluss.desk.whispers import Whispers
from sluss.kernel.clock import TestClock
from sluss.kernel.db import Database
from sluss.kernel.errors import Missing
from sluss.kernel.live import Hub, Sight, Watcher
from tests.desk.conftest import LUKASZ, Customers
from tests.world import Web, World

TAB, OTHER_TAB = "a1b2c3d4e5", "b1b2c3d4e5"
Told = dict[str, list[tuple[str, str]]]


class Room:
    """Open desks of one process: `await room.told("maja")` is what her stream has been told since the last time, by case number."""

    def __init__(self, db: Database, world: World, hub: Hub) -> None:
        self.db, self.world, self.hub = db, world, hub
        self.whispers = Whispers(db, hub)

    def at(self, key: str, no: int, doing: Any = "reading", tab: str = TAB) -> None:
        self.db.write_now(mark_presence, self.world.who(key), no, tab, doing)

    def seen_by(self, key: str, *case_ids: int) -> dict[int, list[tuple[str, str]]]:
        found = self.db.read_now(colleagues_at, self.world.who(key), case_ids)
        return {case_id: [(one.name, one.doing) for one in people] for case_id, people in found.items()}

    def watcher(self, key: str) -> Watcher:
        who = self.world.who(key)
        return Watcher(who.id, who.id, Sight(who.workspace_id, who.inbox_ids))


@pytest.fixture
def room(db: Database, world: World) -> Room:
    return Room(db, world, Hub(db))


def told(chunk: bytes) -> list[tuple[bool, Told]]:
    """What a chunk of the stream says of presence; nothing of it has a place in the log."""
    assert b"id:" not in chunk
    lines = [msgspec.json.decode(line[6:]) for line in chunk.decode().splitlines() if line.startswith("data: ")]
    return [(one["whole"], {case: [(name, doing) for _, name, doing in people] for case, people in one["here"].items()}) for one in lines]


def test_a_colleague_is_seen_with_what_they_do_and_nobody_sees_themselves(room: Room, customers: Customers) -> None:
    case = customers.case(customers.write())
    room.at("maja", case.number)
    assert room.seen_by("johan", case.id) == {case.id: [("Maja Ek", "reading")]}
    assert room.seen_by("maja", case.id) == {}


def test_several_tabs_are_one_person_in_the_strongest_of_what_they_do(room: Room, db: Database, customers: Customers) -> None:
    case = customers.case(customers.write())
    room.at("maja", case.number, "reply")
    room.at("maja", case.number, "reading", OTHER_TAB)
    assert room.seen_by("johan", case.id) == {case.id: [("Maja Ek", "reply")]}
    db.write_now(leave_case, room.world.who("maja"), case.number, TAB)
    assert room.seen_by("johan", case.id) == {case.id: [("Maja Ek", "reading")]}


def test_writing_ends_by_itself_and_so_does_reading(room: Room, db: Database, customers: Customers, clock: TestClock) -> None:
    """F45: a browser that sleeps or dies says nothing; it is gone within half a minute all the same, and its row soon after."""
    case = customers.case(customers.write())
    room.at("maja", case.number, "note")
    clock.move(WRITING)
    assert room.seen_by("johan", case.id) == {case.id: [("Maja Ek", "reading")]}
    clock.move(LIFE - WRITING)
    assert room.seen_by("johan", case.id) == {}
    clock.move(LIFE + 1)
    db.write_now(forget_presences)
    assert db.read_now(lambda tx: tx.rows(sa.select(presences.c.tab))) == []


def test_a_tab_is_at_one_case(room: Room, customers: Customers) -> None:
    one, two = customers.case(customers.write("Ett")), customers.case(customers.write("Två", sender=LUKASZ))
    room.at("maja", one.number)
    room.at("maja", two.number)
    assert room.seen_by("johan", one.id, two.id) == {two.id: [("Maja Ek", "reading")]}


def test_marks_of_one_agent_have_an_end(room: Room, db: Database, customers: Customers) -> None:
    no = customers.write()
    for number in range(TABS + 5):
        room.at("maja", no, "reading", f"{number:08x}")
    assert db.read_now(lambda tx: len(tx.rows(sa.select(presences.c.tab)))) == TABS


async def test_desks_are_told_of_what_they_may_see_alone(room: Room, customers: Customers) -> None:
    """T6, T11: neither another team nor another company learns that there is such a case, nor who is at it."""
    case = customers.case(customers.write(sender=LUKASZ, inbox="obsluga"))
    everyone = ("petra", "maja", "johan", "erik", "ania")
    async with AsyncExitStack() as opened:
        streams = {key: await opened.enter_async_context(room.hub.opened(room.watcher(key), 0)) for key in everyone}
        room.at("maja", case.number, "reply")
        await room.whispers.look()
        heard = {key: told(b"".join(stream._waiting)) for key, stream in streams.items()}
    nothing: list[tuple[bool, Told]] = [(True, {})]
    news = (False, {str(case.id): [("Maja Ek", "reply")]})
    assert heard == {"petra": [*nothing, news], "maja": [*nothing, news], "johan": nothing, "erik": nothing, "ania": nothing}


async def test_a_desk_that_opens_is_told_how_things_are_and_then_what_changes(room: Room, clock: TestClock, customers: Customers) -> None:
    """F45: after a pause of the line, too, the stream begins with the whole."""
    case = customers.case(customers.write())
    room.at("maja", case.number, "reply")
    await room.whispers.look()
    async with room.hub.opened(room.watcher("johan"), 0) as stream:
        clock.move(WRITING)
        await room.whispers.look()
        await room.whispers.look()
        clock.move(LIFE)
        await room.whispers.look()
        heard = told(b"".join(stream._waiting))
    key = str(case.id)
    assert heard == [(True, {key: [("Maja Ek", "reply")]}), (False, {key: [("Maja Ek", "reading")]}), (False, {key: []})]


async def test_a_second_process_tells_of_it_as_well(room: Room, db: Database, customers: Customers) -> None:
    """What is known is in the database, not in the process that was told."""
    case = customers.case(customers.write())
    other = Room(db, room.world, Hub(db))
    async with other.hub.opened(other.watcher("johan"), 0) as stream:
        room.at("maja", case.number)
        await other.whispers.look()
        assert told(b"".join(stream._waiting))[-1] == (False, {str(case.id): [("Maja Ek", "reading")]})


def test_nobody_leaves_a_mark_where_they_see_nothing(room: Room, db: Database, customers: Customers) -> None:
    """T2, T5: a case of another team answers as one that does not exist, on the way in as well."""
    hidden = customers.write(sender=LUKASZ, inbox="obsluga")
    for key, no in (("johan", hidden), ("ania", hidden), ("erik", hidden), ("johan", 1_999_999)):
        with pytest.raises(Missing):
            room.at(key, no)
        with pytest.raises(Missing):
            db.write_now(leave_case, room.world.who(key), no, TAB)
    assert db.read_now(lambda tx: tx.rows(sa.select(presences.c.tab))) == []


def test_who_says_too_much_is_not_listened_to_for_a_while(world: World) -> None:
    pace, johan, maja = Pace(), world.who("johan"), world.who("maja")
    assert [pace.allows(johan, 100.0) for _ in range(IN_A_ROW + 3)].count(True) == IN_A_ROW
    assert pace.allows(maja, 100.0)
    assert [pace.allows(johan, 101.0) for _ in range(3)] == [True, True, False]


async def test_a_page_shows_who_is_there_before_anything_is_pushed(web: Web, customers: Customers) -> None:
    no = customers.write()
    johan, maja = await web.sign_in("johan"), await web.sign_in("maja")
    assert (await maja.post(f"/cases/{no}/presence", doing="reply", tab=TAB)).status_code == 204
    assert (await maja.post(f"/cases/{no}/presence", doing="reply", tab="<b>")).status_code == 422
    page = (await johan.get(f"/inbox/open/{no}")).text
    assert page.count("Maja Ek is writing a reply</span>") == 2
    assert "Maja Ek is writing" not in (await maja.get(f"/inbox/open/{no}")).text
    assert (await maja.post(f"/cases/{no}/presence", doing="gone", tab=TAB)).status_code == 204
    assert "Maja Ek is" not in (await johan.get(f"/inbox/open/{no}")).text
