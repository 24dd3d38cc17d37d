"""A confirmation says that a message has come, to people only, rarely, and nothing that they wrote. T48, T49."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from sluss.cases.access import CaseRow, access_case
from sluss.cases.models import cases, conversations, messages
from sluss.cases.recording import Arrival, record_arrivals
from sluss.channels.contract import Address, Connection, Delivered, Inbound, Outbound
from sluss.channels.email.compose import compose
from sluss.channels.email.reading.understand import Ours, understand_mail
from sluss.channels.models import inbox_addresses, inboxes
from sluss.kernel.actors import system
from sluss.kernel.clock import DAY, HOUR, MINUTE, TestClock
from sluss.kernel.db import Database
from sluss.kernel.events import events, from_row
from sluss.kernel.files import FileStore
from sluss.language.guess import guess_language
from sluss.outbox.claiming import claim_due
from sluss.outbox.composing import load_parcel, pack
from sluss.outbox.models import operations
from sluss.replies.confirmations import TEXTS, confirm_case, confirmation
from sluss.replies.jobs import forget_automatic_answers
from tests.world import World

MARK = "UNMISTAKABLE"
SENDER = Address("asa@kund.example", "Åsa Lindqvist")


class Front:
    """Norrsken's inboxes with confirmations switched on."""

    def __init__(self, db: Database, world: World, clock: TestClock, files: FileStore) -> None:
        self.db, self.world, self.clock, self.files = db, world, clock, files
        self.who, self.number, self.seen = system(world.norrsken.id), 0, 0
        rows = [
            {"workspace_id": self.who.workspace_id, "address": one.address, "inbox_id": one.id} for one in world.norrsken.inboxes.values()
        ]
        db.write_now(lambda tx: tx.run(sa.insert(inbox_addresses), rows).rowcount)
        self.set(confirm=True)

    def set(self, **settings: Any) -> None:
        mine = inboxes.c.workspace_id == self.who.workspace_id
        self.db.write_now(lambda tx: tx.run(sa.update(inboxes).where(mine).values(settings=settings)).rowcount)

    def write(self, key: str = "kundtjanst", **given: Any) -> None:
        """A mail comes in, and everything reacts."""
        self.number += 1
        usual: dict[str, Any] = {"external_id": f"m{self.number}@kund.example", "dedupe_key": f"k{self.number}", "sender": SENDER}
        text = f"Hej! Jag har inte fått min väska. {MARK}"
        usual |= {"subject": f"Väskan {MARK}", "text": text, "fresh": text}
        self.take(Inbound(**usual | given), key)

    def take(self, inbound: Inbound, key: str = "kundtjanst") -> None:
        inbox_id = self.world.norrsken.inboxes[key].id
        place: dict[str, Any] = {"network": "email", "visibility": "private", "reopen_days": 14, "received_at": self.clock()}
        arrival = Arrival(envelope_id=self.number, inbox_id=inbox_id, inbound=inbound, **place)
        self.db.write_now(record_arrivals, self.who, [arrival])
        self.react()

    def react(self) -> None:
        """What the wiring does, each event once."""
        rows = self.db.read_now(lambda tx: tx.rows(sa.select(events).where(events.c.id > self.seen).order_by(events.c.id)))
        for one in [found for row in rows if (found := from_row(row))]:
            self.seen = one.id
            self.db.write_now(confirm_case, one)

    def confirmations(self) -> list[Any]:
        wanted = sa.select(messages).where(messages.c.direction == "out").order_by(messages.c.id)
        return list(self.db.read_now(lambda tx: tx.rows(wanted)))

    def case(self) -> CaseRow:
        newest = self.db.read_now(lambda tx: tx.value(sa.select(sa.func.max(cases.c.id))))
        return self.db.read_now(access_case, self.who, newest)

    def leaves(self) -> list[Outbound]:
        """What the outbox would hand to the network now."""
        claims = self.db.write_now(claim_due, "test", 50)
        home = self.world.norrsken.inboxes["kundtjanst"]
        connection = Connection(
            workspace_id=self.who.workspace_id, inbox_id=home.id, name=home.name, address=home.address, settings={}, secrets={}
        )
        return [pack(self.db.read_now(load_parcel, one), one, connection, self.files) for one in claims]


