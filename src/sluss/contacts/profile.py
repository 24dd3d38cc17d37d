"""Who a contact is: made by hand, named, spoken to in a language, somewhere on earth. In: forms. Out: rows, and an audit line.

Whoever calls has made sure that the actor may see the contact.
"""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

import msgspec
import sqlalchemy as sa
from babel import Locale, UnknownLocaleError

from sluss.contacts.models import contacts
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.errors import Invalid, Missing
from sluss.kernel.schema import fields
from sluss.kernel.text import clean_line
from sluss.kernel.tx import Tx

NAME = 200


class ContactRow(msgspec.Struct, frozen=True, kw_only=True):
    """A contact as stored. `language_said` tells what the customer or an agent said from what was guessed."""

    id: int
    name: str
    language: str
    language_said: bool
    zone: str
    created_at: int
    made_by: int | None


def read_contact(tx: Tx, who: Actor, contact_id: int) -> ContactRow:
    """The contact of an id. Raises `Missing`; who may see it is for the caller to know."""
    mine = (contacts.c.workspace_id == who.workspace_id) & (contacts.c.id == contact_id)
    found = tx.struct(ContactRow, sa.select(*fields(ContactRow, contacts)).where(mine))
    if found is None:
        raise Missing
    return found


def make_contact(tx: Tx, who: Actor, name: str) -> int:
    """A contact that nobody has written from yet. Returns its id."""
    contact_id = tx.new_id()
    row = {"workspace_id": who.workspace_id, "id": contact_id, "name": _name(name), "language": "", "created_at": tx.now}
    tx.run(sa.insert(contacts), row | {"zone": "", "language_said": False, "made_by": who.id or None})
    note_deed(tx, who, "contact.make", ("contact", contact_id))
    return contact_id


def call_contact(tx: Tx, who: Actor, contact_id: int, name: str) -> str:
    """Call a contact by another name. Returns the one before."""
    before = read_contact(tx, who, contact_id)
    _change(tx, who, contact_id, name=_name(name))
    note_deed(tx, who, "contact.rename", ("contact", contact_id))
    return before.name


def set_language(tx: Tx, who: Actor, contact_id: int, language: str, *, said: bool = True) -> ContactRow:
    """Say which language a contact wants; empty leaves it to be guessed. Returns what was before."""
    before = read_contact(tx, who, contact_id)
    if language and not is_language(language):
        raise Invalid({"language": "Choose a language of the list."})
    _change(tx, who, contact_id, language=language, language_said=bool(language) and said)
    note_deed(tx, who, "contact.language", ("contact", contact_id), language=language)
    return before


def set_zone(tx: Tx, who: Actor, contact_id: int, zone: str) -> ContactRow:
    """Say where on earth a contact lives, by time zone. Returns what was before."""
    before = read_contact(tx, who, contact_id)
    if zone and zone not in zones():
        raise Invalid({"zone": "Choose a time zone of the list, such as Europe/Stockholm."})
    _change(tx, who, contact_id, zone=zone)
    note_deed(tx, who, "contact.zone", ("contact", contact_id))
    return before


@cache
def zones() -> frozenset[str]:
    """Time zones by name."""
    return frozenset(
        one for one in available_timezones() if "/" in one and not one.startswith(("Etc/", "SystemV/", "US/", "posix", "right"))
    )


def is_language(code: str) -> bool:
    """Whether a code names a language."""
    try:
        return len(code) < 12 and bool(Locale.parse(code, sep="-"))
    except (ValueError, UnknownLocaleError):
        return False


def _change(tx: Tx, who: Actor, contact_id: int, **values: object) -> None:
    mine = (contacts.c.workspace_id == who.workspace_id) & (contacts.c.id == contact_id)
    tx.run(sa.update(contacts).where(mine).values(**values))


def _name(name: str) -> str:
    line = clean_line(name)
    if not line:
        raise Invalid({"name": "Write a name."})
    if len(line) > NAME:
        raise Invalid({"name": "A name holds at most 200 characters."})
    return line
