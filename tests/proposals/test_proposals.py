"""Which cases may be the same: told in both, once, to those who see both; and how well. T6, T108."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from bench.proposals import quality, read_pairs
from sluss.cases.access import access_case_no
from sluss.cases.actions import set_status
from sluss.cases.events import MessageReceived
from sluss.channels.contract import Address
from sluss.channels.handles import shown_address
from sluss.kernel.actors import system
from sluss.kernel.clock import DAY, HOUR
from sluss.kernel.db import Database
from sluss.kernel.errors import Forbidden, Missing
from sluss.kernel.events import Recorded
from sluss.merging.merge import merge_cases
from sluss.merging.undo import undo_move
from sluss.privacy.reach import Order, remove
from sluss.proposals.actions import forget_clues, propose_for_message, refuse_proposal, reopen_proposal, set_hours
from sluss.proposals.features import Said, marks_of
from sluss.proposals.models import clues, proposals
from sluss.proposals.queries import proposals_of, proposed_cases
from sluss.replies.sending import SendReply, send_reply
from tests.desk.conftest import Customers
from tests.world import World

ASA = Address("asa.lindqvist@kund.example", "Åsa Lindqvist")
ASA_AT_WORK = Address("asa@kontoret.example", "Åsa Lindqvist")
SAID = "Hej! Jag bokade två biljetter i går men bokningen syns inte i appen. Kan ni hjälpa mig?"


@pytest.fixture
def customers(db: Database, world: World, clock: Any) -> Customers:
    return Customers(db, world, clock)


@pytest.fixture
def write(db: Database, customers: Customers) -> Callable[..., int]:
    """A mail comes in and is compared, twice, as after a crash. Returns the number of its case."""

    def writes(text: str = SAID, sender: Address = ASA, inbox: str = "kundtjanst", times: int = 2) -> int:
        message_id = customers.message("Bokning", text, sender, inbox)
        case = customers.case_of(message_id)
        for number in range(times):
            event = MessageReceived(case_id=case.id, message_id=message_id)
            db.write_now(propose_for_message, Recorded(number, case.workspace_id, db.clock(), "contact", 0, event))
        return int(case.number)

    return writes


@pytest.fixture
def told(db: Database, world: World, customers: Customers) -> Callable[..., list[tuple[int, str]]]:
    """Numbers and reasons of what is proposed about a case."""

    def proposed(no: int, key: str = "maja") -> list[tuple[int, str]]:
        case = customers.case(no)
        found = [(one.number, one.reason) for one in db.read_now(proposals_of, world.who(key), case.id)]
        assert bool(found) == bool(db.read_now(proposed_cases, world.who(key), [case.id]))
        return found

    return proposed


def test_one_person_by_two_ways_is_told_once_in_both_cases(write: Any, told: Any, db: Database) -> None:
    first, second = write(), write(sender=ASA_AT_WORK, inbox="obsluga")
    assert (told(first), told(second)) == ([(second, "text")], [(first, "text")])
    assert db.read_now(lambda tx: tx.value(sa.select(sa.func.count()).select_from(proposals))) == 1


def test_who_does_not_see_both_is_told_nothing(write: Any, told: Any, db: Database, world: World) -> None:
    """T6: neither by the banner nor by the mark in the list, nor can it be settled; nor is another company's case compared."""
    first, second = write(), write(sender=ASA_AT_WORK, inbox="obsluga")
    write(sender=ASA_AT_WORK, inbox="ferries")
    assert (told(first, "johan"), told(second, "petra"), told(first, "maja")) == ([], [], [(second, "text")])
    proposal = db.read_now(lambda tx: tx.value(sa.select(proposals.c.id)))
    for key, reason in (("johan", Missing), ("marek", Missing), ("erik", Missing), ("karin", Missing)):
        with pytest.raises(reason):
            db.write_now(refuse_proposal, world.who(key), proposal)


def test_what_is_not_the_same_is_never_proposed_again(write: Any, told: Any, db: Database, world: World, customers: Customers) -> None:
    first, second = write(), write(sender=ASA_AT_WORK)
    proposal = db.read_now(lambda tx: tx.value(sa.select(proposals.c.id)))
    with pytest.raises(Forbidden):
        db.write_now(refuse_proposal, world.who("karin"), proposal)
    db.write_now(refuse_proposal, world.who("johan"), proposal)
    message = customers.messages([{"text": SAID, "sender": ASA_AT_WORK, "references": (f"m{2}@kund.example",)}])[0]
    event = MessageReceived(case_id=customers.case(second).id, message_id=message)
    db.write_now(propose_for_message, Recorded(1, world.norrsken.id, db.clock(), "contact", 0, event))
    assert second not in dict(told(first))
    db.write_now(reopen_proposal, world.who("johan"), proposal)
    assert (second, "text") in told(first)


def test_an_answer_in_one_is_told_in_the_other(write: Any, db: Database, world: World, customers: Customers) -> None:
    first, second = write(), write(sender=ASA_AT_WORK, inbox="obsluga")
    case = customers.case(first)
    db.write_now(send_reply, world.who("johan"), SendReply(op="1", case_id=case.id, text="Vi letar.", anyway=True))
    db.write_now(set_status, world.who("johan"), case.id, "solved")
    [one] = db.read_now(proposals_of, world.who("maja"), customers.case(second).id)
    assert (one.answered_by, one.status, one.answered_at is not None) == ("Johan Falk", "solved", True)


