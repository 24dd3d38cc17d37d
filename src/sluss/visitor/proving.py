"""Who a visitor turns out to be, among the customers. In: whom the company's sign-in names, a name that was given. Out: one customer.

What somebody said before they signed in belongs to the same customer as what they say after it. An agent can take that apart again.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sluss.cases.visits import note_introduced
from sluss.channels.contract import Address
from sluss.channels.handles import visitor_handle
from sluss.channels.inboxes import Inbox, access_inbox
from sluss.channels.visitors import Person, Visitor, find_visitor, get_visitor, prove_visitor
from sluss.contacts.actions import Identity, call_as_said, find_identities, give_identity
from sluss.contacts.models import identities
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Trouble
from sluss.kernel.log import get_log
from sluss.kernel.tx import Tx
from sluss.merging.contacts import Choice, merge_contacts

log = get_log("visitor")


def prove(tx: Tx, who: Actor, inbox_id: int, person: Person, before: bytes | None) -> Visitor:
    """The visitor that a proven person goes on as; `before` is the token under which they may have talked until now."""
    talked = find_visitor(tx, who, inbox_id, before) if before is not None else None
    visitor = prove_visitor(tx, who, inbox_id, person, before)
    if talked is not None:
        note_introduced(tx, who, inbox_id, visitor.id, "sign-in")
        _join(tx, who, access_inbox(tx, who, inbox_id), talked.id, person)
    return visitor


def call_visitor(tx: Tx, who: Actor, inbox_id: int, visitor_id: int, name: str) -> None:
    """A visitor has said a name: their customer bears it at once, unless an agent has written another."""
    visitor, inbox = get_visitor(tx, who, inbox_id, visitor_id), access_inbox(tx, who, inbox_id)
    known = _identity(tx, who, inbox, visitor_id, visitor.subject)
    if known is not None and name not in {"", known.name}:
        call_as_said(tx, who, {known.id: (known, name)})


def _join(tx: Tx, who: Actor, inbox: Inbox, visitor_id: int, person: Person) -> None:
    """Nobody's sign-in fails because two records of ours cannot become one."""
    try:
        with tx.attempt():
            _make_one(tx, who, inbox, visitor_id, person)
    except (Trouble, IntegrityError) as error:
        log.warning("visitor_not_joined", visitor=visitor_id, why=error.sentence if isinstance(error, Trouble) else "at the same moment")


def _make_one(tx: Tx, who: Actor, inbox: Inbox, visitor_id: int, person: Person) -> None:
    stranger = _identity(tx, who, inbox, visitor_id, "")
    if stranger is None or _is_somebody(tx, who, inbox, stranger.contact_id):
        return
    proven = _identity(tx, who, inbox, visitor_id, person.subject)
    name = person.name or (proven.name if proven is not None else "")
    if name:
        call_as_said(tx, who, {stranger.id: (stranger, name)})
    if proven is None:
        address = Address(visitor_handle(inbox.address, visitor_id, person.subject), name or stranger.name)
        give_identity(tx, who, stranger.contact_id, inbox.channel, address)
    elif proven.contact_id != stranger.contact_id:
        merge_contacts(tx, who, proven.contact_id, stranger.contact_id, Choice())


def _identity(tx: Tx, who: Actor, inbox: Inbox, visitor_id: int, subject: str) -> Identity | None:
    address = visitor_handle(inbox.address, visitor_id, subject)
    return find_identities(tx, who, inbox.channel, [address]).get(address)


def _is_somebody(tx: Tx, who: Actor, inbox: Inbox, contact_id: int) -> bool:
    """Whether a customer is a proven person already: two of those are never made one by themselves."""
    i = identities.c
    mine = (i.workspace_id == who.workspace_id) & (i.contact_id == contact_id) & (i.network == inbox.channel)
    return bool(tx.rows(sa.select(i.id).where(mine, i.address.startswith(f"{inbox.address}/", autoescape=True)).limit(1)))
