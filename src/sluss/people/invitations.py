"""Invitations: how somebody becomes an agent. In: an administrator's word, later a one-time link. Out: an agent with a credential.

Until it is accepted there is no agent and no credential. The link is bound to workspace, address and role by the row that it leads to.
An address that has a credential already joins with that one, by its owner's consent. Only where nobody ever proved to own the address,
and this link was mailed to it, the credential is begun anew: whatever somebody else had put on it is gone.
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.kernel.actors import Actor, system
from sluss.kernel.audit import note_deed
from sluss.kernel.clock import DAY, HOUR
from sluss.kernel.errors import Conflict, Missing
from sluss.kernel.schema import fields
from sluss.kernel.text import clean_line
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.kernel.workspaces import find_workspace, get_workspace
from sluss.people.actions import (
    NewAgent,
    create_agent,
    faults_of,
    normal_address,
    refuse,
    require_admin,
    require_newcomer,
    withdraw_password_links,
)
from sluss.people.letters import Addressee, withdraw_letters, write_letter
from sluss.people.links import Link, Whose, find_link, new_link, use_link, withdraw_links
from sluss.people.models import agents, credentials, factors, invitations, known_devices, teams
from sluss.people.pending import end_pending
from sluss.people.sessions import end_credential_sessions
from sluss.web.troubles import Gone

LASTS = 72 * HOUR
KEPT = 30 * DAY
GONE = say("This invitation was used, withdrawn, or its time is over.")


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """One invitation; `state` is pending, accepted or withdrawn. Instants in µs UTC."""

    workspace_id: int
    id: int
    email: str
    name: str
    role: str
    language: str
    team_ids: tuple[int, ...]
    invited_by: int | None
    created_at: int
    expires_at: int
    state: str

    @property
    def agent(self) -> NewAgent:
        """Whom it makes."""
        given: dict[str, Any] = {name: getattr(self, name) for name in ("name", "email", "role", "language", "team_ids")}
        return NewAgent(**given)


class Invited(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation as its link opens it. `credential_id` is one to join with, 0 where the person begins anew."""

    invitation: Invitation
    link: Link
    company: str
    zone: str
    by: str
    credential_id: int


def invite(tx: Tx, who: Actor, new: NewAgent, *, by_mail: bool) -> int:
    """Invite somebody, by a letter or by a link to hand over. An older invitation of the same address ends. Returns its id."""
    require_admin(who)
    new = msgspec.structs.replace(new, name=clean_line(new.name))
    refuse(faults_of(new))
    require_newcomer(tx, who, new.email)
    _require_teams(tx, who, new.team_ids)
    address = normal_address(new.email)
    for one in _pending(tx, who, address):
        _end(tx, who, one, "withdrawn")
    row: dict[str, Any] = {"workspace_id": who.workspace_id, "id": tx.new_id(), "email": address, "name": new.name, "role": new.role}
    row |= {"language": new.language, "team_ids": sorted(set(new.team_ids)), "invited_by": who.id or None}
    tx.run(sa.insert(invitations), row | {"created_at": tx.now, "expires_at": tx.now + LASTS, "state": "pending"})
    invitation = access_invitation(tx, who, row["id"])
    note_deed(tx, who, "invitation.create", ("invitation", invitation.id), role=new.role)
    if by_mail:
        _write(tx, who, invitation)
    return invitation.id


def renew_invitation(tx: Tx, who: Actor, invitation_id: int, *, by_mail: bool) -> None:
    """Three more days, and another letter; what was sent or shown before is good no longer."""
    require_admin(who)
    invitation = _require_pending(tx, who, invitation_id)
    withdraw_links(tx, "invitation", about=invitation_id)
    withdraw_letters(tx, who, invitation_id=invitation_id)
    tx.run(sa.update(invitations).where(_this(invitation)).values(expires_at=tx.now + LASTS))
    note_deed(tx, who, "invitation.renew", ("invitation", invitation_id))
    if by_mail:
        _write(tx, who, invitation)


def withdraw_invitation(tx: Tx, who: Actor, invitation_id: int) -> None:
    """Take an invitation back. Doing it twice changes nothing."""
    require_admin(who)
    invitation = access_invitation(tx, who, invitation_id)
    if invitation.state == "accepted":
        raise Conflict("This invitation was accepted already. Disable the agent instead.")
    if invitation.state == "pending":
        _end(tx, who, invitation, "withdrawn")
        note_deed(tx, who, "invitation.withdraw", ("invitation", invitation_id))


