"""The settings of an Instagram account. In: what was entered or stored. Out: `InstagramSettings`, or a sentence for each wrong field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from sluss.channels.contract import Connection
from sluss.channels.fields import NetworkSettings, checked
from sluss.channels.graph import API, INSTAGRAM_API, VERSION, Account, account_of
from sluss.channels.instagram.form import FIELDS
from sluss.kernel.words import say

_ID = re.compile(r"[0-9]{3,30}")
_VERSION = re.compile(r"v[0-9]{1,3}\.[0-9]{1,2}")


class InstagramSettings(NetworkSettings, frozen=True, kw_only=True):
    """One account. `login` says by which of Meta's two ways it was connected; `page_id` is its linked page, with Facebook Login."""

    ig_id: str = ""
    login: Literal["instagram", "facebook"] = "instagram"
    page_id: str = ""
    app_id: str = ""
    human_agent: bool = False
    poll_minutes: int = 5
    version: str = VERSION

    @property
    def talks(self) -> str:
        """Whose conversations and messages are asked for."""
        return self.page_id if self.login == "facebook" else self.ig_id


def settings_of(connection: Connection) -> InstagramSettings:
    """The settings of a connected account. Raises `msgspec.ValidationError` when the row was not written through `check_settings`."""
    return msgspec.convert(connection.settings, InstagramSettings, strict=False)


def account_at(connection: Connection, settings: InstagramSettings) -> Account:
    """With what the account speaks, at the host of its way."""
    return account_of(connection, API if settings.login == "facebook" else INSTAGRAM_API)


def check_settings(address: str, values: Mapping[str, Any], secrets: Mapping[str, str]) -> InstagramSettings | dict[str, str]:
    """The settings, or for each wrong field one sentence that says what to do."""
    found = checked(InstagramSettings, FIELDS, values, secrets)
    if isinstance(found, dict):
        return found
    wrong: dict[str, str] = {}
    if not _ID.fullmatch(found.ig_id):
        wrong["ig_id"] = say("Write the account’s number, such as 17841400000000001: its name is no number.")
    elif address not in {"", f"instagram-{found.ig_id}"}:
        wrong["ig_id"] = say("An inbox stays with its account. Add another inbox for another account.")
    if found.login == "facebook" and not _ID.fullmatch(found.page_id):
        wrong["page_id"] = say("Write the number of the page that the account is linked to.")
    if found.app_id and not _ID.fullmatch(found.app_id):
        wrong["app_id"] = say("Write the app’s number, such as 998877665544332.")
    if not 1 <= found.poll_minutes <= 1440:
        wrong["poll_minutes"] = say("Write a number of minutes from 1 to 1440.")
    if not _VERSION.fullmatch(found.version):
        wrong["version"] = say("Write a version such as %(example)s.", example=VERSION)
    return wrong or found
