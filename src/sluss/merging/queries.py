"""What was moved, for whoever looks. In: cases and events. Out: which cases are part of one, and what can still be taken back."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from sluss.cases.access import WORKERS, CaseRow, visible_to
from sluss.cases.models import cases
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.merging.log import standing_moves


def parts_of(tx: Tx, case: CaseRow) -> list[int]:
    """The case and all that were merged into it, over however many steps."""
    c = cases.c
    found = more = [case.id]
    while more:
        merged = (c.workspace_id == case.workspace_id) & c.merged_into_id.in_(more)
        more = [row.id for row in tx.rows(sa.select(c.id).where(merged))]
        found = [*found, *more]
    return found


def undoable(tx: Tx, who: Actor, move_ids: Collection[int]) -> frozenset[int]:
    """Those of the moves that were not taken back and that the actor may take back."""
    if not move_ids or (who.kind == "agent" and who.role not in WORKERS):
        return frozenset()
    standing = standing_moves(tx, who, move_ids)
    seen = {row.id for row in tx.rows(sa.select(cases.c.id).where(visible_to(who), cases.c.id.in_(set(standing.values()))))}
    return frozenset(move_id for move_id, case_id in standing.items() if case_id in seen)
