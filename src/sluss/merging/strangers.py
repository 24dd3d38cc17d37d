"""Parting the cases of two customers before one of them is erased. In: a contact. Out: nobody else's words go along, none of its stay."""

from __future__ import annotations

import sqlalchemy as sa

from sluss.cases.models import cases
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Trouble
from sluss.kernel.log import get_log
from sluss.kernel.tx import Tx
from sluss.merging.models import case_moves, case_returns
from sluss.merging.undo import undo_move

log = get_log("merging")


def part_strangers(tx: Tx, who: Actor, contact_id: int) -> int:
    """Take back, newest first, what brought cases of this contact and of others together. Returns how many moves."""
    m, r = case_moves.c, case_returns.c
    source, target = cases.alias("source"), cases.alias("target")
    joined = case_moves.join(source, (source.c.workspace_id == m.workspace_id) & (source.c.id == m.from_id))
    joined = joined.join(target, (target.c.workspace_id == m.workspace_id) & (target.c.id == m.to_id))
    joined = joined.outerjoin(case_returns, (r.workspace_id == m.workspace_id) & (r.move_id == m.id))
    theirs = (source.c.contact_id == contact_id) | (target.c.contact_id == contact_id)
    apart = theirs & (source.c.contact_id != target.c.contact_id) & m.kind.in_(("merge", "link")) & r.move_id.is_(None)
    found = tx.rows(sa.select(m.id).select_from(joined).where(m.workspace_id == who.workspace_id, apart).order_by(m.id.desc()))
    return sum(_taken_back(tx, who, row.id) for row in found)


def _taken_back(tx: Tx, who: Actor, move_id: int) -> bool:
    """What cannot be parted is erased with the case that it stands in, as far as it is the contact's."""
    try:
        with tx.attempt():
            undo_move(tx, who, move_id)
    except Trouble as trouble:
        log.warning("not_parted", move=move_id, why=trouble.sentence)
        return False
    return True
