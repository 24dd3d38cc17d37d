"""Several folders of one mailbox: each read from its own place, over one connection, also when one is renamed, lost or renumbered."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest

from sluss.channels.contract import Connection
from sluss.channels.email import mailbox, receiving
from sluss.channels.email.imap_words import decoded_name, encoded_name
from sluss.sandbox.mail.servers import MailWorld
from sluss.sandbox.mail.world import Mailbox
from tests.channels.email.mailroom import SUPPORT, Memory, numbered, read
from tests.channels.email.test_listen import ids, listening

Connect = Callable[..., Connection]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "_WAITS", (0.01, 0.05))
    monkeypatch.setattr(mailbox, "_IDLE_SECONDS", 0.05)


@pytest.fixture
def support(world: MailWorld) -> Mailbox:
    return world.mailbox(SUPPORT)


def put(box: Mailbox, folder: str, *numbers: int, at: float = 1_795_000_000.0) -> None:
    for number in numbers:
        box.folders[encoded_name(folder)].add(numbered(number), at)


def ready(memory: Memory, *folders: str) -> Callable[[], bool]:
    return lambda: all(f"imap:{folder}" in memory.cursor for folder in folders)


async def test_each_folder_has_its_own_place_over_one_connection(world: MailWorld, support: Mailbox, connect: Connect, memory: Memory):
    for name in ("Skräp", "Wysłane i nie"):
        support.make_folder(encoded_name(name))
    put(support, "Skräp", 1)
    async with listening(connect(folders=["Skräp", "Wysłane i nie"]), memory):
        await memory.until(ready(memory, "INBOX", "Skräp", "Wysłane i nie"))
        put(support, "Skräp", 2)
        put(support, "INBOX", 3)
        put(support, "Wysłane i nie", 4)
        await memory.until(lambda: len(memory.received) == 3)
        assert len(world._talks) == 1
    assert sorted(ids(memory)) == ["2", "3", "4"]
    assert {item.external_key.split(":")[1] for item in memory.received} == {"INBOX", "Skräp", "Wysłane i nie"}


async def test_a_folder_with_much_mail_does_not_hold_up_the_first(support: Mailbox, connect: Connect, memory: Memory, monkeypatch):
    monkeypatch.setattr(mailbox, "_MOST", 10)
    monkeypatch.setattr("sluss.channels.email.folder.WINDOW", 10)
    support.make_folder("Lists")
    async with listening(connect(folders=["Lists"]), memory):
        await memory.until(ready(memory, "INBOX", "Lists"))
        put(support, "Lists", *range(100, 200))
        put(support, "INBOX", 1)
        await memory.until(lambda: len(memory.received) == 101)
    assert ids(memory).index("1") <= 30


async def test_a_missing_folder_is_said_and_the_others_go_on(support: Mailbox, connect: Connect, memory: Memory):
    support.make_folder("Kunder")
    async with listening(connect(folders=["Kunder"]), memory):
        await memory.until(ready(memory, "INBOX", "Kunder"))
        put(support, "Kunder", 1)
        await memory.until(lambda: ids(memory) == ["1"])
        support.rename_folder("Kunder", "Klienter")
        await memory.until(lambda: memory.progress[-1][1].startswith("A folder cannot be opened and is left out: Kunder."))
        put(support, "Klienter", 2)
        put(support, "INBOX", 3)
        await memory.until(lambda: ids(memory) == ["1", "3"])
        support.rename_folder("Klienter", "Kunder")
        await memory.until(lambda: ids(memory) == ["1", "3", "2"])
        await memory.until(lambda: memory.progress[-1] == ("ok", ""))
    assert {state for state, _ in memory.progress} == {"ok"}
    assert memory.repeated == []


@pytest.mark.parametrize("renumbered", [False, True])
async def test_a_renamed_folder_is_read_on_under_the_name_chosen(support: Mailbox, connect: Connect, memory: Memory, *, renumbered: bool):
    """What lay there before stays out, what was read does not come again, what came meanwhile does; also when the server renumbers."""
    support.make_folder("Kunder")
    put(support, "Kunder", 1)
    async with listening(connect(folders=["Kunder"]), memory):
        await memory.until(ready(memory, "INBOX", "Kunder"))
        put(support, "Kunder", 2, at=1_795_000_100)
        await memory.until(lambda: ids(memory) == ["2"])
    support.rename_folder("Kunder", "Klienter")
    put(support, "Klienter", 3, at=1_795_000_200)
    if renumbered:
        support.folders["Klienter"].renumber()
    async with listening(connect(folders=["Klienter"]), memory):
        await memory.until(lambda: ids(memory) == ["2", "3"])
        put(support, "Klienter", 4, at=1_795_000_300)
        await memory.until(lambda: ids(memory) == ["2", "3", "4"])
    assert memory.repeated == []


async def test_another_folder_of_the_same_numbering_is_not_taken_for_the_renamed_one(support: Mailbox, connect: Connect, memory: Memory):
    """Servers give several folders one UIDVALIDITY."""
    for name in ("Kunder", "Arkiv"):
        support.make_folder(name).uidvalidity = 7
    put(support, "Arkiv", *range(10, 20))
    async with listening(connect(folders=["Kunder"]), memory):
        await memory.until(ready(memory, "Kunder"))
        put(support, "Kunder", 1)
        await memory.until(lambda: ids(memory) == ["1"])
    async with listening(connect(folders=["Arkiv"]), memory):
        await memory.until(ready(memory, "Arkiv"))
        put(support, "Arkiv", 20)
        await memory.until(lambda: ids(memory) == ["1", "20"])


async def test_what_others_sent_is_seen_in_the_sent_folder(support: Mailbox, connect: Connect, memory: Memory):
    """Found by its mark (RFC 6154), from the moment of connection on, and told apart."""
    put(support, "Sent", 1)
    async with listening(connect(), memory):
        await memory.until(ready(memory, "INBOX"))
        put(support, "Sent", 2)
        put(support, "INBOX", 3)
        await memory.until(lambda: len(memory.received) == 2)
    folder = support.folders["Sent"]
    sent = next(item for item in memory.received if item.origin == "sent")
    assert (sent.external_key, read(sent.raw).external_id) == (
        f"imap:Sent:{folder.uidvalidity}:{folder.mails[-1].uid}",
        "2@customer.example",
    )
    assert [item.origin for item in memory.received if item is not sent] == [""]


async def test_the_sent_folder_is_left_alone_when_so_chosen(support: Mailbox, connect: Connect, memory: Memory):
    async with listening(connect(watch_sent=False), memory):
        await memory.until(ready(memory, "INBOX"))
        put(support, "Sent", 2)
        put(support, "INBOX", 3)
        await memory.until(lambda: len(memory.received) == 1)
    assert "imap-sent:Sent" not in memory.cursor


async def test_a_sent_folder_of_another_name(support: Mailbox, connect: Connect, memory: Memory):
    support.make_folder(encoded_name("Wysłane"))
    async with listening(connect(sent_folder="Wysłane"), memory):
        await memory.until(lambda: "imap-sent:Wysłane" in memory.cursor)
        put(support, "Wysłane", 2)
        await memory.until(lambda: [item.origin for item in memory.received] == ["sent"])


async def test_no_folder_at_all_fails(connect: Connect, memory: Memory):
    async with listening(connect(folder="A", folders=["B"]), memory):
        await memory.until(lambda: ("failing", "The folder A cannot be opened; check its name.") in memory.progress)


@pytest.mark.parametrize("wire", ["&AB-", "&&&", "&2AA-", "&", "Sk\ufffdrp", "&AOQ", "&AOQ-x", "&-", "a&-b", "&AGE-"])
def test_names_that_are_badly_encoded_are_left_as_they_are(wire: str):
    """What is shown can always be opened again."""
    name = decoded_name(wire)
    assert name == wire or encoded_name(name) == wire


async def test_numbers_that_come_again_without_notice(support: Mailbox, connect: Connect, memory: Memory):
    """T53: a server restored from a copy gives out numbers twice, under one UIDVALIDITY."""
    async with listening(connect(), memory):
        await memory.until(ready(memory, "INBOX"))
        put(support, "INBOX", 1, 2, 3)
        await memory.until(lambda: ids(memory) == ["1", "2", "3"])
    support.inbox.remove([2, 3])
    support.inbox.uidnext = 2
    put(support, "INBOX", 4)
    async with listening(connect(), memory):
        await memory.until(lambda: ids(memory) == ["1", "2", "3", "4"])
        put(support, "INBOX", 5)
        await memory.until(lambda: ids(memory) == ["1", "2", "3", "4", "5"])
    assert memory.repeated == []


async def test_every_numbering_anew_loses_and_repeats_nothing(world: MailWorld, support: Mailbox, connect: Connect, memory: Memory):
    """T53: twenty times a new UIDVALIDITY, in the middle of the session, with mail that came meanwhile."""
    put(support, "INBOX", 900, at=1_000)
    expected: list[str] = []
    async with listening(connect(), memory):
        await memory.until(ready(memory, "INBOX"))
        for number in range(20):
            support.inbox.renumber()
            # The first came long before the last time we looked: it was moved here from another folder.
            put(support, "INBOX", 2 * number, at=500.0 if number else 2_000.0)
            put(support, "INBOX", 2 * number + 1, at=3_000.0 + number)
            expected.extend((str(2 * number), str(2 * number + 1)))
            world.cut_all()
            await memory.until(lambda: len(memory.received) == len(expected))
    assert ids(memory) == expected
    assert memory.repeated == []


async def test_settings_of_before_still_work(support: Mailbox, connect: Connect, memory: Memory):
    """A position that an older Sluss remembered has no floor; it is read on from, also through a new numbering."""
    put(support, "INBOX", 1, at=0)
    memory.cursor["imap:INBOX"] = {"uidvalidity": support.inbox.uidvalidity, "uid": 1, "at": 1_000_000}
    put(support, "INBOX", 2)
    async with listening(connect(), memory):
        await memory.until(lambda: ids(memory) == ["2"])
        support.inbox.renumber()
        with contextlib.suppress(KeyError):
            del memory.cursor["imap:INBOX"]["floor"]
    async with listening(connect(), memory):
        put(support, "INBOX", 3)
        await memory.until(lambda: "3" in ids(memory))
    assert set(ids(memory)) >= {"2", "3"}
