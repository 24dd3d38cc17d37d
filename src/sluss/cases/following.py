"""Being near a case without holding it: following it, having been called to it in a note. In: agents. Out: rows, lists, counts.

Who stopped following by their own wish is not brought back by a rule.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal

import sqlalchemy as sa

from sluss.cases.access import CaseRow, access_case, visible_to
from sluss.cases.audience import Member, audience_of
from sluss.cases.events import FollowChanged
from sluss.cases.models import case_followers, case_mentions, cases
from sluss.kernel.actors import Actor
from sluss.kernel.clock import DAY
from sluss.kernel.errors import Forbidden, Invalid
from sluss.kernel.tx import Tx

LEADS = {"admin", "lead"}
Near = Literal["following", "mentioned"]
TABLES: Mapping[Near, sa.Table] = {"following": case_followers, "mentioned": case_mentions}
UNFINISHED = ("open", "pending", "snoozed")
NEAR_FOR = 180 * DAY
AT_ONCE = 500


def follow_case(tx: Tx, who: Actor, case_id: int, *, following: bool) -> None:
    """Begin or stop following a case oneself."""
    if who.kind != "agent":
        raise Forbidden("Only agents follow cases.")
    case = access_case(tx, who, case_id)
    _set(tx, who, case, who.id, following=following)


def add_follower(tx: Tx, who: Actor, case_id: int, agent_id: int, *, following: bool = True) -> None:
    """Have a colleague follow a case, or no longer. For leads; the colleague must be able to see the case."""
    case = access_case(tx, who, case_id)
    if agent_id == who.id:
        return _set(tx, who, case, agent_id, following=following)
    if who.kind == "agent" and who.role not in LEADS:
        raise Forbidden("Only leads and administrators choose followers for others.")
    if following and agent_id not in {one.id for one in audience_of(tx, case)}:
        raise Invalid({"agent": "Choose a colleague who may see this case."})
    return _set(tx, who, case, agent_id, following=following)


def follow_by_rule(tx: Tx, who: Actor, case_id: int, agent_ids: Collection[int]) -> None:
    """Have agents follow who have not decided for themselves; part of something else that happened to the case."""
    c = case_followers.c
    decided = {row.agent_id for row in tx.rows(sa.select(c.agent_id).where(_of(who, case_id), c.agent_id.in_(agent_ids)))}
    key = {"workspace_id": who.workspace_id, "case_id": case_id, "following": True, "at": tx.now}
    rows = [key | {"agent_id": one} for one in sorted(set(agent_ids) - decided)]
    if rows:
        tx.run(sa.insert(case_followers), rows)


def follower_ids(tx: Tx, who: Actor, case_id: int) -> set[int]:
    """Everybody who follows a case, whether or not they may still see it."""
    c = case_followers.c
    return {row.agent_id for row in tx.rows(sa.select(c.agent_id).where(_of(who, case_id), c.following))}


def followers_of(tx: Tx, who: Actor, case: CaseRow) -> list[Member]:
    """Who follows a case and may see it, by name."""
    following = follower_ids(tx, who, case.id)
    return [one for one in audience_of(tx, case) if one.id in following] if following else []


def is_near(who: Actor, near: Near) -> sa.ColumnElement[bool]:
    """The condition that the actor is near a case in this way."""
    table = TABLES[near]
    return cases.c.id.in_(sa.select(table.c.case_id).where(_held(who, near, [who.id])))


def near_cases(tx: Tx, who: Actor, case_ids: Collection[int]) -> dict[int, dict[Near, frozenset[int]]]:
    """Agents near each of some cases, by the way in which they are; cases near which is nobody are left out."""
    found: dict[int, dict[Near, frozenset[int]]] = {}
    for near, table in TABLES.items() if case_ids else ():
        mine = (table.c.workspace_id == who.workspace_id) & table.c.case_id.in_(case_ids)
        mine = mine & table.c.following if near == "following" else mine
        for row in tx.rows(sa.select(table.c.case_id, table.c.agent_id).where(mine)):
            ways = found.setdefault(row.case_id, {})
            ways[near] = ways.get(near, frozenset()) | {row.agent_id}
    return found


def count_near(tx: Tx, who: Actor, agent_ids: Collection[int]) -> dict[int, dict[Near, int]]:
    """Near how many unfinished cases each of some agents is, who see alike: one statement, a short walk along an index for each way."""
    found: dict[int, dict[Near, int]] = {one: {"following": 0, "mentioned": 0} for one in agent_ids}
    if found:
        for row in tx.rows(sa.union_all(*(_counted(who, near, agent_ids) for near in TABLES))):
            found[row.agent_id][row.near] = int(row.total)
    return found


def forget_near(tx: Tx, who: Actor) -> None:
    """Nobody is near what was put away long ago: the same customer's next matter is another case."""
    c = cases.c
    for table in TABLES.values():
        t = table.c
        joined = table.join(cases, (c.workspace_id == t.workspace_id) & (c.id == t.case_id))
        old = (t.workspace_id == who.workspace_id) & c.status.not_in(UNFINISHED) & (c.active_at < tx.now - NEAR_FOR)
        ids = [row.case_id for row in tx.rows(sa.select(t.case_id).select_from(joined).where(old).distinct().limit(AT_ONCE))]
        tx.run(sa.delete(table).where(t.workspace_id == who.workspace_id, t.case_id.in_(ids)))


def _counted(who: Actor, near: Near, agent_ids: Collection[int]) -> sa.Select[*tuple[Any, ...]]:
    table, c = TABLES[near], cases.c
    joined = table.join(cases, (c.workspace_id == table.c.workspace_id) & (c.id == table.c.case_id))
    mine = _held(who, near, agent_ids) & c.status.in_(UNFINISHED) & visible_to(who)
    columns = (table.c.agent_id, sa.literal(near).label("near"), sa.func.count().label("total"))
    return sa.select(*columns).select_from(joined).where(mine).group_by(table.c.agent_id)


def _held(who: Actor, near: Near, agent_ids: Collection[int]) -> sa.ColumnElement[bool]:
    t = TABLES[near].c
    mine = (t.workspace_id == who.workspace_id) & t.agent_id.in_(agent_ids)
    return mine & t.following if near == "following" else mine


def _set(tx: Tx, who: Actor, case: CaseRow, agent_id: int, *, following: bool) -> None:
    c = case_followers.c
    mine = _of(who, case.id) & (c.agent_id == agent_id)
    before = tx.value(sa.select(c.following).where(mine))
    if before is not None and bool(before) == following:
        return
    if before is None:
        row = {"workspace_id": who.workspace_id, "case_id": case.id, "agent_id": agent_id, "following": following, "at": tx.now}
        tx.run(sa.insert(case_followers), row)
    else:
        tx.run(sa.update(case_followers).where(mine).values(following=following, at=tx.now))
    tx.emit(who, FollowChanged(case_id=case.id, agent_id=agent_id, following=following))


def _of(who: Actor, case_id: int) -> sa.ColumnElement[bool]:
    return (case_followers.c.workspace_id == who.workspace_id) & (case_followers.c.case_id == case_id)
