"""The administrator's form of a bot. See `channels/fields.py`."""

from __future__ import annotations

from sluss.channels.fields import FieldForm
from sluss.channels.telegram.settings import FIELDS, address_of
from sluss.kernel.words import say

__all__ = ["DEFAULTS", "FIELDS", "FORM", "address_of", "presets", "read_fields", "read_words", "rename_faults", "show_fields"]

WHAT = say("A bot that people write to in private, in groups, and for a company’s own account.")
STEPS = (
    say("In Telegram, write /newbot to @BotFather, and copy the token that it gives to here."),
    say("For answers in the name of a company’s own account, connect the bot there under Telegram Business, Chatbots."),
)
FORM = FieldForm(FIELDS)
DEFAULTS, read_fields, show_fields = FORM.defaults, FORM.read_fields, FORM.show_fields
rename_faults, presets, read_words = FORM.rename_faults, FORM.presets, FORM.read_words
