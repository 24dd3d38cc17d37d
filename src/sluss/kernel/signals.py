"""Hints within a process: a commit says which topics to look at, loops wait for them with a longest pause.

In: `Host.tell`. Out: woken loops.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from sluss.kernel.tx import Host


class Signals:
    """Wakes loops of one event loop. Losing a hint costs at most the pause the loop chose."""

    def __init__(self, host: Host) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[str, set[asyncio.Event]] = {}
        host.listen(self._tell)

    async def rounds(self, topic: str, pause: float) -> AsyncIterator[None]:
        """One turn at once, then one after every hint, at the latest after `pause` seconds."""
        woken = asyncio.Event()
        self._waiting.setdefault(topic, set()).add(woken)
        try:
            while True:
                woken.clear()
                yield
                # Not `wait_for`: before Python 3.12 it swallows a cancellation that comes together with the hint.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await woken.wait()
        finally:
            self._waiting[topic].discard(woken)

    def wake(self, topic: str) -> None:
        """Wake whoever waits for a topic; call from the event loop."""
        for woken in self._waiting.get(topic, ()):
            woken.set()

    def _tell(self, topics: set[str]) -> None:
        with contextlib.suppress(RuntimeError):  # the event loop is closing
            self._loop.call_soon_threadsafe(self._wake_all, topics)

    def _wake_all(self, topics: set[str]) -> None:
        for topic in topics:
            self.wake(topic)
