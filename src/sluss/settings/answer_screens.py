"""The contract of the pages about canned answers and macros. Pure data; instants are µs UTC, ids strings."""

from __future__ import annotations

from typing import Literal

import msgspec

from sluss.settings.screens import Choice
from sluss.web.shell import Form

Sort = Literal["name", "used", "unused", "review"]


class AnswerLine(msgspec.Struct, frozen=True, kw_only=True):
    """One answer in the list. `overdue` wants somebody to look whether it is still right."""

    id: str
    name: str
    shortcut: str
    folder: str
    languages: tuple[str, ...]
    whom: str
    owner: str
    uses: int
    last_at: int
    review_due_at: int | None
    overdue: bool
    mine: bool


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """The list. `gone` is an answer that was just archived, to be taken out again."""

    lines: tuple[AnswerLine, ...]
    query: str = ""
    sort: Sort = "name"
    archived: bool = False
    total: int = 0
    overdue: int = 0
    gone: tuple[str, str] | None = None
    keeps_shared: bool = False


class TextBox(msgspec.Struct, frozen=True, kw_only=True):
    """One language of an answer, and how it will read: words, and whether they are still open."""

    language: str
    spoken: str
    text: str
    reads: tuple[tuple[str, bool], ...] = ()


class VersionLine(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer was. `texts` are spoken language and text."""

    revision: int
    at: int
    by: str
    name: str
    texts: tuple[tuple[str, str], ...]


class FileLine(msgspec.Struct, frozen=True):
    """A file that goes along."""

    id: str
    name: str
    size: int


class AnswerForm(msgspec.Struct, frozen=True, kw_only=True):
    """One answer. `similar` say nearly the same; `outdated` is who changed it meanwhile; `open` the language that is shown first."""

    id: str
    form: Form
    texts: tuple[TextBox, ...]
    originals: tuple[tuple[str, str], ...]
    open: str
    whoms: tuple[Choice, ...]
    teams: tuple[Choice, ...]
    inboxes: tuple[Choice, ...]
    owners: tuple[tuple[str, str], ...]
    folders: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]
    revision: int = 0
    may_change: bool = True
    archived: bool = False
    uses: int = 0
    last_at: int = 0
    reviewed_at: int | None = None
    review_due_at: int | None = None
    files: tuple[FileLine, ...] = ()
    versions: tuple[VersionLine, ...] = ()
    similar: tuple[tuple[str, str], ...] = ()


class MacroLine(msgspec.Struct, frozen=True, kw_only=True):
    """One macro in the list, and what it does, by icon and words."""

    id: str
    name: str
    does: tuple[tuple[str, str], ...]
    whom: str
    uses: int
    last_at: int
    mine: bool


class Macros(msgspec.Struct, frozen=True, kw_only=True):
    """The list; see `Answers`."""

    lines: tuple[MacroLine, ...]
    archived: bool = False
    gone: tuple[str, str] | None = None


class MacroForm(msgspec.Struct, frozen=True, kw_only=True):
    """One macro."""

    id: str
    form: Form
    answers: tuple[tuple[str, str], ...]
    agents: tuple[tuple[str, str], ...]
    times: tuple[tuple[str, str], ...]
    whoms: tuple[Choice, ...]
    teams: tuple[Choice, ...]
    inboxes: tuple[Choice, ...]
    revision: int = 0
    may_change: bool = True
    archived: bool = False
