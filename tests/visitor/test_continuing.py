"""What a visitor has left unread goes on by mail, in the same case, to nobody else and with no word of a stranger's. T49, F28."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sluss.cases.models import cases, messages
from sluss.channels.contract import Receipt, Refused
from sluss.channels.email.compose import compose
from sluss.contacts.models import identities
from sluss.kernel.clock import HOUR, MINUTE, SECOND, TestClock
from sluss.kernel.db import Database
from sluss.kernel.errors import Invalid
from sluss.kernel.events import events, from_row
from sluss.merging.merge import merge_cases
from sluss.outbox.actions import retry_operation
from sluss.outbox.models import operations
from sluss.replies.attaching import NewFile, attach_file
from sluss.replies.confirmations import confirm_case
from sluss.replies.targets import target_of
from sluss.visitor.continuing import WAIT, take_profile
from sluss.visitor.items import page_of
from tests.visitor.away import CHAT, MAIL, MARK, Chat
from tests.world import World


@pytest.fixture
def chat(db: Database, world: World, clock: TestClock, tmp_path: Path) -> Chat:
    return Chat(db, world, clock, tmp_path)


def shown(chat: Chat) -> list[str]:
    return [one.text for one in chat.db.read_now(page_of, chat.who, chat.visitor).items]


def next_answer(chat: Chat) -> str:
    return chat.db.read_now(target_of, chat.maja, chat.case.id).to.address


async def test_answers_left_unread_leave_in_one_mail_and_the_case_goes_on(chat: Chat) -> None:
    """T49: an address that was only typed gets our words alone. One message, two deliveries; what comes back stays out of the chat."""
    chat.set(chat.mail.id, settings={"from_name": "Norrsken", "signature": "{{agent.name}} · {{brand.name}}"})
    first = await chat.answer("Hej! Jag tittar.")
    assert chat.timers() == [WAIT]
    chat.clock.move(MINUTE)
    second = await chat.answer("Väskan är i Gdańsk.")
    assert await chat.wait(2 * MINUTE - SECOND) == []
    [mail] = await chat.wait(SECOND)
    assert [chat.deliveries(one) for one in (first, second)] == [[("chat", "sent"), (MAIL, "sent")]] * 2
    assert (mail.to[0].address, mail.to[0].name, mail.subject, mail.automatic) == (MAIL, "", "Your chat with Norrsken Air", False)
    assert mail.text.startswith("Hej! Jag tittar.\n\nVäskan är i Gdańsk.\n\n-- \nMaja Ek · Norrsken Air\n\n")
    assert "If you did not write to us" in mail.text
    assert MARK not in compose(mail).decode() + mail.text + mail.html
    assert (await chat.wait(HOUR), chat.timers()) == ([], [])
    token = chat.ways()[0].token
    back = chat.mails(token)
    assert chat.case_of(back) == chat.case_of(first) == chat.case.id
    assert next_answer(chat) == MAIL
    with pytest.raises(Invalid) as told:
        await chat.answer("Varsågod!", way=chat.inbox_id)
    assert "goes by Kundtjänst now" in str(told.value.fields["body"])
    await chat.answer("Varsågod!", way=chat.mail.id)
    [by_mail] = await chat.wait(10 * SECOND)
    assert (by_mail.in_reply_to, mail.external_id in by_mail.references) == (f"{_external_id(chat, back)}", True)
    assert shown(chat) == [f"Min väska är borta. {MARK}", "Hej! Jag tittar.", "Väskan är i Gdańsk."]
    chat.write("En sak till.")
    assert "@" not in next_answer(chat)
    await chat.answer("Gärna.")
    [again] = await chat.wait(WAIT)
    assert (again.in_reply_to, again.subject, len(chat.ways())) == (_external_id(chat, back), mail.subject, 1)
    assert again.reply_to == mail.reply_to
    assert token in again.reply_to.address


async def test_who_reads_or_is_there_is_not_written_to(chat: Chat) -> None:
    """What was read sets no mail going; an open page is waited for, though not for ever."""
    chat.reads(await chat.answer())
    assert chat.timers() == []
    late = await chat.answer("Är du kvar?")
    chat.say(online_until=chat.clock() + 5 * MINUTE)
    assert (await chat.wait(WAIT), chat.timers()) == ([], [2 * MINUTE])
    chat.say(online_until=chat.clock() + 4 * MINUTE, answered_seen_at=chat.value(sa.select(messages.c.at).where(messages.c.id == late)))
    assert (await chat.wait(2 * MINUTE), chat.timers()) == ([], [])
    await chat.answer("Och nu?")
    for _ in range(20):
        chat.say(online_until=chat.clock() + 4 * MINUTE)
        assert await chat.wait(WAIT - SECOND) == []
    [mail] = await chat.wait(MINUTE)
    assert mail.text.startswith("Och nu?")


async def test_an_address_given_later_is_enough(chat: Chat) -> None:
    """Without an address nothing waits; from when there is one, what is unread has its three minutes."""
    chat.say(email="")
    await chat.answer()
    assert (await chat.wait(HOUR), chat.timers()) == ([], [])
    chat.db.write_now(take_profile, chat.who, chat.inbox_id, chat.visitor_id, email="ny@kund.example")
    assert chat.timers() == [WAIT]
    assert [one.to[0].address for one in await chat.wait(WAIT)] == ["ny@kund.example"]


@pytest.mark.parametrize("why", ["no inbox", "foreign", "archived", "ours", "spam", "not mail"])
async def test_where_it_does_not_go_on_nothing_leaves(chat: Chat, why: str) -> None:
    settings: dict[str, Any] = {"no inbox": {}, "foreign": {"mail_inbox_id": chat.world.ferries.inboxes["ferries"].id}}
    settings["not mail"] = {"mail_inbox_id": chat.inbox_id}
    if why in settings:
        chat.set(chat.inbox_id, settings=settings[why])
    await chat.answer()
    if why == "archived":
        chat.set(chat.mail.id, archived_at=chat.clock())
    elif why == "ours":
        chat.say(email="help+c.abc@norrsken.test")
        chat.db.write_now(_claim, chat)
    elif why == "spam":
        chat.db.write_now(lambda tx: tx.run(sa.update(cases).values(status="spam")).rowcount)
    assert await chat.wait(WAIT) == []
    assert chat.ways() == []


async def test_by_a_paused_inbox_it_waits_where_everybody_sees_it(chat: Chat) -> None:
    chat.set(chat.mail.id, enabled=False)
    message_id = await chat.answer()
    assert await chat.wait(WAIT) == []
    assert chat.deliveries(message_id) == [("chat", "sent"), (MAIL, "held")]
    chat.set(chat.mail.id, enabled=True)
    assert len(await chat.wait(SECOND)) == 1


async def test_a_chat_that_is_paused_itself_says_nothing_by_mail(chat: Chat) -> None:
    """What the visitor could not have read yet is not late."""
    chat.set(chat.inbox_id, enabled=False)
    await chat.answer()
    assert (await chat.wait(HOUR), chat.timers()) == ([], [])
    chat.set(chat.inbox_id, enabled=True)
    await chat.send_due()
    assert chat.timers() == [WAIT]
    assert len(await chat.wait(WAIT)) == 1


async def test_a_proven_address_is_the_customers_own(chat: Chat) -> None:
    """Only there stand the name, and what was asked."""
    chat.say(email_proof="code")
    await chat.answer()
    [mail] = await chat.wait(WAIT)
    assert mail.to[0].name == f"Åsa {MARK}"
    assert f"> Min väska är borta. {MARK}" in mail.text
    assert f"<p>Min väska är borta. {MARK}</p>" in mail.html
    assert "If you did not write to us" not in mail.text
    known = chat.rows(sa.select(identities.c.contact_id).where(identities.c.address == MAIL))
    assert [row.contact_id for row in known] == [chat.case.contact_id]


async def test_a_typed_address_joins_nobody_to_anybody(chat: Chat) -> None:
    """T49: somebody else's address makes nobody that customer, nor that customer this visitor."""
    await chat.answer()
    await chat.wait(WAIT)
    [row] = chat.rows(sa.select(identities.c.contact_id).where(identities.c.address == MAIL))
    assert row.contact_id != chat.case.contact_id


