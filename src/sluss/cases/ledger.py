"""A set in the making: the rows that will be written at its end, and the cases as they will be.

In: decisions where a message belongs. Out: one statement per table.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow
from sluss.cases.actions import WAKE
from sluss.cases.arrivals import Arrival
from sluss.cases.events import CaseOpened
from sluss.cases.indexing import index_case, index_messages
from sluss.cases.models import (
    attachments,
    begun_elsewhere,
    case_inboxes,
    cases,
    conversations,
    message_copies,
    message_faces,
    message_keys,
    message_references,
    messages,
    threads,
)
from sluss.cases.strands import STEM, Key, Strand
from sluss.channels.contract import Inbound
from sluss.contacts.actions import Identity
from sluss.kernel.actors import Actor
from sluss.kernel.jobs import cancel
from sluss.kernel.tokens import new_token
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import take_number

SUBJECT = 300
FIRST_WORDS = 80


class Writer(msgspec.Struct, frozen=True, kw_only=True):
    """Who wrote a message: an outside identity, or one of us, whose `author` name is all we know when no agent has the address."""

    direction: Literal["in", "out"] = "in"
    identity_id: int | None = None
    agent_id: int | None = None
    author: str = ""


class Ledger:
    """Everything that a set will change. Cases that it touches are to be read from here."""

    def __init__(self, tx: Tx, who: Actor, strands: dict[Key, Strand], thread_keys: set[tuple[int, str]]) -> None:
        self.tx, self.who, self.strands, self.thread_keys = tx, who, strands, thread_keys
        self.rows: dict[sa.Table, list[dict[str, Any]]] = {table: [] for table in _ORDER}
        self.changed: dict[int, CaseRow] = {}
        self.opened: set[int] = set()
        self.shared: set[tuple[int, int]] = set()

    def add(self, table: sa.Table, row: dict[str, Any]) -> None:
        """A row of this workspace, to be inserted."""
        self.rows[table].append(row | {"workspace_id": self.who.workspace_id})

    def open_case(self, arrival: Arrival, contact_id: int, inbox_id: int, continues: int = 0) -> CaseRow:
        """A new case at an inbox."""
        case = CaseRow(
            workspace_id=self.who.workspace_id,
            id=self.tx.new_id(),
            number=take_number(self.tx, self.who),
            contact_id=contact_id,
            inbox_id=inbox_id,
            subject=_subject(arrival),
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
            self.tx.emit(self.who, CaseOpened(case_id=case.id, inbox_id=inbox_id, continues_id=continues))
        return case

    def open_thread(self, arrival: Arrival, identity: Identity, case: CaseRow, inbox_id: int) -> Strand:
        """A new thread whose first conversation stands in a case."""
        thread_id = self.tx.new_id()
        row = {"id": thread_id, "inbox_id": inbox_id, "external_key": self._thread_key(arrival, thread_id, inbox_id), "token": new_token()}
        self.add(threads, row | {"visibility": arrival.visibility, "identity_id": identity.id, "created_at": self.tx.now})
        strand = Strand(thread_id, inbox_id, self.open_conversation(thread_id, case.id), case, {identity.address})
        self.strands[strand.key] = strand
        return strand

    def open_conversation(self, thread_id: int, case_id: int, branch: int = STEM) -> int:
        """The next episode of a thread."""
        conversation_id = self.tx.new_id()
        row = {"id": conversation_id, "thread_id": thread_id, "case_id": case_id, "opened_at": self.tx.now, "aside": False}
        row |= {"branch_id": branch or None}
        self.add(conversations, row)
        return conversation_id

    def write(self, arrival: Arrival, strand: Strand, key: str, writer: Writer) -> int:
        """A message, by what it will be known, its files and its words for the search. Returns its id."""
        one, message_id = arrival.inbound, self.tx.new_id()
        self.add(messages, _message_row(arrival, strand, writer) | {"id": message_id})
        if (face := _face(one)) is not None:
            self.add(message_faces, face | {"message_id": message_id})
        if key:
            self.add(message_keys, {"dedupe_key": key, "message_id": message_id})
        if one.external_id:
            self.refer(one.external_id, message_id, strand.thread_id)
        self._hang_files(arrival, message_id, strand.case.id)
        if arrival.inbox_id != strand.inbox_id:
            self.copy(message_id, arrival, strand.case)
        return message_id

    def refer(self, external_id: str, message_id: int, thread_id: int) -> None:
        """Whoever names this id means that message."""
        self.add(message_references, {"external_id": external_id, "message_id": message_id, "thread_id": thread_id})

    def copy(self, message_id: int, arrival: Arrival, case: CaseRow) -> None:
        """A message came to an inbox that is not its thread's: whoever handles that one sees the case, too."""
        row = {"message_id": message_id, "inbox_id": arrival.inbox_id, "envelope_id": arrival.envelope_id, "at": arrival.received_at}
        self.add(message_copies, row)
        if arrival.inbox_id != case.inbox_id:
            self.shared.add((case.id, arrival.inbox_id))

    def change(self, case: CaseRow, **changes: Any) -> CaseRow:
        """The case with other values, in every strand that stands in it."""
        if case.status == "snoozed" and changes.get("status", "snoozed") != "snoozed":
            cancel(self.tx, self.who, WAKE, str(case.id))
        now = self.changed[case.id] = msgspec.structs.replace(case, **changes)
        for strand in self.strands.values():
            if strand.case.id == case.id:
                strand.case = now
        return now

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
        if self.shared:
            for case_id in _share(self.tx, self.who, self.shared) - self.opened:
                index_case(self.tx, self.who, case_id)
        index_messages(self.tx, self.who, [row["id"] for row in self.rows[messages]])

    def _thread_key(self, arrival: Arrival, thread_id: int, inbox_id: int) -> str:
        """The network's key; two different mails may bear one Message-ID, and each keeps a thread of its own."""
        if arrival.inbound.thread_key:
            return arrival.inbound.thread_key
        key = arrival.inbound.external_id or str(thread_id)
        if (inbox_id, key) in self.thread_keys:
            return f"{key}#{thread_id}"
        self.thread_keys.add((inbox_id, key))
        return key

    def _hang_files(self, arrival: Arrival, message_id: int, case_id: int) -> None:
        row = {"message_id": message_id, "note_id": None, "case_id": case_id, "uploader_id": None, "at": self.tx.now}
        for file in arrival.files:
            self.add(attachments, row | {"id": self.tx.new_id()} | msgspec.structs.asdict(file))


