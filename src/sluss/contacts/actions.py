"""Finding or making contacts and identities, for whole sets of senders at once."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from sluss.channels.contract import Address
from sluss.contacts.indexing import index_contacts
from sluss.contacts.models import contacts, identities
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx

NAME = 200


class Identity(msgspec.Struct, frozen=True):
    """One address on a network and the contact it leads to."""

    id: int
    contact_id: int
    address: str
    name: str


def find_or_make_identities(tx: Tx, who: Actor, network: str, senders: Sequence[Address]) -> dict[str, Identity]:
    """The identity of every address; a stranger gets a contact of his own. An address is a claim until something proves it."""
    wanted = {one.address: one for one in senders}
    known = _find(tx, who, network, list(wanted), held=True)
    strangers = [one for address, one in wanted.items() if address not in known]
    return known | _make(tx, who, network, strangers)


def find_identities(tx: Tx, who: Actor, network: str, addresses: Sequence[str]) -> dict[str, Identity]:
    """Known identities by address."""
    return _find(tx, who, network, addresses)


def rename_contact(tx: Tx, who: Actor, contact_id: int, name: str) -> None:
    """Call a contact by another name."""
    mine = (contacts.c.workspace_id == who.workspace_id) & (contacts.c.id == contact_id)
    tx.run(sa.update(contacts).where(mine).values(name=name[:NAME]))
    index_contacts(tx, who, [contact_id])


def _find(tx: Tx, who: Actor, network: str, addresses: Sequence[str], *, held: bool = False) -> dict[str, Identity]:
    """Held, so that nobody merges a contact away between this and the case that will be opened for it."""
    c = identities.c
    mine = (c.workspace_id == who.workspace_id) & (c.network == network) & c.address.in_(addresses)
    wanted = sa.select(c.id, c.contact_id, c.address, c.name).where(mine)
    rows = tx.rows(wanted.with_for_update(read=True) if held else wanted)
    return {row.address: Identity(*row) for row in rows}


def _make(tx: Tx, who: Actor, network: str, strangers: Sequence[Address]) -> dict[str, Identity]:
    if not strangers:
        return {}
    made = [Identity(tx.new_id(), tx.new_id(), one.address, (one.name or one.address)[:NAME]) for one in strangers]
    key = {"workspace_id": who.workspace_id, "created_at": tx.now}
    tx.run(sa.insert(contacts), [key | {"id": one.contact_id, "name": one.name, "language": ""} for one in made])
    rows = [{"id": one.id, "contact_id": one.contact_id, "address": one.address, "name": one.name} for one in made]
    tx.run(sa.insert(identities), [key | row | {"network": network, "proof": "claimed"} for row in rows])
    index_contacts(tx, who, [one.contact_id for one in made])
    return {one.address: one for one in made}
