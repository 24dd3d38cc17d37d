"""Taking a move back, whenever. In: a move. Out: each thing where it was, with all that came to it since; what was decided since stays.

What was made in the other case itself stays there. Where something moved on in between, that must be taken back first, and the sentence
says what.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.access import WORKERS, CaseRow, access_case, lead_on
from sluss.cases.events import MoveUndone
from sluss.cases.models import cases, conversations, messages
from sluss.kernel.actors import Actor, system
from sluss.kernel.audit import note_deed
from sluss.kernel.errors import Conflict, Forbidden, Missing
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.merging.drafts import carry_drafts, return_drafts
from sluss.merging.hanging import FILE, carry_all, follow_messages, index_moved, move_conversations, move_files, move_notes, part
from sluss.merging.log import (
    CONVERSATION,
    GONE,
    MESSAGE,
    NOTE,
    Deed,
    Move,
    Thing,
    access_move,
    later_move,
    note_return,
    things_of,
    who_returned,
)
from sluss.merging.merge import customer_conversations, require_kept
from sluss.merging.standing import emptied, grown, let_stand, put_away, restored, resumed, said_in, standing_of


class Undone(msgspec.Struct, frozen=True, kw_only=True):
    """A move that was taken back. Numbers: the case that has its things again, and the one they were in, unless that is gone (0).

    `kept` is what was kept of them because somebody had changed it since.
    """

    deed: Deed
    source: int
    target: int
    kept: tuple[str, ...] = ()


class _Held(msgspec.Struct, frozen=True):
    """The cases of a move, and where each of them stands now."""

    source: CaseRow
    target: CaseRow
    home: CaseRow
    place: CaseRow


def undo_move(tx: Tx, who: Actor, move_id: int) -> Undone:
    """Take a move back. Raises `Conflict` where that was done already, or something else must be taken back first."""
    move = access_move(tx, who, move_id)
    held = _hold(tx, who, move)
    if who_returned(tx, who, move.id) is not None:
        raise Conflict("This was taken back already.")
    require_kept(tx, who, [one.contact_id for one in (held.source, held.target, held.place)])
    things = things_of(tx, who, move.id)
    spoken = said_in(tx, who.workspace_id, held.place.id, move.id) is not None
    _give_back(tx, who, move, held, things)
    note_return(tx, who, move.id)
    _require_whole(tx, move, held)
    kept = _settle(tx, who, move, held, spoken=spoken)
    index_moved(tx, who, things, {held.source.id, held.target.id, held.place.id})
    _tell(tx, who, move, held, kept)
    place = access_case(tx, who, held.place.id)
    return Undone(deed=move.kind, source=held.home.number, target=0 if place.merged_into_id else place.number, kept=kept)


def _hold(tx: Tx, who: Actor, move: Move) -> _Held:
    """The cases, held until the end. Both must be the actor's to see and to work on."""
    if who.kind == "agent" and who.role not in WORKERS:
        raise Forbidden("Your role may read this case and write notes, but not change or answer it.")
    while True:
        held = _look(tx, who, move)
        ids = sorted({held.source.id, held.target.id, held.home.id, held.place.id})
        c = cases.c
        tx.rows(sa.select(c.id).where(c.workspace_id == who.workspace_id, c.id.in_(ids)).order_by(c.id).with_for_update())
        now = _look(tx, who, move)
        if {now.home.id, now.place.id} <= set(ids):
            return now


def _look(tx: Tx, who: Actor, move: Move) -> _Held:
    try:
        source, target = access_case(tx, who, move.from_id), access_case(tx, who, move.to_id)
        home = source if move.kind == "merge" else lead_on(tx, who, source)
        return _Held(source, target, home, lead_on(tx, who, target))
    except Missing:
        raise Missing(GONE) from None


def _give_back(tx: Tx, who: Actor, move: Move, held: _Held, things: Sequence[Thing]) -> None:
    whole = [one.id for one in things if one.kind == CONVERSATION]
    taken = {one.to_id: one.from_id for one in things if one.kind == MESSAGE}
    move_conversations(tx, who, _returning(tx, who, move, held, (whole, list(taken))), held.home.id)
    for branch, stem in taken.items():
        _reunite(tx, who, branch, stem)
    move_notes(tx, who, [one.id for one in things if one.kind == NOTE], held.home.id)
    busy = return_drafts(tx, things, move.before.drafts, (held.home, held.place), who)
    move_files(tx, who, [one.id for one in things if one.kind == FILE and one.id not in busy], held.home.id)
    part(tx, who, held.target, things)


