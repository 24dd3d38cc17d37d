"""Saying something to everybody: a post of our own, and what hangs under it. In: a `Publication`. Out: where it stands.

An adapter whose network takes posts of its own account fulfils `Publishing`; how long one may be is its public side's to say.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, runtime_checkable

import msgspec

from sluss.channels.contract import Address, Connection, Outbound, Sent


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """One post. `external_id` is ours, chosen before the first attempt; `follows` the network's key of the post of ours that it goes under.

    `begun_at` is when it was first tried, in microseconds UTC: whoever looks for it need not look further back.
    """

    external_id: str
    text: str
    follows: str = ""
    language: str = ""
    begun_at: int = 0


@runtime_checkable
class Publishing(Protocol):
    """An adapter that can publish."""

    async def publish(self, connection: Connection, publication: Publication, hand_over: Callable[[], Awaitable[None]]) -> Sent:
        """Publish once; the first of `external_ids` is the network's key. Awaits `hand_over()` right before the result can become unknown.

        Raises as `Channel.send` does.
        """
        ...

    async def find_published(self, connection: Connection, publication: Publication) -> Sent | None:
        """Whether the network has it, of which nobody knows. None: not found, or no way to know. Raises `Unreachable` or `Refused`."""
        ...


def as_outbound(connection: Connection, publication: Publication) -> Outbound:
    """A publication as a message to nobody in particular, for a network where a post is sent as an answer is."""
    ours = Address(connection.address)
    return Outbound(
        external_id=publication.external_id,
        recipient=Address(""),
        sender=ours,
        reply_to=ours,
        to=(),
        subject="",
        text=publication.text,
        sent_at=publication.begun_at,
        visibility="public",
        follows=publication.follows,
        language=publication.language,
    )
