"""Answers that one of us gave by another program: found among the account's sent mail, or come as a copy that proves where it is from.

In: arrivals of the direction `out`. Out: messages of ours in the case they belong to; the customer no longer waits. What Sluss itself
sent is recognised, also under another key. What began something new is kept apart until the customer answers it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.actions import preview_of
from sluss.cases.arrivals import Arrival, Recorded
from sluss.cases.copies import say_the_same
from sluss.cases.events import AnsweredElsewhere, StatusChanged
from sluss.cases.known import COMPARED, agents_by_address
from sluss.cases.ledger import Ledger, Writer
from sluss.cases.models import begun_elsewhere, conversations, message_references, messages
from sluss.cases.strands import Strand
from sluss.channels.addressing import plain_address
from sluss.kernel.actors import Actor
from sluss.kernel.clock import MINUTE
from sluss.kernel.tx import Tx

AROUND = 15 * MINUTE
"""How far two clocks may lie apart for a message under a foreign key to be one that we sent."""


class Begun(msgspec.Struct, frozen=True):
    """Something that one of us sent and nobody has answered. `parent` is the nearest message that it refers to."""

    arrival: Arrival
    parent: str
    stored: bool


class Elsewhere:
    """The answers of a set. `own` are our addresses: what goes only to those is no answer to anybody."""

    def __init__(self, ledger: Ledger, arrivals: Sequence[Arrival], own: Mapping[str, object]) -> None:
        self._ledger, self._own = ledger, own
        self._tx, self._who = ledger.tx, ledger.who
        self._begun = {one.arrival.inbound.external_id: one for one in _load_begun(self._tx, self._who, arrivals)}
        outs = [one.inbound for one in arrivals if one.inbound.direction == "out"]
        self._agents = agents_by_address(
            self._tx, self._who, [address.address for one in outs for address in (one.sender, one.author) if address]
        )

    def goes_out(self, arrival: Arrival) -> bool:
        """Whether anybody outside was written to."""
        return arrival.is_networked or any(
            plain_address(one.address) not in self._own for one in (*arrival.inbound.to, *arrival.inbound.cc)
        )

    def answer(self, arrival: Arrival, strand: Strand, key: str) -> Recorded:
        """Record an answer in the strand that it belongs to."""
        ours = self._sent_by_sluss(arrival, strand)
        if ours:
            # Some servers give what they send another key; whoever answers will name that one.
            self._ledger.refer(arrival.inbound.external_id, ours, strand.thread_id)
            return Recorded(arrival.envelope_id, "ours", ours, echoed=arrival.is_networked)
        return Recorded(arrival.envelope_id, "message", self._write(arrival, strand, key))

    def begin(self, arrival: Arrival) -> Recorded:
        """Keep what answers nothing that we know, until somebody answers it."""
        one = arrival.inbound
        if one.external_id not in self._begun:
            begun = Begun(arrival, _parent(arrival), stored=False)
            self._begun[one.external_id] = begun
            self._ledger.add(begun_elsewhere, _begun_row(begun))
        return Recorded(arrival.envelope_id, "begun elsewhere", 0)

    def begun_for(self, arrival: Arrival) -> Begun | None:
        """What one of us had begun, if this answers it and its sender was written to."""
        for reference in arrival.inbound.references:
            begun = self._begun.get(reference)
            people = [one.address for one in (*begun.arrival.inbound.to, *begun.arrival.inbound.cc)] if begun else []
            if arrival.inbound.sender.address in people:
                return begun
        return None

    def resume(self, begun: Begun, strand: Strand) -> None:
        """Put it where it belongs, before the answer to it."""
        self._forget(begun)
        self._write(begun.arrival, strand, "")

    def talk_before(self, arrival: Arrival, strand: Strand) -> None:
        """What we had said in a thread of the network's before its customer said anything."""
        place = _place(arrival)
        said = [one for one in self._begun.values() if place and one.parent == place]
        for begun in sorted(said, key=lambda one: one.arrival.received_at):
            self.resume(begun, strand)

    def answers_before(self, arrival: Arrival, strand: Strand) -> None:
        """Answers to this message that were seen before the message itself."""
        key = arrival.inbound.external_id
        for begun in [one for one in self._begun.values() if key and one.parent == key]:
            self.resume(begun, strand)

    def _write(self, arrival: Arrival, strand: Strand, key: str) -> int:
        one = arrival.inbound
        author = one.author or one.sender
        agent_id, name = self._agents.get(author.address) or self._agents.get(one.sender.address) or (None, author.name or author.address)
        reached = {address.address for address in (*one.to, *one.cc)}
        theirs = arrival.is_networked or bool(reached & strand.participants)
        answers = theirs and not one.automatic and not arrival.history and not strand.aside
        message_id = self._ledger.write(arrival, strand, key, Writer(direction="out", agent_id=agent_id, author=name))
        strand.participants |= {address for address in reached if plain_address(address) not in self._own}
        changes: dict[str, Any] = {"active_at": max(strand.case.active_at, arrival.received_at)}
        if arrival.received_at >= strand.case.active_at:
            changes["preview"] = preview_of(one.fresh or one.text) or preview_of(one.subject)
        if answers:
            changes |= self._stop_clock(strand, min(one.sent_at or arrival.received_at, arrival.received_at))
        before = strand.case.status
        self._ledger.change(strand.case, **changes)
        if not arrival.history:
            self._tx.emit(self._who, AnsweredElsewhere(case_id=strand.case.id, message_id=message_id))
            if strand.case.status != before:
                self._tx.emit(self._who, StatusChanged(case_id=strand.case.id, before=before, after=strand.case.status))
        return message_id

    def _stop_clock(self, strand: Strand, answered_at: int) -> dict[str, Any]:
        """The customer waits for nothing older than the answer; what was written after it waits on."""
        case = strand.case
        if case.waiting_since is not None and case.waiting_since > answered_at:
            return {}
        later = self._asked_after(strand, answered_at) if case.waiting_since is not None else None
        if later is not None:
            return {"waiting_since": later}
        status = "pending" if case.status in {"open", "snoozed"} else case.status
        return {"waiting_since": None, "status": status, "snoozed_until": None}

    def _asked_after(self, strand: Strand, answered_at: int) -> int | None:
        m, v = messages.c, conversations.c
        here = sa.select(v.id).where(v.workspace_id == self._who.workspace_id, v.case_id == strand.case.id, ~v.aside)
        said = (m.workspace_id == self._who.workspace_id) & m.conversation_id.in_([row.id for row in self._tx.rows(here)])
        asked = said & (m.direction == "in") & (m.automatic == "") & (m.at > answered_at)
        stored = self._tx.value(sa.select(sa.func.min(m.at)).where(asked))
        fresh = [
            row["at"]
            for row in self._ledger.rows[messages]
            if row["conversation_id"] == strand.conversation_id and row["direction"] == "in" and not row["automatic"]
        ]
        return min([one for one in (stored, *fresh) if one is not None and one > answered_at], default=None)

    def _sent_by_sluss(self, arrival: Arrival, strand: Strand) -> int:
        """The message of ours that this is, under another key: same recipients, same time, same words. 0 for none."""
        one, m, v = arrival.inbound, messages.c, conversations.c
        at = one.sent_at or arrival.received_at
        here = sa.select(v.id).where(v.workspace_id == self._who.workspace_id, v.thread_id == strand.thread_id)
        said = (m.workspace_id == self._who.workspace_id) & m.conversation_id.in_([row.id for row in self._tx.rows(here)])
        then = said & (m.direction == "out") & (m.origin == "") & m.at.between(at - AROUND, at + AROUND)
        reached = {address.address for address in (*one.to, *one.cc)}
        rows = self._tx.rows(sa.select(m.id, m.to, sa.func.substr(m.text, 1, COMPARED).label("text")).where(then).order_by(m.id))
        if arrival.is_networked:
            named = self._named_by_network([row.id for row in rows])
            return next((row.id for row in rows if row.id not in named and say_the_same(row.text, one.text)), 0)
        for row in rows:
            if reached & {other["address"] for other in row.to} and say_the_same(row.text, one.text):
                return row.id
        return 0

    def _named_by_network(self, message_ids: Sequence[int]) -> set[int]:
        """Those of ours whose key at the network is known: an echo under another one is none of theirs."""
        r, m = message_references.c, messages.c
        joined = message_references.join(messages, (m.workspace_id == r.workspace_id) & (m.id == r.message_id))
        other = (r.workspace_id == self._who.workspace_id) & r.message_id.in_(message_ids) & (r.external_id != m.external_id)
        fresh = {row["message_id"] for row in self._ledger.rows[message_references]}
        return fresh | {row.message_id for row in self._tx.rows(sa.select(r.message_id).select_from(joined).where(other))}

    def _forget(self, begun: Begun) -> None:
        key = begun.arrival.inbound.external_id
        self._begun.pop(key, None)
        if begun.stored:
            this = (begun_elsewhere.c.workspace_id == self._who.workspace_id) & (begun_elsewhere.c.external_id == key)
            self._tx.run(sa.delete(begun_elsewhere).where(this))
        else:
            self._ledger.rows[begun_elsewhere] = [row for row in self._ledger.rows[begun_elsewhere] if row["external_id"] != key]


