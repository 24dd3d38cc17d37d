"""Writing first: a case of our own, its message as any answer's, and what the customer answers comes back into it."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from sluss.cases.access import access_case_no
from sluss.cases.models import messages, threads
from sluss.cases.recording import Arrival, record_arrivals
from sluss.channels.contract import Address, Inbound
from sluss.kernel.actors import system
from sluss.kernel.db import Database
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing
from sluss.outbox.models import operations
from sluss.replies import beginning
from sluss.replies.beginning import Begin, begin_conversation
from sluss.replies.undoing import undo_send
from tests.world import World


def letter(world: World, op: str = "a", **given: Any) -> Begin:
    fields: dict[str, Any] = {
        "inbox_id": world.norrsken.inboxes["kundtjanst"].id,
        "to": "Bo Ek <bo@kund.example>",
        "subject": "Din väska",
        "text": "Vi har den.",
    }
    return Begin(op=op, **(fields | given))


def test_what_is_answered_comes_back_into_the_case(db: Database, world: World) -> None:
    """Once per form; the subject is the agent's own; the customer owes the next word."""
    johan, ws = world.who("johan"), world.norrsken.id
    begun = db.write_now(begin_conversation, johan, letter(world))
    assert db.write_now(begin_conversation, johan, letter(world)) == begun
    case = db.read_now(access_case_no, johan, begun.number)
    assert (case.subject, case.status, case.assignee_id, case.preview) == ("Din väska", "pending", johan.id, "Vi har den.")
    [sent] = db.read_now(lambda tx: tx.rows(sa.select(messages)))
    assert (sent.subject, sent.direction, [one["address"] for one in sent.to]) == ("Din väska", "out", ["bo@kund.example"])
    assert db.read_now(lambda tx: [row.recipient for row in tx.rows(sa.select(operations))]) == ["bo@kund.example"]
    inbound = Inbound(
        external_id="x@kund.example",
        dedupe_key="x",
        sender=Address("bo@kund.example", "Bo"),
        subject="Re: Din väska",
        text="Tack!",
        fresh="Tack!",
        references=(sent.external_id,),
    )
    arrival = Arrival(
        envelope_id=1,
        inbox_id=case.inbox_id,
        network="email",
        visibility="private",
        reopen_days=14,
        received_at=db.clock(),
        inbound=inbound,
    )
    db.write_now(record_arrivals, system(ws), [arrival])
    assert db.read_now(access_case_no, johan, begun.number).status == "open"
    assert len(db.read_now(lambda tx: tx.rows(sa.select(threads)))) == 1


def test_it_is_taken_back_as_any_answer(db: Database, world: World) -> None:
    johan = world.who("johan")
    begun = db.write_now(begin_conversation, johan, letter(world))
    [operation] = db.read_now(lambda tx: tx.rows(sa.select(operations.c.id)))
    assert db.write_now(undo_send, johan, operation.id).text == "Vi har den."
    assert db.read_now(access_case_no, johan, begun.number).status == "open"
    assert db.read_now(lambda tx: tx.rows(sa.select(messages))) == []


def test_nobody_writes_by_what_is_not_theirs_nor_without_end(db: Database, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """T1, T5, T61, T113"""
    johan, inboxes = world.who("johan"), world.norrsken.inboxes
    for who, inbox in (("johan", inboxes["obsluga"].id), ("marek", inboxes["kundtjanst"].id), ("johan", 7)):
        with pytest.raises(Missing):
            db.write_now(begin_conversation, world.who(who), letter(world, inbox_id=inbox))
    with pytest.raises(Forbidden):
        db.write_now(begin_conversation, world.who("karin"), letter(world))
    wrong = (
        {"to": ""},
        {"to": "a@x.example, b@x.example"},
        {"to": "a\nBcc: b@x.example"},
        {"subject": " "},
        {"text": " "},
    )
    for given in wrong:
        with pytest.raises(Invalid):
            db.write_now(begin_conversation, johan, letter(world, **given))
    monkeypatch.setattr(beginning, "PER_HOUR", 1)
    db.write_now(begin_conversation, johan, letter(world))
    with pytest.raises(Conflict):
        db.write_now(begin_conversation, johan, letter(world, "b"))
