"""Where a message belongs: threads, cases, who may continue what. T43, T44, T46; F32, F33."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from sluss.cases.access import CaseRow, access_case
from sluss.cases.actions import OutgoingMessage, record_outbound, set_status
from sluss.cases.models import cases, conversations, messages, threads
from sluss.cases.recording import Recorded
from sluss.channels.contract import Address
from sluss.kernel.actors import Actor, system
from sluss.kernel.clock import DAY, TestClock
from sluss.kernel.db import Database
from sluss.kernel.search import find_cases
from sluss.kernel.tx import Tx
from tests.cases.conftest import ASA
from tests.world import World

LUKASZ = Address("lukasz@poczta.example", "Łukasz Wójcik")


def case_of(db: Database, who: Actor, recorded: Recorded) -> CaseRow:
    joined = messages.join(conversations, conversations.c.id == messages.c.conversation_id)
    wanted = sa.select(conversations.c.case_id).select_from(joined).where(messages.c.id == recorded.message_id)
    return db.read_now(access_case, who, db.read_now(lambda tx: tx.value(wanted)))


def test_a_stranger_opens_a_case_that_waits(db: Database, world: World, arrive: Callable[..., list[Recorded]], clock: TestClock) -> None:
    case = case_of(db, system(world.norrsken.id), arrive({})[0])
    assert (case.status, case.waiting_since, case.subject, case.preview) == ("open", clock.now, "Bokningen syns inte", "Hej!")


def test_the_same_message_is_recorded_once(db: Database, world: World, arrive: Callable[..., list[Recorded]]) -> None:
    """F32."""
    first, again = arrive({"dedupe_key": "same"}, {"dedupe_key": "same"})
    later = arrive({"dedupe_key": "same"})[0]
    assert [first.outcome, again.outcome, later.outcome] == ["message", "duplicate", "duplicate"]
    assert first.message_id == again.message_id == later.message_id


def test_a_reference_in_the_same_set_joins(db: Database, world: World, arrive: Callable[..., list[Recorded]]) -> None:
    first, second = arrive({"external_id": "a@k"}, {"references": ("a@k",)})
    assert case_of(db, system(world.norrsken.id), first).id == case_of(db, system(world.norrsken.id), second).id


def test_a_stranger_who_quotes_our_id_gets_a_case_of_his_own(db: Database, world: World, arrive: Callable[..., list[Recorded]]) -> None:
    """T44: the new case says what it claims to continue, and shows nothing of it."""
    first = arrive({"external_id": "a@k"})[0]
    second = arrive({"references": ("a@k",), "sender": LUKASZ})[0]
    theirs = case_of(db, system(world.norrsken.id), second)
    assert theirs.id != case_of(db, system(world.norrsken.id), first).id
    assert theirs.continues_id == case_of(db, system(world.norrsken.id), first).id


def test_the_token_of_our_address_lets_anybody_join(db: Database, world: World, arrive: Callable[..., list[Recorded]]) -> None:
    first = arrive({})[0]
    token = db.read_now(lambda tx: tx.value(sa.select(threads.c.token)))
    second = arrive({"thread_token": token, "sender": LUKASZ})[0]
    assert case_of(db, system(world.norrsken.id), second).id == case_of(db, system(world.norrsken.id), first).id


def test_a_solved_case_reopens_within_its_window(
    db: Database, world: World, arrive: Callable[..., list[Recorded]], clock: TestClock
) -> None:
    case = case_of(db, system(world.norrsken.id), arrive({"external_id": "a@k"})[0])
    db.write_now(set_status, system(world.norrsken.id), case.id, "solved")
    clock.move(13 * DAY)
    again = case_of(db, system(world.norrsken.id), arrive({"references": ("a@k",)})[0])
    assert (again.id, again.status, again.waiting_since, again.solved_at) == (case.id, "open", clock.now, None)


def test_after_the_window_a_new_case_continues_the_old(
    db: Database, world: World, arrive: Callable[..., list[Recorded]], clock: TestClock
) -> None:
    case = case_of(db, system(world.norrsken.id), arrive({"external_id": "a@k"})[0])
    db.write_now(set_status, system(world.norrsken.id), case.id, "solved")
    clock.move(15 * DAY)
    later = case_of(db, system(world.norrsken.id), arrive({"references": ("a@k",)})[0])
    assert later.continues_id == case.id
    assert case_of(db, system(world.norrsken.id), arrive({"references": ("a@k",)})[0]).id == later.id


def test_a_machine_neither_reopens_nor_waits(db: Database, world: World, arrive: Callable[..., list[Recorded]]) -> None:
    """T48: an out-of-office answer joins its case and starts no clock."""
    case = case_of(db, system(world.norrsken.id), arrive({"external_id": "a@k"})[0])
    db.write_now(set_status, system(world.norrsken.id), case.id, "solved")
    after = case_of(db, system(world.norrsken.id), arrive({"references": ("a@k",), "automatic": "auto-replied"})[0])
    assert (after.id, after.status, after.waiting_since) == (case.id, "solved", None)


def test_a_hundred_mails_of_one_new_person_make_one_contact(db: Database, world: World, arrive: Callable[..., list[Recorded]]) -> None:
    """F33."""
    recorded = arrive(*({} for _ in range(100)))
    assert len({case_of(db, system(world.norrsken.id), one).contact_id for one in recorded[::9]}) == 1
    assert db.read_now(lambda tx: tx.value(sa.select(sa.func.count()).select_from(cases))) == 100


def test_two_mails_with_one_message_id_are_both_kept(db: Database, world: World, arrive: Callable[..., list[Recorded]]) -> None:
    """T46: a predicted Message-ID does not make the real mail disappear."""
    first, second = arrive({"external_id": "same@k", "sender": LUKASZ}, {"external_id": "same@k"})
    assert [first.outcome, second.outcome] == ["message", "message"]
    third = arrive({"external_id": "same@k", "sender": ASA, "fresh": "annat"})[0]
    assert third.outcome == "message"


def test_what_was_written_is_found(db: Database, world: World, arrive: Callable[..., list[Recorded]]) -> None:
    case = case_of(db, system(world.norrsken.id), arrive({"fresh": "Walizka nie doleciała do Gdańska", "sender": LUKASZ})[0])
    arrive({})
    assert db.read_now(find_cases, system(world.norrsken.id), "gdanska lukasz") == [case.id]


def test_an_answer_ends_the_wait_and_a_new_mail_starts_it_again(
    db: Database, world: World, arrive: Callable[..., list[Recorded]], clock: TestClock
) -> None:
    first = arrive({"external_id": "a@k"})[0]
    case = case_of(db, system(world.norrsken.id), first)
    where = db.read_now(lambda tx: tx.row(sa.select(conversations.c.id, conversations.c.thread_id)))
    assert where is not None
    answer = OutgoingMessage(
        case_id=case.id, conversation_id=where.id, thread_id=where.thread_id, external_id="ours@n", subject="Re", text="Hej Åsa", to=(ASA,)
    )
    db.write_now(record_outbound, world.who("johan"), answer)
    assert case_of(db, system(world.norrsken.id), first).waiting_since is None
    clock.move(5)
    assert case_of(db, system(world.norrsken.id), arrive({"references": ("ours@n",)})[0]).waiting_since == clock.now


def test_what_is_opened_again_waits_as_it_did_before(
    db: Database, world: World, arrive: Callable[..., list[Recorded]], clock: TestClock
) -> None:
    """An undone “solve” gives a case its place in the list back; one that was answered waits for nobody."""
    case = case_of(db, system(world.norrsken.id), arrive({"external_id": "a@k"})[0])
    clock.move(DAY)
    arrive({"references": ("a@k",)})
    for status in ("solved", "spam", "pending"):
        db.write_now(set_status, system(world.norrsken.id), case.id, status)
        db.write_now(set_status, system(world.norrsken.id), case.id, "open")
        assert db.read_now(access_case, system(world.norrsken.id), case.id).waiting_since == case.waiting_since


def test_a_busy_thread_does_not_make_strangers_of_others(db: Database, arrive: Callable[..., list[Recorded]]) -> None:
    """Who takes part in each thread is known, however much was said in another that the same set continues."""
    arrive({"external_id": "quiet@kund.example", "sender": LUKASZ})
    arrive(*({"external_id": f"busy{n}@kund.example", "references": ("busy0@kund.example",)} for n in range(90)))
    arrive({"references": ("busy0@kund.example",)}, {"references": ("quiet@kund.example",), "sender": LUKASZ})
    assert len(db.read_now(lambda tx: tx.rows(sa.select(cases.c.id)))) == 2


def test_who_began_a_thread_takes_part_for_ever(db: Database, arrive: Callable[..., list[Recorded]]) -> None:
    arrive({"external_id": "first@kund.example"})
    arrive(*({"thread_token": db.read_now(token), "sender": LUKASZ, "external_id": f"l{n}@p.example"} for n in range(60)))
    arrive({"references": ("first@kund.example",)})
    assert len(db.read_now(lambda tx: tx.rows(sa.select(cases.c.id)))) == 1


def token(tx: Tx) -> str:
    return tx.value(sa.select(threads.c.token))
