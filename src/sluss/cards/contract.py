"""What is said between Sluss and an outside system (docs/context-cards.md). In: bytes that anybody may write. Out: cards, or why not.

Whatever is not named here is refused: a card that is half understood would tell an agent half the truth.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from sluss.contacts.proof import Level
from sluss.kernel.text import clean_line
from sluss.kernel.words import say

LARGEST = 65_536
CARDS, FIELDS, ACTIONS = 5, 20, 5

Label = Annotated[str, Meta(min_length=1, max_length=60)]
Value = Annotated[str, Meta(max_length=500)]
Url = Annotated[str, Meta(min_length=9, max_length=2_000, description="An https address.")]
Amount = Annotated[str, Meta(pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,3})?$", examples=["1240.00"])]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$", examples=["SEK"])]
Tone = Literal["plain", "ok", "warn", "bad"]
_PLACE = re.compile(r" - at `\$([^`]*)`$")


class Unfit(Exception):
    """An answer that cannot be shown; the message is a sentence for whoever runs the outside system."""


class TextField(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="text"):
    """Words."""

    label: Label
    value: Value


class DateField(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="date"):
    """A day as `2026-11-22`, or an instant in ISO 8601 with its zone."""

    label: Label
    value: Annotated[str, Meta(min_length=10, max_length=40)]


class MoneyField(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="money"):
    """An amount with a point, and its currency."""

    label: Label
    value: Amount
    currency: Currency


class LinkField(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="link"):
    """Words that lead somewhere."""

    label: Label
    value: Value
    url: Url


class StatusField(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="status"):
    """How something stands, in a word."""

    label: Label
    value: Value
    tone: Tone = "plain"


Field = TextField | DateField | MoneyField | LinkField | StatusField


class Action(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A way into the outside system."""

    label: Label
    url: Url


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that is known. `as_of`: when that was so. `identity`: the address by which it was found, one of those that were sent."""

    title: Label
    fields: Annotated[list[Field], Meta(max_length=FIELDS)] = []
    actions: Annotated[list[Action], Meta(max_length=ACTIONS)] = []
    as_of: datetime | None = None
    identity: Annotated[str, Meta(max_length=254)] = ""


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole answer."""

    cards: Annotated[tuple[Card, ...], Meta(max_length=CARDS)]


class SentIdentity(msgspec.Struct, frozen=True):
    """An address of the customer, and how certain it is that it is theirs."""

    network: str
    address: str
    proof: Level


class SentContact(msgspec.Struct, frozen=True):
    """The customer."""

    id: str
    name: str
    language: str
    time_zone: str
    identities: tuple[SentIdentity, ...]
    attributes: Mapping[str, str]


class SentCase(msgspec.Struct, frozen=True):
    """The case that is open beside the cards."""

    number: int
    inbox: str


class Question(msgspec.Struct, frozen=True):
    """What an outside system is sent. `case` is null on the customer's own page."""

    id: str
    sent_at: datetime
    contact: SentContact
    case: SentCase | None
    version: int = 1


def read_answer(body: bytes) -> tuple[Card, ...]:
    """The cards of an answer. Raises `Unfit`."""
    if len(body) > LARGEST:
        raise Unfit(say("The answer is larger than 64 kB."))
    try:
        told = msgspec.json.decode(body, type=Told)
    except msgspec.ValidationError as error:
        raise Unfit(say("The answer is not a list of cards: %(fault)s", fault=_fault(str(error)))) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unfit(say("The answer is not JSON.")) from error
    return check_cards(told.cards)


def check_cards(cards: tuple[Card, ...]) -> tuple[Card, ...]:
    """What types cannot say: addresses are https, days exist, texts are on one line. Raises `Unfit`."""
    return tuple(_checked(one) for one in cards)


def day_or_instant(text: str) -> date | datetime | None:
    """The value of a date field; None for what is neither."""
    try:
        return date.fromisoformat(text) if len(text) == len("2026-11-22") else _with_zone(datetime.fromisoformat(text))
    except ValueError:
        return None


def _with_zone(at: datetime) -> datetime | None:
    return at if at.tzinfo is not None else None


def _checked(card: Card) -> Card:
    fields = [_field(one) for one in card.fields]
    actions = [Action(_line(one.label), _https(one.url)) for one in card.actions]
    return Card(_line(card.title), fields, actions, card.as_of, card.identity.strip())


def _field(one: Field) -> Field:
    if isinstance(one, DateField) and day_or_instant(one.value) is None:
        raise Unfit(say("“%(value)s” is neither a day nor an instant with its zone.", value=one.value[:40]))
    if isinstance(one, LinkField):
        _https(one.url)
    return msgspec.structs.replace(one, label=_line(one.label), value=clean_line(one.value))


def _line(text: str) -> str:
    line = clean_line(text)
    if not line:
        raise Unfit(say("A label or title is empty."))
    return line


def _https(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme != "https" or not parts.hostname or parts.username is not None or not url.isprintable() or " " in url or "\\" in url:
        raise Unfit(say("“%(url)s” is not an https address.", url=url[:100]))
    return url


def _fault(error: str) -> str:
    """The library's words, with the place as a program would write it."""
    return _PLACE.sub(lambda found: f" (at {found[1].lstrip('.') or 'the top'})", error)[:300]
