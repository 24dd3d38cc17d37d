"""The audit log: who did what to which object, append-only (the database itself refuses changes).

In: every named action. Out: the administrator's list.
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.kernel.actors import Actor
from sluss.kernel.schema import scoped_table
from sluss.kernel.tx import Tx
from sluss.kernel.types import Id, Instant, Json, Text

audit = scoped_table(
    "audit",
    sa.Column("at", Instant, nullable=False),
    sa.Column("actor_kind", Text, nullable=False),
    sa.Column("actor_id", Id, nullable=False),
    sa.Column("actor_name", Text, nullable=False),
    sa.Column("action", Text, nullable=False),
    sa.Column("object_kind", Text, nullable=False),
    sa.Column("object_id", Id, nullable=False),
    sa.Column("data", Json, nullable=False),
)


class Entry(msgspec.Struct, frozen=True):
    """One line of the log; `at` in microseconds UTC, `data` small and without message texts or secrets."""

    id: int
    at: int
    actor_kind: str
    actor_name: str
    action: str
    object_kind: str
    object_id: int
    data: dict[str, Any]


def note_deed(tx: Tx, who: Actor, action: str, about: tuple[str, int], **data: Any) -> None:
    """Write one line: `note_deed(tx, who, "case.assign", ("case", case_id), to=agent_id)`."""
    row = {"workspace_id": who.workspace_id, "id": tx.new_id(), "at": tx.now, "actor_kind": who.kind, "actor_id": who.id}
    row |= {"actor_name": who.name, "action": action, "object_kind": about[0], "object_id": about[1], "data": data}
    tx.run(sa.insert(audit), row)


def list_deeds(tx: Tx, who: Actor, before: int | None = None, limit: int = 50) -> list[Entry]:
    """The newest lines, or those older than the line `before`."""
    c = audit.c
    wanted = sa.select(c.id, c.at, c.actor_kind, c.actor_name, c.action, c.object_kind, c.object_id, c.data).where(
        c.workspace_id == who.workspace_id
    )
    if before is not None:
        wanted = wanted.where(c.id < before)
    return [Entry(*row) for row in tx.rows(wanted.order_by(c.id.desc()).limit(limit))]
