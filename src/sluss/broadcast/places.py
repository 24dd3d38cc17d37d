"""Where a notice can be said. In: the workspace's inboxes. Out: accounts that publish, how long a text may be there, chats."""

from __future__ import annotations

import msgspec

from sluss.channels.contract import Capabilities
from sluss.channels.counting import count_length
from sluss.channels.inboxes import Inbox, list_inboxes
from sluss.channels.publishing import Publishing
from sluss.channels.registry import capabilities_of, channel_named, placed_form
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """An account that publishes. `most` characters in the network's way of counting; None without a limit. `handle` is its public name."""

    inbox_id: int
    name: str
    handle: str
    label: str
    icon: str
    counts: str
    most: int | None
    works: bool

    def length(self, text: str) -> int:
        """How long a text is there."""
        return count_length(text, self.counts)  # type: ignore[arg-type]

    def fits(self, text: str) -> bool:
        """Whether it goes as one post."""
        return self.most is None or self.length(text) <= self.most


def places_of(tx: Tx, who: Actor) -> list[Place]:
    """Every account that can publish and that the actor may see, by name."""
    return [_place(one, capabilities_of(one.channel, "public")) for one in list_inboxes(tx, who) if can_publish(one.channel)]


def chats_of(tx: Tx, who: Actor) -> list[Inbox]:
    """Every chat of the workspace, by name."""
    return [one for one in list_inboxes(tx, who) if placed_form(one.channel) is not None]


def can_publish(channel: str) -> bool:
    """Whether the network of a channel takes posts of its own account."""
    return isinstance(channel_named(channel), Publishing)


def _place(inbox: Inbox, about: Capabilities) -> Place:
    return Place(
        inbox_id=inbox.id,
        name=inbox.name,
        handle=str(inbox.settings.get("handle") or inbox.name),
        label=about.label,
        icon=about.icon,
        counts=about.counts,
        most=about.max_length,
        works=inbox.enabled and not inbox.reconnect,
    )
