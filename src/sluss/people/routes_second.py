"""The second step of signing in, and signing in with a passkey alone. Out: pages of `people/factor_screens.py`."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response.redirect import Redirect

from sluss.people import browser, second
from sluss.people.access import EVERYONE
from sluss.people.factor_screens import Passkey, Second
from sluss.people.oidc_door import with_provider
from sluss.people.passkeys import Asking, ask_for
from sluss.people.screens import SignIn
from sluss.people.second import Proof
from sluss.web.edge import Asked, Edge, local_path
from sluss.web.locale import gettext as _
from sluss.web.shell import Form


class PasskeyAnswer(msgspec.Struct, frozen=True):
    """What the authenticator said, as the browser wrote it down."""

    answer: str
    next: str = "/"


@get("/sign-in/second", may=EVERYONE)
async def second_page(edge: Edge, asked: Asked) -> Response[str] | Redirect:
    screen = await _screen(edge, asked, asked.request.query_params.get("way", ""))
    return _page(asked, screen) if screen is not None else asked.go("/sign-in?again=late")


@post("/sign-in/second", may=EVERYONE, status_code=200)
async def take_second(edge: Edge, asked: Asked) -> Response[Any] | Redirect:
    outcome = await second.prove(edge, asked, await asked.form(Proof))
    if outcome.entered is not None:
        return asked.go(outcome.entered.path)
    screen = await _screen(edge, asked, outcome.way, outcome)
    return _page(asked, screen) if screen is not None else asked.go(f"/sign-in?again={outcome.over or 'late'}")


@post("/sign-in/again/second", may=EVERYONE, status_code=200)
async def take_second_again(edge: Edge, asked: Asked) -> Response[Any]:
    outcome = await second.prove(edge, asked, await asked.form(Proof))
    if outcome.entered is not None:
        return asked.nothing()
    return await show_again(edge, asked, outcome)


@post("/sign-in/passkey", may=EVERYONE, status_code=200)
async def sign_in_with_passkey(edge: Edge, asked: Asked) -> Response[Any] | Redirect:
    form = await asked.form(PasskeyAnswer)
    outcome = await second.sign_in_with_passkey(edge, asked, form.answer, form.next)
    if outcome.entered is not None:
        return asked.go(outcome.entered.path)
    wrong = Form({}, {} if outcome.wait else {"": _(outcome.fault)})
    told = SignIn(form=wrong, next=local_path(form.next), wait=outcome.wait, passkey=await passkey_of_anybody(asked))
    screen = await with_provider(asked, told)
    return _waiting(
        asked.answer("people/sign_in.html", asked.page(_("Sign in")), 429 if outcome.wait else 422, screen=screen), outcome.wait
    )


async def passkey_of_anybody(asked: Asked) -> Passkey | None:
    """What to ask a passkey where nobody has said yet who they are: the same for everybody."""
    return await ask_for(asked, Asking("sign-in", second.holder_of(asked)))


async def show_again(edge: Edge, asked: Asked, outcome: second.Outcome) -> Response[Any]:
    """The second step in the dialog over a page; back to the first when it came to nothing."""
    screen = await _screen(edge, asked, outcome.way, outcome)
    if screen is None:
        wrong = Form({}, {"": _(second.SAID.get(outcome.over, second.LATE))})
        return asked.answer("people/again.html", asked.page(_("Sign in")), 422, screen=SignIn(form=wrong))
    return _waiting(asked.answer("people/again_second.html", asked.page(_("Sign in")), _status(screen), screen=screen), screen.wait)


async def _screen(edge: Edge, asked: Asked, way: str, outcome: second.Outcome | None = None) -> Second | None:
    """What this person can prove themselves with; None when nobody is on the way in with this browser."""
    token = outcome.token if outcome is not None else browser.read_cookie(asked.request, edge.config, browser.PENDING)
    standing = await edge.db.read(second.standing_of, token)
    if standing is None:
        return None
    passkey = await ask_for(asked, Asking("second", second.name_of(token), standing.credential_id))
    ways: tuple[second.Kind, ...] = tuple(one for one in standing.ways if one != "passkey" or passkey is not None)
    chosen = way if way in ways and way != "passkey" else "app" if "app" in ways else "" if passkey is not None else "recovery"
    form = Form({}, {outcome.field: _(outcome.fault)}) if outcome is not None and outcome.fault else Form()
    shown: Any = chosen
    return Second(ways=ways, way=shown, passkey=passkey, form=form, wait=outcome.wait if outcome is not None else 0)


def _page(asked: Asked, screen: Second) -> Response[str]:
    return _waiting(asked.answer("people/second.html", asked.page(_("Sign in")), _status(screen), screen=screen), screen.wait)


def _status(screen: Second) -> int:
    return 429 if screen.wait else 422 if screen.form.errors else 200


def _waiting(answer: Response[str], seconds: int) -> Response[str]:
    if seconds:
        answer.headers["Retry-After"] = str(seconds)
    return answer


ROUTES = [second_page, take_second, take_second_again, sign_in_with_passkey]
