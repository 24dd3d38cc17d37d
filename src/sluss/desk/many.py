"""One deed to one of many cases, and its way back. In: a case held for a change, what to do. Out: how the case was, and how it is now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, get_args

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow, Priority, Status, work_on_case
from sluss.cases.actions import assign_case, set_priority, set_status, set_tags
from sluss.cases.models import case_tags, tags
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid
from sluss.kernel.tx import Tx
from sluss.replies.macros.running import How, run_macro, undo_macro

Kind = Literal["solve", "pending", "open", "spam", "snooze", "assign-me", "assign", "unassign", "priority", "tag", "untag", "macro"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Deed(msgspec.Struct, frozen=True):
    """What is done: `value` is an agent's or a macro's id, an instant, a priority or the name of a tag, as the kind wants it."""

    kind: Kind
    value: str = ""


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What deeds change of a case; `run` is the macro's run, which knows its own way back."""

    status: Status
    until: int | None
    assignee_id: int | None
    priority: Priority
    tags: tuple[str, ...]
    run: int = 0


def kind_named(word: str) -> Kind:
    """The kind of a word. Raises `Invalid` for what is none."""
    for kind in KINDS:
        if kind == word:
            return kind
    raise Invalid({"action": "Choose what to do."})


def do_to(tx: Tx, who: Actor, case_id: int, deed: Deed) -> tuple[State, State]:
    """Do it. Returns how the case was and how it is."""
    before = state_of(tx, who, work_on_case(tx, who, case_id))
    run = _DEEDS[deed.kind](tx, who, (case_id, before), deed.value)
    return before, msgspec.structs.replace(state_of(tx, who, work_on_case(tx, who, case_id)), run=run)


def take_back(tx: Tx, who: Actor, case_id: int, was: tuple[State, State]) -> bool:
    """Make of a case what it was, but for what somebody has changed since. Returns whether it is wholly as it was."""
    before, after = was
    if after.run:
        undo_macro(tx, who, after.run)
        return True
    now = state_of(tx, who, work_on_case(tx, who, case_id))
    same = [_status_back(tx, who, case_id, (before, after, now)), _assignee_back(tx, who, case_id, (before, after, now))]
    same.append(_tags_back(tx, who, case_id, (before, after, now)))
    if before.priority != after.priority:
        same.append(now.priority == after.priority)
        if same[-1]:
            set_priority(tx, who, case_id, before.priority)
    return all(same)


def state_of(tx: Tx, who: Actor, case: CaseRow) -> State:
    """What deeds change of a case, as it stands."""
    joined = case_tags.join(tags, (tags.c.workspace_id == case_tags.c.workspace_id) & (tags.c.id == case_tags.c.tag_id))
    mine = (case_tags.c.workspace_id == who.workspace_id) & (case_tags.c.case_id == case.id)
    names = tuple(row.name for row in tx.rows(sa.select(tags.c.name).select_from(joined).where(mine).order_by(tags.c.name)))
    values = {"status": case.status, "until": case.snoozed_until, "assignee_id": case.assignee_id, "priority": case.priority}
    return msgspec.convert(values | {"tags": names}, State)


Steps = tuple[State, State, State]
"""A case before the deed, after it, and now."""


def _status_back(tx: Tx, who: Actor, case_id: int, steps: Steps) -> bool:
    before, after, now = steps
    if (before.status, before.until) == (after.status, after.until):
        return True
    if (now.status, now.until) != (after.status, after.until):
        return False
    # A snooze that would have run out meanwhile is open, as it would be.
    asleep = before.status == "snoozed" and (before.until or 0) > tx.now
    set_status(tx, who, case_id, before.status if asleep or before.status != "snoozed" else "open", before.until if asleep else None)
    return True


def _assignee_back(tx: Tx, who: Actor, case_id: int, steps: Steps) -> bool:
    before, after, now = steps
    if before.assignee_id == after.assignee_id:
        return True
    if now.assignee_id != after.assignee_id:
        return False
    assign_case(tx, who, case_id, before.assignee_id)
    return True


def _tags_back(tx: Tx, who: Actor, case_id: int, steps: Steps) -> bool:
    """What was put on goes, what was taken off comes back; tags of others stay."""
    before, after, now = (set(one.tags) for one in steps)
    added, removed = after - before, before - after
    if not added and not removed:
        return True
    set_tags(tx, who, case_id, sorted((now - added) | removed))
    return added <= now and not removed & now


def _moving(status: Status) -> Callable[[Tx, Actor, tuple[int, State], str], int]:
    def move(tx: Tx, who: Actor, of: tuple[int, State], _value: str) -> int:
        set_status(tx, who, of[0], status)
        return 0

    return move


def _snooze(tx: Tx, who: Actor, of: tuple[int, State], value: str) -> int:
    set_status(tx, who, of[0], "snoozed", _number(value))
    return 0


def _take(tx: Tx, who: Actor, of: tuple[int, State], _value: str) -> int:
    assign_case(tx, who, of[0], who.id)
    return 0


def _assign(tx: Tx, who: Actor, of: tuple[int, State], value: str) -> int:
    assign_case(tx, who, of[0], _number(value))
    return 0


def _unassign(tx: Tx, who: Actor, of: tuple[int, State], _value: str) -> int:
    assign_case(tx, who, of[0], None)
    return 0


def _rank(tx: Tx, who: Actor, of: tuple[int, State], value: str) -> int:
    set_priority(tx, who, of[0], msgspec.convert(value, Priority))
    return 0


def _tag(tx: Tx, who: Actor, of: tuple[int, State], value: str) -> int:
    set_tags(tx, who, of[0], [*of[1].tags, value])
    return 0


def _untag(tx: Tx, who: Actor, of: tuple[int, State], value: str) -> int:
    set_tags(tx, who, of[0], [one for one in of[1].tags if one.casefold() != value.casefold()])
    return 0


def _run(tx: Tx, who: Actor, of: tuple[int, State], value: str) -> int:
    return run_macro(tx, who, of[0], _number(value), How(anyway=True)).run_id


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise Invalid({"value": "Choose from the list."})
    return int(text)


_DEEDS: Mapping[Kind, Callable[[Tx, Actor, tuple[int, State], str], int]] = {
    "solve": _moving("solved"),
    "pending": _moving("pending"),
    "open": _moving("open"),
    "spam": _moving("spam"),
    "snooze": _snooze,
    "assign-me": _take,
    "assign": _assign,
    "unassign": _unassign,
    "priority": _rank,
    "tag": _tag,
    "untag": _untag,
    "macro": _run,
}
