"""What some adapters can do and others not, each asked by `isinstance`. See `contract.py` for what all of them can."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from sluss.channels.contract import Capabilities, Connection, Posted


@runtime_checkable
class Choosing(Protocol):
    """An adapter whose accounts themselves offer what may be entered in a field of its form."""

    async def choices(self, connection: Connection, field: str) -> list[str]:
        """What the account offers for a field. Raises `Unreachable`."""
        ...


@runtime_checkable
class Sided(Protocol):
    """An adapter whose inboxes have a public side beside the private one that `capabilities` declares."""

    public_capabilities: Capabilities


@runtime_checkable
class Greeted(Protocol):
    """An adapter whose network asks the inbox's address whether it is the right one, before it posts anything there."""

    def greet(self, query: Mapping[str, str], connection: Connection) -> str:
        """The plain answer to a GET (letters, digits, `-`, `_` alone, or JSON). Raises `Unverified`."""
        ...


@runtime_checkable
class Shared(Protocol):
    """An adapter whose network posts for several accounts of one program to the address of one of them."""

    def accounts(self, posted: Posted) -> set[str]:
        """The addresses of all inboxes that a body speaks to, unproven: each proves and takes its own part by `accept`."""
        ...
