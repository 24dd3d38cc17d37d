"""Following a case: hearing of it without holding it. In: agents. Out: rows; who left by their own wish is not brought back by a rule."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from sluss.cases.access import CaseRow, access_case
from sluss.cases.audience import Member, audience_of
from sluss.cases.events import FollowChanged
from sluss.cases.models import case_followers
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Forbidden, Invalid
from sluss.kernel.tx import Tx

LEADS = {"admin", "lead"}


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
