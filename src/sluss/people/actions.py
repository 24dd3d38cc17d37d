"""What is done with agents.

In: an administrator or the command line, and values that are not trusted yet. Out: rows, their audit lines, one-time links.

Whatever changes what somebody may do takes effect at once: their sessions are exchanged or ended in the same transaction.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sluss.kernel.actors import ROLES, Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.clock import HOUR
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing
from sluss.kernel.tx import Tx
from sluss.people.events import AgentDisabled
from sluss.people.letters import notify_agent, withdraw_letters
from sluss.people.links import Whose, new_link, withdraw_links
from sluss.people.models import agents, credentials, sessions, team_members, teams
from sluss.people.pending import end_pending
from sluss.people.sessions import ROTATE, TOPIC, end_credential_sessions, end_sessions
from sluss.web.locale import LOCALES

NAME = 200
ADDRESS = 254
THEMES = frozenset({"system", "light", "dark"})

_ADDRESS = re.compile(r"[^\s@\"(),:;<>\[\]\\]{1,64}@[^\s@\"(),:;<>\[\]\\]+\.[^\s@.\"(),:;<>\[\]\\]{2,}")


class NewAgent(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody to come. `language` is a locale of the screens."""

    name: str
    email: str
    role: str = "agent"
    language: str = "en"
    team_ids: tuple[int, ...] = ()


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent chooses for their own screens."""

    name: str
    language: str
    theme: str = "system"
    keys_off: bool = False


def create_agent(tx: Tx, who: Actor, new: NewAgent, password_hash: str = "", *, credential_id: int = 0) -> int:
    """An agent, with a credential of their own or one that exists (`credential_id`), by its owner's consent: see `invitations`.

    The first agent of a workspace is always an administrator.
    """
    require_admin(who)
    first = tx.value(sa.select(agents.c.id).where(agents.c.workspace_id == who.workspace_id).limit(1)) is None
    role: str = "admin" if first else new.role
    refuse(faults_of(msgspec.structs.replace(new, role=role)))
    require_newcomer(tx, who, new.email)
    credential_id = credential_id or _new_credential(tx, new.email, password_hash)
    agent_id = tx.new_id()
    row = {"workspace_id": who.workspace_id, "id": agent_id, "credential_id": credential_id, "name": new.name.strip(), "role": role}
    row |= {"language": new.language, "theme": "system", "keys_off": False, "created_at": tx.now, "disabled_at": None}
    tx.run(sa.insert(agents), row)
    set_teams(tx, who, agent_id, new.team_ids)
    note_deed(tx, who, "agent.create", ("agent", agent_id), role=role)
    return agent_id


def change_agent(tx: Tx, who: Actor, agent_id: int, new: NewAgent) -> None:
    """Change what an administrator may change about an agent."""
    require_admin(who)
    agent = require_agent(tx, who, agent_id)
    refuse(faults_of(new))
    if agent.role == "admin" and new.role != "admin":
        _require_another_admin(tx, who, agent_id)
    _change_address(tx, who, agent, new.email)
    tx.run(sa.update(agents).where(_this(who, agent_id)).values(name=new.name.strip(), role=new.role, language=new.language))
    set_teams(tx, who, agent_id, new.team_ids)
    if agent.role != new.role:
        _exchange_sessions(tx, who, agent_id)
    note_deed(tx, who, "agent.change", ("agent", agent_id), role=new.role)


def disable_agent(tx: Tx, who: Actor, agent_id: int) -> None:
    """Shut an agent out: every session, open stream and link ends with this transaction. What they did keeps their name."""
    require_admin(who)
    agent = require_agent(tx, who, agent_id)
    if who.kind == "agent" and agent_id == who.id:
        raise Conflict("You cannot disable yourself. Ask another administrator.")
    if agent.role == "admin":
        _require_another_admin(tx, who, agent_id)
    if agent.disabled_at is not None:
        return
    tx.run(sa.update(agents).where(_this(who, agent_id)).values(disabled_at=tx.now))
    end_sessions(tx, who.workspace_id, agent_id)
    _withdraw_offers(tx, who, agent_id)
    end_pending(tx, agent.credential_id)
    tx.emit(who, AgentDisabled(agent_id=agent_id))
    note_deed(tx, who, "agent.disable", ("agent", agent_id))


def enable_agent(tx: Tx, who: Actor, agent_id: int) -> None:
    """Let an agent in again, with the password they had."""
    require_admin(who)
    require_agent(tx, who, agent_id)
    tx.run(sa.update(agents).where(_this(who, agent_id)).values(disabled_at=None))
    note_deed(tx, who, "agent.enable", ("agent", agent_id))


def reset_password(tx: Tx, who: Actor, agent_id: int) -> str:
    """A one-time token for `/password/{token}`, good for 72 hours. The old password stays good until the new one is set."""
    require_admin(who)
    agent = require_agent(tx, who, agent_id)
    if agent.disabled_at is not None:
        raise Conflict("This agent is disabled. Enable them first.")
    require_own_credential(tx, who, agent.credential_id)
    note_deed(tx, who, "agent.reset", ("agent", agent_id))
    return new_link(tx, "password", Whose(who.workspace_id, agent_id))


def set_password(tx: Tx, who: Actor, agent_id: int, password_hash: str, keep_session: int = 0) -> None:
    """Set a password that `passwords.fault_of` found nothing wrong with; every other session of the person ends."""
    if agent_id != who.id:
        require_admin(who)
    agent = require_agent(tx, who, agent_id)
    if agent_id != who.id and who.kind == "agent":
        require_own_credential(tx, who, agent.credential_id)
    changed = {"password_hash": password_hash, "password_changed_at": tx.now}
    tx.run(sa.update(credentials).where(credentials.c.id == agent.credential_id).values(changed))
    end_credential_sessions(tx, agent.credential_id, keep=keep_session)
    end_pending(tx, agent.credential_id)
    withdraw_password_links(tx, agent.credential_id)
    notify_agent(tx, who, agent_id, "password", at=tx.now)
    note_deed(tx, who, "agent.password", ("agent", agent_id))


def change_profile(tx: Tx, who: Actor, profile: Profile) -> None:
    """Change one's own name, language and looks."""
    errors = _faults(profile.name, profile.language)
    if profile.theme not in THEMES:
        errors["theme"] = "Choose one of the list."
    refuse(errors)
    values = {"name": profile.name.strip(), "language": profile.language, "theme": profile.theme, "keys_off": profile.keys_off}
    tx.run(sa.update(agents).where(_this(who, who.id)).values(values))
    tx.hint(TOPIC)


