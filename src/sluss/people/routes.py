"""The doors: signing in and out, a password by a one-time link, and the stream of live updates. Out: pages of `people/screens.py`."""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.response.redirect import Redirect

from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.people import door, passwords, routes_factors, routes_me, routes_second, routes_setup, second
from sluss.people.access import EVERYONE, LINK, SIGNED_IN
from sluss.people.actions import set_password
from sluss.people.links import Link, find_link, use_link
from sluss.people.queries import AgentRow, get_agent
from sluss.people.screens import NewPassword, SignIn
from sluss.people.sessions import Session, watcher_of
from sluss.people.setup import is_set_up
from sluss.web.edge import Asked, Edge, local_path
from sluss.web.locale import gettext as _
from sluss.web.shell import Form
from sluss.web.streaming import LiveAnswer
from sluss.web.troubles import Gone, TooManyTries

POSITION = re.compile(r"\d{1,15}(\.\d{1,4})?")

Typed = Annotated[str, msgspec.Meta(max_length=2000)]


class Credentials(msgspec.Struct, frozen=True):
    """What the sign-in form sends."""

    email: Typed
    password: str
    next: Typed = "/"


class Password(msgspec.Struct, frozen=True):
    """What the form behind a one-time link sends."""

    password: str


@get("/sign-in", may=EVERYONE)
async def sign_in_page(edge: Edge, asked: Asked) -> Response[str] | Redirect:
    onward = local_path(asked.request.query_params.get("next", "/"))
    if asked.reader.viewer is not None:
        return asked.go(onward)
    said = second.SAID.get(asked.request.query_params.get("again", ""), "")
    notice = _(said) if said else ""
    if not await edge.db.read(is_set_up):
        notice = _("Sluss is not set up yet. Open the link that it printed when it started.")
    screen = SignIn(next=onward, notice=notice, passkey=await routes_second.passkey_of_anybody(asked))
    return asked.answer("people/sign_in.html", asked.page(_("Sign in")), screen=screen)


@post("/sign-in", may=EVERYONE, status_code=200)
async def sign_in(edge: Edge, asked: Asked) -> Response[str] | Redirect:
    told = await _try(edge, asked, await asked.form(Credentials))
    return asked.go(told.path) if isinstance(told, door.Entered) else await _refuse(asked, "people/sign_in.html", told)


@get("/sign-in/again", may=EVERYONE)
async def sign_in_again_page(asked: Asked) -> Response[str]:
    return asked.answer("people/again.html", asked.page(_("Sign in")), screen=SignIn())


@post("/sign-in/again", may=EVERYONE, status_code=200)
async def sign_in_again(edge: Edge, asked: Asked) -> Response[Any]:
    told = await _try(edge, asked, await asked.form(Credentials))
    if not isinstance(told, door.Entered):
        return await _refuse(asked, "people/again.html", told)
    return await routes_second.show_again(edge, asked, second.Outcome(token=told.pending)) if told.pending else asked.nothing()


@post("/sign-out", may=SIGNED_IN, status_code=303)
async def sign_out(edge: Edge, asked: Asked) -> Redirect:
    await door.sign_out(edge, asked)
    return asked.go("/sign-in")


@get("/password/{token:str}", may=LINK)
async def password_page(edge: Edge, asked: Asked, token: str) -> Response[str]:
    found = await edge.db.read(_of_link, token)
    return _password_answer(asked, token, found)


@post("/password/{token:str}", may=LINK, status_code=200)
async def choose_password(edge: Edge, asked: Asked, token: str) -> Response[str] | Redirect:
    form = await asked.form(Password)
    found = await edge.db.read(_of_link, token)
    fault = passwords.fault_of(form.password, found[1].email) if found is not None else ""
    if found is None or fault:
        return _password_answer(asked, token, found, fault)
    await edge.db.write(_set_by_link, token, await passwords.hash_password(form.password))
    return asked.go("/sign-in")


@get("/live", may=SIGNED_IN)
async def live(edge: Edge, asked: Asked, session: Session) -> LiveAnswer:
    """Events from just after the position that the browser saw last."""
    told = (asked.request.query_params.get("after", ""), asked.request.headers.get("last-event-id", ""))
    return LiveAnswer(edge.hub, watcher_of(session), max(map(_position, told)))


@get("/live/ping", may=SIGNED_IN, status_code=204)
async def still_signed_in() -> None:
    """Tells a signed-out browser (401) from a line that is down."""


async def _try(edge: Edge, asked: Asked, form: Credentials) -> SignIn | door.Entered:
    """Sign in. Returns how far that led, or what to show instead when that did not work."""
    kept = Form({"email": form.email})
    try:
        entered = await door.sign_in(edge, asked, form.email, form.password, form.next)
        if entered is not None:
            return entered
    except TooManyTries as wait:
        return SignIn(form=kept, next=local_path(form.next), wait=wait.seconds)
    wrong = Form(kept.values, {"": _("The address or the password is not right.")})
    return SignIn(form=wrong, next=local_path(form.next))


async def _refuse(asked: Asked, template: str, screen: SignIn) -> Response[str]:
    screen = msgspec.structs.replace(screen, passkey=await routes_second.passkey_of_anybody(asked))
    answer = asked.answer(template, asked.page(_("Sign in")), 429 if screen.wait else 422, screen=screen)
    if screen.wait:
        answer.headers["Retry-After"] = str(screen.wait)
    return answer


def _password_answer(asked: Asked, token: str, found: tuple[Link, AgentRow] | None, fault: str = "") -> Response[str]:
    if found is None:
        screen = NewPassword(token=token, name="", email="", gone=True)
        return asked.answer("people/password.html", asked.page(_("New password")), 410, screen=screen)
    form = Form({}, {"password": _(fault)}) if fault else Form()
    screen = NewPassword(token=token, name=found[1].name, email=found[1].email, form=form)
    return asked.answer("people/password.html", asked.page(_("New password")), 422 if fault else 200, screen=screen)


def _of_link(tx: Tx, token: str) -> tuple[Link, AgentRow] | None:
    link = find_link(tx, "password", token)
    return (link, get_agent(tx, _agent_of(link), link.agent_id)) if link is not None else None


def _set_by_link(tx: Tx, token: str, password_hash: str) -> None:
    link = use_link(tx, "password", token)
    if link is None:
        raise Gone("This link was used already.")
    set_password(tx, _agent_of(link), link.agent_id, password_hash)


def _agent_of(link: Link) -> Actor:
    """Whoever holds the link acts as the agent whom it is for, without a role."""
    return Actor(link.workspace_id, "agent", link.agent_id)


def _position(told: str) -> float:
    return float(told) if POSITION.fullmatch(told) else 0.0


ROUTES = [
    sign_in_page,
    sign_in,
    sign_in_again_page,
    sign_in_again,
    sign_out,
    password_page,
    choose_password,
    live,
    still_signed_in,
    *routes_second.ROUTES,
    *routes_me.ROUTES,
    *routes_factors.ROUTES,
    *routes_setup.ROUTES,
]