@pytest.fixture
def front(db: Database, world: World, clock: TestClock, tmp_path: Any) -> Front:
    return Front(db, world, clock, FileStore(tmp_path / "files", reserve=0))


def test_a_new_case_is_confirmed_once_and_its_clock_runs_on(front: Front) -> None:
    """T49: nothing of what the sender wrote stands in it."""
    front.write()
    (said,) = front.confirmations()
    case = front.case()
    assert (said.automatic, said.agent_id, said.author) == ("confirmation", None, "Kundtjänst")
    assert f"#{case.number}" in said.subject
    assert said.text.startswith("Hej!")
    assert MARK not in said.subject + said.text + said.html
    assert (case.status, case.waiting_since, case.preview[:4]) == ("open", front.clock(), "Hej!")


def test_off_is_off(front: Front) -> None:
    front.set()
    front.write()
    assert front.confirmations() == []


def test_it_leaves_as_an_automatic_mail(front: Front) -> None:
    """RFC 3834: marked, to the return path, with an empty envelope sender and in the thread."""
    front.write(return_path="bounce+asa@kund.example")
    (outbound,) = front.leaves()
    raw = compose(outbound).decode()
    assert outbound.automatic
    assert outbound.recipient.address == "bounce+asa@kund.example"
    assert "Auto-Submitted: auto-replied\r\n" in raw
    assert "X-Auto-Response-Suppress: All\r\n" in raw
    assert "X-Loop: help@norrsken.test\r\n" in raw
    assert "In-Reply-To: <m1@kund.example>\r\n" in raw


@pytest.mark.parametrize(
    "given",
    [
        {"automatic": "auto-submitted"},
        {"automatic": "list"},
        {"automatic": "bulk"},
        {"automatic": "empty-return-path"},
        {"proof": "fail"},
        {"warnings": ("several-from",)},
        {"sender": Address("unknown@sender.invalid")},
        {"sender": Address("pomoc@norrsken.test")},
        {"return_path": "help@norrsken.test"},
    ],
)
def test_no_machine_and_nobody_doubtful_is_answered(front: Front, given: dict[str, Any]) -> None:
    """T48."""
    front.write(**given)
    assert (front.confirmations(), front.db.read_now(lambda tx: tx.rows(sa.select(operations)))) == ([], [])


def test_a_second_mail_of_the_case_is_not_confirmed(front: Front) -> None:
    front.write()
    front.clock.move(2 * DAY)
    front.write(references=("m1@kund.example",))
    assert len(front.confirmations()) == 1


def test_one_a_day_to_each_sender_by_each_inbox(front: Front) -> None:
    """T48."""
    front.write()
    front.clock.move(23 * HOUR)
    front.write()
    assert len(front.confirmations()) == 1
    front.write("obsluga")
    assert len(front.confirmations()) == 2
    front.clock.move(2 * HOUR)
    front.write()
    assert len(front.confirmations()) == 3


def test_many_mails_with_a_victims_address_reach_it_three_times(front: Front) -> None:
    """T49: whatever they say, however many inboxes we have; here each mail forges another sender and one return path."""
    victim = "victim@elsewhere.example"
    for number in range(40):
        front.write(("kundtjanst", "obsluga")[number % 2], sender=Address(f"a{number}@b.example"), return_path=victim)
    assert 0 < len(front.confirmations()) <= 3
    assert {one["address"] for said in front.confirmations() for one in said.to} == {victim}


