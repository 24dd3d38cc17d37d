"""One's own tokens: the list, a new one, the end of one."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.response.redirect import Redirect

from sluss.kernel.actors import Actor
from sluss.people.access import SIGNED_IN
from sluss.people.fresh import require_fresh
from sluss.people.once import once
from sluss.people.sessions import Session
from sluss.people.token_screens import Tokens, make_token, read_tokens
from sluss.people.tokens import revoke_token
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _


@get("/me/tokens", may=SIGNED_IN)
async def tokens(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    return _page(asked, await read_tokens(edge, who))


@post("/me/tokens", may=SIGNED_IN, status_code=200)
async def create(edge: Edge, asked: Asked, who: Actor, session: Session) -> Response[str]:
    await require_fresh(asked, session)
    return _page(asked, await make_token(edge, asked, who))


@post("/me/tokens/{token_id:int}/revoke", may=SIGNED_IN, status_code=303)
async def revoke(edge: Edge, asked: Asked, who: Actor, token_id: int) -> Redirect:
    await edge.db.write(once, who, await asked.op(), revoke_token, token_id)
    return asked.go("/me/tokens")


def _page(asked: Asked, screen: Tokens) -> Response[str]:
    status = 422 if screen.form.errors else 200
    return asked.answer("people/tokens.html", asked.page(_("Access by programs"), "me"), status, screen=screen)


ROUTES = [tokens, create, revoke]
