"""Fetching what a delivery only names. In: a `Wanted`. Out: bytes, a person, or more deliveries."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import msgspec

from sluss.channels.happenings import Known, Wanted


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """What was found.

    For `media` the `data` and `media_type` (and `name`, if the network tells a better one); for `person` `known`; for `item` values of
    `Delivered`, which go through intake as if the network had brought them.
    """

    data: bytes = b""
    media_type: str = ""
    name: str = ""
    known: Known | None = None
    delivered: tuple[Any, ...] = ()


@runtime_checkable
class Fetching(Protocol):
    """An adapter whose deliveries name things that must be asked for."""

    async def fetch(self, connection: Any, wanted: Wanted) -> Fetched:
        """Ask once. Raises `Refused` (permanent: it is gone, expired or too large; the reason is shown) or `Unreachable`."""
        ...
