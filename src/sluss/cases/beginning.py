"""A case that one of us begins: nobody has written yet. In: an inbox, whom to write to, what about. Out: an empty case with a thread."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from sluss.cases.events import CaseOpened
from sluss.cases.indexing import index_case
from sluss.cases.ledger import SUBJECT
from sluss.cases.models import cases, conversations, threads
from sluss.channels.contract import Address
from sluss.contacts.actions import find_or_make_identities
from sluss.kernel.actors import Actor
from sluss.kernel.tokens import new_token
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import take_number


class Beginning(msgspec.Struct, frozen=True):
    """By which inbox and network, to whom, under which heading."""

    inbox_id: int
    network: str
    to: Address
    subject: str


class Begun(msgspec.Struct, frozen=True):
    """The new case."""

    id: int
    number: int


def begin_case(tx: Tx, who: Actor, beginning: Beginning) -> Begun:
    """An open case, held by whoever begins it; the customer of the address is found or made."""
    identity = find_or_make_identities(tx, who, beginning.network, [beginning.to])[beginning.to.address]
    begun, key = Begun(tx.new_id(), take_number(tx, who)), {"workspace_id": who.workspace_id}
    thread_id, conversation_id = tx.new_id(), tx.new_id()
    case = {"id": begun.id, "number": begun.number, "contact_id": identity.contact_id, "inbox_id": beginning.inbox_id}
    case |= {"subject": beginning.subject[:SUBJECT], "preview": "", "status": "open", "priority": "normal"}
    tx.run(sa.insert(cases), key | case | {"assignee_id": who.id, "opened_at": tx.now, "active_at": tx.now})
    thread = {"id": thread_id, "inbox_id": beginning.inbox_id, "external_key": f"begun:{thread_id}", "token": new_token()}
    tx.run(sa.insert(threads), key | thread | {"visibility": "private", "identity_id": identity.id, "created_at": tx.now})
    conversation = {"id": conversation_id, "thread_id": thread_id, "case_id": begun.id, "opened_at": tx.now, "aside": False}
    tx.run(sa.insert(conversations), key | conversation)
    tx.emit(who, CaseOpened(case_id=begun.id, inbox_id=beginning.inbox_id))
    index_case(tx, who, begun.id)
    return begun
