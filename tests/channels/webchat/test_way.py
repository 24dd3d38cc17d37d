"""A chat from the visitor's page to the desk and back: stored once, answered at once, read by whom it is for. T44, T71; F10, F32, F34."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from sluss.cases import known, recording
from sluss.cases.access import access_case
from sluss.cases.contacts import known_identities
from sluss.cases.models import attachments, cases, messages, threads
from sluss.channels.contract import Delivered, Inbound, Posted, Surroundings, Unparsable, Unverified
from sluss.channels.handles import is_made_up
from sluss.channels.models import inboxes
from sluss.channels.registry import channel_named
from sluss.channels.webchat.understanding import ChatFile, ChatReceipt, encode, external_key
from sluss.contacts.models import contacts, identities
from sluss.intake.store import Reception
from sluss.kernel.errors import Conflict, Invalid
from sluss.kernel.search import find_cases
from sluss.outbox.models import operations
from sluss.replies.canned.facts import facts_of
from sluss.replies.forwarding import Forward, forward_message
from sluss.replies.targets import target_of
from tests.channels.webchat.conftest import Chat, hello
from tests.world import World


async def test_what_a_visitor_sends_twice_is_one_message(chat: Chat) -> None:
    """F32: also when both come at once, and when the page sends it again long after."""
    said, other = hello(), hello(text="Hallå?")
    same = Delivered(external_key=external_key(said), raw=encode(said), received_at=1)
    reception = Reception(chat.db, chat.files)
    await asyncio.gather(*(reception.receive(chat.connection, [same]) for _ in range(5)), chat.bring(other))
    await chat.admit()
    assert await chat.say(said) == ["message", "message"]
    assert chat.value(sa.select(sa.func.count()).select_from(messages)) == 2
    # The key is the visitor's own: whoever knows it has taken nothing from anybody else.
    assert (await chat.say(hello(7002, key=said.key)))[-1] == "message"
    assert chat.value(sa.select(sa.func.count()).select_from(cases)) == 2


async def test_a_set_that_meets_a_thread_just_opened_is_settled_one_by_one(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    """F32: two processes at once; the unique key decides, and nothing is lost."""
    await chat.say(hello())
    original, times = known.threads_by_key, iter([True])
    monkeypatch.setattr(recording, "threads_by_key", lambda *given: {} if next(times, False) else original(*given))
    assert await chat.say(hello(), hello(7002), hello()) == ["message"] * 4
    assert chat.value(sa.select(sa.func.count()).select_from(threads)) == 2


async def test_an_answer_waits_for_nobody_and_is_kept_for_the_visitor(chat: Chat, world: World) -> None:
    """A chat has no subject, no signature, no quotation, no undo; who is answered has no address that anybody could write to."""
    await chat.say(hello(text="Hej!\nÄr min väska kvar?", files=(ChatFile("väska.jpg", "image/jpeg", b"bild"),)))
    johan, case_id = world.who("maja"), chat.case_ids()[0]
    message_id = chat.answer(johan, case_id)
    assert await chat.send() == ["sent"]
    row = chat.rows(sa.select(messages).where(messages.c.id == message_id))[0]
    assert (row.subject, row.text, row.html, row.to) == ("", "Vi letar.", "", [{"address": "visitor-7001", "name": row.to[0]["name"]}])
    target = chat.db.read_now(target_of, johan, case_id)
    assert (target.closed, target.doubtful, target.subject, target.capabilities.undo_seconds) == ("", False, "", 0)
    assert chat.value(sa.select(cases.c.subject)) == "Hej! Är min väska kvar?"
    assert chat.value(sa.select(attachments.c.name)) == "väska.jpg"
    for wrong in ({"text": "x" * 10_001}, {"cc": "lukasz@poczta.example"}):
        with pytest.raises(Invalid):
            chat.answer(johan, case_id, **wrong)


async def test_others_are_asked_by_the_mail_inbox_by_which_a_chat_goes_on(chat: Chat, world: World) -> None:
    """And by nothing where there is none; what is passed on names nobody by an address that means nothing."""
    await chat.say(hello(text="Min väska är borta", name="Åsa"))
    johan, case_id = world.who("maja"), chat.case_ids()[0]
    chat.answer(johan, case_id, "Vi letar.")
    passing = Forward(op="pass-it-on-please", case_id=case_id, to="lukasz@poczta.example", text="Kan du titta?")
    with pytest.raises(Conflict):
        chat.db.write_now(forward_message, johan, passing)
    mail = world.norrsken.inboxes["kundtjanst"]
    named = {"settings": {"mail_inbox_id": mail.id}}
    chat.db.write_now(lambda tx: tx.run(sa.update(inboxes).where(inboxes.c.id == chat.connection.inbox_id).values(named)))
    told = chat.db.write_now(forward_message, johan, passing)
    row = chat.rows(sa.select(messages).where(messages.c.id == told.message_id))[0]
    assert (row.subject, row.external_id.rpartition("@")[2]) == ("Fwd: Min väska är borta", "norrsken.test")
    assert "Åsa\n" in row.text
    assert not any(word in row.text for word in ("visitor-", "Subject:", "Ämne:"))
    assert [one.inbox_id for one in chat.rows(sa.select(operations).order_by(operations.c.id))] == [chat.connection.inbox_id, mail.id]
    # The visitor is answered in the chat as before.
    assert chat.db.read_now(target_of, johan, case_id).inbox_id == chat.connection.inbox_id


async def test_receipts_move_what_stands_in_the_visitors_own_thread_and_never_back(chat: Chat, world: World) -> None:
    """T71, F34: whoever knows the id of somebody else's answer moves nothing."""
    await chat.say(hello(7001), hello(7002))
    maja = world.who("maja")
    for case_id in chat.case_ids():
        chat.answer(maja, case_id)
    first, second = (row.external_id for row in chat.rows(sa.select(messages).where(messages.c.direction == "out").order_by(messages.c.id)))
    await chat.say(ChatReceipt(visitor_id=7001, read=(first,)))
    assert chat.states() == ["queued", "queued"]
    await chat.send()
    await chat.say(
        ChatReceipt(visitor_id=7001, delivered=(second,), read=(second,)), ChatReceipt(visitor_id=7003, read=(first, "nobody@knows"))
    )
    assert chat.states() == ["sent", "sent"]
    await chat.say(ChatReceipt(visitor_id=7001, read=(first,)), ChatReceipt(visitor_id=7002, delivered=(second,)))
    assert chat.states() == ["read", "delivered"]
    outcomes = await chat.say(ChatReceipt(visitor_id=7001, delivered=(first,)))
    assert (chat.states(), set(outcomes[2:])) == (["read", "delivered"], {"receipt"})


