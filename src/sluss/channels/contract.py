"""What a channel is to the rest of Sluss: values that flow in and out, declared capabilities, and the protocol of an adapter.

In: raw bytes that a network delivered (`Delivered`). Out: `Inbound` and `Receipt` values for intake, `Outbound` values to the network.
Nothing here knows a network, a case or the database.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal, NoReturn, Protocol

import msgspec

from sluss.channels.happenings import AccountNews, Barred, Bystander, Changed, Known, Opened, Post, Reacted, Renamed, Wanted
from sluss.channels.who import Address as Address  # noqa: PLC0414 - part of the contract, wherever it is written
from sluss.channels.who import Profile
from sluss.kernel.files import Stored, Writing

LETTER = "sluss-letter."
"""How the key begins of what Sluss itself writes to agents: found again among the sent, it is no answer to anybody."""


class InboundFile(msgspec.Struct, frozen=True):
    """A file that came with a message. `content_id` is set for inline pictures, without angle brackets."""

    name: str
    media_type: str
    data: bytes
    content_id: str = ""
    alt: str = ""


class Inbound(msgspec.Struct, frozen=True, kw_only=True):
    """One utterance of an outside person, understood.

    `text` is the whole body, `fresh` the part that is new (quoted history and signature cut away), `html` the part as sent, unsanitised.
    `references` runs from the nearest ancestor to the oldest. `automatic` is empty for a person, else the reason (`auto-submitted`,
    `bounce`, `list`, …).
    `sent_at` is the sender's own claim in microseconds UTC, or None.

    `direction` is `out` for an answer that one of us gave by another program; `origin` then says where it was seen (`sent folder`, `copy`).
    `proof` is what the configured receiving server found out about the sender: `pass`, `fail`, or empty when it says nothing.
    `warnings` name what is odd about the message (`reply-to-differs`, `name-holds-address`, …), for the desk to show.
    `author` is the person of ours who wrote an `out`, as the message names them; `return_path` is where automatic answers go.
    `thread_key` is the network's own key of the thread where it has one that lasts (a chat, a direct message, one author's branch of
    comments under a post); it then decides alone. Where that thread is new and `references` name a message of a case of the same person
    that still takes more, the thread joins that case.

    Of networks where people meet in public: `visibility` is this message's own (empty: the channel's), `audience` the network's finer word
    for it (`unlisted`, `followers`); `kind` what it is there (`comment`, `reply`, `mention`, `quote`, `review`, `story reply`, `story
    mention`, `button`, …); `post` what it hangs under, `parent_key` the utterance that it answers directly (also the nearest of
    `references`), `url` where people see it, `spoiler` its content warning. `unanswerable` says in one sentence why no answer can be sent
    to it by the network's programs (people are then led to `url`). `opens`: it opens the network's window. `facts` are small values that
    the adapter wants back when the message is answered or acted upon. `wanted` is what must be fetched to complete it.
    `echo_of` is our own key of the message that this echoes, where the network gives it back.
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
    author: Address | None = None
    return_path: str = ""
    thread_key: str = ""
    visibility: Literal["", "public", "private"] = ""
    audience: str = ""
    kind: str = ""
    post: Post | None = None
    parent_key: str = ""
    url: str = ""
    spoiler: str = ""
    unanswerable: str = ""
    opens: bool = True
    facts: dict[str, Any] = {}
    wanted: tuple[Wanted, ...] = ()
    profile: Profile | None = None
    echo_of: str = ""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """News about something we sent: which message, which recipient (empty = all), how it stands now.

    `token` is what only the network and we know of the delivery (see `Outbound.bounces_to`); it counts more than the names. `complained`
    means that the recipient, or whoever reads for them, called it unwanted. `thread_key` names the only thread whose deliveries it moves.
    `up_to` (microseconds UTC) means all of that thread that we had sent by then; `external_id` may then be empty. `echo_of` is our own
    key, where the network gives it back. `foreign` is what to show in the thread, in one sentence, when the message is none that we know:
    another program has sent it, and the network does not say what.
    """

    external_id: str
    recipient: str
    state: Literal["sent", "delivered", "read", "failed", "delayed", "complained"]
    code: str = ""
    reason: str = ""
    token: str = ""
    thread_key: str = ""
    up_to: int | None = None
    echo_of: str = ""
    foreign: str = ""


