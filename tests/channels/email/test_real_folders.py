"""Real Dovecot: several folders, renamed and made anew, what others sent, long outages, and old mail brought in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from sluss.channels.contract import Connection
from sluss.channels.email import history, mailbox, receiving
from sluss.channels.email.channel import EmailChannel
from sluss.channels.email.imap_words import encoded_name
from tests.channels.email.mailroom import Memory, inbox, read
from tests.channels.email.test_imap_oversize import with_file
from tests.channels.email.test_real_servers import deliver, ids, letter, listening
from tests.servers.certificate import Certificate
from tests.servers.dovecot import Dovecot, Mailbox

Connect = Callable[..., Connection]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "_WAITS", (0.05, 0.5))
    monkeypatch.setattr(mailbox, "_IDLE_SECONDS", 0.3)
    monkeypatch.setattr(history, "_LOOK", 0.1)


@pytest.fixture
def support(dovecot: Dovecot) -> Mailbox:
    return dovecot.new_mailbox("support", "norrsken.test")


@pytest.fixture
def connect(support: Mailbox, dovecot: Dovecot, certificate: Certificate) -> Connect:
    def connected(**settings: Any) -> Connection:
        usual: dict[str, Any] = {"imap_host": "localhost", "imap_port": dovecot.imap_port, "imap_security": "starttls", "sent_copy": False}
        return inbox(support.address, {"password": support.password}, **usual | {"certificate": certificate.cert.read_text()} | settings)

    return connected


async def do(support: Mailbox, *commands: tuple[str, ...]) -> None:
    """Commands of imaplib, by an administrator's mail program."""

    def run() -> None:
        with support.imap() as client:
            for name, *words in commands:
                answer, said = getattr(client, name)(*(f'"{encoded_name(word)}"' for word in words))
                assert answer == "OK", said

    await asyncio.to_thread(run)


async def put(support: Mailbox, folder: str, *numbers: int) -> None:
    for number in numbers:
        await asyncio.to_thread(support.append, letter(number, support), f'"{encoded_name(folder)}"')


async def test_a_folder_renamed_while_it_is_read(connect: Connect, support: Mailbox, memory: Memory):
    """A warning while it is away, no mail lost, none twice: under its old name again, and under the new one chosen."""
    await do(support, ("create", "Kunder på båten"))
    async with listening(connect(folders=["Kunder på båten"]), memory):
        await put(support, "Kunder på båten", 1)
        await memory.until(lambda: ids(memory) == ["1"])
        await do(support, ("rename", "Kunder på båten", "Klienci"))
        await memory.until(lambda: "left out: Kunder på båten." in memory.progress[-1][1])
        await put(support, "Klienci", 2)
        await deliver(support, 3)
        await memory.until(lambda: ids(memory) == ["1", "3"])
    async with listening(connect(folders=["Klienci"]), memory):
        await memory.until(lambda: ids(memory) == ["1", "3", "2"])
        await put(support, "Klienci", 4)
        await memory.until(lambda: ids(memory) == ["1", "3", "2", "4"])
    assert memory.repeated == []


async def test_a_folder_made_anew(connect: Connect, support: Mailbox, memory: Memory):
    """T53: deleted and made again it has another UIDVALIDITY; what is put into it is new, what we have is not."""
    await do(support, ("create", "Kunder"))
    async with listening(connect(folders=["Kunder"]), memory):
        await put(support, "Kunder", 1, 2)
        await memory.until(lambda: ids(memory) == ["1", "2"])
        await do(support, ("delete", "Kunder"))
        await memory.until(lambda: "left out: Kunder." in memory.progress[-1][1])
        await do(support, ("create", "Kunder"))
        await put(support, "Kunder", 3)
        await memory.until(lambda: ids(memory) == ["1", "2", "3"])
        await memory.until(lambda: memory.progress[-1] == ("ok", ""))


async def test_what_others_sent_is_found_by_its_mark(connect: Connect, support: Mailbox, memory: Memory):
    """RFC 6154."""
    await put(support, "Sent", 1)
    async with listening(connect(), memory):
        await put(support, "Sent", 2)
        await memory.until(lambda: len(memory.received) == 1)
    assert [(item.origin, read(item.raw).external_id) for item in memory.received] == [("sent", "2@customer.test")]


async def test_an_outage_of_weeks(connect: Connect, dovecot: Dovecot, support: Mailbox, memory: Memory):
    """F26: positions, not dates. Our clock jumps forty days while the server is away and numbers the folder anew."""
    async with listening(connect(), memory):
        await deliver(support, 1)
        await memory.until(lambda: ids(memory) == ["1"])
    start = memory.now()
    memory.now = lambda: start + 40 * 86_400_000_000
    await deliver(support, 2, 3)
    await asyncio.to_thread(support.renumber)
    async with listening(connect(), memory):
        await memory.until(lambda: ids(memory) == ["1", "2", "3"])
        await deliver(support, 4)
        await memory.until(lambda: ids(memory) == ["1", "2", "3", "4"])
    assert memory.repeated == []


async def test_old_mail_is_brought_in(connect: Connect, support: Mailbox, memory: Memory):
    """F35."""
    await put(support, "INBOX", *range(1, 31))
    async with listening(connect(days_back=-1), memory):
        await deliver(support, 99)
        await memory.until(lambda: len(memory.received) == 31)
    assert sorted(int(one) for one in ids(memory)) == [*range(1, 31), 99]
    assert {item.origin for item in memory.received if "99@" not in read(item.raw).external_id} == {"history"}


async def test_its_own_account_of_a_large_mail(connect: Connect, support: Mailbox, memory: Memory):
    """What Dovecot says of the parts is understood: the text and the names of the files are kept."""
    async with listening(connect(largest_mail=1), memory):
        await asyncio.to_thread(support.append, with_file(1, 2_000_000))
        await memory.until(lambda: len(memory.received) == 1)
    found = read(memory.received[0].raw)
    assert (found.subject, found.text.splitlines()[0]) == ("Bilder", "Hej! Här är bilderna.")
    assert "Files with it: bild från båten.jpg" in found.text


async def test_folders_are_listed_as_people_read_them(connect: Connect, support: Mailbox):
    await do(support, ("create", "Skräp"), ("create", "Wysłane"))
    found = await EmailChannel(allow_private=True).choices(connect(), "imap_folders")
    assert found == ["INBOX", "Drafts", "Junk", "Sent", "Skräp", "Wysłane"]
