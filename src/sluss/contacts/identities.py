"""Addresses of a contact, by hand. In: what an agent knows. Out: identities, verified or not, never silently taken from somebody else.

Whoever calls has made sure that the actor may see the contact.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sluss.channels.addressing import fold_address
from sluss.contacts.models import identities
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.errors import Conflict, Invalid, Missing
from sluss.kernel.tx import Tx

PHONE = "phone"
MOST = 50
_MAIL = re.compile(r"(?!\.)[^\s@<>(),;:\"\\\[\]]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W_](?:[\w-]{0,61}[^\W_])?")
_NUMBER = re.compile(r"\+?[0-9]{5,15}")
_BETWEEN = re.compile(r"[\s().\-/]+")


class Taken(Invalid):
    """The address leads to another contact already; merging them is another deed."""

    def __init__(self, contact_id: int) -> None:
        super().__init__({"address": "This address belongs to another customer."})
        self.contact_id = contact_id


class Removed(msgspec.Struct, frozen=True):
    """An identity that was taken away, enough to bring it back."""

    network: str
    address: str


def add_identity(tx: Tx, who: Actor, contact_id: int, typed: str) -> int:
    """Write down an address or number; it is a claim until somebody makes sure. Raises `Taken`. Returns its id."""
    network, address = read_address(typed)
    c = identities.c
    owner = tx.value(sa.select(c.contact_id).where(c.workspace_id == who.workspace_id, c.network == network, c.address == address))
    if owner == contact_id:
        raise Invalid({"address": "This address is known already."})
    if owner is not None:
        raise Taken(int(owner))
    if len(tx.rows(sa.select(c.id).where(c.workspace_id == who.workspace_id, c.contact_id == contact_id).limit(MOST))) == MOST:
        raise Invalid({"address": "A customer has at most 50 addresses."})
    row = {"workspace_id": who.workspace_id, "id": tx.new_id(), "contact_id": contact_id, "network": network, "address": address}
    try:
        with tx.attempt():
            tx.run(sa.insert(identities), row | {"name": address, "proof": "claimed", "created_at": tx.now})
    except IntegrityError:
        raise Conflict("This address was added by somebody else at the same moment. Look again.") from None
    note_deed(tx, who, "contact.identity_added", ("contact", contact_id), identity=str(row["id"]), network=network)
    return int(row["id"])


def remove_identity(tx: Tx, who: Actor, contact_id: int, identity_id: int) -> Removed:
    """Take an address away that nobody has written from. One that messages hang on stays: they were written from there."""
    row = _access(tx, who, contact_id, identity_id)
    try:
        with tx.attempt():
            tx.run(sa.delete(identities).where(identities.c.workspace_id == who.workspace_id, identities.c.id == identity_id))
    except IntegrityError:
        raise Conflict("There are messages from this address, so it stays. Merge or split customers instead.") from None
    note_deed(tx, who, "contact.identity_removed", ("contact", contact_id), identity=str(identity_id), network=row.network)
    return Removed(row.network, row.address)


def verify_identity(tx: Tx, who: Actor, contact_id: int, identity_id: int) -> None:
    """An agent has made sure that the address is this customer's: who and when is kept."""
    _access(tx, who, contact_id, identity_id)
    _change(tx, who, identity_id, proof="verified", verified_by=who.id or None, verified_at=tx.now)
    note_deed(tx, who, "contact.identity_verified", ("contact", contact_id), identity=str(identity_id))


def doubt_identity(tx: Tx, who: Actor, contact_id: int, identity_id: int) -> None:
    """Take a verification back."""
    _access(tx, who, contact_id, identity_id)
    _change(tx, who, identity_id, proof="claimed", verified_by=None, verified_at=None)
    note_deed(tx, who, "contact.identity_doubted", ("contact", contact_id), identity=str(identity_id))


def read_address(typed: str) -> tuple[str, str]:
    """The network and the folded form of an address or telephone number. Raises `Invalid`."""
    address = fold_address(typed)
    if "@" in address:
        if _MAIL.fullmatch(address) is None or len(address) > 254:
            raise Invalid({"address": "Write the address as name@example.com."})
        return "email", address
    number = _BETWEEN.sub("", address)
    if _NUMBER.fullmatch(number) is None:
        raise Invalid({"address": "Write a mail address, or a number with its country such as +46 70 123 45 67."})
    return PHONE, number


def _access(tx: Tx, who: Actor, contact_id: int, identity_id: int) -> sa.Row[Any]:
    c = identities.c
    mine = (c.workspace_id == who.workspace_id) & (c.contact_id == contact_id) & (c.id == identity_id)
    row = tx.row(sa.select(identities).where(mine))
    if row is None:
        raise Missing
    return row


def _change(tx: Tx, who: Actor, identity_id: int, **values: object) -> None:
    tx.run(sa.update(identities).where(identities.c.workspace_id == who.workspace_id, identities.c.id == identity_id).values(**values))
