"""What an administrator enters for a professional Instagram account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sluss.channels.fields import OWN_SHAPES, SHARED, Field, FieldForm
from sluss.channels.graph import VERSION
from sluss.kernel.words import say

WHAT = say("Comments and mentions of a professional Instagram account in public, and its direct messages.")
STEPS = (
    say("In the Instagram app, make the account a professional one, and allow access to messages under its settings for messages."),
    say("At developers.facebook.com, make an app of the type Business, and add the products Instagram and Webhooks."),
    say("Copy the app’s secret to here: the Instagram app secret with Instagram Login, else the one of App settings, Basic."),
    say("Sign in at Meta below, and choose the account; or paste a token. One of Instagram Login ends after 60 days."),
    say("For more than your own staff the app needs Meta’s review (Advanced Access), and Human Agent for answers after a day."),
)
FIELDS = (
    Field(
        name="ig_id",
        label=say("Instagram account ID"),
        hint=say("The account’s number at Meta, not its name."),
        required=True,
        example="17841400000000001",
    ),
    Field(
        name="login",
        label=say("Connected by"),
        hint=say("By Instagram itself, or through the Facebook Page that the account is linked to."),
        kind="choice",
        choices=(("instagram", say("Instagram Login")), ("facebook", say("Facebook Login (linked page)"))),
        default="instagram",
    ),
    Field(name="page_id", label=say("Linked page’s ID"), hint=say("Only with Facebook Login."), example="104512345678901"),
    Field(name="app_id", label=say("App ID"), hint=say("The number of your app at Meta."), example="998877665544332"),
    Field(name="token", label=say("Access token"), hint=say("Of the account, or of its linked page."), kind="secret", required=True),
    Field(
        name="app_secret",
        label=say("App secret"),
        hint=say("With Instagram Login the Instagram app secret, else the app’s own."),
        kind="secret",
        required=True,
    ),
    Field(
        name="verify_token",
        label=say("Verify token"),
        hint=say("Meta asks for it once, when the webhook is set up."),
        kind="secret",
        made=True,
    ),
    Field(
        name="human_agent",
        label=say("Meta has approved Human Agent for the app"),
        hint=say("Then a person may answer direct messages for seven days, else for 24 hours."),
        kind="check",
        default="true",
    ),
    Field(
        name="poll_minutes",
        label=say("Look for missed news every … minutes"),
        hint=say("Beside the webhook, as a net. Without a webhook this is how everything comes."),
        kind="number",
        default="5",
        group="advanced",
    ),
    Field(name="version", label=say("Version of the Graph API"), default=VERSION, group="advanced", example=VERSION),
    OWN_SHAPES,
    *SHARED,
)
FORM = FieldForm(FIELDS)
DEFAULTS, read_fields, show_fields = FORM.defaults, FORM.read_fields, FORM.show_fields
rename_faults, presets, read_words = FORM.rename_faults, FORM.presets, FORM.read_words


def address_of(settings: Mapping[str, Any], secrets: Mapping[str, str]) -> str:  # noqa: ARG001 - every network's form has this shape
    """The address of the inbox of an account."""
    return f"instagram-{str(settings.get('ig_id', '')).strip()}"
