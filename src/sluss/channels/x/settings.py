"""What an administrator says about an account at X. In: a form or a stored row. Out: `XSettings`, or a sentence for each wrong field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from sluss.channels.contract import Connection
from sluss.channels.fields import NetworkSettings, checked
from sluss.channels.x.form import FIELDS
from sluss.kernel.words import say

API = "https://api.x.com"
SITE = "https://x.com"
_USER_ID = re.compile(r"[0-9]{1,20}")


class XSettings(NetworkSettings, frozen=True, kw_only=True):
    """One account. `plan` says what X lets its programs do; `around` how much of a thread is fetched for reading, which X charges.

    `poll_seconds` is how often Sluss asks by itself, 0: as often as makes sense.
    """

    user_id: str = ""
    client_id: str = ""
    plan: Literal["self-serve", "enterprise"] = "self-serve"
    around: Literal["nothing", "parents", "conversation"] = "parents"
    poll_seconds: int = 0


class Mine(msgspec.Struct, frozen=True):
    """Who we are at X, as reading a delivery needs it. `address` is the inbox's."""

    user_id: str
    address: str
    enterprise: bool
    around: str


def check_settings(address: str, values: Mapping[str, Any], secrets: Mapping[str, str]) -> XSettings | dict[str, str]:
    """The settings, or for each wrong field one sentence that says what to do."""
    found = checked(XSettings, FIELDS, values, secrets)
    if isinstance(found, dict):
        return found
    wrong: dict[str, str] = {}
    if not _USER_ID.fullmatch(found.user_id):
        wrong["user_id"] = say("Write the account’s number at X, digits alone; its name can change.")
    elif address != f"x-{found.user_id}":
        wrong["address"] = say("This inbox stands for another account; make a new inbox for this one.")
    if not 0 <= found.poll_seconds <= 86_400 or 0 < found.poll_seconds < 30:
        wrong["poll_seconds"] = say("Write 0, or a number of seconds from 30 to 86400.")
    if secrets.get("refresh_token") and not found.client_id:
        wrong["client_id"] = say("Sluss renews the access with the client ID of the app; copy it from the developer console of X.")
    return wrong or found


def settings_of(connection: Connection) -> XSettings:
    """The settings of a connected account. Raises `msgspec.ValidationError` when the row was not written through `check_settings`."""
    return msgspec.convert(connection.settings, XSettings, strict=False)


def mine_of(connection: Connection) -> Mine:
    """Who we are. Never raises: reading a delivery must not depend on a form."""
    known = connection.settings
    user_id = connection.address.removeprefix("x-")
    return Mine(user_id, connection.address, known.get("plan") == "enterprise", str(known.get("around") or "parents"))


def api_of(connection: Connection) -> str:
    """The base address of the network's interface, or of what stands in for it."""
    return str(connection.settings.get("api") or API).rstrip("/")