def _returning(tx: Tx, who: Actor, move: Move, held: _Held, moved: tuple[list[int], list[int]]) -> list[int]:
    """Conversations that go back: those that are still where the move brought them. Raises `Conflict` for what was moved on."""
    whole, taken = moved
    v = conversations.c
    rows = tx.rows(sa.select(v.id, v.case_id).where(v.workspace_id == who.workspace_id, v.id.in_([*whole, *taken])))
    there = {row.id: row.case_id for row in rows}
    astray = [one for one, case_id in there.items() if case_id != held.place.id]
    suspects = astray if move.kind == "merge" else list(there)
    later = later_move(tx, who, move.id, suspects, taken)
    if later is not None:
        raise Conflict(_first(tx, who, later))
    return [one for one in whole if one in there and one not in astray]


def _first(tx: Tx, who: Actor, later: sa.Row[tuple[int, Deed, int, int]]) -> str:
    c = cases.c
    rows = tx.rows(sa.select(c.id, c.number).where(c.workspace_id == who.workspace_id, c.id.in_([later.from_id, later.to_id])))
    numbers = {row.id: row.number for row in rows}
    words = {"from_no": numbers.get(later.from_id, 0), "to_no": numbers.get(later.to_id, 0)}
    if later.kind == "merge":
        return say("Since then #%(from_no)s was merged into #%(to_no)s. Take that back first.", **words)
    return say("Since then a part of #%(from_no)s was moved to #%(to_no)s. Take that back first.", **words)


def _reunite(tx: Tx, who: Actor, branch: int, stem: int) -> None:
    """All messages of a branch, later ones too, stand in the conversation again from which it was taken."""
    v, m = conversations.c, messages.c
    case_id = tx.value(sa.select(v.case_id).where(v.workspace_id == who.workspace_id, v.id == stem))
    if case_id is None:
        raise Missing(GONE)
    mine = (m.workspace_id == who.workspace_id) & (m.conversation_id == branch)
    tx.run(sa.update(messages).where(mine).values(conversation_id=stem))
    follow_messages(tx, who, [stem], int(case_id))
    tx.run(sa.delete(conversations).where(v.workspace_id == who.workspace_id, v.id == branch))


def _require_whole(tx: Tx, move: Move, held: _Held) -> None:
    """No case may be left without a conversation with its customer, but one that the move had made: that leads back where it came from."""
    for case in (held.home, held.place):
        if customer_conversations(tx, case) or (move.made and case.id == held.target.id):
            continue
        raise Conflict(say("Nothing would be left in #%(number)s. First take back what was moved out of it.", number=case.number))


def _settle(tx: Tx, who: Actor, move: Move, held: _Held, *, spoken: bool) -> tuple[str, ...]:
    before, since, ws = move.before, move.id, who.workspace_id
    if held.home.id == held.place.id:
        let_stand(tx, who, held.home, emptied(tx, held.home))
        return ()
    kept: tuple[str, ...] = ()
    back = resumed(tx, held.source.id, before.source, since, ws)
    if move.kind == "merge":
        let_stand(tx, who, held.source, back)
    elif held.home.id != held.source.id:
        let_stand(tx, who, held.home, grown(standing_of(held.home), said_in(tx, ws, held.home.id)))
    else:
        stands, kept = restored(standing_of(held.home), before.source_after, back, spoken=spoken)
        let_stand(tx, who, held.home, stands)
    if move.made and held.place.id == held.target.id and not customer_conversations(tx, held.target):
        return (*kept, *_dissolve(tx, who, held))
    if held.place.id != held.target.id or before.target is None:
        let_stand(tx, who, held.place, emptied(tx, held.place))
        return kept
    stands, more = restored(
        standing_of(held.target), before.target_after, resumed(tx, held.target.id, before.target, since, ws), spoken=spoken
    )
    let_stand(tx, who, held.target, stands)
    return tuple(dict.fromkeys((*kept, *more)))


def _dissolve(tx: Tx, who: Actor, held: _Held) -> tuple[str, ...]:
    """The case that a move had made holds nothing of the customer's any more: what was written in it goes along, and it leads there."""
    home = access_case(tx, system(who.workspace_id), held.home.id)
    carry_all(tx, who, held.target, home)
    carry_drafts(tx, held.target, home)
    let_stand(tx, who, held.target, put_away(standing_of(held.target)), merged_into_id=home.id)
    return ()


def _tell(tx: Tx, who: Actor, move: Move, held: _Held, kept: tuple[str, ...]) -> None:
    told: dict[str, Any] = {"deed": move.kind, "move_id": move.id, "kept": kept}
    tx.emit(who, MoveUndone(case_id=held.place.id, number=held.source.number, inward=True, **told))
    if held.home.id != held.place.id:
        tx.emit(who, MoveUndone(case_id=held.home.id, number=held.target.number, inward=False, **told))
    if held.target.id not in {held.place.id, held.home.id}:
        tx.emit(who, MoveUndone(case_id=held.target.id, number=held.source.number, inward=True, **told))
    note_deed(tx, who, "case.move_undone", ("case", held.target.id), number=held.target.number, other=held.source.number, move=str(move.id))
