"""What of an inbox is known beside its settings. In: rows that others looked up. Out: values for the `form` of a channel."""

from __future__ import annotations

from typing import Any

import msgspec


class SeenSite(msgspec.Struct, frozen=True):
    """A web site whose pages asked for an inbox; `at` in microseconds UTC. `refused`: it is not on the inbox's list."""

    origin: str
    at: int
    refused: bool


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """`origin` is how browsers reach Sluss. `mail_inbox_ids` are the inboxes by which letters can leave now."""

    origin: str
    sites: tuple[SeenSite, ...] = ()
    mail_inbox_ids: frozenset[int] = frozenset()


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What a new inbox of a channel has from the beginning; an empty address is the administrator's to write."""

    address: str = ""
    settings: dict[str, Any] = {}
    secrets: dict[str, str] = {}
