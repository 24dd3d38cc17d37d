"""Asking somebody beside the customer: a colleague elsewhere, a supplier. In: words, people, what goes along. Out: a message aside.

Each question is a conversation of its own in the case, with its own subject and thread; the answer comes back into it. The customer
takes no part: who is asked aside stands in no answer to the customer, and the customer in no question. Only what the agent chooses goes
along, of what the customer and we said to each other; notes and other questions stay inside. No clock of the customer runs by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.access import AttachmentRow, CaseRow, work_on_case
from sluss.cases.actions import OutgoingMessage, record_outbound
from sluss.cases.asides import Aside, begin_side, copy_files, find_aside
from sluss.cases.models import conversations, messages
from sluss.channels.addressing import fold_address, new_external_id
from sluss.channels.contract import Address
from sluss.channels.inboxes import own_addresses
from sluss.contacts.models import identities
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.clock import SECOND
from sluss.kernel.errors import Conflict, Forbidden, Invalid
from sluss.kernel.text import clean_line, clean_text
from sluss.kernel.text_html import html_of_text
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.outbox.actions import Queued, queue_deliveries
from sluss.people.models import agents, credentials
from sluss.people.once import once
from sluss.replies.attaching import require_free
from sluss.replies.canned.filling import OPEN, open_fields
from sluss.replies.departing import Departure
from sluss.replies.drafts import Apart, DraftFields, discard_draft
from sluss.replies.forming import Letter, letter_of
from sluss.replies.forwarding import TEXT, Passed, files_to_pass, passable, require_measure, told_message
from sluss.replies.leaving import Leaving, remember
from sluss.replies.quoting import voice_for
from sluss.replies.recipients import Recipients, choose_recipients, read_addresses, split_people
from sluss.replies.sending import UNASKED, Crowded, require_seen
from sluss.replies.signatures import signature_of
from sluss.replies.targets import SUBJECT, Target, answer_subject, known_people, letter_target, target_of
from sluss.web.locale import speaking


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """A question beside the customer. `to` as typed: addresses, or names of agents. `seen` as for an answer; without one nothing stops it.

    `apart.quoted` are messages that go along, `apart.passed` files of theirs, `attachment_ids` the agent's own uploads.
    """

    op: str
    case_id: int
    text: str
    apart: Apart
    attachment_ids: tuple[int, ...] = ()
    revision: int = 0
    crowd: int = 0
    seen: str = ""

    def essence(self) -> tuple[Any, ...]:
        """See `SendReply.essence`."""
        return (self.case_id, self.text, self.apart, len(self.attachment_ids))


def send_side(tx: Tx, who: Actor, side: Side) -> Departure:
    """Ask, once per `op`. Raises `Invalid` by field, `Stopped`, `Crowded`, `Missing` for another case's conversation."""
    return once(tx, who, side.op, _send, side)


def people_of(tx: Tx, who: Actor, conversation_id: int) -> tuple[Address, ...]:
    """Who takes part in a conversation beside the customer: those written to last, and who wrote last."""
    m, i = messages.c, identities.c
    joined = messages.outerjoin(identities, (i.workspace_id == m.workspace_id) & (i.id == m.identity_id))
    here = (m.workspace_id == who.workspace_id) & (m.conversation_id == conversation_id)
    chosen = sa.select(m.direction, m.to, i.address, i.name).select_from(joined).where(here, m.automatic == "")
    found: dict[str, Address] = {}
    for row in tx.rows(chosen.order_by((m.id + 0).desc()).limit(20)):
        if row.direction == "in":
            found.setdefault(row.address, Address(row.address, row.name))
        else:
            for one in msgspec.convert(row.to, tuple[Address, ...]):
                found.setdefault(one.address, one)
            break
    return tuple(found.values())


def subject_of(tx: Tx, case: CaseRow, conversation_id: int) -> str:
    """What a conversation beside the customer of this very case is about; empty for any other."""
    m, v = messages.c, conversations.c
    joined = messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    here = (m.workspace_id == case.workspace_id) & (v.id == conversation_id) & (v.case_id == case.id) & v.aside
    return str(tx.value(sa.select(m.subject).select_from(joined).where(here).order_by(m.id + 0).limit(1)) or "")


