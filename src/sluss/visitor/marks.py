"""What visitors do that no message tells: looking, leaving, typing, reading. In: marks, one by one. Out: one write for all of a moment."""

from __future__ import annotations

import asyncio

from sluss.channels.visitors import Mark, write_marks
from sluss.kernel.db import Database
from sluss.kernel.log import get_log

log = get_log("visitor")

GATHER = 0.25
TOGETHER = 500


class Marks:
    """Marks of this process that wait to be written. Losing them costs what a desk shows of a moment."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: dict[int, Mark] = {}
        self._woken = asyncio.Event()

    def note(self, mark: Mark) -> None:
        """Write it soon; of two marks of one visitor the later counts."""
        known = self._waiting.setdefault(mark.visitor_id, mark)
        if known is not mark:
            for name in ("page", "typing", "online_until", "answered_seen_at"):
                value = getattr(mark, name)
                if value is not None:
                    setattr(known, name, value)
        self._woken.set()

    async def run(self) -> None:
        """Write, until cancelled; what came last is written before it ends."""
        try:
            while True:
                await self._woken.wait()
                await asyncio.sleep(GATHER)
                await self.write()
        finally:
            await self.write()

    async def write(self) -> None:
        """Write what waits."""
        self._woken.clear()
        marks, self._waiting = list(self._waiting.values()), {}
        for start in range(0, len(marks), TOGETHER):
            try:
                await self._db.write_grouped(write_marks, marks[start : start + TOGETHER])
            except Exception:
                log.exception("marks_unwritten", count=len(marks))
