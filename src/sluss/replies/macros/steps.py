"""The steps of a macro. In: what somebody put together. Out: steps that can be kept, in the order in which they are done.

Each kind comes once: a note, tags, a priority, an owner, one answer (as a draft, or sent), a status. Times are kept as words: tomorrow is
the day after the macro runs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import sqlalchemy as sa

from sluss.cases.access import Priority
from sluss.kernel.actors import Actor
from sluss.kernel.clock import DAY, HOUR, SECOND
from sluss.kernel.errors import Invalid
from sluss.kernel.text import clean_line, clean_text
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.kernel.workspaces import get_workspace
from sluss.people.models import agents
from sluss.replies.canned.filling import wrong_fields
from sluss.replies.canned.queries import access_answer

TAG, TAGS, NOTE = 40, 30, 5_000
MORNING, EVENING = 8, 18
TIMES = ("1h", "3h", "evening", "tomorrow", "2d", "monday", "7d", "14d", "reply")
_SPAN = re.compile(r"([1-9]\d{0,2})([hd])")


class _Step(msgspec.Struct, frozen=True, tag_field="do", forbid_unknown_fields=True):
    pass


class Note(_Step, frozen=True, tag="note"):
    """Write a note."""

    text: str


class Tag(_Step, frozen=True, tag="tag"):
    """Add tags."""

    names: tuple[str, ...]


class Untag(_Step, frozen=True, tag="untag"):
    """Take tags away."""

    names: tuple[str, ...]


class Rank(_Step, frozen=True, tag="priority"):
    """Change the priority."""

    priority: Priority


class Assign(_Step, frozen=True, tag="assign"):
    """Give the case to `me`, to `nobody`, or to an agent by id."""

    to: str


class Draft(_Step, frozen=True, tag="draft"):
    """Put a canned answer into the draft."""

    answer_id: int


class Send(_Step, frozen=True, tag="send"):
    """Send a canned answer."""

    answer_id: int


class Move(_Step, frozen=True, tag="status"):
    """Change the status. `until` is one of `TIMES`, for a snooze."""

    status: Literal["open", "pending", "snoozed", "solved", "spam"]
    until: str = ""


Step = Note | Tag | Untag | Rank | Assign | Draft | Send | Move
ORDER = (Note, Tag, Untag, Rank, Assign, Draft, Send, Move)


def fit_steps(tx: Tx, who: Actor, steps: Sequence[Step]) -> list[Step]:
    """The steps as they are kept, in their order. Raises `Invalid` by the field of the form."""
    fitted = sorted((_fit(tx, who, one) for one in steps), key=lambda one: ORDER.index(type(one)))
    if not fitted:
        raise Invalid({"": "Choose at least one thing that the macro does."})
    kinds = [Draft if isinstance(one, Send) else type(one) for one in fitted]
    if len(kinds) != len(set(kinds)):
        raise Invalid({"": "Each thing goes into a macro once."})
    return fitted


def wakes_at(tx: Tx, who: Actor, words: str) -> int:
    """The instant of one of `TIMES`, by the company's clock: tomorrow at eight is eight, also when summer time ends tonight."""
    if found := _SPAN.fullmatch(words):
        if found[2] == "h":
            return tx.now + int(found[1]) * HOUR
        return _at(tx, who, int(found[1]), MORNING)
    if words == "evening":
        today = _at(tx, who, 0, EVENING)
        return today if today > tx.now else _at(tx, who, 1, EVENING)
    if words == "monday":
        return _at(tx, who, 7 - _local(tx, who).weekday(), MORNING)
    return _at(tx, who, 1, MORNING)


def _fit(tx: Tx, who: Actor, step: Step) -> Step:
    match step:
        case Note(text):
            return Note(_fit_note(text))
        case Tag(names):
            return Tag(_fit_tags(names, "tags"))
        case Untag(names):
            return Untag(_fit_tags(names, "untags"))
        case Assign(to):
            _require_agent(tx, who, to)
        case Draft(answer_id) | Send(answer_id):
            if access_answer(tx, who, answer_id).archived_at is not None:
                raise Invalid({"answer": "This canned answer is archived. Choose another."})
        case Move(status, until):
            if (status == "snoozed") != (until in TIMES) or (until and status != "snoozed"):
                raise Invalid({"until": "Choose until when it sleeps."})
        case Rank():
            pass
    return step


def _fit_note(text: str) -> str:
    note = clean_text(text).strip()
    if not 0 < len(note) <= NOTE:
        raise Invalid({"note": "A macro's note holds 1 to 5,000 characters."})
    if wrong := wrong_fields(note):
        raise Invalid({"note": say("There is no field %(fields)s.", fields=", ".join(wrong[:3]))})
    return note


def _fit_tags(names: Sequence[str], field: str) -> tuple[str, ...]:
    tags = tuple(dict.fromkeys(one for raw in names if (one := clean_line(raw))))
    if not 0 < len(tags) <= TAGS or any(len(one) > TAG or "," in one for one in tags):
        raise Invalid({field: "A tag has at most 40 characters and no comma."})
    return tags


def _require_agent(tx: Tx, who: Actor, to: str) -> None:
    if to in {"me", "nobody"}:
        return
    mine = (agents.c.workspace_id == who.workspace_id) & (agents.c.id == (int(to) if to.isdecimal() and len(to) < 19 else 0))
    if tx.row(sa.select(agents.c.id).where(mine, agents.c.disabled_at.is_(None))) is None:
        raise Invalid({"assign": "Choose an agent of this workspace who is not disabled."})


def _local(tx: Tx, who: Actor) -> datetime:
    try:
        zone = ZoneInfo(get_workspace(tx, who.workspace_id).time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    return datetime.fromtimestamp(tx.now / SECOND, zone)


def _at(tx: Tx, who: Actor, days: int, hour: int) -> int:
    chosen = (_local(tx, who) + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0, fold=0)
    return min(int(chosen.timestamp()) * SECOND, tx.now + 1000 * DAY)
