"""Inviting agents: who is invited, by letter or by a link to hand over; once more, or not after all."""

from __future__ import annotations

from typing import Any

from litestar import Response, post

from sluss.channels.postbox import has_letter_way
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.people.fresh import require_fresh
from sluss.people.home import home_of
from sluss.people.invitations import (
    Invitation,
    access_invitation,
    invitation_link,
    list_invitations,
    renew_invitation,
    withdraw_invitation,
)
from sluss.people.letters import Letter, letters_of_invitations
from sluss.people.once import once
from sluss.people.sessions import Session
from sluss.settings.screens import Handed, InvitationLine
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.policy import ADMINS


@post("/settings/invitations/{invitation_id:int}/renew", may=ADMINS)
async def renew(edge: Edge, asked: Asked, who: Actor, invitation_id: int) -> Response[Any]:
    """Three more days, and another letter where letters can leave."""
    by_mail = await edge.db.read(has_letter_way, who, edge.config)
    await edge.db.write(once, who, await asked.op(), renew_invitation, invitation_id, by_mail=by_mail)
    return asked.go("/settings/agents")


@post("/settings/invitations/{invitation_id:int}/link", may=ADMINS)
async def show_link(edge: Edge, who: Actor, asked: Asked, session: Session, invitation_id: int) -> Response[Any]:
    """A link to hand over, shown this once; any older one is good no longer."""
    await require_fresh(asked, session)
    handed = await hand_over(edge, asked, who, invitation_id)
    return asked.answer("settings/handed.html", asked.page(_("Invitation"), "settings"), screen=handed)


@post("/settings/invitations/{invitation_id:int}/withdraw", may=ADMINS)
async def withdraw(edge: Edge, asked: Asked, who: Actor, invitation_id: int) -> Response[Any]:
    """Not after all."""
    await edge.db.write(once, who, await asked.op(), withdraw_invitation, invitation_id)
    return asked.go("/settings/agents")


async def hand_over(edge: Edge, asked: Asked, who: Actor, invitation_id: int) -> Handed:
    """A fresh link of an invitation, complete, for whoever hands it over."""
    token = await edge.db.write(invitation_link, who, invitation_id)
    found = await edge.db.read(access_invitation, who, invitation_id)
    server = asked.request.scope["server"]
    home = await edge.db.read(home_of, edge.config, who.workspace_id, (server[1] or 0) if server else 0)
    return Handed(name=found.name, email=found.email, link=f"{home}/invitation/{token}", until=found.expires_at)


def invitation_lines(tx: Tx, who: Actor, roles: dict[str, str], teams: dict[int, str]) -> tuple[InvitationLine, ...]:
    """Who is invited and has not answered, each with what became of the letter."""
    found = list_invitations(tx, who)
    letters = letters_of_invitations(tx, who, [one.id for one in found])
    return tuple(_line(one, (roles, teams), letters.get(one.id), tx.now) for one in found)


def _line(one: Invitation, names: tuple[dict[str, str], dict[int, str]], letter: Letter | None, now: int) -> InvitationLine:
    roles, teams = names
    return InvitationLine(
        id=str(one.id),
        name=one.name,
        email=one.email,
        role=roles.get(one.role, one.role),
        teams=tuple(teams[team_id] for team_id in one.team_ids if team_id in teams),
        expires_at=one.expires_at,
        expired=one.expires_at <= now,
        letter=letter.state if letter is not None else "",
        reason=_(letter.error) if letter is not None and letter.error else "",
    )


ROUTES = [renew, show_link, withdraw]
