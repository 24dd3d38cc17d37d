"""Cases that go, or are emptied: a bounded piece of work at a time, so that nobody waits long to write.

In: a case. Out: whether it is done, or has to be called again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from sluss.cases.models import attachments, cases, conversations, messages, notes, threads
from sluss.cases.ways import OPENED
from sluss.contacts.models import contacts, identities
from sluss.kernel.events import events
from sluss.kernel.search import remove_texts
from sluss.kernel.tokens import new_token
from sluss.kernel.tx import Tx
from sluss.kernel.types import Json, Text
from sluss.outbox.models import attempts, operations, other_forms
from sluss.privacy.events import CaseBlanked, CaseErased
from sluss.privacy.reach import BLANKED, Order, children, forget_bytes, forget_keys, hangs, part_from, remove

AT_ONCE = 100
"""Messages in one transaction."""
GONE = "[–]"
"""What stands in place of a text that was erased, in every language."""


def remove_some_of_case(tx: Tx, order: Order, case_id: int) -> bool:
    """Remove the case's next messages; with the last of them the case itself. True when nothing is left."""
    ids = messages_in(tx, order, case_id)
    remove(tx, order, messages, ids)
    if len(ids) == AT_ONCE:
        return False
    mine = (cases.c.workspace_id == order.who.workspace_id) & (cases.c.id == case_id)
    case = tx.row(sa.select(cases.c.inbox_id, cases.c.number).where(mine))
    spoken = _conversations(tx, order, case_id)
    remove(tx, order, cases, [case_id])
    remove_empty_threads(tx, order, [thread_id for _, thread_id in spoken])
    if case is not None:
        tx.emit(order.who, CaseErased(case_id=case_id, inbox_id=case.inbox_id, number=case.number))
    return True


def blank_some_of_case(tx: Tx, order: Order, case_id: int) -> bool:
    """Empty the case's next messages, keeping the rows; with the last of them the case itself. True when nothing is left to do."""
    ids = messages_in(tx, order, case_id, messages.c.text != GONE)
    blank_messages(tx, order, ids)
    if len(ids) == AT_ONCE:
        return False
    _blank_notes(tx, order, case_id)
    _blank_threads(tx, order, case_id)
    for child, column in children(cases.name):
        if child.name not in KEPT:
            part_from(tx, order, child, column, [case_id])
    c = events.c
    told = (c.workspace_id == order.who.workspace_id) & (c.case_id == case_id) & c.kind.in_(TELLING)
    tx.run(sa.update(events).where(told).values(kind=BLANKED, data={}))
    this = (cases.c.workspace_id == order.who.workspace_id) & (cases.c.id == case_id)
    order.tally["cases emptied"] += tx.run(sa.update(cases).where(this).values(subject=GONE, preview="")).rowcount
    tx.emit(order.who, CaseBlanked(case_id=case_id))
    return True


def blank_messages(tx: Tx, order: Order, ids: Sequence[int]) -> None:
    """Take out of messages everything that somebody said or that says who it was; that, when and by which way stays."""
    if not ids:
        return
    forget_keys(tx, order, ids)
    forget_bytes(tx, order, ids)
    remove_texts(tx, order.who, ids)
    for child, column in children(messages.name):
        if child is not operations:
            part_from(tx, order, child, column, ids)
    empty = {column.name: _nothing(column) for column in messages.c if column.name not in PLAIN}
    these = (messages.c.workspace_id == order.who.workspace_id) & messages.c.id.in_(ids)
    order.tally["messages emptied"] += tx.run(sa.update(messages).where(these).values(**empty)).rowcount
    _blank_operations(tx, order, ids)


PLAIN = frozenset({"direction", "automatic", "origin", "proof"})
"""Columns of a message, beside ids and instants, that hold words of ours and tell nothing about anybody."""
KEPT = frozenset({"conversations", "notes", "case_tags", "case_inboxes"})
"""What an emptied case keeps for the statistics. What other slices hang on a case goes, since it may tell anything."""
TELLING = ("delivery_changed", "delivery_delayed")
"""Events in which networks speak, and name addresses."""


def remove_empty_threads(tx: Tx, order: Order, thread_ids: Sequence[int]) -> None:
    """Threads in which no conversation is left."""
    c = conversations.c
    mine = (c.workspace_id == order.who.workspace_id) & c.thread_id.in_(thread_ids)
    used = {row.thread_id for row in tx.rows(sa.select(c.thread_id).where(mine))}
    _remove_threads(tx, order, sorted(set(thread_ids) - used))


