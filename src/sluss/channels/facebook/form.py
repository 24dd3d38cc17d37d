"""What an administrator enters for a Facebook Page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sluss.channels.fields import OWN_SHAPES, SHARED, Field, FieldForm
from sluss.channels.graph import VERSION
from sluss.kernel.words import say

WHAT = say("A Facebook Page: comments, visitors’ posts, mentions and recommendations in public, and Messenger.")
STEPS = (
    say("At developers.facebook.com, make an app of the type Business. Add Facebook Login for Business, Webhooks and Messenger."),
    say("Copy the app’s ID and secret from App settings, Basic, to here."),
    say("Sign in at Facebook below, and choose the page; or paste a page access token."),
    say("For more than your own staff the app needs Meta’s review (Advanced Access), and Human Agent for answers after a day."),
)
FIELDS = (
    Field(
        name="page_id",
        label=say("Page ID"),
        hint=say("The number of the page: on the page’s own site under About, Page transparency."),
        required=True,
        example="104512345678901",
    ),
    Field(
        name="app_id",
        label=say("App ID"),
        hint=say("The number of your app at Meta. With it Sluss knows its own answers from those of other tools, and sets up the webhook."),
        example="998877665544332",
    ),
    Field(
        name="token",
        label=say("Page access token"),
        hint=say("Of a system user or a person who manages the page."),
        kind="secret",
        required=True,
    ),
    Field(
        name="app_secret",
        label=say("App secret"),
        hint=say("App settings, Basic. Meta signs with it what it posts."),
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
        hint=say("Then a person may answer in Messenger for seven days, else for 24 hours."),
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
    """The address of the inbox of a page."""
    return f"facebook-{str(settings.get('page_id', '')).strip()}"
