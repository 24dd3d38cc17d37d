"""Making the whole search anew, a stretch at a time while everybody works. In: an order. Out: every document indexed, the newest first.

Each stretch is a timer's work and sets the timer of the next: whatever ends a process, the next one goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from sluss.cases.indexing import AT_ONCE, index_messages, index_notes
from sluss.cases.models import messages, notes
from sluss.contacts.indexing import index_contacts
from sluss.contacts.models import contacts
from sluss.kernel.actors import Actor
from sluss.kernel.jobs import jobs, schedule
from sluss.kernel.tx import Tx

REBUILD = "rebuild_search"
_END = (1 << 63) - 1

_PARTS: Mapping[str, tuple[sa.Table, Callable[[Tx, Actor, Sequence[int]], None]]] = {
    "contacts": (contacts, index_contacts),
    "messages": (messages, index_messages),
    "notes": (notes, index_notes),
}


def rebuild_search(tx: Tx, who: Actor) -> None:
    """Order it; ordered again while it goes on, it begins again."""
    for part in _PARTS:
        schedule(tx, who, (REBUILD, part), tx.now, {"part": part, "below": _END})


def rebuild_some(tx: Tx, who: Actor, args: Any) -> None:
    """The next stretch of one table, and a timer for the rest."""
    table, index = _PARTS[args["part"]]
    mine = (table.c.workspace_id == who.workspace_id) & (table.c.id < args["below"])
    ids = [row.id for row in tx.rows(sa.select(table.c.id).where(mine).order_by(table.c.id.desc()).limit(AT_ONCE))]
    index(tx, who, ids)
    if len(ids) == AT_ONCE:
        schedule(tx, who, (REBUILD, args["part"]), tx.now, {"part": args["part"], "below": ids[-1]})


def is_rebuilding(tx: Tx, who: Actor) -> bool:
    """Whether older things may not be found yet."""
    return tx.row(sa.select(jobs.c.id).where(jobs.c.workspace_id == who.workspace_id, jobs.c.kind == REBUILD).limit(1)) is not None
