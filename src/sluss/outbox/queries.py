"""How operations stand, for whoever looks. In: messages, inboxes, cases. Out: structs; nothing here changes anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from sluss.cases.access import access_case
from sluss.cases.models import conversations, messages
from sluss.channels.models import inboxes
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Missing
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import workspaces
from sluss.outbox.breaker import FAILURES
from sluss.outbox.claims import case_of
from sluss.outbox.models import operations
from sluss.outbox.states import NEVER, OPEN, State


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """How one operation stands for one recipient. Instants in microseconds UTC.

    `held`: nothing leaves the workspace or its inbox until somebody lets it. `next_try` is set while it waits for another try,
    `undo_until` while it has not been tried and is not yet due.
    """

    operation_id: int
    message_id: int
    recipient: str
    recipient_name: str
    state: State | Literal["held"]
    at: int
    code: str
    reason: str
    attempts: int
    next_try: int | None = None
    undo_until: int | None = None


class Waiting(msgspec.Struct, frozen=True):
    """Operations of one inbox that wait to leave, and that failed or are unknown for good."""

    queued: int
    failed: int


class PausedInbox(msgspec.Struct, frozen=True):
    """An inbox whose breaker is open. `until` is when one delivery is tried."""

    inbox_id: int
    name: str
    until: int
    reason: str


class OperationRow(msgspec.Struct, frozen=True, kw_only=True):
    """An operation with the case it belongs to."""

    id: int
    case_id: int
    inbox_id: int
    thread_id: int
    message_id: int
    recipient: str
    state: State
    due_at: int
    attempts: int
    unknowns: int


def access_operation(tx: Tx, who: Actor, operation_id: int) -> OperationRow:
    """The operation of an id, through its case; `Missing` where the case is."""
    row = tx.row(sa.select(operations).where(operations.c.workspace_id == who.workspace_id, operations.c.id == operation_id))
    if row is None:
        raise Missing
    case_id = case_of(tx, who.workspace_id, row.message_id)
    access_case(tx, who, case_id)
    found = {name: getattr(row, name) for name in OperationRow.__struct_fields__ if name != "case_id"}
    return OperationRow(case_id=case_id, **found)


def deliveries_of(tx: Tx, who: Actor, message_ids: Sequence[int]) -> Mapping[int, tuple[Delivery, ...]]:
    """Deliveries by message, for messages that the caller was given by an access function."""
    o, i = operations.c, inboxes.c
    joined = operations.join(inboxes, (i.workspace_id == o.workspace_id) & (i.id == o.inbox_id)).join(
        workspaces, workspaces.c.id == o.workspace_id
    )
    held = (workspaces.c.outbox_held | ~i.enabled).label("held")
    rows = tx.rows(
        sa.select(operations, held)
        .select_from(joined)
        .where(o.workspace_id == who.workspace_id, o.message_id.in_(message_ids), o.kind == "send")
        .order_by(o.id)
    )
    found: dict[int, tuple[Delivery, ...]] = {}
    for row in rows:
        found[row.message_id] = (*found.get(row.message_id, ()), _delivery(tx, row))
    return found


def troubles_of(tx: Tx, who: Actor, case_ids: Sequence[int]) -> Mapping[int, Literal["failed", "unknown"]]:
    """Cases whose newest answer has a delivery that needs a person; failed weighs more than unknown."""
    m, v, o = messages.c, conversations.c, operations.c
    joined = conversations.join(messages, (m.workspace_id == v.workspace_id) & (m.conversation_id == v.id))
    newest = (
        sa.select(v.case_id, sa.func.max(m.id).label("message_id"))
        .select_from(joined)
        .where(v.workspace_id == who.workspace_id, v.case_id.in_(case_ids), m.direction == "out")
        .group_by(v.case_id)
        .subquery()
    )
    stuck = (o.state == "failed") | ((o.state == "unknown") & (o.due_at == NEVER))
    chosen = sa.select(newest.c.case_id, o.state).join(
        operations, (o.workspace_id == who.workspace_id) & (o.message_id == newest.c.message_id)
    )
    found: dict[int, Literal["failed", "unknown"]] = {}
    for row in tx.rows(chosen.where(stuck).order_by(o.state.desc())):
        found[row.case_id] = row.state
    return found


def waiting_by_inbox(tx: Tx, who: Actor) -> Mapping[int, Waiting]:
    """What waits and what failed, by inbox."""
    o = operations.c
    stuck = (o.state == "failed") | ((o.state == "unknown") & (o.due_at == NEVER))
    counts = sa.select(o.inbox_id, stuck.label("stuck"), sa.func.count().label("number")).where(
        o.workspace_id == who.workspace_id, o.state.in_((*OPEN, "failed"))
    )
    found: dict[int, Waiting] = {}
    for row in tx.rows(counts.group_by(o.inbox_id, stuck)):
        before = found.get(row.inbox_id, Waiting(0, 0))
        found[row.inbox_id] = Waiting(before.queued, row.number) if row.stuck else Waiting(row.number, before.failed)
    return found


def paused_inboxes(tx: Tx, who: Actor) -> list[PausedInbox]:
    """Inboxes by which nothing leaves just now, as far as the actor may see them."""
    c = inboxes.c
    rows = tx.rows(
        sa.select(c.id, c.name, c.paused_until, c.paused_reason)
        .where(c.workspace_id == who.workspace_id, c.enabled, c.send_failures >= FAILURES, c.paused_until.is_not(None))
        .order_by(c.name)
    )
    return [PausedInbox(*row) for row in rows if who.may_see_inbox(row.id)]


def held_operations(tx: Tx, who: Actor) -> int | None:
    """How many operations wait for the workspace to be released; None when it is not held."""
    if not tx.value(sa.select(workspaces.c.outbox_held).where(workspaces.c.id == who.workspace_id)):
        return None
    mine = (operations.c.workspace_id == who.workspace_id) & operations.c.state.in_(OPEN)
    return int(tx.value(sa.select(sa.func.count()).select_from(operations).where(mine)))


def standing(tx: Tx) -> tuple[dict[str, int], int]:
    """Open operations by state over all workspaces, and how many breakers are open."""
    o = operations.c
    rows = tx.rows(sa.select(o.state, sa.func.count().label("number")).where(o.state.in_(OPEN)).group_by(o.state))
    breakers = sa.select(sa.func.count()).select_from(inboxes).where(inboxes.c.send_failures >= FAILURES)
    return {row.state: row.number for row in rows}, int(tx.value(breakers))


def _delivery(tx: Tx, row: sa.Row[Any]) -> Delivery:
    waits = row.state in {"queued", "unknown"} and row.due_at < NEVER
    return Delivery(
        operation_id=row.id,
        message_id=row.message_id,
        recipient=row.recipient,
        recipient_name=row.recipient_name,
        state="held" if row.held and row.state == "queued" else row.state,
        at=row.state_at,
        code=row.code,
        reason=row.reason,
        attempts=row.attempts,
        next_try=row.due_at if waits and row.attempts else None,
        undo_until=row.due_at if row.state == "queued" and not row.attempts and row.due_at > tx.now else None,
    )
