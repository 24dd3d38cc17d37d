"""Contacts as far as somebody may see them, which is through their cases. In: an actor. Out: the contact, what is known of it, its past.

Who sees the whole workspace sees every contact; others those with a case that they may see, and those that they made themselves and who
have no case yet. Any other is `Missing`, exactly as one that does not exist.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec
import sqlalchemy as sa

from sluss.cases.access import READERS, WORKERS, visible_to
from sluss.cases.models import cases, messages
from sluss.channels.handles import shown_address
from sluss.contacts.models import contacts, identities, identity_profiles
from sluss.contacts.profile import ContactRow, read_contact
from sluss.contacts.proof import Level, level_of
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Forbidden, Missing
from sluss.kernel.tx import Tx

KNOWN = 200


class KnownIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """An identity with the word for how certain it is. `said_at`: its newest message, None where there is none.

    `handle` is what people call the account by on its network, where an address says nothing to them.
    """

    id: int
    contact_id: int
    network: str
    address: str
    name: str
    level: Level
    verified_by: int | None
    verified_at: int | None
    said_at: int | None
    handle: str = ""

    @property
    def shown(self) -> str:
        """The address as people read it, in the language spoken."""
        return self.handle or shown_address(self.address)


def access_contact(tx: Tx, who: Actor, contact_id: int) -> ContactRow:
    """The contact of an id."""
    found = read_contact(tx, who, contact_id)
    if who.kind == "agent" and who.role not in READERS:
        raise Missing
    if not sees_everybody(who) and tx.value(sa.select(contacts.c.id).where(contacts_visible_to(who), contacts.c.id == contact_id)) is None:
        raise Missing
    return found


def work_on_contact(tx: Tx, who: Actor, contact_id: int) -> ContactRow:
    """The contact of an id, for a change: reading is not enough."""
    found = access_contact(tx, who, contact_id)
    if who.kind == "agent" and who.role not in WORKERS:
        sentence = "Your role may read this, but not change it."
        raise Forbidden(sentence)
    return found


def contacts_visible_to(who: Actor) -> sa.ColumnElement[bool]:
    """The condition that keeps a list of contacts to those that the actor may see."""
    mine = (contacts.c.workspace_id == who.workspace_id) & contacts.c.merged_into_id.is_(None)
    if who.kind == "agent" and who.role not in READERS:
        return sa.false()
    if sees_everybody(who):
        return mine
    seen = sa.select(cases.c.id).where(visible_to(who), cases.c.contact_id == contacts.c.id).correlate(contacts).exists()
    any_case = sa.select(cases.c.id).where(cases.c.workspace_id == who.workspace_id, cases.c.contact_id == contacts.c.id)
    own = (contacts.c.made_by == who.id) & ~any_case.correlate(contacts).exists()
    return mine & (seen | own)


def sees_everybody(who: Actor) -> bool:
    """Whether no inbox is hidden from the actor."""
    return who.inbox_ids is None


def known_identities(tx: Tx, who: Actor, contact_ids: Collection[int]) -> list[KnownIdentity]:
    """Identities of contacts, each with the one word for its proof; oldest first."""
    i, m = identities.c, messages.c
    newest = sa.select(sa.func.max(m.id)).where(m.workspace_id == i.workspace_id, m.identity_id == i.id)
    found = (
        sa.select(i.id, i.contact_id, i.network, i.address, i.name, i.proof, i.verified_by, i.verified_at)
        .add_columns(newest.correlate(identities).scalar_subquery().label("newest"))
        .where(i.workspace_id == who.workspace_id, i.contact_id.in_(contact_ids))
        .order_by(i.id)
        .limit(KNOWN)
        .subquery()
    )
    p = identity_profiles.c
    joined = found.outerjoin(messages, (m.workspace_id == who.workspace_id) & (m.id == found.c.newest))
    joined = joined.outerjoin(identity_profiles, (p.workspace_id == who.workspace_id) & (p.identity_id == found.c.id))
    rows = tx.rows(sa.select(found, m.proof.label("said"), m.at.label("said_at"), p.handle).select_from(joined).order_by(found.c.id))
    return [
        KnownIdentity(
            id=row.id,
            contact_id=row.contact_id,
            network=row.network,
            address=row.address,
            name=row.name,
            level=level_of(row.proof, row.said or ""),
            verified_by=row.verified_by,
            verified_at=row.verified_at,
            said_at=row.said_at,
            handle=row.handle or "",
        )
        for row in rows
    ]
