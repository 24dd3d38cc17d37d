"""Talking to X. In: an inbox, a path and fields. Out: what it answers, or `Refused`, `Unreachable`, `ResultUnknown`.

A token that is refused is renewed once; no third time is tried.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from sluss.channels.contract import Connection, Refused, ResultUnknown, Unreachable
from sluss.channels.oauth.access import AccessLost
from sluss.channels.said import a_text, an_object, objects, read_object
from sluss.channels.x.errors import TOKEN, raise_for
from sluss.channels.x.settings import api_of
from sluss.kernel.addresses import WEB_PORTS, AddressRefused
from sluss.kernel.clock import system_clock
from sluss.kernel.http import Answer, GuardedClient, NotReached, OutgoingError, Policy
from sluss.kernel.multipart import FormFile, encode_form
from sluss.kernel.words import say

SECONDS = 20.0
MEDIA_SECONDS = 120.0
LARGEST_ANSWER = 10_000_000
LARGEST_MEDIA = 100_000_000

HandOver = Callable[[], Awaitable[None]]


class Body(msgspec.Struct, frozen=True):
    """What goes along with a request."""

    data: bytes = b""
    media_type: str = ""


class XApi:
    """One per adapter. With `allow_private` the interface may have a private address and speak plain HTTP, as a double does."""

    def __init__(self, *, allow_private: bool = False, now: Callable[[], int] = system_clock) -> None:
        self.now = now
        shared: dict[str, Any] = {"allow_private": allow_private, "allow_http": allow_private}
        shared["ports"] = None if allow_private else WEB_PORTS
        self._client = GuardedClient(Policy(seconds=SECONDS, max_bytes=LARGEST_ANSWER, **shared))
        self._media = GuardedClient(Policy(seconds=MEDIA_SECONDS, max_bytes=LARGEST_MEDIA, redirects=3, **shared))

    async def get(self, connection: Connection, path: str, by: Literal["user", "app"] = "user", **query: Any) -> dict[str, Any]:
        """Ask, as the account or as the app. Raises `Refused` or `Unreachable`: asking changes nothing, so nothing is ever unknown."""
        known = {name.replace("__", "."): str(value) for name, value in query.items() if value not in (None, "")}
        place = f"{path}?{urlencode(known)}" if known else path
        try:
            return await self._ask(connection, "GET", place, Body(), by)
        except ResultUnknown as error:
            raise Unreachable(error.reason) from error

    async def do(
        self,
        connection: Connection,
        place: tuple[str, str],
        fields: Mapping[str, Any],
        hand_over: HandOver | None = None,
        by: Literal["user", "app"] = "user",
    ) -> dict[str, Any]:
        """Do something at `(method, path)`; `hand_over` is awaited right before. Raises `ResultUnknown`, too."""
        await self._ready(connection, by)
        if hand_over is not None:
            await hand_over()
        return await self._ask(connection, *place, Body(msgspec.json.encode(fields), "application/json"), by)

    async def upload(self, connection: Connection, path: str, fields: Mapping[str, str], data: bytes) -> None:
        """Bring a piece of a file, from which nobody sees anything yet: doing it twice harms nobody."""
        body, media_type = encode_form(fields, [FormFile("media", "blob", "application/octet-stream", data)])
        try:
            await self._ask(connection, "POST", path, Body(body, media_type), "user")
        except ResultUnknown as error:
            raise Unreachable(error.reason) from error

    async def download(self, connection: Connection, url: str, most: int) -> tuple[bytes, str]:
        """What lies at an address that X named, and its type; X's own hosts get the token. Raises `Refused` or `Unreachable`."""
        headers = {"authorization": f"Bearer {await self._token(connection)}"} if _same_host(url, api_of(connection)) else {}
        try:
            async with self._media.stream("GET", url, headers=headers) as answer:
                _check_media(answer.status)
                pieces, size = list[bytes](), 0
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
        await self._client.aclose()
        await self._media.aclose()

    async def _ready(self, connection: Connection, by: str) -> None:
        """Renew the token before anything counts as handed over."""
        if by == "user":
            await self._token(connection)

    async def _ask(self, connection: Connection, method: str, path: str, body: Body, by: str) -> dict[str, Any]:
        token = connection.secrets.get("bearer", "") if by == "app" else await self._token(connection)
        answer = await self._request(connection, method, path, body, token)
        if answer.status == 401 and by == "user" and connection.access is not None:
            token = await self._token(connection, refused=token)
            answer = await self._request(connection, method, path, body, token)
            if answer.status == 401:
                await _give_up(connection, token)
        said = read_object(answer.body)
        if answer.status >= 400 or (said is not None and "errors" in said and not said.get("data")):
            raise_for(answer.status, answer.headers, said or {}, self.now())
        if said is None and answer.status != 204:
            raise ResultUnknown(say("What answered does not speak as X does (%(status)s).", status=answer.status))
        return said or {}

    async def _request(self, connection: Connection, method: str, path: str, body: Body, token: str) -> Answer:
        headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
        headers |= {"content-type": body.media_type} if body.media_type else {}
        client = self._media if len(body.data) > 1_000_000 else self._client
        try:
            return await client.request(method, f"{api_of(connection)}{path}", headers=headers, content=body.data)
        except (NotReached, AddressRefused) as error:
            raise Unreachable(say("X cannot be reached now: %(reason)s", reason=error)) from error
        except OutgoingError as error:
            raise ResultUnknown(say("X did not answer: %(reason)s", reason=error)) from error

    async def _token(self, connection: Connection, refused: str = "") -> str:
        if connection.access is None:
            return connection.secrets.get("token", "")
        try:
            return await connection.access.token(urlsplit(api_of(connection)).hostname or "", refused)
        except AccessLost as error:
            raise Refused("access", error.reason, permanent=False, whole_inbox=True, reconnect=True) from error


async def _give_up(connection: Connection, token: str) -> None:
    assert connection.access is not None  # noqa: S101 - who calls this has asked
    try:
        await connection.access.give_up(token)
    except AccessLost as error:
        raise Refused("access", error.reason, permanent=False, whole_inbox=True, reconnect=True) from error


def data_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """The one thing that an answer is about."""
    return an_object(said.get("data"))


def list_of(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The things that an answer is about; what X could not find beside them is no reason to lose these."""
    return objects(said.get("data"))


def next_of(said: Mapping[str, Any]) -> str:
    """Where the next page begins; empty at the end."""
    return a_text(an_object(said.get("meta")).get("next_token"))


def part(text: str) -> str:
    """An id as part of a path: nothing in it can lead elsewhere."""
    return quote(text, safe="")


def _same_host(url: str, other: str) -> bool:
    return (urlsplit(url).scheme, urlsplit(url).netloc) == (urlsplit(other).scheme, urlsplit(other).netloc)


def _check_media(status: int) -> None:
    if status in {403, 404, 410}:
        raise Refused(str(status), say("The network does not keep this file any more."), permanent=True)
    if status in {401, 429} or status >= 500:
        raise Unreachable(say("The media host answers %(status)s now.", status=status))
    if status != 200:
        raise Refused(str(status), say("The media host does not give this file (%(status)s).", status=status), permanent=True)


__all__ = ["TOKEN", "XApi", "data_of", "list_of", "next_of", "part"]
