"""What an administrator enters for a number on WhatsApp."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sluss.channels.fields import SHARED, Field, FieldForm
from sluss.channels.graph import VERSION
from sluss.kernel.words import say

WHAT = say("A number on WhatsApp: what people write to it, and approved texts to them.")
STEPS = (
    say("At developers.facebook.com, make an app of the type Business, and add the product WhatsApp."),
    say("Give the app the number, and copy its phone number ID, the ID of the business account and the app’s secret to here."),
    say("Paste a token of a system user with whatsapp_business_messaging and whatsapp_business_management: it does not end by itself."),
)
FIELDS = (
    Field(
        name="phone_number_id",
        label=say("Phone number ID"),
        hint=say("The number’s own id at Meta, not the number itself: in WhatsApp Manager under API setup."),
        required=True,
        example="590968830767958",
    ),
    Field(
        name="waba_id",
        label=say("WhatsApp Business account ID"),
        hint=say("The account that the number and its templates belong to."),
        required=True,
        example="131470230291794",
    ),
    Field(
        name="token",
        label=say("Access token"),
        hint=say("Of a system user with whatsapp_business_messaging and whatsapp_business_management. Let it never expire."),
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
        hint=say("Meta asks for it once, when Sluss sets up the webhook."),
        kind="secret",
        made=True,
    ),
    Field(
        name="read_marks",
        label=say("Show customers that their message was read when it is answered"),
        kind="check",
        default="true",
    ),
    Field(name="version", label=say("Version of the Graph API"), default=VERSION, group="advanced", example=VERSION),
    *SHARED,
)
FORM = FieldForm(FIELDS)
DEFAULTS, read_fields, show_fields = FORM.defaults, FORM.read_fields, FORM.show_fields
rename_faults, presets, read_words = FORM.rename_faults, FORM.presets, FORM.read_words


def address_of(settings: Mapping[str, Any], secrets: Mapping[str, str]) -> str:  # noqa: ARG001 - every network's form has this shape
    """The address of the inbox of a number."""
    return f"whatsapp-{str(settings.get('phone_number_id', '')).strip()}"
