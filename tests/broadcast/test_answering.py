"""Cases about a notice: suggested by words and time, linked by a press, answered together, each once. T1, T2, F5."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from sluss.broadcast.answering import JOB, SLICE, answer_all, answer_some
from sluss.broadcast.linking import link_case, link_cases, notices_about, suggest_cases, unlink_case
from sluss.broadcast.models import notice_cases
from sluss.broadcast.notices import NoticeFields, Saying, say_something, write_notice
from sluss.broadcast.shown import LINGERS, notices_at
from sluss.cases.access import access_case
from sluss.cases.actions import set_status
from sluss.cases.models import messages
from sluss.channels.contract import Address
from sluss.channels.inboxes import InboxFields, create_inbox
from sluss.channels.webchat.settings import new_chat_key
from sluss.kernel.actors import system
from sluss.kernel.clock import DAY, TestClock
from sluss.kernel.db import Database
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing
from sluss.kernel.jobs import jobs
from sluss.kernel.sealing import Sealer
from sluss.kernel.tx import Tx
from sluss.outbox.models import operations
from sluss.people.actions import disable_agent
from sluss.replies.sending import SendReply, send_reply
from tests.desk.conftest import Customers
from tests.world import World


@pytest.fixture
def chat_id(db: Database, world: World, tmp_path: Any) -> int:
    fields = InboxFields(name="Webb", address=new_chat_key(), settings={})
    return db.write_now(create_inbox, system(world.norrsken.id), Sealer.of(tmp_path), "webchat", fields)


@pytest.fixture
def notice_id(db: Database, world: World, chat_id: int) -> int:
    """Payments do not work; it is said on the chat."""
    maja = world.who("maja")
    fields = NoticeFields(title="Betalningar", words="Klarna, betalning", answer="Nu fungerar det igen.")
    notice_id = db.write_now(write_notice, maja, fields)
    db.write_now(say_something, maja, notice_id, Saying(kind="first", text="Man kan inte betala med kort just nu.", chat_ids=(chat_id,)))
    return notice_id


def standing(db: Database) -> dict[int, tuple[str, str]]:
    return db.read_now(lambda tx: {row.case_id: (row.state, row.why) for row in tx.rows(sa.select(notice_cases))})


def run_jobs(db: Database) -> int:
    """What the clock does; how many slices there were."""
    count = 0
    while row := db.read_now(lambda tx: tx.row(sa.select(jobs).where(jobs.c.kind == JOB))):
        db.write_now(_run_job, row)
        count += 1
    return count


def _run_job(tx: Tx, row: Any) -> None:
    answer_some(tx, system(row.workspace_id), row.args)
    tx.run(sa.delete(jobs).where(jobs.c.id == row.id))


def test_cases_are_suggested_by_what_they_say_and_when(
    db: Database, world: World, customers: Customers, notice_id: int, clock: TestClock
) -> None:
    """Words a person named count most, endings do not matter, old and solved cases are left out, and nobody sees what is not theirs."""
    johan = world.who("johan")
    said = {
        "strong": customers.write("Klarna strular", "Hej", Address("a@kund.example")),
        "weak": customers.write("Kortet", "Det går inte att betala med kortet, bara betalningen fastnar", Address("b@kund.example")),
        "other": customers.write("Väskan", "Den kom aldrig fram till Luleå", Address("c@kund.example")),
        "solved": customers.write("Klarna igen", "Betalningen!", Address("d@kund.example")),
        "gdansk": customers.write("Klarna", "Betalning", Address("e@kund.example"), "obsluga"),
    }
    db.write_now(set_status, johan, customers.case(said["solved"]).id, "solved")
    found = [one.number for one in db.read_now(suggest_cases, johan, notice_id)]
    assert set(found) == {said["strong"], said["weak"]}
    assert {one.number for one in db.read_now(suggest_cases, world.who("maja"), notice_id)} >= {said["gdansk"]}
    [about] = db.read_now(notices_about, johan, customers.case(said["strong"]).id)
    assert (about.title, about.linked) == ("Betalningar", False)
    assert db.read_now(notices_about, johan, customers.case(said["other"]).id) == []
    db.write_now(link_case, johan, notice_id, customers.case(said["strong"]).id)
    db.write_now(link_case, johan, notice_id, customers.case(said["strong"]).id)
    assert db.read_now(notices_about, johan, customers.case(said["strong"]).id)[0].linked
    assert said["strong"] not in [one.number for one in db.read_now(suggest_cases, johan, notice_id)]
    db.write_now(unlink_case, johan, notice_id, customers.case(said["strong"]).id)
    assert standing(db) == {}
    for who, no in (("johan", "gdansk"), ("marek", "strong")):
        with pytest.raises(Missing):
            db.write_now(link_case, world.who(who), notice_id, customers.case(said[no]).id)
    with pytest.raises(Forbidden):
        db.write_now(link_case, world.who("karin"), notice_id, customers.case(said["strong"]).id)
    clock.move(2 * DAY)
    assert customers.write("Klarna", "Betalning") in [one.number for one in db.read_now(suggest_cases, johan, notice_id)]


def test_many_cases_are_answered_at_one_press_each_once(db: Database, world: World, customers: Customers, notice_id: int) -> None:
    """F5: in slices, once each; who was answered otherwise or is over is left alone, with the reason; pressing again repeats nothing."""
    maja, johan = world.who("maja"), world.who("johan")
    many = [{"subject": "Klarna", "sender": Address(f"k{n}@kund.example", f"Kund {n}"), "text": "Betalning?"} for n in range(43)]
    ids = [customers.case_of(one) for one in customers.messages(many)]
    assert db.write_now(link_cases, maja, notice_id, [one.number for one in ids]) == 43
    customers.clock.move(DAY)
    db.write_now(send_reply, johan, SendReply(op="o1", case_id=ids[0].id, text="Jag tittar.", anyway=True))
    db.write_now(set_status, johan, ids[1].id, "solved")
    db.write_now(set_status, johan, ids[2].id, "spam")
    with pytest.raises(Invalid):
        db.write_now(answer_all, maja, notice_id, " ")
    with pytest.raises(Forbidden):
        db.write_now(answer_all, world.who("karin"), notice_id, "Hej")
    assert db.write_now(answer_all, maja, notice_id, "Nu fungerar det igen.") == 43
    assert run_jobs(db) == 43 // SLICE + 1
    found = standing(db)
    assert sum(state == "answered" for state, _why in found.values()) == 40
    assert {found[one.id][0] for one in ids[:3]} == {"skipped"}
    assert all(found[one.id][1] for one in ids[:3])
    assert db.read_now(access_case, maja, ids[5].id).status == "solved"
    sent = db.read_now(lambda tx: tx.value(sa.select(sa.func.count()).select_from(messages).where(messages.c.direction == "out")))
    assert (sent, db.read_now(lambda tx: tx.value(sa.select(sa.func.count()).select_from(operations)))) == (41, 41)
    assert db.write_now(answer_all, maja, notice_id, "En gång till.") == 3
    run_jobs(db)
    assert db.read_now(lambda tx: tx.value(sa.select(sa.func.count()).select_from(operations))) == 41


def test_the_rights_of_whoever_pressed_count_until_the_last_slice(db: Database, world: World, customers: Customers, notice_id: int) -> None:
    """T2, T33: somebody who is shut out meanwhile answers nothing more."""
    no = customers.write("Klarna", "Betalning")
    db.write_now(link_cases, world.who("johan"), notice_id, [no])
    db.write_now(answer_all, world.who("johan"), notice_id, "Nu fungerar det.")
    db.write_now(disable_agent, world.who("ewa"), world.who("johan").id)
    run_jobs(db)
    [(state, why)] = standing(db).values()
    assert (state, bool(why)) == ("skipped", True)


def test_a_chat_shows_the_newest_word_until_a_while_after_the_end(
    db: Database, world: World, notice_id: int, chat_id: int, clock: TestClock
) -> None:
    """What is open is shown; what is solved lingers; other chats and workspaces show nothing of it."""
    maja, here = world.who("maja"), world.norrsken.id
    [first] = db.read_now(notices_at, here, chat_id)
    assert (first.solved, first.text) == (False, "Man kan inte betala med kort just nu.")
    db.write_now(say_something, maja, notice_id, Saying(kind="update", text="Snart."))
    db.write_now(say_something, maja, notice_id, Saying(kind="solved", text="Löst."))
    [last] = db.read_now(notices_at, here, chat_id)
    assert (last.solved, last.text) == (True, "Löst.")
    assert db.read_now(notices_at, here, world.norrsken.inboxes["kundtjanst"].id) == []
    assert db.read_now(notices_at, world.ferries.id, chat_id) == []
    clock.move(LINGERS + 1)
    assert db.read_now(notices_at, here, chat_id) == []
    with pytest.raises(Conflict):
        db.write_now(say_something, maja, notice_id, Saying(kind="solved", text="Igen."))
