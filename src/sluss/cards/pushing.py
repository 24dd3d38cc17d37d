"""Cards that programs put here. In: an address of a contact, cards, how long they hold. Out: rows, one set for each source of a contact."""

from __future__ import annotations

import re

import msgspec
import sqlalchemy as sa

from sluss.cards.contract import Card, Unfit, check_cards
from sluss.cards.models import pushed_cards
from sluss.cases.contacts import work_on_contact
from sluss.channels.addressing import fold_address
from sluss.contacts.models import identities
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.clock import SECOND
from sluss.kernel.errors import Invalid, Missing
from sluss.kernel.text import clean_line
from sluss.kernel.tx import Tx

NAME, MOST = 60, 20
_KEY = re.compile(r"[\s().\-/]+")


class Push(msgspec.Struct, frozen=True, kw_only=True):
    """What a program sends. No cards take the source's away."""

    network: str
    address: str
    source: str
    cards: tuple[Card, ...]
    seconds: int


class Put(msgspec.Struct, frozen=True):
    """Whose cards they are now, and until when (microseconds UTC)."""

    contact_id: int
    expires_at: int


def put_cards(tx: Tx, who: Actor, push: Push) -> Put:
    """Put a source's cards beside the contact of an address. Raises `Missing` for an address that leads to nobody the actor may see."""
    i, c = identities.c, pushed_cards.c
    address = fold_address(push.address) if "@" in push.address else _KEY.sub("", fold_address(push.address))
    wanted = (i.workspace_id == who.workspace_id) & (i.network == push.network) & (i.address == address)
    row = tx.row(sa.select(i.id, i.contact_id).where(wanted))
    if row is None:
        raise Missing
    work_on_contact(tx, who, row.contact_id)
    source = clean_line(push.source)
    if not source or len(source) > NAME:
        raise Invalid({"source": "Write a name of at most 60 characters."})
    try:
        cards = check_cards(push.cards)
    except Unfit as error:
        raise Invalid({"cards": str(error)}) from error
    mine = (c.workspace_id == who.workspace_id) & (c.contact_id == row.contact_id)
    tx.run(sa.delete(pushed_cards).where(mine, (c.source == source) | (c.expires_at <= tx.now)))
    put = Put(row.contact_id, tx.now + push.seconds * SECOND)
    if cards:
        if len(tx.rows(sa.select(c.source).where(mine).limit(MOST))) == MOST:
            raise Invalid({"source": "A customer has cards of at most 20 sources."})
        values = {"workspace_id": who.workspace_id, "contact_id": row.contact_id, "source": source, "identity_id": row.id}
        values |= {"cards": list(cards), "at": tx.now, "expires_at": put.expires_at, "agent_id": who.id}
        tx.run(sa.insert(pushed_cards), values)
    note_deed(tx, who, "cards.put", ("contact", row.contact_id), cards=len(cards))
    return put