def _parent(arrival: Arrival) -> str:
    """What must come before it can be placed: the message that it answers, of a private talk anything of the customer's."""
    references = arrival.inbound.references
    place = "" if arrival.is_public and references else _place(arrival)
    return place or (references[0] if references else "")


def _place(arrival: Arrival) -> str:
    return f"thread {arrival.inbox_id} {arrival.inbound.thread_key}" if arrival.inbound.thread_key else ""


def _begun_row(begun: Begun) -> dict[str, Any]:
    """As stored: the files lie in the file store already."""
    arrival = begun.arrival
    bare = msgspec.structs.replace(arrival, inbound=msgspec.structs.replace(arrival.inbound, files=()))
    row = {"external_id": arrival.inbound.external_id, "parent": begun.parent, "inbox_id": arrival.inbox_id}
    return row | {"at": arrival.received_at, "arrival": bare}


def _load_begun(tx: Tx, who: Actor, arrivals: Sequence[Arrival]) -> list[Begun]:
    """What a set may answer, may be once more, or may be the question to."""
    inbounds = [one.inbound for one in arrivals]
    answered = {key for one in inbounds for key in one.references[:20]} | {one.external_id for one in inbounds if one.direction == "out"}
    c = begun_elsewhere.c
    mine = sa.select(c.arrival, c.parent).where(c.workspace_id == who.workspace_id)
    parents = mine.where(c.parent.in_({*(one.external_id for one in inbounds), *map(_place, arrivals)} - {""}))
    rows = [*(tx.rows(mine.where(c.external_id.in_(answered))) if answered else ()), *tx.rows(parents)]
    return [Begun(msgspec.convert(row.arrival, Arrival), row.parent, stored=True) for row in rows]
