"""The kinds of notification, in the order of a page, and how a new agent is told of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

Kind = Literal["mentioned", "assigned", "taken", "message", "side", "note", "status", "woke", "failed"]
Way = Literal["app", "desktop", "sound", "mail"]
WAYS: tuple[Way, ...] = ("app", "desktop", "sound", "mail")


class Ways(msgspec.Struct, frozen=True):
    """By which ways an agent is told of a kind. What is told by any other way stands in the bell as well."""

    app: bool = False
    desktop: bool = False
    sound: bool = False
    mail: bool = False

    @property
    def any(self) -> bool:
        """Whether the agent wants to know at all."""
        return self.app or self.desktop or self.sound or self.mail


USUAL: Mapping[Kind, Ways] = {
    "mentioned": Ways(app=True, desktop=True, sound=True, mail=True),
    "assigned": Ways(app=True, desktop=True, sound=True, mail=True),
    "taken": Ways(app=True),
    "message": Ways(app=True, desktop=True, sound=True),
    "side": Ways(app=True, desktop=True),
    "note": Ways(app=True),
    "status": Ways(app=True),
    "woke": Ways(app=True, desktop=True),
    "failed": Ways(app=True, desktop=True, sound=True, mail=True),
}
KINDS: tuple[Kind, ...] = tuple(USUAL)
