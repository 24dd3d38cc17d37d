"""Signing in at a network in place of pasting tokens. In: what was entered, then what the person brings back. Out: accounts.

A network that can has a module `consent` beside its adapter, with what `Consent` says.
"""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from sluss.channels.contract import Connection


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

    async def begin(self, connection: Connection, asking: Asking) -> Begun: ...
    async def finish(self, connection: Connection, came: Came) -> list[Account]: ...
