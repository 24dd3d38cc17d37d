"""The double with its door open. In: HTTP as browsers and programs speak it. Out: redirects, tokens, or the trouble that was ordered.

The paths are those of the real hosts, behind the provider's name: `/google/token`, `/microsoft/{tenant}/oauth2/v2.0/authorize`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from sluss.sandbox.oauth.accounts import Accounts, Refusal

_LINE_BYTES = 65_536
_PAGE = b"<!doctype html><title>Sign-in</title><p>Something went wrong. That is all we know.</p>"


class Reply(msgspec.Struct, frozen=True):
    """One answer."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


class ConsentServer(Accounts):
    """Both providers at one address: `start`, then `base`, then `stop`.

    `arrived` is set by a program's request, which is answered once `open` is set.
    """

    def __init__(self, *, host: str = "127.0.0.1", now: Callable[[], float] = time.time) -> None:
        super().__init__(now)
        self.host, self.port = host, 0
        self.arrived = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()

    @property
    def base(self) -> str:
        return f"http://{self.host}:{self.port}"

    async def start(self, *, port: int = 0) -> None:
        """Opens the door; port 0 takes a free one."""
        self._server = await asyncio.start_server(self._talk, self.host, port or self.port, limit=_LINE_BYTES)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Closes the door and ends every conversation; what was given stays good for the next `start`."""
        if self._server:
            self._server.close()
        for talk in list(self._talks):
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        self._server = None

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        if talk is not None:
            self._talks.add(talk)
            talk.add_done_callback(self._talks.discard)
        try:
            reply = await self._reply(reader)
            head = [f"HTTP/1.1 {reply.status} Sandbox", f"Content-Length: {len(reply.body)}", "Connection: close"]
            head += [f"{name}: {value}" for name, value in reply.headers]
            writer.write("\r\n".join([*head, "", ""]).encode() + reply.body)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _reply(self, reader: asyncio.StreamReader) -> Reply:
        method, target, body = await _request(reader)
        place = urlsplit(target)
        provider, _, path = place.path.lstrip("/").partition("/")
        if provider in {"google", "microsoft"} and method == "GET" and path.endswith(("/auth", "/authorize")):
            return self._consented(provider, dict(parse_qsl(place.query)))
        if provider in {"google", "microsoft"} and method == "POST" and path.endswith("token"):
            self.requests += 1
            self.arrived.set()
            await self.open.wait()
            await asyncio.sleep(self.faults.slow)
            return self._ordered() or self._exchanged(provider, dict(parse_qsl(body.decode("utf-8", "replace"))))
        return Reply(404, b"nothing here")

    def _consented(self, provider: str, asked: dict[str, str]) -> Reply:
        try:
            back = self.consent(provider, asked)
        except Refusal as refusal:
            return Reply(refusal.status, refusal.word.encode(), (("Content-Type", "text/plain"),))
        return Reply(302, b"", (("Location", f"{asked['redirect_uri']}?{urlencode(back)}"),))

    def _ordered(self) -> Reply | None:
        """The trouble that was ordered, counted down."""
        faults = self.faults
        if faults.broken > 0:
            faults.broken -= 1
            return Reply(503, b'{"error":"server_error"}', (("Content-Type", "application/json"),))
        if faults.html > 0:
            faults.html -= 1
            return Reply(200, _PAGE, (("Content-Type", "text/html"),))
        if faults.busy > 0:
            faults.busy -= 1
            return Reply(429, b'{"error":"slow_down"}', (("Retry-After", str(faults.retry_after)),))
        return None

    def _exchanged(self, provider: str, fields: dict[str, str]) -> Reply:
        try:
            said: object = self.exchange(provider, fields)
            status = 200
        except Refusal as refusal:
            said, status = {"error": refusal.word, "error_description": "AADSTS70008: sandbox"}, refusal.status
        return Reply(status, msgspec.json.encode(said), (("Content-Type", "application/json"), ("Cache-Control", "no-store")))


async def _request(reader: asyncio.StreamReader) -> tuple[str, str, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    method, target, _ = head.split(" ", 2)
    length = next((line.partition(":")[2].strip() for line in head.split("\r\n") if line.lower().startswith("content-length:")), "0")
    return method, target, await reader.readexactly(int(length) if length.isdigit() else 0)
