"""Talking to a third person about a case. In: whom something is passed on to. Out: a conversation of its own, apart from the customer's.

It is private and its thread is nobody else's: what is said there never reaches the customer, and no clock of the customer runs by it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow
from sluss.cases.models import attachments, conversations, threads
from sluss.channels.contract import Address
from sluss.contacts.actions import find_or_make_identities
from sluss.kernel.actors import Actor
from sluss.kernel.tokens import new_token
from sluss.kernel.tx import Tx


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
    theirs = (t.identity_id == identity.id) & (t.inbox_id == inbox_id)
    row = tx.row(sa.select(v.id, v.thread_id).select_from(joined).where(here, theirs).order_by(v.id.desc()).limit(1))
    if row is not None:
        return Aside(row.id, row.thread_id)
    return _begin(tx, who, case, (inbox_id, identity.id))


def copy_files(tx: Tx, who: Actor, attachment_ids: Sequence[int], message_id: int) -> None:
    """Hang copies of files on a message; the bytes lie in the store once."""
    c = attachments.c
    wanted = sa.select(attachments).where(c.workspace_id == who.workspace_id, c.id.in_(attachment_ids)).order_by(c.id)
    own = {"message_id": message_id, "note_id": None, "uploader_id": who.id, "at": tx.now, "content_id": ""}
    names = [column.name for column in attachments.columns]
    rows = [{name: getattr(row, name) for name in names} | own | {"id": tx.new_id()} for row in tx.rows(wanted)]
    if rows:
        tx.run(sa.insert(attachments), rows)


def _begin(tx: Tx, who: Actor, case: CaseRow, of: tuple[int, int]) -> Aside:
    aside = Aside(tx.new_id(), tx.new_id())
    key = {"workspace_id": who.workspace_id}
    thread = {"id": aside.thread_id, "inbox_id": of[0], "external_key": f"aside:{aside.thread_id}", "token": new_token()}
    tx.run(sa.insert(threads), key | thread | {"visibility": "private", "identity_id": of[1], "created_at": tx.now})
    conversation = {"id": aside.conversation_id, "thread_id": aside.thread_id, "case_id": case.id, "opened_at": tx.now, "aside": True}
    tx.run(sa.insert(conversations), key | conversation)
    return aside
