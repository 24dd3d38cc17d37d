"""The settings of a number on WhatsApp. In: what was entered or stored. Out: `WhatsappSettings`, or a sentence for each wrong field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from sluss.channels.contract import Connection
from sluss.channels.fields import NetworkSettings, checked
from sluss.channels.graph import VERSION
from sluss.channels.whatsapp.form import FIELDS
from sluss.kernel.words import say

_ID = re.compile(r"[0-9]{5,30}")
_VERSION = re.compile(r"v[0-9]{1,3}\.[0-9]{1,2}")


class WhatsappSettings(NetworkSettings, frozen=True, kw_only=True):
    """One number. `read_marks`: whoever is answered sees that they were read."""

    phone_number_id: str = ""
    waba_id: str = ""
    read_marks: bool = True
    version: str = VERSION


def settings_of(connection: Connection) -> WhatsappSettings:
    """The settings of a connected number. Raises `msgspec.ValidationError` when the row was not written through `check_settings`."""
    return msgspec.convert(connection.settings, WhatsappSettings, strict=False)


def check_settings(address: str, values: Mapping[str, Any], secrets: Mapping[str, str]) -> WhatsappSettings | dict[str, str]:
    """The settings, or for each wrong field one sentence that says what to do."""
    found = checked(WhatsappSettings, FIELDS, values, secrets)
    if isinstance(found, dict):
        return found
    wrong: dict[str, str] = {}
    if not _ID.fullmatch(found.phone_number_id):
        wrong["phone_number_id"] = say("Write the id of the number, such as 590968830767958: digits alone, without plus.")
    elif address not in {"", f"whatsapp-{found.phone_number_id}"}:
        wrong["phone_number_id"] = say("An inbox stays with its number. Add another inbox for another number.")
    if not _ID.fullmatch(found.waba_id):
        wrong["waba_id"] = say("Write the id of the WhatsApp Business account, such as 131470230291794.")
    if not _VERSION.fullmatch(found.version):
        wrong["version"] = say("Write a version such as %(example)s.", example=VERSION)
    return wrong or found
