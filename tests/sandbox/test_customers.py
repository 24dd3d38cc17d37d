"""The simulated customers: what they write, how they live, and the past of their airline."""

from __future__ import annotations

import random
import string
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from sluss.cases.models import attachments, cases, messages
from sluss.channels.contract import Address as ContractAddress
from sluss.channels.contract import Delivered, Inbound, Outbound, Receipt
from sluss.channels.email.channel import EmailChannel
from sluss.channels.email.compose import compose
from sluss.channels.email.reading.understand import Ours, understand_mail
from sluss.channels.inboxes import list_inboxes
from sluss.desk.timeline import ORNAMENT
from sluss.intake.models import envelopes
from sluss.kernel.clock import DAY, HOUR, MINUTE, SECOND, TestClock
from sluss.kernel.db import Database
from sluss.kernel.files import FileStore
from sluss.kernel.sealing import Sealer
from sluss.kernel.tx import Tx
from sluss.outbox.models import operations
from sluss.people.models import agents
from sluss.sandbox.customers import odd_mail
from sluss.sandbox.customers.company import AUTHSERV, INBOXES, SIGNATURE, STAFF, Company, Servers, connect_servers, found_company, is_staff
from sluss.sandbox.customers.history import CLOSED_DOMAIN, SHAPES, tell_history
from sluss.sandbox.customers.life import HOURLY, WAITING, Life
from sluss.sandbox.customers.mails import read_link
from sluss.sandbox.customers.matters import Matter, begin_matter, write_part
from sluss.sandbox.customers.memory import MATTERS, Memory, keep_memory, load_memory
from sluss.sandbox.customers.people import make_person
from sluss.sandbox.customers.scripts import LANGUAGES, Script, fill_blanks, load_scripts
from sluss.sandbox.customers.sights import ELSEWHERE, FORGED, SEVERAL
from sluss.sandbox.customers.telling import Telling
from sluss.sandbox.customers.world import KEPT, CustomersWorld, open_world

SCRIPTS = load_scripts()
dice = random.Random
NOW = 1_795_262_400 * SECOND
PARTS = ("subject", "text", "nudge", "answer", "more", "closing", "thanks")


class Street:
    """A mail world without servers, customers in it, and a clock to move."""

    def __init__(self) -> None:
        self.clock = TestClock(NOW)
        self.world = CustomersWorld(now=lambda: self.clock.now / SECOND)
        for local in INBOXES:
            self.world.add(f"{local}@norrsken.example")
        self.memory = Memory(workspace_id=1, password="norrsken-demo", seed=1)
        self.life = Life(self.world, SCRIPTS, self.memory, self.clock)

    def pass_time(self, microseconds: int) -> None:
        """Long stretches in longer steps: the customers' own pauses are no shorter than ten seconds."""
        step = SECOND if microseconds < HOUR else 10 * SECOND
        for _ in range(microseconds // step):
            self.clock.move(step)
            self.life.turn()

    @property
    def written(self) -> int:
        return sum(len(self.world.mailbox(f"{local}@norrsken.example").messages) for local in INBOXES)

    def first(self) -> Matter:
        while not self.memory.matters:
            self.pass_time(5 * SECOND)
        return self.memory.matters[0]

    def answer(self, matter: Matter, text: str = "Det är ordnat.") -> None:
        """What the desk would send."""
        address = ContractAddress(matter.person.address, matter.person.name)
        sender = ContractAddress(matter.inbox, "Norrsken Air")
        token = ContractAddress(matter.inbox.replace("@", "+c.abcdefgh@"))
        outbound = Outbound(
            external_id=f"answer-{self.clock.now}@norrsken.example",
            recipient=address,
            sender=sender,
            reply_to=token,
            to=(address,),
            subject="Re: Er fråga",
            text=text,
            sent_at=self.clock.now,
            in_reply_to=matter.ids[-1],
        )
        self.world.deliver(compose(outbound), [matter.person.address], matter.inbox)


@pytest.fixture
def street() -> Street:
    return Street()


def understood(raw: bytes, to: str = "kund@norrsken.example") -> Inbound:
    (found,) = understand_mail(Delivered(external_key="", raw=raw, received_at=NOW), Ours((to,)))
    assert isinstance(found, Inbound)
    return found


def test_there_are_forty_stories_in_three_languages() -> None:
    assert len(SCRIPTS) >= 40
    assert set(Counter(script.language for script in SCRIPTS.values())) == set(LANGUAGES)
    assert {script.inbox for script in SCRIPTS.values()} == set(INBOXES)


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=lambda script: script.key)
def test_a_story_has_no_blank_left_open(script: Script) -> None:
    blanks = fill_blanks(script.language, "Åsa Lindqvist", dice(1))
    for part in PARTS:
        wanted = {name for _, name, _, _ in string.Formatter().parse(getattr(script, part)) if name}
        assert wanted <= set(blanks), part
        assert len(getattr(script, part)) > 12


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=lambda script: script.key)
def test_every_mail_says_to_the_reader_what_its_writer_meant(script: Script) -> None:
    luck = dice(script.key)
    matter = begin_matter(script, luck)
    for part in ("text", "nudge"):
        raw, to = write_part(matter, script, part, NOW, luck)
        found = understood(raw, to)
        assert getattr(script, part).format(**matter.blanks)[:60] in " ".join(found.fresh.split())
        assert (found.sender.name, found.automatic) == (matter.person.name, "")
    assert matter.ids[0] in found.references