def invitation_link(tx: Tx, who: Actor, invitation_id: int) -> str:
    """A token for `/invitation/{token}` to hand over; any older one is good no longer."""
    require_admin(who)
    invitation = _require_pending(tx, who, invitation_id)
    note_deed(tx, who, "invitation.link", ("invitation", invitation_id))
    return new_link(tx, "invitation", Whose(who.workspace_id, about=invitation_id, until=invitation.expires_at))


def mailed_link(tx: Tx, workspace_id: int, invitation_id: int, *, proves: bool) -> tuple[Invitation, str] | None:
    """The invitation and a token for its letter; None when it has ended. `proves` tells whether whoever carries it is trusted by all."""
    invitation = access_invitation(tx, system(workspace_id), invitation_id)
    if invitation.state != "pending" or invitation.expires_at <= tx.now:
        return None
    whose = Whose(workspace_id, about=invitation_id, mailed=True, proves=proves, until=invitation.expires_at)
    return invitation, new_link(tx, "invitation", whose)


def access_invitation(tx: Tx, who: Actor, invitation_id: int) -> Invitation:
    """One invitation of the workspace. Raises `Missing`."""
    found = _structs(tx, invitations.c.workspace_id == who.workspace_id, invitations.c.id == invitation_id)
    if not found:
        raise Missing
    return found[0]


def list_invitations(tx: Tx, who: Actor) -> list[Invitation]:
    """Those that wait for an answer, or whose time ran out lately; newest first."""
    c = invitations.c
    return _structs(tx, c.workspace_id == who.workspace_id, c.state == "pending", c.expires_at > tx.now - KEPT)


def find_invited(tx: Tx, token: str, host: str) -> Invited | None:
    """What a token opens at a host name. None for one that is not good, or belongs to another workspace's host."""
    link = find_link(tx, "invitation", token)
    if link is None:
        return None
    here = find_workspace(tx, host)
    found = access_invitation(tx, system(link.workspace_id), link.about)
    if found.state != "pending" or found.expires_at <= tx.now or (here is not None and here.id != link.workspace_id):
        return None
    names = sa.select(agents.c.name).where(agents.c.workspace_id == link.workspace_id, agents.c.id == found.invited_by)
    by = str(tx.value(names) or "") if found.invited_by else ""
    home = get_workspace(tx, link.workspace_id)
    joins = _credential_to_join(tx, found.email, link)
    return Invited(invitation=found, link=link, company=home.name, zone=home.time_zone, by=by, credential_id=joins)


def accept_anew(tx: Tx, token: str, host: str, person: tuple[str, str], password_hash: str) -> int:
    """Accept with a name, a language and a new password (or none yet, for who comes from an identity provider). Returns the agent's id."""
    invited = _use(tx, token, host)
    if invited.credential_id:
        raise Conflict("This address has an account already. Sign in with it to accept.")
    name, language = person
    new = msgspec.structs.replace(invited.invitation.agent, name=clean_line(name), language=language)
    refuse(faults_of(new))
    known = tx.value(sa.select(credentials.c.id).where(credentials.c.email == invited.invitation.email))
    if known is not None:
        _begin_anew(tx, int(known), password_hash)
    agent_id = create_agent(tx, system(invited.link.workspace_id), new, password_hash, credential_id=int(known or 0))
    if invited.link.mailed:
        confirm_address(tx, invited.link.workspace_id, agent_id)
    return _accepted(tx, invited, agent_id)


def accept_joining(tx: Tx, token: str, host: str, credential_id: int) -> int:
    """Accept with the credential that the address has, once its owner has proved to be that. Returns the agent's id."""
    invited = _use(tx, token, host)
    if not credential_id or invited.credential_id != credential_id:
        raise Conflict("This invitation is for another address than the one you are signed in with.")
    who = system(invited.link.workspace_id)
    # An administrator of the workspace that was the only one so far may still hold a link that sets the password.
    withdraw_password_links(tx, credential_id)
    agent_id = create_agent(tx, who, invited.invitation.agent, credential_id=credential_id)
    if invited.link.mailed:
        confirm_address(tx, invited.link.workspace_id, agent_id)
    return _accepted(tx, invited, agent_id)


