"""The contract of what `/` and `m` offer. Pure data; instants are µs UTC, ids strings.

| address | template, values |
| --- | --- |
| GET /cases/{no}/ready?q=&kind= | desk/ready.html `ready=Ready`, always a fragment: what stands in the menu of the composer |
| POST /cases/{no}/ready | `answer` → counts its use, attaches its files: 200 JSON `{"files": [{"id", "name", "size", "picture"}]}` |
| GET /cases/{no}/macro?seen= | desk/macros.html `macros=Macros` as a dialog, or a page without htmx |
| POST /cases/{no}/macro | `macro`, `seen`, `anyway` → as every write of the desk; 409 desk/macro_stopped.html `stopped=MacroStopped` |
| POST /cases/{no}/macro/undo | `run` → what the macro did is taken back |
"""

from __future__ import annotations

import msgspec

from sluss.desk.screens import News


class Piece(msgspec.Struct, frozen=True):
    """Words of a filled-in text; `gap` marks a field that nothing could be put in."""

    text: str
    gap: bool = False


class ReadyAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A canned answer as it would read here. `others` are its other languages by code and name; `mine` that nobody else sees it."""

    id: str
    name: str
    shortcut: str
    folder: str
    language: str
    spoken: str
    text: str
    pieces: tuple[Piece, ...]
    others: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()
    mine: bool = False
    foreign: bool = False


class ReadyMacro(msgspec.Struct, frozen=True, kw_only=True):
    """A macro and what it would do here, by icon and words; `problem` says why it cannot be run."""

    id: str
    name: str
    onward: str
    effects: tuple[tuple[str, str], ...] = ()
    problem: str = ""


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """What fits what was typed after the `/`. `macros_first`: a macro is called that, and no answer is."""

    no: int
    query: str
    answers: tuple[ReadyAnswer, ...] = ()
    macros: tuple[ReadyMacro, ...] = ()
    macros_first: bool = False
    may_keep: bool = False


class Macros(msgspec.Struct, frozen=True, kw_only=True):
    """All macros for a case. `seen` is the mark of what the agent had before them."""

    no: int
    seen: str
    macros: tuple[ReadyMacro, ...] = ()
    may_keep: bool = False


class MacroStopped(msgspec.Struct, frozen=True, kw_only=True):
    """A macro was stopped: the case has news that the agent had not seen."""

    no: int
    macro: str
    name: str
    news: News