Understood = Inbound | Receipt | Changed | Reacted | Opened | Barred | Bystander | Known | Renamed | AccountNews | Wanted
"""A `Wanted` of its own belongs to no message yet: the network told that there is something, not what."""


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
    `origin` is `sent` for what was found among the account's own sent messages, `history` for what had come before the account was
    connected (it becomes a closed case that nobody is told of), else empty.
    `mark` is a second name that outlasts a renumbering at the source; an adapter may ask later which keys and marks are `known`.
    `kept` names raw bytes that lie in the file store already, being too many to hold; `raw` is then empty.
    """

    external_key: str
    raw: bytes
    received_at: int
    recipients: tuple[str, ...] = ()
    origin: Literal["", "sent", "history"] = ""
    mark: str = ""
    kept: Stored | None = None


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
    alt: str = ""


class Outbound(msgspec.Struct, frozen=True, kw_only=True):
    """One message for one recipient, complete. `external_id` is chosen by us before the first attempt and never changes between attempts.

    `automatic` marks what no person wrote (a notice, a confirmation), so that no machine answers it.
    `html` is the text with its form, sanitised, for networks that show it; `text` always says the same.
    `bounces_to` is where the network reports on this delivery, an address that nobody else can know; empty for the sender's own.

    On networks where people meet in public: `visibility` says how it goes; `thread_key` is the network's key of the thread (empty, or
    beginning with `way:`, where the network does not have it yet), `answers` the network's key of the message that it answers, with the
    `audience`, `spoiler` and `facts` of that one; `post_key` what the thread hangs under; `follows` the network's key of our own message
    that it goes on from (the earlier part of a long answer). `is_private_reply`: a private message to the author of the public message
    `answers`. `opened_at` is when the customer last opened the network's window (microseconds UTC, 0 never). `template` is an approved one
    in place of free text (see `TemplateUse`). `language` is the text's, if known.
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
    bounces_to: str = ""
    visibility: Literal["public", "private"] = "private"
    thread_key: str = ""
    post_key: str = ""
    answers: str = ""
    follows: str = ""
    audience: str = ""
    spoiler: str = ""
    facts: dict[str, Any] = {}
    is_private_reply: bool = False
    opened_at: int = 0
    template: TemplateUse | None = None
    language: str = ""


class TemplateUse(msgspec.Struct, frozen=True, kw_only=True):
    """An approved template with its variables filled, by place (`1`, `2`) or by name."""

    name: str
    language: str
    values: dict[str, str] = {}


class Sent(msgspec.Struct, frozen=True):
    """The network took the message; `detail` is its own words (queue id), for the attempt row.

    `external_ids` are the network's own keys of it: whoever answers, echoes or reports names those. `thread_key` is the network's key of
    the thread where that was not known before, `recipient` who the network says was reached. `url` is where people see it, `cost`
    its price in millionths of a dollar.
    """

    detail: str
    external_ids: tuple[str, ...] = ()
    thread_key: str = ""
    recipient: Address | None = None
    url: str = ""
    cost: int = 0


