"""The log of a matter: each step with who, when, why, and a copy of what was said then. Lines are only ever added."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.schema import fields
from sluss.kernel.tx import Tx
from sluss.moderation.events import MatterChanged
from sluss.moderation.models import matter_log, matters
from sluss.moderation.spoken import Spoken

COPIED = 20_000


class MatterRow(msgspec.Struct, frozen=True, kw_only=True):
    """A matter as stored."""

    workspace_id: int

    id: int
    message_id: int
    rule: str
    state: str
    step: str
    outcome: str
    by_itself: bool
    due_at: int | None
    opened_at: int
    changed_at: int


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line; `agent_id` None is the policy, `undoes_id` the line that this one took back, `answer_id` the message we sent.

    `operation_id` is the deed at the network, 0 where it stood so already.
    """

    id: int
    matter_id: int
    at: int
    agent_id: int | None
    step: str
    rule: str
    reason: str
    said: str
    undoes_id: int | None
    answer_id: int | None
    operation_id: int | None = None


def change(tx: Tx, matter: MatterRow, **values: Any) -> MatterRow:
    """Let a matter stand otherwise."""
    this = (matters.c.workspace_id == matter.workspace_id) & (matters.c.id == matter.id)
    tx.run(sa.update(matters).where(this).values(changed_at=tx.now, **values))
    return msgspec.structs.replace(matter, changed_at=tx.now, **values)


def write_line(tx: Tx, who: Actor, matter: MatterRow, spoken: Spoken, step: str, **more: Any) -> int:
    """Add a line (`more` are its other columns), tell the audit, and let the screens look again. Returns the line's id."""
    line_id = tx.new_id()
    row: dict[str, Any] = {"workspace_id": who.workspace_id, "id": line_id, "matter_id": matter.id, "at": tx.now, "step": step}
    row |= {"agent_id": who.id if who.kind == "agent" else None, "rule": matter.rule, "reason": "", "said": spoken.text[:COPIED]}
    tx.run(sa.insert(matter_log), row | {"undoes_id": None, "answer_id": None, "operation_id": None} | more)
    told = {"matter": str(matter.id), "number": spoken.number, "rule": matter.rule}
    note_deed(tx, who, f"moderation.{step}", ("case", spoken.case_id), **told)
    tx.emit(who, MatterChanged(case_id=spoken.case_id, matter_id=matter.id, step=step))
    return line_id


def lines_of(tx: Tx, who: Actor, matter_id: int) -> list[Line]:
    """What happened, oldest first."""
    c = matter_log.c
    mine = (c.workspace_id == who.workspace_id) & (c.matter_id == matter_id)
    return tx.structs(Line, sa.select(*fields(Line, matter_log)).where(mine).order_by(c.id))