async def test_a_bounce_is_a_failure_of_that_delivery_and_opens_the_case(chat: Chat) -> None:
    """As for mail: a person looks again. The delivery to the chat stays what it was."""
    message_id = await chat.answer()
    [mail] = await chat.wait(WAIT)
    assert chat.case.status == "pending"
    assert (
        chat.tell(Receipt(external_id=mail.external_id, recipient=MAIL, state="failed", code="5.1.1", reason="no such user")) == "applied"
    )
    assert chat.deliveries(message_id) == [("chat", "sent"), (MAIL, "failed")]
    assert (chat.case.status, chat.case.waiting_since) == ("open", chat.value(sa.select(sa.func.min(messages.c.at))))
    assert (await chat.wait(HOUR), chat.timers()) == ([], [])
    operation = chat.value(sa.select(operations.c.id).where(operations.c.recipient == MAIL))
    chat.db.write_now(retry_operation, chat.maja, operation)
    [again] = await chat.wait(SECOND)
    assert (again.external_id, again.text) == (mail.external_id, mail.text)
    assert chat.tell(Receipt(external_id=mail.external_id, recipient="", state="delivered")) == "applied"
    assert chat.deliveries(message_id) == [("chat", "sent"), (MAIL, "delivered")]


async def test_a_refused_mail_leaves_the_chat_alone(chat: Chat) -> None:
    chat.post.script = [Refused("550", "no such user", permanent=True)]
    message_id = await chat.answer()
    await chat.wait(WAIT)
    assert chat.deliveries(message_id) == [("chat", "sent"), (MAIL, "failed")]
    assert shown(chat)[-1] == "Vi letar."
    assert chat.case.status == "open"


