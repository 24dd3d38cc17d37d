"""What happens to agents."""

from __future__ import annotations

from typing import Literal

from sluss.kernel.events import Event


class AgentDisabled(Event, frozen=True, kw_only=True):
    """An agent is let in no more."""

    agent_id: int


class FactorChanged(Event, frozen=True, kw_only=True):
    """Something about how an agent proves who they are has changed, or should worry them. The agent is told of it by mail.

    `codes`: new recovery codes; `code used`: one of them opened the door; `copied`: a passkey answered as if there were two of it.
    """

    agent_id: int
    change: Literal["added", "removed", "reset", "codes", "code used", "copied"]
    factor: Literal["", "app", "passkey"] = ""
    name: str = ""
