"""The one way to a case and what hangs under it. A case that the actor may not see is `Missing`, exactly as one that does not exist."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from sluss.cases.models import SHARED_SQL, attachments, case_inboxes, cases, conversations, messages, notes
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Conflict, Forbidden, Missing
from sluss.kernel.schema import fields
from sluss.kernel.tx import Tx
from sluss.kernel.words import say

Status = Literal["open", "pending", "snoozed", "solved", "closed", "spam"]
Priority = Literal["low", "normal", "high", "urgent"]
WORKERS = {"admin", "lead", "agent"}
READERS = WORKERS | {"reviewer"}


class CaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A case as stored; instants in microseconds UTC."""

    workspace_id: int
    id: int
    number: int
    contact_id: int
    inbox_id: int
    subject: str
    preview: str
    status: Status
    priority: Priority
    assignee_id: int | None
    continues_id: int | None
    opened_at: int
    active_at: int
    waiting_since: int | None
    snoozed_until: int | None
    solved_at: int | None
    merged_into_id: int | None = None


_CASE = sa.select(*fields(CaseRow, cases))


class Merged(Conflict):
    """The case is part of another one now, where everything goes on."""

    def __init__(self, number: int) -> None:
        super().__init__(say("This case was merged into #%(number)s. Go on there.", number=number))
        self.number = number


class AttachmentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A file and where it lies."""

    id: int
    message_id: int | None
    note_id: int | None
    case_id: int | None
    uploader_id: int | None
    name: str
    media_type: str
    size: int
    digest: str
    content_id: str
    alt: str = ""


def access_case(tx: Tx, who: Actor, case_id: int) -> CaseRow:
    """The case of an id."""
    return _seen(tx, who, tx.struct(CaseRow, _CASE.where(cases.c.workspace_id == who.workspace_id, cases.c.id == case_id)))


def access_case_no(tx: Tx, who: Actor, number: int) -> CaseRow:
    """The case of a number, as people say it."""
    return _seen(tx, who, tx.struct(CaseRow, _CASE.where(cases.c.workspace_id == who.workspace_id, cases.c.number == number)))


def work_on_case(tx: Tx, who: Actor, case_id: int) -> CaseRow:
    """The case of an id, for a change: reading is not enough. Held until the transaction ends: of two changes one sees the other."""
    this = _CASE.where(cases.c.workspace_id == who.workspace_id, cases.c.id == case_id)
    case = _seen(tx, who, tx.struct(CaseRow, this.with_for_update()))
    if who.kind == "agent" and who.role not in WORKERS:
        sentence = "Your role may read this case and write notes, but not change or answer it."
        raise Forbidden(sentence)
    return require_whole(tx, who, case)


def hold_case(tx: Tx, who: Actor, case_id: int) -> CaseRow:
    """The case of an id, for what reading is enough for: whoever writes in it goes one after the other, and none in one that was merged."""
    access_case(tx, who, case_id)
    tx.row(sa.select(cases.c.id).where(cases.c.workspace_id == who.workspace_id, cases.c.id == case_id).with_for_update())
    return require_whole(tx, who, access_case(tx, who, case_id))


def require_whole(tx: Tx, who: Actor, case: CaseRow) -> CaseRow:
    """The case, unless it was merged into another: what is begun in it would not be seen. Raises `Merged`."""
    if case.merged_into_id is not None:
        raise Merged(lead_on(tx, who, case).number)
    return case


def lead_on(tx: Tx, who: Actor, case: CaseRow) -> CaseRow:
    """Where a case goes on: itself, unless it was merged."""
    while case.merged_into_id is not None:
        case = access_case(tx, who, case.merged_into_id)
    return case


def access_message(tx: Tx, who: Actor, message_id: int) -> sa.Row[Any]:
    """A message with the `case_id` it stands in, through that case."""
    m, v = messages, conversations
    joined = m.join(v, (v.c.workspace_id == m.c.workspace_id) & (v.c.id == m.c.conversation_id))
    row = tx.row(sa.select(m, v.c.case_id).select_from(joined).where(m.c.workspace_id == who.workspace_id, m.c.id == message_id))
    if row is None:
        raise Missing
    access_case(tx, who, row.case_id)
    return row


def access_attachment(tx: Tx, who: Actor, attachment_id: int) -> AttachmentRow:
    """A file, through the message, note or draft that it hangs on; a draft's file is its uploader's alone."""
    mine = (attachments.c.workspace_id == who.workspace_id) & (attachments.c.id == attachment_id)
    found = tx.struct(AttachmentRow, sa.select(*fields(AttachmentRow, attachments)).where(mine))
    if found is None:
        raise Missing
    if found.message_id is not None:
        access_message(tx, who, found.message_id)
    elif found.note_id is not None:
        noted = sa.select(notes.c.case_id).where(notes.c.workspace_id == who.workspace_id, notes.c.id == found.note_id)
        access_case(tx, who, int(tx.value(noted)))
    elif found.uploader_id != who.id or found.case_id is None:
        raise Missing
    else:
        access_case(tx, who, found.case_id)
    return found


def visible_to(who: Actor) -> sa.ColumnElement[bool]:
    """The condition that keeps a list of cases to what the actor may see: those of an inbox of theirs, and what came there, too."""
    mine = cases.c.workspace_id == who.workspace_id
    if who.kind == "agent" and who.role not in READERS:
        return sa.false()
    return mine if who.inbox_ids is None else mine & at_inboxes(who.inbox_ids)


def at_inboxes(inbox_ids: Collection[int]) -> sa.ColumnElement[bool]:
    """The condition that a case is at one of these inboxes, by itself or because a message of it came there as well."""
    return cases.c.inbox_id.in_(inbox_ids) | shared_with(inbox_ids)


def shared_with(inbox_ids: Collection[int]) -> sa.ColumnElement[bool]:
    """The condition that messages of a case came to one of these inboxes, though it is at home in another."""
    c = case_inboxes.c
    here = sa.exists().where(c.workspace_id == cases.c.workspace_id, c.case_id == cases.c.id, c.inbox_id.in_(inbox_ids))
    return sa.text(SHARED_SQL) & here


def other_inboxes(tx: Tx, who: Actor, case_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """Inboxes to which messages of cases came besides their own; only cases that have any."""
    if not case_ids:
        return {}
    c = case_inboxes.c
    found: dict[int, frozenset[int]] = {}
    for row in tx.rows(sa.select(c.case_id, c.inbox_id).where(c.workspace_id == who.workspace_id, c.case_id.in_(case_ids))):
        found[row.case_id] = found.get(row.case_id, frozenset()) | {row.inbox_id}
    return found


def _seen(tx: Tx, who: Actor, case: CaseRow | None) -> CaseRow:
    if case is None:
        raise Missing
    if who.kind == "agent" and who.role not in READERS:
        raise Missing
    if not who.may_see_inbox(case.inbox_id) and not any(map(who.may_see_inbox, other_inboxes(tx, who, [case.id]).get(case.id, ()))):
        raise Missing
    return case
