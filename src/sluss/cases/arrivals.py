"""What intake hands to cases, and what it is told. Values only."""

from __future__ import annotations

from typing import Literal

import msgspec

from sluss.channels.contract import Inbound

Outcome = Literal["message", "duplicate", "copy", "ours", "begun elsewhere", "nothing", "erased"]


class StoredFile(msgspec.Struct, frozen=True):
    """A file of an incoming message that already lies in the file store."""

    name: str
    media_type: str
    size: int
    digest: str
    content_id: str
    alt: str = ""


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """One understood message with what intake knows about it. `network` names the address space of its sender.

    `windowed`: its network lets us answer for a while after the customer's last word. `history` came before the inbox was connected: its
    case is closed from the start, and nobody waits for it.
    """

    envelope_id: int
    inbox_id: int
    network: str
    visibility: Literal["public", "private"]
    reopen_days: int
    received_at: int
    inbound: Inbound
    files: tuple[StoredFile, ...] = ()
    history: bool = False
    windowed: bool = False

    @property
    def is_networked(self) -> bool:
        """Whether its network itself tells threads apart, unlike mail."""
        return bool(self.inbound.thread_key or self.inbound.visibility)

    @property
    def is_public(self) -> bool:
        return self.visibility == "public"


class Recorded(msgspec.Struct, frozen=True):
    """What became of an arrival, and the message it is or belongs to (0 for none).

    `duplicate`: that inbox had it before. `copy`: another inbox had it before. `ours`: what Sluss itself sent, come back.
    `begun elsewhere`: one of us began it by another program; it is kept until the customer answers. `nothing`: among ourselves.
    `erased`: it was erased by order, and stays so. `echoed`: the network shows that it has what we were sending.
    """

    envelope_id: int
    outcome: Outcome
    message_id: int
    echoed: bool = False
