"""Killed with -9 at random moments and in the gaps that matter, under load. F1, F2, F28, F32; T43, T46."""

from __future__ import annotations

import asyncio
import random

import pytest

from sluss.kernel.breaking import POINTS
from tests.faults.checks import everybody_is_answered, nothing_is_in_doubt
from tests.faults.ground import Ground

SEED = 20_261_121
ROUNDS = {"sqlite": 22, "postgresql": 12}
# So many seconds pass between two lives on PostgreSQL, so that leases and claims of the killed are over; on SQLite the next need not wait.
BETWEEN = {"sqlite": 0, "postgresql": 61}
# An unknown result is tried again after a quarter of an hour.
LATER = 1200


@pytest.mark.timeout(300)
async def test_nothing_is_lost_shown_twice_or_sent_twice(ground: Ground) -> None:
    """F1, F2, F28, F32."""
    chance = random.Random(SEED)  # noqa: S311 - chance of a seed
    ground.customers.begin()
    ends, between = plan(ROUNDS[ground.kind], chance), BETWEEN[ground.kind]
    reached = [await live_and_die(ground, chance, fault, life * between) for life, fault in enumerate(ends)]
    assert set(POINTS) <= set(reached), f"never reached: {set(POINTS) - set(reached)}"
    survivor = await ground.start(ahead=len(ends) * between)
    await ground.customers.finish()
    await ground.until(everybody_is_answered)
    assert await survivor.stop() == 0
    ground.check()
    survivor = await ground.start(ahead=len(ends) * between + LATER, answering=False)
    await ground.until(nothing_is_in_doubt)
    assert await survivor.stop() == 0
    ground.check(retried=True)
    print(f"seed {SEED}: {len(ends)} lives, {ground.ledger.figures()}")  # noqa: T201 - the figures of a run


def plan(rounds: int, chance: random.Random) -> list[str]:
    """Where each life ends: at every named point, and no matter where ("")."""
    named = [f"{point}:kill:{chance.randint(1, 5)}" for point in POINTS]
    ends = (named * 2)[: rounds // 2] if rounds > 2 * len(named) else named
    ends += [""] * (rounds - len(ends))
    chance.shuffle(ends)
    return ends


async def live_and_die(ground: Ground, chance: random.Random, fault: str, ahead: int) -> str:
    """One life of a server. Returns the point that ended it."""
    server = await ground.start(fault=fault, ahead=ahead)
    over = asyncio.create_task(server.over())
    enough = asyncio.create_task(a_while(ground, chance, 300 if fault else 40))
    await asyncio.wait([over, enough], return_when=asyncio.FIRST_COMPLETED)
    reached = fault.partition(":")[0] if server.is_over.is_set() else ""
    enough.cancel()
    server.kill()
    await over
    return reached


async def a_while(ground: Ground, chance: random.Random, most: int) -> None:
    """Until something has been done, and a moment that nothing tells."""
    await ground.ledger.more(chance.randint(most // 4, most))
    await asyncio.sleep(chance.random() / 10)
