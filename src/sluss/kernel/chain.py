"""The chain of the audit log. In: lines of a transaction that is about to commit. Out: rows that each hold the hash of the one before.

A line's hash covers the hash of the line before it, so that none can be changed, taken out or put in between without every later one
telling. The head of a workspace's chain is a row that is locked last in a transaction, just before its commit: lines come one after the
other, and nobody waits for longer than a commit takes.

A line holds ids and the words of the trade, never who a person is: what tells that (`audit_traces`) may be erased, and names are looked up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.kernel.schema import refers, scoped_table
from sluss.kernel.types import Blob, Count, Id, Instant, Json, Text

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
    sa.Column("seq", Count),
    sa.Column("hash", Blob),
    sa.Index("ix_audit_seq", "workspace_id", "seq", unique=True),
)
audit_heads = scoped_table("audit_heads", sa.Column("seq", Count, nullable=False), sa.Column("hash", Blob, nullable=False), key=())
audit_traces = scoped_table(
    "audit_traces",
    sa.Column("address", Text, nullable=False),
    sa.Column("device", Text, nullable=False),
    refers("id", "audit"),
)

START = bytes(32)
HASHED = ("workspace_id", "id", "at", "actor_kind", "actor_id", "actor_name", "action", "object_kind", "object_id", "data")
BATCH = 1000

_BEGIN = sa.text("INSERT INTO audit_heads (workspace_id, seq, hash) VALUES (:workspace_id, 0, :hash) ON CONFLICT DO NOTHING")

Line = Mapping[str, Any]


class Looked(msgspec.Struct, frozen=True):
    """How a chain stands: its lines up to the head, or the first that is wrong (`broken` says how, `line` is its place)."""

    workspace_id: int
    line: int
    hash: str
    broken: str = ""


def link(before: bytes, seq: int, line: Line) -> bytes:
    """The hash of a line at its place in the chain."""
    content = msgspec.json.encode([seq, *(line[name] for name in HASHED)], order="deterministic")
    return hashlib.sha256(before + content).digest()


def chain_lines(conn: sa.Connection, lines: Sequence[Line], traces: Sequence[Line] = ()) -> None:
    """Store lines at the end of their workspaces' chains, and what belongs beside them: the last thing before the commit."""
    for workspace_id in sorted({line["workspace_id"] for line in lines}):
        _extend(conn, workspace_id, [line for line in lines if line["workspace_id"] == workspace_id])
    if traces:
        conn.execute(sa.insert(audit_traces), [dict(trace) for trace in traces])


def look_along(conn: sa.Connection, workspace_id: int, newest: int | None = None) -> Looked:
    """Follow a workspace's chain from its first line, or over its newest lines alone, to its head; others may be writing meanwhile."""
    head, sealed = _head(conn, workspace_id)
    seq = 0 if newest is None else max(0, head - newest)
    last = START if not seq else bytes.fromhex(hash_at(conn, workspace_id, seq))
    at_head = last if seq == head else b""
    for row in _rows(conn, workspace_id, seq):
        if row["seq"] != seq + 1:
            return Looked(workspace_id, seq + 1, "", _gap(row, seq + 1))
        seq, last = row["seq"], link(last, row["seq"], row)
        if row["hash"] != last:
            return Looked(workspace_id, seq, "", f"line {seq} ({row['action']}, id {row['id']}) was changed after it was written")
        at_head = last if seq == head else at_head
    if at_head != sealed:
        return Looked(workspace_id, seq + 1, "", f"line {seq + 1} is missing, and whatever followed it: the log was cut off")
    if seq > _head(conn, workspace_id)[0]:
        return Looked(workspace_id, seq, "", f"line {seq} stands behind the end of the chain: Sluss did not write it")
    return Looked(workspace_id, seq, last.hex())


def hash_at(conn: sa.Connection, workspace_id: int, seq: int) -> str:
    """The hash that a line has now; empty when there is no such line."""
    found = conn.execute(sa.select(audit.c.hash).where(audit.c.workspace_id == workspace_id, audit.c.seq == seq)).scalar()
    return found.hex() if found else ""


def _extend(conn: sa.Connection, workspace_id: int, lines: Sequence[Line]) -> None:
    seq, last = _take_head(conn, workspace_id)
    rows: list[dict[str, Any]] = []
    for line in lines:
        seq += 1
        last = link(last, seq, line)
        rows.append({**line, "seq": seq, "hash": last})
    conn.execute(sa.insert(audit), rows)
    conn.execute(sa.update(audit_heads).where(audit_heads.c.workspace_id == workspace_id).values(seq=seq, hash=last))


def _take_head(conn: sa.Connection, workspace_id: int) -> tuple[int, bytes]:
    found = conn.execute(_head_of(workspace_id).with_for_update()).first()
    if found is None:
        conn.execute(_BEGIN, {"workspace_id": workspace_id, "hash": START})
        found = conn.execute(_head_of(workspace_id).with_for_update()).one()
    return found.seq, found.hash


def _head(conn: sa.Connection, workspace_id: int) -> tuple[int, bytes]:
    found = conn.execute(_head_of(workspace_id)).first()
    return (found.seq, found.hash) if found is not None else (0, START)


def _head_of(workspace_id: int) -> sa.Select[int, bytes]:
    return sa.select(audit_heads.c.seq, audit_heads.c.hash).where(audit_heads.c.workspace_id == workspace_id)


def _rows(conn: sa.Connection, workspace_id: int, after: int) -> Iterator[Mapping[str, Any]]:
    """All lines after a place in the chain, those outside it first."""
    mine = sa.select(audit).where(audit.c.workspace_id == workspace_id)
    yield from (dict(row) for row in conn.execute(mine.where(audit.c.seq.is_(None)).limit(1)).mappings())
    after = after or -(2**62)
    while rows := conn.execute(mine.where(audit.c.seq > after).order_by(audit.c.seq).limit(BATCH)).mappings().all():
        yield from (dict(row) for row in rows)
        after = rows[-1]["seq"]


def _gap(row: Line, wanted: int) -> str:
    if row["seq"] is None:
        return f"a line stands outside the chain ({row['action']}, id {row['id']}): Sluss did not write it"
    return f"line {wanted} is missing: after it comes line {row['seq']} ({row['action']}, id {row['id']})"
