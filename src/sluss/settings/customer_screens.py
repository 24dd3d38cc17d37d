"""What the settings show of customers' details and of outside systems. Pure data; instants are µs UTC, ids strings.

| address | template, values | fields of the POST |
| --- | --- | --- |
| GET, POST /settings/attributes | settings/attributes.html `screen=Attributes` | `attribute` (0: a new one), `label`, `type`, `choices`, `editors`, `marks` |
| POST …/move, …/archive | 303 back, or the same | `attribute`, `up`; `attribute`, `gone` |
| POST …/purposes, …/purposes/archive | the same | `purpose`; `id`, `gone` |
| GET /settings/cards | settings/cards.html `screen=Sources` | |
| GET, POST /settings/cards/new, /settings/cards/{id} | settings/card_form.html `screen=SourceForm` | the fields of `cards.sources.SourceFields` |
| POST /settings/cards/{id}/check, …/remove | settings/card_form.html with `tried`; 303 | |
"""  # noqa: E501 - rows of a table

from __future__ import annotations

import msgspec

from sluss.customers.screens import CardView
from sluss.settings.screens import Choice, State
from sluss.web.shell import Form


class AttributeLine(msgspec.Struct, frozen=True, kw_only=True):
    """One attribute, as its form has it."""

    id: str
    name: str
    label: str
    type: str
    choices: str
    editors: str
    marks: bool


class PurposeLine(msgspec.Struct, frozen=True, kw_only=True):
    """What a consent is for."""

    id: str
    label: str


class Attributes(msgspec.Struct, frozen=True, kw_only=True):
    """Both lists. `open` is the attribute whose form came back (`0`: the new one, `purpose`: that of purposes) with `form`."""

    lines: tuple[AttributeLine, ...]
    purposes: tuple[PurposeLine, ...]
    form: Form = Form()
    open: str = ""


class SourceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One outside system, and how it does."""

    id: str
    name: str
    host: str
    state: State
    says: str
    enabled: bool
    answered_at: int | None = None
    took: int | None = None
    failed_at: int | None = None
    reason: str = ""


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """All of them."""

    lines: tuple[SourceLine, ...]


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What a test came to."""

    good: bool
    text: str
    cards: tuple[CardView, ...] = ()


class SourceForm(msgspec.Struct, frozen=True, kw_only=True):
    """The form of one; `line` is None for a new one. `secret` is a proposal for a new one."""

    form: Form
    inboxes: tuple[Choice, ...]
    teams: tuple[Choice, ...]
    line: SourceLine | None = None
    secret: str = ""
    tried: Tried | None = None
