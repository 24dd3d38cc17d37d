"""The contract between the templates of notifications and whoever fills them. Pure data; instants are µs UTC.

| address | template, values | fields of the POST |
| --- | --- | --- |
| GET /notifications?after= | notifications/page.html `bell=Bell`; for `div#bell-list` notifications/panel.html | |
| GET /notifications/state | JSON `{"unread", "after"}`: the number at the bell, and the position from where it stays true | |
| POST /notifications/read | the panel again, or 303 | `no` (a case's number, or empty for all) |
| GET, POST /me/alerts | notifications/alerts.html `screen=AlertsPage` | see `notifications/shapes.py` |
| POST /me/quiet | notifications/quiet.html, or 303 | `until` = hour, evening, tomorrow, monday or off |
"""

from __future__ import annotations

import msgspec

from sluss.web.shell import Form


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of news. `href` leads to the very message or note."""

    icon: str
    text: str
    excerpt: str
    at: int
    href: str
    unread: bool


class Matter(msgspec.Struct, frozen=True, kw_only=True):
    """A case with its news."""

    no: int
    subject: str
    customer: str
    unread: bool
    at: int
    lines: tuple[Line, ...]


class Bell(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent was told lately. `quiet_until` is set while nothing is heard, `hushed` when by the agent's own choice just now."""

    unread: int
    matters: tuple[Matter, ...]
    more: bool = False
    quiet_until: int | None = None
    hushed: bool = False


class KindLine(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table of kinds."""

    key: str
    icon: str
    label: str
    help: str = ""


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """Quiet hours of one weekday, as `HH:MM` or empty."""

    key: int
    name: str
    start: str
    stop: str


class AlertsPage(msgspec.Struct, frozen=True, kw_only=True):
    """How an agent is told. `form` holds what was chosen; `reads` says whether there is anything to be told of."""

    form: Form
    kinds: tuple[KindLine, ...]
    days: tuple[Day, ...]
    zones: tuple[str, ...]
    home_zone: str
    quiet_until: int | None = None
    hushed: bool = False
    saved: bool = False
    email: str = ""