class _Way(msgspec.Struct, frozen=True):
    target: Target
    recipients: Recipients
    text: str
    subject: str
    passed: Sequence[Passed]
    aside: Aside | None


def _send(tx: Tx, who: Actor, side: Side) -> Departure:
    if who.kind != "agent":
        raise Forbidden("Only agents ask others.")
    case = work_on_case(tx, who, side.case_id)
    target = _target(tx, who, case)
    require_measure(tx, who)
    aside = find_aside(tx, case, side.apart.conversation_id) if side.apart.conversation_id else None
    text, subject = _words(side, subject_of(tx, case, aside.conversation_id) if aside else "")
    recipients = _recipients(tx, who, side, target)
    passed = _quoted(tx, who, side)
    _check_files(tx, who, side, (target, passed))
    if side.seen:
        require_seen(tx, who, case.id, side.seen)
    return _depart(tx, who, side, case, _Way(target, recipients, text, subject, passed, aside))


def _target(tx: Tx, who: Actor, case: CaseRow) -> Target:
    target = letter_target(tx, who, target_of(tx, who, case.id))
    if not target.capabilities.is_letter:
        raise Conflict("Nobody can be asked aside by this way.")
    if target.inbox.archived_at is not None:
        raise Conflict("The inbox that the customer wrote to was archived, so nothing can be sent by it.")
    return target


def _words(side: Side, about: str) -> tuple[str, str]:
    text, subject = clean_text(side.text), answer_subject(about) if about else clean_line(side.apart.subject).strip()
    if not text.strip():
        raise Invalid({"body": "Write the question first."})
    if len(text) > TEXT:
        raise Invalid({"body": say("This is too long: at most %(most)s characters can be sent here.", most=TEXT)})
    if unfilled := open_fields(text):
        raise Invalid({"body": say(OPEN, fields=", ".join(unfilled[:3]))})
    if not subject:
        raise Invalid({"subject": "Write what it is about."})
    return text, subject[:SUBJECT]


def _recipients(tx: Tx, who: Actor, side: Side, target: Target) -> Recipients:
    named = _named(tx, who, side.apart.to)
    chosen = choose_recipients(named, (), own_addresses(tx, who))
    if not chosen.to:
        raise Invalid({"to": "Write whom to ask: an address, or the name of a colleague."})
    customers = _customers(tx, who, side.case_id) | {fold_address(target.to.address)}
    for one in chosen.to:
        if one.address in customers:
            raise Invalid({"to": say("%(address)s is the customer. Answer by Reply instead.", address=one.address)})
    fresh = len({one.address for one in chosen.to} - known_people(tx, who, side.case_id)) if len(chosen.to) > UNASKED else 0
    if fresh > UNASKED and side.crowd != fresh:
        raise Crowded(fresh)
    return chosen


def _named(tx: Tx, who: Actor, typed: str) -> list[Address]:
    """Addresses as typed; a word without `@` is a colleague's name."""
    found: list[Address] = []
    colleagues: Mapping[str, Sequence[Address]] | None = None
    for part in split_people(typed, "to"):
        if "@" in part:
            found += read_addresses(part, "to")
            continue
        colleagues = colleagues if colleagues is not None else _colleagues(tx, who)
        known = colleagues.get(part.casefold(), ())
        if len(known) != 1:
            several = say("Several colleagues are called “%(name)s”. Write an address.", name=part[:80])
            nobody = say("“%(name)s” is neither an address nor the name of a colleague.", name=part[:80])
            raise Invalid({"to": several if known else nobody})
        found += known
    return found


def _colleagues(tx: Tx, who: Actor) -> dict[str, list[Address]]:
    a, c = agents.c, credentials.c
    joined = agents.join(credentials, c.id == a.credential_id)
    wanted = sa.select(a.name, c.email).select_from(joined).where(a.workspace_id == who.workspace_id, a.disabled_at.is_(None))
    found: dict[str, list[Address]] = {}
    for row in tx.rows(wanted):
        found.setdefault(row.name.casefold(), []).append(Address(fold_address(row.email), row.name))
    return found


