"""Whoever chatted can be told all, be erased whole, and is forgotten in time. T119."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from sluss.cases.models import messages, threads
from sluss.channels.models import visitors
from sluss.channels.visitors import Mark, Newcomer, find_or_make_visitor, forget_typed, write_marks
from sluss.contacts.models import contacts
from sluss.kernel.clock import DAY, SECOND, TestClock
from sluss.kernel.db import Database
from sluss.kernel.schema import metadata
from sluss.outbox.models import carried, other_forms
from sluss.people.models import letters
from sluss.privacy.gathering import gather_case, gather_person
from sluss.privacy.journal import Journal
from sluss.privacy.orders import order_erasure
from sluss.privacy.work import Room, run_erasure
from sluss.visitor.continuing import WAIT
from sluss.visitor.forgetting import IDLE, forget_idle, idle_visitors
from sluss.visitor.models import visitor_codes
from sluss.visitor.transcript import Wish, ask_transcript
from tests.visitor.away import MAIL, MARK, Chat
from tests.world import World


@pytest.fixture
async def chat(db: Database, world: World, clock: TestClock, tmp_path: Path) -> Chat:
    """She has talked, was answered by mail, and asked for the text to be sent to a second address."""
    db.host.secret = b"a key of this installation"
    chat = Chat(db, world, clock, tmp_path)
    chat.say(page_title=MARK, typing_text=MARK, referrer=f"https://{MARK}.example/", subject=f"sub-{MARK}")
    db.write_now(find_or_make_visitor, chat.who, chat.inbox_id, Newcomer(b"another browser"))
    db.write_now(lambda tx: tx.run(sa.update(visitors).values(subject=f"sub-{MARK}")).rowcount)
    await chat.answer("Vi letar.")
    await chat.wait(WAIT)
    db.write_now(ask_transcript, chat.who, Wish(chat.visitor, f"second-{MARK}@kund.example".lower(), "203.0.113.7"))
    return chat


def erase(chat: Chat, contact_id: int, mode: str, folder: Path) -> None:
    (folder / "journal").mkdir()
    room = Room(chat.db, chat.files, Journal(folder / "journal"), lambda _language, _told: "")
    run_erasure(room, chat.db.write_now(order_erasure, chat.who, contact_id, mode, str(contact_id)))


def told(chat: Chat, *marks: str) -> list[str]:
    """Tables in which one of the words still stands."""
    found: list[str] = []
    for name in [*(table.name for table in metadata.sorted_tables), "search"]:
        for row in chat.rows(sa.text(f"SELECT * FROM {name}")):  # noqa: S608 - names of our own tables
            text = " ".join(bytes(one).decode("latin-1") if isinstance(one, bytes | memoryview) else str(one) for one in row).lower()
            found += [f"{name}: {text[:200]}" for mark in marks if mark.lower() in text]
    return found


def count(chat: Chat, table: sa.Table) -> int:
    return int(chat.value(sa.select(sa.func.count()).select_from(table)))


async def test_the_export_tells_of_the_visits_and_of_the_mails(chat: Chat) -> None:
    person = chat.db.read_now(gather_person, chat.who, chat.case.contact_id)
    assert [one["page_title"] for one in person["visits"]] == [MARK, ""]
    assert "token_hash" not in person["visits"][0]
    case = chat.db.read_now(gather_case, chat.who, chat.case.id, with_notes=True).about
    assert [one["subject"] for one in case["mails"]] == ["Your chat with Norrsken Air"]
    assert [one["recipient"] for one in case["deliveries"] if "@" in one["recipient"]] == [MAIL]
    assert msgspec.json.encode(case)


@pytest.mark.parametrize("mode", ["erase", "pseudonymise"])
async def test_nothing_of_a_visitor_is_left(chat: Chat, tmp_path: Path, mode: str) -> None:
    """T119: visits, codes, letters, the second way and its stranger go as well; the browser's token opens nothing any more."""
    stranger = chat.value(sa.select(threads.c.identity_id).where(threads.c.external_key.startswith("way:")))
    assert stranger
    erase(chat, chat.case.contact_id, mode, tmp_path)
    assert told(chat, MARK) == []
    assert [count(chat, table) for table in (visitors, visitor_codes, letters, other_forms, carried)] == [0, 0, 0, 0, 0]
    if mode == "erase":
        assert (told(chat, MAIL), count(chat, contacts), count(chat, messages)) == ([], 0, 0)


async def test_an_address_that_was_somebody_elses_goes_from_what_the_visitor_said(chat: Chat, tmp_path: Path) -> None:
    """The owner of the mail address is erased, whom the visitor had merely named: the talk stays, the address does not."""
    owner = chat.case_of(chat.mails(chat.ways()[0].token, "Jag är någon annan."))
    assert owner == chat.case.id
    contact_id = chat.value(sa.select(contacts.c.id).where(contacts.c.id != chat.case.contact_id))
    erase(chat, contact_id, "erase", tmp_path)
    assert [one for one in told(chat, MAIL) if not one.startswith("erasures")] == []
    assert (chat.visitor.email, chat.visitor.email_proof) == ("", "")
    assert len([one for one in told(chat, MARK) if one.startswith("cases")]) == 1


def test_half_a_message_is_gone_within_seconds_and_idle_visitors_within_a_month(
    db: Database, world: World, clock: TestClock, tmp_path: Path
) -> None:
    chat = Chat(db, world, clock, tmp_path)
    idle = [db.write_now(find_or_make_visitor, chat.who, chat.inbox_id, Newcomer(f"idle {n}".encode())).id for n in range(3)]
    db.write_now(write_marks, [Mark(chat.who.workspace_id, idle[0], typing=(clock() + 8 * SECOND, MARK))])
    clock.move(8 * SECOND)
    db.write_now(write_marks, [Mark(chat.who.workspace_id, idle[1], online_until=clock() + SECOND)])
    assert chat.rows(sa.select(visitors.c.id).where(visitors.c.typing_text != "")) == []
    db.write_now(write_marks, [Mark(chat.who.workspace_id, idle[0], typing=(clock() + SECOND, MARK))])
    clock.move(2 * SECOND)
    db.write_now(forget_typed)
    assert chat.rows(sa.select(visitors.c.id).where(visitors.c.typing_text != "")) == []
    clock.move(IDLE - 3 * SECOND)
    db.write_now(write_marks, [Mark(chat.who.workspace_id, idle[2], online_until=clock() + SECOND)])
    assert db.read_now(idle_visitors, chat.who) == [idle[0]]
    clock.move(4 * SECOND)
    found = db.read_now(idle_visitors, chat.who)
    assert sorted(found) == idle[:2]
    db.write_now(write_marks, [Mark(chat.who.workspace_id, idle[1], online_until=clock() + DAY)])
    assert db.write_now(forget_idle, chat.who, [*found, chat.visitor_id]) == 1
    assert sorted(row.id for row in chat.rows(sa.select(visitors.c.id))) == sorted([*idle[1:], chat.visitor_id])
