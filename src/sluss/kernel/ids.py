"""Row ids: 63-bit integers, ordered by time, made here and not by the database.

Layout, high to low: 41 bits milliseconds since 2025-01-01, 10 bits node, 12 bits sequence. Unique over all tables and processes as long
as every
process holds a node number of its own (`leases.claim_node`).
"""

from __future__ import annotations

import threading

from sluss.kernel.clock import Clock

EPOCH_MS = 1_735_689_600_000
SEQUENCE_BITS = 12
NODE_BITS = 10
NODES = 1 << NODE_BITS
_SEQUENCE_END = 1 << SEQUENCE_BITS
_SHIFT = SEQUENCE_BITS + NODE_BITS


class IdMaker:
    """Makes ids; safe to call from several threads. A clock that steps back is waited out by counting on from the last millisecond."""

    def __init__(self, clock: Clock, node: int = 0) -> None:
        if not 0 <= node < NODES:
            message = f"node must be 0 to {NODES - 1}, not {node}"
            raise ValueError(message)
        self._clock, self._node = clock, node
        self._lock = threading.Lock()
        self._ms, self._sequence = 0, 0

    def __call__(self) -> int:
        with self._lock:
            ms = max(self._clock() // 1_000 - EPOCH_MS, self._ms)
            self._sequence = self._sequence + 1 if ms == self._ms else 0
            if self._sequence == _SEQUENCE_END:
                ms, self._sequence = ms + 1, 0
            self._ms = ms
            return (ms << _SHIFT) | (self._node << SEQUENCE_BITS) | self._sequence


def instant_of(row_id: int) -> int:
    """When an id was made, in microseconds UTC (exact to a millisecond)."""
    return ((row_id >> _SHIFT) + EPOCH_MS) * 1_000


def first_id_at(instant: int) -> int:
    """The smallest id that can have been made at or after an instant: turns a time into a key range."""
    return max(instant // 1_000 - EPOCH_MS, 0) << _SHIFT
