"""What happens in moderation. Each also tells live lists to look at the case again."""

from __future__ import annotations

from sluss.kernel.events import Event


class MatterChanged(Event, frozen=True, kw_only=True):
    """Something was done or found about a public message; `step` as in the log."""

    matter_id: int
    step: str


class AnswerWaits(Event, frozen=True, kw_only=True):
    """An agent's public answer waits for a colleague's word, or got it; `state` as in its row."""

    answer_id: int
    state: str
    agent_id: int
