"""Passing mail on to a third person. In: messages of a case, words above them, files of theirs. Out: a message aside from the customer.

Only messages can be passed on, and only those of the customer's conversations: notes and words with others stay inside. The case's status
and the customer's clock stay as they are. What one agent can pass on in an hour has an end (T113).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow, work_on_case
from sluss.cases.actions import OutgoingMessage, record_outbound
from sluss.cases.asides import copy_files, open_aside
from sluss.cases.models import attachments, conversations, messages
from sluss.channels.addressing import new_external_id
from sluss.channels.handles import is_handle, shown_address
from sluss.channels.inboxes import own_addresses
from sluss.contacts.models import identities
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.clock import HOUR, SECOND
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing
from sluss.kernel.events import events
from sluss.kernel.ids import first_id_at
from sluss.kernel.text import clean_line, clean_text
from sluss.kernel.text_html import html_of_text
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.outbox.actions import Queued, queue_deliveries
from sluss.people.models import agents
from sluss.people.once import once
from sluss.replies.canned.filling import OPEN, open_fields
from sluss.replies.departing import Departure
from sluss.replies.forming import Letter, letter_of
from sluss.replies.leaving import Leaving, remember
from sluss.replies.quoting import voice_for
from sluss.replies.recipients import Recipients, choose_recipients, read_addresses
from sluss.replies.sending import UNASKED, Crowded, require_seen
from sluss.replies.signatures import signature_of
from sluss.replies.targets import SUBJECT, Target, known_people, letter_target, target_of
from sluss.web.formats import moment
from sluss.web.locale import gettext as _
from sluss.web.locale import speaking

TEXT = 100_000
WHOLE = 200
PER_HOUR = 30
"""Messages that one agent can pass on in an hour."""


class Forward(msgspec.Struct, frozen=True, kw_only=True):
    """What to pass on to whom. `message_id` 0 passes on the whole conversation; `to` as typed; `attachment_ids` of those messages.

    `seen` is the mark of what was shown; without one nothing stops it.
    """

    op: str
    case_id: int
    to: str
    text: str = ""
    message_id: int = 0
    attachment_ids: tuple[int, ...] = ()
    crowd: int = 0
    seen: str = ""

    def essence(self) -> tuple[Any, ...]:
        """See `SendReply.essence`."""
        return (self.case_id, self.to, self.text, self.message_id, sorted(self.attachment_ids))


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """A message that can be passed on. `by` is who wrote it, as it is told."""

    id: int
    at: int
    direction: str
    by: str
    to: str
    subject: str
    text: str


def forward_message(tx: Tx, who: Actor, forward: Forward) -> Departure:
    """Pass on, once per `op`. Raises `Invalid` by field, `Stopped`, `Crowded`, `Conflict` beyond the hour's measure."""
    return once(tx, who, forward.op, _forward, forward)


def passable(tx: Tx, who: Actor, case_id: int, message_id: int = 0) -> list[Passed]:
    """The customer's conversations, oldest first, or the one message of any conversation of the case. Raises `Missing`."""
    m, v, i, a = messages.c, conversations.c, identities.c, agents.c
    joined = messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    joined = joined.outerjoin(identities, (i.workspace_id == m.workspace_id) & (i.id == m.identity_id))
    joined = joined.outerjoin(agents, (a.workspace_id == m.workspace_id) & (a.id == m.agent_id))
    chosen = sa.select(m.id, m.at, m.direction, m.subject, m.fresh, m.text, m.to, m.author, i.name, i.address, a.name.label("agent"))
    here = (m.workspace_id == who.workspace_id) & (v.case_id == case_id)
    wanted = here & (m.id == message_id) if message_id else here & ~v.aside
    rows = tx.rows(chosen.select_from(joined).where(wanted).order_by((m.id + 0).desc()).limit(WHOLE))
    if not rows:
        raise Missing
    return [_passed(row) for row in reversed(rows)]


def files_to_pass(tx: Tx, who: Actor, passed: Sequence[Passed]) -> Sequence[sa.Row[Any]]:
    """The files of messages, as they may be passed on with them."""
    c = attachments.c
    return tx.rows(
        sa.select(attachments).where(c.workspace_id == who.workspace_id, c.message_id.in_([one.id for one in passed])).order_by(c.id)
    )


def _forward(tx: Tx, who: Actor, forward: Forward) -> Departure:
    if who.kind != "agent":
        raise Forbidden("Only agents pass messages on.")
    case = work_on_case(tx, who, forward.case_id)
    target = letter_target(tx, who, target_of(tx, who, case.id))
    if not target.capabilities.is_letter:
        raise Conflict("Nothing can be passed on by this way.")
    if target.inbox.archived_at is not None:
        raise Conflict("The inbox that the customer wrote to was archived, so nothing can be sent by it.")
    require_measure(tx, who)
    recipients = _recipients(tx, who, forward)
    passed = passable(tx, who, case.id, forward.message_id)
    text = clean_text(forward.text)
    if len(text) > TEXT:
        raise Invalid({"body": say("This is too long: at most %(most)s characters can be sent here.", most=TEXT)})
    if unfilled := open_fields(text):
        raise Invalid({"body": say(OPEN, fields=", ".join(unfilled[:3]))})
    _check_files(tx, who, forward, passed, target)
    if forward.seen:
        require_seen(tx, who, case.id, forward.seen)
    return _depart(tx, who, forward, case, (target, recipients, text, passed))


