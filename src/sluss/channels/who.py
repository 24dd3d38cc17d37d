"""Who somebody is on a network, as values."""

from __future__ import annotations

import msgspec


class Address(msgspec.Struct, frozen=True):
    """One address on a network, with the name its owner shows. `address` is folded (lower case) for look-up."""

    address: str
    name: str = ""


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What a network tells of somebody. `handle` is what people call the account by (`@anna@example.social`), `followers` None when untold.

    `picture` is where the network keeps their picture, for an adapter to fetch.
    """

    handle: str = ""
    url: str = ""
    followers: int | None = None
    verified: bool = False
    picture: str = ""
