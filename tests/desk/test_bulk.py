"""The same to many cases, and all of it back."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from sluss.cases.access import CaseRow, Priority
from sluss.cases.actions import assign_case, set_priority, set_status, set_tags
from sluss.cases.models import case_tags, cases, tags
from sluss.desk.bulk import JOB, Chosen, Run, begin, forget_runs, go_on, read_run, recent_runs, undo
from sluss.desk.many import KINDS, Deed, state_of
from sluss.desk.models import bulk_cases, bulk_deeds
from sluss.kernel.actors import system
from sluss.kernel.clock import DAY, HOUR
from sluss.kernel.db import Database
from sluss.kernel.errors import Conflict, Invalid, Missing
from sluss.kernel.jobs import jobs
from sluss.kernel.schema import fields
from sluss.kernel.tx import Tx
from sluss.people.actions import disable_agent
from sluss.people.once import once
from tests.desk.conftest import LUKASZ, Customers
from tests.world import World

ALL_OPEN = Chosen(everything=True, view="open")


@pytest.fixture
def mixed(db: Database, world: World, customers: Customers) -> list[int]:
    """Twelve cases in every state; their numbers."""
    maja = world.who("maja")
    numbers = [customers.write(f"Sak {n}") for n in range(12)]
    priorities: tuple[Priority, ...] = ("low", "normal", "high", "urgent")
    for n, no in enumerate(numbers):
        case = customers.case(no)
        status: Any = ["open", "pending", "snoozed", "solved"][n % 4]
        db.write_now(set_status, maja, case.id, status, customers.clock() + 2 * DAY if status == "snoozed" else None)
        db.write_now(set_tags, maja, case.id, [["VIP"], ["Bagage", "Sen"], []][n % 3])
        db.write_now(set_priority, maja, case.id, priorities[n % 4])
        db.write_now(assign_case, maja, case.id, [None, world.who("johan").id, maja.id][n % 3])
    return numbers


def states(db: Database, world: World) -> dict[int, Any]:
    """Everything that a deed can change, by number."""

    def read(tx: Tx) -> dict[int, Any]:
        rows = tx.structs(CaseRow, sa.select(*fields(CaseRow, cases)).where(cases.c.workspace_id == world.norrsken.id))
        return {case.number: (state_of(tx, world.who("maja"), case), case.waiting_since) for case in rows}

    return db.read_now(read)


def run_jobs(db: Database, world: World) -> int:
    """What the clock does: each job once, as often as there is one. Returns how many."""
    count = 0
    while row := db.read_now(lambda tx: tx.row(sa.select(jobs).where(jobs.c.kind == JOB))):
        db.write_now(lambda tx, job=row: _run_job(tx, job))
        count += 1
    return count


def _run_job(tx: Tx, job: Any) -> int:
    tx.run(sa.delete(jobs).where(jobs.c.id == job.id))
    go_on(tx, system(job.workspace_id), job.args)
    return 0


DEEDS = {
    "solve": "",
    "pending": "",
    "open": "",
    "spam": "",
    "assign-me": "",
    "unassign": "",
    "priority": "urgent",
    "tag": "vip",
    "untag": "VIP",
}


@pytest.mark.parametrize("kind", sorted({*KINDS} - {"macro"}))
def test_every_deed_is_wholly_taken_back(db: Database, world: World, mixed: list[int], kind: Any) -> None:
    """Status with its snooze, holder, tags and priority, whatever each case was before."""
    maja = world.who("maja")
    before = states(db, world)
    value = {"snooze": str(db.clock() + 3 * DAY), "assign": str(world.who("petra").id)}.get(kind, DEEDS.get(kind, ""))
    run = db.write_now(begin, maja, Deed(kind, value), Chosen(numbers=tuple(mixed)))
    assert (run.state, run.done, run.left_count) == ("done", 12, 0)
    assert states(db, world) != before
    back = db.write_now(undo, maja, run.id)
    assert (back.state, back.done, back.left_count) == ("undone", 12, 0)
    assert states(db, world) == before


def test_undo_restores_all_two_thousand(db: Database, world: World, customers: Customers) -> None:
    """All that match, in slices that leave room for other writes, and back: none is lost and none is done twice."""
    maja, count = world.who("maja"), 2_000 if db.kind == "sqlite" else 250
    for _ in range(count // 250):
        customers.messages([{"subject": "Sak", "sender": LUKASZ} for _ in range(250)])
    _scatter(db, world)
    before = states(db, world)
    run = db.write_now(begin, maja, Deed("solve"), Chosen(everything=True, view="all", f="-tag:kvar"))
    kept = sum("Kvar" in state.tags for state, _waiting in before.values())
    assert (run.state, run.total) == ("running", count - kept)
    assert run_jobs(db, world) == (count - kept - 1) // 50, "slices of fifty, the first of them at once"
    run = db.read_now(read_run, maja, run.id)
    assert (run.state, run.done, run.left_count) == ("done", count - kept, 0)
    assert sum(state.status == "solved" for state, _waiting in states(db, world).values()) == count - kept
    db.write_now(undo, maja, run.id)
    run_jobs(db, world)
    assert db.read_now(read_run, maja, run.id).done == count - kept
    assert states(db, world) == before


def _scatter(db: Database, world: World) -> None:
    """Holders, tags, snoozes and priorities at random, without the cost of an action each."""

    def write(tx: Tx) -> int:
        ws, c = world.norrsken.id, cases.c
        ids = [row.id for row in tx.rows(sa.select(c.id).where(c.workspace_id == ws).order_by(c.id))]
        tag_id = tx.new_id()
        tx.run(sa.insert(tags), {"workspace_id": ws, "id": tag_id, "name": "Kvar"})
        tx.run(sa.insert(case_tags), [{"workspace_id": ws, "case_id": one, "tag_id": tag_id} for one in ids[::40]])
        changes: list[dict[str, Any]] = [
            {"assignee_id": world.who("johan").id},
            {"status": "snoozed", "snoozed_until": tx.now + 30 * DAY},
            {"priority": "high"},
            {"status": "pending", "waiting_since": None},
        ]
        for n, values in enumerate(changes):
            tx.run(sa.update(cases).where(c.id.in_(ids[n + 1 :: 7])).values(**values))
        return 0

    db.write_now(write)


def test_what_others_changed_meanwhile_stays_and_is_told(db: Database, world: World, mixed: list[int], customers: Customers) -> None:
    maja, johan = world.who("maja"), world.who("johan")
    run = db.write_now(begin, maja, Deed("assign-me"), Chosen(numbers=tuple(mixed)))
    taken, solved = customers.case(mixed[0]), customers.case(mixed[1])
    db.write_now(assign_case, johan, taken.id, johan.id)
    db.write_now(set_status, johan, solved.id, "solved")
    back = db.write_now(undo, maja, run.id)
    assert (back.done, back.left_count, back.left, back.why) == (11, 1, (mixed[0],), "Somebody has changed it since.")
    assert customers.case(mixed[0]).assignee_id == johan.id
    assert customers.case(mixed[1]).status == "solved"
    assert db.write_now(undo, maja, run.id) == back


def test_two_deeds_on_overlapping_cases_each_take_back_their_own(db: Database, world: World, mixed: list[int]) -> None:
    """F: whoever comes second sees what the first did; neither way back destroys the other's work."""
    maja, johan = world.who("maja"), world.who("johan")
    before = states(db, world)
    first = db.write_now(begin, maja, Deed("priority", "urgent"), Chosen(numbers=tuple(mixed[:8])))
    second = db.write_now(begin, johan, Deed("priority", "low"), Chosen(numbers=tuple(mixed[4:])))
    back = db.write_now(undo, maja, first.id)
    assert (back.done, back.left) == (4 + (before[mixed[7]][0].priority == "urgent"), tuple(mixed[4:7]))
    db.write_now(undo, johan, second.id)
    assert {no: states(db, world)[no] for no in mixed[:4] + mixed[8:]} == {no: before[no] for no in mixed[:4] + mixed[8:]}
    with pytest.raises(Missing):
        db.write_now(undo, johan, first.id)


