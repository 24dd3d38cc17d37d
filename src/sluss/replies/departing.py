"""An answer leaves: its messages, their deliveries, and the way back. In: a case, a way out, parts. Out: rows, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow, Status
from sluss.cases.actions import OutgoingMessage, record_outbound, set_status
from sluss.channels.addressing import new_external_id
from sluss.channels.contract import TemplateUse
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.clock import SECOND
from sluss.kernel.tx import Tx
from sluss.outbox.actions import Queued, queue_deliveries
from sluss.outbox.models import sendings
from sluss.replies.drafts import discard_draft
from sluss.replies.forming import form_answer, place_pictures
from sluss.replies.leaving import Leaving, remember
from sluss.replies.parting import Part
from sluss.replies.recipients import Recipients
from sluss.replies.targets import Target


class Departure(msgspec.Struct, frozen=True, kw_only=True):
    """An answer on its way. Until `leaves_at` (microseconds UTC) it can be taken back with any of its operations.

    `message_id` is its first message; a long one has several (`message_ids`).
    """

    message_id: int
    operation_ids: tuple[int, ...]
    leaves_at: int
    undo_seconds: int
    message_ids: tuple[int, ...] = ()


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """Where an answer goes, to whom, and in how many messages. `answers_id` is the message that it answers."""

    target: Target
    recipients: Recipients
    parts: Sequence[Part]
    answers_id: int = 0
    spoiler: str = ""
    template: TemplateUse | None = None
    is_private_reply: bool = False


def depart(tx: Tx, who: Actor, case: CaseRow, way: Way, kept: dict[str, Any], *, then: str = "stay") -> Departure:
    """Store an answer and queue it. `kept` is what it was made of, for whoever takes it back."""
    leaves_at = tx.now + way.target.capabilities.undo_seconds * SECOND
    message_ids, operation_ids = list[int](), list[int]()
    for part in way.parts:
        message_id = _record(tx, who, case, way, part)
        _note_sending(tx, who, way, (message_id, message_ids[-1] if message_ids else None))
        queued = Queued(
            inbox_id=way.target.inbox_id,
            thread_id=way.target.thread_id,
            message_id=message_id,
            recipients=way.recipients.everybody,
            due_at=leaves_at,
        )
        operation_ids += queue_deliveries(tx, who, queued)
        message_ids.append(message_id)
    after = _move_on(tx, who, case, then)
    remember(tx, who, Leaving(message_ids[0], leaves_at, case, after), kept)
    discard_draft(tx, who, case.id, "reply")
    deed, number = "case.reply_privately" if way.is_private_reply else "case.reply", len(way.recipients.everybody)
    note_deed(tx, who, deed, ("case", case.id), number=case.number, recipients=number)
    return Departure(
        message_id=message_ids[0],
        operation_ids=tuple(operation_ids),
        leaves_at=leaves_at,
        undo_seconds=way.target.capabilities.undo_seconds,
        message_ids=tuple(message_ids),
    )


def _record(tx: Tx, who: Actor, case: CaseRow, way: Way, part: Part) -> int:
    target, recipients = way.target, way.recipients
    pictures = place_pictures(tx, who, part.files, part.text, target.sender.address) if target.capabilities.is_letter else {}
    letter = form_answer(tx, who, target, part.text, pictures)
    outgoing = OutgoingMessage(
        case_id=case.id,
        conversation_id=target.conversation_id,
        thread_id=target.thread_id,
        external_id=new_external_id(target.sender.address),
        subject=target.subject,
        text=letter.text,
        fresh=part.text,
        html=letter.html,
        to=recipients.to,
        cc=recipients.cc,
        bcc=recipients.bcc,
        attachment_ids=tuple(one.id for one in part.files),
    )
    return record_outbound(tx, who, outgoing)


def _note_sending(tx: Tx, who: Actor, way: Way, chain: tuple[int, int | None]) -> None:
    """How it goes at its network; a letter says that itself."""
    if way.target.capabilities.is_letter:
        return
    message_id, follows_id = chain
    row: dict[str, Any] = {"workspace_id": who.workspace_id, "message_id": message_id, "follows_id": follows_id}
    row |= {"answers_id": way.answers_id or None, "is_private_reply": way.is_private_reply}
    tx.run(sa.insert(sendings), row | {"spoiler": way.spoiler, "template": way.template})


def _move_on(tx: Tx, who: Actor, case: CaseRow, then: str) -> Status:
    """Answered, the customer owes the next word; a solved case stays solved."""
    after: Status = "solved" if then == "solve" or case.status == "solved" else "pending"
    set_status(tx, who, case.id, after)
    return after
