"""Sending an answer. In: what the composer holds. Out: a message, one delivery per recipient and the case moved on, in one transaction.

The send is stopped when the case has news that the sender has not seen; nothing is lost then, the draft stays.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow, Status, access_case, work_on_case
from sluss.cases.actions import OutgoingMessage, add_note, record_outbound, set_status
from sluss.cases.models import cases
from sluss.channels.addressing import new_external_id
from sluss.channels.contract import Address, Capabilities
from sluss.channels.inboxes import own_addresses
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.clock import MINUTE, SECOND
from sluss.kernel.errors import Conflict, Forbidden, Invalid
from sluss.kernel.text import clean_text
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.outbox.actions import Queued, queue_deliveries
from sluss.people.once import once
from sluss.replies.attaching import require_free
from sluss.replies.drafts import discard_draft
from sluss.replies.models import departures
from sluss.replies.recipients import choose_recipients, read_cc
from sluss.replies.targets import News, Target, news_since, target_of

TEXT = 100_000


class SendReply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer. `op` is the form's own key: the same op is sent once. `cc` as typed; `seen` is the last item shown."""

    op: str
    case_id: int
    text: str
    cc: str = ""
    attachment_ids: tuple[int, ...] = ()
    seen: int = 0
    revision: int = 0
    then: Literal["stay", "solve"] = "stay"
    anyway: bool = False


class WriteNote(msgspec.Struct, frozen=True, kw_only=True):
    """A note; see `SendReply`."""

    op: str
    case_id: int
    text: str
    attachment_ids: tuple[int, ...] = ()


class Departure(msgspec.Struct, frozen=True, kw_only=True):
    """An answer on its way. Until `leaves_at` (microseconds UTC) it can be taken back with any of its operations."""

    message_id: int
    operation_ids: tuple[int, ...]
    leaves_at: int
    undo_seconds: int


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """What a case was before an answer, and the status that the answer gave it."""

    status: Status
    snoozed_until: int | None
    waiting_since: int | None
    active_at: int
    preview: str
    after: Status


class Stopped(Conflict):
    """The case has news that the sender had not seen; nothing was sent, the draft is as it was."""

    def __init__(self, news: News) -> None:
        super().__init__("Not sent: the case has news that you have not seen.")
        self.news = news


def send_reply(tx: Tx, who: Actor, reply: SendReply) -> Departure:
    """Answer a case, once per `op`. Raises `Stopped`, `Invalid` by field, `Conflict` when nothing can be sent by this way."""
    return once(tx, who, reply.op, _send, reply)


def write_note(tx: Tx, who: Actor, note: WriteNote) -> int:
    """Write a note, once per `op`, and let its draft go. Returns the note's id."""
    return once(tx, who, note.op, _note, note)


def _send(tx: Tx, who: Actor, reply: SendReply) -> Departure:
    if who.kind != "agent":
        raise Forbidden("Only agents answer.")
    case = _locked_case(tx, who, reply.case_id)
    target = target_of(tx, who, case.id)
    if target.closed:
        raise Conflict(target.closed)
    text = _checked_text(reply, target.capabilities)
    recipients = choose_recipients(target.to, _read_cc(reply, target.capabilities), own_addresses(tx, who))
    _check_files(tx, who, reply, target.capabilities)
    news = None if reply.anyway else news_since(tx, who, case.id, reply.seen)
    if news is not None:
        raise Stopped(news)
    return _depart(tx, who, reply, case, (target, text, recipients))


def _note(tx: Tx, who: Actor, note: WriteNote) -> int:
    if who.kind != "agent":
        raise Forbidden("Only agents write notes.")
    access_case(tx, who, note.case_id)
    require_free(tx, who, note.case_id, note.attachment_ids)
    note_id = add_note(tx, who, note.case_id, clean_text(note.text), note.attachment_ids)
    discard_draft(tx, who, note.case_id, "note")
    return note_id


