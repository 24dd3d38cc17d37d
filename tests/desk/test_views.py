"""Saved views and filtered lists: what they hold, who has them, what they count."""

from __future__ import annotations

from typing import Any

import pytest

from sluss.cases.actions import assign_case, set_priority, set_status, set_tags
from sluss.cases.filtering.names import read_names
from sluss.cases.filtering.reading import read_filter
from sluss.desk.builder import Line, lines_of, text_of
from sluss.desk.desk import Look, read_desk
from sluss.desk.saved import NewView, change_view, delete_view, keep_sort, move_view, restore_view, save_view, saved_for
from sluss.desk.view_counts import count_saved
from sluss.kernel.clock import DAY
from sluss.kernel.db import Database
from sluss.kernel.errors import Forbidden, Invalid, Missing
from sluss.people.teams import delete_team
from sluss.web.locale import Voice
from tests.desk.conftest import LUKASZ, Customers
from tests.world import World

VOICE = Voice("en", "Europe/Stockholm")


def queue(db: Database, world: World, key: str, **look: Any) -> Any:
    return db.read_now(read_desk, world.who(key), Look(voice=VOICE, **look)).desk.queue


def numbers(db: Database, world: World, key: str, **look: Any) -> list[int]:
    return [row.no for row in queue(db, world, key, **look).rows]


@pytest.fixture
def eight(db: Database, world: World, customers: Customers) -> list[int]:
    """Six Swedish cases and two Polish ones; the numbers."""
    maja = world.who("maja")
    found = [customers.write(f"Sak {n}") for n in range(6)]
    found += [customers.write(f"Bilet {n}", sender=LUKASZ, inbox="obsluga") for n in range(2)]
    for n, no in enumerate(found):
        case = customers.case(no)
        db.write_now(set_tags, maja, case.id, [["VIP"], ["Bagage"]][n % 2])
        db.write_now(set_priority, maja, case.id, "high" if n % 3 == 0 else "normal")
        if n in {2, 5}:
            db.write_now(set_status, maja, case.id, "solved")
    db.write_now(assign_case, maja, customers.case(found[0]).id, world.who("johan").id)
    return found


def test_a_filter_narrows_the_view_it_stands_on(db: Database, world: World, eight: list[int]) -> None:
    """T6: it never shows more than the view and the reader's own inboxes do."""
    assert numbers(db, world, "maja", view="open", f="tag:vip") == [eight[0], eight[4], eight[6]]
    assert numbers(db, world, "johan", view="open", f="tag:vip") == [eight[0], eight[4]]
    assert numbers(db, world, "johan", view="mine", f="tag:vip") == [eight[0]]
    assert numbers(db, world, "maja", view="all", f="is:done", sort="newest") == [eight[5], eight[2]]
    assert numbers(db, world, "maja", view="all", f="from:lukasz@poczta.example OR assignee:johan") == [eight[0], eight[6], eight[7]]
    found = queue(db, world, "maja", view="open", f="tag:vip (priority:high OR is:mine)")
    assert [row.no for row in found.rows] == [eight[0], eight[6]]
    assert [(chip.text, chip.href) for chip in found.narrowing.chips] == [
        ("tag:VIP", "/inbox/open?f=priority%3Ahigh+OR+is%3Amine"),
        ("priority:high OR is:mine", "/inbox/open?f=tag%3AVIP"),
    ]
    assert (found.total, found.narrowing.query) == (2, "f=tag%3AVIP+%28priority%3Ahigh+OR+is%3Amine%29")


def test_what_cannot_be_read_shows_nothing_and_says_why(db: Database, world: World, eight: list[int]) -> None:
    found = queue(db, world, "johan", view="open", f="is:open tag:bagge")
    assert (found.rows, found.total) == ((), 0)
    assert (found.narrowing.wrong, found.narrowing.meant) == ("There is no tag bagge. Did you mean Bagage?", ("is:open tag:Bagage",))


