"""One mail that comes several times is one message; two that only look alike are two. T46, T47; F32."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from sluss.cases.access import access_case, visible_to
from sluss.cases.actions import set_status
from sluss.cases.models import case_inboxes, cases, message_copies, message_keys, messages
from sluss.cases.recording import Arrival, Recorded, record_arrivals
from sluss.channels.contract import Address
from sluss.channels.models import inbox_addresses
from sluss.kernel.actors import system
from sluss.kernel.clock import DAY, TestClock
from sluss.kernel.db import Database
from sluss.kernel.errors import Missing
from sluss.kernel.tx import Tx
from tests.cases.conftest import ASA, arrival
from tests.world import World

MALLORY = Address("mallory@evil.example")
Arrive = Callable[..., list[Recorded]]


@pytest.fixture
def both(db: Database, world: World, clock: TestClock) -> Callable[..., list[Recorded]]:
    """Record one mail that names both inboxes, as it comes to those given, in one set."""
    claim(db, world)
    help_, pomoc = (Address(world.norrsken.inboxes[key].address) for key in ("kundtjanst", "obsluga"))

    def record(*keys: str, **given: Any) -> list[Recorded]:
        said = {"external_id": "one@kund.example", "dedupe_key": "one", "to": (help_,), "cc": (pomoc,)} | given
        arrivals = [at(world, clock, key, **said) for key in keys]
        return db.write_now(record_arrivals, system(world.norrsken.id), arrivals)

    return record


def claim(db: Database, world: World) -> None:
    """The addresses of Norrsken's inboxes lead to them."""
    rows = [{"workspace_id": world.norrsken.id, "address": one.address, "inbox_id": one.id} for one in world.norrsken.inboxes.values()]
    db.write_now(lambda tx: tx.run(sa.insert(inbox_addresses), rows).rowcount)


def at(world: World, clock: TestClock, key: str, **given: Any) -> Arrival:
    one = arrival(world, clock, **given)
    values: dict[str, Any] = {name: getattr(one, name) for name in Arrival.__struct_fields__} | {"inbox_id": world.norrsken.inboxes[key].id}
    return Arrival(**values)


def count(db: Database, table: sa.Table) -> int:
    return int(db.read_now(lambda tx: tx.value(sa.select(sa.func.count()).select_from(table))))


@pytest.mark.parametrize("order", [("kundtjanst", "obsluga"), ("obsluga", "kundtjanst")])
@pytest.mark.parametrize("sets", [1, 2])
def test_a_mail_to_two_inboxes_is_one_message_of_one_case(
    db: Database, world: World, both: Callable[..., list[Recorded]], order: tuple[str, str], sets: int
) -> None:
    """F32: at home in the inbox that it names first, in whatever order and however far apart the copies come."""
    done = both(*order) if sets == 1 else [*both(order[0]), *both(order[1])]
    assert {one.message_id for one in done} == {done[0].message_id}
    assert (count(db, cases), count(db, messages)) == (1, 1)
    home = db.read_now(lambda tx: tx.value(sa.select(cases.c.inbox_id)))
    other = db.read_now(lambda tx: tx.rows(sa.select(message_copies.c.message_id, message_copies.c.inbox_id)))
    assert home == world.norrsken.inboxes["kundtjanst"].id
    assert [tuple(row) for row in other] == [(done[0].message_id, world.norrsken.inboxes["obsluga"].id)]


def test_the_same_copy_once_more_changes_nothing(db: Database, both: Callable[..., list[Recorded]]) -> None:
    both("kundtjanst", "obsluga")
    assert [one.outcome for one in both("obsluga", "kundtjanst", "obsluga")] == ["duplicate"] * 3
    assert (count(db, message_copies), count(db, case_inboxes)) == (1, 1)


def test_who_handles_either_inbox_sees_the_case_and_nobody_else(db: Database, world: World, both: Callable[..., list[Recorded]]) -> None:
    """T6: lists ask the same as the one case does."""
    both("kundtjanst")
    case_id = db.read_now(lambda tx: tx.value(sa.select(cases.c.id)))
    petra = world.who("petra")
    with pytest.raises(Missing):
        db.read_now(access_case, petra, case_id)
    both("obsluga")
    for key in ("johan", "petra", "maja", "ewa"):
        assert db.read_now(access_case, world.who(key), case_id).id == case_id
        assert seen(db, world, key) == [case_id]
    for key in ("erik", "marek"):
        with pytest.raises(Missing):
            db.read_now(access_case, world.who(key), case_id)
        assert seen(db, world, key) == []


def seen(db: Database, world: World, key: str) -> list[int]:
    """What a list holds for somebody."""
    return [row.id for row in db.read_now(lambda tx: tx.rows(sa.select(cases.c.id).where(visible_to(world.who(key)))))]


