"""What hangs on a case, and how it goes along. In: two cases, or a conversation. Out: rows that lead elsewhere, each named for the log.

`HANGING` says of every table with a case what becomes of it when the case is merged; a table that nobody thought of fails a test.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

import sqlalchemy as sa

from sluss.cases.access import CaseRow, other_inboxes
from sluss.cases.indexing import index_case, index_messages, index_notes
from sluss.cases.models import (
    attachments,
    case_followers,
    case_inboxes,
    case_mentions,
    case_tags,
    cases,
    conversations,
    message_copies,
    messages,
    note_mentions,
    notes,
    threads,
)
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.merging.log import CONVERSATION, MESSAGE, NOTE, Thing
from sluss.replies.models import departures

TAG, FOLLOWER, MENTION, INBOX, FILE = "tag", "follower", "mention", "inbox", "file"
AT_ONCE = 400
"""Documents that are put into the search again at once; more follow soon."""

HANGING: Mapping[str, Literal["moves", "joins", "stays"]] = {
    "conversations": "moves",
    "notes": "moves",
    "note_mentions": "moves",
    "attachments": "moves",
    "departures": "moves",
    "drafts": "moves",
    "case_tags": "joins",
    "case_followers": "joins",
    "case_mentions": "joins",
    "case_inboxes": "joins",
    # What was done with the case, by its own number, and what is over in a moment.
    **dict.fromkeys(("automatic_answers", "bulk_cases", "macro_runs", "notifications", "presences", "proposals", "case_moves"), "stays"),
    **dict.fromkeys(("waiting_answers", "notice_cases", "sluices", "private_links"), "stays"),
}

_JOINED = {TAG: (case_tags, "tag_id"), FOLLOWER: (case_followers, "agent_id"), MENTION: (case_mentions, "agent_id")}


def carry_all(tx: Tx, who: Actor, source: CaseRow, target: CaseRow) -> list[Thing]:
    """Everything of one case into another, but for drafts."""
    v, n, a = conversations.c, notes.c, attachments.c
    spoken = [row.id for row in tx.rows(sa.select(v.id).where(_of(conversations, source)).order_by(v.id))]
    noted = [row.id for row in tx.rows(sa.select(n.id).where(_of(notes, source)).order_by(n.id))]
    loose = sa.select(a.id).where(_of(attachments, source), a.message_id.is_(None), a.note_id.is_(None))
    files = [row.id for row in tx.rows(loose)]
    move_conversations(tx, who, spoken, target.id)
    move_notes(tx, who, noted, target.id)
    move_files(tx, who, files, target.id)
    moved = [(CONVERSATION, spoken), (NOTE, noted), (FILE, files)]
    things = [Thing(kind, one, source.id, target.id) for kind, ids in moved for one in ids]
    return [*things, *_join(tx, source, target), *share(tx, who, target, [source.inbox_id, *_shared(tx, who, source)])]


def move_conversations(tx: Tx, who: Actor, ids: Sequence[int], case_id: int) -> None:
    """Let conversations stand in a case, with their files and what has not left yet."""
    if not ids:
        return
    tx.run(sa.update(conversations).where(_these(conversations, who, ids)).values(case_id=case_id))
    follow_messages(tx, who, ids, case_id)


def follow_messages(tx: Tx, who: Actor, conversation_ids: Sequence[int], case_id: int) -> None:
    """Files and departures stand where their message does."""
    m = messages.c
    said = sa.select(m.id).where(m.workspace_id == who.workspace_id, m.conversation_id.in_(conversation_ids))
    for table in (attachments, departures):
        mine = (table.c.workspace_id == who.workspace_id) & table.c.message_id.in_(said)
        tx.run(sa.update(table).where(mine).values(case_id=case_id))


def move_notes(tx: Tx, who: Actor, ids: Sequence[int], case_id: int) -> None:
    """Let notes stand in a case."""
    if not ids:
        return
    tx.run(sa.update(notes).where(_these(notes, who, ids)).values(case_id=case_id))
    for table in (attachments, note_mentions):
        mine = (table.c.workspace_id == who.workspace_id) & table.c.note_id.in_(ids)
        tx.run(sa.update(table).where(mine).values(case_id=case_id))


def move_files(tx: Tx, who: Actor, ids: Sequence[int], case_id: int) -> None:
    """Let uploads that were not sent yet wait in a case."""
    if ids:
        waiting = _these(attachments, who, ids) & attachments.c.message_id.is_(None) & attachments.c.note_id.is_(None)
        tx.run(sa.update(attachments).where(waiting).values(case_id=case_id))


def share(tx: Tx, who: Actor, case: CaseRow, inbox_ids: Collection[int] = ()) -> list[Thing]:
    """Let a case be seen wherever its messages came to, and at these inboxes. What that adds is returned."""
    known = {case.inbox_id, *_shared(tx, who, case)}
    added = sorted({*reached_by(tx, case), *inbox_ids} - known)
    if added:
        key = {"workspace_id": case.workspace_id, "case_id": case.id}
        tx.run(sa.insert(case_inboxes), [key | {"inbox_id": one} for one in added])
        _mark_shared(tx, who, case)
    return [Thing(INBOX, one, case.id, case.id) for one in added]


def part(tx: Tx, who: Actor, case: CaseRow, things: Sequence[Thing]) -> None:
    """Take from a case what a move had added to it; who is reached by its messages still, sees it still."""
    for kind, (table, column) in _JOINED.items():
        gone = [one.id for one in things if one.kind == kind]
        if gone:
            tx.run(sa.delete(table).where(_of(table, case), table.c[column].in_(gone)))
    inboxes = {one.id for one in things if one.kind == INBOX and one.to_id == case.id} - reached_by(tx, case)
    if inboxes:
        tx.run(sa.delete(case_inboxes).where(_of(case_inboxes, case), case_inboxes.c.inbox_id.in_(inboxes)))
        _mark_shared(tx, who, case)


def reached_by(tx: Tx, case: CaseRow) -> set[int]:
    """Inboxes by which the conversations of a case run, and to which its messages came as well; not its own."""
    v, t, m, k = conversations.c, threads.c, messages.c, message_copies.c
    joined = conversations.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
    runs = {row.inbox_id for row in tx.rows(sa.select(t.inbox_id).select_from(joined).where(_of(conversations, case)).distinct())}
    spoken = [row.id for row in tx.rows(sa.select(v.id).where(_of(conversations, case)))]
    said = sa.select(m.id).where(m.workspace_id == case.workspace_id, m.conversation_id.in_(spoken))
    copied = sa.select(k.inbox_id).where(k.workspace_id == case.workspace_id, k.message_id.in_(said)).distinct()
    return (runs | {row.inbox_id for row in tx.rows(copied)}) - {case.inbox_id}


def index_moved(tx: Tx, who: Actor, things: Sequence[Thing], case_ids: Collection[int]) -> None:
    """Let what moved be found where it stands now; all of both cases soon."""
    spoken = {one.id for one in things if one.kind == CONVERSATION} | {one.to_id for one in things if one.kind == MESSAGE}
    m = messages.c
    said = sa.select(m.id).where(m.workspace_id == who.workspace_id, m.conversation_id.in_(spoken)).order_by(m.id.desc()).limit(AT_ONCE)
    index_messages(tx, who, [row.id for row in tx.rows(said)])
    index_notes(tx, who, [one.id for one in things if one.kind == NOTE][:AT_ONCE])
    for case_id in case_ids:
        index_case(tx, who, case_id)


def _join(tx: Tx, source: CaseRow, target: CaseRow) -> list[Thing]:
    """Tags, followers and who was called are those of both; who left by their own wish is not brought back."""
    things: list[Thing] = []
    for kind, (table, column) in _JOINED.items():
        known = {row[0] for row in tx.rows(sa.select(table.c[column]).where(_of(table, target)))}
        also = [dict(row) for row in tx.run(sa.select(table).where(_of(table, source))).mappings()]
        fresh = [row for row in also if row[column] not in known]
        if fresh:
            tx.run(sa.insert(table), [row | {"case_id": target.id} for row in fresh])
        things += [Thing(kind, row[column], source.id, target.id) for row in fresh]
    return things


def _shared(tx: Tx, who: Actor, case: CaseRow) -> frozenset[int]:
    return other_inboxes(tx, who, [case.id]).get(case.id, frozenset())


def _mark_shared(tx: Tx, who: Actor, case: CaseRow) -> None:
    number = len(_shared(tx, who, case))
    tx.run(sa.update(cases).where(cases.c.workspace_id == case.workspace_id, cases.c.id == case.id).values(shared=min(number, 1)))


def _of(table: sa.Table, case: CaseRow) -> sa.ColumnElement[bool]:
    return (table.c.workspace_id == case.workspace_id) & (table.c.case_id == case.id)


def _these(table: sa.Table, who: Actor, ids: Sequence[int]) -> sa.ColumnElement[bool]:
    return (table.c.workspace_id == who.workspace_id) & table.c.id.in_(ids)
