"""Finding or making contacts and identities, for whole sets of senders at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa

from sluss.channels.contract import Address
from sluss.channels.handles import is_handle, shown_address
from sluss.contacts.indexing import index_contacts
from sluss.contacts.models import contacts, identities
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import get_workspace
from sluss.web.locale import Voice, speaking

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


def give_identity(tx: Tx, who: Actor, contact_id: int, network: str, address: Address) -> None:
    """One more address of a contact that nobody has written from yet."""
    row = {"workspace_id": who.workspace_id, "id": tx.new_id(), "contact_id": contact_id, "network": network, "address": address.address}
    tx.run(sa.insert(identities), row | {"name": (address.name or address.address)[:NAME], "proof": "claimed", "created_at": tx.now})
    index_contacts(tx, who, [contact_id])


def call_as_said(tx: Tx, who: Actor, said: Mapping[int, tuple[Identity, str]]) -> None:
    """Call identities, by their ids, as they say now; their contacts too, unless somebody has called those something else."""
    i, c = identities.c, contacts.c
    for identity, name in said.values():
        tx.run(sa.update(identities).where(i.workspace_id == who.workspace_id, i.id == identity.id).values(name=name[:NAME]))
        same = (c.workspace_id == who.workspace_id) & (c.id == identity.contact_id) & (c.name == identity.name)
        tx.run(sa.update(contacts).where(same).values(name=name[:NAME]))
    index_contacts(tx, who, sorted({identity.contact_id for identity, _name in said.values()}))


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
    names = _names(tx, who, strangers)
    made = [Identity(tx.new_id(), tx.new_id(), one.address, names[one.address][:NAME]) for one in strangers]
    key = {"workspace_id": who.workspace_id, "created_at": tx.now}
    tx.run(sa.insert(contacts), [key | {"id": one.contact_id, "name": one.name, "language": ""} for one in made])
    rows = [{"id": one.id, "contact_id": one.contact_id, "address": one.address, "name": one.name} for one in made]
    tx.run(sa.insert(identities), [key | row | {"network": network, "proof": "claimed"} for row in rows])
    index_contacts(tx, who, [one.contact_id for one in made])
    return {one.address: one for one in made}


def _names(tx: Tx, who: Actor, strangers: Sequence[Address]) -> dict[str, str]:
    """What strangers are called: as they say, else by their address; one that nobody could read is read out in the company's language."""
    names = {one.address: one.name or one.address for one in strangers}
    if handles := [one for one, name in names.items() if one == name and is_handle(one)]:
        workspace = get_workspace(tx, who.workspace_id)
        with speaking(Voice(workspace.language, workspace.time_zone)):
            names |= {one: shown_address(one) for one in handles}
    return names
