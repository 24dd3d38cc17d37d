"""Recurring work of cases. In: the clock. Out: rows that nobody can need any more are gone."""

from __future__ import annotations

import sqlalchemy as sa

from sluss.cases.models import begun_elsewhere, bystanders, early_news, posts, thread_posts
from sluss.kernel.actors import Actor
from sluss.kernel.clock import DAY
from sluss.kernel.tx import Tx

BEGUN = 400 * DAY
"""How long what one of us began by another program waits for an answer."""
EARLY = 7 * DAY
"""How long news waits for what it is about."""
AROUND = 90 * DAY
"""How long is kept what others said around a customer's utterance, and posts under which nothing hangs."""


def forget_begun(tx: Tx, who: Actor) -> None:
    """Nobody answers after more than a year."""
    c = begun_elsewhere.c
    tx.run(sa.delete(begun_elsewhere).where(c.workspace_id == who.workspace_id, c.at < tx.now - BEGUN))


def forget_scenery(tx: Tx, who: Actor) -> None:
    """What only stands around, once it is old, and news of what never came."""
    e, b, p, h = early_news.c, bystanders.c, posts.c, thread_posts.c
    tx.run(sa.delete(early_news).where(e.workspace_id == who.workspace_id, e.at < tx.now - EARLY))
    tx.run(sa.delete(bystanders).where(b.workspace_id == who.workspace_id, b.at < tx.now - AROUND))
    hung = sa.exists().where(h.workspace_id == p.workspace_id, h.post_id == p.id)
    around = sa.exists().where(b.workspace_id == p.workspace_id, b.post_id == p.id)
    old = (p.workspace_id == who.workspace_id) & (p.seen_at < tx.now - AROUND)
    tx.run(sa.delete(posts).where(old, ~hung, ~around))