class Refused(Exception):
    """The network said no. `permanent` means that the same message will never be taken.

    `wait` is how long the network wants to be left alone, in microseconds (with `whole_inbox` by the whole account, else by this thread);
    `reconnect` that nothing will be taken until a person connects the account again.
    """

    def __init__(
        self, code: str, reason: str, *, permanent: bool, wait: int = 0, whole_inbox: bool = False, reconnect: bool = False
    ) -> None:
        super().__init__(f"{code} {reason}")
        self.code, self.reason, self.permanent = code, reason, permanent
        self.wait, self.whole_inbox, self.reconnect = wait, whole_inbox, reconnect


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
    """What the desk may offer on a channel, so that nobody asks which channel it is.

    `is_letter`: a message has form, a signature, and quotes what it answers; it can be passed on to anybody.
    `is_live`: the customer sits at the other end while it is answered: both see who writes, and where the customer is.

    A channel with a public and a private side declares each: see `Sided`. `deeds` are what can be done there beside answering (names of
    `DeedKind`). `can_reply_privately`: to a public message, once, within `private_reply_hours` of it (None: no limit, and not only once).
    `counts` is how the network measures `max_length` (`channels/counting.py`); `splits`: what is too long can go as a thread of several.
    `max_files` may go with one message, none of them with text where `files_alone`. `has_alt`: pictures can be described.
    `has_spoiler`: a message can have a content warning.
    `window_hours` after the customer's last word free answers end; until `late_hours` a person may still write (the network's tag for that
    is set by the adapter); after that nothing, but for approved templates where `has_templates`.
    `hook_status` is how the network wants a delivery acknowledged. `link_micros` is what it charges for a message with a link (millionths
    of a dollar), where that is far more than for words alone.
    """

    icon: str
    label: str
    visibility: Literal["public", "private"]
    can_cc: bool = False
    can_attach: bool = False
    can_look_up: bool = False
    is_letter: bool = False
    is_live: bool = False
    max_length: int | None = None
    max_file_bytes: int | None = None
    undo_seconds: int = 0
    deeds: frozenset[str] = frozenset()
    can_reply_privately: bool = False
    private_reply_hours: int | None = None
    counts: Literal["characters", "bytes", "utf16", "x", "mastodon"] = "characters"
    splits: bool = False
    max_files: int | None = None
    files_alone: bool = False
    has_alt: bool = False
    has_spoiler: bool = False
    window_hours: int | None = None
    late_hours: int | None = None
    has_templates: bool = False
    hook_status: int = 202
    link_micros: int = 0


class Access(Protocol):
    """Signing in with a token in place of a password. Both raise `Unreachable` with what a person has to do."""

    async def token(self, host: str, refused: str = "") -> str:
        """A token that is good now, for a server of the provider and no other; never the one that was just `refused`."""
        ...

    async def give_up(self, refused: str) -> NoReturn:
        """A fresh token was refused, too: from now on the inbox waits for a person to connect it again."""
        ...


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """An inbox as its adapter sees it: settings as stored, secrets opened. Never logged.

    `access` is set by the host where the inbox signs in by tokens; `hook` is the public address at which the network can post for it
    (empty: this installation has none), `home` the public address of Sluss.
    """

    workspace_id: int
    inbox_id: int
    name: str
    address: str
    settings: dict[str, Any]
    secrets: dict[str, str]
    channel: str = ""
    access: Access | None = None
    hook: str = ""
    home: str = ""


class Cursors(Protocol):
    """Where an adapter remembers how far it has read, one JSON-able value per name, durable."""

    async def get(self, name: str) -> dict[str, Any] | None: ...
    async def put(self, name: str, value: dict[str, Any]) -> None: ...


Receive = Callable[[Connection, list[Delivered]], Awaitable[None]]
"""Stores envelopes; returns only when they are durable, raises when they are not (the adapter must then not acknowledge)."""


class Intake(Protocol):
    """Where envelopes go, and what is known of those that went there."""

    async def receive(self, connection: Connection, delivered: list[Delivered]) -> None:
        """As `Receive` says."""
        ...

    async def known(self, connection: Connection, keys: Sequence[str]) -> set[str]:
        """Those of the external keys and marks that the inbox has an envelope for."""
        ...

    async def behind(self, connection: Connection) -> int:
        """How many of the inbox's envelopes wait to be understood, counted up to a thousand: whoever brings old mail waits for them."""
        ...

    def writing(self, limit: int) -> Writing:
        """A place for raw bytes that are too many to hold, for `Delivered.kept`; `TooLarge` beyond `limit` bytes."""
        ...


Progress = Callable[[str, str], Awaitable[None]]
"""Tells the inbox page how it goes: ("ok", ""), ("ok", "a warning"), or ("failing", "one sentence")."""


Spend = Callable[[str, int, int], Awaitable[int]]
"""Notes what calls cost: their kind, how many, and millionths of a dollar together. Returns what the day has cost so far."""


async def spend_nothing(_what: str, _times: int, _micros: int) -> int:
    """For who lives where nothing is counted."""
    return 0


class Surroundings(msgspec.Struct, frozen=True):
    """What the host gives a receiving adapter. `templates` keeps what its network approves, all of it (see `channels/templating.py`)."""

    intake: Intake
    cursors: Cursors
    progress: Progress
    now: Callable[[], int]
    spend: Spend = spend_nothing
    templates: Callable[[list[Any]], Awaitable[None]] | None = None


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
