"""What happens to inboxes; the desk's banners and the settings follow these."""

from __future__ import annotations

from sluss.kernel.events import Event


class InboxChanged(Event, frozen=True, kw_only=True):
    """An inbox was made, changed, paused, resumed or archived."""

    inbox_id: int


class InboxReceiving(Event, frozen=True, kw_only=True):
    """Receiving began to work (`ok`) or to fail (`failing`, with one sentence)."""

    inbox_id: int
    state: str
    reason: str = ""


class InboxAccessGiven(Event, frozen=True, kw_only=True):
    """A person connected the inbox at its provider, for the first time or again."""

    inbox_id: int


class InboxAccessLost(Event, frozen=True, kw_only=True):
    """The provider no longer takes what it gave; the inbox waits for a person to connect it again."""

    inbox_id: int
    reason: str = ""
