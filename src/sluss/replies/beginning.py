"""Writing first. In: an inbox, an address, a subject, words. Out: a case of our own making, its first message on its way.

It can be taken back as any answer; the case then stays with the words as a draft. What one agent can begin in an hour has an end (T113).
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.access import WORKERS
from sluss.cases.beginning import Beginning, Begun, begin_case
from sluss.channels.inboxes import access_inbox, own_addresses
from sluss.channels.registry import channel_named
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.clock import HOUR
from sluss.kernel.errors import Conflict, Forbidden, Invalid
from sluss.kernel.events import events
from sluss.kernel.ids import first_id_at
from sluss.kernel.text import clean_line
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.people.once import once
from sluss.replies.recipients import choose_recipients, read_addresses
from sluss.replies.sending import SendReply, send_reply
from sluss.replies.targets import SUBJECT

PER_HOUR = 60
"""Conversations that one agent can begin in an hour."""


class Begin(msgspec.Struct, frozen=True, kw_only=True):
    """What to write to whom; `to` as typed."""

    op: str
    inbox_id: int
    to: str
    subject: str
    text: str

    def essence(self) -> tuple[Any, ...]:
        """See `SendReply.essence`."""
        return (self.inbox_id, self.to, self.subject, self.text)


def begin_conversation(tx: Tx, who: Actor, begin: Begin) -> Begun:
    """Write first, once per `op`. Raises `Invalid` by field."""
    return once(tx, who, begin.op, _begin, begin)


def _begin(tx: Tx, who: Actor, begin: Begin) -> Begun:
    if who.kind != "agent" or who.role not in WORKERS:
        raise Forbidden("Your role may read this case and write notes, but not change or answer it.")
    inbox = access_inbox(tx, who, begin.inbox_id)
    if inbox.archived_at is not None or not channel_named(inbox.channel).capabilities.is_letter:
        raise Invalid({"inbox": "Choose an inbox by which mail can be sent."})
    _require_measure(tx, who)
    to, subject = read_addresses(begin.to, "to"), clean_line(begin.subject)
    chosen = choose_recipients(to, (), own_addresses(tx, who))
    faults: dict[str, str] = {}
    if len(chosen.to) != 1 or len(to) != 1:
        faults["to"] = "Write one address, of somebody outside."
    if not 0 < len(subject) <= SUBJECT:
        faults["subject"] = "Write what it is about, in at most 300 characters."
    if not begin.text.strip():
        faults["body"] = "Write the message first."
    if faults:
        raise Invalid(faults)
    begun = begin_case(tx, who, Beginning(inbox.id, inbox.channel, chosen.to[0], subject))
    send_reply(tx, who, SendReply(op=f"{begin.op[:26]}-first", case_id=begun.id, text=begin.text, anyway=True))
    note_deed(tx, who, "case.begin", ("case", begun.id), number=begun.number)
    return begun


def _require_measure(tx: Tx, who: Actor) -> None:
    e = events.c
    mine = (e.workspace_id == who.workspace_id) & (e.actor_kind == "agent") & (e.actor_id == who.id)
    lately = (e.kind == "case_opened") & (e.id >= first_id_at(tx.now - HOUR))
    if int(tx.value(sa.select(sa.func.count()).select_from(events).where(mine, lately))) >= PER_HOUR:
        raise Conflict(say("You have begun %(number)s conversations within an hour. Wait a while before the next.", number=PER_HOUR))
