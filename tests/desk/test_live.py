"""What open desks are told: rows, counts, touched cases and banners, each only to those who may know. T6, T11."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from sluss.cases.actions import assign_case, set_status
from sluss.channels.progress import record_progress
from sluss.desk.live import make_render
from sluss.kernel.db import Database
from sluss.kernel.events import Recorded, events, from_row
from sluss.kernel.live import Push, Sight
from sluss.replies.drafts import DraftFields, save_draft
from sluss.web.assets import Assets
from sluss.web.templates import Templates
from tests.desk.conftest import LUKASZ, Customers
from tests.world import World


class Open:
    """Open desks: `await open.hear("johan")` is what his browser is told of all that happened so far, by name of event."""

    def __init__(self, db: Database, world: World) -> None:
        self.db, self.world = db, world
        self.render = make_render(db, Templates(Assets()))

    async def hear(self, key: str, locale: str = "en") -> dict[str, list[Any]]:
        who = self.world.who(key)
        heard: dict[str, list[Any]] = {}
        for push in await self.pushes(key, locale):
            if push.agent_ids is None or who.id in push.agent_ids:
                heard.setdefault(push.name, []).append(msgspec.json.decode(push.data))
        return heard

    async def pushes(self, key: str, locale: str = "en") -> list[Push]:
        who = self.world.who(key)
        sight = Sight(who.workspace_id, who.inbox_ids, locale, "Europe/Stockholm")
        mine = [one for one in self.recorded() if one.workspace_id == who.workspace_id]
        return list(await self.render(mine, sight)) if mine else []

    def recorded(self) -> list[Recorded]:
        rows = self.db.read_now(lambda tx: tx.rows(sa.select(events).order_by(events.c.id)))
        return [one for one in map(from_row, rows) if one is not None]


@pytest.fixture
def desks(db: Database, world: World) -> Open:
    return Open(db, world)


def held_at(case: Any, world: World) -> list[str]:
    """The views that hold an open case of Kundtjänst, whoever holds it."""
    return ["open", "all", f"inbox:{case.inbox_id}", f"team:{world.norrsken.teams['stockholm']}"]


async def test_a_new_mail_appears_as_a_row_with_counts(desks: Open, world: World, customers: Customers) -> None:
    case = customers.case(customers.write("Bokningen syns inte", "Hej!"))
    heard = await desks.hear("johan")
    row = heard["row"][0]
    assert (row["case"], row["no"]) == (str(case.id), case.number)
    assert row["views"] == ["unassigned", *held_at(case, world)]
    assert f'href="/inbox/{{view}}/{case.number}{{query}}"' in row["html"]
    assert "Bokningen syns inte" in row["html"]
    assert set(row["sort"]) == {"due", "oldest", "newest", "priority"}
    assert heard["touched"] == [{"case": str(case.id), "no": case.number}]
    at = {f"inbox:{case.inbox_id}": 1, f"team:{world.norrsken.teams['stockholm']}": 1}
    assert heard["counts"] == [{"unassigned": 1, "open": 1, "snoozed": 0, **at}]


async def test_nobody_is_told_of_what_is_not_theirs(desks: Open, customers: Customers) -> None:
    """T11: not the row, not the touch, not a count that moves."""
    customers.write("marker-ord", sender=LUKASZ, inbox="obsluga")
    assert await desks.hear("johan") == await desks.hear("ania") == {}
    assert "marker-ord" in (await desks.hear("petra"))["row"][0]["html"]
    assert "marker-ord" in (await desks.hear("maja"))["row"][0]["html"]


async def test_only_its_holder_has_a_case_in_mine(desks: Open, db: Database, world: World, customers: Customers) -> None:
    case = customers.case(customers.write())
    db.write_now(assign_case, world.who("maja"), case.id, world.who("johan").id)
    johan, maja = await desks.hear("johan"), await desks.hear("maja")
    assert [row["views"] for row in johan["row"]] == [["mine", *held_at(case, world)]]
    assert [row["views"] for row in maja["row"]] == [held_at(case, world)]
    assert {"mine": 1, "unread": 1} in johan["counts"]
    assert not any("mine" in counts for counts in maja["counts"])


async def test_a_case_taken_away_leaves_mine_and_its_count(desks: Open, db: Database, world: World, customers: Customers) -> None:
    case = customers.case(customers.write())
    for key in ("johan", "maja"):
        db.write_now(assign_case, world.who("maja"), case.id, world.who(key).id)
    johan = await desks.hear("johan")
    assert [row["views"] for row in johan["row"]] == [held_at(case, world)]
    assert {"mine": 0, "unread": 0} in johan["counts"]


async def test_a_draft_is_marked_for_who_writes_it(desks: Open, db: Database, world: World, customers: Customers) -> None:
    case = customers.case(customers.write())
    db.write_now(save_draft, world.who("johan"), case.id, DraftFields(text="Hej Åsa"))
    johan, maja = await desks.hear("johan"), await desks.hear("maja")
    assert ['class="drafted"' in row["html"] for row in johan["row"]] == [True]
    assert ['class="drafted"' in row["html"] for row in maja["row"]] == [False]


async def test_a_solved_case_moves_to_solved(desks: Open, db: Database, world: World, customers: Customers) -> None:
    case = customers.case(customers.write())
    db.write_now(set_status, world.who("maja"), case.id, "solved")
    heard = await desks.hear("johan")
    assert heard["row"][0]["views"] == ["solved", "all"]
    at = {f"inbox:{case.inbox_id}": 0, f"team:{world.norrsken.teams['stockholm']}": 0}
    assert heard["counts"] == [{"unassigned": 0, "open": 0, "snoozed": 0, **at}]


async def test_a_row_is_drawn_once_for_all_who_see_it_alike(desks: Open, customers: Customers, monkeypatch: pytest.MonkeyPatch) -> None:
    customers.messages([{"subject": f"Sak {n}"} for n in range(20)])
    drawn: list[str] = []
    original = Templates.render
    monkeypatch.setattr(Templates, "render", lambda self, name, page, **screen: drawn.append(name) or original(self, name, page, **screen))
    for key in ("johan", "maja", "ewa", "karin"):
        assert len((await desks.hear(key))["row"]) == 20
    assert drawn == ["desk/push.html"] * 20


async def test_everybody_is_told_when_nothing_comes_in(desks: Open, db: Database, world: World) -> None:
    inbox = world.norrsken.inboxes["kundtjanst"]
    db.write_now(record_progress, world.who("ewa"), inbox.id, "failing", "The server refuses the password.")
    johan, ewa, petra = [await desks.hear(key) for key in ("johan", "ewa", "petra")]
    assert "Nothing comes in by Kundtjänst: The server refuses the password." in johan["banners"][0]["html"]
    assert "/settings/inboxes/" not in johan["banners"][0]["html"]
    assert f'href="/settings/inboxes/{inbox.id}"' in ewa["banners"][0]["html"]
    assert "Kundtjänst" not in petra["banners"][0]["html"]


async def test_a_reader_who_was_away_is_told_of_every_case_that_changed(desks: Open, world: World, customers: Customers) -> None:
    """F45: what is replayed may end with the same event as what was just told to others, and begin long before it."""
    first, second = customers.case(customers.write("Först")), customers.case(customers.write("Sedan", sender=LUKASZ))
    mine = [one for one in desks.recorded() if one.workspace_id == world.norrsken.id]
    sight = Sight(world.norrsken.id, None, "en", "Europe/Stockholm")
    live = await desks.render([one for one in mine if one.event.case_id == second.id], sight)
    assert [push.name for push in live].count("row") == 1
    replayed = await desks.render(mine, sight)
    assert [msgspec.json.decode(push.data)["no"] for push in replayed if push.name == "touched"] == [first.number, second.number]