def require_measure(tx: Tx, who: Actor) -> None:
    """Raise `Conflict` for who has written to third persons too often within an hour (T113)."""
    e = events.c
    mine = (e.workspace_id == who.workspace_id) & (e.actor_kind == "agent") & (e.actor_id == who.id)
    lately = (e.kind == "message_forwarded") & (e.id >= first_id_at(tx.now - HOUR))
    if int(tx.value(sa.select(sa.func.count()).select_from(events).where(mine, lately))) >= PER_HOUR:
        raise Conflict(say("You have passed on %(number)s messages within an hour. Wait a while before the next.", number=PER_HOUR))


def _recipients(tx: Tx, who: Actor, forward: Forward) -> Recipients:
    chosen = choose_recipients(read_addresses(forward.to, "to"), (), own_addresses(tx, who))
    if not chosen.to:
        raise Invalid({"to": "Write the address of somebody outside to send this to."})
    fresh = len({one.address for one in chosen.to} - known_people(tx, who, forward.case_id)) if len(chosen.to) > UNASKED else 0
    if fresh > UNASKED and forward.crowd != fresh:
        raise Crowded(fresh)
    return chosen


def _check_files(tx: Tx, who: Actor, forward: Forward, passed: Sequence[Passed], target: Target) -> None:
    """Only files of the very messages that are passed on (T2, T9)."""
    sizes = {row.id: row.size for row in files_to_pass(tx, who, passed)}
    if not set(forward.attachment_ids) <= set(sizes):
        raise Invalid({"file": "One of the files does not belong to these messages."})
    most = target.capabilities.max_file_bytes
    if most is not None and sum(sizes[one] for one in set(forward.attachment_ids)) > most:
        raise Invalid({"file": say("The files are too large together: at most %(most)s MB can be sent here.", most=most // 1_000_000)})


def _depart(tx: Tx, who: Actor, forward: Forward, case: CaseRow, what: tuple[Target, Recipients, str, Sequence[Passed]]) -> Departure:
    target, recipients, text, passed = what
    aside = open_aside(tx, who, case, (target.inbox_id, target.inbox.channel), recipients.to[0])
    letter, subject = _letter(tx, who, target, text, passed), _subject(passed[-1].subject or case.subject)
    outgoing = OutgoingMessage(
        case_id=case.id,
        conversation_id=aside.conversation_id,
        thread_id=aside.thread_id,
        external_id=new_external_id(target.sender.address),
        subject=subject,
        text=letter.text,
        fresh=text.strip() or subject,
        html=letter.html,
        to=recipients.to,
        aside=True,
    )
    message_id = record_outbound(tx, who, outgoing)
    copy_files(tx, who, forward.attachment_ids, message_id)
    tx.run(_count_files(who, message_id, len(set(forward.attachment_ids))))
    seconds = target.capabilities.undo_seconds
    leaves_at = tx.now + seconds * SECOND
    queued = Queued(inbox_id=target.inbox_id, thread_id=aside.thread_id, message_id=message_id, recipients=recipients.to, due_at=leaves_at)
    operation_ids = queue_deliveries(tx, who, queued)
    made_of: dict[str, Any] = {"text": forward.text, "attachment_ids": [], "forward": forward}
    remember(tx, who, Leaving(message_id, leaves_at, case, case.status), made_of)
    note_deed(tx, who, "case.forward", ("case", case.id), number=case.number, recipients=len(recipients.to), messages=len(passed))
    return Departure(message_id=message_id, operation_ids=tuple(operation_ids), leaves_at=leaves_at, undo_seconds=seconds)


def _count_files(who: Actor, message_id: int, number: int) -> sa.Update:
    return sa.update(messages).where(messages.c.workspace_id == who.workspace_id, messages.c.id == message_id).values(files=number)


def _letter(tx: Tx, who: Actor, target: Target, text: str, passed: Sequence[Passed]) -> Letter:
    """Words and signature, and below them what is passed on, each message under a small letterhead."""
    with speaking(voice_for(tx, who, "")):
        parts = [told_message(one) for one in passed]
    below = "\n\n".join(parts)
    return letter_of(text, {}, signature_of(tx, who, target.inbox), (below, "\n<hr>\n".join(html_of_text(one) for one in parts)))


def told_message(one: Passed) -> str:
    """A message under a small letterhead, in the language spoken."""
    lines = [
        _("---------- Forwarded message ----------"),
        f"{_('From')}: {one.by}",
        f"{_('Date')}: {moment(one.at)}",
        *([f"{_('Subject')}: {one.subject}"] if one.subject else []),
        f"{_('To')}: {one.to}",
    ]
    return "\n".join(line.rstrip() for line in lines) + f"\n\n{one.text}"


def _subject(subject: str) -> str:
    plain = clean_line(subject)
    return plain[:SUBJECT] if plain.lower().startswith(("fwd:", "fw:", "vb:")) else f"Fwd: {plain}"[:SUBJECT]


def _passed(row: sa.Row[Any]) -> Passed:
    ours = row.direction == "out"
    by = clean_line(row.agent or row.author) if ours else _shown(row.name or "", row.address)
    said = (row.fresh or row.text) if ours else row.text
    to = ", ".join(_shown(one.get("name", ""), one["address"]) if is_handle(one["address"]) else one["address"] for one in row.to)
    return Passed(
        id=row.id, at=row.at, direction=row.direction, by=by, to=to, subject=clean_line(row.subject), text=clean_text(said)[:TEXT]
    )


def _shown(name: str, address: str) -> str:
    """Somebody with their address, where that says anything to anybody."""
    return clean_line(name or shown_address(address)) if is_handle(address) else f"{clean_line(name)} <{address}>"
