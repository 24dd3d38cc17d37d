"""What a channel is to the rest of Sluss: values that flow in and out, declared capabilities, and the protocol of an adapter.

In: raw bytes that a network delivered (`Delivered`). Out: `Inbound` and `Receipt` values for intake, `Outbound` values to the network.
Nothing here knows a network, a case or the database.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal, Protocol

import msgspec


class Address(msgspec.Struct, frozen=True):
    """One address on a network, with the name its owner shows. `address` is folded (lower case) for look-up."""

    address: str
    name: str = ""


class InboundFile(msgspec.Struct, frozen=True):
    """A file that came with a message. `content_id` is set for inline pictures, without angle brackets."""

    name: str
    media_type: str
    data: bytes
    content_id: str = ""


class Inbound(msgspec.Struct, frozen=True, kw_only=True):
    """One utterance of an outside person, understood.

    `text` is the whole body, `fresh` the part that is new (quoted history and signature cut away), `html` the part as sent, unsanitised.
    `references` runs from the nearest ancestor to the oldest. `automatic` is empty for a person, else the reason (`auto-submitted`,
    `bounce`, `list`, …).
    `sent_at` is the sender's own claim in microseconds UTC, or None.

    `direction` is `out` for an answer that one of us gave by another program; `origin` then says where it was seen (`sent folder`, `copy`).
    `proof` is what the configured receiving server found out about the sender: `pass`, `fail`, or empty when it says nothing.
    `warnings` name what is odd about the message (`reply-to-differs`, `name-holds-address`, …), for the desk to show.
    """

    external_id: str
    dedupe_key: str
    sender: Address
    subject: str
    text: str
    fresh: str
    html: str = ""
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    delivered_to: tuple[str, ...] = ()
    thread_token: str = ""
    references: tuple[str, ...] = ()
    automatic: str = ""
    sent_at: int | None = None
    files: tuple[InboundFile, ...] = ()
    direction: Literal["in", "out"] = "in"
    origin: str = ""
    proof: Literal["", "pass", "fail"] = ""
    warnings: tuple[str, ...] = ()


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """News about something we sent: which message, which recipient (empty = all), how it stands now."""

    external_id: str
    recipient: str
    state: Literal["delivered", "read", "failed", "delayed"]
    code: str = ""
    reason: str = ""


Understood = Inbound | Receipt


class Unparsable(Exception):
    """The channel cannot make sense of an envelope; `reason` is one plain sentence for the quarantine page."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """Raw bytes as a network handed them over.

    `external_key` is unique per inbox at the source (`imap:INBOX:17:4711`, `lmtp:<sha256>`), so that a repeat is recognised before it is
    understood.
    `recipients` are envelope recipients where the transport tells them; `received_at` is microseconds UTC.
    `origin` is `sent` for what was found among the account's own sent messages, else empty.
    """

    external_key: str
    raw: bytes
    received_at: int
    recipients: tuple[str, ...] = ()
    origin: Literal["", "sent"] = ""


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """A request that somebody outside made to an inbox's own address, exactly as it came. Header names are lower case."""

    headers: dict[str, str]
    body: bytes
    received_at: int


class Unverified(Exception):
    """The request does not prove that it comes from the network; nothing is kept. The answer says no more than that."""


class OutboundFile(msgspec.Struct, frozen=True):
    """A file to send along; `data` is read by the outbox before the adapter is called. `content_id` is set for pictures in the text."""

    name: str
    media_type: str
    data: bytes
    content_id: str = ""


class Outbound(msgspec.Struct, frozen=True, kw_only=True):
    """One message for one recipient, complete. `external_id` is chosen by us before the first attempt and never changes between attempts.

    `automatic` marks what no person wrote (a notice, a confirmation), so that no machine answers it.
    `html` is the text with its form, sanitised, for networks that show it; `text` always says the same.
    """

    external_id: str
    recipient: Address
    sender: Address
    reply_to: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    subject: str
    text: str
    html: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    files: tuple[OutboundFile, ...] = ()
    sent_at: int
    automatic: bool = False


class Sent(msgspec.Struct, frozen=True):
    """The network took the message; `detail` is its own words (queue id), for the attempt row."""

    detail: str


class Refused(Exception):
    """The network said no. `permanent` means that the same message will never be taken."""

    def __init__(self, code: str, reason: str, *, permanent: bool) -> None:
        super().__init__(f"{code} {reason}")
        self.code, self.reason, self.permanent = code, reason, permanent


class Unreachable(Exception):
    """No talk with the network came about, and nothing was handed over: trying again is safe.

    Counts against the inbox's circuit breaker.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ResultUnknown(Exception):
    """The message was handed over, and no answer came: it may or may not have arrived."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Check(msgspec.Struct, frozen=True):
    """One line of an inbox test: what was tried, how it went, and what to do when it failed."""

    name: str
    state: Literal["ok", "warn", "fail"]
    detail: str
    fix: str = ""


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What the desk may offer on a channel, so that nobody asks which channel it is."""

    icon: str
    label: str
    visibility: Literal["public", "private"]
    can_cc: bool = False
    can_attach: bool = False
    can_look_up: bool = False
    max_length: int | None = None
    max_file_bytes: int | None = None
    undo_seconds: int = 0


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """An inbox as its adapter sees it: settings as stored, secrets opened. Never logged."""

    workspace_id: int
    inbox_id: int
    name: str
    address: str
    settings: dict[str, Any]
    secrets: dict[str, str]
    channel: str = ""


class Cursors(Protocol):
    """Where an adapter remembers how far it has read, one JSON-able value per name, durable."""

    async def get(self, name: str) -> dict[str, Any] | None: ...
    async def put(self, name: str, value: dict[str, Any]) -> None: ...


Receive = Callable[[Connection, list[Delivered]], Awaitable[None]]
"""Stores envelopes; returns only when they are durable, raises when they are not (the adapter must then not acknowledge)."""

Progress = Callable[[str, str], Awaitable[None]]
"""Tells the inbox page how it goes: ("ok", "") or ("failing", "one sentence")."""


class Surroundings(msgspec.Struct, frozen=True):
    """What the host gives a receiving adapter."""

    receive: Receive
    cursors: Cursors
    progress: Progress
    now: Callable[[], int]


class Channel(Protocol):
    """One kind of network. `understand` is pure and bounded in time and memory; the others do network I/O and never touch the database."""

    name: str
    capabilities: Capabilities

    def understand(self, delivered: Delivered, connection: Connection) -> list[Understood]:
        """All that the envelope says. Raises `Unparsable`, nothing else."""
        ...

    def accept(self, posted: Posted, connection: Connection) -> list[Delivered]:
        """What a request to the inbox's address delivers, proven over the raw bytes. Raises `Unverified`, also when no secret is set."""
        ...

    async def listen(self, connection: Connection, around: Surroundings) -> None:
        """Receive until cancelled, reconnecting with growing waits. Raises only on cancellation."""
        ...

    async def send(self, connection: Connection, outbound: Outbound, hand_over: Callable[[], Awaitable[None]]) -> Sent:
        """Send once. Awaits `hand_over()` right before the point after which the result can become unknown.

        Raises `Refused`, `Unreachable` or `ResultUnknown`.
        """
        ...

    async def look_up(self, connection: Connection, external_id: str) -> Sent | None:
        """Whether the network has our message. None means not found, or no way to know. Raises `Unreachable`."""
        ...

    async def test(self, connection: Connection) -> list[Check]:
        """Try every way in and out with the given settings, changing nothing at the network."""
        ...
