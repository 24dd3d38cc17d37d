"""Understanding what was kept: whatever an envelope does to its reader, it stays, and others go on. F36; T43, T46."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from sluss.cases import recording
from sluss.cases.models import attachments, messages
from sluss.channels.contract import Connection, Delivered
from sluss.channels.email.channel import EmailChannel
from sluss.intake.admit import ATTEMPTS, Reader, admit_some, next_sets
from sluss.intake.conservation import check_conservation
from sluss.kernel.clock import HOUR, TestClock
from sluss.kernel.leases import LeaseLost, acquire
from sluss.kernel.sealing import KeyLost
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
