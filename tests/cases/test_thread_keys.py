"""A thread that its network names for good: it alone says where a message belongs. T44, T46, T49; F20, F32."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sluss.cases import floods, recording
from sluss.cases.access import CaseRow, access_case
from sluss.cases.actions import set_status
from sluss.cases.models import case_tags, cases, conversations, messages, threads
from sluss.cases.recording import Recorded, record_arrivals
from sluss.channels.contract import Address
from sluss.kernel.actors import system
from sluss.kernel.clock import DAY, TestClock
from sluss.kernel.db import Database
from sluss.merging.merge import merge_cases
from sluss.merging.split import Moving, move_messages
from sluss.replies.sending import SendReply, send_reply
from tests.cases.conftest import arrival
from tests.world import World

GUEST = Address("visitor-1", "Visitor 1")


class Chats:
    """Visitors who write; a visitor is the key of a thread."""

    def __init__(self, db: Database, world: World, clock: TestClock) -> None:
        self.db, self.world, self.clock = db, world, clock
        self.who = system(world.norrsken.id)

    def write(self, *given: str | dict[str, Any], inbox: str = "kundtjanst", **shared: Any) -> list[Recorded]:
        """One set; what is no dict is the text of visitor 1."""
        self.clock.move(1_000_000)
        sets = [one if isinstance(one, dict) else {"fresh": one} for one in given]
        arrivals = [
            msgspec.structs.replace(
                arrival(self.world, self.clock, **({"thread_key": "1", "sender": GUEST, "subject": ""} | one)),
                inbox_id=self.world.norrsken.inboxes[inbox].id,
                network="webchat",
                **shared,
            )
            for one in sets
        ]
        return self.db.write_now(record_arrivals, self.who, arrivals)

    def case(self, recorded: Recorded) -> CaseRow:
        joined = messages.join(conversations, conversations.c.id == messages.c.conversation_id)
        wanted = sa.select(conversations.c.case_id).select_from(joined).where(messages.c.id == recorded.message_id)
        return self.db.read_now(access_case, self.who, self.db.read_now(lambda tx: tx.value(wanted)))

    def count(self, *tables: sa.Table) -> tuple[int, ...]:
        return self.db.read_now(lambda tx: tuple(int(tx.value(sa.select(sa.func.count()).select_from(one))) for one in tables))


@pytest.fixture
def chats(db: Database, world: World, clock: TestClock) -> Chats:
    return Chats(db, world, clock)


def test_the_key_of_a_thread_decides_alone_within_a_set_and_later(chats: Chats) -> None:
    """T44: neither a token nor a reference leads into somebody else's case, and the same key at another inbox is another thread."""
    first, second, other, again = chats.write(
        {"dedupe_key": "a", "fresh": "Hej!"}, "Är någon där?", {"thread_key": "2"}, {"dedupe_key": "a"}
    )
    token = chats.db.read_now(lambda tx: tx.value(sa.select(threads.c.token).where(threads.c.external_key == "1")))
    [stranger] = chats.write({"thread_key": "3", "thread_token": token, "references": ("m1@kund.example",)})
    [elsewhere] = chats.write("Hej", inbox="obsluga")
    [later] = chats.write("Jo, jag ville fråga")
    assert again.outcome == "duplicate"
    assert len({chats.case(one).id for one in (first, second, later)}) == 1
    assert len({chats.case(one).id for one in (first, other, stranger, elsewhere)}) == 4
    keys = chats.db.read_now(lambda tx: sorted(row.external_key for row in tx.rows(sa.select(threads.c.external_key))))
    assert (keys, chats.count(conversations)) == (["1", "1", "2", "3"], (4,))


def test_a_case_without_a_subject_is_called_by_its_first_words(chats: Chats) -> None:
    said = {"Hej!\n\nMin väska kom inte.": "Hej! Min väska kom inte.", "ord " * 60: "ord " * 19 + "ord…", "x" * 200: "x" * 79 + "…"}
    found = [chats.case(chats.write({"thread_key": text[:9], "fresh": text}, {"thread_key": text[:9]})[0]) for text in said]
    assert [case.subject for case in found] == list(said.values())
    assert all(len(case.subject) <= 80 and case.preview == "Hej!" for case in found)


def test_a_greeting_alone_is_no_name_for_a_case(chats: Chats) -> None:
    first = chats.write("Hej!")[0]
    assert chats.case(first).subject == "Hej!"
    chats.write("Jag har bokning 4ASELG", "till Kraków")
    assert (chats.case(first).subject, chats.case(first).preview) == ("Hej! – Jag har bokning 4ASELG", "till Kraków")
    named = chats.write({"thread_key": "2", "fresh": "Var är min väska då?"}, {"thread_key": "2"})[0]
    assert chats.case(named).subject == "Var är min väska då?"


