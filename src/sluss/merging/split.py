"""Moving messages or a conversation to a case of their own, or to one that is there. In: a message, and how far it reaches.

Out: a branch of the thread that goes on in the other case; mail that answers one of the moved messages follows it there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow, access_case, access_message, other_inboxes, work_on_case
from sluss.cases.models import cases, conversations, messages, notes, threads
from sluss.contacts.models import identities
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid, Missing
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.kernel.workspaces import take_number
from sluss.merging.hanging import follow_messages, move_conversations, move_notes, share
from sluss.merging.log import CONVERSATION, MESSAGE, NOTE, Before, Thing
from sluss.merging.merge import customer_conversations, merge_cases, require_kept, write_down
from sluss.merging.standing import emptied, founded, grown, let_stand, said_by, standing_of

Reach = Literal["from", "only", "all"]
SUBJECT = 300


class Moving(msgspec.Struct, frozen=True, kw_only=True):
    """What is to move: from a message on, that message only, or all of its conversation; and notes. `target_id` None is a new case."""

    case_id: int
    message_id: int
    reach: Reach = "from"
    target_id: int | None = None
    note_ids: tuple[int, ...] = ()


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """Where a message stands, and which messages of it are meant."""

    id: int
    thread_id: int
    aside: bool
    inbox_id: int
    identity_id: int
    chosen: tuple[int, ...]
    whole: bool


def move_messages(tx: Tx, who: Actor, moving: Moving) -> int:
    """Move messages to another case. Both cases must be the actor's to work on. Returns the move's id."""
    if moving.target_id == moving.case_id:
        raise Invalid({"to": "Choose another case than this one."})
    held = {one: work_on_case(tx, who, one) for one in sorted(filter(None, (moving.case_id, moving.target_id)))}
    source, target = held[moving.case_id], held.get(moving.target_id or 0)
    spoken = conversation_of(tx, who, source, moving)
    alone = spoken.whole and customer_conversations(tx, source) == [spoken.id]
    if alone and target is not None:
        return merge_cases(tx, who, target.id, source.id)
    if alone or (spoken.aside and target is None):
        raise Invalid({"what": _ALONE if alone else _ASIDE})
    require_kept(tx, who, [source.contact_id, *([target.contact_id] if target else [])])
    made = target is None
    place = target or _found(tx, who, source, spoken)
    things = [*_move(tx, who, spoken, (source.id, place.id)), *_move_notes(tx, who, moving.note_ids, source, place)]
    things += share(tx, who, place, [source.inbox_id, *_shared(tx, who, source)] if made else ())
    before = _settle(tx, who, (source, place, made), things)
    return write_down(tx, who, ("split" if made else "link", source, place, made), before, things)


_ALONE = say("This is all that the case holds. There is nothing to part it from.")
_ASIDE = say("This is a conversation with a third person, and stays with the customer's.")


def conversation_of(tx: Tx, who: Actor, source: CaseRow, moving: Moving) -> Conversation:
    """The conversation of a message of this case, and what of it is meant."""
    found = access_message(tx, who, moving.message_id)
    if found.case_id != source.id:
        raise Missing
    v, t, m = conversations.c, threads.c, messages.c
    joined = conversations.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
    chosen = sa.select(v.id, v.thread_id, v.aside, t.inbox_id, t.identity_id).select_from(joined)
    [row] = tx.run(chosen.where(v.workspace_id == who.workspace_id, v.id == found.conversation_id)).mappings()
    said = tx.rows(sa.select(m.id).where(m.workspace_id == who.workspace_id, m.conversation_id == row["id"]).order_by(m.id))
    ids = [one.id for one in said]
    meant = {"all": ids, "only": [found.id], "from": [one for one in ids if one >= found.id]}[moving.reach]
    return Conversation(**row, chosen=tuple(meant), whole=len(meant) == len(ids))


def _found(tx: Tx, who: Actor, source: CaseRow, spoken: Conversation) -> CaseRow:
    """A new case for what is moved: of whoever wrote it, seen by those who saw it before."""
    m, i = messages.c, identities.c
    joined = messages.outerjoin(identities, (i.workspace_id == m.workspace_id) & (i.id == m.identity_id))
    said = sa.select(m.id, m.subject, m.at, i.contact_id).select_from(joined).where(m.workspace_id == who.workspace_id)
    rows = sorted(tx.rows(said.where(m.conversation_id == spoken.id)), key=lambda row: row.id)
    meant = [row for row in rows if row.id in set(spoken.chosen)]
    starter = sa.select(i.contact_id).where(i.workspace_id == who.workspace_id, i.id == spoken.identity_id)
    contact_id = next((row.contact_id for row in meant if row.contact_id), None) or int(tx.value(starter))
    row: dict[str, Any] = {"workspace_id": who.workspace_id, "id": tx.new_id(), "number": take_number(tx, who), "contact_id": contact_id}
    row |= {"inbox_id": spoken.inbox_id, "subject": (meant[0].subject or source.subject)[:SUBJECT], "opened_at": meant[0].at}
    row |= msgspec.structs.asdict(standing_of(source)) | {"snoozed_until": None, "continues_id": None}
    tx.run(sa.insert(cases), row)
    return access_case(tx, Actor(who.workspace_id, "system", inbox_ids=None), row["id"])


def _move(tx: Tx, who: Actor, spoken: Conversation, between: tuple[int, int]) -> list[Thing]:
    source_id, target_id = between
    if spoken.whole:
        move_conversations(tx, who, [spoken.id], target_id)
        return [Thing(CONVERSATION, spoken.id, source_id, target_id)]
    branch = tx.new_id()
    row = {"workspace_id": who.workspace_id, "id": branch, "thread_id": spoken.thread_id, "case_id": target_id}
    tx.run(sa.insert(conversations), row | {"opened_at": tx.now, "aside": spoken.aside, "branch_id": branch})
    m = messages.c
    here = (m.workspace_id == who.workspace_id) & (m.conversation_id == spoken.id)
    first, last = spoken.chosen[0], spoken.chosen[-1]
    tx.run(sa.update(messages).where(here, m.id.between(first, last)).values(conversation_id=branch))
    follow_messages(tx, who, [branch], target_id)
    return [Thing(MESSAGE, one, spoken.id, branch) for one in spoken.chosen]


def _move_notes(tx: Tx, who: Actor, note_ids: Sequence[int], source: CaseRow, target: CaseRow) -> list[Thing]:
    n = notes.c
    mine = (n.workspace_id == who.workspace_id) & (n.case_id == source.id) & n.id.in_(note_ids)
    ids = [row.id for row in tx.rows(sa.select(n.id).where(mine).order_by(n.id))]
    if len(ids) != len(set(note_ids)):
        raise Invalid({"note": "One of the notes is no longer there. Open this again."})
    move_notes(tx, who, ids, target.id)
    return [Thing(NOTE, one, source.id, target.id) for one in ids]


def _settle(tx: Tx, who: Actor, cases_: tuple[CaseRow, CaseRow, bool], things: Sequence[Thing]) -> Before:
    source, target, made = cases_
    spoken = {one.id if one.kind == CONVERSATION else one.to_id for one in things if one.kind in {CONVERSATION, MESSAGE}}
    moved = said_by(tx, who.workspace_id, sorted(spoken))
    if made:
        after = founded(standing_of(target), moved)
    else:
        after = grown(standing_of(target), moved if not _aside(tx, who, sorted(spoken)) else None)
    before = Before(
        source=standing_of(source), target=None if made else standing_of(target), source_after=emptied(tx, source), target_after=after
    )
    let_stand(tx, who, source, before.source_after)
    let_stand(tx, who, target, before.target_after)
    return before


def _aside(tx: Tx, who: Actor, ids: Sequence[int]) -> bool:
    v = conversations.c
    return bool(tx.value(sa.select(v.aside).where(v.workspace_id == who.workspace_id, v.id == ids[0])))


def _shared(tx: Tx, who: Actor, case: CaseRow) -> frozenset[int]:
    return other_inboxes(tx, who, [case.id]).get(case.id, frozenset())
