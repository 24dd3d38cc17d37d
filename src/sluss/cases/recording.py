"""Recording what came in, on whole sets.

In: understood messages of one workspace, in order of arrival. Out: threads, cases, messages and events.

A message joins a thread by the token of our reply address, else by reference to a message we know when its sender takes part there. A
stranger who quotes
one of our ids gets a case of his own that says what it claims to continue.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow
from sluss.cases.actions import WAKE, preview_of
from sluss.cases.events import CaseOpened, CaseReopened, MessageReceived
from sluss.cases.known import Strand, known_messages, known_thread_keys, load_strands, threads_by_reference, threads_by_token
from sluss.cases.models import attachments, cases, conversations, message_keys, message_references, messages, threads
from sluss.channels.contract import Address, Inbound
from sluss.contacts.actions import Identity, find_or_make_identities
from sluss.kernel.actors import Actor
from sluss.kernel.clock import DAY
from sluss.kernel.jobs import cancel
from sluss.kernel.search import index_texts
from sluss.kernel.tokens import new_token
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import take_number

SUBJECT = 300
OPEN = {"open", "pending", "snoozed"}


class StoredFile(msgspec.Struct, frozen=True):
    """A file of an incoming message that already lies in the file store."""

    name: str
    media_type: str
    size: int
    digest: str
    content_id: str


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """One understood message with what intake knows about it. `network` names the address space of its sender.

    `history` came before the inbox was connected: its case is closed from the start, and nobody waits for it.
    """

    envelope_id: int
    inbox_id: int
    network: str
    visibility: Literal["public", "private"]
    reopen_days: int
    received_at: int
    inbound: Inbound
    files: tuple[StoredFile, ...] = ()
    history: bool = False


class Recorded(msgspec.Struct, frozen=True):
    """What became of an arrival. `message_id` is the earlier message for a duplicate."""

    envelope_id: int
    outcome: Literal["message", "duplicate"]
    message_id: int


def record_arrivals(tx: Tx, who: Actor, arrivals: Sequence[Arrival]) -> list[Recorded]:
    """Record a set; each message once, however often it came."""
    recording = _Recording(tx, who, arrivals)
    outcomes = [recording.record(one) for one in arrivals]
    recording.store()
    return outcomes


def dedupe_key(arrival: Arrival) -> str:
    """Unique within a workspace: the same mail to two inboxes is two deliveries of it."""
    return f"{arrival.inbox_id}:{arrival.inbound.dedupe_key}"


class _Recording:
    """A set in the making: what is known, and the rows that will be written at the end."""

    def __init__(self, tx: Tx, who: Actor, arrivals: Sequence[Arrival]) -> None:
        self.tx, self.who = tx, who
        inbounds = [one.inbound for one in arrivals]
        self.seen = known_messages(tx, who, [dedupe_key(one) for one in arrivals])
        self.people = self._identities(arrivals)
        self.by_token = threads_by_token(tx, who, [one.thread_token for one in inbounds])
        self.by_reference = threads_by_reference(tx, who, inbounds)
        self.strands = load_strands(tx, who, [*self.by_token.values(), *self.by_reference.values()])
        self.thread_keys = known_thread_keys(tx, who, [one.inbox_id for one in arrivals], inbounds)
        self.rows: dict[sa.Table, list[dict[str, Any]]] = {table: [] for table in _ORDER}
        self.changed: dict[int, CaseRow] = {}
        self.opened: set[int] = set()
        self.texts: list[tuple[int, int, str]] = []

    def record(self, arrival: Arrival) -> Recorded:
        """Decide where a message belongs and prepare its rows."""
        key = dedupe_key(arrival)
        if key in self.seen:
            return Recorded(arrival.envelope_id, "duplicate", self.seen[key])
        identity = self.people[arrival.network, arrival.inbound.sender.address]
        strand = self._strand(arrival, identity)
        message_id = self._message(arrival, identity, strand)
        self.seen[key] = message_id
        self._move_case(arrival, strand)
        if not arrival.history:
            self.tx.emit(self.who, MessageReceived(case_id=strand.case.id, message_id=message_id, automatic=arrival.inbound.automatic))
        return Recorded(arrival.envelope_id, "message", message_id)

    def store(self) -> None:
        """Write everything, one statement per table."""
        self.rows[cases] = [msgspec.structs.asdict(self.changed[one]) for one in sorted(self.opened)]
        for table in _ORDER:
            if self.rows[table]:
                self.tx.run(sa.insert(table), self.rows[table])
        changes = [_case_change(case) for one, case in self.changed.items() if one not in self.opened]
        if changes:
            this = (cases.c.workspace_id == sa.bindparam("w")) & (cases.c.id == sa.bindparam("i"))
            self.tx.run(sa.update(cases).where(this).values({name: sa.bindparam(f"new_{name}") for name in _MOVES}), changes)
        index_texts(self.tx, self.who, self.texts)

    def _identities(self, arrivals: Sequence[Arrival]) -> dict[tuple[str, str], Identity]:
        by_network: dict[str, list[Address]] = {}
        for one in arrivals:
            by_network.setdefault(one.network, []).append(one.inbound.sender)
        found = {network: find_or_make_identities(self.tx, self.who, network, senders) for network, senders in by_network.items()}
        return {(network, address): identity for network, people in found.items() for address, identity in people.items()}

    def _strand(self, arrival: Arrival, identity: Identity) -> Strand:
        """The thread and case that a message belongs to, opened where there is none."""
        strand, claimed = self._find_strand(arrival)
        if strand is None:
            return self._open_thread(arrival, identity, claimed)
        strand.participants.add(identity.address)
        if self._takes_more(strand.case, arrival):
            return strand
        strand.case = self._open_case(arrival, identity, continues=strand.case.id)
        strand.conversation_id, strand.aside = self._open_conversation(strand.thread_id, strand.case.id), False
        return strand

    def _find_strand(self, arrival: Arrival) -> tuple[Strand | None, int]:
        """The strand a message may join, and else the case that it merely claims to continue (0 for none)."""
        thread_id = self.by_token.get(arrival.inbound.thread_token)
        if thread_id in self.strands:
            return self.strands[thread_id], 0
        for reference in arrival.inbound.references:
            strand = self.strands.get(self.by_reference.get(reference, 0))
            if strand is not None:
                takes_part = arrival.inbound.sender.address in strand.participants
                return (strand, 0) if takes_part else (None, strand.case.id)
        return None, 0

    def _takes_more(self, case: CaseRow, arrival: Arrival) -> bool:
        """Whether a case still takes messages: open ones, spam, and solved ones within the inbox's window."""
        if case.status == "closed":
            return arrival.history
        return case.status != "solved" or (case.solved_at or 0) > arrival.received_at - arrival.reopen_days * DAY

    def _open_thread(self, arrival: Arrival, identity: Identity, claimed: int) -> Strand:
        case = self._open_case(arrival, identity, continues=claimed)
        thread_id = self.tx.new_id()
        row = {"id": thread_id, "inbox_id": arrival.inbox_id, "external_key": self._thread_key(arrival, thread_id), "token": new_token()}
        self._add(threads, row | {"visibility": arrival.visibility, "identity_id": identity.id, "created_at": self.tx.now})
        strand = Strand(thread_id, arrival.inbox_id, self._open_conversation(thread_id, case.id), case, {identity.address})
        self.strands[thread_id] = strand
        return strand

    def _thread_key(self, arrival: Arrival, thread_id: int) -> str:
        """The network's key; two different mails may bear one Message-ID, and each keeps a thread of its own."""
        key = arrival.inbound.external_id or str(thread_id)
        if (arrival.inbox_id, key) in self.thread_keys:
            return f"{key}#{thread_id}"
        self.thread_keys.add((arrival.inbox_id, key))
        return key

    def _open_case(self, arrival: Arrival, identity: Identity, continues: int) -> CaseRow:
        case = CaseRow(
            workspace_id=self.who.workspace_id,
            id=self.tx.new_id(),
            number=take_number(self.tx, self.who),
            contact_id=identity.contact_id,
            inbox_id=arrival.inbox_id,
            subject=arrival.inbound.subject[:SUBJECT],
            preview="",
            status="closed" if arrival.history else "open",
            priority="normal",
            assignee_id=None,
            continues_id=continues or None,
            opened_at=arrival.received_at,
            active_at=arrival.received_at,
            waiting_since=None,
            snoozed_until=None,
            solved_at=None,
        )
        self.opened.add(case.id)
        self.changed[case.id] = case
        if not arrival.history:
            self.tx.emit(self.who, CaseOpened(case_id=case.id, inbox_id=arrival.inbox_id, continues_id=continues))
        return case

    def _open_conversation(self, thread_id: int, case_id: int) -> int:
        conversation_id = self.tx.new_id()
        self._add(
            conversations, {"id": conversation_id, "thread_id": thread_id, "case_id": case_id, "opened_at": self.tx.now, "aside": False}
        )
        return conversation_id

    def _message(self, arrival: Arrival, identity: Identity, strand: Strand) -> int:
        one, message_id = arrival.inbound, self.tx.new_id()
        row = {"id": message_id, "conversation_id": strand.conversation_id, "direction": "in", "identity_id": identity.id, "agent_id": None}
        row |= {
            "envelope_id": arrival.envelope_id,
            "external_id": one.external_id,
            "subject": one.subject[:SUBJECT],
            "text": one.text,
            "fresh": one.fresh,
        }
        row |= {"html": one.html, "to": one.to, "cc": one.cc, "automatic": one.automatic, "at": arrival.received_at, "sent_at": one.sent_at}
        row |= {"files": len(arrival.files), "origin": one.origin, "author": "", "proof": one.proof, "warnings": one.warnings}
        self._add(messages, row)
        self._add(message_keys, {"dedupe_key": dedupe_key(arrival), "message_id": message_id})
        if one.external_id:
            self._add(message_references, {"external_id": one.external_id, "message_id": message_id, "thread_id": strand.thread_id})
            self.by_reference[one.external_id] = strand.thread_id
        for file in arrival.files:
            row = {
                "id": self.tx.new_id(),
                "message_id": message_id,
                "note_id": None,
                "case_id": strand.case.id,
                "uploader_id": None,
                "at": self.tx.now,
            }
            self._add(attachments, row | msgspec.structs.asdict(file))
        heading = f"{strand.case.number} {one.sender.name} {one.sender.address} {one.subject}"
        self.texts.append(
            (message_id, strand.case.id, f"{heading}\n{one.fresh or one.text}\n{' '.join(file.name for file in arrival.files)}")
        )
        return message_id

    def _move_case(self, arrival: Arrival, strand: Strand) -> None:
        """The customer waits again, unless a machine wrote or the case is spam."""
        case, changes = strand.case, dict[str, Any]()
        if not arrival.history or arrival.received_at >= case.active_at:
            changes["preview"] = preview_of(arrival.inbound.fresh or arrival.inbound.text) or preview_of(arrival.inbound.subject)
        changes["active_at"] = max(case.active_at, arrival.received_at)
        if not arrival.inbound.automatic and not arrival.history and case.status != "spam":
            if case.waiting_since is None and not strand.aside:
                changes["waiting_since"] = arrival.received_at
            if case.status != "open":
                changes |= {"status": "open", "snoozed_until": None, "solved_at": None}
                cancel(self.tx, self.who, WAKE, str(case.id))
                self.tx.emit(self.who, CaseReopened(case_id=case.id, before=case.status))
        strand.case = self.changed[case.id] = msgspec.structs.replace(case, **changes)
        for other in self.strands.values():
            if other.case.id == case.id:
                other.case = strand.case

    def _add(self, table: sa.Table, row: dict[str, Any]) -> None:
        self.rows[table].append(row | {"workspace_id": self.who.workspace_id})


_ORDER = (threads, cases, conversations, messages, message_keys, message_references, attachments)
_MOVES = ("status", "preview", "active_at", "waiting_since", "snoozed_until", "solved_at")


def _case_change(case: CaseRow) -> dict[str, Any]:
    return {"w": case.workspace_id, "i": case.id} | {f"new_{name}": getattr(case, name) for name in _MOVES}