def set_theme(tx: Tx, who: Actor, theme: str) -> None:
    """Light, dark, or as the system has it."""
    if theme not in THEMES:
        raise Invalid({"theme": "Choose one of the list."})
    tx.run(sa.update(agents).where(_this(who, who.id)).values(theme=theme))
    tx.hint(TOPIC)


def set_keys(tx: Tx, who: Actor, *, off: bool) -> None:
    """Single-key shortcuts on or off."""
    tx.run(sa.update(agents).where(_this(who, who.id)).values(keys_off=off))
    tx.hint(TOPIC)


def set_teams(tx: Tx, who: Actor, agent_id: int, team_ids: tuple[int, ...]) -> None:
    """Put an agent into exactly these teams of the workspace."""
    known = set(tx.conn.execute(sa.select(teams.c.id).where(teams.c.workspace_id == who.workspace_id, teams.c.id.in_(team_ids))).scalars())
    if known != set(team_ids):
        raise Invalid({"team": "Choose teams of the list."})
    mine = (team_members.c.workspace_id == who.workspace_id) & (team_members.c.agent_id == agent_id)
    tx.run(sa.delete(team_members).where(mine))
    if known:
        rows = [{"workspace_id": who.workspace_id, "team_id": team_id, "agent_id": agent_id} for team_id in sorted(known)]
        tx.run(sa.insert(team_members), rows)
    tx.hint(TOPIC)


def require_admin(who: Actor) -> None:
    """Raise `Forbidden` unless an administrator acts, or Sluss itself for the command line."""
    if who.kind != "system" and who.role != "admin":
        raise Forbidden("Only an administrator may do this.")


def require_agent(tx: Tx, who: Actor, agent_id: int) -> sa.Row[Any]:
    """The row of an agent of the actor's workspace. Raises `Missing`."""
    row = tx.row(sa.select(agents).where(_this(who, agent_id)))
    if row is None:
        raise Missing
    return row


def normal_address(email: str) -> str:
    """An address as it is stored and looked up."""
    return email.strip().casefold()


def faults_of(new: NewAgent) -> dict[str, str]:
    """What is wrong with the fields of an agent, a sentence for each."""
    errors = _faults(new.name, new.language)
    if len(new.email) > ADDRESS or not _ADDRESS.fullmatch(normal_address(new.email)):
        errors["email"] = "This is not a mail address."
    if new.role not in ROLES:
        errors["role"] = "Choose one of the list."
    return errors


