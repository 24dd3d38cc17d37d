"""One's own page: name, language, looks, password, and the browsers that are signed in."""

from __future__ import annotations

from typing import Literal

import msgspec
from litestar import Response, get, post
from litestar.response.redirect import Redirect

from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid, Missing
from sluss.kernel.tx import Tx
from sluss.people import door, passwords
from sluss.people.access import SIGNED_IN
from sluss.people.actions import Profile, change_profile, set_password, set_theme
from sluss.people.oidc_providers import find_provider, identities_of
from sluss.people.once import once
from sluss.people.routes_factors import own_factors
from sluss.people.screens import Me
from sluss.people.screens import Session as SessionLine
from sluss.people.sessions import Session, end_others, end_session, list_sessions
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.shell import Form


class ProfileForm(msgspec.Struct, frozen=True):
    """What the profile form sends; `keys` is `on` or empty."""

    name: str
    locale: str
    theme: str = "system"
    keys: str = ""


class PasswordForm(msgspec.Struct, frozen=True):
    """The password one has, and the one to come."""

    current: str
    password: str


class Theme(msgspec.Struct, frozen=True):
    """A click on the switch."""

    theme: str


@get("/me", may=SIGNED_IN)
async def me(edge: Edge, asked: Asked, who: Actor, session: Session) -> Response[str]:
    return await _answer(edge, asked, who, _screen(session))


@post("/me", may=SIGNED_IN, status_code=200)
async def save_profile(edge: Edge, asked: Asked, who: Actor, session: Session) -> Response[str] | Redirect:
    form = await asked.form(ProfileForm)
    new = Profile(name=form.name, language=form.locale, theme=form.theme, keys_off=form.keys != "on")
    try:
        await edge.db.write(once, who, await asked.op(), change_profile, new)
    except Invalid as error:
        typed = {"name": form.name, "locale": form.locale, "theme": form.theme, "keys": form.keys}
        return await _answer(edge, asked, who, _screen(session, profile=Form(typed, _said(error))), 422)
    return asked.go("/me?saved=profile")


@post("/me/theme", may=SIGNED_IN, status_code=204)
async def choose_theme(edge: Edge, asked: Asked, who: Actor) -> None:
    await edge.db.write(once, who, await asked.op(), set_theme, (await asked.form(Theme)).theme)


@post("/me/password", may=SIGNED_IN, status_code=200)
async def change_password(edge: Edge, asked: Asked, who: Actor, session: Session) -> Response[str] | Redirect:
    form = await asked.form(PasswordForm)
    about = (session.email, session.name, session.workspace)
    errors = {"password": await passwords.find_fault(form.password, about, edge.config.breached_passwords)}
    if not await door.is_password(edge, asked, session.email, form.current):
        errors["current"] = "This is not your password."
    errors = {name: _(sentence) for name, sentence in errors.items() if sentence}
    if errors:
        return await _answer(edge, asked, who, _screen(session, password=Form({}, errors)), 422)
    password_hash = await passwords.hash_password(form.password)
    await edge.db.write(once, who, await asked.op(), _set_own, password_hash, session.id)
    return asked.go("/me?saved=password")


@post("/me/sessions/{session_id:int}/revoke", may=SIGNED_IN, status_code=303)
async def revoke_session(edge: Edge, asked: Asked, who: Actor, session_id: int) -> Redirect:
    await edge.db.write(once, who, await asked.op(), end_session, session_id)
    return asked.go("/me")


@post("/me/sessions/revoke-others", may=SIGNED_IN, status_code=303)
async def revoke_others(edge: Edge, asked: Asked, who: Actor, session: Session) -> Redirect:
    await edge.db.write(once, who, await asked.op(), end_others, session.id)
    return asked.go("/me")


async def _answer(edge: Edge, asked: Asked, who: Actor, screen: Me, status: int = 200) -> Response[str]:
    lines = await edge.db.read(list_sessions, who)
    current = asked.request.scope["state"]["session"].id
    shown = tuple(
        SessionLine(
            id=str(one.id),
            device=one.device,
            address=one.address,
            started_at=one.created_at,
            seen_at=one.seen_at,
            current=one.id == current,
        )
        for one in lines
    )
    saved: Literal["", "profile", "password", "factor", "identity"] = ""
    told = asked.request.query_params.get("saved", "")
    if told in ("profile", "password", "factor", "identity") and status == 200:
        saved = told
    page = asked.page(_("You"), "me")
    factors = await own_factors(edge, asked, asked.request.scope["state"]["session"])
    provider, linked = await edge.db.read(_identity, who)
    more = {"provider": provider, "linked": linked}
    shown_at_once = msgspec.structs.replace(screen, sessions=shown, saved=saved, factors=factors, **more)
    return asked.answer("people/me.html", page, status, screen=shown_at_once)


def _screen(session: Session, profile: Form | None = None, password: Form | None = None) -> Me:
    stored = {"name": session.name, "locale": session.language, "theme": session.theme, "keys": "" if session.keys_off else "on"}
    return Me(profile=profile or Form(stored | {"email": session.email}), password=password or Form())


def _identity(tx: Tx, who: Actor) -> tuple[str, str]:
    """The label of the workspace's provider, and who one is there."""
    provider = find_provider(tx, who)
    mine = [one for one in identities_of(tx, who, who.id) if provider is not None and one.issuer == provider.issuer]
    return provider.label if provider is not None else "", (mine[0].email or mine[0].subject) if mine else ""


def _said(error: Invalid) -> dict[str, str]:
    return {name: _(sentence) for name, sentence in error.fields.items()}


def _set_own(tx: Tx, who: Actor, password_hash: str, session_id: int) -> None:
    if not who.id:
        raise Missing
    set_password(tx, who, who.id, password_hash, keep_session=session_id)


ROUTES = [me, save_profile, choose_theme, change_password, revoke_session, revoke_others]
