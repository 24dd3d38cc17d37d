"""The doors: signing in and out, and the stream of live updates. Out: pages of `people/screens.py`."""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.response.redirect import Redirect

from sluss.people import (
    door,
    routes_factors,
    routes_forgotten,
    routes_invited,
    routes_keys,
    routes_me,
    routes_oidc,
    routes_second,
    routes_setup,
    routes_tokens,
    second,
)
from sluss.people.access import EVERYONE, SIGNED_IN
from sluss.people.oidc_door import with_provider
from sluss.people.screens import SignIn
from sluss.people.sessions import Session, watcher_of
from sluss.people.setup import is_set_up
from sluss.web.edge import Asked, Edge, local_path
from sluss.web.locale import gettext as _
from sluss.web.shell import Form
from sluss.web.streaming import LiveAnswer
from sluss.web.troubles import TooManyTries

POSITION = re.compile(r"\d{1,15}(\.\d{1,4})?")

Typed = Annotated[str, msgspec.Meta(max_length=2000)]


class Credentials(msgspec.Struct, frozen=True):
    """What the sign-in form sends."""

    email: Typed
    password: str
    next: Typed = "/"


@get("/sign-in", may=EVERYONE)
async def sign_in_page(edge: Edge, asked: Asked) -> Response[str] | Redirect:
    onward = local_path(asked.request.query_params.get("next", "/"))
    if asked.reader.viewer is not None:
        return asked.go(onward)
    said = second.SAID.get(asked.request.query_params.get("again", ""), "")
    notice = _(said) if said else ""
    if not await edge.db.read(is_set_up):
        notice = _("Sluss is not set up yet. Open the link that it printed when it started.")
    screen = await with_provider(asked, SignIn(next=onward, notice=notice, passkey=await routes_second.passkey_of_anybody(asked)))
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
    screen = await with_provider(asked, msgspec.structs.replace(screen, passkey=await routes_second.passkey_of_anybody(asked)))
    answer = asked.answer(template, asked.page(_("Sign in")), 429 if screen.wait else 422, screen=screen)
    if screen.wait:
        answer.headers["Retry-After"] = str(screen.wait)
    return answer


def _position(told: str) -> float:
    return float(told) if POSITION.fullmatch(told) else 0.0


ROUTES = [
    sign_in_page,
    sign_in,
    sign_in_again_page,
    sign_in_again,
    sign_out,
    live,
    still_signed_in,
    *routes_second.ROUTES,
    *routes_me.ROUTES,
    *routes_keys.ROUTES,
    *routes_tokens.ROUTES,
    *routes_factors.ROUTES,
    *routes_setup.ROUTES,
    *routes_forgotten.ROUTES,
    *routes_invited.ROUTES,
    *routes_oidc.ROUTES,
]
