"""Who comes in.

In: a request and the handler's `may=`. Out: the `Actor` and the `Session` that handlers ask for by name (`who`, `session`), or a refusal.

Every route says who may call it: `@get("/inbox/{view:str}", may=READERS)`. The application does not start with one that does not.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import urlencode

from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.enums import HttpMethod
from litestar.exceptions import ImproperlyConfiguredException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.routes import BaseRoute, HTTPRoute
from sqlalchemy.exc import DBAPIError

from sluss.kernel.actors import Actor
from sluss.kernel.clock import Clock
from sluss.kernel.errors import Forbidden
from sluss.kernel.log import get_log
from sluss.kernel.tokens import hash_of
from sluss.kernel.words import say
from sluss.kernel.writer import StorageFailed
from sluss.people import browser
from sluss.people.bearer import Programs, refuse_in_address
from sluss.people.scopes import require_scopes
from sluss.people.sessions import ROTATE, SEEN_EVERY, TOPIC, Session, find_session, rotate_session, touch_session
from sluss.web.edge import SAFE, Asked, Call, Edge, Reader
from sluss.web.locale import choose
from sluss.web.policy import ADMINS, AGENTS, EVERYONE, HOOK, LEADS, LINK, PUBLISHERS, READERS, SIGNED_IN, VISITOR, Policy
from sluss.web.troubles import Detour, SignInNeeded

__all__ = [
    "ADMINS",
    "AGENTS",
    "EVERYONE",
    "HOOK",
    "LEADS",
    "LINK",
    "PUBLISHERS",
    "READERS",
    "SIGNED_IN",
    "VISITOR",
    "Gate",
    "Policy",
    "dependencies",
    "require_policies",
]

log = get_log("access")

REMEMBERED_SECONDS = 2.0
REMEMBERED = 20_000

PROTECT = "/me/protect"
OWN_PAGES = re.compile(r"/(me(/(?!tokens(/|$)).*)?|sign-out)")
"""What stays open to whoever still owes a second factor; a token would open more than they may."""

FACTOR_NEEDED = say("Your workspace asks for a second step at sign-in. Set one up on your own page first.")
NOT_YOUR_ROLE = say("Your role does not include this.")


class Remembered(NamedTuple):
    """What a token opened, when that was looked up, and how many changes of rights had been seen by then."""

    session: Session | None
    at: float
    changes: int


class Gate:
    """The guard of every route. What it finds out about a token it remembers for two seconds, or until somebody's rights change."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self._changes = 0
        self._remembered: dict[bytes, Remembered] = {}
        self._programs = Programs(edge)
        edge.db.host.listen(self._hear)

    async def admit(self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        """Let the request in, or raise."""
        policy: Policy = handler.opt.get("may", EVERYONE)  # only the answer to OPTIONS, made by the framework, says nothing
        if policy == HOOK:
            return  # a network brings no cookie: it proves itself over the bytes it posts, to the handler
        request = Call(connection.scope, connection.receive)
        if policy == VISITOR:
            self._admit_visitor(request)
            return
        scope: str | None = handler.opt.get("scope")
        if scope is not None:
            refuse_in_address(request)
            if "authorization" in request.headers:
                await self._admit_program(request, policy, scope)
                return
        session = await self._session(request)
        request.scope["state"]["session"] = session
        request.scope["state"]["asked"] = self._asked(request, session, policy)
        if policy.roles is not None and session is None:
            raise SignInNeeded
        if session is not None and not policy.allows(session.role):
            raise Forbidden(NOT_YOUR_ROLE)
        self._require_factor(request, session, policy)
        if request.method not in SAFE:
            await self._require_own_form(request, session, policy)
        if session is not None and policy.roles is not None:
            await self._keep_alive(request, session)

    def _admit_visitor(self, request: Call) -> None:
        """The page in the frame is ours and brings no cookie; another site's page cannot bring the token of a visitor."""
        request.scope["state"] |= {"session": None, "asked": Asked.by_stranger(self.edge, request)}
        if request.method not in SAFE:
            browser.require_same_origin(request, self.edge.config)

    async def _admit_program(self, request: Call, policy: Policy, scope: str) -> None:
        """Who brings a token proves nothing by a form, and no cookie counts."""
        request.scope["state"] |= {"session": None, "asked": Asked.by_stranger(self.edge, request)}
        holder = await self._programs.admit(request, scope)
        if not policy.allows(holder.who.role):
            raise Forbidden(NOT_YOUR_ROLE)
        if holder.factor_due is not None and holder.factor_due <= self.edge.db.clock():
            raise Forbidden(FACTOR_NEEDED)
        request.scope["state"]["actor"] = holder.who

    async def _session(self, request: Call) -> Session | None:
        token = browser.read_cookie(request, self.edge.config, browser.SESSION)
        if not token or len(token) > 100:
            return None
        token_hash, now, changes = hash_of(token), time.monotonic(), self._changes
        known = self._remembered.get(token_hash)
        if known is not None and known.changes == changes and now - known.at < REMEMBERED_SECONDS:
            return known.session
        session = await self.edge.db.read(find_session, token_hash, self.edge.config)
        if len(self._remembered) >= REMEMBERED:
            self._remembered.clear()
        self._remembered[token_hash] = Remembered(session, now, changes)
        return session

    def _hear(self, topics: set[str]) -> None:
        """Somebody's rights changed in this process; told on a database thread, before whoever changed them is answered."""
        if TOPIC in topics:
            self._changes += 1

    def _require_factor(self, request: Call, session: Session | None, policy: Policy) -> None:
        """Whose workspace demands a second factor, and who has none in spite of days of grace, gets as far as setting one up."""
        if session is None or session.factor_due is None or policy.roles is None or session.factor_due > self.edge.db.clock():
            return
        if OWN_PAGES.fullmatch(request.scope["path"]) is None:
            raise Detour(FACTOR_NEEDED, f"{PROTECT}?{urlencode({'next': request.state.asked.path})}")

    def _asked(self, request: Call, session: Session | None, policy: Policy) -> Asked:
        if session is not None:
            return Asked(self.edge, request, session.reader)
        csrf = browser.form_token(request, self.edge.config) if policy.roles is None and self._shows_forms(request) else ""
        locale = choose("", request.headers.get("accept-language", ""))
        return Asked(self.edge, request, Reader(locale=locale, csrf=csrf))

    def _shows_forms(self, request: Call) -> bool:
        """A page with a form, or the answer to one that is shown again with what is wrong."""
        if request.method not in SAFE:
            return bool(browser.read_cookie(request, self.edge.config, browser.FORM))
        return "text/html" in request.headers.get("accept", "text/html")

    async def _require_own_form(self, request: Call, session: Session | None, policy: Policy) -> None:
        browser.require_same_origin(request, self.edge.config)
        if policy == LINK:
            return  # the token in the address is the proof
        await browser.require_token(request, session.csrf if session is not None else browser.form_token(request, self.edge.config))

    async def _keep_alive(self, request: Call, session: Session) -> None:
        """Exchange the token when its hour is over; note now and then that the browser is still there."""
        try:
            await self._keep(request, session)
        except (StorageFailed, DBAPIError):  # who may read, may read while nothing can be stored
            log.warning("session_not_kept", session_id=session.id)

    async def _keep(self, request: Call, session: Session) -> None:
        clock: Clock = self.edge.db.clock
        if session.lost or (clock() - session.rotated_at > ROTATE and not session.old):
            await self._rotate(request, session)
        elif session.unused or clock() - session.seen_at > SEEN_EVERY:
            await self.edge.db.write_grouped(touch_session, session.id, used=not session.old)
            self._remembered.pop(_hash(request, self.edge), None)

    async def _rotate(self, request: Call, session: Session) -> None:
        old_hash = _hash(request, self.edge)
        token = await self.edge.db.write(rotate_session, session.id, old_hash)
        self._remembered.pop(old_hash, None)
        if token is not None:
            give_session(request, self.edge, token)


def give_session(request: Call, edge: Edge, token: str) -> None:
    """The session cookie, with whatever the answer will be."""
    browser.set_cookie(request, edge.config, browser.SESSION, token, edge.config.session_days * 86_400)


async def admit(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """The guard of every route: the gate of the edge that serves now."""
    gate: Gate = connection.app.state.gate
    await gate.admit(connection, handler)


def dependencies() -> dict[str, Provide]:
    """What handlers may ask for by name."""
    return {
        "edge": Provide(_edge_of, sync_to_thread=False),
        "asked": Provide(_asked_of, sync_to_thread=False),
        "session": Provide(_session_of, sync_to_thread=False),
        "who": Provide(_who_of, sync_to_thread=False),
    }


def require_policies(routes: Iterable[BaseRoute]) -> None:
    """Refuse to start with a route that does not say who may call it, or of the API not what a token needs for it."""
    routes = list(routes)
    require_scopes(routes)
    for route in routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else [getattr(route, "route_handler", None)]:
            if handler is not None and not _is_declared(handler):
                raise ImproperlyConfiguredException(f"{route.path} does not declare who may call it: add may=")


def _is_declared(handler: BaseRouteHandler) -> bool:
    return isinstance(handler.opt.get("may"), Policy) or (
        isinstance(handler, HTTPRouteHandler) and handler.http_methods == {HttpMethod.OPTIONS}
    )


def _edge_of(request: Call) -> Edge:
    edge: Edge = request.app.state.edge
    return edge


# Each of these asks for the one before it: the framework resolves such a chain one by one, and needs no task group, which costs most.
def _asked_of(request: Call, edge: Edge) -> Asked:  # noqa: ARG001 - see above
    asked: Asked = request.scope["state"]["asked"]
    return asked


def _session_of(request: Call, asked: Asked) -> Session:  # noqa: ARG001 - see above
    session: Session | None = request.scope["state"]["session"]
    if session is None:
        raise SignInNeeded
    return session


def _who_of(request: Call, asked: Asked) -> Actor:
    actor: Actor | None = request.scope["state"].get("actor")
    return actor if actor is not None else _session_of(request, asked).who


def _hash(request: Call, edge: Edge) -> bytes:
    return hash_of(browser.read_cookie(request, edge.config, browser.SESSION))
