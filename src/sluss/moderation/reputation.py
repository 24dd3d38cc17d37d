"""Where we are talked about with reach or heat. In: public messages of the last hours. Out: the cases that need a look first, with a score.

Reach is how many follow the author, and how many others speak and react under the same post; heat is how angry it sounds.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.access import visible_to
from sluss.cases.models import bystanders, cases, conversations, message_reactions, messages, thread_posts, threads
from sluss.contacts.models import identity_profiles
from sluss.kernel.actors import Actor
from sluss.kernel.clock import HOUR
from sluss.kernel.tx import Tx
from sluss.moderation.models import screenings
from sluss.moderation.spoken import Spoken, spoken_of

HOURS = 48
READ = 600
"""Public messages that are looked at, the newest."""
SHOWN = 50
LIVING = ("open", "pending", "snoozed")


class Heat(msgspec.Struct, frozen=True, kw_only=True):
    """A public talk, by its newest message of the customer."""

    spoken: Spoken
    score: int
    heat: int
    followers: int | None
    others: int
    reactions: int


def hot_talks(tx: Tx, who: Actor, reach: int) -> list[Heat]:
    """The hottest first: whoever has no reach, no company and no anger is left out."""
    newest = _newest(tx, who)
    spoken = spoken_of(tx, who, newest)
    anger = _anger(tx, who, newest)
    followers = _followers(tx, who, {one.identity_id for one in spoken.values()})
    company = _company(tx, who, {one.post_id for one in spoken.values() if one.post_id is not None})
    reactions = _reactions(tx, who, newest)
    found: list[Heat] = []
    for one in spoken.values():
        others = max(0, company.get(one.post_id or 0, 1) - 1)
        given: dict[str, Any] = {"heat": anger.get(one.message_id, 0), "followers": followers.get(one.identity_id), "others": others}
        score = score_of(reach=reach, reactions=reactions.get(one.message_id, 0), **given)
        if score >= WORTH:
            found.append(Heat(spoken=one, score=score, reactions=reactions.get(one.message_id, 0), **given))
    return sorted(found, key=lambda one: (-one.score, -one.spoken.at))[:SHOWN]


WORTH = 25


def score_of(*, reach: int, heat: int, followers: int | None, others: int, reactions: int) -> int:
    """From 0 to 100. Followers at the workspace's mark are worth half, forty reactions a third; other voices alone never suffice."""
    known = 50 * math.log10(1 + (followers or 0)) / math.log10(1 + reach) if followers else 0.0
    return min(100, round(min(70.0, known) + min(20, others * 2) + min(33, reactions * 0.8) + heat * 0.5))


def _newest(tx: Tx, who: Actor) -> list[int]:
    """The newest public message of each case that is not done with."""
    m, v, t, c = messages.c, conversations.c, threads.c, cases.c
    joined = cases.join(conversations, (v.workspace_id == c.workspace_id) & (v.case_id == c.id))
    joined = joined.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id) & (t.visibility == "public"))
    joined = joined.join(messages, (m.workspace_id == v.workspace_id) & (m.conversation_id == v.id) & (m.direction == "in"))
    open_now = visible_to(who) & c.status.in_(LIVING)
    lately = sa.select(sa.func.max(m.id).label("id")).select_from(joined).where(open_now, c.active_at > 0, m.at > _since(tx))
    return [row.id for row in tx.rows(lately.group_by(c.id).order_by(sa.func.max(m.id).desc()).limit(READ))]


def _since(tx: Tx) -> int:
    return tx.now - HOURS * HOUR


def _anger(tx: Tx, who: Actor, ids: Collection[int]) -> Mapping[int, int]:
    c = screenings.c
    rows = tx.rows(sa.select(c.message_id, c.heat).where(c.workspace_id == who.workspace_id, c.message_id.in_(ids)))
    return {row.message_id: row.heat for row in rows}


def _followers(tx: Tx, who: Actor, ids: Collection[int]) -> Mapping[int, int | None]:
    c = identity_profiles.c
    rows = tx.rows(sa.select(c.identity_id, c.followers).where(c.workspace_id == who.workspace_id, c.identity_id.in_(ids)))
    return {row.identity_id: row.followers for row in rows}


def _company(tx: Tx, who: Actor, posts: Collection[int]) -> Mapping[int, int]:
    """How many people spoke under each post in these hours."""
    b, m, v, n = bystanders.c, messages.c, conversations.c, thread_posts.c
    beside = sa.select(b.post_id, sa.func.count(sa.distinct(b.author)).label("many"))
    beside = beside.where(b.workspace_id == who.workspace_id, b.post_id.in_(posts), ~b.ours, b.at > _since(tx)).group_by(b.post_id)
    joined = thread_posts.join(conversations, (v.workspace_id == n.workspace_id) & (v.thread_id == n.thread_id))
    joined = joined.join(messages, (m.workspace_id == v.workspace_id) & (m.conversation_id == v.id))
    within = sa.select(n.post_id, sa.func.count(sa.distinct(m.identity_id)).label("many")).select_from(joined)
    said = (n.workspace_id == who.workspace_id) & n.post_id.in_(posts) & (m.direction == "in") & (m.at > _since(tx))
    found: Counter[int] = Counter()
    for row in [*tx.rows(beside), *tx.rows(within.where(said).group_by(n.post_id))]:
        found[row.post_id] += row.many
    return found


def _reactions(tx: Tx, who: Actor, ids: Collection[int]) -> Mapping[int, int]:
    c = message_reactions.c
    counted = sa.select(c.message_id, sa.func.count().label("many")).where(c.workspace_id == who.workspace_id, c.message_id.in_(ids))
    return {row.message_id: row.many for row in tx.rows(counted.where(c.emoji != "").group_by(c.message_id))}
