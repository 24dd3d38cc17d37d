"""Talking to Meta's Graph. In: an account, a path and fields. Out: what it answers, or `Refused`, `Unreachable`, `ResultUnknown`.

Beside the adapters of Facebook, Instagram and WhatsApp, which never see each other. Meta's errors are in `graph_errors`, what it posts in
`graph_hooks`.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from sluss.channels.contract import Connection, Refused, ResultUnknown, Unreachable
from sluss.channels.graph_errors import Verdict, raise_for, usage_of
from sluss.channels.said import a_text, an_object, objects, read_object
from sluss.kernel.addresses import WEB_PORTS, AddressRefused
from sluss.kernel.http import Answer, GuardedClient, NotReached, OutgoingError, Policy
from sluss.kernel.multipart import FormFile, encode_form
from sluss.kernel.words import say

API = "https://graph.facebook.com"
INSTAGRAM_API = "https://graph.instagram.com"
VERSION = "v26.0"
SECONDS = 20.0
MEDIA_SECONDS = 120.0
LARGEST_ANSWER = 10_000_000
LARGEST_MEDIA = 100_000_000
SLOW = 75
"""Percent of a limit from which on nobody asks without need."""
PAGES = 20

HandOver = Callable[[], Awaitable[None]]


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """With what somebody speaks to Meta. Never logged."""

    token: str
    app_secret: str = ""
    api: str = API
    version: str = VERSION

    def __repr__(self) -> str:
        return "Account(…)"


class Part(msgspec.Struct, frozen=True):
    """A file of a form."""

    name: str
    media_type: str
    data: bytes


class Media(msgspec.Struct, frozen=True):
    """What a media host gave."""

    data: bytes
    media_type: str


class Graph:
    """One per adapter. With `allow_private` the interface may have a private address and speak plain HTTP, as a double does.

    `also` are errors that the adapter's own network has beside Meta's common ones.
    """

    def __init__(self, *, allow_private: bool = False, also: Mapping[tuple[int, int | None], Verdict] | None = None) -> None:
        shared: dict[str, Any] = {
            "allow_private": allow_private,
            "allow_http": allow_private,
            "ports": None if allow_private else WEB_PORTS,
        }
        self._client = GuardedClient(Policy(seconds=SECONDS, max_bytes=LARGEST_ANSWER, **shared))
        self._media = GuardedClient(Policy(seconds=MEDIA_SECONDS, max_bytes=LARGEST_MEDIA, redirects=3, **shared))
        self._also = dict(also or {})
        self._used: dict[str, int] = {}

    async def get(self, account: Account, path: str, **fields: Any) -> dict[str, Any]:
        """Ask. Raises `Refused` or `Unreachable`: asking changes nothing, so nothing is ever unknown."""
        try:
            return await self._ask("GET", account, path, query=fields)
        except ResultUnknown as error:
            raise Unreachable(error.reason) from error

    async def post(self, account: Account, path: str, hand_over: HandOver | None = None, **fields: Any) -> dict[str, Any]:
        """Do something; `hand_over` is awaited right before, where a repeat would do harm. Raises `ResultUnknown`, too."""
        body = msgspec.json.encode({name: value for name, value in fields.items() if value is not None})
        if hand_over is not None:
            await hand_over()
        return await self._ask("POST", account, path, body=body, media_type="application/json")

    async def delete(self, account: Account, path: str, hand_over: HandOver | None = None, **fields: Any) -> dict[str, Any]:
        """Take something away, as `post` does."""
        if hand_over is not None:
            await hand_over()
        return await self._ask("DELETE", account, path, query=fields)

    async def upload(self, account: Account, path: str, fields: Mapping[str, str], field: str, part: Part) -> dict[str, Any]:
        """Bring a file, from which nobody sees anything yet: doing it twice harms nobody."""
        body, media_type = encode_form(fields, [FormFile(field, part.name, part.media_type, part.data)])
        try:
            return await self._ask("POST", account, path, body=body, media_type=media_type, client=self._media)
        except ResultUnknown as error:
            raise Unreachable(error.reason) from error

    async def pages(self, account: Account, path: str, most: int = PAGES, **fields: Any) -> AsyncIterator[list[dict[str, Any]]]:
        """The items of an edge, page by page, as far as it goes or somebody reads."""
        for _ in range(most):
            said = await self.get(account, path, **fields)
            yield objects(said.get("data"))
            after = _after(an_object(said.get("paging")))
            if not after or after == fields.get("after"):
                return
            fields["after"] = after

    async def download(self, url: str, *, most: int, account: Account | None = None) -> Media:
        """What lies at an address that Meta named; with the token only where an `account` is given. Raises `Refused` or `Unreachable`."""
        headers = {"authorization": f"Bearer {account.token}"} if account is not None else {}
        try:
            async with self._media.stream("GET", url, headers=headers) as answer:
                _check_media(answer.status)
                pieces: list[bytes] = []
                size = 0
                async for piece in answer.chunks:
                    pieces.append(piece)
                    size += len(piece)
                    if size > most:
                        raise Refused("size", say("The file is larger than %(most)s MB.", most=most // 1_000_000), permanent=True)
                media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
                return Media(b"".join(pieces), media_type or "application/octet-stream")
        except AddressRefused as error:
            raise Refused("address", str(error), permanent=True) from error
        except OutgoingError as error:
            raise Unreachable(say("The file cannot be fetched now: %(reason)s", reason=error)) from error

    def used(self, account: Account) -> int:
        """How much of the account's limits was used at the last answer, in percent."""
        return self._used.get(_mark(account.token), 0)

    async def aclose(self) -> None:
        await self._client.aclose()
        await self._media.aclose()

    async def _ask(
        self,
        method: str,
        account: Account,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: bytes = b"",
        media_type: str = "",
        client: GuardedClient | None = None,
    ) -> dict[str, Any]:
        url = address_of(account, path, query or {})
        headers = {"authorization": f"Bearer {account.token}", "accept": "application/json"}
        headers |= {"content-type": media_type} if media_type else {}
        try:
            answer = await (client or self._client).request(method, url, headers=headers, content=body)
        except (NotReached, AddressRefused) as error:
            raise Unreachable(say("Meta cannot be reached now: %(reason)s", reason=error)) from error
        except OutgoingError as error:
            raise ResultUnknown(say("Meta did not answer: %(reason)s", reason=error)) from error
        return self._read(account, answer)

    def _read(self, account: Account, answer: Answer) -> dict[str, Any]:
        if len(self._used) > 1000:
            self._used.clear()
        self._used[_mark(account.token)] = usage_of(answer.headers)
        said = read_object(answer.body)
        if answer.status >= 400 or (said is not None and "error" in said):
            raise_for(answer.status, answer.headers, said or {}, self._also)
        if said is None or not 200 <= answer.status < 300:
            raise ResultUnknown(say("What answered does not speak as Meta does (%(status)s).", status=answer.status))
        return said


