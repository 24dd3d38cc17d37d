"""What happened since a position of the event log, for visitors. In: a position, inboxes with open streams. Out: items, by visitor."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.visits import seats_of
from sluss.channels.models import visitors
from sluss.kernel.actors import system
from sluss.kernel.events import events
from sluss.kernel.tx import Tx
from sluss.visitor.items import Told, items_of

BATCH = 500
_SAID = frozenset({"message_received", "message_sent", "automatic_answer_sent", "answered_elsewhere", "delivery_changed"})
_WITHDRAWN = "message_withdrawn"


class Writer(msgspec.Struct, frozen=True):
    """One of us who writes an answer in a case just now."""

    workspace_id: int
    case_id: int
    name: str


class News(msgspec.Struct, frozen=True):
    """What one batch of the log brings: items, and ids of messages that were taken back, by visitor."""

    position: int
    told: Sequence[Told] = ()
    gone: Sequence[tuple[int, int]] = ()
    proven: frozenset[int] = frozenset()
    """Visitors among them who are proven persons: what they are told is for no anonymous stream."""


def next_news(tx: Tx, after: int, inbox_ids: Collection[int], seen: Mapping[int, int]) -> News:
    """The next batch. `seen` says by visitor how far one of us has read."""
    c = events.c
    chosen = sa.select(c.position, c.workspace_id, c.kind, c.case_id, c.data).where(c.position > after)
    rows = tx.rows(chosen.order_by(c.position).limit(BATCH))
    if not rows:
        return News(after)
    told: list[Told] = []
    for workspace_id, message_ids in _by_workspace(rows).items():
        told += items_of(tx, system(workspace_id), inbox_ids, message_ids, seen)
    gone = _withdrawn(tx, rows)
    proven = _proven(tx, {one.visitor_id for one in told} | {one for one, _ in gone})
    return News(int(rows[-1].position), told, gone, proven)


def writers_by_visitor(tx: Tx, writing: Callable[[Tx], Sequence[Writer]]) -> dict[int, str]:
    """Who writes to whom: the name of one of us, by visitor."""
    found: dict[int, str] = {}
    writers = writing(tx)
    for workspace_id in {one.workspace_id for one in writers}:
        names = {one.case_id: one.name for one in writers if one.workspace_id == workspace_id}
        found |= {seat.visitor_id: names[seat.case_id] for seat in seats_of(tx, system(workspace_id), names.keys())}
    return found


def _by_workspace(rows: Sequence[sa.Row[Any]]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for row in rows:
        if row.kind in _SAID:
            found.setdefault(row.workspace_id, set()).add(int(row.data["message_id"]))
    return found


def _withdrawn(tx: Tx, rows: Sequence[sa.Row[Any]]) -> list[tuple[int, int]]:
    """The message itself is gone: its case says whose it was."""
    found: list[tuple[int, int]] = []
    for row in rows:
        if row.kind == _WITHDRAWN and row.case_id:
            seats = seats_of(tx, system(row.workspace_id), [row.case_id])
            found += [(seat.visitor_id, int(row.data["message_id"])) for seat in seats]
    return found


def _proven(tx: Tx, visitor_ids: Collection[int]) -> frozenset[int]:
    if not visitor_ids:
        return frozenset()
    rows = tx.rows(sa.select(visitors.c.id).where(visitors.c.id.in_(visitor_ids), visitors.c.subject != ""))
    return frozenset(row.id for row in rows)
