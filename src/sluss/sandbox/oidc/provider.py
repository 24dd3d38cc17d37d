"""The double with its door open. In: HTTP as browsers and Sluss speak it. Out: redirects back with a code, tokens for codes, or trouble.

Who signs in is `person`, the claims of whoever sits at the browser; `change` may alter what is signed, `forge` what has been signed.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import msgspec

from sluss.sandbox.oidc.tokens import Keys

_LINE_BYTES = 65_536
_LASTS = 300


class Faults(msgspec.Struct):
    """Trouble that can be ordered; it stays until it is taken back."""

    deny: str = ""
    issuer: str = ""
    html: bool = False
    broken: bool = False
    no_token: bool = False
    far_endpoint: str = ""


class Reply(msgspec.Struct, frozen=True):
    """One answer."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)


class OidcProvider:
    """One provider with one registered application: `start`, then `issuer`, then `stop`. `now` in seconds since 1970."""

    def __init__(self, *, client_id: str = "sluss", secret: str = "a shared secret", now: Callable[[], float] = time.time) -> None:  # noqa: S107 - the secret of a double
        self.client_id, self.secret, self._now = client_id, secret, now
        self.keys, self.faults = Keys(), Faults()
        self.person: dict[str, Any] = {"sub": "4711"}
        self.change: Callable[[dict[str, Any]], dict[str, Any]] = dict
        self.forge: Callable[[str], str] = str
        self.asked: list[dict[str, str]] = []
        self.fetched: list[str] = []
        self.port = 0
        self._codes: dict[str, dict[str, str]] = {}
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}/realm"

    async def start(self, *, port: int = 0) -> None:
        """Opens the door; port 0 takes a free one."""
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", port or self.port, limit=_LINE_BYTES)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Closes the door and ends every conversation."""
        if self._server is not None:
            self._server.close()
        for talk in list(self._talks):
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        self._server = None

    def come_back(self, address: str) -> str:
        """What a browser that was sent to `address` is sent back to, without going there."""
        return dict(self._authorize(dict(parse_qsl(urlsplit(address).query))).headers)["Location"]

    def _answer(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> Reply:
        path = urlsplit(target).path
        self.fetched.append(path)
        if self.faults.broken:
            return Reply(500)
        if self.faults.html:
            return Reply(200, b"<!doctype html><title>Maintenance</title>")
        if path == "/realm/authorize":
            return self._authorize(dict(parse_qsl(urlsplit(target).query)))
        if path == "/realm/token" and method == "POST":
            return self._token(dict(parse_qsl(body.decode())), headers.get("authorization", ""))
        published = {"/realm/.well-known/openid-configuration": self._discovery, "/realm/keys": self.keys.as_json}
        return _json(published[path]()) if path in published else Reply(404)

    def _discovery(self) -> dict[str, Any]:
        told = self.issuer
        return {
            "issuer": self.faults.issuer or told,
            "authorization_endpoint": f"{told}/authorize",
            "token_endpoint": self.faults.far_endpoint or f"{told}/token",
            "jwks_uri": f"{told}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }

    def _authorize(self, asked: dict[str, str]) -> Reply:
        self.asked.append(asked)
        wanted = {"client_id": self.client_id, "code_challenge_method": "S256"}
        if any(asked.get(name) != value for name, value in wanted.items()) or "openid" not in asked.get("scope", ""):
            return Reply(400)
        if self.faults.deny:
            told = {"error": self.faults.deny}
        else:
            code = secrets.token_urlsafe(24)
            self._codes[code] = asked
            told = {"code": code}
        query = urlencode(told | {"state": asked.get("state", ""), "iss": self.issuer})
        return Reply(303, headers=(("Location", f"{asked['redirect_uri']}?{query}"),))

    def _token(self, fields: dict[str, str], authorization: str) -> Reply:
        pair = base64.b64decode(authorization.removeprefix("Basic ") or b"Og==").decode().partition(":")
        if (unquote(pair[0]), unquote(pair[2])) != (self.client_id, self.secret):
            return _json({"error": "invalid_client"}, 401)
        asked = self._codes.pop(fields.get("code", ""), None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(fields.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        if asked is None or asked["redirect_uri"] != fields.get("redirect_uri") or asked["code_challenge"] != proof:
            return _json({"error": "invalid_grant"}, 400)
        given: dict[str, Any] = {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer"}
        return _json(given if self.faults.no_token else given | {"id_token": self.forge(self.keys.sign(self.change(self._claims(asked))))})

    def _claims(self, asked: dict[str, str]) -> dict[str, Any]:
        now = int(self._now())
        claims: dict[str, Any] = {"iss": self.issuer, "aud": self.client_id, "iat": now, "exp": now + _LASTS}
        return claims | {"nonce": asked.get("nonce", "")} | self.person

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        if talk is not None:
            self._talks.add(talk)
            talk.add_done_callback(self._talks.discard)
        try:
            reply = await self._read(reader)
            writer.write(_raw(reply))
            await writer.drain()
        except (ConnectionError, ValueError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Reply:
        method, target, _version = (await reader.readline()).decode("latin-1").split()
        headers: dict[str, str] = {}
        while (line := (await reader.readline()).decode("latin-1").strip()) and ":" in line:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return self._answer(method, target, body, headers)


def _json(value: dict[str, Any], status: int = 200) -> Reply:
    return Reply(status, msgspec.json.encode(value))


def _raw(reply: Reply) -> bytes:
    lines = [f"HTTP/1.1 {reply.status} -", *(f"{name}: {value}" for name, value in reply.headers)]
    lines += [f"Content-Length: {len(reply.body)}", "Connection: close"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + reply.body
