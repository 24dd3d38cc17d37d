"""Where an answer to a case goes, by which way, and what its writer has not seen. In: a case. Out: what the composer says in full."""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow, access_case
from sluss.cases.models import conversations, messages, notes, threads
from sluss.channels.addressing import fold_address, plain_address
from sluss.channels.contract import Address, Capabilities
from sluss.channels.inboxes import Inbox, access_inbox, own_addresses
from sluss.channels.registry import channel_named
from sluss.contacts.models import identities
from sluss.kernel.actors import Actor, system
from sluss.kernel.errors import Missing
from sluss.kernel.text import clean_line
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.people.models import agents
from sluss.replies.recipients import can_be_written_to

SUBJECT = 300
EXCERPT = 500
# Ordering by the bare id would let SQLite walk all messages backwards instead of looking at the few of the case.
_NEWEST = sa.func.coalesce(messages.c.id, 0).desc()
_ANSWERED = re.compile(r"\s*(?:re|sv|svar|odp|aw|antw|vs|ref)\s*(?:\[\d+\])?\s*:\s*", re.IGNORECASE)


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One way out of a case. `others` took part in the last message and may be copied in; `closed` says why nothing can be sent."""

    conversation_id: int
    thread_id: int
    inbox_id: int
    channel: str
    capabilities: Capabilities
    to: Address
    sender: Address
    others: tuple[Address, ...]
    subject: str
    closed: str = ""


class News(msgspec.Struct, frozen=True, kw_only=True):
    """Something in the case that the sender had not seen. `text` is its beginning, `at` in microseconds UTC."""

    id: int
    kind: Literal["message", "note"]
    by: str
    at: int
    text: str


def target_of(tx: Tx, who: Actor, case_id: int) -> Target:
    """Where an answer goes: the conversation that the customer wrote in last."""
    case = access_case(tx, who, case_id)
    last = _last_conversation(tx, case)
    inbox = access_inbox(tx, system(who.workspace_id), last.inbox_id)
    customer = Address(last.address, last.name)
    return Target(
        conversation_id=last.conversation_id,
        thread_id=last.thread_id,
        inbox_id=inbox.id,
        channel=inbox.channel,
        capabilities=channel_named(inbox.channel).capabilities,
        to=customer,
        sender=Address(inbox.address, str(inbox.settings.get("from_name") or inbox.name)),
        others=_others(tx, who, case, customer),
        subject=answer_subject(last.subject or case.subject),
        closed=_why_closed(case, inbox, customer),
    )


def news_since(tx: Tx, who: Actor, case_id: int, seen: int) -> News | None:
    """The newest thing that somebody else wrote in a case after the item `seen`; automatic messages do not count."""
    found = [one for one in (_newest_message(tx, who, case_id, seen), _newest_note(tx, who, case_id, seen)) if one is not None]
    return max(found, key=lambda one: one.id, default=None)


def answer_subject(subject: str) -> str:
    """`Re: …`, once, whatever the customer's program had put before it."""
    plain = clean_line(subject)
    while found := _ANSWERED.match(plain):
        plain = plain[found.end() :]
    return f"Re: {plain}"[:SUBJECT]


def _last_conversation(tx: Tx, case: CaseRow) -> sa.Row[Any]:
    m, v, t, i = messages.c, conversations.c, threads.c, identities.c
    joined = (
        conversations.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
        .join(identities, (i.workspace_id == t.workspace_id) & (i.id == t.identity_id))
        .outerjoin(messages, (m.workspace_id == v.workspace_id) & (m.conversation_id == v.id) & (m.direction == "in"))
    )
    chosen = sa.select(v.id.label("conversation_id"), t.id.label("thread_id"), t.inbox_id, i.address, i.name, m.subject).select_from(joined)
    mine = (v.workspace_id == case.workspace_id) & (v.case_id == case.id)
    row = tx.row(chosen.where(mine).order_by(_NEWEST, v.id.desc()).limit(1))
    if row is None:
        raise Missing
    return row


def _others(tx: Tx, who: Actor, case: CaseRow, customer: Address) -> tuple[Address, ...]:
    m = messages.c
    inbound = _in_case(case.workspace_id, case.id) & (m.direction == "in")
    row = tx.row(sa.select(m.to, m.cc).where(inbound).order_by(_NEWEST).limit(1))
    present = msgspec.convert([*row.to, *row.cc], tuple[Address, ...]) if row is not None else ()
    own = own_addresses(tx, who)
    kept = {fold_address(one.address): one for one in present if plain_address(one.address) not in own}
    kept.pop(customer.address, None)
    return tuple(kept.values())


def _why_closed(case: CaseRow, inbox: Inbox, customer: Address) -> str:
    if case.status == "closed":
        return say("This case is closed. Open it again to answer.")
    if inbox.archived_at is not None:
        return say("The inbox that the customer wrote to was archived, so nothing can be sent by it.")
    if not can_be_written_to(customer.address):
        return say("The sender's address could not be read, so no answer can reach it.")
    return ""


def _newest_message(tx: Tx, who: Actor, case_id: int, seen: int) -> News | None:
    m, i, a = messages.c, identities.c, agents.c
    joined = messages.outerjoin(identities, (i.workspace_id == m.workspace_id) & (i.id == m.identity_id)).outerjoin(
        agents, (a.workspace_id == m.workspace_id) & (a.id == m.agent_id)
    )
    others = m.agent_id.is_(None) | (m.agent_id != who.id)
    wanted = _in_case(who.workspace_id, case_id) & (m.id > seen) & others & (m.automatic == "")
    chosen = sa.select(m.id, m.at, m.fresh, sa.func.coalesce(a.name, i.name).label("by")).select_from(joined)
    row = tx.row(chosen.where(wanted).order_by(_NEWEST).limit(1))
    return News(id=row.id, kind="message", by=row.by, at=row.at, text=row.fresh[:EXCERPT]) if row is not None else None


def _in_case(workspace_id: int, case_id: int) -> sa.ColumnElement[bool]:
    """Messages of a case, by its few conversations."""
    v = conversations.c
    here = sa.select(v.id).where(v.workspace_id == workspace_id, v.case_id == case_id)
    return (messages.c.workspace_id == workspace_id) & messages.c.conversation_id.in_(here)


def _newest_note(tx: Tx, who: Actor, case_id: int, seen: int) -> News | None:
    n, a = notes.c, agents.c
    joined = notes.join(agents, (a.workspace_id == n.workspace_id) & (a.id == n.agent_id))
    wanted = (n.workspace_id == who.workspace_id) & (n.case_id == case_id) & (n.id > seen) & (n.agent_id != who.id)
    row = tx.row(sa.select(n.id, n.at, n.text, a.name).select_from(joined).where(wanted).order_by(n.id.desc()).limit(1))
    return News(id=row.id, kind="note", by=row.name, at=row.at, text=row.text[:EXCERPT]) if row is not None else None