def test_no_address_leads_to_anybody() -> None:
    people = [make_person(script, dice(number)) for script in SCRIPTS.values() for number in range(20)]
    assert all(person.address.isascii() and person.address.endswith(".example") for person in people)
    assert len({person.name for person in people}) > 80


def test_words_of_women_are_not_put_into_the_mouths_of_men() -> None:
    people = {make_person(SCRIPTS["pl-name-change"], dice(number)).name.split()[0] for number in range(50)}
    assert all(first.endswith("a") for first in people)


def test_files_come_along_where_the_story_says_so() -> None:
    kinds: dict[str, set[str]] = {}
    for script in SCRIPTS.values():
        raw, to = write_part(begin_matter(script, dice(3)), script, "text", NOW, dice(3))
        found = understood(raw, to)
        kinds.setdefault(script.file, set()).update(file.media_type + bool(file.content_id) * " inline" for file in found.files)
    assert kinds == {"": set(), "pdf": {"application/pdf"}, "photo": {"image/png"}, "inline": {"image/png inline"}}


def test_odd_mails_are_what_they_pretend_to_be() -> None:
    to = "kund@norrsken.example"
    assert understood(odd_mail.newsletter(to, NOW)).automatic == "list"
    assert understood(odd_mail.absence("a@mejl.example", to, ("x@norrsken.example", "Re: Hej"), NOW)).automatic == "auto-submitted"
    assert understood(odd_mail.swindle(to, NOW)).automatic == ""
    raw = odd_mail.bounce("a@mejl.example", to, "x@norrsken.example", NOW)
    (bounce,) = understand_mail(Delivered(external_key="", raw=raw, received_at=NOW), Ours((to,)))
    assert isinstance(bounce, Receipt)
    assert (bounce.external_id, bounce.recipient, bounce.state) == ("x@norrsken.example", "a@mejl.example", "failed")


def test_customers_write_every_so_often(street: Street) -> None:
    street.pass_time(2 * MINUTE)
    assert 3 <= len(street.memory.matters) <= 12
    assert street.written >= len(street.memory.matters)


def test_they_grow_impatient_but_not_for_ever(street: Street) -> None:
    street.pass_time(3 * HOUR)
    nudges = Counter(matter.nudges for matter in street.memory.matters)
    assert sum(nudges.values()) == WAITING
    assert nudges[2] > 0
    assert max(nudges) == 2
    before = street.written
    street.pass_time(2 * HOUR)
    assert street.written == before


def test_an_unattended_demo_does_not_grow(street: Street) -> None:
    street.pass_time(12 * HOUR)
    assert len(street.memory.matters) == WAITING


def test_an_attended_demo_has_a_limit_too(street: Street) -> None:
    for _ in range(60):
        street.pass_time(MINUTE)
        for matter in street.memory.matters:
            if matter.stage == "asked" and matter.answer is None:
                street.answer(matter)
    assert WAITING < len(street.memory.matters) <= HOURLY


