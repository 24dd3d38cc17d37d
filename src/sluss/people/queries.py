"""What screens ask about people. In: an actor. Out: structs; instants in µs UTC. Everything is of the actor's workspace only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.kernel.actors import Actor
from sluss.kernel.errors import Missing
from sluss.kernel.tx import Tx
from sluss.people.models import agent_identities, agents, credentials, inbox_teams, sessions, team_members, teams


class AgentRow(msgspec.Struct, frozen=True, kw_only=True):
    """One agent. `invited` means that nothing lets them in yet; `seen_at` is the last request of any browser still signed in."""

    id: int
    name: str
    email: str
    role: str
    language: str
    theme: str
    keys_off: bool
    disabled: bool
    invited: bool
    team_ids: tuple[int, ...] = ()
    seen_at: int | None = None


class TeamRow(msgspec.Struct, frozen=True, kw_only=True):
    """One team, with the agents in it and the inboxes it handles."""

    id: int
    name: str
    agent_ids: tuple[int, ...] = ()
    inbox_ids: tuple[int, ...] = ()


class Named(msgspec.Struct, frozen=True):
    """An agent to choose or to show."""

    id: int
    name: str


def list_agents(tx: Tx, who: Actor) -> list[AgentRow]:
    """All agents by name, disabled ones last."""
    order = (agents.c.disabled_at.is_not(None), sa.func.lower(agents.c.name), agents.c.id)
    return _agents(tx, who, _agent_columns(who).order_by(*order))


def get_agent(tx: Tx, who: Actor, agent_id: int) -> AgentRow:
    """One agent. Raises `Missing`."""
    found = _agents(tx, who, _agent_columns(who).where(agents.c.id == agent_id))
    if not found:
        raise Missing
    return found[0]


def list_assignable(tx: Tx, who: Actor) -> list[Named]:
    """Agents who can be given a case: active ones who answer customers, by name."""
    c = agents.c
    wanted = (c.workspace_id == who.workspace_id) & c.disabled_at.is_(None) & c.role.in_(("admin", "lead", "agent"))
    return [Named(*row) for row in tx.rows(sa.select(c.id, c.name).where(wanted).order_by(sa.func.lower(c.name), c.id))]


def names_of(tx: Tx, who: Actor, agent_ids: Sequence[int]) -> dict[int, str]:
    """Names of agents by id, of disabled ones too."""
    c = agents.c
    rows = tx.rows(sa.select(c.id, c.name).where(c.workspace_id == who.workspace_id, c.id.in_(agent_ids)))
    return {row.id: row.name for row in rows}


def list_teams(tx: Tx, who: Actor) -> list[TeamRow]:
    """All teams by name."""
    members = _grouped(tx, who, team_members, "agent_id")
    handled = _grouped(tx, who, inbox_teams, "inbox_id")
    rows = tx.rows(
        sa.select(teams.c.id, teams.c.name).where(teams.c.workspace_id == who.workspace_id).order_by(sa.func.lower(teams.c.name))
    )
    return [TeamRow(id=row.id, name=row.name, agent_ids=members.get(row.id, ()), inbox_ids=handled.get(row.id, ())) for row in rows]


def get_team(tx: Tx, who: Actor, team_id: int) -> TeamRow:
    """One team. Raises `Missing`."""
    found = [team for team in list_teams(tx, who) if team.id == team_id]
    if not found:
        raise Missing
    return found[0]


def _agent_columns(who: Actor) -> sa.Select[*tuple[Any, ...]]:
    a, c = agents.c, credentials.c
    i = agent_identities.c
    linked = sa.exists().where(i.workspace_id == a.workspace_id, i.agent_id == a.id).label("linked")
    columns = sa.select(a.id, a.name, c.email, a.role, a.language, a.theme, a.keys_off, a.disabled_at, c.password_hash, linked)
    return columns.join(credentials, c.id == a.credential_id).where(a.workspace_id == who.workspace_id)


def _agents(tx: Tx, who: Actor, wanted: sa.Select[*tuple[Any, ...]]) -> list[AgentRow]:
    rows = tx.rows(wanted)
    of = _teams_by_agent(tx, who)
    seen = _seen(tx, who)
    return [
        AgentRow(
            id=row.id,
            name=row.name,
            email=row.email,
            role=row.role,
            language=row.language,
            theme=row.theme,
            keys_off=row.keys_off,
            disabled=row.disabled_at is not None,
            invited=not row.password_hash and not row.linked,
            team_ids=of.get(row.id, ()),
            seen_at=seen.get(row.id),
        )
        for row in rows
    ]


def _teams_by_agent(tx: Tx, who: Actor) -> dict[int, tuple[int, ...]]:
    found: dict[int, tuple[int, ...]] = {}
    for team_id, agent_ids in _grouped(tx, who, team_members, "agent_id").items():
        for agent_id in agent_ids:
            found[agent_id] = (*found.get(agent_id, ()), team_id)
    return found


def _seen(tx: Tx, who: Actor) -> dict[int, int]:
    c = sessions.c
    newest = sa.func.max(c.seen_at).label("seen_at")
    rows = tx.rows(sa.select(c.agent_id, newest).where(c.workspace_id == who.workspace_id).group_by(c.agent_id))
    return {row.agent_id: row.seen_at for row in rows}


def _grouped(tx: Tx, who: Actor, table: sa.Table, column: str) -> dict[int, tuple[int, ...]]:
    grouped: dict[int, tuple[int, ...]] = {}
    wanted = sa.select(table.c.team_id, table.c[column].label("one")).where(table.c.workspace_id == who.workspace_id)
    for row in tx.rows(wanted.order_by(table.c[column])):
        grouped[row.team_id] = (*grouped.get(row.team_id, ()), row.one)
    return grouped
