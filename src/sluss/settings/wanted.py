"""What is asked of the pages of an inbox, whatever its channel."""

from __future__ import annotations

import msgspec

from sluss.web.shell import Form

CHANNEL = "email"
"""The channel of a new inbox where nobody chose another."""


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A channel that an inbox can be added for. `chosen`: the form below is its own."""

    name: str
    icon: str
    label: str
    detail: str
    chosen: bool = False


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A form: of a stored inbox, or a new one of a preset; `form` is one that came back. `kinds` are offered for a new one."""

    inbox_id: int = 0
    preset: str = ""
    form: Form | None = None
    kinds: tuple[Kind, ...] = ()
    status: int = 200
