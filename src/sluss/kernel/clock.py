"""Time, injected. Out: instants as whole microseconds UTC."""

from __future__ import annotations

import time
from typing import Protocol

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Clock(Protocol):
    """Anything that tells the time; called where an instant is needed, never kept."""

    def __call__(self) -> int: ...


def system_clock() -> int:
    """The machine's time in microseconds since 1970, UTC."""
    return time.time_ns() // 1_000


class TestClock:
    """A clock that stands still until it is moved, for tests and rehearsals."""

    __test__ = False

    def __init__(self, now: int = 1_795_262_400 * SECOND) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def move(self, microseconds: int) -> None:
        """Go forward (or back, when negative)."""
        self.now += microseconds
