"""Who of the staff may see a case: to whom it can be shown, who can be called to it. In: a case. Out: agents and teams by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec
import sqlalchemy as sa

from sluss.cases.access import READERS, CaseRow, other_inboxes
from sluss.kernel.actors import Actor, system
from sluss.kernel.tx import Tx
from sluss.people.models import agents, inbox_teams, team_members, teams
from sluss.people.sessions import SEES_EVERYTHING, SEES_TEAMS, inboxes_of


class Member(msgspec.Struct, frozen=True):
    """An agent who may see the case."""

    id: int
    name: str
    role: str


class Called(msgspec.Struct, frozen=True):
    """Somebody or some people who can be called by name; `agent_ids` are those of them who may see the case."""

    kind: Literal["agent", "team"]
    id: int
    name: str
    agent_ids: tuple[int, ...]


def audience_of(tx: Tx, case: CaseRow) -> list[Member]:
    """Agents who may see a case, by name."""
    a, m, i = agents.c, team_members.c, inbox_teams.c
    handled = sa.select(m.agent_id).join(inbox_teams, (i.workspace_id == m.workspace_id) & (i.team_id == m.team_id))
    handled = handled.where(m.workspace_id == case.workspace_id, i.inbox_id.in_(_inboxes(tx, case)))
    seeing = a.role.in_(SEES_EVERYTHING & READERS) | (a.role.in_(SEES_TEAMS & READERS) & a.id.in_(handled))
    mine = (a.workspace_id == case.workspace_id) & a.disabled_at.is_(None)
    rows = tx.rows(sa.select(a.id, a.name, a.role).where(mine, seeing).order_by(sa.func.lower(a.name), a.id))
    return [Member(row.id, row.name, row.role) for row in rows]


def can_be_called(tx: Tx, case: CaseRow) -> list[Called]:
    """Agents who may see a case, and teams of which somebody may."""
    members = audience_of(tx, case)
    return [*(Called("agent", one.id, one.name, (one.id,)) for one in members), *_teams(tx, case, [one.id for one in members])]


def everybody(tx: Tx, workspace_id: int) -> list[Called]:
    """All agents and teams of the workspace, whoever may see what; with nobody in them."""
    a, t = agents.c, teams.c
    named = tx.rows(sa.select(a.id, a.name).where(a.workspace_id == workspace_id))
    grouped = tx.rows(sa.select(t.id, t.name).where(t.workspace_id == workspace_id))
    return [*(Called("agent", one.id, one.name, ()) for one in named), *(Called("team", one.id, one.name, ()) for one in grouped)]


def actor_of(tx: Tx, workspace_id: int, agent_id: int) -> Actor | None:
    """An agent as queries are given them, for what is done on their behalf; None for one who is shut out."""
    a = agents.c
    mine = (a.workspace_id == workspace_id) & (a.id == agent_id) & a.disabled_at.is_(None)
    row = tx.row(sa.select(a.name, a.role, a.language).where(mine))
    if row is None:
        return None
    return Actor(workspace_id, "agent", agent_id, row.name, row.role, inboxes_of(tx, workspace_id, agent_id, row.role), row.language)


def _teams(tx: Tx, case: CaseRow, agent_ids: Sequence[int]) -> list[Called]:
    t, m = teams.c, team_members.c
    joined = teams.join(team_members, (m.workspace_id == t.workspace_id) & (m.team_id == t.id))
    mine = (t.workspace_id == case.workspace_id) & m.agent_id.in_(agent_ids)
    rows = tx.rows(sa.select(t.id, t.name, m.agent_id).select_from(joined).where(mine).order_by(sa.func.lower(t.name), t.id, m.agent_id))
    found: dict[tuple[int, str], tuple[int, ...]] = {}
    for row in rows:
        found[row.id, row.name] = (*found.get((row.id, row.name), ()), row.agent_id)
    return [Called("team", team_id, name, members) for (team_id, name), members in found.items()]


def _inboxes(tx: Tx, case: CaseRow) -> list[int]:
    others = other_inboxes(tx, system(case.workspace_id), [case.id])
    return [case.inbox_id, *others.get(case.id, ())]
