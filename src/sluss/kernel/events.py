"""Events: what happened, typed and immutable, written in the transaction that made it true. In: `tx.emit`. Out: one log, read by position.

A slice declares its events as subclasses of `Event`; the class name in snake case is the event's kind in the log.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from sluss.kernel.log import get_log
from sluss.kernel.schema import global_table, scoped_table
from sluss.kernel.types import Id, Instant, Json, Text

log = get_log("kernel")

events = scoped_table(
    "events",
    sa.Column("position", Id),
    sa.Column("kind", Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("case_id", Id),
    sa.Column("actor_kind", Text, nullable=False),
    sa.Column("actor_id", Id, nullable=False),
    sa.Column("data", Json, nullable=False),
    sa.Index("ix_events_position", "position", unique=True),
    sa.Index("ix_events_unplaced", "id", sqlite_where=sa.text("position IS NULL"), postgresql_where=sa.text("position IS NULL")),
    sa.Index("ix_events_case", "workspace_id", "case_id", "id"),
)
streams = global_table("streams", sa.Column("name", Text, primary_key=True), sa.Column("position", Id, nullable=False))


def kind_of(name: str) -> str:
    """`CaseOpened` -> `case_opened`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag=kind_of):
    """Something that happened. `case_id` orders durable reactions; 0 when it concerns no case."""

    case_id: int = 0


class Recorded(msgspec.Struct, frozen=True):
    """An event as it stands in the log."""

    id: int
    workspace_id: int
    at: int
    actor_kind: Literal["agent", "contact", "system"]
    actor_id: int
    event: Event
    position: int = 0

    def as_row(self) -> dict[str, Any]:
        """The event as column values, without its position."""
        return {
            "workspace_id": self.workspace_id,
            "id": self.id,
            "kind": kind_of(type(self.event).__name__),
            "at": self.at,
            "case_id": self.event.case_id or None,
            "actor_kind": self.actor_kind,
            "actor_id": self.actor_id,
            "data": self.event,
        }


def from_row(row: sa.Row[Any]) -> Recorded | None:
    """A row of the log as a typed value; None for one of another release that this one cannot read: it must not stop the log."""
    known = _kinds().get(row.kind)
    if known is None:
        return None
    try:
        event = msgspec.convert(row.data, known)
    except msgspec.ValidationError:
        log.exception("event_unreadable", event_id=row.id, event_kind=row.kind)
        return None
    return Recorded(row.id, row.workspace_id, row.at, row.actor_kind, row.actor_id, event, row.position or 0)


def events_after(position: int, limit: int) -> sa.Select[*tuple[Any, ...]]:
    """The log from just after a position, in its order."""
    return sa.select(events).where(events.c.position > position).order_by(events.c.position).limit(limit)


def last_position() -> sa.Select[int]:
    """The position of the newest placed event, 0 for an empty log."""
    return sa.select(sa.func.coalesce(sa.func.max(events.c.position), 0))


@cache
def _kinds() -> dict[str, type[Event]]:
    found: dict[str, type[Event]] = {}
    waiting = Event.__subclasses__()
    while waiting:
        kind = waiting.pop()
        found[kind_of(kind.__name__)] = kind
        waiting += kind.__subclasses__()
    return found
