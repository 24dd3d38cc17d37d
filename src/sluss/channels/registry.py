"""Which channels there are. In: a channel's name. Out: its adapter and the check of its settings, loaded when first asked for.

A new network is one line here and one folder beside this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

import msgspec

from sluss.channels.contract import Channel

ADAPTERS = {"email": "sluss.channels.email.adapter:EmailChannel"}
"""The adapter's class; `check_settings` of the module `settings` beside it says what may be entered."""


class UnknownChannel(LookupError):
    """No such channel in this release."""


def channel_names() -> tuple[str, ...]:
    """Every channel, in the order in which it is offered."""
    return tuple(ADAPTERS)


@cache
def channel_named(name: str) -> Channel:
    """The one adapter of a channel."""
    module, _, adapter = _place(name).partition(":")
    made: Channel = getattr(import_module(module), adapter)()
    return made


def check_settings(name: str, address: str, values: Mapping[str, Any], secrets: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The settings as they are stored, and for each wrong field one sentence; one of the two is empty."""
    module = _place(name).partition(":")[0].rpartition(".")[0]
    checked: msgspec.Struct | dict[str, str] = import_module(f"{module}.settings").check_settings(address, values, secrets)
    return ({}, checked) if isinstance(checked, dict) else (msgspec.to_builtins(checked), {})


def _place(name: str) -> str:
    try:
        return ADAPTERS[name]
    except KeyError:
        raise UnknownChannel(name) from None
