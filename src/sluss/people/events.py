"""What happens to agents."""

from __future__ import annotations

from sluss.kernel.events import Event


class AgentDisabled(Event, frozen=True, kw_only=True):
    """An agent is let in no more."""

    agent_id: int
