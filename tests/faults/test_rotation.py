"""New sealing keys while customers write and are answered: nothing is refused, nothing fails, and the old keys can go. F59."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
import sqlalchemy as sa

from sluss.channels.models import inboxes
from sluss.commands.house import carry_out
from sluss.commands.keys import AddKey, ListKeys, ResealSome, RetireKey
from sluss.commands.outcome import Stopped
from sluss.config import Config
from sluss.kernel.tx import Tx
from sluss.outbox.models import operations
from tests.faults.checks import everybody_is_answered, nothing_is_in_doubt
from tests.faults.ground import Ground

ROTATIONS = 4
LATER = 120
# What a server was sending when it was stopped is tried again after a quarter of an hour.
IN_DOUBT = 1200


def trouble(tx: Tx) -> list[tuple[Any, ...]]:
    """Deliveries that went wrong, and inboxes that counted a failure or were paused for one."""
    o, i = operations.c, inboxes.c
    wrong = o.state.in_(("failed", "unknown")) | (o.attempts > 1)
    deliveries = tx.rows(sa.select(o.state, o.attempts, o.waits, o.code, o.reason).where(wrong))
    failing = tx.rows(sa.select(i.name, i.send_failures, i.paused_reason).where((i.send_failures > 0) | (i.paused_reason != "")))
    return [tuple(row) for row in (*deliveries, *failing)]


def count_tries(ground: Ground) -> Counter[bool]:
    """How the customers fare from now on."""
    tries: Counter[bool] = Counter()
    attempt: Any = ground.customers._try

    async def counted(way: Any, raw: bytes) -> bool:
        taken: bool = await attempt(way, raw)
        tries[taken] += 1
        return taken

    ground.customers._try = counted
    return tries


@pytest.mark.timeout(180)
async def test_keys_change_under_traffic(ground: Ground) -> None:
    """F59: four rotations, each finished while mails come in by LMTP and signed posts and answers leave by SMTP with a password."""
    config = Config(data=str(ground.folder), database_url=ground.setting["database"])

    async def ask(deed: Any) -> Any:
        return await asyncio.to_thread(carry_out, config, deed)

    server = await ground.start(controlled=True)
    tries = count_tries(ground)
    ground.customers.begin()
    await ground.ledger.more(10)
    first = [row["key"] for row in await ask(ListKeys())]
    for _ in range(ROTATIONS):
        await ask(AddKey())
        await ground.ledger.more(10)
        assert (await ask(ResealSome()))["left"] == 0
        await ground.ledger.more(10)
    keys = await ask(ListKeys())
    # The mail inbox and the chat have one sealed value each.
    assert [row["values"] for row in keys] == [0] * ROTATIONS + [2]
    with pytest.raises(Stopped, match="not a minute old"):
        await ask(RetireKey(key=first[0]))
    with pytest.raises(Stopped, match="key that seals"):
        await ask(RetireKey(key=keys[-1]["key"]))
    assert tries[False] == 0, tries
    assert tries[True] > ROTATIONS * 5
    assert await ground.read(trouble) == []
    assert await server.stop() == 0
    server = await ground.start(controlled=True, ahead=LATER)
    for row in keys[:-1]:
        await ask(RetireKey(key=row["key"]))
    assert [row["key"] for row in await ask(ListKeys())] == [keys[-1]["key"]]
    await ground.ledger.more(20)
    await ground.customers.finish()
    await ground.until(everybody_is_answered)
    assert await server.stop() == 0
    server = await ground.start(ahead=LATER + IN_DOUBT, answering=False)
    await ground.until(nothing_is_in_doubt)
    assert await server.stop() == 0
    ground.check(retried=True)
