"""A caller that goes away while its write waits or runs."""

from __future__ import annotations

import asyncio
import threading

import pytest

from sluss.kernel.db import Database
from sluss.kernel.tx import Tx


async def test_a_cancelled_caller_does_not_fail_the_writes_it_shares_a_commit_with(db: Database) -> None:
    """F-rows of storage: an error is told only to those whose work was not stored."""
    running, go_on = threading.Event(), threading.Event()

    def slow(_tx: Tx) -> str:
        running.set()
        go_on.wait(5)
        return "slow"

    first = asyncio.create_task(db.write_grouped(slow))
    await asyncio.to_thread(running.wait, 5)
    waiting = [asyncio.create_task(db.write_grouped(lambda _tx: "quick")) for _ in range(3)]
    await asyncio.sleep(0)
    first.cancel()
    waiting[0].cancel()
    go_on.set()
    assert await asyncio.gather(*waiting[1:]) == ["quick", "quick"]
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_write_that_was_cancelled_while_it_waited_is_not_run(db: Database) -> None:
    ran: list[str] = []
    hold = threading.Event()
    first = asyncio.create_task(db.write_grouped(lambda _tx: hold.wait(5)))
    await asyncio.sleep(0)
    second = asyncio.create_task(db.write_grouped(lambda _tx: ran.append("second")))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.sleep(0)
    hold.set()
    assert await first
    await db.write_grouped(lambda _tx: None)
    assert ran == []
