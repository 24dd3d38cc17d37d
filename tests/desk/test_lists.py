"""Views, orders, pages and counts: each case once, in order, and only what the reader may see."""

from __future__ import annotations

from typing import Any

import pytest

from sluss.cases.actions import assign_case, set_priority, set_status, set_tags
from sluss.desk.desk import Look, read_desk
from sluss.kernel.clock import DAY
from sluss.kernel.db import Database
from sluss.kernel.errors import Invalid, Missing
from sluss.web.locale import Voice
from tests.desk.conftest import ASA, LUKASZ, Customers
from tests.world import World

VOICE = Voice("en", "Europe/Stockholm")


def desk(db: Database, world: World, key: str, **look: Any) -> Any:
    return db.read_now(read_desk, world.who(key), Look(voice=VOICE, **look)).desk


def numbers(db: Database, world: World, key: str, **look: Any) -> list[int]:
    return [row.no for row in desk(db, world, key, **look).queue.rows]


def test_who_waits_longest_is_first(db: Database, world: World, customers: Customers) -> None:
    first, second, third = (customers.write(f"Sak {n}") for n in range(3))
    db.write_now(set_status, world.who("maja"), customers.case(first).id, "pending")
    customers.write("Sak 0", "Hallå?", references=("m1@kund.example",))
    assert numbers(db, world, "maja", view="open") == [second, third, first]


def test_mine_ends_with_what_is_put_aside(db: Database, world: World, customers: Customers) -> None:
    johan = world.who("johan")
    waits, pending, snoozed, solved = (customers.write(f"Sak {n}") for n in range(4))
    for no in (snoozed, waits, pending, solved):
        db.write_now(assign_case, johan, customers.case(no).id, johan.id)
    db.write_now(set_status, johan, customers.case(snoozed).id, "snoozed", customers.clock() + DAY)
    db.write_now(set_status, johan, customers.case(pending).id, "pending")
    db.write_now(set_status, johan, customers.case(solved).id, "solved")
    assert numbers(db, world, "johan", view="mine") == [waits, pending, snoozed]
    assert numbers(db, world, "johan", view="solved") == [solved]


def test_the_newest_and_the_most_urgent_can_be_first(db: Database, world: World, customers: Customers) -> None:
    one, two, three = (customers.write(f"Sak {n}") for n in range(3))
    db.write_now(set_priority, world.who("maja"), customers.case(two).id, "urgent")
    db.write_now(set_priority, world.who("maja"), customers.case(one).id, "low")
    assert numbers(db, world, "maja", view="open", sort="newest") == [three, two, one]
    assert numbers(db, world, "maja", view="open", sort="priority") == [two, three, one]
    assert numbers(db, world, "maja", view="open", sort="due") == [one, two, three]


@pytest.mark.parametrize("sort", ["oldest", "newest", "priority"])
def test_pages_hold_every_case_once(db: Database, world: World, customers: Customers, sort: str) -> None:
    """T108: keys, not offsets; the order of the browser's numbers is the order of the pages."""
    ids = customers.messages([{"subject": f"Sak {n}"} for n in range(125)])
    maja = world.who("maja")
    for n, message in enumerate(ids[::3]):
        aside: Any = [("pending",), ("snoozed", customers.clock() + DAY)][n % 2]
        db.write_now(set_status, maja, customers.case_of(message).id, *aside)
    view, after, seen = f"inbox:{world.norrsken.inboxes['kundtjanst'].id}", "", list[Any]()
    queue: Any = None
    for _ in range(3):
        queue = desk(db, world, "maja", view=view, sort=sort, after=after).queue
        seen, after = seen + list(queue.rows), queue.after
    assert len({row.no for row in seen}) == len(seen) == queue.total == 125
    assert after == ""
    assert [row.sort for row in seen] == sorted(row.sort for row in seen)


def test_a_page_of_fifty_takes_no_more_statements_than_a_page_of_one(
    db: Database, world: World, customers: Customers, statements: list[str]
) -> None:
    """T108."""
    customers.write()
    statements.clear()
    desk(db, world, "maja", view="open")
    few = len(statements)
    customers.messages([{"subject": f"Sak {n}"} for n in range(60)])
    statements.clear()
    assert len(desk(db, world, "maja", view="open").queue.rows) == 50
    assert len(statements) <= few <= 22


