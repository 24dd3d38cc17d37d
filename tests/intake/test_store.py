"""Keeping what comes in: durable before it is acknowledged, once, wherever it lies. F32, F33; I1, I2."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from sluss.cases.models import cases, messages, threads
from sluss.contacts.models import contacts
from sluss.intake.conservation import check_conservation
from sluss.intake.models import acknowledged
from sluss.intake.store import INLINE, read_raw
from sluss.kernel.files import DiskFull, FileStore
from tests.intake.conftest import Desk, all_at_once, mail


async def test_a_small_mail_lies_in_its_row_and_a_large_one_in_the_file_store(desk: Desk) -> None:
    small, large = mail(1), mail(2, "x" * 70 * 1024)
    await desk.bring(small, large)
    rows = desk.envelopes()
    assert [row.raw is None for row in rows] == [False, True]
    assert [read_raw(desk.files, row.raw, row.digest) for row in rows] == [small, large]
    assert len(small) < INLINE < len(large)


async def test_the_same_mail_ten_times_at_once_is_one_message(desk: Desk) -> None:
    """F32."""
    await all_at_once(desk, [mail(1)] * 10)
    await desk.admit()
    assert desk.states() == ["message"]
    assert desk.db.write_now(check_conservation, desk.who).acknowledged == 1


async def test_the_same_mail_by_two_ways_is_one_message(desk: Desk) -> None:
    await desk.bring(mail(1), key="lmtp:1")
    await desk.bring(mail(1), key="http:1")
    await desk.admit()
    assert desk.states() == ["message", "duplicate"]
    assert len(desk.rows(sa.select(messages.c.id))) == 1


async def test_a_hundred_mails_of_a_stranger_at_once_make_one_contact(desk: Desk) -> None:
    """Each is a matter of its own, since none answers another."""
    await all_at_once(desk, [mail(n) for n in range(100)])
    await desk.admit()
    assert [len(desk.rows(sa.select(table.c.id))) for table in (contacts, cases, threads, messages)] == [1, 100, 100, 100]


async def test_what_cannot_be_stored_is_told_to_its_sender_alone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_files: FileStore, size: int) -> None:
        if size > INLINE:
            raise DiskFull

    monkeypatch.setattr(FileStore, "require_room", full)
    await desk.bring(mail(1))
    with pytest.raises(DiskFull):
        await desk.bring(mail(2, "x" * 70 * 1024))
    assert len(desk.envelopes()) == 1
    assert desk.rows(sa.select(acknowledged.c.envelopes)) == [(1,)]


async def test_one_that_the_database_refuses_does_not_take_its_neighbours_along(desk: Desk) -> None:
    """They are written together; the one with a key that no database can hold fails alone."""
    calls = [desk.bring(mail(1)), desk.bring(mail(2), key="\0\ud800"), desk.bring(mail(3))]
    first, refused, third = await asyncio.gather(*calls, return_exceptions=True)
    assert (first, third) == (None, None)
    assert isinstance(refused, Exception)
    assert len(desk.envelopes()) == 2
