"""Understanding what was kept: whatever an envelope does to its reader, it stays, and others go on. F36; T43, T46."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from sluss.cases import recording
from sluss.cases.models import attachments, messages
from sluss.channels.contract import Connection, Delivered
from sluss.channels.email.channel import EmailChannel
from sluss.intake import admit
from sluss.intake.admit import ATTEMPTS, Reader, admit_some, next_sets
from sluss.intake.conservation import check_conservation
from sluss.kernel.clock import HOUR, TestClock
from sluss.kernel.files import DiskFull, FileStore
from sluss.kernel.leases import LeaseLost, acquire
from sluss.kernel.sealing import KeyLost
from sluss.kernel.tx import Tx
from sluss.kernel.writer import StorageFailed
from tests.intake.conftest import Desk, mail


class Reading(EmailChannel):
    """The mail channel, but for mails with a word in them."""

    def __init__(self, word: bytes, error: Exception) -> None:
        super().__init__()
        self._word, self._error = word, error

    def understand(self, delivered: Delivered, connection: Connection) -> list[Any]:
        if self._word in delivered.raw:
            raise self._error
        return super().understand(delivered, connection)


async def test_mails_become_messages_and_their_files_are_kept(desk: Desk) -> None:
    content = "multipart/mixed; boundary=x"
    body = "--x\r\n\r\nHej\r\n--x\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nbilaga\r\n--x--"
    await desk.bring(mail(1, body, Content_Type=content), mail(2))
    assert await desk.admit() == 2
    assert desk.states() == ["message", "message"]
    file = desk.rows(sa.select(attachments))[0]
    assert (file.name, desk.files.read(file.digest)) == ("a.txt", b"bilaga")


async def test_one_that_cannot_be_read_is_set_aside_with_its_reason(desk: Desk) -> None:
    await desk.bring(mail(1), b" \r\n", mail(3))
    await desk.admit(Reading(b"Bokning 3", ZeroDivisionError("a fault of ours")))
    assert desk.states() == ["message", "quarantined", "quarantined"]
    assert [row.reason for row in desk.envelopes()[1:]] == [
        "The mail is empty.",
        "The reader stopped at this message: ZeroDivisionError('a fault of ours')",
    ]


async def test_one_that_cannot_be_recorded_does_not_take_its_set_along(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    key = recording.dedupe_key

    def refuse(arrival: recording.Arrival) -> str:
        if arrival.inbound.subject == "Bokning 2":
            raise RuntimeError("refused")
        return key(arrival)

    monkeypatch.setattr(recording, "dedupe_key", refuse)
    await desk.bring(*(mail(n) for n in (1, 2, 3)))
    await desk.admit()
    assert desk.states() == ["message", "quarantined", "message"]
    assert "refused" in desk.envelopes()[1].reason
    assert desk.db.write_now(check_conservation, desk.who).missing == 0


async def test_an_inbox_that_cannot_be_opened_holds_up_no_other(desk: Desk) -> None:
    async def lost(_workspace_id: int, _inbox_id: int) -> Connection:
        raise KeyLost("The key is gone.")

    await desk.bring(mail(1))
    reader = desk.reader()
    await admit_some(Reader(reader.db, reader.files, reader.channel, lost), desk.lease)
    assert desk.envelopes()[0].reason == "The inbox of this message could not be opened: The key is gone."


async def test_what_was_in_reading_at_a_death_comes_alone_and_at_last_after_all_others(desk: Desk) -> None:
    await desk.bring(mail(1), mail(2))
    desk.restart()
    assert await desk.db.read(sets) == [[1]]
    desk.restart()
    await desk.bring(mail(3))
    assert await desk.db.read(sets) == [[2], [1]]
    await desk.admit()
    assert desk.states() == ["message"] * 3


async def test_the_fifth_death_sets_it_aside_unread_and_nothing_else(desk: Desk) -> None:
    await desk.bring(mail(1))
    for _ in range(ATTEMPTS):
        desk.restart()
    await desk.bring(mail(2))
    await desk.admit()
    assert desk.states() == ["quarantined", "message"]
    assert "stopped Sluss several times" in desk.envelopes()[0].reason


async def test_a_long_backlog_is_not_suspected_as_a_whole(desk: Desk) -> None:
    await desk.bring(*(mail(n) for n in range(250)))
    for _ in range(ATTEMPTS + 1):
        desk.restart()
    assert sum(row.attempts > 0 for row in desk.envelopes()) <= 100 + ATTEMPTS


async def test_who_has_lost_the_lease_writes_nothing(desk: Desk, clock: TestClock) -> None:
    await desk.bring(mail(1))
    clock.move(2 * HOUR)
    desk.db.write_now(acquire, "admit", "another", 3600)
    with pytest.raises(LeaseLost):
        await desk.admit()
    assert desk.states() == ["received"]
    assert desk.rows(sa.select(messages.c.id)) == []


def sets(tx: Any) -> list[list[int]]:
    """The numbers of the mails that come next."""
    return [[int((one.raw or b"").partition(b"Subject: Bokning ")[2][:1]) for one in found] for found in next_sets(tx)]


async def test_a_full_disk_sets_nothing_aside(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """F8: recovers by itself; the mail is not to blame."""

    def full(_files: FileStore, _size: int) -> None:
        raise DiskFull

    content = "multipart/mixed; boundary=x"
    await desk.bring(mail(1, "--x\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nbilaga\r\n--x--", Content_Type=content))
    with monkeypatch.context() as disk:
        disk.setattr(FileStore, "require_room", full)
        assert await desk.admit() == 0
    assert desk.states() == ["received"]
    await desk.admit()
    assert desk.states() == ["message"]


async def test_a_database_that_stores_nothing_sets_nothing_aside(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """F7: what failed is the storing, not the mail."""

    def fail(_tx: Tx, _lease: object, _readings: object) -> None:
        raise StorageFailed("disk I/O error")

    await desk.bring(mail(1), mail(2))
    with monkeypatch.context() as database:
        database.setattr(admit, "settle", fail)
        assert await desk.admit() == 0
    assert desk.states() == ["received", "received"]
    await desk.admit()
    assert desk.states() == ["message", "message"]


async def test_a_set_is_no_larger_than_memory_bears(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """F37: a hundred of the largest mails at once would end the process; one alone is always read."""
    monkeypatch.setattr(admit, "BYTES", len(mail(1)) * 2 + 10)
    await desk.bring(mail(1), mail(2), mail(3), mail(4, "x" * 1000), mail(5))
    read: list[int] = []
    while sets := desk.db.read_now(next_sets):
        read += [len(one) for one in sets]
        await admit_some(desk.reader(), desk.lease)
    assert read == [2, 1, 1, 1]
