"""Talking to the bot interface. In: a method and its fields. Out: what it answers, or `Refused`, `Unreachable`, `ResultUnknown`.

The token is a part of every address, so no address and no error of the client's is ever shown or logged.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from sluss.channels.contract import Connection, Refused, ResultUnknown, Unreachable
from sluss.channels.telegram.keys import bot_in
from sluss.channels.telegram.refusals import meant_by
from sluss.channels.telegram.settings import base_of
from sluss.channels.telegram.updates import object_of
from sluss.kernel.addresses import WEB_PORTS, AddressRefused
from sluss.kernel.http import GuardedClient, NotReached, OutgoingError, Policy
from sluss.kernel.multipart import FormFile, encode_form
from sluss.kernel.words import say

SECONDS = 20.0
LONG_SECONDS = 75.0
FILE_SECONDS = 120.0
LARGEST_FILE = 20_000_000
"""What the public interface gives to a bot at most."""
_PATH = re.compile(r"[A-Za-z0-9_./ -]{1,300}")

HandOver = Callable[[], Awaitable[None]]


class Bots:
    """One per adapter, for all its bots. With `allow_private` the interface may be a double on this machine."""

    def __init__(self, *, allow_private: bool = False) -> None:
        shared: dict[str, Any] = {
            "allow_private": allow_private,
            "allow_http": allow_private,
            "ports": None if allow_private else WEB_PORTS,
        }
        self._client = GuardedClient(Policy(seconds=SECONDS, max_bytes=20_000_000, **shared))
        self._patient = GuardedClient(Policy(seconds=LONG_SECONDS, max_bytes=20_000_000, **shared))
        self._files = GuardedClient(Policy(seconds=FILE_SECONDS, max_bytes=LARGEST_FILE + 1_000_000, **shared))

    async def ask(self, connection: Connection, method: str, *, patient: bool = False, **fields: Any) -> Any:
        """Ask, or do what can be done twice without harm. Raises `Refused` or `Unreachable`."""
        try:
            return await self._call(connection, method, fields, client=self._patient if patient else self._client)
        except ResultUnknown as error:
            raise Unreachable(error.reason) from error

    async def act(self, connection: Connection, method: str, hand_over: HandOver, files: Sequence[FormFile] = (), **fields: Any) -> Any:
        """Do something that must not be done twice; `hand_over` is awaited right before. Raises `ResultUnknown`, too."""
        _token(connection)
        await hand_over()
        return await self._call(connection, method, fields, files, client=self._files if files else self._client)

    async def download(self, connection: Connection, path: str) -> tuple[bytes, str]:
        """A file by the path that `getFile` has told, and its type. Raises `Refused` or `Unreachable`."""
        if not _PATH.fullmatch(path) or ".." in path:
            raise Refused("path", say("Telegram names this file in a way that Sluss cannot read."), permanent=True)
        url = f"{base_of(connection)}/file/bot{_token(connection)}/{quote(path)}"
        try:
            answer = await self._files.request("GET", url)
        except (OutgoingError, AddressRefused) as error:
            raise Unreachable(say("The file cannot be fetched now: %(reason)s", reason=error)) from None
        if answer.status in {400, 403, 404, 410}:
            raise Refused(str(answer.status), say("Telegram does not keep this file any more."), permanent=True)
        if answer.status != 200:
            raise Unreachable(say("Telegram does not give the file now (%(status)s).", status=answer.status))
        return answer.body, answer.headers.get("content-type", "").partition(";")[0].strip().lower()

    async def aclose(self) -> None:
        for one in (self._client, self._patient, self._files):
            await one.aclose()

    async def _call(
        self, connection: Connection, method: str, fields: dict[str, Any], files: Sequence[FormFile] = (), *, client: GuardedClient
    ) -> Any:
        known = {name: value for name, value in fields.items() if value is not None}
        if files:
            body, media_type = encode_form({name: _plain(value) for name, value in known.items()}, files)
        else:
            body, media_type = msgspec.json.encode(known), "application/json"
        url = f"{base_of(connection)}/bot{_token(connection)}/{method}"
        try:
            answer = await client.request("POST", url, headers={"content-type": media_type}, content=body)
        except (NotReached, AddressRefused) as error:
            raise Unreachable(say("Telegram cannot be reached now: %(reason)s", reason=error)) from None
        except OutgoingError as error:
            raise ResultUnknown(say("Telegram did not answer: %(reason)s", reason=error)) from None
        said = _object(answer.body)
        if said.get("ok") is True and "result" in said:
            return said["result"]
        raise meant_by(answer.status, said)


def _token(connection: Connection) -> str:
    """The token, checked: it becomes part of an address."""
    token = connection.secrets.get("token", "").strip()
    if not bot_in(token):
        raise Refused("token", say("The inbox has no token of a bot. Paste the one that @BotFather gave."), permanent=False, reconnect=True)
    return token


def _object(body: bytes) -> dict[str, Any]:
    try:
        return object_of(msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