def test_linked_cases_are_one_until_that_is_taken_back(write: Any, told: Any, db: Database, world: World) -> None:
    maja, first, second = world.who("maja"), write(), write(sender=ASA_AT_WORK)
    ids = [db.read_now(access_case_no, maja, one).id for one in (first, second)]
    move_id = db.write_now(merge_cases, maja, *ids)
    assert told(first) == []
    db.write_now(undo_move, maja, move_id)
    assert told(first) == [(second, "text")]


def test_what_many_write_is_no_proposal(write: Any, told: Any) -> None:
    """A template, a campaign: the first two may be taken for one, who comes after four others is not."""
    words = "Jag vill säga upp mitt abonnemang enligt gällande villkor från och med nästa månad. Vänligen bekräfta uppsägningen skriftligt."
    for number in range(5):
        write(
            words,
            Address(f"{'abcde'[number] * 3}.{'fghij'[number] * 4}@kund.example", f"{'Abcde'[number] * 3} {'Fghij'[number] * 4}"),
            times=1,
        )
    assert told(write(words, Address("u1", "Besökare"), times=1)) == []


def test_only_what_is_near_in_time_is_compared(write: Any, told: Any, db: Database, world: World, customers: Customers) -> None:
    who, first = system(world.norrsken.id), write()
    customers.clock.move(49 * HOUR)
    assert told(write(sender=ASA_AT_WORK)) == []
    db.write_now(set_hours, who, 72)
    assert (first, "text") in told(write(sender=Address("asa3@hemma.example", "Åsa Lindqvist")))
    db.write_now(set_hours, who, 0)
    assert told(write(sender=Address("asa4@hemma.example", "Åsa Lindqvist"))) == []
    customers.clock.move(4 * DAY)
    db.write_now(forget_clues, who)
    assert db.read_now(lambda tx: tx.value(sa.select(sa.func.count()).select_from(clues))) == 0


def test_the_fourth_short_line_of_a_talk_is_compared_no_more(db: Database, customers: Customers) -> None:
    """A long one is: it may begin another matter."""
    fourth = "Det gäller två biljetter som inte syns i appen"
    said = []
    for text in (SAID, "Ja, precis.", "Bokning 7QK4ZP till Gdańsk på fredag", fourth, f"{SAID} {SAID} {SAID}"):
        said.append(customers.message("", text, ASA, thread_key="7"))
        case = customers.case_of(said[-1])
        event = MessageReceived(case_id=case.id, message_id=said[-1])
        db.write_now(propose_for_message, Recorded(1, case.workspace_id, db.clock(), "contact", 0, event))
    compared = db.read_now(lambda tx: {row.message_id for row in tx.rows(sa.select(clues.c.message_id))})
    assert [one in compared for one in (said[0], said[2], said[3], said[4])] == [True, True, False, True]


def test_an_erased_case_leaves_neither_clues_nor_proposals(write: Any, db: Database, world: World, customers: Customers) -> None:
    """Erasure reaches both by their references."""
    from collections import Counter  # noqa: PLC0415 - one use

    from sluss.cases.models import cases  # noqa: PLC0415 - as above

    first, _second = write(), write(sender=ASA_AT_WORK)
    order = Order(system(world.norrsken.id), None, Counter())
    db.write_now(remove, order, cases, [customers.case(first).id])
    left = db.read_now(lambda tx: [tx.value(sa.select(sa.func.count()).select_from(one)) for one in (proposals, clues)])
    assert left[0] == 0
    assert order.tally["clues"] > 5 < left[1]


def test_what_no_visitor_has_chosen_makes_no_two_of_them_one() -> None:
    """Neither a name that Sluss made up nor the key of the chat is something that two people have in common."""
    known = {
        address: shown_address(address) for address in ("visitor-71", "visitor-72", "chat-4f2kq7w5x3m6n2ab/17", "chat-4f2kq7w5x3m6n2ab/18")
    }
    said = [Said(contact=n, name=name, address=one, inbox=1, text="Hej") for n, (one, name) in enumerate(known.items())]
    assert [one.full_name | one.stated_name | one.local_name for one in said] == [frozenset()] * 4
    assert not any("name" in marks_of(one) for one in said)
    assert Said(contact=1, name="Åsa Ek", address="visitor-71", inbox=1, text="").full_name == {"asa", "ek"}


def test_proposals_are_as_good_as_was_told() -> None:
    """docs/search.md tells these figures: `python -m bench.proposals`."""
    pairs = read_pairs()
    for some in (pairs, pairs[::2], pairs[1::2]):
        found = quality(some)
        assert found.precision >= 0.97
        assert found.recall >= 0.9
    assert len(pairs) == 200


async def test_a_banner_links_and_gives_back(web: Any, customers: Customers, write: Any) -> None:
    first, second = write(), write(sender=ASA_AT_WORK)
    johan = await web.sign_in("johan")
    page = (await johan.get(f"/inbox/open/{second}")).text
    assert f"Possibly the same as #{first}: same text, 1 minute apart, by E-mail" in page
    proposal = page.partition("/proposals/")[2].partition("/link")[0]
    linked = await johan.post(f"/proposals/{proposal}/link", no=str(second), back=f"/inbox/open/{second}", target="x")
    assert linked.status_code == 200, linked.text
    assert f"#{first} is part of this now" in linked.text
    undo = linked.text.partition('action="/moves/')[2].partition("/undo")[0]
    assert (await johan.post(f"/moves/{undo}/undo", back=f"/inbox/open/{second}", target="x")).status_code == 200
    refused = await johan.post(f"/proposals/{proposal}/refuse", no=str(second), back=f"/inbox/open/{second}", target="x")
    assert "Not proposed again" in refused.text
    assert "Possibly the same" not in (await johan.get(f"/inbox/open/{second}")).text
