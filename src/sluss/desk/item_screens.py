"""What stands in a timeline: messages with their deliveries, notes, happenings, talks aside. Part of the contract in screens.py."""

from __future__ import annotations

from typing import Literal

import msgspec

from sluss.customers.screens import Person
from sluss.desk.public_screens import Standing

DeliveryState = Literal["held", "queued", "sending", "sent", "delivered", "read", "failed", "unknown", "cancelled"]


class File(msgspec.Struct, frozen=True, kw_only=True):
    """An attachment. `picture` means that `/files/{id}/thumb` exists, `alt` describes it. `scanned_out` says why it cannot be opened."""

    id: str
    name: str
    size: int
    media_type: str
    picture: bool = False
    scanned_out: str = ""
    alt: str = ""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """How one operation stands for one recipient.

    `reason` is the network's own words, `at` the last change, `next_try` when it is tried again. `by_mail` took a talk further.
    """

    operation: str
    recipient: str
    state: DeliveryState
    at: int
    reason: str = ""
    by_mail: bool = False
    attempts: int = 0
    next_try: int | None = None
    undo_until: int | None = None


class Letterhead(msgspec.Struct, frozen=True, kw_only=True):
    """From whom to whom a mail went, as `Name <address>`. `said_at` is the sender's own date where it is far from ours.

    `copies` are other inboxes of ours that it reached. `raw` offers the mail as it came, `forward` is where it is passed on, `move` where
    it goes to another case.
    """

    sender: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    said_at: int | None = None
    copies: tuple[str, ...] = ()
    raw: bool = False
    forward: str = ""
    move: str = ""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One utterance. `text` is what is new, `quoted` the folded rest; `body` is `text` with its pictures in their places.

    `html` offers the frame. `automatic` is a short reason or empty.
    `public` tells whether the network shows it to everybody. `language` (BCP 47) is set when known and not the reader's.
    `origin` is set for an answer given by another program; `part` says who speaks when it is not the customer: somebody else in the
    conversation, whoever reads the address that a visitor named, or one to whom something was passed on; `passed_to` names those, `aside`
    is the conversation with them. `again` is one more copy of an earlier message. `live` stands in a talk that both follow: it `goes_on`
    right after the same person's words before, and how it stands is `told_below`, under a later one that stands alike. `standing` is there
    where it came or went by a network that has more to tell than a letter.
    """

    id: str
    at: int
    direction: Literal["in", "out"]
    author: Person
    channel_icon: str
    channel_label: str
    text: str
    body: tuple[str | File, ...] = ()
    quoted: str = ""
    html: bool = False
    remote_images: bool = False
    automatic: str = ""
    public: bool = False
    language: str = ""
    letter: Letterhead = Letterhead()
    proof: str = ""
    warnings: tuple[str, ...] = ()
    origin: str = ""
    part: Literal["", "other", "named", "aside"] = ""
    passed_to: tuple[str, ...] = ()
    again: bool = False
    files: tuple[File, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    aside: str = ""
    live: bool = False
    goes_on: bool = False
    told_below: bool = False
    standing: Standing | None = None
    kind: Literal["message"] = "message"


class Mentioned(msgspec.Struct, frozen=True):
    """A colleague or a team called by name, as they are called today."""

    name: str
    mine: bool = False


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Internal text; the customer never sees it. `body` is `text` with those who are called in their places."""

    id: str
    at: int
    author: Person
    text: str
    files: tuple[File, ...] = ()
    body: tuple[str | Mentioned, ...] = ()
    kind: Literal["note"] = "note"


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened, as a finished sentence: “Johan Falk assigned this to Maja Ek”. `undo` is where it is taken back, if so."""

    id: str
    at: int
    icon: str
    text: str
    undo: str = ""


class Happenings(msgspec.Struct, frozen=True, kw_only=True):
    """Neighbouring happenings, folded into one line when there are more than two. `at` is the first's."""

    id: str
    at: int
    events: tuple[Happening, ...]
    kind: Literal["events"] = "events"


class SideThread(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation beside the customer, gathered where it was last spoken in. `id` and `at` are the newest message's.

    `waiting` since `since` for an answer, or answered since then. `total` counts its messages, of which `items` are in this stretch.
    `passed` began by forwarding. `open` unfolds it.
    """

    id: str
    at: int
    conversation: str
    subject: str
    people: tuple[str, ...]
    addresses: str
    waiting: bool
    since: int
    total: int
    items: tuple[Message, ...]
    passed: bool = False
    open: bool = False
    kind: Literal["side"] = "side"


Item = Message | Note | Happenings | SideThread
