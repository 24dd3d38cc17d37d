"""What is entered for an account at X, told as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sluss.channels.fields import API, DAILY_CAP, HANDLE, OWN_SHAPES, PRIVATE_CHAT, PRIVATE_MAIL, Field, FieldForm
from sluss.kernel.words import say

WHAT = say("Mentions, replies and quotes of an account at X in public, and its direct messages.")
STEPS = (
    say("At the developer console of X, make an app for the account, with OAuth 2.0 and the type confidential client."),
    say("Give it permission to read and write, and direct messages; enter there the address that is shown at the end of this page."),
    say("Copy the client ID and the client secret to here, and for news at once the API key secret and the bearer token as well."),
)
FIELDS = (
    HANDLE,
    Field(
        name="user_id",
        label=say("Account’s number"),
        hint=say("The number behind the name. X shows it in the developer console beside the access token: the digits before the hyphen."),
        required=True,
        example="1029384756",
    ),
    Field(
        name="client_id",
        label=say("Client ID"),
        hint=say("Of your app at X, under Keys and tokens, OAuth 2.0."),
    ),
    Field(name="client_secret", label=say("Client secret"), hint=say("Stands beside the client ID."), kind="secret"),
    Field(
        name="token",
        label=say("Access token"),
        hint=say("Of OAuth 2.0, given for this account. It is good for two hours; Sluss renews it."),
        kind="secret",
    ),
    Field(
        name="refresh_token",
        label=say("Refresh token"),
        hint=say("Comes with the access token when offline.access was asked for. It can be used once: do not use it anywhere else."),
        kind="secret",
    ),
    Field(
        name="consumer_secret",
        label=say("API key secret"),
        hint=say("Of your app. X signs with it what it posts to Sluss; without it Sluss asks by itself from time to time."),
        kind="secret",
    ),
    Field(
        name="bearer",
        label=say("Bearer token"),
        hint=say("Of your app. Sluss enters its address at X with it."),
        kind="secret",
    ),
    Field(
        name="plan",
        label=say("Plan at X"),
        hint=say("Outside Enterprise, X takes answers of programs only to those who mentioned or quoted you."),
        kind="choice",
        choices=(("self-serve", say("Pay per use, Basic or Pro")), ("enterprise", say("Enterprise"))),
        default="self-serve",
    ),
    msgspec.structs.replace(DAILY_CAP, default="5.00"),
    Field(
        name="around",
        label=say("What stands around a post"),
        hint=say("X charges each post that is read: half a cent."),
        kind="choice",
        choices=(
            ("parents", say("Fetch what it answers")),
            ("conversation", say("Fetch the whole conversation")),
            ("nothing", say("Fetch nothing")),
        ),
        default="parents",
    ),
    OWN_SHAPES,
    PRIVATE_MAIL,
    PRIVATE_CHAT,
    Field(
        name="poll_seconds",
        label=say("Seconds between two questions"),
        hint=say("0: once a minute where X does not post to Sluss, else every ten minutes."),
        kind="number",
        default="0",
        group="advanced",
    ),
    msgspec.structs.replace(API, example="https://api.x.com"),
)
FORM = FieldForm(FIELDS)
DEFAULTS, read_fields, show_fields = FORM.defaults, FORM.read_fields, FORM.show_fields
rename_faults, presets, read_words = FORM.rename_faults, FORM.presets, FORM.read_words


def address_of(settings: Mapping[str, Any], secrets: Mapping[str, str]) -> str:  # noqa: ARG001 - as every form has it
    """The inbox's own address, by the account's number."""
    return f"x-{str(settings.get('user_id', '')).strip().lower()}"
