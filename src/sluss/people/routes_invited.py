"""Accepting an invitation. In: its link, and what the person chooses or proves. Out: an agent who is signed in."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.response.redirect import Redirect

from sluss.kernel.actors import system
from sluss.kernel.errors import Conflict, Invalid
from sluss.kernel.tx import Tx
from sluss.people import door, oidc_door, passwords
from sluss.people.access import LINK
from sluss.people.entry_screens import Invite, Vouched
from sluss.people.invitations import Invited, accept_anew, accept_joining, find_invited
from sluss.people.letter_texts import ROLES
from sluss.people.oidc_client import ProviderTrouble
from sluss.people.oidc_providers import Provider, Told, find_provider, link_identity
from sluss.people.sessions import Session
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.shell import Form
from sluss.web.troubles import Gone, TooManyTries

Typed = Annotated[str, msgspec.Meta(max_length=2000)]


class Newcomer(msgspec.Struct, frozen=True):
    """Who somebody is to be here. No role: that is the invitation's."""

    name: Typed
    locale: Typed
    password: str = ""


class Joining(msgspec.Struct, frozen=True):
    """The proof of an account that exists."""

    password: str = ""


class Found(msgspec.Struct, frozen=True):
    """An invitation and the workspace's provider."""

    invited: Invited
    provider: Provider | None


@get("/invitation/{token:str}", may=LINK)
async def invitation_page(edge: Edge, asked: Asked, token: str) -> Response[str]:
    found = await edge.db.read(_find, token, asked.host)
    return _answer(asked, token, found, Form(_known(found, asked)) if found is not None else Form())


@post("/invitation/{token:str}", may=LINK, status_code=200)
async def accept(edge: Edge, asked: Asked, token: str) -> Response[Any] | Redirect:
    form = await asked.form(Newcomer)
    found = await edge.db.read(_find, token, asked.host)
    if found is None:
        return _answer(asked, token, None, Form())
    if found.provider is not None and found.provider.only:
        raise Conflict("Passwords are switched off here. Go on with the button.")
    try:
        password_hash = await _hashed(edge, form, found.invited)
        agent_id = await edge.db.write(accept_anew, token, asked.host, (form.name, form.locale), password_hash)
    except Invalid as error:
        kept = {"name": form.name, "locale": form.locale}
        return _answer(asked, token, found, Form(kept, {name: _(sentence) for name, sentence in error.fields.items()}))
    return await _enter(edge, asked, (found.invited.link.workspace_id, agent_id), "invitation")


@post("/invitation/{token:str}/join", may=LINK, status_code=200)
async def join(edge: Edge, asked: Asked, token: str) -> Response[Any] | Redirect:
    form = await asked.form(Joining)
    found = await edge.db.read(_find, token, asked.host)
    if found is None or not found.invited.credential_id:
        return _answer(asked, token, found, Form())
    credential_id = found.invited.credential_id
    if not _is_theirs(asked, credential_id):
        try:
            right = await door.is_credential(edge, asked, credential_id, (found.invited.invitation.email, form.password))
        except TooManyTries as wait:
            return _answer(asked, token, found, Form(), wait.seconds)
        if not right:
            return _answer(asked, token, found, Form({}, {"password": _("This is not the password of that account.")}))
    agent_id = await edge.db.write(accept_joining, token, asked.host, credential_id)
    return await _enter(edge, asked, (found.invited.link.workspace_id, agent_id), "invitation")


@get("/invitation/{token:str}/oidc", may=LINK)
async def go_to_provider(edge: Edge, asked: Asked, token: str) -> Response[str] | Redirect:
    found = await edge.db.read(_find, token, asked.host)
    if found is None or found.provider is None or found.invited.credential_id:
        return _answer(asked, token, found, Form())
    try:
        return Redirect(await oidc_door.set_out(edge, asked, found.provider, ("join", token)), status_code=303)
    except ProviderTrouble as error:
        return _answer(asked, token, found, Form(_known(found, asked), {"": _(error.sentence)}))


@get("/invitation/{token:str}/provider", may=LINK)
async def vouched_page(edge: Edge, asked: Asked, token: str) -> Response[str] | Redirect:
    found, arrived = await edge.db.read(_find, token, asked.host), oidc_door.arrived(edge, asked, "join", token)
    if found is None or found.provider is None or arrived is None:
        return _answer(asked, token, found, Form(_known(found, asked)) if found is not None else Form())
    form = Form(_known(found, asked) | ({"name": arrived.told.name} if arrived.told.name else {}))
    return _vouched(asked, token, found, (arrived.told, form))


