"""The airline's web site of the demo: every page in every language, its policy, who has signed in."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec
import pytest

from sluss.channels.contract import Connection
from sluss.channels.webchat.identity import read_identity
from sluss.channels.webchat.origins import read_origin
from sluss.kernel.clock import SECOND
from sluss.sandbox.site.doors import names_of, open_door
from sluss.sandbox.site.flights import CITIES, ROUTES
from sluss.sandbox.site.pages import LANGUAGES, PAGES, texts
from sluss.sandbox.site.server import COOKIE, Answer, ChatOf, Request, Site
from sluss.sandbox.site.travellers import TRAVELLERS

NOW = 1_795_262_400
CHAT = ChatOf(":8000", "chat-norrsken00000001", "an-identity-key-of-forty-three-characters-000")
SITE = Site(CHAT, lambda: NOW)


def _ask(target: str, method: str = "GET", body: str = "", **headers: str) -> Answer:
    sent = {"host": "localhost:8001"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return SITE.answer(Request(method, target, sent, body.encode()))


def _header(answer: Answer, name: str) -> str:
    return dict(answer.headers).get(name, "")


def test_the_languages_say_the_same_things() -> None:
    first, *others = (texts(lang) for lang in LANGUAGES)
    for other in others:
        assert other.keys() == first.keys()
        for name, text in first.items():
            assert re.findall(r"\{\w+\}", str(other[name])) == re.findall(r"\{\w+\}", str(text)), name
    assert {*first["cities"]} == {*CITIES} >= {city for route in ROUTES for city in route}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_page_stands_by_itself_and_shows_the_chat(lang: str) -> None:
    signed_in = f"{COOKIE}=asa"
    for path in (*PAGES.values(), "?origin=GDN&to=ARN&day=2026-12-06", "?origin=BGO&to=WAW&day=never", "nowhere"):
        for cookie in ("", signed_in):
            answer = _ask(f"/{lang}/{path}", cookie=cookie)
            page = answer.body.decode()
            assert answer.status == (404 if path == "nowhere" else 200)
            assert f'<html lang="{lang}">' in page
            assert '<script async src="http://localhost:8000/embed/v1.js" data-key="chat-norrsken00000001"' in page
            assert re.findall(r'(?:src|href)="https?://(?!localhost:8000)', page) == []
            assert re.findall(r"<style|style=|<script(?! defer| async)| on\w+=", page) == []
            assert "script-src 'self' http://localhost:8000;" in _header(answer, "Content-Security-Policy")
            for name in re.findall(r'(?:src|href)="(/files/[^"]+)"', page):
                assert _ask(name).status == 200, name
    assert _header(_ask("/bags", accept_language=lang), "Location") == f"/{lang}/bags"


def test_who_signs_in_is_proven_to_the_chat_and_nobody_else_is() -> None:
    """T71: the site's tokens are good at its own chat, for a quarter of an hour, and only its own pages get them."""
    signed = _ask("/sv/sign-in", "POST", urlencode({"traveller": "lukasz"}))
    assert (signed.status, _header(signed, "Location")) == (303, "/sv/bookings")
    cookie = _header(signed, "Set-Cookie").partition(";")[0]
    token = msgspec.json.decode(_ask("/identity", cookie=cookie).body)["jwt"]
    inbox: dict[str, Any] = {"workspace_id": 1, "inbox_id": 2, "name": "Chat", "settings": {}}
    connection = Connection(address=CHAT.key, secrets={"identity_key": CHAT.identity_key}, **inbox)
    proven = read_identity(token, connection, NOW * SECOND)
    assert (proven.subject, proven.name, proven.until) == (TRAVELLERS["lukasz"].number, "Łukasz Wójcik", (NOW + 900) * SECOND)
    assert _ask("/identity").status == 403
    assert _ask("/identity", cookie=f"{COOKIE}=nobody").status == 403
    assert _ask("/identity", cookie=cookie, sec_fetch_site="cross-site").status == 403
    assert _ask("/sv/sign-in", "POST", "traveller=asa", sec_fetch_site="cross-site").status == 403
    out = _ask("/sv/sign-out", "POST", cookie=cookie)
    assert "Max-Age=0" in _header(out, "Set-Cookie")
    assert "data-signed-out" in _ask(_header(out, "Location")).body.decode()


async def test_its_door_is_another_origin_that_a_chat_may_name() -> None:
    door, site = open_door("127.0.0.1", 0), Site(CHAT)
    assert door.origins == (f"http://127.0.0.1:{door.port}", f"http://localhost:{door.port}")
    await site.start(door.socket)
    try:
        async with httpx.AsyncClient(base_url=door.url) as browser:
            answers = await asyncio.gather(
                *(browser.get(path) for path in ("/en/", "/files/site.css", "/files/..%2fserver.py", "/files/x"))
            )
    finally:
        await site.stop()
    assert [one.status_code for one in answers] == [200, 200, 404, 404]
    for host in ("0.0.0.0", "::1", "10.0.0.4", "8.8.8.8", "shop.example.com"):
        assert [read_origin(f"http://{f'[{name}]' if ':' in name else name}") for name in names_of(host)] != []