def test_what_left_the_list_before_its_turn_is_skipped(db: Database, world: World, customers: Customers) -> None:
    """Also when the agent's rights change while it runs: the rest is left alone."""
    customers.messages([{"subject": f"Sak {n}"} for n in range(260)])
    maja, johan = world.who("maja"), world.who("johan")
    run = db.write_now(begin, johan, Deed("tag", "vinter"), ALL_OPEN)
    last = int(db.read_now(lambda tx: tx.value(sa.select(sa.func.max(cases.c.number)))))
    db.write_now(set_status, maja, customers.case(last).id, "solved")
    run_jobs(db, world)
    run = db.read_now(read_run, johan, run.id)
    assert (run.done, run.left, run.why) == (259, (last,), "It no longer belonged to the list.")
    run = db.write_now(begin, johan, Deed("spam"), ALL_OPEN)
    db.write_now(disable_agent, world.who("ewa"), johan.id)
    run_jobs(db, world)
    run = db.read_now(read_run, johan, run.id)
    assert (run.state, run.done, run.left_count) == ("done", 50, 209)


def test_a_deed_that_runs_can_be_taken_back_before_its_end(db: Database, world: World, customers: Customers) -> None:
    customers.messages([{"subject": f"Sak {n}"} for n in range(230)])
    maja = world.who("maja")
    before = states(db, world)
    run = db.write_now(begin, maja, Deed("spam"), ALL_OPEN)
    assert (run.state, run.done) == ("running", 50)
    db.write_now(undo, maja, run.id)
    run_jobs(db, world)
    assert states(db, world) == before


