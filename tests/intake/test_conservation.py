"""The balance of envelopes, taken cheaply each minute and wholly each hour."""

from __future__ import annotations

import sqlalchemy as sa

from sluss.intake.conservation import check_conservation, keep_balance, take_balance
from sluss.intake.forgetting import drop_raw, forget_envelopes
from sluss.intake.models import envelopes
from sluss.kernel.clock import HOUR, MINUTE, TestClock
from tests.intake.conftest import Desk

MAIL = b"From: bo@kund.example\r\nTo: help@norrsken.test\r\nMessage-ID: <%d@kund.example>\r\nSubject: Hej\r\n\r\nHej\r\n"


async def test_between_whole_counts_only_what_is_new_is_counted(desk: Desk, clock: TestClock) -> None:
    await desk.bring(MAIL % 1, MAIL % 2)
    await desk.admit()
    first = desk.db.write_now(check_conservation, desk.who)
    await desk.bring(MAIL % 3)
    clock.move(MINUTE)
    quick = desk.db.read_now(take_balance, desk.who)
    assert (quick.full_at, quick.settled) == (first.full_at, 2)
    assert (quick.acknowledged, quick.processed, quick.queued, quick.missing) == (3, 2, 1, 0)
    clock.move(2 * HOUR)
    assert desk.db.read_now(take_balance, desk.who).full_at == clock()


async def test_what_vanished_is_missed_by_the_next_whole_count(desk: Desk, clock: TestClock) -> None:
    """I1, I8: a lost row shows within the hour, also an old one."""
    await desk.bring(MAIL % 1, MAIL % 2)
    await desk.admit()
    desk.db.write_now(keep_balance, desk.who, desk.db.read_now(take_balance, desk.who))
    desk.db.write_now(lambda tx: tx.run(sa.text("DELETE FROM envelope_keys")))
    desk.db.write_now(lambda tx: tx.run(sa.delete(envelopes).where(envelopes.c.id == desk.envelopes()[0].id)))
    clock.move(HOUR)
    assert desk.db.write_now(check_conservation, desk.who).missing == 1


async def test_what_is_erased_by_order_is_not_missing(desk: Desk, clock: TestClock) -> None:
    """I1: conservation holds with erasures, counted quickly or wholly."""
    await desk.bring(MAIL % 1, MAIL % 2, MAIL % 3)
    await desk.admit()
    desk.db.write_now(check_conservation, desk.who)
    ids = [row.id for row in desk.envelopes()]
    desk.db.write_now(forget_envelopes, desk.who, ids[:1])
    desk.db.write_now(drop_raw, desk.who, ids[1:2])
    for later in (MINUTE, 2 * HOUR):
        clock.move(later)
        balance = desk.db.write_now(check_conservation, desk.who)
        assert (balance.acknowledged, balance.processed, balance.erased, balance.missing) == (3, 2, 1, 0)
