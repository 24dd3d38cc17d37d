"""The web site with its door open. In: requests of browsers on this machine. Out: pages under a strict policy, and who has signed in.

It is another site than Sluss, on a port of its own: what works here works on a company's own.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import msgspec

from sluss.sandbox.site.pages import HERE, LANGUAGES, PAGES, Visit, render
from sluss.sandbox.site.travellers import TRAVELLERS, identity_token
from sluss.web.assets import MEDIA_TYPES, STATIC
from sluss.web.locale import choose

LINE, BODY = 16_384, 4_096
PATIENCE = 15.0
COOKIE = "norrsken-traveller"
FONTS = {"inter-l.woff2": STATIC / "fonts/inter-l.woff2", "inter-x.woff2": STATIC / "fonts/inter-x.woff2"}
REASONS = {200: "OK", 303: "See Other", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed"}


class Request(msgspec.Struct, frozen=True):
    """What a browser asks. Header names are lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """Without what follows a question mark."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The first of each."""
        return _first(urlsplit(self.target).query)

    @property
    def host(self) -> str:
        """The name that the browser called us by."""
        return urlsplit("//" + self.headers.get("host", "")).hostname or "127.0.0.1"


class Answer(msgspec.Struct, frozen=True):
    """What it gets."""

    status: int
    body: bytes = b""
    kind: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


class ChatOf(msgspec.Struct, frozen=True):
    """The chat that the pages show. `sluss` is where Sluss is: an address, or `:8000` for a port of the host that the page is on."""

    sluss: str
    key: str
    identity_key: str


class Site:
    """`Site(chat)`, then `await start(door)`, then `await stop()`. `door` is a bound socket."""

    def __init__(self, chat: ChatOf, now: Callable[[], float] = time.time) -> None:
        self._chat, self._now = chat, now
        self._server: asyncio.Server | None = None

    async def start(self, door: socket.socket) -> None:
        """From now on browsers are answered."""
        self._server = await asyncio.start_server(self._talk, sock=door, limit=LINE)

    async def stop(self) -> None:
        """Close the door."""
        if self._server is not None:
            self._server.close()
        self._server = None

    def answer(self, asked: Request) -> Answer:
        """Everything that the site knows."""
        if asked.path.startswith("/files/"):
            return _file(asked.path.removeprefix("/files/"))
        if asked.path == "/identity":
            return self._identity(asked)
        first, _, rest = asked.path.lstrip("/").partition("/")
        if first not in LANGUAGES:
            lang = choose("", asked.headers.get("accept-language", ""))
            return _see(f"/{lang}/{first if first in PAGES.values() and not rest else ''}")
        if asked.method == "POST":
            return _signed(asked, first, rest)
        page = next((name for name, path in PAGES.items() if path == rest), "missing")
        return self._page(asked, page, first)

    def _page(self, asked: Request, page: str, lang: str) -> Answer:
        sluss = f"http://{asked.host}{self._chat.sluss}" if self._chat.sluss.startswith(":") else self._chat.sluss
        now = datetime.fromtimestamp(self._now(), UTC)
        known = TRAVELLERS.get(_cookie(asked))
        visit = Visit(page=page, lang=lang, sluss=sluss, key=self._chat.key, now=now, traveller=known, query=asked.query)
        visit = msgspec.structs.replace(visit, left=known is None and "left" in asked.query)
        return Answer(404 if page == "missing" else 200, render(visit).encode(), headers=(("Content-Security-Policy", policy(sluss)),))

    def _identity(self, asked: Request) -> Answer:
        """A fresh token for whoever has signed in, and only for pages of this site."""
        known = TRAVELLERS.get(_cookie(asked))
        if known is None or asked.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return Answer(403, b"{}", "application/json")
        token = identity_token(known, self._chat.key, self._chat.identity_key, int(self._now()))
        return Answer(200, msgspec.json.encode({"jwt": token}), "application/json")

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                asked = await _read(reader)
                writer.write(_raw(self.answer(asked)))
                await writer.drain()
        except (ConnectionError, TimeoutError, ValueError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


def policy(sluss: str) -> str:
    """What a careful site allows: itself, and three lines for the chat."""
    return (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'self'; base-uri 'none'; "
        f"frame-ancestors 'none'; script-src 'self' {sluss}; connect-src 'self' {sluss}; frame-src {sluss}; "
        "require-trusted-types-for 'script'"
    )


def _signed(asked: Request, lang: str, rest: str) -> Answer:
    """The stand-in for a sign-in, and out again."""
    if asked.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return Answer(403)
    wanted = _first(asked.body.decode("utf-8", "replace")).get("traveller", "")
    if rest == "sign-in" and wanted in TRAVELLERS:
        return _see(f"/{lang}/bookings", f"{COOKIE}={wanted}; Path=/; HttpOnly; SameSite=Lax")
    if rest == "sign-out":
        return _see(f"/{lang}/bookings?left=1", f"{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
    return Answer(405)


def _file(name: str) -> Answer:
    known = FONTS | {path.name: path for path in (HERE / "files").iterdir()}
    path = known.get(name)
    if path is None:
        return Answer(404)
    return Answer(200, path.read_bytes(), MEDIA_TYPES[path.suffix], (("Cache-Control", "max-age=300"),))


def _see(path: str, cookie: str = "") -> Answer:
    return Answer(303, headers=(("Location", path), *((("Set-Cookie", cookie),) if cookie else ())))


def _cookie(asked: Request) -> str:
    pairs = (part.strip().partition("=") for part in asked.headers.get("cookie", "").split(";"))
    return next((value for name, _, value in pairs if name == COOKIE), "")


def _first(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query[:BODY]).items()}


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    size = min(int(headers.get("content-length", "0")), BODY)
    return Request(method, target, headers, await reader.readexactly(size))


def _raw(answer: Answer) -> bytes:
    usual = {"Content-Type": answer.kind, "Content-Length": str(len(answer.body)), "Connection": "close", "Cache-Control": "no-cache"}
    usual |= {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin-when-cross-origin"}
    lines = [f"{name}: {value}" for name, value in (usual | dict(answer.headers)).items()]
    head = "\r\n".join([f"HTTP/1.1 {answer.status} {REASONS[answer.status]}", *lines])
    return f"{head}\r\n\r\n".encode("latin-1") + answer.body