def test_nobody_changes_what_they_do_not_see(db: Database, world: World, customers: Customers) -> None:
    """T6: all that match is all that Johan sees; a number that is not his to see fails the whole."""
    swedish, polish = customers.write(), customers.write("Bilet", sender=LUKASZ, inbox="obsluga")
    johan = world.who("johan")
    run = db.write_now(begin, johan, Deed("solve"), Chosen(everything=True, view="all"))
    assert (run.total, customers.case(swedish).status, customers.case(polish).status) == (1, "solved", "open")
    for numbers in ((polish,), (swedish, polish), (1,), ()):
        with pytest.raises((Missing, Invalid)):
            db.write_now(begin, johan, Deed("open"), Chosen(numbers=numbers))
    with pytest.raises(Missing):
        db.write_now(begin, johan, Deed("open"), Chosen(everything=True, view=f"inbox:{world.norrsken.inboxes['obsluga'].id}"))


def test_one_form_does_it_once(db: Database, world: World, mixed: list[int]) -> None:
    """The same form sent twice does its work once."""
    maja, chosen = world.who("maja"), Chosen(numbers=tuple(mixed))
    first = db.write_now(once, maja, "a" * 26, begin, Deed("solve"), chosen)
    assert db.write_now(once, maja, "a" * 26, begin, Deed("solve"), chosen) == first
    assert [one.id for one in db.read_now(recent_runs, maja)] == [first.id]
    with pytest.raises(Conflict):
        db.write_now(once, maja, "a" * 26, begin, Deed("spam"), chosen)


def test_the_way_back_is_kept_for_a_week(db: Database, world: World, mixed: list[int], customers: Customers) -> None:
    maja = world.who("maja")
    db.write_now(begin, maja, Deed("solve"), Chosen(numbers=tuple(mixed)))
    customers.clock.move(7 * DAY + HOUR)
    assert db.read_now(recent_runs, maja) == []
    db.write_now(lambda tx: forget_runs(tx, system(world.norrsken.id)))
    left = db.read_now(lambda tx: [tx.value(sa.select(sa.func.count()).select_from(one)) for one in (bulk_deeds, bulk_cases)])
    assert left == [0, 0]


def test_a_run_says_how_it_stands(db: Database, world: World, mixed: list[int]) -> None:
    run = db.write_now(begin, world.who("maja"), Deed("assign", str(world.who("karin").id)), Chosen(numbers=tuple(mixed)))
    assert isinstance(run, Run)
    assert (run.done, run.left_count, run.left) == (0, 12, tuple(mixed))
    assert run.why.startswith("Cases go to agents, leads and administrators")
