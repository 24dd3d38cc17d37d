"""The mail world as other programs meet it: Python's own clients talk to it, and its faults come when ordered."""

from __future__ import annotations

import asyncio
import imaplib
import smtplib
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager

import pytest

from sluss.sandbox.mail.servers import MailWorld
from sluss.sandbox.mail.world import Mails

MAIL = b"From: support@norrsken.example\r\nTo: asa@customer.example\r\nMessage-ID: <1@norrsken.example>\r\nSubject: Hej\r\n\r\n.Hej!\r\n"


@pytest.fixture
async def world() -> AsyncIterator[MailWorld]:
    world = MailWorld()
    world.add("support@norrsken.example")
    world.add("asa@customer.example")
    await world.start()
    yield world
    await world.stop()


def send(world: MailWorld, *recipients: str) -> None:
    with smtplib.SMTP("127.0.0.1", world.smtp_port) as client:
        client.login("support@norrsken.example", "sandbox")
        client.sendmail("support@norrsken.example", recipients, MAIL)


@contextmanager
def inbox(world: MailWorld, password: str = "sandbox") -> Generator[imaplib.IMAP4]:
    with imaplib.IMAP4("127.0.0.1", world.imap_port) as client:
        client.login("asa@customer.example", password)
        client.select("INBOX")
        yield client


def look(world: MailWorld, password: str) -> None:
    with inbox(world, password):
        pass


async def test_a_mail_sent_by_smtplib_is_read_by_imaplib(world: MailWorld):
    seen: list[str] = []
    world.on_delivery(lambda address, _mail: seen.append(address))
    await asyncio.to_thread(send, world, "asa@customer.example", "support+c.aaaabbbb@norrsken.example")
    assert seen == ["asa@customer.example", "support@norrsken.example"]
    (fetched,) = await asyncio.to_thread(read_all, world)
    assert fetched == world.mailbox("asa@customer.example").messages[0].raw
    assert fetched.endswith(b"\r\n\r\n.Hej!\r\n")


def read_all(world: MailWorld) -> list[bytes]:
    with inbox(world) as client:
        _, found = client.uid("SEARCH", "HEADER", "Message-ID", "<1@norrsken.example>")
        assert found == [b"1"]
        _, data = client.uid("FETCH", "1:*", "(UID FLAGS BODY[])")
        client.uid("STORE", "1", "+FLAGS", "(\\Deleted)")
        client.append("Sent", "\\Seen", None, MAIL)
        return [item[1] for item in data if isinstance(item, tuple)]


async def test_flags_and_folders_are_kept(world: MailWorld):
    world.deliver(MAIL)
    await asyncio.to_thread(read_all, world)
    asa = world.mailbox("asa@customer.example")
    assert asa.messages[0].flags == {"\\Seen", "\\Deleted"}
    assert asa.sent[0].flags == {"\\Seen"}


async def test_unknown_people_are_refused(world: MailWorld):
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        await asyncio.to_thread(send, world, "nobody@customer.example")
    with pytest.raises(imaplib.IMAP4.error, match="Invalid credentials"):
        await asyncio.to_thread(look, world, "wrong")


async def test_delivery_needs_no_server(world: MailWorld):
    assert [mail.uid for mail in world.deliver(MAIL)] == [1]
    assert world.deliver(MAIL, ["nobody@customer.example"]) == []
    with pytest.raises(KeyError):
        world.mailbox("nobody@customer.example")


async def test_faults_run_down_and_heal(world: MailWorld):
    world.faults.duplicate = 1
    world.faults.hold_back = 0
    assert [len(world.deliver(MAIL)), len(world.deliver(MAIL))] == [2, 1]
    world.faults.answer("RCPT", 450, "4.2.1 later")
    with pytest.raises(smtplib.SMTPRecipientsRefused, match="later"):
        await asyncio.to_thread(send, world, "asa@customer.example")
    world.faults.slow, world.faults.login_expired = 9.0, True
    world.faults.heal()
    await asyncio.to_thread(send, world, "asa@customer.example")


def ask(world: MailWorld, *lines: str) -> list[bytes]:
    """What imaplib is told by the server, command by command."""
    said: list[bytes] = []
    with inbox(world) as client:
        for line in lines:
            name, _, rest = line.partition(" ")
            answer, found = client.uid("FETCH", *rest.split(" ", 1)) if name == "FETCH" else client.status(rest, "(MESSAGES UIDNEXT)")
            said += [answer.encode(), *(part if isinstance(part, bytes) else part[0] + part[1] for part in found if part)]
    return said


async def test_folders_parts_and_beginnings_are_told(world: MailWorld):
    world.deliver(MAIL)
    asa = world.mailbox("asa@customer.example")
    asa.make_folder("Kunder").add(MAIL, 0)
    asa.rename_folder("Kunder", "Klienci")
    lines = ("STATUS Klienci", "FETCH 1 (BODY.PEEK[HEADER.FIELDS (SUBJECT)])", "FETCH 1 (BODY.PEEK[1]<0.3>)", "FETCH 1 (BODYSTRUCTURE)")
    said = b"".join(await asyncio.to_thread(ask, world, *lines))
    assert b'"Klienci" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY' in said
    assert b"Subject: Hej\r\n\r\n" in said
    assert b"BODY[1]<0> {3}.He" in said
    assert b'("text" "plain" NIL NIL NIL "7BIT"' in said
    assert asa.messages[0].flags == set()


async def test_a_mailbox_of_years_needs_no_memory(world: MailWorld):
    """Mails are written when they are looked at; what comes later lies behind them."""
    folder = world.mailbox("asa@customer.example").inbox
    folder.mails, folder.uidnext = Mails(1_000_000, lambda number: b"Subject: %d\r\n\r\nHej" % number, float), 1_000_001
    world.deliver(MAIL)
    said = b"".join(await asyncio.to_thread(ask, world, "FETCH 999999:* (BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))
    assert [number in said for number in (b"Subject: 999998", b"Subject: 999999", b"Subject: 1000000", b"Subject: Hej")] == [
        False,
        True,
        True,
        True,
    ]


async def test_ordered_refusals_cuts_and_good_byes_come_once(world: MailWorld):
    world.faults.refuse["FETCH"] = 1
    answers = await asyncio.to_thread(ask, world, "FETCH 1 (UID)", "FETCH 1 (UID)")
    assert [answer for answer in answers if answer in {b"OK", b"NO"}] == [b"NO", b"OK"]
    for name in ("cut_up", "cut_down", "bye_after"):
        setattr(world.faults, name, 1)
        with pytest.raises((imaplib.IMAP4.abort, OSError)):
            await asyncio.to_thread(look, world, "sandbox")
        assert getattr(world.faults, name) is None
    await asyncio.to_thread(look, world, "sandbox")
