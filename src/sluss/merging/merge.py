"""Merging two cases. In: the one that stays, the one that goes. Out: all of both in the first; the second leads there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from sluss.cases.access import CaseRow, work_on_case
from sluss.cases.events import ContentMoved
from sluss.cases.models import conversations, messages
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.errors import Conflict, Invalid
from sluss.kernel.tx import Tx
from sluss.merging.drafts import carry_drafts
from sluss.merging.hanging import carry_all, index_moved
from sluss.merging.log import CONVERSATION, MESSAGE, Before, Deed, Move, Thing, note_move
from sluss.merging.standing import joined, let_stand, put_away, standing_of

_erasures = sa.table("erasures", sa.column("workspace_id"), sa.column("contact_id"), sa.column("state"))


def merge_cases(tx: Tx, who: Actor, target_id: int, source_id: int) -> int:
    """Bring everything of the second case into the first. Both must be the actor's to work on. Returns the move's id."""
    if target_id == source_id:
        raise Invalid({"other": "Choose another case than this one."})
    # In one order for everybody, so that two such deeds never wait for each other.
    held = {one: work_on_case(tx, who, one) for one in sorted((target_id, source_id))}
    target, source = held[target_id], held[source_id]
    require_kept(tx, who, (target.contact_id, source.contact_id))
    things = carry_all(tx, who, source, target)
    drafted, put_together = carry_drafts(tx, source, target)
    before = Before(
        source=standing_of(source),
        target=standing_of(target),
        source_after=put_away(standing_of(source)),
        target_after=joined(standing_of(target), standing_of(source)),
        drafts=tuple(put_together),
    )
    let_stand(tx, who, target, before.target_after)
    let_stand(tx, who, source, before.source_after, merged_into_id=target.id)
    return write_down(tx, who, ("merge", source, target, False), before, [*things, *drafted])


def require_kept(tx: Tx, who: Actor, contact_ids: Sequence[int]) -> None:
    """Nothing is moved to or from somebody who is being erased."""
    c = _erasures.c
    running = sa.select(c.state).where(c.workspace_id == who.workspace_id, c.contact_id.in_(contact_ids), c.state == "running")
    if tx.row(running) is not None:
        raise Conflict("The customer of this is being erased just now.")


def write_down(tx: Tx, who: Actor, deed: tuple[Deed, CaseRow, CaseRow, bool], before: Before, things: Sequence[Thing]) -> int:
    """The log, the search, the timelines of both cases, the audit."""
    kind, source, target, made = deed
    whence: dict[str, Any] = {"kind": kind, "from_id": source.id, "to_id": target.id, "made": made}
    move = Move(id=tx.new_id(), **whence, actor_kind=who.kind, actor_id=who.id, at=tx.now, before=before)
    note_move(tx, who, move, things)
    index_moved(tx, who, things, (source.id, target.id))
    number, newest = _told(tx, who, things)
    told: dict[str, Any] = {"deed": kind, "move_id": move.id, "messages": number, "message_id": newest}
    tx.emit(who, ContentMoved(case_id=target.id, number=source.number, inward=True, **told))
    tx.emit(who, ContentMoved(case_id=source.id, number=target.number, inward=False, **told))
    note_deed(tx, who, f"case.{kind}", ("case", target.id), number=target.number, other=source.number, move=str(move.id))
    return move.id


def _told(tx: Tx, who: Actor, things: Sequence[Thing]) -> tuple[int, int]:
    """How many messages moved, and the newest."""
    m = messages.c
    ids = [one.id for one in things if one.kind == MESSAGE]
    if ids:
        return len(ids), max(ids)
    spoken = [one.id for one in things if one.kind == CONVERSATION]
    count = sa.select(sa.func.count().label("number"), sa.func.coalesce(sa.func.max(m.id), 0).label("newest"))
    [row] = tx.rows(count.where(m.workspace_id == who.workspace_id, m.conversation_id.in_(spoken)))
    return row.number, row.newest


def customer_conversations(tx: Tx, case: CaseRow) -> list[int]:
    """Conversations of a case that are not with a third person."""
    v = conversations.c
    mine = (v.workspace_id == case.workspace_id) & (v.case_id == case.id) & ~v.aside
    return [row.id for row in tx.rows(sa.select(v.id).where(mine).order_by(v.id))]
