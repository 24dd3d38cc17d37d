"""The audit log: who did what to which object, append-only (the database itself refuses changes), each line chained to the one before.

In: every named action. Out: the administrator's list, and the proof that nothing in it was changed.
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.kernel.actors import Actor
from sluss.kernel.chain import Looked, audit, audit_heads, audit_traces, look_along
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import workspaces

__all__ = ["Entry", "audit", "audit_heads", "audit_traces", "list_deeds", "note_deed", "note_visit", "traces_of", "verify_audit"]


class Entry(msgspec.Struct, frozen=True):
    """One line of the log; `at` in microseconds UTC, `data` small and without message texts or secrets.

    Only Sluss itself has its name in the line; people are ids, and are called what they are called now.
    """

    id: int
    at: int
    actor_kind: str
    actor_id: int
    actor_name: str
    action: str
    object_kind: str
    object_id: int
    data: dict[str, Any]


def note_deed(tx: Tx, who: Actor, action: str, about: tuple[str, int], **data: Any) -> None:
    """Write one line: `note_deed(tx, who, "case.assign", ("case", case_id), to=agent_id)`.

    `data` holds ids and the company's own words, nothing of a person: the line can never be changed.
    """
    name = who.name.replace("\x00", "") if who.kind == "system" else ""
    line = {"workspace_id": who.workspace_id, "id": tx.new_id(), "at": tx.now, "actor_kind": who.kind, "actor_id": who.id}
    line |= {"actor_name": name, "action": action, "object_kind": about[0], "object_id": about[1]}
    tx.deeds.append(line | {"data": msgspec.json.decode(msgspec.json.encode(data))})


def note_visit(tx: Tx, who: Actor, action: str, whence: tuple[str, str], **data: Any) -> None:
    """A line about the actor's own coming, from an address with a device: that is kept beside the log, and may be forgotten."""
    note_deed(tx, who, action, ("agent", who.id), **data)
    address, device = whence
    key = {"workspace_id": who.workspace_id, "id": tx.deeds[-1]["id"]}
    tx.traces.append(key | {"address": address, "device": device})


def list_deeds(tx: Tx, who: Actor, before: int | None = None, limit: int = 50) -> list[Entry]:
    """The newest lines, or those older than the line `before`."""
    wanted = sa.select(*(audit.c[name] for name in Entry.__struct_fields__)).where(audit.c.workspace_id == who.workspace_id)
    if before is not None:
        wanted = wanted.where(audit.c.id < before)
    return tx.structs(Entry, wanted.order_by(audit.c.id.desc()).limit(limit))


def traces_of(tx: Tx, who: Actor, ids: list[int]) -> dict[int, tuple[str, str]]:
    """Address and device of lines that have them still."""
    c = audit_traces.c
    rows = tx.rows(sa.select(c.id, c.address, c.device).where(c.workspace_id == who.workspace_id, c.id.in_(ids)))
    return {row.id: (row.address, row.device) for row in rows}


def verify_audit(conn: sa.Connection, newest: int | None = None) -> list[Looked]:
    """Follow the chain of every workspace, or the newest lines of each."""
    ids = conn.execute(sa.select(workspaces.c.id).order_by(workspaces.c.id)).scalars().all()
    return [look_along(conn, workspace_id, newest) for workspace_id in ids]
