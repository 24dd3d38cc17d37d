"""What is entered for an account at a Mastodon server, told as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sluss.channels.fields import API, HANDLE, OWN_SHAPES, PRIVATE_CHAT, PRIVATE_MAIL, Field, FieldForm
from sluss.kernel.words import say

WHAT = say("Mentions of an account at any Mastodon server in public, and what people write to it directly.")
FIELDS = (
    Field(
        name="server",
        label=say("Server"),
        hint=say("The name of the server where you sign in."),
        required=True,
        example="mastodon.example",
    ),
    msgspec.structs.replace(
        HANDLE,
        hint=say("As people know it. Where its part after the second @ is not the server’s name, write both parts."),
        required=True,
        example="@help@example.com",
    ),
    Field(
        name="token",
        label=say("Access token"),
        hint=say("Made on the server under Preferences, Development, New application, with the scopes that the guide names."),
        kind="secret",
        required=True,
    ),
    Field(
        name="audience",
        label=say("Who sees public answers"),
        hint=say("An answer never reaches more people than what it answers."),
        kind="choice",
        choices=(("public", say("As many as see the post")), ("unlisted", say("Never more than unlisted"))),
        default="public",
    ),
    OWN_SHAPES,
    PRIVATE_MAIL,
    PRIVATE_CHAT,
    msgspec.structs.replace(API, example="https://mastodon.example"),
)
FORM = FieldForm(FIELDS)
DEFAULTS, read_fields, show_fields = FORM.defaults, FORM.read_fields, FORM.show_fields
rename_faults, presets, read_words = FORM.rename_faults, FORM.presets, FORM.read_words


def address_of(settings: Mapping[str, Any], secrets: Mapping[str, str]) -> str:  # noqa: ARG001 - as every form has it
    """The inbox's own address, by the account's name and its host."""
    return f"mastodon-{acct_in(str(settings.get('handle', '')), str(settings.get('server', ''))).replace('@', '.')}"


def acct_in(handle: str, server: str) -> str:
    """The whole name of an account: `help@example.com`, in lower case."""
    name, _, host = handle.strip().lower().lstrip("@").partition("@")
    return f"{name}@{host or server.strip().lower()}"
