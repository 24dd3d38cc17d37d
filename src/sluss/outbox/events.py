"""What becomes of operations, and of an inbox's way out."""

from __future__ import annotations

from sluss.kernel.events import Event


class DeliveryChanged(Event, frozen=True, kw_only=True):
    """A delivery stands in another state. `reason` is the network's own words, or ours where it said none."""

    message_id: int
    operation_id: int
    state: str
    code: str = ""
    reason: str = ""


class DeliveryComplained(Event, frozen=True, kw_only=True):
    """Whoever reads for the recipient called it unwanted."""

    message_id: int
    operation_id: int
    recipient: str


class DeliveryDelayed(Event, frozen=True, kw_only=True):
    """A delivery is still waiting after an hour, or its network says that it will take longer."""

    message_id: int
    operation_id: int
    reason: str = ""


class InboxSendingPaused(Event, frozen=True, kw_only=True):
    """Nothing leaves by this inbox until `until` (microseconds UTC), when one delivery is tried."""

    inbox_id: int
    until: int
    reason: str


class InboxSendingResumed(Event, frozen=True, kw_only=True):
    """The network of this inbox is reachable again."""

    inbox_id: int


class OutboxReleased(Event, frozen=True, kw_only=True):
    """Somebody let go what was held since a restore."""


class DeedChanged(Event, frozen=True, kw_only=True):
    """A deed on a message (`hide`, `delete`, `like`, …) stands in another state; `sent` means that it is done."""

    message_id: int
    operation_id: int
    deed: str
    state: str
    code: str = ""
    reason: str = ""
