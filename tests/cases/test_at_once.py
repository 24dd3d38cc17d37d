"""A customer and an agent at one case at the same moment: both changes stand, as if one had come after the other. F21, F51."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
import sqlalchemy as sa

from sluss.cases import actions, recording
from sluss.cases.actions import set_status
from sluss.cases.models import cases
from sluss.cases.recording import Recorded, record_arrivals
from sluss.kernel.actors import system
from sluss.kernel.clock import HOUR, TestClock
from sluss.kernel.db import Database
from tests.cases.conftest import arrival
from tests.world import World

MOMENT = 1.0
AUTOMATIC = {"external_id": "first@kund.example", "automatic": "auto-replied"}
ANSWER = {"references": ("first@kund.example",)}


class Meanwhile:
    """Lets something happen in the middle of something else: at once where nothing is locked, else right after it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, happening: Callable[[], object]) -> None:
        original, self.thread = getattr(module, name), Thread(target=happening)

        def in_the_middle(*args: Any) -> Any:
            if not self.thread.ident:
                self.thread.start()
                self.thread.join(MOMENT)
            return original(*args)

        monkeypatch.setattr(module, name, in_the_middle)

    def end(self) -> None:
        self.thread.join()


@pytest.fixture
def case_id(db: Database, world: World, arrive: Callable[..., list[Recorded]]) -> int:
    """An open case in which nobody waits."""
    arrive(AUTOMATIC)
    return db.read_now(lambda tx: tx.value(sa.select(cases.c.id)))


def the_case(db: Database) -> sa.Row[Any]:
    row = db.read_now(lambda tx: tx.row(sa.select(cases)))
    assert row is not None
    return row


def test_an_automatic_mail_does_not_undo_a_solve(
    db: Database, world: World, clock: TestClock, case_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    solving = Meanwhile(
        monkeypatch, recording, "known_thread_keys", lambda: db.write_now(set_status, world.who("johan"), case_id, "solved")
    )
    db.write_now(record_arrivals, system(world.norrsken.id), [arrival(world, clock, **ANSWER, automatic="auto-replied")])
    solving.end()
    assert the_case(db).status == "solved"


def test_a_snooze_does_not_forget_who_began_to_wait(
    db: Database, world: World, clock: TestClock, case_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = [arrival(world, clock, **ANSWER)]
    writing = Meanwhile(monkeypatch, actions, "_check_status", lambda: db.write_now(record_arrivals, system(world.norrsken.id), mail))
    db.write_now(set_status, world.who("johan"), case_id, "snoozed", clock.now + HOUR)
    writing.end()
    assert the_case(db).waiting_since == clock()


def test_two_agents_put_the_same_tag_on_a_case(db: Database, world: World, case_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    tagging = Meanwhile(
        monkeypatch, actions, "_find_or_make_tags", lambda: db.write_now(actions.set_tags, world.who("maja"), case_id, ["App"])
    )
    db.write_now(actions.set_tags, world.who("johan"), case_id, ["App"])
    tagging.end()
    assert db.read_now(lambda tx: tx.value(sa.text("SELECT count(*) FROM case_tags"))) == 1


def test_a_case_that_is_set_aside_anew_does_not_wake(
    db: Database, world: World, clock: TestClock, case_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    johan = world.who("johan")
    db.write_now(set_status, johan, case_id, "snoozed", clock.now + HOUR)
    clock.move(HOUR)
    later = clock.now + HOUR
    snoozing = Meanwhile(monkeypatch, actions, "set_status", lambda: db.write_now(set_status, johan, case_id, "snoozed", later))
    db.write_now(actions.wake_case, system(world.norrsken.id), {"case_id": case_id})
    snoozing.end()
    assert (the_case(db).status, the_case(db).snoozed_until) == ("snoozed", later)
