"""Visitors who came to nothing. In: the clock. Out: fewer rows: who has no conversation and was not seen for a month is forgotten."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from sluss.cases.models import threads
from sluss.channels.models import visitor_devices, visitors
from sluss.kernel.actors import Actor
from sluss.kernel.clock import DAY
from sluss.kernel.tx import Tx
from sluss.visitor.models import visitor_codes, visitor_letters

IDLE = 30 * DAY
AT_ONCE = 1_000


def idle_visitors(tx: Tx, who: Actor) -> list[int]:
    """Ids of those who may be forgotten, the longest gone first; read beforehand, since many who talked are looked at as well."""
    # `online_until` has an index, and nobody is seen later than it.
    chosen = sa.select(visitors.c.id).where(_idle(tx, who)).order_by(visitors.c.online_until).limit(AT_ONCE)
    return [row.id for row in tx.rows(chosen)]


def forget_idle(tx: Tx, who: Actor, visitor_ids: Sequence[int]) -> int:
    """Remove those of them who are idle still. Returns how many."""
    c = visitors.c
    gone = [row.id for row in tx.rows(sa.select(c.id).where(c.id.in_(visitor_ids), _idle(tx, who)))]
    for table in (visitor_codes, visitor_letters, visitor_devices):
        tx.run(sa.delete(table).where(table.c.workspace_id == who.workspace_id, table.c.visitor_id.in_(gone)))
    tx.run(sa.delete(visitors).where(c.workspace_id == who.workspace_id, c.id.in_(gone)))
    return len(gone)


def _idle(tx: Tx, who: Actor) -> sa.ColumnElement[bool]:
    c, t, before = visitors.c, threads.c, tx.now - IDLE
    talked = sa.exists().where(t.workspace_id == c.workspace_id, t.inbox_id == c.inbox_id, t.external_key == sa.cast(c.id, sa.Text))
    return (c.workspace_id == who.workspace_id) & (c.online_until < before) & (c.last_seen_at < before) & ~talked
