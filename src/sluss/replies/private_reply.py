"""Answering a public message in private, where its network allows that. In: a public message, words. Out: a private way of the same case.

Most networks allow one such message, and only for some days; what follows waits for the customer's answer.
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow, access_message, work_on_case
from sluss.cases.models import conversations, message_faces, messages, threads
from sluss.cases.ways import Way as Path
from sluss.cases.ways import open_way
from sluss.channels.contract import Address
from sluss.channels.inboxes import access_inbox
from sluss.channels.models import inboxes
from sluss.channels.registry import capabilities_of
from sluss.contacts.models import identities
from sluss.kernel.actors import Actor, system
from sluss.kernel.clock import DAY, HOUR
from sluss.kernel.errors import Conflict, Forbidden, Invalid
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.outbox.models import operations, sendings
from sluss.people.once import once
from sluss.replies.attaching import require_free
from sluss.replies.departing import Departure, Way, depart
from sluss.replies.parting import part_answer
from sluss.replies.recipients import Recipients
from sluss.replies.sending import checked_text, require_money, require_seen
from sluss.replies.targets import Target, target_of


class PrivateReply(msgspec.Struct, frozen=True, kw_only=True):
    """A private answer to the public message `message_id`; the rest as in `SendReply`."""

    op: str
    case_id: int
    message_id: int
    text: str
    attachment_ids: tuple[int, ...] = ()
    seen: str = ""
    revision: int = 0
    anyway: bool = False
    then: str = "stay"

    def essence(self) -> tuple[Any, ...]:
        """See `SendReply.essence`."""
        return (self.case_id, self.message_id, self.text, len(self.attachment_ids), self.then)


def reply_privately(tx: Tx, who: Actor, reply: PrivateReply) -> Departure:
    """Answer in private, once per `op`. Raises `Conflict` with the reason where the network does not allow it, and as `send_reply` does."""
    return once(tx, who, reply.op, _reply, reply)


def why_not_privately(tx: Tx, who: Actor, message_id: int) -> str:
    """One sentence where a message cannot be answered in private by its network; empty where it can."""
    access_message(tx, who, message_id)
    row = _public(tx, who, message_id)
    can = capabilities_of(row.channel, row.visibility)
    facts: dict[str, Any] = row.facts or {}
    theirs = row.direction == "in" and row.visibility == "public"
    if not theirs or not can.can_reply_privately or facts.get("can_reply_privately") is False:
        return say("The network offers no private answer to this message.")
    if row.archived_at is not None or row.removed_at is not None:
        gone = say("What you would answer was removed at the network.")
        return (
            say("The inbox that the customer wrote to was archived, so nothing can be sent by it.") if row.archived_at is not None else gone
        )
    if can.private_reply_hours is None:
        return ""
    if tx.now >= (row.sent_at or row.at) + can.private_reply_hours * HOUR:
        days = can.private_reply_hours * HOUR // DAY
        return say("This message is older than %(number)s days, so the network takes no private answer to it any more.", number=days)
    if _answered_privately(tx, who, message_id):
        return say("This message was answered in private already; the network allows that once.")
    return ""


def _reply(tx: Tx, who: Actor, reply: PrivateReply) -> Departure:
    if who.kind != "agent":
        raise Forbidden("Only agents answer.")
    case = work_on_case(tx, who, reply.case_id)
    if access_message(tx, who, reply.message_id).case_id != case.id:
        raise Conflict("This message is part of another case by now.")
    if case.status == "closed":
        raise Conflict("This case is closed. Open it again to answer.")
    if why := why_not_privately(tx, who, reply.message_id):
        raise Conflict(why)
    if not reply.anyway:
        require_seen(tx, who, case.id, reply.seen)
    row = _public(tx, who, reply.message_id)
    target = _target(tx, who, case, row)
    require_money(tx, who, target)
    files = require_free(tx, who, case.id, reply.attachment_ids)
    parts = part_answer(checked_text(reply.text, files), files, target.capabilities, target.measure)
    if len(parts) > 1 and capabilities_of(row.channel, row.visibility).private_reply_hours is not None:
        raise Invalid({"body": "The network takes one message here. Shorten it, and send files when the customer has answered."})
    way = Way(target=target, recipients=Recipients((target.to,)), parts=parts, answers_id=reply.message_id, is_private_reply=True)
    kept: dict[str, Any] = {"text": reply.text, "attachment_ids": list(reply.attachment_ids), "revision": reply.revision}
    return depart(tx, who, case, way, kept, then=reply.then)


def _target(tx: Tx, who: Actor, case: CaseRow, row: sa.Row[Any]) -> Target:
    """The private way to the author, opened where there is none; no window of it is open yet, and none need be."""
    inbox, v = access_inbox(tx, system(who.workspace_id), row.inbox_id), conversations.c
    thread_id = open_way(tx, who, case, Path(inbox.id, inbox.channel, Address(row.address, row.name)))
    here = (v.workspace_id == who.workspace_id) & (v.thread_id == thread_id) & (v.case_id == case.id)
    conversation_id = int(tx.value(sa.select(sa.func.max(v.id)).where(here)))
    return msgspec.structs.replace(target_of(tx, who, case.id, conversation_id), closed="", answers_id=row.id)


def _public(tx: Tx, who: Actor, message_id: int) -> Any:
    m, v, t, i, f = messages.c, conversations.c, threads.c, identities.c, message_faces.c
    joined = (
        messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
        .join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
        .outerjoin(identities, (i.workspace_id == m.workspace_id) & (i.id == m.identity_id))
        .outerjoin(message_faces, (f.workspace_id == m.workspace_id) & (f.message_id == m.id))
    )
    x = inboxes.c
    joined = joined.join(inboxes, (x.workspace_id == t.workspace_id) & (x.id == t.inbox_id))
    chosen = sa.select(m.id, m.direction, m.at, m.sent_at, t.visibility, t.inbox_id, x.channel, x.archived_at, i.address, i.name)
    chosen = chosen.add_columns(f.removed_at, f.facts).select_from(joined)
    return tx.row(chosen.where(m.workspace_id == who.workspace_id, m.id == message_id))


def _answered_privately(tx: Tx, who: Actor, message_id: int) -> bool:
    s, o = sendings.c, operations.c
    joined = sendings.join(operations, (o.workspace_id == s.workspace_id) & (o.message_id == s.message_id))
    mine = (s.workspace_id == who.workspace_id) & (s.answers_id == message_id) & s.is_private_reply
    counted = o.state.not_in(("failed", "cancelled")) & (o.kind == "send")
    return tx.row(sa.select(s.message_id).select_from(joined).where(mine, counted).limit(1)) is not None
