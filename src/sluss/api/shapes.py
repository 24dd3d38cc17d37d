"""What goes over the wire. Unknown fields are refused; ids are strings, instants ISO 8601 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from sluss.cards.contract import CARDS, Card
from sluss.cases.access import Priority, Status
from sluss.contacts.proof import Level

DIGITS = "^([1-9][0-9]{0,17}|[1-8][0-9]{18})$"
"""Ids fit into 63 bits; none begins with 9 before the year 2090."""
Id = Annotated[str, Meta(pattern=DIGITS, description="An id: digits, as a string.", examples=["248318305820049408"])]
Instant = Annotated[str, Meta(description="ISO 8601, UTC.", examples=["2026-11-21T13:52:00.000000+00:00"])]
NoteText = Annotated[str, Meta(min_length=1, max_length=20_000)]
ReplyText = Annotated[str, Meta(min_length=1, max_length=100_000)]
Tag = Annotated[str, Meta(min_length=1, max_length=40)]
Address = Annotated[str, Meta(min_length=3, max_length=254)]


class Problem(msgspec.Struct, frozen=True):
    """Why a request was refused: one sentence, and one for each field that is wrong."""

    status: int
    error: str
    reference: str = ""
    fields: dict[str, str] = {}


class AgentOut(msgspec.Struct, frozen=True):
    """An agent of the workspace."""

    id: Id
    name: str
    role: str


class InboxOut(msgspec.Struct, frozen=True):
    """A connected inbox. `receiving` is `starting`, `ok` or `failing`."""

    id: Id
    name: str
    address: str
    channel: str
    receiving: str


class CaseOut(msgspec.Struct, frozen=True, kw_only=True):
    """One case, as in a list."""

    number: int
    subject: str
    preview: str
    status: Status
    priority: Priority
    contact_id: Id
    inbox_id: Id
    assignee_id: Id | None
    opened_at: Instant
    active_at: Instant
    waiting_since: Instant | None
    snoozed_until: Instant | None


class NewsOut(msgspec.Struct, frozen=True, kw_only=True):
    """The newest thing that others said in a case since a mark; `text` is its beginning."""

    id: Id
    kind: Literal["message", "note"]
    by: str
    at: Instant
    text: str


class Unseen(msgspec.Struct, frozen=True, kw_only=True):
    """Why an answer was not sent: what others said meanwhile, and the mark that covers it."""

    status: int
    error: str
    news: NewsOut
    seen: str


class CasePage(msgspec.Struct, frozen=True):
    """Cases, newest first. `after` asks for the next page; null at the end."""

    cases: list[CaseOut]
    after: Id | None


class MessageOut(msgspec.Struct, frozen=True, kw_only=True):
    """One utterance. `text` is what is new in it, `automatic` the reason when a machine wrote it."""

    id: Id
    direction: Literal["in", "out"]
    author: str
    at: Instant
    subject: str
    text: str
    automatic: str


class NoteOut(msgspec.Struct, frozen=True):
    """One internal note."""

    id: Id
    agent_id: Id
    at: Instant
    text: str


class WholeCase(msgspec.Struct, frozen=True):
    """One case with its tags, its messages and notes, oldest first (the newest 200 of each). `seen` marks all of it as read."""

    case: CaseOut
    tags: list[str]
    messages: list[MessageOut]
    notes: list[NoteOut]
    seen: str


class CaseChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What to change; what is left out stays. `assignee_id` null means nobody. `snoozed_until` belongs to status `snoozed`."""

    status: Literal["open", "pending", "snoozed", "solved", "closed", "spam"] | msgspec.UnsetType = msgspec.UNSET
    snoozed_until: datetime | msgspec.UnsetType = msgspec.UNSET
    priority: Priority | msgspec.UnsetType = msgspec.UNSET
    assignee_id: Id | msgspec.UnsetType | None = msgspec.UNSET
    tags: Annotated[list[Tag], Meta(max_length=30)] | msgspec.UnsetType = msgspec.UNSET


class NewNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An internal note to write."""

    text: NoteText


class NewMerge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The case that is to become part of the one in the address."""

    other: Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]


class CaseState(msgspec.Struct, frozen=True, kw_only=True):
    """How a case stands after a change: what may be changed, and nothing of what was said in it."""

    number: int
    status: Status
    snoozed_until: Instant | None
    priority: Priority
    assignee_id: Id | None
    tags: list[str]


class MessagePage(msgspec.Struct, frozen=True):
    """Messages of a case, newest first. `after` asks for the next page; null at the end."""

    messages: list[MessageOut]
    after: Id | None


class NewReply(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An answer to the customer. `cc`: addresses, comma-separated. `then`: whether the case is solved with it.

    `seen` is the mark of the case as it was read (`seen` of the whole case). Where others have said something since, the answer is 409
    and nothing is sent. Left out, it is sent whatever they said.
    """

    text: ReplyText
    cc: Annotated[str, Meta(max_length=2_000)] = ""
    then: Literal["stay", "solve"] = "stay"
    seen: Annotated[str, Meta(min_length=1, max_length=4_000)] | msgspec.UnsetType = msgspec.UNSET


class Sent(msgspec.Struct, frozen=True):
    """An answer on its way: until `leaves_at` it can be taken back on the desk."""

    message_id: Id
    leaves_at: Instant


class IdentityOut(msgspec.Struct, frozen=True):
    """One address of a customer on a network; `proof` says how certain it is that it is theirs."""

    id: Id
    network: str
    address: str
    name: str
    proof: Level


class ContactOut(msgspec.Struct, frozen=True, kw_only=True):
    """A customer. `attributes` by the names that programs call them, as they are stored."""

    id: Id
    name: str
    language: str
    time_zone: str
    created_at: Instant
    identities: list[IdentityOut]
    attributes: dict[str, str]


class NewCards(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Cards to put beside the customer of an address, in place of those that `source` put there before; none takes them away."""

    network: Annotated[str, Meta(pattern="^[a-z]{1,20}$", examples=["email"])]
    address: Address
    source: Annotated[str, Meta(min_length=1, max_length=60)]
    cards: Annotated[list[Card], Meta(max_length=CARDS)]
    lasts_seconds: Annotated[int, Meta(ge=60, le=2_592_000)] = 86_400


class CardsPut(msgspec.Struct, frozen=True):
    """Beside whom they stand now, and until when."""

    contact_id: Id
    expires_at: Instant


class Created(msgspec.Struct, frozen=True):
    """What was made."""

    id: Id


class MergedOut(msgspec.Struct, frozen=True):
    """A merge: its id, by which it is undone, and the number under which both cases go on."""

    id: Id
    number: int


class UndoneOut(msgspec.Struct, frozen=True):
    """A merge or move that was undone: the number of the case that has its things again, and what stayed since somebody changed it."""

    number: int
    kept: list[Literal["status", "owner", "priority"]]


def instant(at: int) -> str:
    """Microseconds as ISO 8601."""
    return datetime.fromtimestamp(at / 1_000_000, UTC).isoformat(timespec="microseconds")


def microseconds(at: datetime) -> int:
    """A time of day somewhere as microseconds UTC; one without a zone is UTC."""
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return int(aware.timestamp() * 1_000_000)
