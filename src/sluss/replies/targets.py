"""Where an answer to a case goes, and by which way. In: a case. Out: what the composer says in full."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow, access_case
from sluss.cases.models import conversations, message_faces, messages, thread_standings, threads
from sluss.channels.addressing import fold_address, plain_address
from sluss.channels.contract import Address, Capabilities
from sluss.channels.counting import Measure
from sluss.channels.inboxes import Inbox, access_inbox, own_addresses
from sluss.channels.registry import capabilities_of, channel_named
from sluss.contacts.models import contacts, identities
from sluss.kernel.actors import Actor, system
from sluss.kernel.errors import Missing
from sluss.kernel.text import clean_line
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.replies.parting import TEXT, measure_of
from sluss.replies.passages import gone_on_in
from sluss.replies.recipients import can_be_written_to
from sluss.replies.windows import Window, why_shut, window_of

SUBJECT = 300
# Ordering by the bare id would let SQLite walk all messages backwards instead of looking at the few of the case.
_NEWEST = sa.func.coalesce(messages.c.id, 0).desc()
_ANSWERED = re.compile(r"\s*(?:re|sv|svar|odp|aw|antw|vs|ref)\s*(?:\[\d+\])?\s*:\s*", re.IGNORECASE)


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One way out of a case. `closed` says why nothing can be sent; `doubtful` that who wrote last could not be proved to be who it says.

    Of the customer's last message, without us and without the customer: `others` stand in To or Cc of it, `copied` in Cc alone.
    `keeps_copied` says that the inbox copies those in again without being asked.

    Where people meet in public: `visibility` says who reads the answer, `window` how long the network takes one, `measure` how long it may
    be. Of the message `answers_id` that it answers (0: none) come `url`, where people see it, its `audience` and its `spoiler`.
    """

    conversation_id: int
    thread_id: int
    inbox: Inbox
    capabilities: Capabilities
    to: Address
    sender: Address
    others: tuple[Address, ...]
    copied: tuple[Address, ...]
    keeps_copied: bool
    subject: str
    language: str
    closed: str = ""
    doubtful: bool = False
    visibility: Literal["public", "private"] = "private"
    window: Window = Window()
    measure: Measure = Measure(counts="characters", most=TEXT)
    answers_id: int = 0
    url: str = ""
    audience: str = ""
    spoiler: str = ""

    @property
    def must_template(self) -> bool:
        """Nothing but an approved text can be sent now."""
        return self.window.state == "template"

    @property
    def inbox_id(self) -> int:
        return self.inbox.id


def target_of(tx: Tx, who: Actor, case_id: int, conversation_id: int = 0) -> Target:
    """Where an answer goes: the conversation that was chosen, else (0) the one that the customer wrote in last, or was taken to since.

    `Missing` for a conversation of another case, or one beside the customer.
    """
    case = access_case(tx, who, case_id)
    last = _last_conversation(tx, case, conversation_id or gone_on_in(tx, case))
    inbox = access_inbox(tx, system(who.workspace_id), last.inbox_id)
    customer = Address(last.address, last.name)
    others, copied = _others(tx, who, last, customer)
    capabilities = capabilities_of(inbox.channel, last.visibility)
    window = window_of(capabilities, last.window_opened_at or 0, tx.now)
    answered = answered_message(tx, who, last.conversation_id)
    return Target(
        conversation_id=last.conversation_id,
        thread_id=last.thread_id,
        inbox=inbox,
        capabilities=capabilities,
        to=customer,
        sender=Address(inbox.address, name_of(inbox)),
        others=others,
        copied=copied,
        keeps_copied=bool(inbox.settings.get("keep_cc", True)),
        subject=_subject(case, last, capabilities),
        language=last.language,
        closed=_why_closed(case, inbox, last) or why_shut(capabilities, window) or _why_unanswerable(last, answered),
        doubtful=last.proof == "fail",
        visibility=last.visibility,
        window=window,
        measure=measure_of(capabilities, customer.address),
        answers_id=answered.id if answered is not None else 0,
        url=(answered.url if answered is not None else "") or "",
        audience=(answered.audience if answered is not None else "") or "",
        spoiler=(answered.spoiler if answered is not None else "") or "",
    )


def letter_target(tx: Tx, who: Actor, target: Target) -> Target:
    """The way by which letters about the same case can go to others: its own, else the mail inbox by which its inbox goes on."""
    named = int(target.inbox.settings.get("mail_inbox_id") or target.inbox.settings.get("private_mail_inbox_id") or 0)
    if target.capabilities.is_letter or not named:
        return target
    try:
        inbox = access_inbox(tx, system(who.workspace_id), named)
    except Missing:
        return target
    return msgspec.structs.replace(
        target, inbox=inbox, capabilities=channel_named(inbox.channel).capabilities, sender=Address(inbox.address, name_of(inbox))
    )


def name_of(inbox: Inbox) -> str:
    """What others see an inbox called."""
    return str(inbox.settings.get("from_name") or inbox.settings.get("handle") or inbox.name)


