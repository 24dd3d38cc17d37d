"""Contacts that a search finds, and the few best things for a list that opens while one types. In: words. Out: contacts, suggestions."""

from __future__ import annotations

import sqlalchemy as sa

from sluss.cases.contacts import contacts_visible_to
from sluss.contacts.models import contacts, identities
from sluss.customers.screens import Person
from sluss.desk.marking import END, marked_where
from sluss.desk.search_screens import FoundContact
from sluss.kernel.actors import Actor
from sluss.kernel.search import Stretch, find_contacts
from sluss.kernel.terms import Question
from sluss.kernel.tx import Tx

SHOWN = 5
AT_ONCE = 200
ROUNDS = 5
DETAILS = 3


def found_contacts(tx: Tx, who: Actor, question: Question, limit: int = SHOWN) -> tuple[FoundContact, ...]:
    """Contacts whom the reader may see, newest first."""
    ids: list[int] = []
    stretch = Stretch(AT_ONCE)
    for _round in range(ROUNDS):
        mentions = find_contacts(tx, who, question, stretch)
        ids += _seen(tx, who, [one.id for one in mentions])
        if len(ids) >= limit or len(mentions) < AT_ONCE:
            break
        stretch = Stretch(AT_ONCE, mentions[-1].place)
    return _shown(tx, who, question, ids[:limit])


def _seen(tx: Tx, who: Actor, ids: list[int]) -> list[int]:
    seen = {row.id for row in tx.rows(sa.select(contacts.c.id).where(contacts_visible_to(who), contacts.c.id.in_(ids)))}
    return [one for one in ids if one in seen]


def _shown(tx: Tx, who: Actor, question: Question, ids: list[int]) -> tuple[FoundContact, ...]:
    if not ids:
        return ()
    c, i = contacts.c, identities.c
    names = {row.id: row.name for row in tx.rows(sa.select(c.id, c.name).where(c.workspace_id == who.workspace_id, c.id.in_(ids)))}
    known = sa.select(i.contact_id, i.address).where(i.workspace_id == who.workspace_id, i.contact_id.in_(ids)).order_by(i.id)
    addresses: dict[int, list[str]] = {}
    for row in tx.rows(known):
        addresses.setdefault(row.contact_id, []).append(marked_where(row.address, question))
    return tuple(
        FoundContact(
            person=Person(str(one), names[one]),
            name=marked_where(names[one], question),
            details=tuple(sorted(addresses.get(one, []), key=lambda text: END not in text)[:DETAILS]),
            href=f"/customers/{one}",
        )
        for one in ids
        if one in names
    )
