"""Every route × every caller × own, hidden, foreign and missing objects. Routes are found in the application itself.

T1, T2, T5, T6, T12, T17, T33: what is not yours to see answers exactly as what does not exist, whatever is done to it;
looking changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest
import sqlalchemy as sa
from litestar.routes import HTTPRoute

from sluss.kernel.db import Database
from sluss.kernel.schema import metadata
from sluss.people.access import READERS, Policy
from tests.matrix.objects import FIELDS, JSON_FIELDS, NEEDS_FILE, QUERY, Ids, fill_places, json_for, missing_ids
from tests.matrix.roles import CALLERS, Caller, browser_of
from tests.world import Browser, Web

STREAMS = {"/live"}
LAST = ["/me/sessions/revoke-others", "/sign-out"]
"""They end sessions that others need."""
REFUSED = {401, 403, 404}
OF_THE_COMPANY = {"notice_id", "publication_id"}
"""What everybody of the company reads, whichever inboxes they see: it is said to the whole world."""
_PARAMETER = re.compile(r"{(\w+):\w+}")
_CHANGING = re.compile(r'<code>[0-9a-f]{16}</code>|"reference":"[0-9a-f]+"|value="[0-9a-f]{26}"')


class Route(msgspec.Struct, frozen=True):
    """One address and method. `path` has its parameters as `{name}`."""

    method: str
    path: str
    policy: Policy

    @property
    def names(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)


def all_routes(web: Web) -> list[Route]:
    """What the application answers, however it was put together."""
    found = [
        Route(str(method), _PARAMETER.sub(r"{\1}", route.path), handler.opt["may"])
        for route in web.app.litestar.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if "may" in handler.opt
        for method in handler.http_methods
    ]
    return sorted(found, key=lambda route: (LAST.index(route.path) if route.path in LAST else -1, route.path, route.method))


class Asking:
    """A caller with their browser, and the objects of every place."""

    def __init__(self, caller: Caller, browser: Browser, places: dict[str, Ids]) -> None:
        self.caller, self.browser, self.places = caller, browser, places
        self.own = places[caller.own]
        self.missing = missing_ids(self.own)

    async def ask(self, route: Route, ids: Ids) -> httpx.Response:
        path = (route.path + QUERY.get(route.path, "")).format(**ids)
        if route.method == "GET":
            return await self.browser.get(path)
        if route.path in JSON_FIELDS:
            headers = {"X-CSRF-Token": self.browser.csrf}
            return await self.browser.client.request(route.method, path, json=json_for(route.path, ids), headers=headers)
        if route.path in NEEDS_FILE:
            form = {"csrf": self.browser.csrf, "op": "op"}
            return await self.browser.client.post(path, data=form, files={"file": ("a.txt", b"a", "text/plain")})
        fields = {name: value.format(**ids) for name, value in FIELDS.get(route.path, {}).items()}
        return await self.browser.post(path, **fields)

    def not_theirs(self, route: Route) -> Iterator[Ids]:
        """The route's ids with one after the other taken from a place that does not exist for the caller."""
        hidden = self.caller.hidden if self.caller.role != "admin" else ()
        for place in (*hidden, *self.caller.foreign):
            for name in _objects(route):
                if place in hidden and name in OF_THE_COMPANY:
                    continue
                yield self.own | {name: self.places[place][name]}

    def markers(self) -> list[str]:
        """What no answer may contain; who reads no case at all may not read those of their own place either."""
        own = [] if READERS.allows(self.caller.role) else [self.caller.own]
        return [f"MARK-{place}-MARK" for place in (*own, *self.caller.hidden, *self.caller.foreign)]


def _objects(route: Route) -> list[str]:
    return [name for name in route.names if name not in {"act", "token", "name", "rule", "workspace_id", "key"}]


def _same(one: httpx.Response, other: httpx.Response) -> bool:
    return (one.status_code, _bare(one)) == (other.status_code, _bare(other))


def _bare(answer: httpx.Response) -> tuple[str, str]:
    """An answer without what differs between any two: the reference, form keys, and the address asked for."""
    path = answer.request.url.raw_path.decode()
    body = _CHANGING.sub("", answer.text)
    for told in {path, path.replace("/", "%2F")} | set(re.findall(r"\d{5,}", path)):
        body = body.replace(told, "?")
    return answer.headers.get("content-type", ""), body


