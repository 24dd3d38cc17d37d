"""Who somebody is on WhatsApp. In: the ids that an event bears. Out: an address that lasts, and what leads there from older ones.

Since 2026 a person may have no telephone number for us: the key is the id that is theirs for our business (`SE.13491…`), and the number an
attribute. Older payloads know the number alone; when both come together, what was known by the number goes on under the id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from sluss.channels.happenings import Renamed
from sluss.channels.said import a_text, an_object, objects
from sluss.channels.who import Address, Profile
from sluss.kernel.text import clean_line

NAME = 80
_NUMBER = re.compile(r"[0-9]{5,20}")
_SCOPED = re.compile(r"[A-Za-z]{2}\.(?:ENT\.)?[A-Za-z0-9]{5,60}", re.IGNORECASE)


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A customer, by what is known: a business-scoped id, a telephone number, or both."""

    scoped: str = ""
    number: str = ""
    name: str = ""
    username: str = ""

    @property
    def address(self) -> str:
        """What they are known by here."""
        return (self.scoped or self.number).lower()

    @property
    def as_address(self) -> Address:
        return Address(self.address, self.name)

    @property
    def thread(self) -> str:
        return f"dm:{self.address}"

    @property
    def profile(self) -> Profile:
        handle = f"@{self.username}" if self.username else f"+{self.number}" if self.number else ""
        return Profile(handle=handle, url=f"https://wa.me/{self.number}" if self.number else "")

    @property
    def facts(self) -> dict[str, Any]:
        """Both ids as they were given: letters of an id count."""
        return {name: value for name, value in (("user_id", self.scoped), ("wa_id", self.number)) if value}


def person_of(value: dict[str, Any], number: object, scoped: object) -> Person | None:
    """Whoever an event is about, completed from the `contacts` beside it; None where nobody is named."""
    number, scoped = _number(number), _scoped(scoped)
    contacts = objects(value.get("contacts"))
    mine = [one for one in contacts if (number and a_text(one.get("wa_id")) == number) or (scoped and a_text(one.get("user_id")) == scoped)]
    found = next(iter(mine or (contacts if len(contacts) == 1 and not (number or scoped) else [])), an_object(None))
    profile = an_object(found.get("profile"))
    whole = Person(
        scoped=scoped or _scoped(found.get("user_id")),
        number=number or _number(found.get("wa_id")),
        name=clean_line(a_text(profile.get("name")))[:NAME],
        username=clean_line(a_text(profile.get("username")))[:NAME].lstrip("@"),
    )
    return whole if whole.address else None


def became(before: Iterable[str], after: str) -> list[Renamed]:
    """The person and their thread under an older key, if there are any, go on under another."""
    changed = [one.lower() for one in before if one and one.lower() != after.lower()]
    people = [Renamed(what="person", before=one, after=after.lower()) for one in changed]
    return [*people, *(Renamed(what="thread", before=f"dm:{one}", after=f"dm:{after.lower()}") for one in changed)]


def reach(address: str, facts: dict[str, Any]) -> dict[str, str]:
    """How the network is told whom a message is for: the number it gave, else the id."""
    number, scoped = _number(facts.get("wa_id")), _scoped(facts.get("user_id"))
    if _NUMBER.fullmatch(address):
        return {"to": address}
    if number and scoped.lower() == address:
        return {"to": number}
    if _SCOPED.fullmatch(address):
        # Letters of an id are capitals wherever they were seen; what the network gave itself counts more.
        return {"recipient": scoped if scoped.lower() == address else address.upper()}
    return {}


def _number(value: object) -> str:
    text = a_text(value).lstrip("+")
    return text if _NUMBER.fullmatch(text) else ""


def _scoped(value: object) -> str:
    text = a_text(value)
    return text if _SCOPED.fullmatch(text) else ""
