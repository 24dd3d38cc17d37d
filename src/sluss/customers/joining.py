"""Merging two customers, side by side. In: a customer, words or another one. Out: what both are, and what the one record would be."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from sluss.cases.access import visible_to
from sluss.cases.contacts import access_contact, contacts_visible_to, known_identities, work_on_contact
from sluss.cases.models import cases
from sluss.contacts.attributes import list_attributes, values_of
from sluss.contacts.models import contacts
from sluss.contacts.notes import list_notes
from sluss.customers.screens import Person
from sluss.customers.telling import shown_value
from sluss.kernel.actors import Actor
from sluss.kernel.search import Stretch, find_contacts
from sluss.kernel.terms import question_of
from sluss.kernel.tx import Tx
from sluss.merging.contacts import merged_here
from sluss.web.shell import Form

FOUND, HITS = 10, 200


class Address(msgspec.Struct, frozen=True):
    """An identity that could be given a record of its own."""

    id: str
    address: str
    network: str


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two. `cases` counts those that the reader may see."""

    person: Person
    addresses: tuple[Address, ...] = ()
    language: str = ""
    zone: str = ""
    first_seen: int = 0
    cases: int = 0
    notes: int = 0
    details: tuple[tuple[str, str], ...] = ()


class Before(msgspec.Struct, frozen=True):
    """A merge or a parting of this customer that can be taken back."""

    id: str
    kind: str
    at: int
    by: str
    name: str


class JoinScreen(msgspec.Struct, frozen=True, kw_only=True):
    """First the choice, then both side by side; and what was merged here before."""

    this: Side
    q: str = ""
    options: tuple[Side, ...] = ()
    other: Side | None = None
    earlier: tuple[Before, ...] = ()
    form: Form = Form()


def read_join(tx: Tx, who: Actor, contact_id: int, words: str, other_id: int) -> JoinScreen:
    """The page. Raises `Missing` for whom the actor may not change."""
    work_on_contact(tx, who, contact_id)
    this = _side(tx, who, contact_id)
    if other_id:
        work_on_contact(tx, who, other_id)
        return JoinScreen(this=this, other=_side(tx, who, other_id))
    options = tuple(_side(tx, who, one) for one in _candidates(tx, who, this, words))
    earlier = tuple(Before(str(one.id), one.kind, one.at, one.by, one.name) for one in merged_here(tx, who, contact_id))
    return JoinScreen(this=this, q=words, options=options, earlier=earlier)


def _candidates(tx: Tx, who: Actor, this: Side, words: str) -> Sequence[int]:
    """Those found by what was typed, else by the customer's own name."""
    asked = words.strip() or this.person.name
    found = [one.id for one in find_contacts(tx, who, question_of(asked), Stretch(limit=HITS))]
    seen = (
        contacts_visible_to(who) & contacts.c.id.in_(found) & contacts.c.merged_into_id.is_(None) & (contacts.c.id != int(this.person.id))
    )
    rows = tx.rows(sa.select(contacts.c.id).where(seen).order_by(contacts.c.id.desc()).limit(FOUND))
    return [row.id for row in rows]


def _side(tx: Tx, who: Actor, contact_id: int) -> Side:
    row = access_contact(tx, who, contact_id)
    seen = (
        sa.select(sa.func.count())
        .select_from(cases)
        .where(visible_to(who), cases.c.contact_id == contact_id, cases.c.merged_into_id.is_(None))
    )
    held = values_of(tx, who, contact_id)
    details = tuple((one.label, shown_value(one.type, held[one.id])) for one in list_attributes(tx, who) if one.id in held)
    return Side(
        person=Person(str(row.id), row.name),
        addresses=tuple(Address(str(one.id), one.shown, one.network) for one in known_identities(tx, who, [contact_id])),
        language=row.language,
        zone=row.zone,
        first_seen=row.created_at,
        cases=int(tx.value(seen)),
        notes=len(list_notes(tx, who, contact_id)),
        details=details,
    )