OF_LOOKING = {"reads"}
"""The log of who read what is written of looking, some seconds later, by no request."""


def all_rows(db: Database) -> dict[str, list[str]]:
    """Every row of every table but what is kept of looking itself."""
    tables = [one for one in metadata.sorted_tables if one.name not in OF_LOOKING]
    return db.read_now(lambda tx: {one.name: sorted(repr(tuple(row)) for row in tx.rows(sa.select(one))) for one in tables})


@pytest.fixture(params=CALLERS, ids=lambda caller: caller.key)
async def asking(request: pytest.FixtureRequest, web: Web, tmp_path: Path) -> Asking:
    caller: Caller = request.param
    browser = await browser_of(web, caller)
    return Asking(caller, browser, fill_places(web.db, web.world, tmp_path, (caller.key if caller.role else "", caller.own)))


async def test_every_caller_at_every_route(asking: Asking, web: Web) -> None:
    routes = [route for route in all_routes(web) if route.path not in STREAMS or not _allowed(asking, route)]
    before = all_rows(web.db)
    wrong = [fault for route in routes if route.method == "GET" for fault in await _faults(asking, route)]
    after = all_rows(web.db)
    wrong += [f"looking changed {name}" for name, rows in after.items() if rows != before[name]]
    wrong += [fault for route in routes if route.method != "GET" for fault in await _faults(asking, route)]
    assert not wrong, "\n".join(wrong)


def test_every_parameter_has_an_object(web: Web, tmp_path: Path) -> None:
    known = set(fill_places(web.db, web.world, tmp_path, ("", ""))["kundtjanst"])
    assert {name for route in all_routes(web) for name in route.names} <= known


def _allowed(asking: Asking, route: Route) -> bool:
    return route.policy.roles is None or (asking.caller.role is not None and route.policy.allows(asking.caller.role))


async def _faults(asking: Asking, route: Route) -> list[str]:
    missing = await asking.ask(route, asking.missing) if route.names else None
    others = [await asking.ask(route, ids) for ids in asking.not_theirs(route)]
    own = await asking.ask(route, asking.own)
    missing = missing or own
    faults = [f"tells {marker}" for answer in (missing, own, *others) for marker in asking.markers() if marker in answer.text]
    faults += [
        f"{answer.url} is not as missing: {answer.status_code}, {missing.status_code}"
        for answer in others
        if not _as_missing(asking, route, answer, missing)
    ]
    return [f"{route.method} {route.path}: {fault}" for fault in faults + _status_faults(asking, route, own, missing)]


def _as_missing(asking: Asking, route: Route, answer: httpx.Response, missing: httpx.Response) -> bool:
    if not _allowed(asking, route) or len(_objects(route)) < 2:
        return _same(answer, missing)
    return answer.status_code == missing.status_code == 404


def _status_faults(asking: Asking, route: Route, own: httpx.Response, missing: httpx.Response) -> list[str]:
    told = f"own {own.status_code}, missing {missing.status_code}"
    if max(own.status_code, missing.status_code) >= 500:
        return [f"broke: {told}: {own.text[:300] if own.status_code >= 500 else missing.text[:300]}"]
    if route.policy.roles is None:
        return []
    if not _allowed(asking, route):
        return _refusal_faults(asking, route, own, missing)
    faults: list[str] = []
    if own.status_code in REFUSED:
        faults.append(f"refused what is allowed: {told}")
    if _objects(route) and missing.status_code != 404:
        faults.append(f"a missing object is not missing: {told}")
    if _objects(route) and own.status_code == 422:
        faults.append(f"its form wants more fields: add them to tests/matrix/objects.py ({own.text[:200]})")
    return faults


def _refusal_faults(asking: Asking, route: Route, own: httpx.Response, missing: httpx.Response) -> list[str]:
    signed_in = asking.caller.role is not None
    to_sign_in = own.status_code == 303 and own.headers["location"].startswith("/sign-in")
    good = own.status_code == 403 if signed_in else own.status_code == 401 or (route.method == "GET" and to_sign_in)
    return [] if good and own.status_code == missing.status_code else [f"not refused: own {own.status_code}, missing {missing.status_code}"]
