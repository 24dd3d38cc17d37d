"""Answers given by another program: recognised, put where they belong, and the customer no longer waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from sluss.cases.access import CaseRow, access_case
from sluss.cases.actions import OutgoingMessage, record_outbound, set_status
from sluss.cases.jobs import forget_begun
from sluss.cases.models import begun_elsewhere, cases, conversations, messages
from sluss.cases.recording import Recorded
from sluss.channels.contract import Address
from sluss.kernel.actors import system
from sluss.kernel.clock import DAY, HOUR, MINUTE, TestClock
from sluss.kernel.db import Database
from sluss.kernel.events import events
from tests.cases.conftest import ASA
from tests.cases.test_copies import claim
from tests.world import World, address_of

Arrive = Callable[..., list[Recorded]]
WAREHOUSE = Address("lager@partner.example", "Lagret")


@pytest.fixture
def answer(db: Database, world: World, arrive: Arrive) -> Callable[..., Recorded]:
    """One of us answers from the mail program; found in the Sent folder."""
    claim(db, world)
    ours = Address(world.norrsken.inboxes["kundtjanst"].address, "Norrsken Air")

    def record(**given: Any) -> Recorded:
        usual = {
            "direction": "out",
            "origin": "sent folder",
            "sender": ours,
            "to": (ASA,),
            "text": "Hej Åsa, den är hittad.",
            "fresh": "Hej",
        }
        return arrive(usual | given)[0]

    return record


def the_case(db: Database, world: World) -> CaseRow:
    (row,) = db.read_now(lambda tx: tx.rows(sa.select(cases.c.id)))
    return db.read_now(access_case, system(world.norrsken.id), row.id)


def rows(db: Database) -> list[Any]:
    return list(db.read_now(lambda tx: tx.rows(sa.select(messages).order_by(messages.c.id))))


def test_an_answer_from_outlook_stops_the_clock(db: Database, world: World, clock: TestClock, arrive: Arrive, answer: Any) -> None:
    arrive({"external_id": "a@kund.example"})
    clock.move(HOUR)
    done = answer(references=("a@kund.example",), external_id="x@outlook.example", author=Address("johan@privat.example", "Johan F"))
    case, said = the_case(db, world), rows(db)[-1]
    assert (case.status, case.waiting_since, case.preview) == ("pending", None, "Hej")
    assert (said.id, said.direction, said.origin, said.author, said.agent_id) == (done.message_id, "out", "sent folder", "Johan F", None)
    kinds = [row.kind for row in db.read_now(lambda tx: tx.rows(sa.select(events.c.kind).order_by(events.c.id)))]
    assert "answered_elsewhere" in kinds


def test_the_answer_to_it_threads(db: Database, arrive: Arrive, answer: Any) -> None:
    """Its id is known from now on, and who it went to takes part."""
    arrive({"external_id": "a@kund.example"})
    answer(references=("a@kund.example",), external_id="x@outlook.example", cc=(WAREHOUSE,))
    arrive({"references": ("x@outlook.example",)})
    arrive({"references": ("x@outlook.example",), "sender": WAREHOUSE})
    assert len(db.read_now(lambda tx: tx.rows(sa.select(cases.c.id)))) == 1


def test_an_agent_is_known_by_the_address_of_the_sign_in(db: Database, world: World, arrive: Arrive, answer: Any) -> None:
    arrive({"external_id": "a@kund.example"})
    answer(references=("a@kund.example",), author=Address(address_of("johan", "norrsken.test"), "J"))
    assert rows(db)[-1].agent_id == world.who("johan").id


@pytest.mark.parametrize("before", ["snoozed", "solved", "spam"])
def test_what_becomes_of_each_status(db: Database, world: World, arrive: Arrive, answer: Any, before: Any) -> None:
    arrive({"external_id": "a@kund.example"})
    until = db.clock() + DAY if before == "snoozed" else None
    db.write_now(set_status, system(world.norrsken.id), the_case(db, world).id, before, until)
    answer(references=("a@kund.example",))
    assert the_case(db, world).status == {"snoozed": "pending"}.get(before, before)


def test_what_the_customer_wrote_after_the_answer_waits_on(
    db: Database, world: World, clock: TestClock, arrive: Arrive, answer: Any
) -> None:
    """The Sent folder is looked at later than the answer was sent."""
    arrive({"external_id": "a@kund.example"})
    clock.move(HOUR)
    sent_at = clock()
    clock.move(MINUTE)
    arrive({"references": ("a@kund.example",)})
    wrote_at = clock()
    clock.move(HOUR)
    answer(references=("a@kund.example",), sent_at=sent_at)
    case = the_case(db, world)
    assert (case.status, case.waiting_since) == ("open", wrote_at)


@pytest.mark.parametrize("given", [{"to": (WAREHOUSE,)}, {"automatic": "auto-submitted"}])
def test_what_does_not_answer_the_customer_stops_no_clock(
    db: Database, world: World, arrive: Arrive, answer: Any, given: dict[str, Any]
) -> None:
    """T48: a forward to the warehouse, an out-of-office of the account: shown, and the customer waits as before."""
    arrive({"external_id": "a@kund.example"})
    waits = the_case(db, world).waiting_since
    answer(references=("a@kund.example",), **given)
    assert (the_case(db, world).waiting_since, len(rows(db))) == (waits, 2)


def test_a_copy_that_proves_to_be_ours_is_an_answer(db: Database, world: World, arrive: Arrive, answer: Any) -> None:
    """T42: a proven Bcc to ourselves, also from another inbox of ours."""
    arrive({"external_id": "a@kund.example"})
    other = Address(world.norrsken.inboxes["obsluga"].address, "Obsługa")
    answer(references=("a@kund.example",), direction="in", origin="", proof="pass", sender=other)
    assert (the_case(db, world).status, rows(db)[-1].origin, rows(db)[-1].direction) == ("pending", "copy", "out")


def test_among_ourselves_is_no_answer(db: Database, world: World, answer: Any) -> None:
    ours = Address(world.norrsken.inboxes["obsluga"].address)
    assert answer(to=(ours,)).outcome == "nothing"
    assert rows(db) == []


def by_sluss(db: Database, world: World) -> int:
    """Johan answers in Sluss."""
    where = db.read_now(lambda tx: tx.row(sa.select(conversations.c.id, conversations.c.thread_id, conversations.c.case_id)))
    assert where is not None
    outgoing = OutgoingMessage(
        case_id=where.case_id,
        conversation_id=where.id,
        thread_id=where.thread_id,
        external_id="ours@norrsken.test",
        subject="Re: Bokningen syns inte",
        text="Hej Åsa!\n\nDen är hittad.",
        to=(ASA,),
    )
    return db.write_now(record_outbound, world.who("johan"), outgoing)


def test_what_sluss_sent_is_nothing_new_in_the_sent_folder(db: Database, world: World, arrive: Arrive, answer: Any) -> None:
    arrive({"external_id": "a@kund.example"})
    ours = by_sluss(db, world)
    done = answer(external_id="ours@norrsken.test", references=("a@kund.example",))
    assert (done.outcome, done.message_id, len(rows(db))) == ("ours", ours, 2)


def test_what_the_server_gave_another_id_is_known_by_its_words(
    db: Database, world: World, clock: TestClock, arrive: Arrive, answer: Any
) -> None:
    """Microsoft rewrites ids of what it sends; who answers names the new one."""
    arrive({"external_id": "a@kund.example"})
    ours = by_sluss(db, world)
    clock.move(MINUTE)
    given = {"external_id": "rewritten@outlook.example", "references": ("a@kund.example",), "subject": "Re: Bokningen syns inte"}
    done = answer(**given, text="Hej Åsa!\n\nDen är hittad.\n")
    assert (done.outcome, done.message_id, len(rows(db))) == ("ours", ours, 2)
    arrive({"references": ("rewritten@outlook.example",)})
    assert len(db.read_now(lambda tx: tx.rows(sa.select(cases.c.id)))) == 1


def test_what_was_begun_elsewhere_waits_for_the_customers_answer(
    db: Database, world: World, clock: TestClock, arrive: Arrive, answer: Any
) -> None:
    """No case until then; afterwards it is the first message of it."""
    done = answer(external_id="begun@outlook.example", subject="Din resa")
    again = answer(external_id="begun@outlook.example", subject="Din resa")
    assert (done.outcome, again.outcome, rows(db)) == ("begun elsewhere", "begun elsewhere", [])
    clock.move(DAY)
    arrive({"references": ("begun@outlook.example",), "text": "Tack!"})
    assert [(row.direction, row.subject) for row in rows(db)] == [("out", "Din resa"), ("in", "Bokningen syns inte")]
    assert the_case(db, world).waiting_since == clock()
    assert db.read_now(lambda tx: tx.rows(sa.select(begun_elsewhere))) == []


def test_a_stranger_cannot_continue_what_was_begun_elsewhere(db: Database, arrive: Arrive, answer: Any) -> None:
    """T44."""
    answer(external_id="begun@outlook.example")
    arrive({"references": ("begun@outlook.example",), "sender": WAREHOUSE})
    assert [row.direction for row in rows(db)] == ["in"]


@pytest.mark.parametrize("together", [True, False])
def test_an_answer_seen_before_its_question_finds_it(db: Database, world: World, arrive: Arrive, *, together: bool) -> None:
    """Inbox and Sent folder are read one after the other, in whatever order."""
    claim(db, world)
    ours = Address(world.norrsken.inboxes["kundtjanst"].address)
    sent = {"direction": "out", "origin": "sent folder", "sender": ours, "to": (ASA,), "references": ("late@kund.example",)}
    question = {"external_id": "late@kund.example"}
    if together:
        arrive(sent, question)
    else:
        arrive(sent)
        arrive(question)
    assert [row.direction for row in rows(db)] == ["in", "out"]
    assert (the_case(db, world).status, the_case(db, world).waiting_since) == ("pending", None)


def test_nobody_answers_after_more_than_a_year(db: Database, world: World, clock: TestClock, answer: Any) -> None:
    answer(external_id="begun@outlook.example")
    clock.move(399 * DAY)
    db.write_now(forget_begun, system(world.norrsken.id))
    assert len(db.read_now(lambda tx: tx.rows(sa.select(begun_elsewhere)))) == 1
    clock.move(2 * DAY)
    db.write_now(forget_begun, system(world.norrsken.id))
    assert db.read_now(lambda tx: tx.rows(sa.select(begun_elsewhere))) == []
