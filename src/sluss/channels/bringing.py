"""How an adapter tells of old messages that it brings in. Values only."""

from __future__ import annotations

import msgspec

from sluss.kernel.clock import SECOND

HISTORY = "history"
WISH = "history-wish"
"""Cursors by which an adapter tells how it brings in old messages, and learns whether it shall rest."""


class History(msgspec.Struct, frozen=True, kw_only=True):
    """How far it has come: `done` of `total` messages, `rate` a second, instants in microseconds UTC. `reason` says why it stands still."""

    total: int
    done: int
    rate: float = 0.0
    began_at: int = 0
    ended_at: int | None = None
    reason: str = ""
    paused: bool = False

    @property
    def left_at_rate(self) -> int | None:
        """Microseconds until the end when it goes on like this; None when nobody can tell."""
        return round((self.total - self.done) / self.rate * SECOND) if self.rate > 0 and self.ended_at is None else None