def confirm_address(tx: Tx, workspace_id: int, agent_id: int) -> None:
    """From now on the address of this agent's credential counts as its owner's own."""
    mine = sa.select(agents.c.credential_id).where(agents.c.workspace_id == workspace_id, agents.c.id == agent_id).scalar_subquery()
    tx.run(sa.update(credentials).where(credentials.c.id == mine, credentials.c.confirmed_at.is_(None)).values(confirmed_at=tx.now))


def forget_old_invitations(tx: Tx, who: Actor) -> int:
    """Mark what nobody answered for a month as over. Returns how many."""
    c = invitations.c
    old = (c.workspace_id == who.workspace_id) & (c.state == "pending") & (c.expires_at < tx.now - KEPT)
    return tx.run(sa.update(invitations).where(old).values(state="withdrawn", ended_at=tx.now)).rowcount


def _use(tx: Tx, token: str, host: str) -> Invited:
    invited = find_invited(tx, token, host)
    if invited is None or use_link(tx, "invitation", token) is None:
        raise Gone(GONE)
    return invited


def _accepted(tx: Tx, invited: Invited, agent_id: int) -> int:
    one, who = invited.invitation, system(invited.link.workspace_id)
    accepted = (invitations.c.state == "pending") & _this(one)
    values = {"state": "accepted", "ended_at": tx.now, "agent_id": agent_id}
    if not tx.run(sa.update(invitations).where(accepted).values(values)).rowcount:
        raise Gone(GONE)
    withdraw_links(tx, "invitation", about=one.id)
    withdraw_letters(tx, who, invitation_id=one.id)
    note_deed(tx, who, "invitation.accept", ("agent", agent_id), role=one.role)
    return agent_id


def _credential_to_join(tx: Tx, email: str, link: Link) -> int:
    c = credentials.c
    row = tx.row(sa.select(c.id, c.confirmed_at).where(c.email == email))
    if row is None:
        return 0
    strong = tx.value(sa.select(factors.c.id).where(factors.c.credential_id == row.id).limit(1)) is not None
    return int(row.id) if row.confirmed_at is not None or strong or not link.mailed else 0


def _begin_anew(tx: Tx, credential_id: int, password_hash: str) -> None:
    """Nobody had proved to own the address until now: what was put on the credential before ends."""
    end_credential_sessions(tx, credential_id)
    end_pending(tx, credential_id)
    tx.run(sa.delete(known_devices).where(known_devices.c.credential_id == credential_id))
    withdraw_password_links(tx, credential_id)
    changed = {"password_hash": password_hash, "password_changed_at": tx.now}
    tx.run(sa.update(credentials).where(credentials.c.id == credential_id).values(changed))


def _write(tx: Tx, who: Actor, invitation: Invitation) -> None:
    to = Addressee(email=invitation.email, name=invitation.name, language=invitation.language, invitation_id=invitation.id)
    write_letter(tx, who, "invitation", to)


def _end(tx: Tx, who: Actor, invitation: Invitation, state: str) -> None:
    tx.run(sa.update(invitations).where(_this(invitation)).values(state=state, ended_at=tx.now))
    withdraw_links(tx, "invitation", about=invitation.id)
    withdraw_letters(tx, who, invitation_id=invitation.id)


def _require_pending(tx: Tx, who: Actor, invitation_id: int) -> Invitation:
    invitation = access_invitation(tx, who, invitation_id)
    if invitation.state != "pending":
        raise Conflict(GONE)
    return invitation


def _require_teams(tx: Tx, who: Actor, team_ids: tuple[int, ...]) -> None:
    mine = sa.select(teams.c.id).where(teams.c.workspace_id == who.workspace_id, teams.c.id.in_(team_ids))
    refuse({} if {row.id for row in tx.rows(mine)} == set(team_ids) else {"team": "Choose teams of the list."})


def _pending(tx: Tx, who: Actor, email: str) -> list[Invitation]:
    c = invitations.c
    return _structs(tx, c.workspace_id == who.workspace_id, c.email == email, c.state == "pending")


def _this(invitation: Invitation) -> sa.ColumnElement[bool]:
    return (invitations.c.workspace_id == invitation.workspace_id) & (invitations.c.id == invitation.id)


def _structs(tx: Tx, *where: sa.ColumnElement[bool]) -> list[Invitation]:
    rows = tx.rows(sa.select(*fields(Invitation, invitations)).where(*where).order_by(invitations.c.id.desc()))
    return [msgspec.convert(dict(zip(Invitation.__struct_fields__, row, strict=True)), Invitation) for row in rows]
