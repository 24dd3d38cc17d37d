"""Windows in which a network lets us answer. In: when customers last opened them. Out: one row per thread, never set back."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from sluss.cases.models import thread_standings
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx


def open_windows(tx: Tx, who: Actor, opened: Mapping[int, int]) -> None:
    """Note for threads, by id, when their customer last opened the window."""
    if not opened:
        return
    c, key = thread_standings.c, {"workspace_id": who.workspace_id}
    mine = (c.workspace_id == who.workspace_id) & c.thread_id.in_(list(opened))
    known = {row.thread_id: row.opened_at for row in tx.rows(sa.select(c.thread_id, c.opened_at).where(mine))}
    fresh = [key | {"thread_id": one, "opened_at": at} for one, at in opened.items() if one not in known]
    if fresh:
        tx.run(sa.insert(thread_standings), fresh)
    later = [{"t": one, "later": at} for one, at in opened.items() if one in known and known[one] < at]
    if later:
        this = (c.workspace_id == who.workspace_id) & (c.thread_id == sa.bindparam("t"))
        tx.run(sa.update(thread_standings).where(this).values(opened_at=sa.bindparam("later")), later)
