"""What an administrator says about an account at a Mastodon server. In: a form or a stored row. Out: settings, or sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from sluss.channels.contract import Connection
from sluss.channels.fields import NetworkSettings, checked
from sluss.channels.mastodon.form import FIELDS, acct_in, address_of
from sluss.kernel.words import say

_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?", re.IGNORECASE)
_ACCT = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,99})@[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")


class MastodonSettings(NetworkSettings, frozen=True, kw_only=True):
    """One account. `audience` is the widest in which we speak; `client_id` is our application there, where Sluss has made one."""

    server: str = ""
    client_id: str = ""
    audience: Literal["public", "unlisted"] = "public"


class Mine(msgspec.Struct, frozen=True):
    """Who we are there, as reading a delivery needs it: `name` without and `acct` with its host; `address` is the inbox's."""

    name: str
    host: str
    address: str

    @property
    def acct(self) -> str:
        return f"{self.name}@{self.host}"


def check_settings(address: str, values: Mapping[str, Any], secrets: Mapping[str, str]) -> MastodonSettings | dict[str, str]:
    """The settings, or for each wrong field one sentence that says what to do."""
    found = checked(MastodonSettings, FIELDS, values, secrets)
    if isinstance(found, dict):
        return found
    wrong: dict[str, str] = {}
    if not _HOST.fullmatch(found.server):
        wrong["server"] = say("Write the server’s name alone, such as mastodon.example.")
    if not _ACCT.fullmatch(acct_in(found.handle, found.server)):
        wrong["handle"] = say("Write the account’s name as people know it, such as @help@example.com.")
    elif address and address != address_of({"handle": found.handle, "server": found.server}, {}):
        wrong["address"] = say("This inbox stands for another account; make a new inbox for this one.")
    return wrong or found


def settings_of(connection: Connection) -> MastodonSettings:
    """The settings of a connected account. Raises `msgspec.ValidationError` when the row was not written through `check_settings`."""
    return msgspec.convert(connection.settings, MastodonSettings, strict=False)


def mine_of(connection: Connection) -> Mine:
    """Who we are. Never raises: reading a delivery must not depend on a form."""
    known = connection.settings
    name, _, host = acct_in(str(known.get("handle") or ""), str(known.get("server") or "")).partition("@")
    return Mine(name, host, connection.address)


def api_of(connection: Connection) -> str:
    """The base address of the server, or of what stands in for it."""
    base = str(connection.settings.get("api") or "").rstrip("/")
    return base or f"https://{connection.settings.get('server') or 'server.invalid'}"
