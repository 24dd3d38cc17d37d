"""Contacts in the search: names, addresses, numbers, notes and attributes. In: ids of contacts. Out: one document for each.

Whoever changes what is known of a contact calls `index_contacts` in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from sluss.channels.handles import own_key
from sluss.contacts.models import attribute_values, contact_notes, contacts, identities, identity_profiles
from sluss.kernel.actors import Actor
from sluss.kernel.search import index_documents
from sluss.kernel.spelling import Document
from sluss.kernel.tx import Tx


def index_contacts(tx: Tx, who: Actor, contact_ids: Sequence[int]) -> None:
    """Let contacts be found by what is known of them now."""
    if not contact_ids:
        return
    c = contacts.c
    rows = tx.rows(sa.select(c.id, c.name, c.created_at).where(c.workspace_id == who.workspace_id, c.id.in_(contact_ids)))
    known = _further(tx, who, contact_ids)
    index_documents(
        tx,
        who,
        [Document(id=row.id, kind="contact", at=row.created_at, fields=(row.name, *known.get(row.id, ()))) for row in rows],
    )


def names_and_addresses(tx: Tx, who: Actor, contact_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Names, handles and addresses of contacts' identities."""
    c, p, found = identities.c, identity_profiles.c, dict[int, tuple[str, ...]]()
    joined = identities.outerjoin(identity_profiles, (p.workspace_id == c.workspace_id) & (p.identity_id == c.id))
    mine = (c.workspace_id == who.workspace_id) & c.contact_id.in_(contact_ids)
    for row in tx.rows(sa.select(c.contact_id, c.name, c.address, p.handle).select_from(joined).where(mine).order_by(c.id)):
        known = (row.name, own_key(row.address), row.handle) if row.handle else (row.name, own_key(row.address))
        found[row.contact_id] = (*found.get(row.contact_id, ()), *known)
    return found


def _further(tx: Tx, who: Actor, contact_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    found = names_and_addresses(tx, who, contact_ids)
    n, v = contact_notes.c, attribute_values.c
    noted = (n.workspace_id == who.workspace_id) & n.contact_id.in_(contact_ids) & n.removed_at.is_(None)
    valued = (v.workspace_id == who.workspace_id) & v.contact_id.in_(contact_ids)
    texts = [
        *tx.rows(sa.select(n.contact_id, n.text).where(noted).order_by(n.id)),
        *tx.rows(sa.select(v.contact_id, v.value.label("text")).where(valued).order_by(v.attribute_id)),
    ]
    for row in texts:
        found[row.contact_id] = (*found.get(row.contact_id, ()), row.text)
    return found
