"""The double of the providers keeps to the standard, so that what is proven against it means something."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from sluss.sandbox.oauth.server import ConsentServer

VERIFIER = "a-verifier-that-is-long-enough-for-the-standard-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
ASKED = {
    "client_id": "4711",
    "redirect_uri": "https://desk.example/back",
    "response_type": "code",
    "scope": "openid",
    "state": "s",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
    "login_hint": "asa@customer.example",
}
FIELDS = {"client_id": "4711", "client_secret": "secret", "redirect_uri": "https://desk.example/back", "code_verifier": VERIFIER}


@pytest.fixture
async def server() -> AsyncIterator[ConsentServer]:
    server = ConsentServer()
    server.register("google", "4711", "secret", "https://desk.example/back")
    await server.start()
    yield server
    await server.stop()


async def consent(server: ConsentServer, **other: str) -> httpx.Response:
    async with httpx.AsyncClient() as browser:
        return await browser.get(f"{server.base}/google/o/oauth2/v2/auth", params=ASKED | other)


async def code_of(server: ConsentServer) -> str:
    return parse_qs(urlsplit((await consent(server)).headers["location"]).query)["code"][0]


async def exchange(server: ConsentServer, **fields: str) -> tuple[int, dict[str, str]]:
    async with httpx.AsyncClient() as program:
        answer = await program.post(f"{server.base}/google/token", data=FIELDS | fields)
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"client_id": "4712"}, "invalid_client"),
        ({"redirect_uri": "https://evil.example/back"}, "redirect_uri_mismatch"),
        ({"response_type": "token"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
    ],
)
async def test_a_wrong_request_leads_nowhere(server: ConsentServer, wrong: dict[str, str], word: str) -> None:
    answer = await consent(server, **wrong)
    assert (answer.status_code, answer.text) == (400, word)


@pytest.mark.parametrize(
    ("wrong", "status", "word"),
    [
        ({"code_verifier": "another"}, 400, "invalid_grant"),
        ({"client_secret": "another"}, 401, "invalid_client"),
        ({"redirect_uri": "https://evil.example/back"}, 400, "invalid_grant"),
        ({"code": "another"}, 400, "invalid_grant"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
async def test_a_wrong_exchange_gives_no_tokens(server: ConsentServer, wrong: dict[str, str], status: int, word: str) -> None:
    fields = {"grant_type": "authorization_code", "code": await code_of(server)} | wrong
    answered, said = await exchange(server, **fields)
    assert (answered, said["error"], "access_token" in said) == (status, word, False)


async def test_a_code_and_a_renewal_token_are_good_once(server: ConsentServer) -> None:
    code = await code_of(server)
    _, first = await exchange(server, grant_type="authorization_code", code=code)
    assert (await exchange(server, grant_type="authorization_code", code=code))[0] == 400
    _, second = await exchange(server, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert second["refresh_token"] != first["refresh_token"]
    assert (await exchange(server, grant_type="refresh_token", refresh_token=first["refresh_token"]))[1]["error"] == "invalid_grant"
    assert server.renewals == ["asa@customer.example"]
    assert server.accepts("asa@customer.example", second["access_token"])
    assert not server.accepts("lukasz@customer.example", second["access_token"])
    server.revoke("asa@customer.example")
    assert not server.accepts("asa@customer.example", second["access_token"])
    assert (await exchange(server, grant_type="refresh_token", refresh_token=second["refresh_token"]))[0] == 400


async def test_tokens_end_with_their_time(server: ConsentServer) -> None:
    server.faults.lasts = 0
    _, given = await exchange(server, grant_type="authorization_code", code=await code_of(server))
    assert not server.accepts("asa@customer.example", given["access_token"])


async def test_it_ends_while_somebody_waits(server: ConsentServer) -> None:
    server.open.clear()
    asking = asyncio.create_task(exchange(server, grant_type="refresh_token", refresh_token="x"))
    await server.arrived.wait()
    await server.stop()
    with pytest.raises(httpx.TransportError):
        await asking
