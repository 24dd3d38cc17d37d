"""Threads as the next message finds them. In: ids of threads. Out: each with its newest conversation, that one's case, and who takes part.

A thread that was taken apart (part of it moved to another case) has a branch for each part, and the next message goes on where the one
stands that it answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow
from sluss.cases.known import Reference, case_columns, case_of_row
from sluss.cases.models import cases, conversations, messages, threads
from sluss.contacts.models import identities
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx

REMEMBERED = 40
"""Messages of a conversation whose writers and recipients are looked at."""
STEM = 0
"""The branch of a thread that was never taken apart."""

Key = tuple[int, int]
"""A thread and one of its branches."""


class Strand(msgspec.Struct):
    """One branch of a thread with its newest conversation and that one's case; changes while a set is being recorded.

    `aside`: with a third person, to whom something was passed on; the customer neither waits nor is answered there. `written_at` is our
    newest message there (its id).
    """

    thread_id: int
    inbox_id: int
    conversation_id: int
    case: CaseRow
    participants: set[str]
    aside: bool = False
    branch: int = STEM
    written_at: int = 0

    @property
    def key(self) -> Key:
        return self.thread_id, self.branch


class Strands:
    """The strands of a set, and which of them a message means."""

    def __init__(self, tx: Tx, who: Actor, thread_ids: Iterable[int], references: Mapping[str, Sequence[Reference]]) -> None:
        self.by_key = load_strands(tx, who, thread_ids)
        self._parts: dict[int, list[Strand]] = {}
        for strand in self.by_key.values():
            self._parts.setdefault(strand.thread_id, []).append(strand)
        newest = {key: found[-1] for key, found in references.items()}
        apart = [one.message_id for one in newest.values() if len(self._parts.get(one.thread_id, ())) > 1]
        branches = branches_of(tx, who, apart) if apart else {}
        self._by_reference = {key: self._key_of(one, branches) for key, one in newest.items()}

    def begin(self, strand: Strand) -> None:
        """A thread that the set itself has opened: more of it may come."""
        self.by_key[strand.key] = strand
        self._parts[strand.thread_id] = [strand]

    def remember(self, external_id: str, strand: Strand) -> None:
        """A message of the set itself: whoever names it means its strand."""
        self._by_reference[external_id] = strand.key

    def named(self, reference: str) -> Strand | None:
        """The strand of the message that a network key names."""
        key = self._by_reference.get(reference)
        return self.by_key.get(key) if key is not None else None

    def of_thread(self, thread_id: int, references: Iterable[str]) -> Strand | None:
        """A thread's strand; of a thread that was taken apart the one that is answered, else the one that we wrote in last."""
        parts = self._parts.get(thread_id, ())
        if len(parts) > 1:
            answered = (self.named(one) for one in references)
            meant = next((one for one in answered if one is not None and one.thread_id == thread_id), None)
            return meant or max(parts, key=lambda one: (one.written_at, one.conversation_id))
        return parts[0] if parts else None

    def _key_of(self, one: Reference, branches: Mapping[int, int]) -> Key:
        parts = self._parts.get(one.thread_id, ())
        if len(parts) == 1:
            return parts[0].key
        return one.thread_id, branches.get(one.message_id, STEM)


def load_strands(tx: Tx, who: Actor, thread_ids: Iterable[int]) -> dict[Key, Strand]:
    """Every branch of threads, its case held until the set is recorded."""
    wanted = sorted(set(thread_ids))
    if not wanted:
        return {}
    rows = _held(tx, who, wanted)
    people, written = _participants(tx, who, wanted)
    strands = [_strand(row, people.get(row.thread_id, set()) | {row.owner}, written.get(row.conversation_id, 0)) for row in rows]
    return {one.key: one for one in strands}


def branches_of(tx: Tx, who: Actor, message_ids: Sequence[int]) -> dict[int, int]:
    """The branch that messages stand in."""
    m, v = messages.c, conversations.c
    joined = messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    rows = tx.rows(sa.select(m.id, v.branch_id).select_from(joined).where(m.workspace_id == who.workspace_id, m.id.in_(message_ids)))
    return {row.id: row.branch_id or STEM for row in rows}