def test_a_solved_chat_opens_again_within_the_window_and_later_goes_on_in_its_thread(chats: Chats) -> None:
    case = chats.case(chats.write("Hej")[0])
    chats.db.write_now(set_status, chats.who, case.id, "solved")
    chats.clock.move(13 * DAY)
    assert (chats.case(chats.write("En sak till")[0]).id, chats.case(chats.write("Hallå")[0]).status) == (case.id, "open")
    chats.db.write_now(set_status, chats.who, case.id, "solved")
    chats.clock.move(15 * DAY)
    later, also = chats.write("Nu gäller det något annat", "nämligen maten")
    assert (chats.case(later).continues_id, chats.case(also).id) == (case.id, chats.case(later).id)
    assert chats.case(later).subject == "Nu gäller det något annat"
    assert chats.count(threads, conversations, cases) == (1, 2, 2)


def test_what_is_spam_stays_so_and_old_messages_wake_nobody(chats: Chats) -> None:
    case = chats.case(chats.write("Köp nu")[0])
    chats.db.write_now(set_status, chats.who, case.id, "spam")
    assert (chats.case(chats.write("Köp mer")[0]).id, chats.case(chats.write("Köp")[0]).status) == (case.id, "spam")
    before, after = chats.write({"thread_key": "9"}, {"thread_key": "9", "fresh": "Tack"}, history=True)
    assert (chats.case(before).status, chats.case(after).id) == ("closed", chats.case(before).id)


def test_a_merged_chat_goes_on_in_the_case_that_is_left(chats: Chats) -> None:
    one, other = (chats.case(found) for found in chats.write("Hej", {"thread_key": "2"}))
    chats.db.write_now(merge_cases, chats.world.who("maja"), other.id, one.id)
    assert chats.case(chats.write("Är ni kvar?")[0]).id == other.id


def test_a_chat_that_was_parted_goes_on_where_we_wrote_last(chats: Chats) -> None:
    maja = chats.world.who("maja")
    first, second = chats.write("Min väska är borta", "Och får jag byta plats?")
    whole = chats.case(first)
    chats.db.write_now(move_messages, maja, Moving(case_id=whole.id, message_id=second.message_id))
    parted = chats.case(second)
    for case in (whole, parted, whole):
        answer = SendReply(op=f"answer{chats.clock.now}", case_id=case.id, text="Vi tittar.", anyway=True)
        chats.db.write_now(send_reply, maja, answer)
        assert chats.case(chats.write("Tack")[0]).id == case.id != {whole.id: parted.id, parted.id: whole.id}[case.id]


def test_who_opens_too_many_chats_fills_one_case(chats: Chats, monkeypatch: pytest.MonkeyPatch) -> None:
    """T49: each thread stays what it is, so that each visitor reads their own."""
    monkeypatch.setattr(floods, "MOST", 3)
    found = [one for number in range(2, 9) for one in chats.write({"thread_key": str(number)})]
    assert len({chats.case(one).id for one in found}) == 3
    assert chats.count(threads, conversations, case_tags) == (7, 7, 1)


def test_two_processes_that_open_one_thread_do_not_both_win(chats: Chats, monkeypatch: pytest.MonkeyPatch) -> None:
    """F32: the unique key decides; whoever lost looks again, and finds the thread."""
    with monkeypatch.context() as patched:
        chats.write("Hej")
        patched.setattr(recording, "threads_by_key", lambda *_: {})
        with pytest.raises(IntegrityError):
            chats.write("Hallå")
    chats.write("Hallå")
    assert chats.count(threads, cases, messages) == (1, 1, 2)


def test_mail_that_names_a_chat_does_not_get_in(chats: Chats, arrive: Callable[..., list[Recorded]]) -> None:
    """T44, T46: the name of a chat message is no key to its case, nor can a mail take it beforehand."""
    [mail] = arrive({"external_id": "k.1@chat.invalid"})
    [chat] = chats.write({"external_id": "k.1@chat.invalid", "dedupe_key": "k.1@chat.invalid"})
    [answer] = arrive({"references": ("k.1@chat.invalid",), "sender": Address("lukasz@poczta.example")})
    assert chat.outcome == "message"
    assert len({chats.case(one).id for one in (mail, chat, answer)}) == 3
