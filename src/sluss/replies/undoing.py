"""Taking a message back before it leaves. In: one of its operations. Out: the exact draft again, and the case as it was."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.access import work_on_case
from sluss.cases.actions import note_withdrawal, preview_of, set_status
from sluss.cases.asides import end_empty
from sluss.cases.events import MessageWithdrawn
from sluss.cases.models import attachments, cases, conversations, message_references, messages
from sluss.cases.ways import close_way
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.errors import Conflict, Forbidden
from sluss.kernel.search import remove_texts
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.outbox.actions import withdraw_deliveries
from sluss.outbox.models import sendings
from sluss.outbox.parts import parts_of
from sluss.outbox.queries import access_operation
from sluss.replies.drafts import Apart, Draft, DraftFields, find_draft, put_draft
from sluss.replies.forwarding import Forward
from sluss.replies.leaving import Before
from sluss.replies.models import departures

TOO_LATE = say("It is too late to take this back: it has left.")


def undo_send(tx: Tx, who: Actor, operation_id: int) -> Draft | Forward:
    """Take back the whole message of an operation, for every recipient. Raises `Conflict` once any of it may have left.

    What was forwarded comes back as it was asked for.
    """
    found = access_operation(tx, who, operation_id)
    work_on_case(tx, who, found.case_id)
    parts = parts_of(tx, who, found.message_id)
    row = tx.row(sa.select(departures).where(departures.c.workspace_id == who.workspace_id, departures.c.message_id == parts[0]))
    if row is None:
        raise Conflict(TOO_LATE)
    if row.agent_id != who.id:
        raise Forbidden("Only who sent it can take it back.")
    if not all(withdraw_deliveries(tx, who, one) for one in parts):
        raise Conflict(TOO_LATE)
    if row.forward is not None:
        return _restore_forward(tx, who, row)
    if row.side is not None:
        return _restore_side(tx, who, row)
    _restore_case(tx, who, row)
    conversation_id = _conversation_of(tx, who, parts[0])
    for one in reversed(parts):
        _remove_message(tx, who, one)
    close_way(tx, who, conversation_id)
    note_deed(tx, who, "case.undo_reply", ("case", row.case_id))
    return _restore_draft(tx, who, row, conversation_id)


def _restore_forward(tx: Tx, who: Actor, row: sa.Row[Any]) -> Forward:
    """The copies of its files go with it; the case was never changed."""
    c = attachments.c
    tx.run(sa.delete(attachments).where(c.workspace_id == who.workspace_id, c.message_id == row.message_id))
    _remove_message(tx, who, row.message_id)
    tx.emit(who, MessageWithdrawn(case_id=row.case_id, message_id=row.message_id))
    note_deed(tx, who, "case.undo_forward", ("case", row.case_id))
    return msgspec.convert(row.forward, Forward)


def _restore_side(tx: Tx, who: Actor, row: sa.Row[Any]) -> Draft:
    """The question as it was written, with its files; the conversation too, if it began with it."""
    c, fields = attachments.c, msgspec.convert(row.side, DraftFields)
    hung = (c.workspace_id == who.workspace_id) & (c.message_id == row.message_id)
    tx.run(sa.delete(attachments).where(hung, c.id.not_in(fields.attachment_ids)))
    conversation_id = _conversation_of(tx, who, row.message_id)
    _remove_message(tx, who, row.message_id)
    end_empty(tx, who, conversation_id)
    tx.emit(who, MessageWithdrawn(case_id=row.case_id, message_id=row.message_id))
    note_deed(tx, who, "case.undo_side", ("case", row.case_id))
    begun = find_draft(tx, who, row.case_id, "side")
    revision = max(fields.revision, begun.revision if begun is not None else 0)
    return put_draft(tx, who, row.case_id, msgspec.structs.replace(fields, revision=revision))


def _restore_case(tx: Tx, who: Actor, row: sa.Row[Any]) -> None:
    """As it was, but for what others did to it meanwhile."""
    case, before = work_on_case(tx, who, row.case_id), msgspec.convert(row.case_before, Before)
    if case.status == before.after:
        asleep = before.status == "snoozed" and (before.snoozed_until or 0) > tx.now
        status = before.status if before.status != "snoozed" or asleep else "open"
        set_status(tx, who, case.id, status, before.snoozed_until if asleep else None)
    waiting = [one for one in (case.waiting_since, before.waiting_since) if one is not None]
    note_withdrawal(tx, who, case.id, row.message_id, min(waiting, default=None))
    ours = (cases.c.workspace_id == who.workspace_id) & (cases.c.id == case.id) & (cases.c.preview == preview_of(row.text))
    tx.run(sa.update(cases).where(ours).values(preview=before.preview, active_at=before.active_at))


def _remove_message(tx: Tx, who: Actor, message_id: int) -> None:
    """It never left, so it never was: nothing may find it, and nobody may answer it."""
    for table in (departures, message_references, sendings):
        tx.run(sa.delete(table).where(table.c.workspace_id == who.workspace_id, table.c.message_id == message_id))
    c = attachments.c
    tx.run(
        sa.update(attachments).where(c.workspace_id == who.workspace_id, c.message_id == message_id).values(message_id=None, content_id="")
    )
    tx.run(sa.delete(messages).where(messages.c.workspace_id == who.workspace_id, messages.c.id == message_id))
    remove_texts(tx, who, [message_id])


def _conversation_of(tx: Tx, who: Actor, message_id: int) -> int:
    this = (messages.c.workspace_id == who.workspace_id) & (messages.c.id == message_id)
    return int(tx.value(sa.select(messages.c.conversation_id).where(this)))


def _restore_draft(tx: Tx, who: Actor, row: sa.Row[Any], conversation_id: int) -> Draft:
    """What was sent, and below it what was begun since; for the conversation that it was sent in, where the case has others."""
    begun = find_draft(tx, who, row.case_id, "reply")
    text = f"{row.text}\n\n{begun.text}" if begun is not None and begun.text.strip() else row.text
    attachment_ids = (*row.attachment_ids, *(begun.attachment_ids if begun is not None else ()))
    revision = max(row.revision, begun.revision if begun is not None else 0)
    v = conversations.c
    here = sa.select(v.id).where(v.workspace_id == who.workspace_id, v.case_id == row.case_id, ~v.aside)
    sides = {one.id for one in tx.rows(here)}
    apart = Apart(conversation_id=conversation_id) if len(sides) > 1 and conversation_id in sides else None
    fields = DraftFields(text=text, cc=row.cc, bcc=row.bcc, attachment_ids=attachment_ids, revision=revision, apart=apart)
    return put_draft(tx, who, row.case_id, fields)
