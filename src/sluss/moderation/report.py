"""What was moderated and why, counted. In: a period. Out: by rule, channel or person, how often each step was taken."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from sluss.cases.access import at_inboxes
from sluss.cases.models import cases, conversations, messages, threads
from sluss.channels.models import inboxes
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.moderation.log import Line
from sluss.moderation.models import matter_log, matters

By = Literal["rule", "inbox", "agent"]
COLUMNS = ("flag", "ask", "leave", "removed", "edited", "hide", "delete", "block", "unhide")
PAGE = 50


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which lines: `start` and `end` are instants, `end` excluded; empty fields keep everything. `agent` -1 is the policy."""

    start: int = 0
    end: int | None = None
    rule: str = ""
    step: str = ""
    agent: int = 0
    inbox: int = 0
    after: int | None = None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A line, and where it belongs."""

    line: Line
    number: int
    inbox_id: int
    inbox: str
    message_id: int


def lines_like(tx: Tx, who: Actor, wanted: Filter, limit: int = PAGE) -> list[Told]:
    """The newest lines of matters that the actor may see."""
    g = matter_log.c
    chosen = sa.select(matter_log, cases.c.number, threads.c.inbox_id, inboxes.c.name.label("inbox"), matters.c.message_id)
    found = chosen.select_from(_joined()).where(_where(who, wanted)).order_by(g.id.desc()).limit(limit)
    return [
        Told(
            line=Line(**{name: getattr(row, name) for name in Line.__struct_fields__}),
            number=row.number,
            inbox_id=row.inbox_id,
            inbox=row.inbox,
            message_id=row.message_id,
        )
        for row in tx.rows(found)
    ]


def counts_by(tx: Tx, who: Actor, by: By, wanted: Filter) -> dict[str, Counter[str]]:
    """For each rule, inbox or person (by its key; `-1` the policy) how many lines of each step there are."""
    g = matter_log.c
    key: Any = {"rule": g.rule, "inbox": threads.c.inbox_id, "agent": sa.func.coalesce(g.agent_id, -1)}[by]
    counted = sa.select(key.label("key"), g.step, sa.func.count().label("many")).select_from(_joined()).where(_where(who, wanted))
    found: dict[str, Counter[str]] = {}
    for row in tx.rows(counted.group_by(key, g.step)):
        found.setdefault(str(row.key), Counter())[row.step] += row.many
    return found


def _joined() -> sa.FromClause:
    g, k, m, v, t, c, i = matter_log.c, matters.c, messages.c, conversations.c, threads.c, cases.c, inboxes.c
    joined = matter_log.join(matters, (k.workspace_id == g.workspace_id) & (k.id == g.matter_id))
    joined = joined.join(messages, (m.workspace_id == k.workspace_id) & (m.id == k.message_id))
    joined = joined.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    joined = joined.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
    joined = joined.join(cases, (c.workspace_id == v.workspace_id) & (c.id == v.case_id))
    return joined.join(inboxes, (i.workspace_id == t.workspace_id) & (i.id == t.inbox_id))


def _where(who: Actor, wanted: Filter) -> sa.ColumnElement[bool]:
    g = matter_log.c
    mine = (g.workspace_id == who.workspace_id) & (g.at >= wanted.start)
    if who.inbox_ids is not None:
        mine &= at_inboxes(who.inbox_ids)
    if wanted.end is not None:
        mine &= g.at < wanted.end
    if wanted.rule:
        mine &= g.rule == wanted.rule
    if wanted.step:
        mine &= g.step == wanted.step
    if wanted.agent:
        mine &= g.agent_id.is_(None) if wanted.agent < 0 else g.agent_id == wanted.agent
    if wanted.inbox:
        mine &= threads.c.inbox_id == wanted.inbox
    return mine if wanted.after is None else mine & (g.id < wanted.after)