def _held(tx: Tx, who: Actor, thread_ids: Sequence[int]) -> Sequence[sa.Row[Any]]:
    """The newest conversation of each branch with its case.

    Held, so that what an agent does to a case meanwhile comes after the set instead of being written over. Whoever waited for one that was
    merged just then looks again.
    """
    while True:
        rows = tx.rows(_newest(who, thread_ids).order_by(cases.c.id).with_for_update(of=cases))
        if tx.conn.dialect.name == "sqlite":
            return rows
        now = tx.rows(_newest(who, thread_ids).order_by(cases.c.id))
        if [(row.conversation_id, row.case_id) for row in now] == [(row.conversation_id, row.case_id) for row in rows]:
            return rows


def _newest(who: Actor, thread_ids: Sequence[int]) -> sa.Select[Any]:
    v, t, c, i = conversations.c, threads.c, cases.c, identities.c
    newest = (
        sa.select(sa.func.max(v.id))
        .where(v.workspace_id == who.workspace_id, v.thread_id.in_(thread_ids))
        .group_by(v.thread_id, sa.func.coalesce(v.branch_id, STEM))
    )
    joined = conversations.join(cases, (c.workspace_id == v.workspace_id) & (c.id == v.case_id))
    joined = joined.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
    joined = joined.join(identities, (i.workspace_id == t.workspace_id) & (i.id == t.identity_id))
    chosen = sa.select(
        t.id.label("thread_id"),
        t.inbox_id.label("thread_inbox_id"),
        v.id.label("conversation_id"),
        v.aside,
        v.branch_id,
        i.address.label("owner"),
        *case_columns(),
    )
    return chosen.select_from(joined).where(v.workspace_id == who.workspace_id, v.id.in_(newest))


def _strand(row: sa.Row[Any], people: set[str], written_at: int) -> Strand:
    return Strand(
        thread_id=row.thread_id,
        inbox_id=row.thread_inbox_id,
        conversation_id=row.conversation_id,
        case=case_of_row(row),
        participants=people,
        aside=row.aside,
        branch=row.branch_id or STEM,
        written_at=written_at,
    )


def _participants(tx: Tx, who: Actor, thread_ids: Sequence[int]) -> tuple[dict[int, set[str]], dict[int, int]]:
    """By thread the addresses that wrote last or were written to by us: only they and who began it may continue it by quoting an id.

    And by conversation our newest message.
    """
    v, m = conversations.c, messages.c
    spoken = tx.rows(sa.select(v.id, v.thread_id).where(v.workspace_id == who.workspace_id, v.thread_id.in_(thread_ids)))
    # The conversations are named, so that nobody walks all messages.
    turn = sa.func.row_number().over(partition_by=m.conversation_id, order_by=m.id.desc()).label("turn")
    last = sa.select(m.id, turn).where(m.workspace_id == who.workspace_id, m.conversation_id.in_([row.id for row in spoken])).subquery()
    chosen = sa.select(m.id, m.conversation_id, m.direction, m.to, m.cc, m.identity_id)
    rows = tx.rows(chosen.where(m.workspace_id == who.workspace_id, m.id.in_(sa.select(last.c.id).where(last.c.turn <= REMEMBERED))))
    thread_of = {row.id: row.thread_id for row in spoken}
    found: dict[int, set[str]] = {}
    written: dict[int, int] = {}
    writers = _writers(tx, who, {row.identity_id for row in rows if row.identity_id})
    for row in rows:
        people = found.setdefault(thread_of[row.conversation_id], set())
        if row.direction == "out":
            people.update(one["address"] for one in [*row.to, *row.cc])
            written[row.conversation_id] = max(written.get(row.conversation_id, 0), row.id)
        elif row.identity_id in writers:
            people.add(writers[row.identity_id])
    return found, written


def _writers(tx: Tx, who: Actor, identity_ids: set[int]) -> dict[int, str]:
    c = identities.c
    rows = tx.rows(sa.select(c.id, c.address).where(c.workspace_id == who.workspace_id, c.id.in_(identity_ids)))
    return {row.id: row.address for row in rows}
