"""Deeds at a network beside sending: hide, delete, like, block. In: an operation's deed. Out: what the network answered.

An adapter that can do any fulfils `Performing`, and says which in `Capabilities.deeds`. Deeds can be repeated without harm.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal, Protocol, runtime_checkable

import msgspec

from sluss.channels.who import Address

DeedKind = Literal["hide", "unhide", "delete", "like", "unlike", "block", "unblock", "react", "edit", "report"]
"""`delete` and `edit` are of ours where `of` is `out`; `block` is of the author."""

OPPOSITE: dict[str, str] = {"hide": "unhide", "unhide": "hide", "like": "unlike", "unlike": "like", "block": "unblock", "unblock": "block"}
"""By which deed one is taken back, where the network allows both."""


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """One deed on one utterance. `external_id` is the network's key of it (of ours the newest known), `author` who wrote it.

    `value` is the emoji of a reaction, the new text of an edit, the reason of a report. `facts` are what the adapter told with it.
    """

    kind: DeedKind
    external_id: str
    of: Literal["in", "out"]
    visibility: Literal["public", "private"]
    author: Address
    thread_key: str
    value: str = ""
    facts: dict[str, Any] = {}


@runtime_checkable
class Performing(Protocol):
    """An adapter whose network can do more than take messages."""

    async def perform(self, connection: Any, deed: Deed, hand_over: Callable[[], Awaitable[None]]) -> str:
        """Do it once; returns the network's words. What stands so already is done. Raises as `Channel.send` does."""
        ...