def test_two_processes_that_record_the_copies_at_once_make_one_message(
    db: Database, world: World, clock: TestClock, both: Callable[..., list[Recorded]]
) -> None:
    """F32: the unique key decides; who comes second sees it and records a copy."""
    gate = threading.Barrier(2, timeout=5)

    def record(tx: Tx, key: str) -> list[Recorded]:
        if db.kind == "postgresql":
            gate.wait()
        help_, pomoc = (Address(world.norrsken.inboxes[one].address) for one in ("kundtjanst", "obsluga"))
        one = at(world, clock, key, external_id="one@kund.example", dedupe_key="one", to=(help_, pomoc))
        return record_arrivals(tx, system(world.norrsken.id), [one])

    async def race() -> list[Any]:
        return list(await asyncio.gather(db.write(record, "kundtjanst"), db.write(record, "obsluga"), return_exceptions=True))

    def again(tx: Tx) -> list[Recorded]:
        gate.reset()
        arrivals = [at(world, clock, key, external_id="one@kund.example", dedupe_key="one") for key in ("kundtjanst", "obsluga")]
        return record_arrivals(tx, system(world.norrsken.id), arrivals)

    asyncio.run(race())
    db.write_now(again)
    assert (count(db, messages), count(db, cases), count(db, message_keys), count(db, message_copies)) == (1, 1, 1, 1)


def test_a_key_stored_while_each_inbox_had_its_own_is_still_known(db: Database, world: World, arrive: Arrive) -> None:
    first = arrive({"dedupe_key": "old"})[0]
    inbox_id = world.norrsken.inboxes["kundtjanst"].id
    db.write_now(lambda tx: tx.run(sa.update(message_keys).values(dedupe_key=f"{inbox_id}:old")).rowcount)
    again = arrive({"dedupe_key": "old"})[0]
    assert (again.outcome, again.message_id) == ("duplicate", first.message_id)


def test_a_predicted_message_id_does_not_swallow_the_real_mail(db: Database, arrive: Arrive) -> None:
    """T46: the attacker wrote first, under the id that the real mail will have; the customer's stays a case that waits."""
    text = "Min resa är inställd, jag vill ha pengarna tillbaka."
    arrive({"external_id": "guessed@kund.example", "sender": MALLORY, "text": text, "fresh": text})
    arrive({"external_id": "guessed@kund.example", "text": text, "fresh": text})
    assert db.read_now(lambda tx: [row.waiting_since is not None for row in tx.rows(sa.select(cases.c.waiting_since))]) == [True, True]


@pytest.mark.parametrize("proofs", [("", "pass"), ("fail", "pass")])
def test_a_forged_sender_does_not_swallow_the_proven_mail(db: Database, arrive: Arrive, proofs: tuple[str, str]) -> None:
    """T46: even where he takes the customer's name and words."""
    for number, proof in enumerate(proofs):
        arrive({"external_id": "guessed@kund.example", "proof": proof, "dedupe_key": f"d{number}"})
    assert count(db, cases) == 2


def test_another_text_under_the_same_id_is_another_mail(db: Database, arrive: Arrive) -> None:
    """T46: broken programs give several mails one id."""
    arrive({"external_id": "x@kund.example", "text": "Var är min väska?"}, {"external_id": "x@kund.example", "text": "Kan jag boka om?"})
    assert count(db, cases) == 2


FOOTER = "\n\n_______\nSent to the list help@norrsken.test. Unsubscribe at https://list.example/"


@pytest.mark.parametrize("sets", [1, 2])
def test_a_copy_with_another_footer_stands_with_the_first(db: Database, clock: TestClock, arrive: Arrive, sets: int) -> None:
    """T47: kept, marked, no second case, and no clock starts anew."""
    text = "Hej! Var är min väska? Den kom inte med till Gdańsk i går kväll."
    copies = ({"external_id": "l@kund.example", "text": text}, {"external_id": "l@kund.example", "text": text + FOOTER})
    if sets == 1:
        arrive(*copies)
    else:
        arrive(copies[0])
        clock.move(DAY)
        arrive(copies[1])
    assert count(db, cases) == 1
    first, second = db.read_now(lambda tx: tx.rows(sa.select(messages.c.automatic, messages.c.warnings).order_by(messages.c.id)))
    assert (first.automatic, first.warnings) == ("", [])
    assert (second.automatic, second.warnings) == ("copy", ["another-copy"])


def test_a_late_copy_reopens_nothing(db: Database, world: World, arrive: Arrive) -> None:
    """T47."""
    who = system(world.norrsken.id)
    arrive({"external_id": "l@kund.example", "text": "Var är min väska i dag?"})
    case_id = db.read_now(lambda tx: tx.value(sa.select(cases.c.id)))
    db.write_now(set_status, who, case_id, "solved")
    arrive({"external_id": "l@kund.example", "text": "Var är min väska i dag?" + FOOTER})
    case = db.read_now(access_case, who, case_id)
    assert (case.status, case.waiting_since, count(db, messages)) == ("solved", None, 2)


def test_our_own_mail_that_comes_back_is_nothing_new(db: Database, world: World, arrive: Arrive) -> None:
    """T48: by Cc, by a list, by a forward: it is known by the id that we gave it."""
    claim(db, world)
    arrive({"external_id": "a@kund.example"})
    message_id = db.read_now(lambda tx: tx.value(sa.select(messages.c.id)))
    db.write_now(lambda tx: tx.run(sa.update(messages).values(direction="out", identity_id=None)).rowcount)
    ours = Address(world.norrsken.inboxes["obsluga"].address)
    done = arrive({"external_id": "a@kund.example", "sender": ours})[0]
    assert (done.outcome, done.message_id, count(db, cases)) == ("ours", message_id, 1)
    arrive({"external_id": "a@kund.example", "sender": ASA})
    last = db.read_now(lambda tx: tx.rows(sa.select(messages.c.automatic).order_by(messages.c.id)))[-1]
    assert last.automatic == "own"
