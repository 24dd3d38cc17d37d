"""What agents do to cases, and who may. T2, T5; F51."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from sluss.cases import actions
from sluss.cases.access import access_case
from sluss.cases.models import case_tags, tags
from sluss.cases.recording import Recorded
from sluss.kernel.actors import system
from sluss.kernel.audit import list_deeds
from sluss.kernel.clock import HOUR, TestClock
from sluss.kernel.db import Database
from sluss.kernel.errors import Forbidden, Invalid, Missing
from sluss.kernel.jobs import next_due
from tests.world import World


@pytest.fixture
def case_id(db: Database, world: World, arrive: Callable[..., list[Recorded]]) -> int:
    """A case of Åsa's in Kundtjänst, which Johan handles and Petra does not."""
    arrive({})
    return db.read_now(lambda tx: tx.value(sa.text("SELECT id FROM cases")))


Change = tuple[str, tuple[Any, ...]]
CHANGES: list[Change] = [
    ("assign_case", (None,)),
    ("set_status", ("solved",)),
    ("set_priority", ("high",)),
    ("set_tags", (["App"],)),
    ("add_note", ("Hej",)),
]


@pytest.mark.parametrize("change", CHANGES, ids=[name for name, _args in CHANGES])
@pytest.mark.parametrize("person", ["petra", "erik", "marek"])
def test_who_may_not_see_a_case_cannot_change_it(
    db: Database, world: World, case_id: int, change: tuple[str, tuple[Any, ...]], person: str
) -> None:
    """T5: side actions are gated as the case itself: other inbox, other role, other workspace."""
    with pytest.raises(Missing):
        db.write_now(getattr(actions, change[0]), world.who(person), case_id, *change[1])


@pytest.mark.parametrize(("name", "args"), [one for one in CHANGES if one[0] != "add_note"])
def test_a_reviewer_reads_and_notes_only(db: Database, world: World, case_id: int, name: str, args: tuple[Any, ...]) -> None:
    with pytest.raises(Forbidden):
        db.write_now(getattr(actions, name), world.who("karin"), case_id, *args)
    assert db.write_now(actions.add_note, world.who("karin"), case_id, "Ser bra ut")


def test_cases_go_to_agents_of_this_workspace_only(db: Database, world: World, case_id: int) -> None:
    johan = world.who("johan")
    for stranger in (world.who("marek").id, world.who("ola").id, 17):
        with pytest.raises(Invalid):
            db.write_now(actions.assign_case, johan, case_id, stranger)
    with pytest.raises(Forbidden):
        db.write_now(actions.assign_case, johan, case_id, world.who("erik").id)
    db.write_now(actions.assign_case, johan, case_id, world.who("maja").id)
    assert db.read_now(access_case, johan, case_id).assignee_id == world.who("maja").id


def test_a_snooze_wakes_by_its_timer(db: Database, world: World, case_id: int, clock: TestClock) -> None:
    johan = world.who("johan")
    db.write_now(actions.set_status, johan, case_id, "snoozed", clock.now + HOUR)
    assert db.read_now(next_due) == clock.now + HOUR
    clock.move(HOUR)
    db.write_now(actions.wake_case, system(world.norrsken.id), {"case_id": case_id})
    assert db.read_now(access_case, johan, case_id).status == "open"


@pytest.mark.parametrize("wanted", [("snoozed", None), ("snoozed", -HOUR), ("open", HOUR), ("asleep", None)])
def test_a_status_that_makes_no_sense_is_refused(db: Database, world: World, case_id: int, clock: TestClock, wanted: Any) -> None:
    status, until = wanted
    with pytest.raises(Invalid):
        db.write_now(actions.set_status, world.who("johan"), case_id, status, None if until is None else clock.now + until)


def test_tags_are_one_set_whatever_their_case(db: Database, world: World, case_id: int) -> None:
    johan = world.who("johan")
    db.write_now(actions.set_tags, johan, case_id, ["App", "Zwrot  pieniędzy", "app"])
    db.write_now(actions.set_tags, johan, case_id, ["APP", "Gdańsk"])
    named = sa.select(tags.c.name).join(case_tags, case_tags.c.tag_id == tags.c.id).order_by(tags.c.name)
    assert db.read_now(lambda tx: [row.name for row in tx.rows(named)]) == ["App", "Gdańsk"]


def test_what_was_done_is_in_the_audit_log(db: Database, world: World, case_id: int) -> None:
    johan = world.who("johan")
    db.write_now(actions.assign_case, johan, case_id, johan.id)
    db.write_now(actions.set_priority, johan, case_id, "urgent")
    deeds = db.read_now(list_deeds, johan)
    assert [(one.actor_id, one.action) for one in deeds[:2]] == [(johan.id, "case.priority"), (johan.id, "case.assign")]


def test_a_foreign_file_cannot_be_hung_on_a_note(db: Database, world: World, case_id: int) -> None:
    """T9: only the uploader's own free files."""
    with pytest.raises(Invalid):
        db.write_now(actions.add_note, world.who("johan"), case_id, "Se bilaga", [4711])
