"""Every route of the API × a token of each scope × own, hidden, foreign and missing objects.

T1, T2, T5, T6, T12: a token is never more than its agent, and never more than its scopes; what it may not see is as what does not exist.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from litestar.routes import HTTPRoute

from sluss.kernel.tokens import hash_of
from sluss.people.access import Policy
from sluss.people.actions import disable_agent
from sluss.people.scopes import SCOPES
from sluss.people.tokens import NewToken, create_token, hint_of, new_word
from tests.matrix.objects import Ids, fill_places, json_for, missing_ids
from tests.matrix.roles import CALLERS, Caller
from tests.world import Web

_PARAMETER = re.compile(r"{(\w+):\w+}")
HOLDERS = [one for one in CALLERS if one.key not in {"anonymous", "ola"}]


class Route(msgspec.Struct, frozen=True):
    """One address of the API, who may call it, and what a token needs for it."""

    method: str
    path: str
    policy: Policy
    scope: str

    def allows(self, caller: Caller, scope: str) -> bool:
        return self.policy.allows(caller.role) and self.scope in {"", scope}


def api_routes(web: Web) -> list[Route]:
    return [
        Route(str(method), _PARAMETER.sub(r"{\1}", route.path), handler.opt["may"], handler.opt["scope"])
        for route in web.app.litestar.routes
        if isinstance(route, HTTPRoute) and route.path.startswith("/api/")
        for handler in route.route_handlers
        if "scope" in handler.opt
        for method in handler.http_methods
    ]


async def token_for(web: Web, key: str, *scopes: str) -> str:
    word, who = new_word(), web.world.who(key)
    new = NewToken(token_hash=hash_of(word), hint=hint_of(word), name="Matrix", scopes=scopes, agent_id=who.id)
    await web.db.write(create_token, who, new)
    return word


class Program:
    """What a program with a token sees."""

    def __init__(self, web: Web, word: str) -> None:
        transport = httpx.ASGITransport(web.app, client=("127.0.0.1", 4711))
        self.client = httpx.AsyncClient(transport=transport, base_url="http://norrsken.test", headers={"Authorization": f"Bearer {word}"})

    async def ask(self, route: Route, ids: Mapping[str, str]) -> httpx.Response:
        body: dict[str, Any] = {"json": json_for(route.path, dict(ids))} if route.method != "GET" else {}
        return await self.client.request(route.method, route.path.format(**ids), **body)


def bare(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, re.sub(r'"reference":"[0-9a-f]+"', "", answer.text)


@pytest.mark.parametrize("caller", HOLDERS, ids=lambda one: one.key)
async def test_every_token_at_every_route(web: Web, tmp_path: Path, caller: Caller) -> None:
    places = fill_places(web.db, web.world, tmp_path, (caller.key, caller.own))
    own, missing = places[caller.own], missing_ids(places[caller.own])
    elsewhere = [places[one] for one in ((*caller.hidden, *caller.foreign) if caller.role != "admin" else caller.foreign)]
    markers = [f"MARK-{place}-MARK" for place in (*caller.hidden, *caller.foreign)]
    for scope in SCOPES:
        program = Program(web, await token_for(web, caller.key, scope))
        for route in api_routes(web):
            answers = [await program.ask(route, ids) for ids in (own, missing, *elsewhere)]
            told = f"{caller.key}, {scope}: {route.method} {route.path}: {[one.status_code for one in answers]} {answers[0].text[:200]}"
            assert fits(route, caller, scope, answers), told
            assert not [marker for marker in markers for one in answers if marker in one.text], told
        await program.client.aclose()


def fits(route: Route, caller: Caller, scope: str, answers: list[httpx.Response]) -> bool:
    own, missing, *elsewhere = answers
    if any(bare(one) != bare(missing) for one in elsewhere) and "{" in route.path:
        return False
    if route.allows(caller, scope):
        return own.status_code < 300 and (missing.status_code == 404 or "{" not in route.path)
    refused = own.status_code == missing.status_code == 403
    return refused and (route.scope in own.text if route.scope != scope else True)


async def test_the_disabled_and_the_unknown_are_let_in_nowhere(web: Web, tmp_path: Path) -> None:
    """T12: at once, with the transaction that disables the agent; an absent, wrong, changed or foreign word is as good as none."""
    ids: Ids = fill_places(web.db, web.world, tmp_path, ("johan", "kundtjanst"))["kundtjanst"]
    word = await token_for(web, "johan", *SCOPES)
    routes = [route for route in api_routes(web) if route.scope]
    assert [(await Program(web, word).ask(route, ids)).status_code < 300 for route in routes] == [True] * len(routes)
    await web.db.write(disable_agent, web.world.who("ewa"), web.world.who("johan").id)
    changed = word[:-1] + ("x" if word[-1] != "x" else "y")
    for bad in (word, changed, new_word(), "", " ", "null", "0", "sluss_", word.lower(), "x" * 10_000):
        answers = [await Program(web, bad).ask(route, ids) for route in routes]
        assert {one.status_code for one in answers} == {401}, bad[:60]
        assert all(one.headers["www-authenticate"].startswith("Bearer") for one in answers)
