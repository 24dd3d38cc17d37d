"""Talking to a Mastodon server. In: an inbox, a path and fields. Out: what it answers, or `Refused`, `Unreachable`, `ResultUnknown`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from sluss.channels.contract import Connection, Refused, ResultUnknown, Unreachable
from sluss.channels.mastodon.errors import STRANGE, raise_for
from sluss.channels.mastodon.settings import api_of
from sluss.kernel.addresses import WEB_PORTS, AddressRefused
from sluss.kernel.clock import system_clock
from sluss.kernel.http import Answer, GuardedClient, NotReached, OutgoingError, Policy, Streamed
from sluss.kernel.multipart import FormFile, encode_form
from sluss.kernel.words import say

SECONDS = 20.0
MEDIA_SECONDS = 120.0
STREAM_SECONDS = 4 * 3600.0
LARGEST_ANSWER = 20_000_000
LARGEST_MEDIA = 100_000_000
LARGEST_STREAM = 1 << 40

HandOver = Callable[[], Awaitable[None]]
Pairs = Sequence[tuple[str, str]]


class Reply(msgspec.Struct, frozen=True):
    """A whole answer, read: `said` is an object, a list or None."""

    status: int
    said: Any


class MastodonApi:
    """One per adapter. With `allow_private` the server may have a private address and speak plain HTTP, as a double does."""

    def __init__(self, *, allow_private: bool = False, now: Callable[[], int] = system_clock) -> None:
        self.now = now
        shared: dict[str, Any] = {"allow_private": allow_private, "allow_http": allow_private}
        shared["ports"] = None if allow_private else WEB_PORTS
        self._client = GuardedClient(Policy(seconds=SECONDS, max_bytes=LARGEST_ANSWER, **shared))
        self._media = GuardedClient(Policy(seconds=MEDIA_SECONDS, max_bytes=LARGEST_MEDIA, redirects=3, **shared))
        self._streams = GuardedClient(Policy(seconds=STREAM_SECONDS, max_bytes=LARGEST_STREAM, **shared))

    async def get(self, connection: Connection, path: str, query: Pairs = ()) -> Any:
        """Ask. Raises `Refused` or `Unreachable`: asking changes nothing, so nothing is ever unknown."""
        return (await self.look(connection, path, query)).said

    async def look(self, connection: Connection, path: str, query: Pairs = ()) -> Reply:
        """The same, with the status of the answer."""
        place = f"{path}?{urlencode(query)}" if query else path
        try:
            return await self._ask(connection, "GET", place)
        except ResultUnknown as error:
            raise Unreachable(error.reason) from error

    async def do(self, connection: Connection, place: tuple[str, str], fields: Mapping[str, Any] | None = None, key: str = "") -> Any:
        """Do something at `(method, path)`; with a `key` a repeat within the hour does nothing. Raises `ResultUnknown`, too."""
        headers = {"idempotency-key": key} if key else {}
        body = msgspec.json.encode(fields or {})
        return (await self._ask(connection, *place, headers | {"content-type": "application/json"}, body)).said

    async def upload(self, connection: Connection, path: str, fields: Mapping[str, str], file: FormFile) -> Reply:
        """Bring a file, which nobody sees before a post names it: doing it twice harms nobody."""
        body, media_type = encode_form(fields, [file])
        try:
            return await self._ask(connection, "POST", path, {"content-type": media_type}, body)
        except ResultUnknown as error:
            raise Unreachable(error.reason) from error

    @asynccontextmanager
    async def stream(self, connection: Connection, base: str, path: str) -> AsyncGenerator[Streamed]:
        """A stream that stays open. Raises `Refused` or `Unreachable`."""
        headers = {"authorization": f"Bearer {connection.secrets.get('token', '')}", "accept": "text/event-stream"}
        try:
            async with self._streams.stream("GET", f"{base}{path}", headers=headers) as answer:
                if answer.status != 200:
                    self._raise(answer.status, answer.headers, None)
                yield answer
        except (OutgoingError, AddressRefused) as error:
            raise Unreachable(say("The stream ended: %(reason)s", reason=error)) from error

    async def download(self, url: str, most: int) -> tuple[bytes, str]:
        """What lies at an address that a post named, and its type; nobody gets our token there. Raises `Refused` or `Unreachable`."""
        try:
            async with self._media.stream("GET", url) as answer:
                _check_media(answer.status)
                pieces: list[bytes] = []
                size = 0
                async for piece in answer.chunks:
                    size += len(piece)
                    if size > most:
                        raise Refused("size", say("The file is larger than %(most)s MB.", most=most // 1_000_000), permanent=True)
                    pieces.append(piece)
                return b"".join(pieces), answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        except AddressRefused as error:
            raise Refused("address", str(error), permanent=True) from error
        except OutgoingError as error:
            raise Unreachable(say("The file cannot be fetched now: %(reason)s", reason=error)) from error

    async def aclose(self) -> None:
        for one in (self._client, self._media, self._streams):
            await one.aclose()

    async def _ask(
        self, connection: Connection, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Reply:
        token = connection.secrets.get("token", "")
        sent = {"authorization": f"Bearer {token}", "accept": "application/json", **(headers or {})}
        client = self._media if len(body) > 1_000_000 else self._client
        try:
            answer = await client.request(method, f"{api_of(connection)}{path}", headers=sent, content=body)
        except (NotReached, AddressRefused) as error:
            raise Unreachable(say("The server cannot be reached now: %(reason)s", reason=error)) from error
        except OutgoingError as error:
            raise ResultUnknown(say("The server did not answer: %(reason)s", reason=error)) from error
        return self._read(answer)

    def _read(self, answer: Answer) -> Reply:
        said = _json(answer.body)
        if answer.status >= 400:
            self._raise(answer.status, answer.headers, said)
        if said is None:
            raise ResultUnknown(say(STRANGE, status=answer.status))
        return Reply(answer.status, said)

    def _raise(self, status: int, headers: Mapping[str, str], said: Any) -> None:
        told = cast("dict[str, Any]", said) if isinstance(said, dict) else {}
        raise_for(status, headers, told, self.now())


def part(text: str) -> str:
    """An id as part of a path: nothing in it can lead elsewhere."""
    return quote(text, safe="")


def host_of(url: str) -> str:
    """The name of an address's host."""
    return urlsplit(url).hostname or ""


def _json(body: bytes) -> Any:
    try:
        found: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return cast("Any", found) if isinstance(found, (dict, list)) else None


def _check_media(status: int) -> None:
    if status in {401, 403, 404, 410}:
        raise Refused(str(status), say("The network does not keep this file any more."), permanent=True)
    if status == 429 or status >= 500:
        raise Unreachable(say("The media host answers %(status)s now.", status=status))
    if status != 200:
        raise Refused(str(status), say("The media host does not give this file (%(status)s).", status=status), permanent=True)
