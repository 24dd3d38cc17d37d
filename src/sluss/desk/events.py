"""What happens at the desk itself."""

from __future__ import annotations

from sluss.kernel.events import Event


class BulkWent(Event, frozen=True, kw_only=True):
    """A deed to many cases went some way, or is at its end; only its agent is told."""

    deed_id: int
    agent_id: int
    done: int
    total: int
    state: str
