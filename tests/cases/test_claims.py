"""Who may continue a case: only who takes part, by a token that nobody can guess, or by proof. T42, T43, T44."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from sluss.cases.models import cases, messages, threads
from sluss.cases.recording import Recorded
from sluss.channels.contract import Address
from sluss.kernel.db import Database
from sluss.kernel.tokens import WORD_BYTES
from tests.cases.conftest import ASA
from tests.cases.test_copies import claim
from tests.world import World, address_of

Arrive = Callable[..., list[Recorded]]
NOBODY = Address("unknown@sender.invalid")
MALLORY = Address("mallory@evil.example")


def newest(db: Database) -> tuple[int | None, list[str]]:
    """What the newest case continues, and the warnings of the newest message."""
    continues = db.read_now(lambda tx: tx.rows(sa.select(cases.c.continues_id).order_by(cases.c.id)))[-1].continues_id
    return continues, db.read_now(lambda tx: tx.rows(sa.select(messages.c.warnings).order_by(messages.c.id)))[-1].warnings


def number_of_cases(db: Database) -> int:
    return len(db.read_now(lambda tx: tx.rows(sa.select(cases.c.id))))


def test_a_sender_that_proves_false_joins_nothing_by_reference(db: Database, arrive: Arrive) -> None:
    """T44: the name and the quoted id are right, the proof is not."""
    arrive({"external_id": "a@kund.example"})
    arrive({"references": ("a@kund.example",), "proof": "fail"})
    continues, warnings = newest(db)
    assert number_of_cases(db) == 2
    assert continues is not None
    assert "claims-to-continue" in warnings


def test_a_sender_without_any_proof_still_takes_part(db: Database, arrive: Arrive) -> None:
    """Most small servers prove nothing."""
    arrive({"external_id": "a@kund.example"})
    arrive({"references": ("a@kund.example",), "proof": ""})
    assert number_of_cases(db) == 1


def test_senders_that_cannot_be_read_are_not_one_person(db: Database, arrive: Arrive) -> None:
    """T44, T56: they all bear the same stand-in."""
    arrive({"external_id": "a@kund.example", "sender": NOBODY})
    arrive({"references": ("a@kund.example",), "sender": NOBODY})
    assert number_of_cases(db) == 2


def test_who_joins_by_a_token_alone_is_shown_as_new(db: Database, arrive: Arrive) -> None:
    """T43: somebody forwarded our answer; who answers it then is not the customer."""
    arrive({})
    token = db.read_now(lambda tx: tx.value(sa.select(threads.c.token)))
    arrive({"thread_token": token, "sender": MALLORY})
    assert (number_of_cases(db), newest(db)[1]) == (1, ["new-participant"])
    arrive({"thread_token": token})
    assert newest(db)[1] == []


def test_a_token_cannot_be_guessed() -> None:
    """T43: at least 64 random bits."""
    assert WORD_BYTES * 8 >= 64


def test_being_copied_in_by_the_customer_gives_no_access(db: Database, arrive: Arrive) -> None:
    """T43: whom the customer copied in may quote what he likes; he has not been written to by us."""
    arrive({"external_id": "a@kund.example", "cc": (MALLORY,)})
    arrive({"references": ("a@kund.example",), "sender": MALLORY})
    assert number_of_cases(db) == 2


def test_another_workspace_is_never_continued(db: Database, world: World, arrive: Arrive) -> None:
    """T1, T44: a token or an id of the ferries means nothing to the airline."""
    arrive({"external_id": "a@kund.example"})
    token = db.read_now(lambda tx: tx.value(sa.select(threads.c.token)))
    here = {"workspace_id": world.norrsken.id}
    count = db.read_now(lambda tx: len(tx.rows(sa.select(threads.c.id).where(threads.c.workspace_id == here["workspace_id"]))))
    assert count == 1
    arrive({"references": ("a@fergle.example",), "thread_token": token[:-1] + ("a" if token[-1] != "a" else "b"), "sender": MALLORY})
    assert (number_of_cases(db), newest(db)[0]) == (2, None)


@pytest.mark.parametrize("proof", ["", "fail"])
def test_an_agents_address_in_from_is_no_agents_answer(db: Database, world: World, arrive: Arrive, proof: str) -> None:
    """T42: nobody answers by writing a colleague's name, or ours, into From."""
    claim(db, world)
    arrive({"external_id": "a@kund.example"})
    for address in (address_of("johan", "norrsken.test"), world.norrsken.inboxes["kundtjanst"].address):
        arrive({"references": ("a@kund.example",), "sender": Address(address), "to": (ASA,), "proof": proof})
    rows = db.read_now(
        lambda tx: tx.rows(sa.select(messages.c.direction, messages.c.agent_id, messages.c.warnings).order_by(messages.c.id))
    )
    assert [(row.direction, row.agent_id) for row in rows] == [("in", None)] * 3
    assert "claims-our-address" in rows[-1].warnings
    assert number_of_cases(db) == 3
