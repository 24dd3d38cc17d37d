"""Signing in by an identity provider, and linking one's account with it. In: what `oidc_door` brings back. Out: a session, or plain words.

An address proves nothing here. Whoever is not linked yet signs in as before and links on their own page, or opens their invitation.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from litestar import Response, get, post
from litestar.response.redirect import Redirect

from sluss.kernel.actors import Actor, system
from sluss.kernel.audit import note_deed
from sluss.kernel.errors import Trouble
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.people import door, oidc_door
from sluss.people.access import EVERYONE, SIGNED_IN
from sluss.people.actions import NewAgent, create_agent, faults_of, normal_address
from sluss.people.entry_screens import Vouched
from sluss.people.factors import wipe_factors
from sluss.people.fresh import require_fresh
from sluss.people.invitations import confirm_address
from sluss.people.letters import notify_agent
from sluss.people.links import withdraw_links
from sluss.people.models import credentials, invitations
from sluss.people.oidc_client import ProviderTrouble
from sluss.people.oidc_door import Return, SignInRefused
from sluss.people.oidc_providers import (
    Provider,
    Told,
    find_identity,
    find_provider,
    is_of_domains,
    link_identity,
    seen_identity,
    unlink_identities,
)
from sluss.people.oidc_tokens import TokenRefused
from sluss.people.once import once
from sluss.people.screens import SignIn
from sluss.people.sessions import Session, end_credential_sessions
from sluss.web.edge import Asked, Edge, local_path
from sluss.web.locale import gettext as _

NOBODY = say(
    "%(label)s knows you, but no account here is linked with it. "
    "Sign in as before and link it under “Your settings”, or open your invitation."
)
SHUT_OUT = say("Your account here is disabled. Ask an administrator.")
KNOWN = say("An account with your address exists already. Sign in as before and link %(label)s under “Your settings”.")
INVITED = say("You are invited: open the link of your invitation first.")


@get("/sign-in/oidc", may=EVERYONE)
async def set_out(edge: Edge, asked: Asked) -> Response[str] | Redirect:
    provider = await edge.db.read(oidc_door.provider_here, asked.host)
    if provider is None:
        return asked.go("/sign-in")
    onward = local_path(asked.request.query_params.get("next", "/"))
    try:
        return Redirect(await oidc_door.set_out(edge, asked, provider, ("sign-in", ""), onward), status_code=303)
    except ProviderTrouble as error:
        return await _refused(asked, error, onward)


@get("/sign-in/oidc/callback", may=EVERYONE)
async def come_back(edge: Edge, asked: Asked) -> Response[str] | Redirect:
    try:
        back = await oidc_door.come_back(edge, asked)
        if back.note.wish == "sign-in":
            return await _let_in(edge, asked, back)
    except (ProviderTrouble, SignInRefused, TokenRefused) as error:
        return await _refused(asked, error)
    oidc_door.keep_arrived(edge, asked, back)
    return asked.go("/me/identity" if back.note.wish == "link" else f"/invitation/{back.note.about}/provider")


@get("/me/identity/new", may=SIGNED_IN)
async def set_out_to_link(edge: Edge, asked: Asked, who: Actor, session: Session) -> Response[str] | Redirect:
    provider = await edge.db.read(find_provider, who)
    if provider is None:
        return asked.go("/me")
    await require_fresh(asked, session)
    return Redirect(await oidc_door.set_out(edge, asked, provider, ("link", str(session.id))), status_code=303)


@get("/me/identity", may=SIGNED_IN)
async def link_page(edge: Edge, asked: Asked, who: Actor, session: Session) -> Response[str] | Redirect:
    arrived, provider = oidc_door.arrived(edge, asked, "link", str(session.id)), await edge.db.read(find_provider, who)
    if arrived is None or provider is None:
        return asked.go("/me")
    told = arrived.told
    drops = not await edge.db.read(_is_confirmed, session.credential_id)
    screen = Vouched(label=provider.label, told=told.email or told.subject, name=told.name, drops_password=drops)
    return asked.answer("people/identity.html", asked.page(_("Link %(label)s") % {"label": provider.label}, "me"), screen=screen)


@post("/me/identity", may=SIGNED_IN, status_code=303)
async def link(edge: Edge, asked: Asked, who: Actor, session: Session) -> Redirect:
    arrived = oidc_door.arrived(edge, asked, "link", str(session.id))
    if arrived is None or arrived.workspace_id != who.workspace_id:
        return asked.go("/me")
    await require_fresh(asked, session)
    await edge.db.write(once, who, await asked.op(), _link, arrived.told, (session.credential_id, session.id))
    oidc_door.drop_arrived(edge, asked)
    return asked.go("/me?saved=identity")


@post("/me/identity/remove", may=SIGNED_IN, status_code=303)
async def unlink(edge: Edge, asked: Asked, who: Actor, session: Session) -> Redirect:
    await require_fresh(asked, session)
    await edge.db.write(once, who, await asked.op(), _unlink)
    return asked.go("/me")


async def _let_in(edge: Edge, asked: Asked, back: Return) -> Redirect:
    agent_id = await edge.db.write(_agent_of, back)
    person = await edge.db.read(door.person_as, back.note.workspace_id, agent_id)
    if person is None:
        raise SignInRefused(SHUT_OUT)
    two_steps = back.provider.trusts_factors and back.told.two_steps
    return asked.go(await door.proceed(edge, asked, person, door.VOUCHED if two_steps else "oidc", back.note.onward))


def _agent_of(tx: Tx, back: Return) -> int:
    """Whom the provider named. Somebody it vouches for may become an agent where the workspace wants that."""
    who = system(back.note.workspace_id)
    known = find_identity(tx, who, back.told.issuer, back.told.subject)
    if known is not None:
        seen_identity(tx, who, known.id)
        return known.agent_id
    if not back.provider.provision or not is_of_domains(back.provider, back.told):
        raise SignInRefused(say(NOBODY, label=back.provider.label))
    return _provision(tx, who, back.provider, back.told)


def _provision(tx: Tx, who: Actor, provider: Provider, told: Told) -> int:
    """An agent of the least role, with no password. An address that somebody has already, or is invited with, is left alone."""
    address = normal_address(told.email)
    i = invitations.c
    if tx.value(sa.select(credentials.c.id).where(credentials.c.email == address)) is not None:
        raise SignInRefused(say(KNOWN, label=provider.label))
    if tx.value(sa.select(i.id).where(i.workspace_id == who.workspace_id, i.email == address, i.state == "pending").limit(1)) is not None:
        raise SignInRefused(INVITED)
    new = NewAgent(name=told.name or address.partition("@")[0], email=address, role="agent")
    if faults_of(new):
        raise SignInRefused(say(NOBODY, label=provider.label))
    agent_id = create_agent(tx, who, new)
    confirm_address(tx, who.workspace_id, agent_id)
    link_identity(tx, who, agent_id, told)
    note_deed(tx, who, "agent.provision", ("agent", agent_id), issuer=told.issuer)
    return agent_id


def _link(tx: Tx, who: Actor, told: Told, mine: tuple[int, int]) -> None:
    """Where nobody had proved to own the address, whoever set password and factors may be somebody else: they end, and other sessions."""
    credential_id, session_id = mine
    link_identity(tx, who, who.id, told)
    if not _is_confirmed(tx, credential_id):
        cleared = {"password_hash": "", "password_changed_at": tx.now, "confirmed_at": tx.now}
        tx.run(sa.update(credentials).where(credentials.c.id == credential_id).values(cleared))
        wipe_factors(tx, credential_id)
        end_credential_sessions(tx, credential_id, keep=session_id)
        for purpose in ("password", "reset"):
            withdraw_links(tx, purpose, agent_id=who.id)
    notify_agent(tx, who, who.id, "factors", what=say("An identity provider was linked."), at=tx.now)


def _unlink(tx: Tx, who: Actor) -> None:
    unlink_identities(tx, who)
    notify_agent(tx, who, who.id, "factors", what=say("An identity provider was unlinked."), at=tx.now)


def _is_confirmed(tx: Tx, credential_id: int) -> bool:
    return tx.value(sa.select(credentials.c.confirmed_at).where(credentials.c.id == credential_id)) is not None


async def _refused(asked: Asked, error: Trouble, onward: str = "/") -> Response[Any]:
    """The sign-in page with what went wrong; nothing of what the provider wrote."""
    screen = await oidc_door.with_provider(asked, SignIn(next=onward, notice=_(error.sentence)))
    return asked.answer("people/sign_in.html", asked.page(_("Sign in")), error.status, screen=screen)


ROUTES = [set_out, come_back, set_out_to_link, link_page, link, unlink]