def test_lists_and_counts_hold_only_what_the_reader_may_see(db: Database, world: World, customers: Customers) -> None:
    """T6: Petra handles the Polish inbox, Johan the Swedish one, the ferries see neither."""
    swedish, polish = customers.write(), customers.write("Bilet", sender=LUKASZ, inbox="obsluga")
    customers.write("Prom", sender=LUKASZ, inbox="ferries")
    assert (numbers(db, world, "johan", view="open"), numbers(db, world, "petra", view="open")) == ([swedish], [polish])
    for key, count in (("johan", 1), ("petra", 1), ("maja", 2), ("marek", 1)):
        views = desk(db, world, key, view="open").views
        assert {view.key: view.count for view in views if not view.group} == {
            "mine": 0,
            "mentioned": 0,
            "following": 0,
            "unassigned": count,
            "open": count,
            "snoozed": 0,
            "solved": None,
        }
        assert sum(view.count for view in views if view.group == "inboxes") == count


@pytest.mark.parametrize("key", ["johan", "marek"])
def test_the_view_of_a_foreign_inbox_is_not_there(db: Database, world: World, key: str) -> None:
    """T1: nobody learns whether it exists."""
    for view in (f"inbox:{world.norrsken.inboxes['obsluga'].id}", "inbox:1", "inbox:x", "inbox:²", "nonsense", "inbox:" + "9" * 30):
        with pytest.raises(Missing):
            desk(db, world, key, view=view)


def test_counts_say_what_the_lists_hold(db: Database, world: World, customers: Customers) -> None:
    johan = world.who("johan")
    for n in range(6):
        no = customers.write(f"Sak {n}")
        if n % 2:
            db.write_now(assign_case, johan, customers.case(no).id, johan.id)
        if n % 3 == 0:
            db.write_now(set_status, johan, customers.case(no).id, "pending")
    shown = desk(db, world, "johan", view="mine")
    for view in shown.views:
        queue = desk(db, world, "johan", view=view.key).queue
        assert queue.total == len(queue.rows) == (view.count or 0), view.key


@pytest.mark.parametrize("after", ["x", "0", "9.1.1", "0.1", "0.-1.5", "0.1." + "9" * 40, "0.²"])
def test_a_cursor_that_nobody_gave_is_refused(db: Database, world: World, after: str) -> None:
    with pytest.raises(Invalid):
        desk(db, world, "maja", view="open", after=after)


def test_an_order_that_does_not_exist_is_refused(db: Database, world: World) -> None:
    with pytest.raises(Invalid):
        desk(db, world, "maja", view="open", sort="id; drop table cases")


def test_neighbours_follow_the_order_of_the_list(db: Database, world: World, customers: Customers) -> None:
    first, second, third = (customers.write(f"Sak {n}") for n in range(3))
    case = desk(db, world, "maja", view="open", no=second).case
    assert (case.previous_no, case.next_no) == (first, third)
    db.write_now(set_status, world.who("maja"), customers.case(second).id, "solved")
    case = desk(db, world, "maja", view="open", no=second).case
    assert (case.previous_no, case.next_no) == (None, first)


def test_rows_say_who_holds_a_case_and_what_it_is_about(db: Database, world: World, customers: Customers) -> None:
    no = customers.write("Bokningen", "Hej,\n  var är den?", sender=ASA)
    maja, johan = world.who("maja"), world.who("johan")
    db.write_now(assign_case, maja, customers.case(no).id, johan.id)
    db.write_now(set_tags, maja, customers.case(no).id, ["Bagage", "VIP"])
    row = desk(db, world, "maja", view="open").queue.rows[0]
    assert (row.contact.name, row.subject, row.preview, row.assignee.name) == (
        "Åsa Lindqvist",
        "Bokningen",
        "Hej, var är den?",
        "Johan Falk",
    )
    assert (row.tags, row.channel_icon, row.inbox, row.unread) == (("Bagage", "VIP"), "mail", "Kundtjänst", True)