async def test_a_visitor_has_a_name_that_can_be_read_out_until_they_give_their_own(chat: Chat, world: World) -> None:
    """In the company's language; nobody is greeted by it, and what an agent has written stays."""
    await chat.say(hello())
    name = chat.value(sa.select(contacts.c.name))
    assert is_made_up(name, "visitor-7001")
    assert not is_made_up(name, "visitor-7002")
    case = chat.db.read_now(access_case, chat.who, chat.case_ids()[0])
    facts = chat.db.read_now(facts_of, world.who("maja"), case)
    assert (facts.name, facts.address) == ("", "")
    await chat.say(hello(name="Åsa"), hello(name="Åsa Lindqvist"), hello())
    assert (chat.value(sa.select(contacts.c.name)), chat.value(sa.select(identities.c.name))) == ("Åsa Lindqvist", "Åsa Lindqvist")
    assert chat.db.read_now(facts_of, world.who("maja"), case).name == "Åsa Lindqvist"
    await chat.say(hello(7002, name="Kurt"), hello(7002, name="Kurt Ek"), hello(7002))
    assert chat.value(sa.select(contacts.c.name).order_by(contacts.c.id.desc()).limit(1)) == "Kurt Ek"
    chat.db.write_now(lambda tx: tx.run(sa.update(contacts).values(name="Åsa L. (VIP)")))
    await chat.say(hello(name="Kungen"))
    assert chat.value(sa.select(contacts.c.name).order_by(contacts.c.id).limit(1)) == "Åsa L. (VIP)"


async def test_who_is_proven_is_somebody_else_than_who_is_not(chat: Chat) -> None:
    """T71: subjects that differ in a letter's case are two people, and a visitor who only says a name is a claim."""
    subjects = ("Anna", "anna", "åsa/1", "Å" * 200)
    await chat.say(hello(), *(hello(7002 + number, subject=one, name="Åsa") for number, one in enumerate(subjects)))
    rows = chat.rows(sa.select(identities.c.contact_id, identities.c.address).order_by(identities.c.id))
    known = chat.db.read_now(known_identities, chat.who, [row.contact_id for row in rows])
    assert [one.level for one in known] == ["claimed", *["proven"] * 4]
    assert len({one.address.lower() for one in known}) == len({row.contact_id for row in rows}) == 5
    # Found by what the company calls them, however it is spelt out in the address.
    assert chat.db.read_now(find_cases, chat.who, "åsa/1") == [chat.case_ids()[3]]


async def test_nothing_else_comes_in_by_a_chat(chat: Chat) -> None:
    """T40: no posted request, no bytes that a page of ours has not made; what a reader cannot make sense of is set aside."""
    channel = channel_named("webchat")
    with pytest.raises(Unverified):
        channel.accept(Posted(headers={}, body=encode(hello()), received_at=1), chat.connection)
    for raw in (
        b"",
        b"From: a@b.se\r\n\r\nHej",
        b"\xc1",
        b"{}",
        encode(hello(key="short")),
        encode(hello(0)),
        encode(hello(key="a b" * 8)),
    ):
        with pytest.raises(Unparsable):
            channel.understand(Delivered(external_key="x", raw=raw, received_at=1), chat.connection)
    [one] = channel.understand(Delivered(external_key="x", raw=encode(hello(subject="Anna")), received_at=1), chat.connection)
    assert isinstance(one, Inbound)
    assert (one.proof, one.thread_key, one.to, one.references) == ("pass", "7001", (), ())


async def test_a_chat_says_how_it_does(chat: Chat) -> None:
    told: list[tuple[str, str]] = []

    async def progress(state: str, reason: str) -> None:
        told.append((state, reason))
        raise asyncio.CancelledError

    channel = channel_named("webchat")
    with pytest.raises(asyncio.CancelledError):
        await channel.listen(chat.connection, Surroundings(None, None, progress, chat.db.clock))  # type: ignore[arg-type]
    assert told == [("ok", "")]
    assert next(one.state for one in await channel.test(chat.connection)) == "ok"
