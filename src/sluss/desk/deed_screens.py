"""What is asked before something is done with a message at its network. Part of the contract in screens.py."""

from __future__ import annotations

from typing import Literal

import msgspec

from sluss.web.shell import Form


class DeedForm(msgspec.Struct, frozen=True, kw_only=True):
    """One deed on one message of a case: its title, what follows from it in one sentence, and what is asked.

    `said` are the words of the message, `by` its author. `signs` are offered where the deed is a reaction.
    """

    message: str
    no: int
    kind: str
    title: str
    effect: str
    button: str
    said: str
    by: str
    asks: Literal["reason", "body", "emoji"]
    danger: bool = False
    signs: tuple[str, ...] = ()
    max_length: int | None = None
    counts: str = "characters"
    form: Form = Form()
