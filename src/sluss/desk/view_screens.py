"""What the pages about views and deeds to many show. Pure data; instants are µs UTC, ids strings.

| address | template, values |
| --- | --- |
| GET /views | desk/views_page.html `screen=Views` |
| GET /views/new?f=&sort=, GET /views/{id} | desk/view_editor.html `screen=Editor` |
| POST /views/build | the same, with rows and text brought into step; nothing is kept. With `HX-Target` `builder`: desk/builder.html |
| POST /views, /views/{id}, /views/{id}/move, /remove, /restore | 303, or 422 the editor again |
| POST /lists/order | `view`, `sort`: remembers the order and goes back |
| GET /lists/counts | JSON: how many cases stand in each saved view, as text |
| GET /lists/rows?view=&f=&sort=&no= | JSON: rows of these cases that stand in the list, others without one |
| GET /deeds | desk/deeds.html `screen=Deeds` |
| POST /deeds/{id}/undo | toasts, or 303 |
"""

from __future__ import annotations

from typing import Literal

import msgspec

from sluss.desk.builder import Line, Offer
from sluss.web.shell import Form


class SavedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One view in the list of them. `who` says whose it is and who has it."""

    id: str
    name: str
    icon: str
    filter: str
    who: str
    mine: bool


class Views(msgspec.Struct, frozen=True):
    """All views that a reader has. `deleted` is one that can be brought back."""

    lines: tuple[SavedLine, ...]
    deleted: str = ""


class Editor(msgspec.Struct, frozen=True, kw_only=True):
    """A view being made or changed. `lines` None means that rows cannot say the filter; `wrong` what it says that cannot be read."""

    id: str = ""
    form: Form = Form()
    text: str = ""
    lines: tuple[Line, ...] | None = ()
    wrong: str = ""
    meant: tuple[str, ...] = ()
    offers: tuple[Offer, ...] = ()
    icons: tuple[str, ...] = ()
    teams: tuple[tuple[str, str], ...] = ()
    for_all: bool = False
    holds: int | None = None


class DeedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A deed to many cases: what it was, how it stands, what was left alone and why."""

    id: str
    text: str
    at: int
    state: Literal["running", "done", "undoing", "undone"]
    left: str = ""
    undoable: bool = False


class Deeds(msgspec.Struct, frozen=True):
    """Deeds of the last days, newest first."""

    lines: tuple[DeedLine, ...]
