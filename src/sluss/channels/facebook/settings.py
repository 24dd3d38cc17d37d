"""The settings of a Facebook Page. In: what was entered or stored. Out: `FacebookSettings`, or a sentence for each wrong field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from sluss.channels.contract import Connection
from sluss.channels.facebook.form import FIELDS
from sluss.channels.fields import NetworkSettings, checked
from sluss.channels.graph import VERSION
from sluss.kernel.words import say

_ID = re.compile(r"[0-9]{3,30}")
_VERSION = re.compile(r"v[0-9]{1,3}\.[0-9]{1,2}")


class FacebookSettings(NetworkSettings, frozen=True, kw_only=True):
    """One page. `human_agent`: a person may answer up to seven days after the customer's last word."""

    page_id: str = ""
    app_id: str = ""
    human_agent: bool = False
    poll_minutes: int = 5
    version: str = VERSION


def settings_of(connection: Connection) -> FacebookSettings:
    """The settings of a connected page. Raises `msgspec.ValidationError` when the row was not written through `check_settings`."""
    return msgspec.convert(connection.settings, FacebookSettings, strict=False)


def check_settings(address: str, values: Mapping[str, Any], secrets: Mapping[str, str]) -> FacebookSettings | dict[str, str]:
    """The settings, or for each wrong field one sentence that says what to do."""
    found = checked(FacebookSettings, FIELDS, values, secrets)
    if isinstance(found, dict):
        return found
    wrong: dict[str, str] = {}
    if not _ID.fullmatch(found.page_id):
        wrong["page_id"] = say("Write the page’s number, such as 104512345678901: its name is no number.")
    elif address not in {"", f"facebook-{found.page_id}"}:
        wrong["page_id"] = say("An inbox stays with its page. Add another inbox for another page.")
    if found.app_id and not _ID.fullmatch(found.app_id):
        wrong["app_id"] = say("Write the app’s number, such as 998877665544332.")
    if not 1 <= found.poll_minutes <= 1440:
        wrong["poll_minutes"] = say("Write a number of minutes from 1 to 1440.")
    if not _VERSION.fullmatch(found.version):
        wrong["version"] = say("Write a version such as %(example)s.", example=VERSION)
    return wrong or found
