"""The administrator's form of a bot. See `channels/fields.py`."""

from __future__ import annotations

from sluss.channels.fields import FieldForm
from sluss.channels.telegram.settings import FIELDS, address_of

__all__ = ["DEFAULTS", "FIELDS", "FORM", "address_of", "presets", "read_fields", "read_words", "rename_faults", "show_fields"]

FORM = FieldForm(FIELDS)
DEFAULTS, read_fields, show_fields = FORM.defaults, FORM.read_fields, FORM.show_fields
rename_faults, presets, read_words = FORM.rename_faults, FORM.presets, FORM.read_words