def known_people(tx: Tx, who: Actor, case_id: int) -> frozenset[str]:
    """Addresses that wrote in a case, or were written to by us in it."""
    m, i = messages.c, identities.c
    joined = messages.outerjoin(identities, (i.workspace_id == m.workspace_id) & (i.id == m.identity_id))
    rows = tx.rows(sa.select(m.direction, m.to, m.cc, m.bcc, i.address).select_from(joined).where(in_case(who.workspace_id, case_id)))
    written = {one["address"] for row in rows if row.direction == "out" for one in (*row.to, *row.cc, *row.bcc)}
    return frozenset(written | {row.address for row in rows if row.address})


def answer_subject(subject: str) -> str:
    """`Re: …`, once, whatever the customer's program had put before it."""
    plain = clean_line(subject)
    while found := _ANSWERED.match(plain):
        plain = plain[found.end() :]
    return f"Re: {plain}"[:SUBJECT]


def answered_message(tx: Tx, who: Actor, conversation_id: int) -> sa.Row[Any] | None:
    """The customer's last message of a conversation that still stands at its network, with how it stands; None where there is none."""
    m, f = messages.c, message_faces.c
    joined = messages.outerjoin(message_faces, (f.workspace_id == m.workspace_id) & (f.message_id == m.id))
    chosen = sa.select(m.id, m.at, m.sent_at, f.url, f.audience, f.spoiler, f.unanswerable, f.facts).select_from(joined)
    here = (m.workspace_id == who.workspace_id) & (m.conversation_id == conversation_id) & (m.direction == "in")
    return tx.row(chosen.where(here, f.removed_at.is_(None)).order_by((m.id + 0).desc()).limit(1))


def _last_conversation(tx: Tx, case: CaseRow, conversation_id: int) -> sa.Row[Any]:
    m, v, t, i, c, s = messages.c, conversations.c, threads.c, identities.c, contacts.c, thread_standings.c
    joined = (
        conversations.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
        .join(identities, (i.workspace_id == t.workspace_id) & (i.id == t.identity_id))
        .join(contacts, (c.workspace_id == i.workspace_id) & (c.id == i.contact_id))
        .outerjoin(thread_standings, (s.workspace_id == t.workspace_id) & (s.thread_id == t.id))
        .outerjoin(messages, (m.workspace_id == v.workspace_id) & (m.conversation_id == v.id) & (m.direction == "in"))
    )
    chosen = sa.select(
        *(v.id.label("conversation_id"), t.id.label("thread_id"), t.inbox_id, t.visibility, i.address, i.name, c.language),
        *(m.id.label("last_id"), m.subject, m.to, m.cc, m.proof, s.opened_at.label("window_opened_at")),
    ).select_from(joined)
    mine = (v.workspace_id == case.workspace_id) & (v.case_id == case.id) & ~v.aside
    if conversation_id:
        mine &= v.id == conversation_id
    row = tx.row(chosen.where(mine).order_by(_NEWEST, v.id.desc()).limit(1))
    if row is None:
        raise Missing
    return row


def _subject(case: CaseRow, last: sa.Row[Any], capabilities: Capabilities) -> str:
    """What an answer is headed by: nothing where messages bear no subject, and the case is only called by its first words."""
    if last.subject is None:
        return clean_line(case.subject)[:SUBJECT]
    return answer_subject(last.subject or case.subject) if last.subject or capabilities.is_letter else ""


def _others(tx: Tx, who: Actor, last: sa.Row[Any], customer: Address) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    """Who else stands in the customer's last message: all, and those in copy."""
    own = own_addresses(tx, who)
    to, cc = (msgspec.convert(people or [], tuple[Address, ...]) for people in (last.to, last.cc))
    return _without(own, customer, (*to, *cc)), _without(own, customer, cc)


def _without(own: Collection[str], customer: Address, people: Iterable[Address]) -> tuple[Address, ...]:
    kept = {fold_address(one.address): one for one in people if plain_address(one.address) not in own}
    kept.pop(customer.address, None)
    return tuple(one for address, one in kept.items() if can_be_written_to(address))


def _why_closed(case: CaseRow, inbox: Inbox, last: sa.Row[Any]) -> str:
    if case.status == "closed":
        return say("This case is closed. Open it again to answer.")
    if inbox.archived_at is not None:
        return say("The inbox that the customer wrote to was archived, so nothing can be sent by it.")
    if last.visibility == "private" and not can_be_written_to(last.address):
        return say("The sender's address could not be read, so no answer can reach it.")
    return ""


def _why_unanswerable(last: sa.Row[Any], answered: sa.Row[Any] | None) -> str:
    """In public what is gone cannot be answered; elsewhere a talk goes on without it."""
    if answered is not None:
        return answered.unanswerable or ""
    return say("What you would answer was removed at the network.") if last.visibility == "public" and last.last_id is not None else ""


def in_case(workspace_id: int, case_id: int) -> sa.ColumnElement[bool]:
    """Messages of a case, by its few conversations."""
    v = conversations.c
    here = sa.select(v.id).where(v.workspace_id == workspace_id, v.case_id == case_id)
    return (messages.c.workspace_id == workspace_id) & messages.c.conversation_id.in_(here)