def test_an_answered_customer_replies_in_the_thread_and_thanks(street: Street) -> None:
    matter = street.first()
    street.answer(matter)
    street.pass_time(2 * MINUTE)
    if matter.stage == "discussing":
        street.answer(matter)
        street.pass_time(2 * MINUTE)
    assert matter.stage == "done"
    last = street.world.mailbox(matter.inbox).messages[-1].raw
    mine = next(mail for mail in reversed(street.world.mailbox(matter.inbox).messages) if matter.ids[-1].encode() in mail.raw)
    assert b"+c.abcdefgh@" in mine.raw
    assert last


def test_over_is_over(street: Street) -> None:
    matter = street.first()
    matter.stage, matter.plan = "done", ""
    before = len(matter.ids)
    street.answer(matter, "En sista hälsning.")
    street.pass_time(5 * MINUTE)
    assert len(matter.ids) == before


def test_what_is_no_answer_is_left_lying(street: Street) -> None:
    matter = street.first()
    street.world.deliver(b"From: x@y.example\r\n\r\nno id\r\n", [matter.person.address])
    street.world.deliver(b"\xff\xfe\x00", [matter.person.address])
    assert matter.answer is None


def test_mail_to_the_closed_domain_finds_nobody(street: Street) -> None:
    assert street.world.find(f"somebody@{CLOSED_DOMAIN}") is None
    assert street.world.find("sara@norrsken.example") is not None
    assert street.world.find("new.person@mejl.example") is not None


def test_memory_stays_bounded(street: Street) -> None:
    box = street.world.mailbox("kund@norrsken.example")
    for number in range(KEPT + 50):
        box.inbox.add(b"%d" % number, 0.0)
    street.world.forget_old()
    assert [mail.raw for mail in box.messages][-1] == b"249"
    assert len(box.messages) == KEPT


def test_what_is_remembered_survives_the_end_of_the_process(street: Street, tmp_path: Path) -> None:
    street.pass_time(2 * MINUTE)
    keep_memory(tmp_path, street.memory)
    assert load_memory(tmp_path) == street.memory
    assert (tmp_path / "demo.json").stat().st_mode & 0o077 == 0


def test_a_memory_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    assert load_memory(tmp_path) is None
    (tmp_path / "demo.json").write_text('{"workspace_id": "nonsense"')
    assert load_memory(tmp_path) is None


def test_long_finished_matters_are_forgotten_first(street: Street, tmp_path: Path) -> None:
    street.first()
    waiting = street.memory.matters[0]
    over = [begin_matter(SCRIPTS["en-praise"], dice(number)) for number in range(MATTERS + 20)]
    for matter in over:
        matter.stage = "done"
    street.memory.matters = [waiting, *over]
    keep_memory(tmp_path, street.memory)
    assert len(street.memory.matters) == MATTERS
    assert street.memory.matters[0] is waiting


async def test_the_world_takes_its_ports_again_or_others() -> None:
    first = await open_world(None)
    ports = Servers(first.imap_port, first.smtp_port)
    second = await open_world(ports)
    assert second.imap_port not in {0, ports.imap_port}
    await first.stop()
    third = await open_world(ports)
    assert (third.imap_port, third.smtp_port) == (ports.imap_port, ports.smtp_port)
    for world in (second, third):
        await world.stop()


class Told:
    """A company with its past in a database."""

    def __init__(self, db: Database, clock: TestClock, folder: Path) -> None:
        self.db, self.sealer, self.files = db, Sealer.of(folder), FileStore(folder / "files", reserve=0)
        clock.now = NOW - 6 * DAY
        self.company, self.matters = db.write_now(self._tell, clock)

    def _tell(self, tx: Tx, clock: TestClock) -> tuple[Company, list[Matter]]:
        company = found_company(tx, self.sealer, Servers(1, 1), "a hash")
        telling = Telling(tx, clock, self.files, company, EmailChannel())
        matters = tell_history(telling, SCRIPTS, dice(7), NOW)
        self.sights = telling.sights
        return company, matters

    def counted(self, column: sa.Column) -> Counter[str]:
        return Counter(self.db.read_now(lambda tx: tx.conn.execute(sa.select(column)).scalars().all()))