@post("/invitation/{token:str}/provider", may=LINK, status_code=200)
async def accept_vouched(edge: Edge, asked: Asked, token: str) -> Response[Any] | Redirect:
    form = await asked.form(Newcomer)
    found, arrived = await edge.db.read(_find, token, asked.host), oidc_door.arrived(edge, asked, "join", token)
    if found is None or found.provider is None or arrived is None:
        return _answer(asked, token, found, Form(_known(found, asked)) if found is not None else Form())
    try:
        agent_id = await edge.db.write(_accept_vouched, (token, asked.host), (form.name, form.locale), arrived.told)
    except Invalid as error:
        kept = Form({"name": form.name, "locale": form.locale}, {name: _(sentence) for name, sentence in error.fields.items()})
        return _vouched(asked, token, found, (arrived.told, kept))
    oidc_door.drop_arrived(edge, asked)
    return await _enter(edge, asked, (found.invited.link.workspace_id, agent_id), "oidc")


async def _enter(edge: Edge, asked: Asked, agent: tuple[int, int], how: str) -> Redirect:
    """Who has a second factor is asked for it before anything opens."""
    person = await edge.db.read(door.person_as, *agent)
    if person is None:
        raise Gone("This agent is disabled.")
    return asked.go(await door.proceed(edge, asked, person, how))


async def _hashed(edge: Edge, form: Newcomer, invited: Invited) -> str:
    about = (invited.invitation.email, form.name, invited.company)
    fault = await passwords.find_fault(form.password, about, edge.config.breached_passwords)
    if fault:
        raise Invalid({"password": fault})
    return await passwords.hash_password(form.password)


def _accept_vouched(tx: Tx, link: tuple[str, str], chosen: tuple[str, str], told: Told) -> int:
    invited = find_invited(tx, *link)
    agent_id = accept_anew(tx, *link, chosen, "")
    if invited is not None:
        link_identity(tx, system(invited.link.workspace_id), agent_id, told)
    return agent_id


def _find(tx: Tx, token: str, host: str) -> Found | None:
    invited = find_invited(tx, token, host)
    return Found(invited, find_provider(tx, system(invited.link.workspace_id))) if invited is not None else None


def _answer(asked: Asked, token: str, found: Found | None, form: Form, wait: int = 0) -> Response[str]:
    if found is None:
        return asked.answer("people/invitation.html", asked.page(_("Your invitation")), 410, screen=Invite(token=token, gone=True))
    invited, provider = found.invited, found.provider
    page = asked.page(_("Your invitation"), zone=invited.zone)
    role = invited.invitation.role
    screen = Invite(
        token=token,
        company=invited.company,
        by=invited.by,
        role=ROLES[role]() if role in ROLES else role,
        email=invited.invitation.email,
        mode="new" if not invited.credential_id else "yes" if _is_theirs(asked, invited.credential_id) else "join",
        provider=provider.label if provider is not None and not invited.credential_id else "",
        only=provider is not None and provider.only and not invited.credential_id,
        until=invited.invitation.expires_at,
        form=form,
        wait=wait,
    )
    return asked.answer("people/invitation.html", page, 429 if wait else 422 if form.errors else 200, screen=screen)


def _vouched(asked: Asked, token: str, found: Found, told: tuple[Told, Form]) -> Response[str]:
    label = found.provider.label if found.provider is not None else ""
    screen = Vouched(label=label, told=told[0].email or told[0].subject, company=found.invited.company, token=token, form=told[1])
    page = asked.page(_("Your invitation"))
    return asked.answer("people/invitation_provider.html", page, 422 if told[1].errors else 200, screen=screen)


def _known(found: Found, asked: Asked) -> dict[str, str]:
    invitation = found.invited.invitation
    return {"name": invitation.name, "locale": invitation.language or asked.reader.locale}


def _is_theirs(asked: Asked, credential_id: int) -> bool:
    session: Session | None = asked.request.scope["state"].get("session")
    return session is not None and session.credential_id == credential_id


ROUTES = [invitation_page, accept, join, go_to_provider, vouched_page, accept_vouched]
