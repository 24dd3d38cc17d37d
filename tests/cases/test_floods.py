"""A mail bomb fills one case and nobody else's list. T49."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from sluss.cases import floods
from sluss.cases.models import case_tags, cases, messages
from sluss.cases.recording import Recorded
from sluss.channels.contract import Address
from sluss.kernel.clock import HOUR, TestClock
from sluss.kernel.db import Database

Arrive = Callable[..., list[Recorded]]
LUKASZ = Address("lukasz@poczta.example")


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(floods, "MOST", 5)


def counts(db: Database) -> tuple[int, ...]:
    """Cases, messages, tagged cases."""
    return db.read_now(lambda tx: tuple(int(tx.value(sa.select(sa.func.count()).select_from(one))) for one in (cases, messages, case_tags)))


@pytest.mark.parametrize("sets", [1, 4])
def test_what_one_sender_sends_too_much_stands_in_one_tagged_case(db: Database, arrive: Arrive, sets: int) -> None:
    """T49: nothing is lost, and others' mail in between gets its own case."""
    for _ in range(sets):
        arrive(*({} for _ in range(40 // sets)), {"sender": LUKASZ})
    assert counts(db) == (5 + min(sets, 5), 40 + sets, 1)


def test_an_hour_later_a_sender_may_open_cases_again(db: Database, clock: TestClock, arrive: Arrive) -> None:
    arrive(*({} for _ in range(8)))
    clock.move(2 * HOUR)
    arrive({})
    assert counts(db)[0] == 6


def test_a_form_that_writes_for_many_is_no_flood(db: Database, arrive: Arrive) -> None:
    """A web shop's form sends everything from one address; each customer answers to another."""
    arrive(*({"warnings": ("reply-to-differs",)} for _ in range(9)))
    assert counts(db)[0] == 9
