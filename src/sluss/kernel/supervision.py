"""Keeping loops alive, and knowing that they get somewhere.

In: a loop. Out: the same loop started again after a crash, and when it last turned.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import msgspec

from sluss.kernel.clock import Clock
from sluss.kernel.log import get_log

log = get_log("supervision")

LONGEST = 30.0


class Standing(msgspec.Struct):
    """How one loop does: starts so far, the last crash in words, and when it started last (microseconds UTC)."""

    starts: int = 0
    error: str = ""
    started_at: int = 0
    failed_at: int = 0


class Supervisor:
    """The loops of one process. One that ends or crashes is started again with a growing pause; the others do not notice."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tasks: list[asyncio.Task[None]] = []
        self.standing: dict[str, Standing] = {}

    def run(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Start a loop now and keep it running until `stop`."""
        self.standing[name] = Standing()
        self._tasks.append(asyncio.create_task(self._keep(name, work), name=name))

    async def stop(self, seconds: float = 4) -> None:
        """Cancel every loop and wait for them to let go; those that do not within the time are left behind."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    async def _keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        pause = 0.5
        while True:
            standing = self.standing[name]
            standing.starts += 1
            standing.started_at = self._clock()
            try:
                await work()
            except Exception as error:
                log.exception("loop_failed", loop=name)
                standing.error, standing.failed_at = repr(error)[:500], self._clock()
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - spreads restarts
            pause = min(pause * 2, LONGEST) if self._clock() - standing.started_at < 60_000_000 else 0.5
