"""Forms of the settings, as typed: kept when something is wrong, with a sentence at each field."""

from __future__ import annotations

from typing import Any

from sluss.channels.registry import form_of
from sluss.kernel.errors import Invalid
from sluss.web.edge import Asked
from sluss.web.locale import gettext as _
from sluss.web.shell import Form


async def typed_form(asked: Asked) -> Form:
    """What a person typed, as the form shows it again; fields with several choices joined by line feeds."""
    items: list[tuple[str, Any]] = list((await asked.request.form()).multi_items())
    values: dict[str, str] = {}
    for name, value in items:
        text = value if isinstance(value, str) else ""
        values[name] = f"{values[name]}\n{text}" if name in values else text
    return Form(values=values)


def with_faults(typed: Form, error: Invalid, channel: str = "") -> Form:
    """The same form with a sentence at each wrong field; secrets are not sent back."""
    faults = form_of(channel).rename_faults(error.fields) if channel else error.fields
    kept = {name: value for name, value in typed.values.items() if "password" not in name and "secret" not in name}
    return Form(values=kept, errors={name: _(sentence) for name, sentence in faults.items()})


def ids_of(typed: Form, name: str) -> tuple[int, ...]:
    """Ids of a repeated field; what is no id becomes 0, which the action refuses as unknown."""
    return tuple(int(one) if one.isdecimal() and len(one) < 19 else 0 for one in typed.value(name).split("\n") if one)