_ORDER = (
    threads,
    cases,
    conversations,
    messages,
    message_faces,
    message_keys,
    message_references,
    message_copies,
    attachments,
    begun_elsewhere,
)
_MOVES = ("subject", "status", "preview", "active_at", "waiting_since", "snoozed_until", "solved_at")


def _subject(arrival: Arrival) -> str:
    """What a case is called; where messages bear no subject, by the first words of its first."""
    one = arrival.inbound
    if one.subject or not one.thread_key:
        return one.subject[:SUBJECT]
    named = (*(file.name for file in arrival.files), *(want.alt or want.name for want in one.wanted if want.kind == "media"))
    return first_words(one.fresh or one.text) or next((name for name in named if name), "")[:FIRST_WORDS]


def first_words(text: str) -> str:
    """What a case is called where its messages bear no subject: whole words, on one line."""
    line = " ".join(text[: 4 * FIRST_WORDS].split())
    if len(line) <= FIRST_WORDS:
        return line
    begun = line[:FIRST_WORDS]
    return f"{begun.rpartition(' ')[0] or begun[:-1]}…"


def _message_row(arrival: Arrival, strand: Strand, writer: Writer) -> dict[str, Any]:
    one = arrival.inbound
    row: dict[str, Any] = {"conversation_id": strand.conversation_id, "envelope_id": arrival.envelope_id, "external_id": one.external_id}
    row |= msgspec.structs.asdict(writer)
    row |= {"subject": one.subject[:SUBJECT], "text": one.text, "fresh": one.fresh, "html": one.html, "to": one.to, "cc": one.cc}
    row |= {"automatic": one.automatic, "at": arrival.received_at, "sent_at": one.sent_at, "files": len(arrival.files)}
    return row | {"origin": one.origin, "proof": one.proof, "warnings": one.warnings, "return_path": one.return_path}


def _face(one: Inbound) -> dict[str, Any] | None:
    """How a message stands at a network where that can change; None where nothing is told of that, as of mail."""
    told: dict[str, Any] = {"kind": one.kind, "parent_key": one.parent_key, "url": one.url, "audience": one.audience}
    told |= {"spoiler": one.spoiler, "unanswerable": one.unanswerable, "facts": one.facts}
    if not one.visibility and not any(told.values()):
        return None
    return told | {"key": "", "hidden_at": None, "removed_at": None, "removed_by": "", "edited_at": None, "liked_at": None, "changed_at": 0}


def _case_change(case: CaseRow) -> dict[str, Any]:
    return {"w": case.workspace_id, "i": case.id} | {f"new_{name}": getattr(case, name) for name in _MOVES}


def _share(tx: Tx, who: Actor, wanted: set[tuple[int, int]]) -> set[int]:
    """Let those who handle other inboxes see cases; what is so already stays so. Returns the cases that are seen by more."""
    c = case_inboxes.c
    case_ids = sorted({case_id for case_id, _ in wanted})
    known = {(row.case_id, row.inbox_id) for row in tx.rows(sa.select(c.case_id, c.inbox_id).where(_of(case_inboxes, who, case_ids)))}
    fresh = [{"workspace_id": who.workspace_id, "case_id": one, "inbox_id": other} for one, other in sorted(wanted - known)]
    if fresh:
        tx.run(sa.insert(case_inboxes), fresh)
        tx.run(sa.update(cases).where(cases.c.workspace_id == who.workspace_id, cases.c.id.in_(case_ids)).values(shared=1))
    return {row["case_id"] for row in fresh}


def _of(table: sa.Table, who: Actor, case_ids: list[int]) -> sa.ColumnElement[bool]:
    return (table.c.workspace_id == who.workspace_id) & table.c.case_id.in_(case_ids)
