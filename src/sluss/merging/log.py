"""The log of moves between cases. In: what a deed moved. Out: what moved it, whether it went back, and what must go back before it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from sluss.cases.access import Priority, Status
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Missing
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.merging.models import case_moved, case_moves, case_returns

Deed = Literal["merge", "split", "link"]
"""A whole case into another; messages into a case of their own; messages or a conversation into a case that is there."""

CONVERSATION, MESSAGE, NOTE = "conversation", "message", "note"
GONE = say("There is nothing to take back here: it was erased, or it is not yours to see.")


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What a move may change of a case; instants in microseconds UTC."""

    status: Status
    priority: Priority
    assignee_id: int | None
    waiting_since: int | None
    snoozed_until: int | None
    solved_at: int | None
    active_at: int
    preview: str


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """A draft that was put below another of the same agent: what both were."""

    agent_id: int
    kind: str
    text: str
    cc: str
    bcc: str
    attachment_ids: tuple[int, ...]
    apart: Any
    other: str
    other_cc: str
    other_bcc: str
    other_ids: tuple[int, ...]


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """Both cases before a move, and as it left them. `target` is None where the move made the case."""

    source: Standing
    target: Standing | None
    source_after: Standing
    target_after: Standing
    drafts: tuple[Joined, ...] = ()


class Thing(msgspec.Struct, frozen=True):
    """One thing that moved: from and to are cases, for a message conversations."""

    kind: str
    id: int
    from_id: int
    to_id: int


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """One deed. `made` says that the move made the case that it led to."""

    id: int
    kind: Deed
    from_id: int
    to_id: int
    made: bool
    actor_kind: str
    actor_id: int
    at: int
    before: Before


def note_move(tx: Tx, who: Actor, move: Move, things: Sequence[Thing]) -> None:
    """Write down a deed."""
    key = {"workspace_id": who.workspace_id}
    tx.run(sa.insert(case_moves), key | msgspec.structs.asdict(move))
    rows = [key | {"move_id": move.id, "thing_id": one.id} | _plain(one) for one in dict.fromkeys(things)]
    if rows:
        tx.run(sa.insert(case_moved), rows)


def note_return(tx: Tx, who: Actor, move_id: int) -> None:
    """Write down that a move was taken back; the database takes it once."""
    row = {"workspace_id": who.workspace_id, "move_id": move_id, "actor_kind": who.kind, "actor_id": who.id, "at": tx.now}
    tx.run(sa.insert(case_returns), row)


def access_move(tx: Tx, who: Actor, move_id: int) -> Move:
    """The move of an id; whether the actor may see its cases is asked by whoever goes on."""
    c = case_moves.c
    chosen = sa.select(*(c[name] for name in Move.__struct_fields__)).where(c.workspace_id == who.workspace_id, c.id == move_id)
    row = tx.row(chosen)
    if row is None:
        raise Missing(GONE)
    return msgspec.convert(dict(zip(Move.__struct_fields__, row, strict=True)), Move)


def things_of(tx: Tx, who: Actor, move_id: int) -> list[Thing]:
    """What a move moved."""
    c = case_moved.c
    rows = tx.rows(sa.select(c.kind, c.thing_id, c.from_id, c.to_id).where(c.workspace_id == who.workspace_id, c.move_id == move_id))
    return [Thing(*row) for row in rows]


def who_returned(tx: Tx, who: Actor, move_id: int) -> sa.Row[Any] | None:
    """Who took a move back, if anybody has."""
    c = case_returns.c
    return tx.row(sa.select(c.actor_kind, c.actor_id, c.at).where(c.workspace_id == who.workspace_id, c.move_id == move_id))


def standing_moves(tx: Tx, who: Actor, move_ids: Collection[int]) -> dict[int, int]:
    """Those of the moves that were not taken back, each with the case it came from."""
    m, r = case_moves.c, case_returns.c
    joined = case_moves.outerjoin(case_returns, (r.workspace_id == m.workspace_id) & (r.move_id == m.id))
    mine = (m.workspace_id == who.workspace_id) & m.id.in_(move_ids) & r.move_id.is_(None)
    return {row.id: row.from_id for row in tx.rows(sa.select(m.id, m.from_id).select_from(joined).where(mine))}


def later_move(tx: Tx, who: Actor, move_id: int, conversations: Collection[int], emptied: Collection[int]) -> sa.Row[Any] | None:
    """The newest move after this one, not taken back, of any of these conversations, or of messages out of those `emptied`."""
    d, m, r = case_moved.c, case_moves.c, case_returns.c
    joined = case_moved.join(case_moves, (m.workspace_id == d.workspace_id) & (m.id == d.move_id))
    joined = joined.outerjoin(case_returns, (r.workspace_id == m.workspace_id) & (r.move_id == m.id))
    these = ((d.kind == CONVERSATION) & d.thing_id.in_(conversations)) | ((d.kind == MESSAGE) & d.from_id.in_(emptied))
    after = (d.workspace_id == who.workspace_id) & (d.move_id > move_id) & r.move_id.is_(None)
    return tx.row(sa.select(m.id, m.kind, m.from_id, m.to_id).select_from(joined).where(after, these).order_by(m.id.desc()).limit(1))


def _plain(one: Thing) -> dict[str, Any]:
    return {"kind": one.kind, "from_id": one.from_id, "to_id": one.to_id}