def test_what_is_older_than_a_day_is_not_confirmed(front: Front) -> None:
    """A mailbox that is connected with its old mail stays silent."""
    front.clock.move(-2 * DAY)
    inbound = Inbound(external_id="o@k", dedupe_key="o", sender=SENDER, subject="", text="Hej", fresh="Hej")
    place: dict[str, Any] = {"network": "email", "visibility": "private", "reopen_days": 14, "received_at": front.clock()}
    front.clock.move(2 * DAY + MINUTE)
    arrival = Arrival(envelope_id=1, inbox_id=front.world.norrsken.inboxes["kundtjanst"].id, inbound=inbound, **place)
    front.db.write_now(record_arrivals, front.who, [arrival])
    front.react()
    assert front.confirmations() == []


def test_reacting_twice_to_one_event_confirms_once(front: Front) -> None:
    """Reactions run at least once."""
    front.write()
    front.seen = 0
    front.react()
    assert len(front.confirmations()) == 1


def test_it_is_forgotten_when_it_no_longer_counts(front: Front) -> None:
    front.write()
    front.clock.move(8 * DAY)
    front.db.write_now(forget_automatic_answers, front.who)
    front.seen = 0
    front.react()
    assert len(front.confirmations()) == 1


def test_the_administrators_own_words_are_used(front: Front) -> None:
    front.set(confirm=True, confirm_sv="Tack! Ärende {{case.number}}. {{sender.name}}", from_name="Norrsken Air")
    front.write()
    (said,) = front.confirmations()
    assert said.text == f"Tack! Ärende {front.case().number}. {{{{sender.name}}}}"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Hello, where is my bag? I have waited for three days.", "en"),
        ("Hej, var är min väska? Jag har väntat i tre dagar.", "sv"),
        ("Dzień dobry, gdzie jest moja walizka? Czekam od trzech dni.", "pl"),
        ("ABC-123", ""),
        ("", ""),
    ],
)
def test_the_language_is_the_customers(text: str, language: str) -> None:
    assert guess_language(text) == language


@pytest.mark.parametrize("language", list(TEXTS))
def test_the_usual_texts_name_the_number_and_leave_no_field(language: str) -> None:
    subject, text = confirmation({}, language, 10_482, "Norrsken Air")
    assert "#10482" in subject
    assert "#10482" in text
    assert "{{" not in subject + text


def test_two_that_face_each_other_stop_at_once(front: Front) -> None:
    """T48: another Sluss confirms, too. In ten minutes one mail goes each way at most."""
    there = Ours(("desk@other.example",))
    front.write(sender=Address("desk@other.example", "Other"))
    exchanged = 0
    for _ in range(10):
        leaving = front.leaves()
        exchanged += len(leaving)
        for outbound in leaving:
            raw = b"Return-Path: <>\r\n" + compose(outbound)
            (found,) = understand_mail(Delivered(external_key="x", raw=raw, received_at=front.clock()), there)
            assert isinstance(found, Inbound)
            # The other one asks the same: what a machine wrote is not answered.
            assert found.automatic == "auto-submitted"
        front.clock.move(MINUTE)
        front.react()
    assert exchanged == 1


def test_even_one_that_marks_nothing_cannot_keep_it_going(front: Front) -> None:
    """T48: a program that answers every mail, without a word that it is one, gets one answer a day."""
    for number in range(20):
        leaving = front.leaves()
        references = tuple(one.external_id for one in leaving) if number % 2 else ()
        front.write(sender=Address("robot@other.example"), references=references)
        front.clock.move(30_000_000)
    assert len(front.confirmations()) == 1


def test_an_out_of_office_to_a_confirmation_stays_in_its_case(front: Front) -> None:
    """T48: it joins by what it answers, opens nothing, and starts no clock."""
    front.write()
    (said,) = front.confirmations()
    waits = front.case().waiting_since
    front.clock.move(MINUTE)
    front.write(references=(said.external_id,), automatic="auto-submitted")
    assert front.case().waiting_since == waits
    assert len({row.case_id for row in front.db.read_now(lambda tx: tx.rows(sa.select(conversations.c.case_id)))}) == 1
