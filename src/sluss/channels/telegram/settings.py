"""What an administrator enters for a bot. In: fields. Out: `TelegramSettings`, or a sentence for each wrong field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from sluss.channels.contract import Connection
from sluss.channels.fields import SHARED, Field, NetworkSettings, checked
from sluss.channels.telegram.keys import PREFIX, bot_in
from sluss.kernel.words import say

API = "https://api.telegram.org"
_SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")

FIELDS = (
    Field(
        name="token",
        label=say("Token of the bot"),
        hint=say("@BotFather gives it in Telegram, after /newbot or /token. Whoever has it is the bot: paste it here and nowhere else."),
        kind="secret",
        required=True,
        example="110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
    ),
    Field(
        name="hook_secret",
        label=say("Secret of the webhook"),
        hint=say("Sluss makes it and tells it to Telegram by itself; it proves that a post comes from there."),
        kind="secret",
        group="advanced",
        made=True,
    ),
    Field(
        name="groups",
        label=say("In groups"),
        hint=say(
            "A group is public: everybody in it reads the answers. Turn privacy mode off at @BotFather if the bot is to hear everything."
        ),
        kind="choice",
        choices=(
            ("asked", say("What is said to the bot becomes a case")),
            ("all", say("Everything becomes a case")),
            ("no", say("Do not listen there")),
        ),
        default="asked",
    ),
    Field(
        name="way",
        label=say("How news comes"),
        kind="choice",
        choices=(
            ("auto", say("Telegram posts it, where Sluss has a public address; else Sluss asks")),
            ("poll", say("Sluss asks")),
        ),
        default="auto",
        group="advanced",
    ),
    *SHARED,
)


class TelegramSettings(NetworkSettings, frozen=True, kw_only=True):
    """One bot. `handle` is its name in Telegram, by which it is called in groups."""

    groups: Literal["asked", "all", "no"] = "asked"
    way: Literal["auto", "poll"] = "auto"


def address_of(_settings: Mapping[str, Any], secrets: Mapping[str, str]) -> str:
    """The address of a bot's inbox: its number stands before the colon of its token."""
    bot = bot_in(secrets.get("token", ""))
    return f"{PREFIX}{bot}" if bot else ""


def check_settings(address: str, values: Mapping[str, Any], secrets: Mapping[str, str]) -> TelegramSettings | dict[str, str]:
    """See `checked`."""
    found = checked(TelegramSettings, FIELDS, values, secrets)
    wrong = dict(found) if isinstance(found, dict) else {}
    token = secrets.get("token", "").strip()
    if token and not bot_in(token):
        wrong["token"] = say("A token has a number, a colon and 35 characters, such as 110201543:AAHdq…. Copy it whole.")
    elif token and address != address_of(values, secrets):
        wrong["token"] = say("This token belongs to another bot. A new bot is a new inbox.")
    if secrets.get("hook_secret") and not _SECRET.fullmatch(secrets["hook_secret"]):
        wrong["hook_secret"] = say("A secret has 16 to 256 letters, digits, hyphens and underscores. Let Sluss make one.")
    return wrong or found


def base_of(connection: Connection) -> str:
    """Where the interface is."""
    return str(connection.settings.get("api") or API).rstrip("/")