def _customers(tx: Tx, who: Actor, case_id: int) -> set[str]:
    """Every address of the case's contact."""
    i, case = identities.c, work_on_case(tx, who, case_id)
    theirs = sa.select(i.address).where(i.workspace_id == who.workspace_id, i.contact_id == case.contact_id)
    return {row.address for row in tx.rows(theirs)}


def _quoted(tx: Tx, who: Actor, side: Side) -> Sequence[Passed]:
    """The chosen ones of what the customer and we said to each other (T2)."""
    wanted = set(side.apart.quoted)
    found = [one for one in passable(tx, who, side.case_id) if one.id in wanted] if wanted else []
    if len(found) != len(wanted):
        raise Invalid({"quote": "One of the messages cannot be quoted here. Choose them again."})
    return found


def _check_files(tx: Tx, who: Actor, side: Side, what: tuple[Target, Sequence[Passed]]) -> None:
    """Files of the quoted messages alone, and the agent's own uploads (T9, T10)."""
    target, passed = what
    sizes = {row.id: row.size for row in files_to_pass(tx, who, passed)} if passed else {}
    if not set(side.apart.passed) <= set(sizes):
        raise Invalid({"file": "One of the files does not belong to these messages."})
    own: list[AttachmentRow] = require_free(tx, who, side.case_id, side.attachment_ids)
    total, most = sum(sizes[one] for one in set(side.apart.passed)) + sum(one.size for one in own), target.capabilities.max_file_bytes
    if most is not None and total > most:
        raise Invalid({"file": say("The files are too large together: at most %(most)s MB can be sent here.", most=most // 1_000_000)})


def _depart(tx: Tx, who: Actor, side: Side, case: CaseRow, way: _Way) -> Departure:
    target, to = way.target, way.recipients.to
    aside = way.aside or begin_side(tx, who, case, (target.inbox_id, target.inbox.channel), to[0])
    letter = _letter(tx, who, way)
    outgoing = OutgoingMessage(
        case_id=case.id,
        conversation_id=aside.conversation_id,
        thread_id=aside.thread_id,
        external_id=new_external_id(target.sender.address),
        subject=way.subject,
        text=letter.text,
        fresh=way.text.strip(),
        html=letter.html,
        to=to,
        attachment_ids=side.attachment_ids,
        aside=True,
    )
    message_id = record_outbound(tx, who, outgoing)
    copy_files(tx, who, side.apart.passed, message_id)
    m, files = messages.c, len(set(side.apart.passed)) + len(side.attachment_ids)
    tx.run(sa.update(messages).where(m.workspace_id == who.workspace_id, m.id == message_id).values(files=files))
    seconds = target.capabilities.undo_seconds
    leaves_at = tx.now + seconds * SECOND
    queued = Queued(inbox_id=target.inbox_id, thread_id=aside.thread_id, message_id=message_id, recipients=to, due_at=leaves_at)
    operation_ids = queue_deliveries(tx, who, queued)
    # Taken back, it is written anew: a conversation that it began is gone by then.
    kept = DraftFields(kind="side", text=side.text, attachment_ids=side.attachment_ids, revision=side.revision, apart=side.apart)
    remember(tx, who, Leaving(message_id, leaves_at, case, case.status), {"text": side.text, "attachment_ids": [], "side": kept})
    discard_draft(tx, who, case.id, "side")
    note_deed(tx, who, "case.side", ("case", case.id), number=case.number, recipients=len(to), messages=len(way.passed))
    return Departure(message_id=message_id, operation_ids=tuple(operation_ids), leaves_at=leaves_at, undo_seconds=seconds)


def _letter(tx: Tx, who: Actor, way: _Way) -> Letter:
    """Words and signature, and below them what goes along, each message under a small letterhead."""
    signature = signature_of(tx, who, way.target.inbox)
    if not way.passed:
        return letter_of(way.text, {}, signature, None)
    with speaking(voice_for(tx, who, "")):
        parts = [told_message(one) for one in way.passed]
    return letter_of(way.text, {}, signature, ("\n\n".join(parts), "\n<hr>\n".join(html_of_text(one) for one in parts)))