def account_of(connection: Connection, api: str = API) -> Account:
    """With what an inbox speaks to Meta; `api` where its settings name no other address."""
    return Account(
        token=connection.secrets.get("token", ""),
        app_secret=connection.secrets.get("app_secret", ""),
        api=str(connection.settings.get("api") or api).rstrip("/"),
        version=str(connection.settings.get("version") or VERSION).strip("/"),
    )


def address_of(account: Account, path: str, query: Mapping[str, Any]) -> str:
    """The whole address of a question, with the proof that whoever asks has the app's secret."""
    known = {name: value if isinstance(value, str) else _plain(value) for name, value in query.items() if value is not None}
    if account.app_secret:
        known["appsecret_proof"] = app_secret_proof(account)
    place = f"{account.api}/{account.version}/{quote(path.strip('/'), safe='/:.@-_')}"
    return f"{place}?{urlencode(known)}" if known else place


def app_secret_proof(account: Account) -> str:
    """What shows Meta that a token is used by the app that it was given to."""
    return hmac.new(account.app_secret.encode(), account.token.encode(), hashlib.sha256).hexdigest()


def _check_media(status: int) -> None:
    if status in {403, 404, 410}:
        raise Refused(str(status), say("The network does not keep this file any more."), permanent=True)
    if status in {401, 429} or status >= 500:
        raise Unreachable(say("The media host answers %(status)s now.", status=status))
    if status != 200:
        raise Refused(str(status), say("The media host does not give this file (%(status)s).", status=status), permanent=True)


def _after(paging: dict[str, Any]) -> str:
    return a_text(an_object(paging.get("cursors")).get("after")) if "next" in paging else ""


def _plain(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _mark(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