async def test_it_stands_in_the_case_that_the_answer_stands_in_by_then(chat: Chat) -> None:
    """Merged before the timer rings; and a new case of the same thread has a way of its own."""
    message_id = await chat.answer()
    other = chat.case_of(chat.mails("", sender="annan@kund.example"))
    chat.db.write_now(merge_cases, chat.maja, other, chat.case_of(message_id))
    await chat.wait(WAIT)
    [way] = [one for one in chat.ways() if one.external_key.startswith("way:")]
    assert chat.case_of(chat.mails(way.token)) == other
    chat.db.write_now(lambda tx: tx.run(sa.update(cases).values(status="closed")).rowcount)
    fresh = chat.case_of(chat.write("Något helt annat"))
    assert fresh != other
    await chat.answer("Berätta!", fresh)
    [mail] = await chat.wait(WAIT)
    [_, second] = [one for one in chat.ways() if one.external_key.startswith("way:")]
    assert second.token in mail.reply_to.address
    assert chat.case_of(chat.mails(second.token, "Svar")) == fresh


async def test_files_go_along_and_too_many_go_in_two(chat: Chat) -> None:
    def attach(name: str, size: int) -> int:
        digest = chat.files.put(name.encode())
        return chat.db.write_now(attach_file, chat.maja, chat.case.id, NewFile(name, "text/plain", size, digest))

    await chat.answer("Ett", attachment_ids=(attach("a.txt", 1_000),))
    await chat.answer("Två", attachment_ids=(attach("b.txt", 15_000_000),))
    await chat.answer("Tre", attachment_ids=(attach("c.txt", 15_000_000),))
    first, second = await chat.wait(WAIT)
    assert [one.name for one in first.files] == ["a.txt", "b.txt"]
    assert [one.name for one in second.files] == ["c.txt"]
    assert second.in_reply_to == first.external_id


def test_a_message_to_a_closed_chat_says_nothing_by_mail(chat: Chat) -> None:
    """T49: whoever types an address has nothing sent there by itself, also where the mail inbox confirms what comes by mail."""
    chat.set(chat.mail.id, settings={"confirm": True})
    chat.write("Hallå?")
    opened = chat.rows(sa.select(events).where(events.c.kind == "case_opened"))
    assert opened
    for one in filter(None, map(from_row, opened)):
        chat.db.write_now(confirm_case, one)
    assert chat.rows(sa.select(operations)) == []
    assert CHAT not in {one.external_key for one in chat.ways()}


def _external_id(chat: Chat, message_id: int) -> str:
    return chat.value(sa.select(messages.c.external_id).where(messages.c.id == message_id))


def _claim(tx: Any, chat: Chat) -> None:
    from sluss.channels.models import inbox_addresses  # noqa: PLC0415 - only here

    row = {"workspace_id": chat.who.workspace_id, "address": chat.mail.address, "inbox_id": chat.mail.id}
    tx.run(sa.insert(inbox_addresses), row)