@pytest.fixture
def told(db: Database, clock: TestClock, tmp_path: Path) -> Told:
    return Told(db, clock, tmp_path)


def test_the_past_went_through_the_same_doors_as_the_present(told: Told) -> None:
    """Every state of a case and of a delivery is there to be looked at; nothing waits, nothing is quarantined."""
    assert sum(count for _, count in SHAPES) + 6 == sum(told.counted(cases.c.status).values())
    assert set(told.counted(cases.c.status)) == {"open", "pending", "snoozed", "solved", "spam"}
    assert set(told.counted(operations.c.state)) == {"sent", "failed", "unknown"}
    assert told.counted(operations.c.state)["failed"] == 2
    assert set(told.counted(envelopes.c.state)) == {"done"}
    assert told.counted(envelopes.c.outcome)["receipt"] == 1
    assert set(told.counted(messages.c.automatic)) == {"", "list", "auto-submitted"}
    assert set(told.counted(agents.c.role)) >= {"admin", "lead", "agent"}


def test_the_past_is_in_order_and_some_still_wait(told: Told) -> None:
    rows = told.db.read_now(lambda tx: tx.rows(sa.select(messages.c.at).order_by(messages.c.id)))
    instants = [row.at for row in rows]
    assert instants == sorted(instants)
    assert NOW - 5 * DAY < instants[0] < instants[-1] <= NOW
    assert max(told.counted(messages.c.conversation_id).values()) == 12
    assert len(told.matters) > 20
    assert all(matter.past for matter in told.matters)
    assert any(matter.plan for matter in told.matters)


def test_there_is_something_to_see_at_once(told: Told) -> None:
    """A forged sender, several people with a picture in the text, an answer from another program; most senders are proved."""
    assert set(told.sights) == {FORGED, SEVERAL, ELSEWHERE}
    assert told.counted(messages.c.proof)["fail"] == 1
    assert told.counted(messages.c.proof)["pass"] > 60
    assert told.counted(messages.c.origin)["sent folder"] == 1
    sizes = told.db.read_now(lambda tx: tx.rows(sa.select(attachments.c.size).where(attachments.c.name == "seats.png")))
    assert [row.size > ORNAMENT for row in sizes] == [True]
    warnings = Counter(one for row in told.db.read_now(lambda tx: tx.rows(sa.select(messages.c.warnings))) for one in row.warnings)
    assert set(warnings) == {"proof-failed", "name-is-ours", "lookalike", "reply-to-differs"}


def test_a_letter_to_the_staff_tells_its_link() -> None:
    raw = b"From: a@norrsken.example\r\nSubject: x\r\n\r\nOpen this:\r\nhttp://127.0.0.1:8000/password/abc\r\nSluss\r\n"
    assert read_link(raw) == "http://127.0.0.1:8000/password/abc"
    assert read_link(b"Subject: x\r\n\r\nno link\r\n") == ""
    assert is_staff("sara@norrsken.example")
    assert not is_staff("kund@norrsken.example")
    assert not is_staff("sara@mejl.example")


def test_inboxes_learn_where_the_servers_listen_today(told: Told) -> None:
    told.db.write_now(connect_servers, told.sealer, told.company, Servers(1143, 1025))
    found = told.db.read_now(list_inboxes, told.company.who)
    assert {(one.settings["imap_port"], one.settings["smtp_port"]) for one in found} == {(1143, 1025)}
    assert {(one.settings["authserv_id"], one.settings["signature"]) for one in found} == {(AUTHSERV, SIGNATURE)}
    changed = [one.changed_at for one in found]
    told.db.write_now(connect_servers, told.sealer, told.company, Servers(1143, 1025))
    assert [one.changed_at for one in told.db.read_now(list_inboxes, told.company.who)] == changed


def test_the_staff_can_sign_in_by_the_names_that_are_printed() -> None:
    assert {"johan@norrsken.example", "maja@norrsken.example", "ewa@norrsken.example"} <= {one.email for one in STAFF}
