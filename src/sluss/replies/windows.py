"""How long a network lets us answer. In: when the customer last opened its window, and its rules. Out: what may be sent now.

Freely for some hours after the customer's last word; on some networks a person may still write for some days; then only texts that the
network approved, where it has those, else nothing.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from sluss.channels.contract import Capabilities
from sluss.kernel.clock import DAY, HOUR
from sluss.kernel.words import say

DAYS = say("The customer last wrote more than %(number)s days ago; %(network)s takes an answer only after they write again.")
HOURS = say("The customer last wrote more than %(number)s hours ago; %(network)s takes an answer only after they write again.")


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """Instants in microseconds UTC, None where the network has no such limit. `state` says what may be sent now."""

    state: Literal["none", "open", "late", "template", "closed"] = "none"
    opened_at: int = 0
    open_until: int | None = None
    late_until: int | None = None

    @property
    def ends_at(self) -> int | None:
        """When what may be sent now may be sent no longer."""
        return {"open": self.open_until, "late": self.late_until}.get(self.state)


def window_of(capabilities: Capabilities, opened_at: int, now: int) -> Window:
    """The window of a thread whose customer last opened it at an instant (0: never)."""
    if capabilities.window_hours is None:
        return Window(opened_at=opened_at)
    open_until = opened_at + capabilities.window_hours * HOUR if opened_at else 0
    late_until = opened_at + capabilities.late_hours * HOUR if opened_at and capabilities.late_hours is not None else None
    if now < open_until:
        state = "open"
    elif late_until is not None and now < late_until:
        state = "late"
    else:
        state = "template" if capabilities.has_templates else "closed"
    return Window(state=state, opened_at=opened_at, open_until=open_until, late_until=late_until)


def why_shut(capabilities: Capabilities, window: Window) -> str:
    """One sentence where nothing at all can be sent; empty otherwise."""
    if window.state != "closed":
        return ""
    if not window.opened_at:
        return say("%(network)s lets nobody write here before the customer has. Wait for an answer.", network=capabilities.label)
    last, network = (window.late_until or window.open_until or 0) - window.opened_at, capabilities.label
    if last % DAY:
        return say(HOURS, number=last // HOUR, network=network)
    return say(DAYS, number=last // DAY, network=network)
