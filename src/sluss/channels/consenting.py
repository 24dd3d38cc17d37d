"""Signing in at a network in place of pasting tokens. In: what was entered, then what the person brings back. Out: accounts.

A network that can has a module `consent` beside its adapter, with what `Consent` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlencode

import msgspec

from sluss.channels.contract import Connection, Refused, Unreachable
from sluss.channels.said import a_text, an_object, read_object
from sluss.kernel.addresses import AddressRefused
from sluss.kernel.http import GuardedClient, OutgoingError
from sluss.kernel.words import say


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """Where the network leads back to, and what it must bring along; `challenge` is S256 of a verifier that only we know (PKCE)."""

    redirect_uri: str
    state: str
    challenge: str


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """Where the person goes, and what was learnt or made on the way, kept until they come back."""

    url: str
    settings: dict[str, Any] = {}
    secrets: dict[str, str] = {}


class Came(msgspec.Struct, frozen=True, kw_only=True):
    """What the person brought back."""

    code: str
    verifier: str
    redirect_uri: str


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One account that may be connected, with what its inbox needs beside what was entered. Never logged."""

    name: str
    detail: str = ""
    settings: dict[str, Any] = {}
    secrets: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"Account({self.name})"


class Consent(Protocol):
    """The module `consent` of a network. `NEEDS` are the fields that must be entered first. Both raise `Unreachable` or `Refused`."""

    NEEDS: tuple[str, ...]

    async def begin(self, connection: Connection, asking: Asking, client: GuardedClient) -> Begun: ...
    async def finish(self, connection: Connection, came: Came, client: GuardedClient) -> list[Account]: ...


async def ask_network(
    client: GuardedClient, url: str, fields: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """What a network answers in JSON: to a GET, or to a POST of a form where there are fields. Raises `Unreachable` or `Refused`."""
    sent = {"accept": "application/json", **(headers or {})}
    if fields is not None:
        sent["content-type"] = "application/x-www-form-urlencoded"
    try:
        answer = await client.request(
            "GET" if fields is None else "POST", url, headers=sent, content=urlencode(fields).encode() if fields is not None else b""
        )
    except (OutgoingError, AddressRefused) as error:
        raise Unreachable(say("The network cannot be reached now: %(reason)s", reason=error)) from error
    said = read_object(answer.body) or {}
    if answer.status in range(400, 500):
        inner = an_object(said.get("error"))
        reason = a_text(inner.get("message")) or a_text(said.get("error_description")) or a_text(said.get("error")) or str(answer.status)
        raise Refused(str(answer.status), say("The network said no: %(reason)s", reason=reason[:300]), permanent=True)
    if answer.status not in range(200, 300):
        raise Unreachable(say("The network gives no usable answer now (%(status)s).", status=answer.status))
    return said
