"""Which channels there are. In: a channel's name. Out: its adapter and the check of its settings, loaded when first asked for.

A new network is one line here and one folder beside this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

import msgspec

from sluss.channels.consenting import Consent
from sluss.channels.contract import Capabilities, Channel, Check
from sluss.channels.fields import Field
from sluss.channels.powers import Sided
from sluss.channels.seen import Given, Seen

ADAPTERS = {
    "email": "sluss.channels.email.channel:EmailChannel",
    "webchat": "sluss.channels.webchat.channel:WebchatChannel",
    "facebook": "sluss.channels.facebook.channel:FacebookChannel",
    "instagram": "sluss.channels.instagram.channel:InstagramChannel",
    "whatsapp": "sluss.channels.whatsapp.channel:WhatsappChannel",
    "telegram": "sluss.channels.telegram.channel:TelegramChannel",
    "x": "sluss.channels.x.channel:XChannel",
    "mastodon": "sluss.channels.mastodon.channel:MastodonChannel",
}
"""The adapter's class; `check_settings` of the module `settings` beside it says what may be entered."""

_made: dict[str, Channel] = {}


class FormOf(Protocol):
    """What the module `form` of a channel offers to the settings."""

    DEFAULTS: dict[str, str]

    def read_fields(self, fields: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]: ...
    def show_fields(self, settings: Mapping[str, Any]) -> dict[str, str]: ...
    def rename_faults(self, faults: Mapping[str, str]) -> dict[str, str]: ...
    def presets(self) -> list[tuple[str, str, str, dict[str, str]]]: ...
    def read_words(self, words: Mapping[str, str]) -> dict[str, Any]: ...


class PlacedForm(FormOf, Protocol):
    """What it offers beside where Sluss itself makes the inbox, and a web site shows it."""

    def given(self, zone: str, mail_inbox_id: int) -> Given: ...
    def look(self, settings: Mapping[str, Any], seen: Seen) -> list[Check]: ...
    def paste(self, origin: str, address: str) -> dict[str, str]: ...


class DeclaredForm(FormOf, Protocol):
    """What it offers where its fields are told as data: all that is to be entered, and the address that follows from it."""

    FIELDS: tuple[Field, ...]

    def address_of(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> str: ...


class UnknownChannel(LookupError):
    """No such channel in this release."""


def channel_names() -> tuple[str, ...]:
    """Every channel, in the order in which it is offered."""
    return tuple(ADAPTERS)


def channel_named(name: str) -> Channel:
    """The one adapter of a channel."""
    if name not in _made:
        _made[name] = _adapter(name)()
    return _made[name]


def capabilities_of(name: str, visibility: str = "private") -> Capabilities:
    """What the desk may offer on one side of a channel; a channel of one side has it, whatever is asked for."""
    channel = channel_named(name)
    return channel.public_capabilities if visibility == "public" and isinstance(channel, Sided) else channel.capabilities


def open_channels(*, allow_private: bool) -> None:
    """Make every adapter anew; with `allow_private` inboxes may use servers with private addresses."""
    for name in ADAPTERS:
        _made[name] = _adapter(name)(allow_private=allow_private)


def new_channel(name: str, *, allow_private: bool) -> Channel:
    """An adapter beside the one that inboxes share."""
    made: Channel = _adapter(name)(allow_private=allow_private)
    return made


def use_channel(channel: Channel) -> None:
    """From now on this adapter stands for its name: one with options of its own, or a double."""
    _made[channel.name] = channel


def check_settings(name: str, address: str, values: Mapping[str, Any], secrets: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The settings as they are stored, and for each wrong field one sentence; one of the two is empty."""
    module = _place(name).partition(":")[0].rpartition(".")[0]
    checked: msgspec.Struct | dict[str, str] = import_module(f"{module}.settings").check_settings(address, values, secrets)
    return ({}, checked) if isinstance(checked, dict) else (msgspec.to_builtins(checked), {})


def form_of(name: str) -> FormOf:
    """The administrator's form of a channel: the module `form` beside its adapter."""
    found: Any = import_module(f"{_place(name).partition(':')[0].rpartition('.')[0]}.form")
    return found


def placed_form(name: str) -> PlacedForm | None:
    """The form of a channel whose inboxes are put into web sites; None where an inbox is an account elsewhere."""
    found: Any = form_of(name)
    return found if hasattr(found, "paste") else None


def declared_form(name: str) -> DeclaredForm | None:
    """The form of a channel whose fields are declared (see `channels/fields.py`); None for one with a page of its own."""
    found: Any = form_of(name)
    return found if hasattr(found, "FIELDS") else None


def consent_of(name: str) -> Consent | None:
    """How a person signs in at the network: the module `consent` beside its adapter, where there is one."""
    place = f"{_place(name).partition(':')[0].rpartition('.')[0]}.consent"
    found: Any = import_module(place) if find_spec(place) is not None else None
    return found


def _adapter(name: str) -> Any:
    module, _, adapter = _place(name).partition(":")
    return getattr(import_module(module), adapter)


def _place(name: str) -> str:
    try:
        return ADAPTERS[name]
    except KeyError:
        raise UnknownChannel(name) from None