def test_a_filtered_list_has_pages_and_neighbours(db: Database, world: World, customers: Customers) -> None:
    """T108: every case once, over all statuses, in each order."""
    ids = customers.messages([{"subject": f"Sak {n}"} for n in range(120)])
    maja = world.who("maja")
    for n, message in enumerate(ids[::10]):
        aside: Any = [("pending",), ("snoozed", customers.clock() + DAY), ("solved",), ("spam",)][n % 4]
        db.write_now(set_status, maja, customers.case_of(message).id, *aside)
    for sort in ("due", "newest", "priority"):
        after, seen, totals = "", list[Any](), set[int]()
        for _ in range(3):
            page = queue(db, world, "maja", view="all", f="-is:spam", sort=sort, after=after)
            seen, after, totals = seen + list(page.rows), page.after, totals | {page.total}
        assert len({row.no for row in seen}) == len(seen) == 117
        assert totals == {117}
        assert [row.sort for row in seen] == sorted(row.sort for row in seen)
    desk = db.read_now(read_desk, maja, Look(voice=VOICE, view="all", f="-is:spam", no=seen[4].no, sort="priority")).desk
    assert desk.case is not None
    assert (desk.case.previous_no, desk.case.next_no) == (seen[3].no, seen[5].no)


def test_a_shared_view_is_read_with_the_readers_eyes(db: Database, world: World, eight: list[int]) -> None:
    """T6: `me` is whoever looks; an inbox that is not theirs holds nothing for them and has no name."""
    maja = world.who("maja")
    mine = db.write_now(save_view, maja, NewView(name="Mina VIP", filter="assignee:me tag:vip", share="all"))
    polish = db.write_now(save_view, maja, NewView(name="Polska", filter='inbox:"obsługa klienta" OR tag:bagage', share="all"))
    assert numbers(db, world, "johan", view=f"v:{mine}") == [eight[0]]
    assert numbers(db, world, "maja", view=f"v:{mine}") == []
    assert numbers(db, world, "johan", view=f"v:{polish}") == [eight[1], eight[3], eight[5]]
    assert numbers(db, world, "maja", view=f"v:{polish}", f="is:open") == [eight[1], eight[3], eight[6], eight[7]]
    with pytest.raises(Missing):
        queue(db, world, "marek", view=f"v:{mine}")


def test_who_has_a_view_and_who_may_change_it(db: Database, world: World) -> None:
    """T5: private ones are their owner's; a team's are its members', everybody's are made by leads."""
    johan, maja, karin, petra, ewa = (world.who(key) for key in ("johan", "maja", "karin", "petra", "ewa"))
    stockholm = world.norrsken.teams["stockholm"]
    private = db.write_now(save_view, johan, NewView(name="Egen", filter="is:mine"))
    shared = db.write_now(save_view, johan, NewView(name="Lagets", filter="is:open", share="team", team_id=stockholm))
    assert [view.name for view in db.read_now(saved_for, johan)] == ["Egen", "Lagets"]
    assert [view.name for view in db.read_now(saved_for, karin)] == ["Lagets"]
    assert db.read_now(saved_for, petra) == db.read_now(saved_for, world.who("marek")) == ()
    new = NewView(name="Min", filter="is:open")
    with pytest.raises(Forbidden):
        db.write_now(change_view, karin, shared, new)
    for who, view_id in ((petra, shared), (maja, private), (ewa, private), (world.who("marek"), shared)):
        with pytest.raises(Missing):
            db.write_now(delete_view, who, view_id)
    for share in (NewView(name="A", filter="is:open", share="all"), NewView(name="A", filter="is:open", share="team", team_id=1)):
        with pytest.raises(Invalid):
            db.write_now(save_view, johan, share)
    db.write_now(delete_team, ewa, stockholm)
    assert [view.name for view in db.read_now(saved_for, johan)] == ["Egen", "Lagets"]
    assert db.read_now(saved_for, karin) == ()


def test_a_view_is_renamed_ordered_deleted_and_brought_back(db: Database, world: World, eight: list[int]) -> None:
    johan = world.who("johan")
    one, two, three = (db.write_now(save_view, johan, NewView(name=name, filter="tag:vip")) for name in ("A", "B", "C"))
    db.write_now(move_view, johan, three, "up")
    db.write_now(move_view, johan, one, "down")
    assert [view.id for view in db.read_now(saved_for, johan)] == [three, one, two]
    db.write_now(change_view, johan, two, NewView(name="  Vip ", filter="tag:VIP is:open", sort="newest"))
    assert queue(db, world, "johan", view=f"v:{two}").sort == "newest"
    db.write_now(keep_sort, johan, f"v:{two}", "priority")
    assert queue(db, world, "johan", view=f"v:{two}").sort == "priority"
    assert db.write_now(delete_view, johan, two) == "Vip"
    with pytest.raises(Missing):
        queue(db, world, "johan", view=f"v:{two}")
    assert db.write_now(restore_view, johan, two) == "Vip"
    assert numbers(db, world, "johan", view=f"v:{two}") == [eight[0], eight[4]]
    for wrong in (NewView(name="", filter="is:open"), NewView(name="x" * 61, filter="is:open"), NewView(name="x", filter="is:x")):
        with pytest.raises(Invalid):
            db.write_now(save_view, johan, wrong)
    with pytest.raises(Invalid, match="marked"):
        db.write_now(save_view, johan, NewView(name="x", filter=" "))


