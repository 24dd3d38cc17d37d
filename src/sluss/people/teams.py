"""Teams: people who handle the same inboxes. In: an administrator's choices. Out: rows; who sees which inbox changes at once."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.errors import Invalid, Missing
from sluss.kernel.tx import Tx
from sluss.people.actions import require_admin
from sluss.people.models import inbox_teams, team_members, teams
from sluss.people.sessions import TOPIC

NAME = 100


class TeamChange(msgspec.Struct, frozen=True, kw_only=True):
    """A team as it shall be: exactly these agents, exactly these inboxes."""

    name: str
    agent_ids: tuple[int, ...] = ()
    inbox_ids: tuple[int, ...] = ()


def create_team(tx: Tx, who: Actor, name: str) -> int:
    """A team without anybody in it yet. Returns its id."""
    require_admin(who)
    team_id = tx.new_id()
    try:
        with tx.attempt():
            tx.run(sa.insert(teams), {"workspace_id": who.workspace_id, "id": team_id, "name": _fit_name(name)})
    except IntegrityError:
        raise Invalid({"name": "There is already a team of this name."}) from None
    note_deed(tx, who, "team.create", ("team", team_id), name=name)
    return team_id


def change_team(tx: Tx, who: Actor, team_id: int, new: TeamChange) -> None:
    """Make a team what it shall be. Agents and inboxes of other workspaces are refused by the database itself."""
    require_admin(who)
    require_team(tx, who, team_id)
    _rename(tx, who, team_id, new.name)
    _replace(tx, who, team_members, ("team_id", team_id), ("agent_id", new.agent_ids, "agent"))
    _replace(tx, who, inbox_teams, ("team_id", team_id), ("inbox_id", new.inbox_ids, "inbox"))
    note_deed(tx, who, "team.change", ("team", team_id), agents=len(new.agent_ids), inboxes=len(new.inbox_ids))
    tx.hint(TOPIC)


def delete_team(tx: Tx, who: Actor, team_id: int) -> None:
    """Dissolve a team; its agents no longer see its inboxes by it."""
    require_admin(who)
    name = require_team(tx, who, team_id)
    for table in (team_members, inbox_teams):
        tx.run(sa.delete(table).where(table.c.workspace_id == who.workspace_id, table.c.team_id == team_id))
    tx.run(sa.delete(teams).where(teams.c.workspace_id == who.workspace_id, teams.c.id == team_id))
    note_deed(tx, who, "team.delete", ("team", team_id), name=name)
    tx.hint(TOPIC)


def require_team(tx: Tx, who: Actor, team_id: int) -> str:
    """The name of a team of the actor's workspace. Raises `Missing`."""
    name = tx.value(sa.select(teams.c.name).where(teams.c.workspace_id == who.workspace_id, teams.c.id == team_id))
    if name is None:
        raise Missing
    return str(name)


def _rename(tx: Tx, who: Actor, team_id: int, name: str) -> None:
    mine = (teams.c.workspace_id == who.workspace_id) & (teams.c.id == team_id)
    try:
        with tx.attempt():
            tx.run(sa.update(teams).where(mine).values(name=_fit_name(name)))
    except IntegrityError:
        raise Invalid({"name": "There is already a team of this name."}) from None


def _replace(tx: Tx, who: Actor, table: sa.Table, of: tuple[str, int], these: tuple[str, Iterable[int], str]) -> None:
    column, ids, field = these
    tx.run(sa.delete(table).where(table.c.workspace_id == who.workspace_id, table.c[of[0]] == of[1]))
    rows = [{"workspace_id": who.workspace_id, of[0]: of[1], column: one} for one in sorted(set(ids))]
    try:
        with tx.attempt():
            if rows:
                tx.run(sa.insert(table), rows)
    except IntegrityError:
        raise Invalid({field: "Choose from the list."}) from None


def _fit_name(name: str) -> str:
    if not 0 < len(name.strip()) <= NAME:
        raise Invalid({"name": "Please give a name of at most 100 characters."})
    return name.strip()
