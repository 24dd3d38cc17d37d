"""Keeping macros. In: a name, steps, for whom. Out: rows, the version before each change, an audit line."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.errors import Invalid
from sluss.kernel.text import clean_line
from sluss.kernel.tx import Tx
from sluss.people.models import agents
from sluss.replies.canned.actions import Outdated
from sluss.replies.canned.audience import Audience, fit_audience
from sluss.replies.macros.models import macro_versions, macros
from sluss.replies.macros.queries import MOST, Macro, hold_macro
from sluss.replies.macros.steps import Step, fit_steps

NAME = 100
Onward = Literal["stay", "next", "list"]


class MacroContent(msgspec.Struct, frozen=True, kw_only=True):
    """All that a person decides about a macro."""

    name: str
    steps: tuple[Step, ...]
    onward: Onward = "stay"
    audience: Audience = Audience()


def create_macro(tx: Tx, who: Actor, content: MacroContent) -> int:
    """A new macro. Returns its id."""
    values = _fit(tx, who, content)
    if int(tx.value(sa.select(sa.func.count()).select_from(macros).where(macros.c.workspace_id == who.workspace_id))) >= MOST:
        raise Invalid({"": "There are too many macros already. Change one that nobody uses instead."})
    macro_id = tx.new_id()
    made = {"workspace_id": who.workspace_id, "id": macro_id, "created_at": tx.now, "archived_at": None, "revision": 1}
    _write(tx, lambda: tx.run(sa.insert(macros), values | made | _by(tx, who)))
    _remember(tx, who, macro_id, (1, content))
    note_deed(tx, who, "macro.create", ("macro", macro_id), name=values["name"])
    return macro_id


def change_macro(tx: Tx, who: Actor, macro_id: int, content: MacroContent, revision: int) -> int:
    """Make a macro what it shall be. Raises `Outdated` when it is no longer at that revision. Returns the new one."""
    found = hold_macro(tx, who, macro_id)
    values = _fit(tx, who, content)
    if found.revision != revision:
        a = agents.c
        by = tx.value(sa.select(a.name).where(a.workspace_id == who.workspace_id, a.id == found.changed_by))
        raise Outdated(str(by or ""))
    _put(tx, who, found, values | {"revision": revision + 1})
    _remember(tx, who, found.id, (revision + 1, content))
    note_deed(tx, who, "macro.change", ("macro", found.id), name=values["name"])
    return revision + 1


def archive_macro(tx: Tx, who: Actor, macro_id: int) -> str:
    """Put a macro away; nothing offers it any more. Returns its name."""
    found = hold_macro(tx, who, macro_id)
    if found.archived_at is None:
        _put(tx, who, found, {"archived_at": tx.now})
        note_deed(tx, who, "macro.archive", ("macro", found.id), name=found.name)
    return found.name


def unarchive_macro(tx: Tx, who: Actor, macro_id: int) -> str:
    """Take a macro out of the archive. Returns its name."""
    found = hold_macro(tx, who, macro_id)
    if found.archived_at is not None:
        _put(tx, who, found, {"archived_at": None})
        note_deed(tx, who, "macro.unarchive", ("macro", found.id), name=found.name)
    return found.name


def _fit(tx: Tx, who: Actor, content: MacroContent) -> dict[str, Any]:
    name = clean_line(content.name)
    if not 0 < len(name) <= NAME:
        raise Invalid({"name": "Please give a name of at most 100 characters."})
    steps = msgspec.to_builtins(fit_steps(tx, who, content.steps))
    return {"name": name, "steps": steps, "onward": content.onward} | fit_audience(tx, who, content.audience)


def _put(tx: Tx, who: Actor, found: Macro, values: dict[str, Any]) -> None:
    this = (macros.c.workspace_id == who.workspace_id) & (macros.c.id == found.id)
    _write(tx, lambda: tx.run(sa.update(macros).where(this).values(**(values | _by(tx, who)))))


def _write(tx: Tx, write: Any) -> None:
    try:
        with tx.attempt():
            write()
    except IntegrityError:
        raise Invalid({"name": "Another macro has this name, perhaps an archived one. Choose another."}) from None


def _remember(tx: Tx, who: Actor, macro_id: int, version: tuple[int, MacroContent]) -> None:
    row = {"workspace_id": who.workspace_id, "macro_id": macro_id, "revision": version[0], "at": tx.now, "content": version[1]}
    tx.run(sa.insert(macro_versions), row | {"agent_id": who.id if who.kind == "agent" else None})


def _by(tx: Tx, who: Actor) -> dict[str, Any]:
    return {"changed_at": tx.now, "changed_by": who.id if who.kind == "agent" else None}