def _locked_case(tx: Tx, who: Actor, case_id: int) -> CaseRow:
    """Two answers to one case go one after the other, so that the second can see the first."""
    tx.row(sa.select(cases.c.id).where(cases.c.workspace_id == who.workspace_id, cases.c.id == case_id).with_for_update())
    return work_on_case(tx, who, case_id)


def _checked_text(reply: SendReply, capabilities: Capabilities) -> str:
    text, most = clean_text(reply.text), capabilities.max_length or TEXT
    if not text.strip() and not reply.attachment_ids:
        raise Invalid({"body": "Write the answer first."})
    if len(text) > most:
        raise Invalid({"body": say("This is too long: at most %(most)s characters can be sent here.", most=most)})
    return text


def _read_cc(reply: SendReply, capabilities: Capabilities) -> tuple[Address, ...]:
    cc = read_cc(reply.cc)
    if cc and not capabilities.can_cc:
        raise Invalid({"cc": "Nobody can be copied in on this way."})
    return cc


def _check_files(tx: Tx, who: Actor, reply: SendReply, capabilities: Capabilities) -> None:
    files = require_free(tx, who, reply.case_id, reply.attachment_ids)
    if files and not capabilities.can_attach:
        raise Invalid({"file": "Files cannot be sent on this way."})
    most = capabilities.max_file_bytes
    if most is not None and sum(one.size for one in files) > most:
        raise Invalid({"file": say("The files are too large together: at most %(most)s MB can be sent here.", most=most // 1_000_000)})


def _depart(tx: Tx, who: Actor, reply: SendReply, case: CaseRow, whither: tuple[Target, str, tuple[Address, ...]]) -> Departure:
    target, text, recipients = whither
    outgoing = OutgoingMessage(
        case_id=case.id,
        conversation_id=target.conversation_id,
        thread_id=target.thread_id,
        external_id=new_external_id(target.sender.address),
        subject=target.subject,
        text=text,
        to=recipients[:1],
        cc=recipients[1:],
        attachment_ids=reply.attachment_ids,
    )
    message_id = record_outbound(tx, who, outgoing)
    seconds = target.capabilities.undo_seconds
    leaves_at = tx.now + seconds * SECOND
    queued = Queued(inbox_id=target.inbox_id, thread_id=target.thread_id, message_id=message_id, recipients=recipients, due_at=leaves_at)
    operation_ids = queue_deliveries(tx, who, queued)
    after = _move_on(tx, who, case, reply.then)
    _remember(tx, who, reply, _Leaving(message_id, leaves_at, case, after))
    discard_draft(tx, who, case.id, "reply")
    note_deed(tx, who, "case.reply", ("case", case.id), number=case.number, recipients=len(recipients))
    return Departure(message_id=message_id, operation_ids=tuple(operation_ids), leaves_at=leaves_at, undo_seconds=seconds)


def _move_on(tx: Tx, who: Actor, case: CaseRow, then: str) -> Status:
    """Answered, the customer owes the next word; a solved case stays solved."""
    after: Status = "solved" if then == "solve" or case.status == "solved" else "pending"
    set_status(tx, who, case.id, after)
    return after


class _Leaving(msgspec.Struct, frozen=True):
    message_id: int
    leaves_at: int
    case: CaseRow
    after: Status


def _remember(tx: Tx, who: Actor, reply: SendReply, leaving: _Leaving) -> None:
    """Keep the way back until the message has left; forget the agent's older ones."""
    c, case = departures.c, leaving.case
    tx.run(sa.delete(departures).where(c.workspace_id == who.workspace_id, c.agent_id == who.id, c.leaves_at < tx.now - MINUTE))
    before = Before(after=leaving.after, **{name: getattr(case, name) for name in Before.__struct_fields__ if name != "after"})
    row: dict[str, Any] = {"workspace_id": who.workspace_id, "message_id": leaving.message_id, "case_id": case.id, "agent_id": who.id}
    row |= {"leaves_at": leaving.leaves_at, "text": reply.text, "cc": reply.cc, "attachment_ids": list(reply.attachment_ids)}
    tx.run(sa.insert(departures), row | {"revision": reply.revision, "case_before": before})
