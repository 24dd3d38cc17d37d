"""A second way to a case's customer, which we open ourselves. In: an inbox and an address. Out: a thread with a conversation of the case.

It is the customer's own conversation, no talk aside: what comes back by it belongs to the case, and is answered by it.
"""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow
from sluss.cases.actions import refresh_case
from sluss.cases.models import conversations, messages, threads
from sluss.channels.contract import Address
from sluss.contacts.actions import find_or_make_identities
from sluss.kernel.actors import Actor
from sluss.kernel.tokens import new_token
from sluss.kernel.tx import Tx

OPENED = "way:"
"""How the keys of their threads begin."""


class Way(msgspec.Struct, frozen=True):
    """By which inbox and network, to which address."""

    inbox_id: int
    network: str
    to: Address


def open_way(tx: Tx, who: Actor, case: CaseRow, way: Way) -> int:
    """The thread by which a case goes on at an address; made once for each case, inbox and address. Returns its id."""
    identity = find_or_make_identities(tx, who, way.network, [way.to])[way.to.address]
    v, t = conversations.c, threads.c
    joined = conversations.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
    here = (v.workspace_id == who.workspace_id) & (v.case_id == case.id) & ~v.aside
    theirs = (t.identity_id == identity.id) & (t.inbox_id == way.inbox_id) & t.external_key.startswith(OPENED)
    known = tx.value(sa.select(v.thread_id).select_from(joined).where(here, theirs).order_by(v.id.desc()).limit(1))
    return int(known) if known is not None else _open(tx, who, case, (way.inbox_id, identity.id))


def continue_thread(tx: Tx, who: Actor, case: CaseRow, thread_id: int) -> int:
    """A conversation of the case in a thread that there is: what comes there from now on belongs to the case. Returns its id."""
    conversation = {"id": tx.new_id(), "thread_id": thread_id, "case_id": case.id, "opened_at": tx.now, "aside": False}
    tx.run(sa.insert(conversations), {"workspace_id": who.workspace_id} | conversation)
    refresh_case(tx, who, case.id)
    return int(conversation["id"])


def close_way(tx: Tx, who: Actor, conversation_id: int) -> None:
    """Let go of a way on which nothing was said after all."""
    v, t, m = conversations.c, threads.c, messages.c
    mine = (v.workspace_id == who.workspace_id) & (v.id == conversation_id)
    joined = conversations.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
    row = tx.row(sa.select(v.thread_id).select_from(joined).where(mine, t.external_key.startswith(OPENED)))
    said = sa.select(m.id).where(m.workspace_id == who.workspace_id, m.conversation_id == conversation_id).limit(1)
    if row is None or tx.row(said) is not None:
        return
    tx.run(sa.delete(conversations).where(mine))
    other = sa.select(v.id).where(v.workspace_id == who.workspace_id, v.thread_id == row.thread_id).limit(1)
    if tx.row(other) is None:
        tx.run(sa.delete(threads).where(t.workspace_id == who.workspace_id, t.id == row.thread_id))


def _open(tx: Tx, who: Actor, case: CaseRow, of: tuple[int, int]) -> int:
    thread_id, key = tx.new_id(), {"workspace_id": who.workspace_id}
    thread = {"id": thread_id, "inbox_id": of[0], "external_key": f"{OPENED}{thread_id}", "token": new_token()}
    tx.run(sa.insert(threads), key | thread | {"visibility": "private", "identity_id": of[1], "created_at": tx.now})
    conversation = {"id": tx.new_id(), "thread_id": thread_id, "case_id": case.id, "opened_at": tx.now, "aside": False}
    tx.run(sa.insert(conversations), key | conversation)
    refresh_case(tx, who, case.id)
    return thread_id
