"""What surrounds every screen: who reads, in which language, which banners and toasts. Pure data; the contract of `web/base.html`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

Section = Literal["inbox", "search", "customers", "moderation", "notices", "settings", "me", ""]


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    """The signed-in agent. `may_configure` shows the settings."""

    id: str
    name: str
    email: str
    role: str
    may_configure: bool = False


class Banner(msgspec.Struct, frozen=True, kw_only=True):
    """One line under the top bar about something that holds for everybody: sending fails, operations on hold.

    `text` says what is so and what happens meanwhile; the action is a link to where it is put right. `since` in µs.
    """

    kind: Literal["info", "warn", "bad"]
    text: str
    since: int | None = None
    action: str = ""
    href: str = ""


class Toast(msgspec.Struct, frozen=True, kw_only=True):
    """A short message that goes away. `undo_url` with `fields` makes an Undo button that posts there; `until` (µs) starts its countdown.

    `deed` is one that goes on behind the screen: the stream tells how far it is.
    """

    text: str
    kind: Literal["ok", "bad"] = "ok"
    undo_url: str = ""
    fields: Mapping[str, str] = {}
    until: int | None = None
    deed: str = ""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One rendering for one reader.

    `path` is the address as asked, without the host (forms send it back as `back`). `csrf` belongs to the session.
    `own_keys` are the keys that this reader has chosen, by action.
    `live_after` is the event position this page shows; empty means no live updates. `unread` counts what waits in Mine, `bell` the cases
    with news that the reader has not seen.
    """

    title: str
    path: str
    workspace: str = ""
    locale: str = "en"
    zone: str = "UTC"
    theme: Literal["system", "light", "dark"] = "system"
    csrf: str = ""
    viewer: Viewer | None = None
    section: Section = ""
    unread: int = 0
    bell: int = 0
    keys_on: bool = True
    own_keys: Mapping[str, str] = {}
    live_after: str = ""
    banners: tuple[Banner, ...] = ()
    toasts: tuple[Toast, ...] = ()


class Form(msgspec.Struct, frozen=True):
    """What a person typed and what is wrong with it, by field name. `errors[""]` is about the form as a whole.

    `values` of a field with several choices are joined by a line feed.
    """

    values: Mapping[str, str] = {}
    errors: Mapping[str, str] = {}

    def value(self, name: str, default: str = "") -> str:
        """What was typed, else the default."""
        return self.values.get(name, default)

    def has(self, name: str, choice: str) -> bool:
        """Whether a choice of a field with several is taken."""
        return choice in self.values.get(name, "").split("\n")


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """An error page: status, what is so, what to do. `reference` is the request id that the log knows."""

    status: int
    detail: str = ""
    reference: str = ""
    retry_after: int | None = None