def withdraw_password_links(tx: Tx, credential_id: int) -> None:
    """No link that was given or mailed to the owner of a credential, in whichever workspace, sets its password any more."""
    with tx.over_the_wall():
        theirs = tx.rows(sa.select(agents.c.id).where(agents.c.credential_id == credential_id))
    for agent in theirs:
        withdraw_links(tx, "password", agent_id=agent.id)
        withdraw_links(tx, "reset", agent_id=agent.id)


def refuse(errors: dict[str, str]) -> None:
    if errors:
        raise Invalid(errors)


def _faults(name: str, language: str) -> dict[str, str]:
    errors: dict[str, str] = {}
    if not 0 < len(name.strip()) <= NAME:
        errors["name"] = "Please give a name of at most 200 characters."
    if language not in LOCALES:
        errors["locale"] = "Choose one of the list."
    return errors


def require_newcomer(tx: Tx, who: Actor, email: str) -> None:
    """Raise `Invalid` where somebody of the workspace has this address already."""
    known = sa.select(agents.c.id).join(credentials, credentials.c.id == agents.c.credential_id)
    mine = known.where(agents.c.workspace_id == who.workspace_id, credentials.c.email == normal_address(email))
    if tx.value(mine) is not None:
        raise Invalid({"email": "There is already an agent with this address."})


def _new_credential(tx: Tx, email: str, password_hash: str) -> int:
    row = {"id": tx.new_id(), "email": normal_address(email), "password_hash": password_hash, "password_changed_at": tx.now}
    try:
        with tx.attempt():
            tx.run(sa.insert(credentials), row)
    except IntegrityError:
        # Somebody of another workspace has it, and comes in by an invitation only: nobody else sets their password.
        raise Invalid({"email": "Somebody with this address works in another workspace here. Invite them instead."}) from None
    return int(row["id"])


def _change_address(tx: Tx, who: Actor, agent: sa.Row[Any], email: str) -> None:
    """A new address has proved nothing yet, and what was mailed to the old one is good no longer."""
    address = normal_address(email)
    if tx.value(sa.select(credentials.c.email).where(credentials.c.id == agent.credential_id)) == address:
        return
    require_own_credential(tx, who, agent.credential_id)
    try:
        with tx.attempt():
            tx.run(sa.update(credentials).where(credentials.c.id == agent.credential_id).values(email=address, confirmed_at=None))
    except IntegrityError:
        raise Invalid({"email": "This address cannot be used here. Take another one."}) from None
    _withdraw_offers(tx, who, agent.id)


def _withdraw_offers(tx: Tx, who: Actor, agent_id: int) -> None:
    for purpose in ("password", "reset"):
        withdraw_links(tx, purpose, agent_id=agent_id)
    withdraw_letters(tx, who, agent_id=agent_id)


def _require_another_admin(tx: Tx, who: Actor, agent_id: int) -> None:
    """The rows are locked, so that two administrators cannot shut each other out at once."""
    c = agents.c
    admins = sa.select(c.id).where(c.workspace_id == who.workspace_id, c.role == "admin", c.disabled_at.is_(None)).with_for_update()
    if not {row.id for row in tx.rows(admins)} - {agent_id}:
        raise Conflict("This is the only administrator. Make somebody else one first.")


def require_own_credential(tx: Tx, who: Actor, credential_id: int) -> None:
    if works_elsewhere(tx, who, credential_id):
        raise Conflict("This person works in another workspace too: how they sign in is theirs alone to change.")


def works_elsewhere(tx: Tx, who: Actor, credential_id: int) -> bool:
    """Whether the owner of a credential is an agent of another workspace as well."""
    elsewhere = (agents.c.credential_id == credential_id) & (agents.c.workspace_id != who.workspace_id)
    with tx.over_the_wall():
        return tx.value(sa.select(agents.c.id).where(elsewhere).limit(1)) is not None


def _exchange_sessions(tx: Tx, who: Actor, agent_id: int) -> None:
    """With a new role comes a new token, at the next request."""
    mine = (sessions.c.workspace_id == who.workspace_id) & (sessions.c.agent_id == agent_id)
    tx.run(sa.update(sessions).where(mine).values(rotated_at=tx.now - ROTATE - HOUR))
    tx.hint(TOPIC)


def _this(who: Actor, agent_id: int) -> sa.ColumnElement[bool]:
    return (agents.c.workspace_id == who.workspace_id) & (agents.c.id == agent_id)