def test_there_are_at_most_fifty(db: Database, world: World) -> None:
    johan = world.who("johan")
    for n in range(50):
        db.write_now(save_view, johan, NewView(name=f"V{n}", filter="is:open"))
    with pytest.raises(Invalid) as full:
        db.write_now(save_view, johan, NewView(name="V50", filter="is:open"))
    assert full.value.fields["name"].startswith("You have 50 views already")


def test_saved_views_are_counted_once_until_something_happens(
    db: Database, world: World, eight: list[int], customers: Customers, statements: list[str]
) -> None:
    """T108: asking again costs two short statements more than nothing, whoever asks."""
    johan, maja = world.who("johan"), world.who("maja")
    vip = db.write_now(save_view, maja, NewView(name="VIP", filter="tag:vip is:open", share="all"))
    own = db.write_now(save_view, johan, NewView(name="Mina", filter="assignee:me"))
    assert db.read_now(count_saved, johan, "UTC") == {f"v:{own}": 1, f"v:{vip}": 2}
    assert db.read_now(count_saved, maja, "UTC") == {f"v:{vip}": 3}
    statements.clear()
    assert db.read_now(count_saved, johan, "UTC") == {f"v:{own}": 1, f"v:{vip}": 2}
    assert not [one for one in statements if "FROM cases" in one]
    db.write_now(set_status, maja, customers.case(eight[4]).id, "solved")
    assert db.read_now(count_saved, johan, "UTC") == {f"v:{own}": 1, f"v:{vip}": 1}


def test_counts_of_a_page_come_from_one_tally(db: Database, world: World, eight: list[int], statements: list[str]) -> None:
    """T108: a second page, of whoever, asks nothing about cases but its own rows."""
    desk = db.read_now(read_desk, world.who("maja"), Look(voice=VOICE, view="open")).desk
    assert {view.key: view.count for view in desk.views if view.key in {"unassigned", "open"}} == {"unassigned": 5, "open": 6}
    statements.clear()
    again = db.read_now(read_desk, world.who("johan"), Look(voice=VOICE, view="open")).desk
    assert {view.key: view.count for view in again.views if view.key in {"unassigned", "open"}} == {"unassigned": 3, "open": 4}
    assert not [one for one in statements if "count(" in one and "FROM cases" in one]


ROWS = {
    "is:open -tag:VIP": [(0, "is", False, "open"), (1, "tag", True, "VIP")],
    "is:open,pending (tag:VIP OR -is:mine) priority:high": [
        (0, "is", False, "open,pending"),
        (1, "tag", False, "VIP"),
        (1, "is", True, "mine"),
        (2, "priority", False, "high"),
    ],
    'inbox:"Obsługa klienta" OR tag:Bagage': [(0, "inbox", False, '"Obsługa klienta"'), (0, "tag", False, "Bagage")],
}


@pytest.mark.parametrize(("text", "rows"), ROWS.items())
def test_rows_and_text_say_the_same(db: Database, world: World, eight: list[int], text: str, rows: list[Any]) -> None:
    names = db.read_now(read_names, world.who("maja"))
    lines = tuple(Line(group=group, field=field, without=without, value=value) for group, field, without, value in rows)
    tree = read_filter(text, names).tree
    assert lines_of(tree, names) == lines
    assert read_filter(text_of(lines), names).tree == tree
    assert lines_of(read_filter("-(is:open tag:vip)", names).tree, names) is None
    assert (
        text_of([Line(group=0, field="inbox", value="Obsługa klienta, Kundtjänst"), Line(group=1)]) == 'inbox:"Obsługa klienta",Kundtjänst'
    )