def messages_in(tx: Tx, order: Order, case_id: int, wanted: sa.ColumnElement[bool] | None = None) -> list[int]:
    """The next messages of a case, oldest first."""
    spoken = [one for one, _ in _conversations(tx, order, case_id)]
    c = messages.c
    said = (c.workspace_id == order.who.workspace_id) & c.conversation_id.in_(spoken)
    said = said if wanted is None else said & wanted
    return [row.id for row in tx.rows(sa.select(c.id).where(said).order_by(c.id).limit(AT_ONCE))]


def _remove_threads(tx: Tx, order: Order, thread_ids: list[int]) -> None:
    """Threads, and contacts of whom nothing is known but that a chat was to go on at their address."""
    t, i = threads.c, identities.c
    joined = threads.join(identities, (i.workspace_id == t.workspace_id) & (i.id == t.identity_id))
    opened = (t.workspace_id == order.who.workspace_id) & t.id.in_(thread_ids) & t.external_key.startswith(OPENED)
    met = {row.contact_id for row in tx.rows(sa.select(i.contact_id).select_from(joined).where(opened))}
    remove(tx, order, threads, thread_ids)
    for contact_id in sorted(met):
        mine = (i.workspace_id == order.who.workspace_id) & (i.contact_id == contact_id)
        known = [row.id for row in tx.rows(sa.select(i.id).where(mine))]
        here = (cases.c.workspace_id == order.who.workspace_id) & (cases.c.contact_id == contact_id)
        if tx.row(sa.select(cases.c.id).where(here).limit(1)) is None and not hangs(tx, order.who, identities, known):
            remove(tx, order, contacts, [contact_id])


def _conversations(tx: Tx, order: Order, case_id: int) -> list[tuple[int, int]]:
    c = conversations.c
    mine = (c.workspace_id == order.who.workspace_id) & (c.case_id == case_id)
    return [(row.id, row.thread_id) for row in tx.rows(sa.select(c.id, c.thread_id).where(mine))]


def _blank_notes(tx: Tx, order: Order, case_id: int) -> None:
    """Notes are about the person as much as messages are by them."""
    workspace_id = order.who.workspace_id
    n, a = notes.c, attachments.c
    ids = [row.id for row in tx.rows(sa.select(n.id).where(n.workspace_id == workspace_id, n.case_id == case_id))]
    remove_texts(tx, order.who, ids)
    hung = sa.select(a.id).where(a.workspace_id == workspace_id, a.note_id.in_(ids))
    remove(tx, order, attachments, [row.id for row in tx.rows(hung)])
    order.tally["notes emptied"] += tx.run(sa.update(notes).where(n.workspace_id == workspace_id, n.id.in_(ids)).values(text=GONE)).rowcount


def _blank_threads(tx: Tx, order: Order, case_id: int) -> None:
    """No mail finds its way into an emptied thread any more."""
    c = threads.c
    for _, thread_id in _conversations(tx, order, case_id):
        this = (c.workspace_id == order.who.workspace_id) & (c.id == thread_id)
        tx.run(sa.update(threads).where(this).values(external_key=f"erased:{thread_id}", token=new_token()))


def _blank_operations(tx: Tx, order: Order, message_ids: Sequence[int]) -> None:
    o, a, f = operations.c, attempts.c, other_forms.c
    mine = (o.workspace_id == order.who.workspace_id) & o.message_id.in_(message_ids)
    ids = [row.id for row in tx.rows(sa.select(o.id).where(mine))]
    tx.run(sa.update(operations).where(mine).values(recipient=sa.literal("erased:") + sa.cast(o.id, sa.Text), recipient_name="", reason=""))
    tx.run(sa.update(attempts).where(a.workspace_id == order.who.workspace_id, a.operation_id.in_(ids)).values(detail=""))
    tx.run(sa.delete(other_forms).where(f.workspace_id == order.who.workspace_id, f.operation_id.in_(ids)))


def _nothing(column: sa.Column[Any]) -> Any:
    """What stands in an emptied column; ids and instants stay as they are."""
    if isinstance(column.type, Json):
        return []
    if isinstance(column.type, Text):
        return GONE if column.name in {"text", "fresh"} else ""
    return sa.literal(0) if column.name == "files" else column
