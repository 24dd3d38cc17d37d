"""Talking to a third person about a case. In: whom something is passed on to. Out: a conversation of its own, apart from the customer's.

It is private and its thread is nobody else's: what is said there never reaches the customer, and no clock of the customer runs by it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow
from sluss.cases.models import attachments, conversations, messages, threads
from sluss.channels.contract import Address
from sluss.contacts.actions import find_or_make_identities
from sluss.contacts.models import identities
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Missing
from sluss.kernel.tokens import new_token
from sluss.kernel.tx import Tx

PASSED, ASKED = "aside:", "side:"
"""How the keys of their threads begin: what was passed on, and questions with a subject of their own."""


class Aside(msgspec.Struct, frozen=True):
    """The conversation with a third person, and its thread."""

    conversation_id: int
    thread_id: int


def open_aside(tx: Tx, who: Actor, case: CaseRow, by: tuple[int, str], to: Address) -> Aside:
    """The case's conversation with a third person, begun where there is none. `by` is the inbox and its network."""
    inbox_id, network = by
    identity = find_or_make_identities(tx, who, network, [to])[to.address]
    v, t = conversations.c, threads.c
    joined = conversations.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
    here = (v.workspace_id == who.workspace_id) & (v.case_id == case.id) & v.aside
    theirs = (t.identity_id == identity.id) & (t.inbox_id == inbox_id) & t.external_key.startswith(PASSED)
    row = tx.row(sa.select(v.id, v.thread_id).select_from(joined).where(here, theirs).order_by(v.id.desc()).limit(1))
    if row is not None:
        return Aside(row.id, row.thread_id)
    return _begin(tx, who, case, (inbox_id, identity.id), PASSED)


def begin_side(tx: Tx, who: Actor, case: CaseRow, by: tuple[int, str], to: Address) -> Aside:
    """A conversation of its own, about one question, whoever else was asked before."""
    identity = find_or_make_identities(tx, who, by[1], [to])[to.address]
    return _begin(tx, who, case, (by[0], identity.id), ASKED)


def find_aside(tx: Tx, case: CaseRow, conversation_id: int) -> Aside:
    """A conversation with a third person of this very case. Raises `Missing` for any other."""
    v = conversations.c
    mine = (v.workspace_id == case.workspace_id) & (v.case_id == case.id) & (v.id == conversation_id) & v.aside
    row = tx.row(sa.select(v.id, v.thread_id).where(mine))
    if row is None:
        raise Missing
    return Aside(row.id, row.thread_id)


def end_empty(tx: Tx, who: Actor, conversation_id: int) -> None:
    """Let go of a conversation in which nothing was said after all, and of its thread."""
    v, t, m = conversations.c, threads.c, messages.c
    mine = (v.workspace_id == who.workspace_id) & (v.id == conversation_id) & v.aside
    row = tx.row(sa.select(v.thread_id).where(mine))
    said = sa.select(m.id).where(m.workspace_id == who.workspace_id, m.conversation_id == conversation_id).limit(1)
    if row is None or tx.row(said) is not None:
        return
    tx.run(sa.delete(conversations).where(mine))
    other = sa.select(v.id).where(v.workspace_id == who.workspace_id, v.thread_id == row.thread_id).limit(1)
    if tx.row(other) is None:
        tx.run(sa.delete(threads).where(t.workspace_id == who.workspace_id, t.id == row.thread_id))


def asked_aside(tx: Tx, who: Actor, case_id: int) -> frozenset[str]:
    """Addresses of those who were written to beside the customer in a case, and take no part in the customer's own conversation."""
    m, v, i = messages.c, conversations.c, identities.c
    joined = messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    joined = joined.outerjoin(identities, (i.workspace_id == m.workspace_id) & (i.id == m.identity_id))
    here = (v.workspace_id == who.workspace_id) & (v.case_id == case_id)
    apart, openly = set[str](), set[str]()
    for row in tx.rows(sa.select(m.to, m.cc, m.bcc, i.address, v.aside).select_from(joined).where(here)):
        people: set[str] = {one["address"] for one in (*row.to, *row.cc, *row.bcc)} | ({row.address} - {None})
        (apart if row.aside else openly).update(people)
    return frozenset(apart - openly)


def copy_files(tx: Tx, who: Actor, attachment_ids: Sequence[int], message_id: int) -> None:
    """Hang copies of files on a message; the bytes lie in the store once."""
    c = attachments.c
    wanted = sa.select(attachments).where(c.workspace_id == who.workspace_id, c.id.in_(attachment_ids)).order_by(c.id)
    own = {"message_id": message_id, "note_id": None, "uploader_id": who.id, "at": tx.now, "content_id": ""}
    names = [column.name for column in attachments.columns]
    rows = [{name: getattr(row, name) for name in names} | own | {"id": tx.new_id()} for row in tx.rows(wanted)]
    if rows:
        tx.run(sa.insert(attachments), rows)


def _begin(tx: Tx, who: Actor, case: CaseRow, of: tuple[int, int], kind: str) -> Aside:
    aside = Aside(tx.new_id(), tx.new_id())
    key = {"workspace_id": who.workspace_id}
    thread = {"id": aside.thread_id, "inbox_id": of[0], "external_key": f"{kind}{aside.thread_id}", "token": new_token()}
    tx.run(sa.insert(threads), key | thread | {"visibility": "private", "identity_id": of[1], "created_at": tx.now})
    conversation = {"id": aside.conversation_id, "thread_id": aside.thread_id, "case_id": case.id, "opened_at": tx.now, "aside": True}
    tx.run(sa.insert(conversations), key | conversation)
    return aside
