"""The contract between the customer templates and whoever fills them. Pure data; instants are µs UTC, ids strings.

| address | template, values |
| --- | --- |
| GET /customers?q=&after= | customers/list.html `found=Customers` |
| GET, POST /customers/new | customers/new.html `form=Form`; `name`, `address` |
| GET /customers/{id}?after= | customers/page.html `contact=Contact` |

Writes are all POST /customers/{id}/…, carry `csrf`, `op` and `back`; without htmx 303 to `back`, with it customers/done.html: the panel
again (`contact=Contact`) and toasts. 422 and 409: the same, the form open with what is wrong.

| …/ | fields |
| --- | --- |
| name, language, zone | `name`; `language`; `zone` |
| identities, identities/remove, identities/verify, identities/doubt | `address`; `identity` |
| notes, notes/change, notes/pin, notes/remove, notes/restore | `text`; `note`, `text`; `note`, `pinned` = 1 or empty; `note` |
| attributes | `attribute`, `value` |
| consents | `purpose`, `state`, `way`, `detail` |
| cards | `source`, `again` = 1 from a person → customers/source.html `source=SourceView` |
"""

from __future__ import annotations

from typing import Literal

import msgspec

from sluss.cards.answers import State as CardState
from sluss.cards.contract import Tone
from sluss.contacts.attributes import Type
from sluss.contacts.consents import State as ConsentState
from sluss.contacts.proof import Level
from sluss.web.shell import Form


class Person(msgspec.Struct, frozen=True):
    """An agent or a contact as shown: name, and an id that the avatar's colour follows."""

    id: str
    name: str


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """One address or handle of a contact. `said_at`: its newest message; without one it can be taken away (`loose`).

    `made`: nothing that one writes to, but a visitor of a web site, or whom the site's sign-in vouches for. On networks: `href` is where
    the account is seen, `followers` how many read it (None: not told), `known` that the network has verified it.
    """

    icon: str
    label: str
    address: str
    level: Level = "claimed"
    id: str = "0"
    verified_by: str = ""
    verified_at: int | None = None
    said_at: int | None = None
    loose: bool = False
    made: bool = False
    href: str = ""
    followers: int | None = None
    known: bool = False


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """Another case of the same contact. `answered_at` is our last answer in it."""

    no: int
    subject: str
    status: Literal["open", "pending", "snoozed", "solved", "closed", "spam"]
    at: int
    channel_icon: str = "mail"
    channel_label: str = ""
    inbox: str = ""
    preview: str = ""
    answered_at: int | None = None


class ContactNote(msgspec.Struct, frozen=True, kw_only=True):
    """A note about the contact; `mine` ones can be changed and removed by the reader."""

    id: str
    text: str
    author: Person
    at: int
    changed_at: int | None = None
    pinned: bool = False
    mine: bool = False


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """An attribute with its value: `value` as stored, `shown` as people read it, `href` for links."""

    id: str
    label: str
    type: Type
    value: str = ""
    shown: str = ""
    href: str = ""
    choices: tuple[str, ...] = ()
    may_change: bool = False


class ConsentLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log."""

    state: ConsentState
    way: str
    detail: str
    at: int
    by: str


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """How it stands with one purpose; `log` newest first."""

    id: str
    label: str
    state: ConsentState = "unknown"
    log: tuple[ConsentLine, ...] = ()


class CardField(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a card, told in the reader's language."""

    label: str
    text: str
    href: str = ""
    tone: Tone = "plain"
    chip: bool = False


class CardView(msgspec.Struct, frozen=True, kw_only=True):
    """One card."""

    title: str
    fields: tuple[CardField, ...] = ()
    actions: tuple[tuple[str, str], ...] = ()
    as_of: int | None = None
    doubtful: bool = False


class SourceView(msgspec.Struct, frozen=True, kw_only=True):
    """One outside system beside a customer; see `cards.answers.Shown`. `reason` is filled for administrators only."""

    id: str
    name: str
    state: CardState
    cards: tuple[CardView, ...] = ()
    asks: bool = False
    stale: bool = False
    answered_at: int | None = None
    reason: str = ""


class PushedView(msgspec.Struct, frozen=True, kw_only=True):
    """Cards that a program put here."""

    name: str
    cards: tuple[CardView, ...]
    at: int


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """The customer, as far as known. `case_no` is the case beside it, 0 on the customer's own page; `broad` is that page.

    `piece` names the form that came back with `form`: `name`, `address`, `note:7`. `other` is the contact that an address belongs to.
    """

    person: Person
    marks: tuple[str, ...] = ()
    identities: tuple[Identity, ...] = ()
    language: str = ""
    language_said: bool = False
    zone: str = ""
    first_seen: int | None = None
    sources: tuple[SourceView, ...] = ()
    pushed: tuple[PushedView, ...] = ()
    notes: tuple[ContactNote, ...] = ()
    details: tuple[Detail, ...] = ()
    consents: tuple[Consent, ...] = ()
    past: tuple[Past, ...] = ()
    past_total: int = 0
    after: str = ""
    case_no: int = 0
    broad: bool = False
    may_change: bool = False
    zones: tuple[str, ...] = ()
    languages: tuple[tuple[str, str], ...] = ()
    piece: str = ""
    form: Form = Form()
    other: Person | None = None


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One customer in the list."""

    person: Person
    addresses: tuple[str, ...]
    cases: int
    marks: tuple[str, ...] = ()
    at: int | None = None
    status: str = ""


class Customers(msgspec.Struct, frozen=True, kw_only=True):
    """The list. `after` is the cursor of the next page."""

    query: str = ""
    lines: tuple[Line, ...] = ()
    after: str = ""
    may_make: bool = False
