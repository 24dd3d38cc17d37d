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
from sluss.outbox.models import OPEN_SQL, carried, operations
from sluss.outbox.states import NEVER, OPEN, State

_STUCK = (operations.c.state == "failed") | ((operations.c.state == "unknown") & (operations.c.due_at == NEVER))


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
    kind: str
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
    """Deliveries by message, for messages that the caller was given by an access function.

    A delivery that takes several messages along is one of each of them.
    """
    o, i, k = operations.c, inboxes.c, carried.c
    joined = operations.join(inboxes, (i.workspace_id == o.workspace_id) & (i.id == o.inbox_id)).join(
        workspaces, workspaces.c.id == o.workspace_id
    )
    held = (workspaces.c.outbox_held | ~i.enabled).label("held")
    own = sa.select(operations, held, o.message_id.label("told_of")).select_from(joined)
    along = joined.join(carried, (k.workspace_id == o.workspace_id) & (k.operation_id == o.id))
    taken = sa.select(operations, held, k.message_id.label("told_of")).select_from(along)
    mine = (o.workspace_id == who.workspace_id) & (o.kind == "send")
    rows = [*tx.rows(own.where(mine, o.message_id.in_(message_ids)))]
    rows += tx.rows(taken.where(mine, k.message_id.in_(message_ids), k.message_id != o.message_id))
    found: dict[int, tuple[Delivery, ...]] = {}
    for row in sorted(rows, key=lambda row: row.id):
        found[row.told_of] = (*found.get(row.told_of, ()), _delivery(tx, row))
    return found


def troubles_of(tx: Tx, who: Actor, case_ids: Sequence[int]) -> Mapping[int, Literal["failed", "unknown"]]:
    """Cases whose newest answer has a delivery that needs a person; failed weighs more than unknown."""
    newest = _newest_answers(tx, who, case_ids)
    o = operations.c
    mine = (o.workspace_id == who.workspace_id) & (o.kind == "send") & o.message_id.in_(newest) & _STUCK
    rows = tx.rows(sa.select(o.message_id, o.state).where(mine).order_by(o.state.desc()))
    return {newest[row.message_id]: row.state for row in rows}


def waiting_by_inbox(tx: Tx, who: Actor) -> Mapping[int, Waiting]:
    """What waits and what failed, by inbox."""
    o, i = operations.c, inboxes.c
    here = (o.workspace_id == i.workspace_id) & (o.inbox_id == i.id)
    count = sa.select(sa.func.count()).select_from(operations)
    stuck = count.where(here, o.state.in_(("failed", "unknown")), _STUCK).scalar_subquery()
    queued = count.where(here, o.state.in_(OPEN), ~_STUCK).scalar_subquery()
    rows = tx.rows(sa.select(i.id, queued.label("queued"), stuck.label("stuck")).where(i.workspace_id == who.workspace_id))
    return {row.id: Waiting(row.queued, row.stuck) for row in rows}


def paused_inboxes(tx: Tx, who: Actor) -> list[PausedInbox]:
    """Inboxes by which nothing leaves just now, as far as the actor may see them."""
    c = inboxes.c
    shut = (c.paused_until > tx.now) | ((c.send_failures >= FAILURES) & c.paused_until.is_not(None))
    rows = tx.rows(
        sa.select(c.id, c.name, c.paused_until, c.paused_reason).where(c.workspace_id == who.workspace_id, c.enabled, shut).order_by(c.name)
    )
    return [PausedInbox(*row) for row in rows if who.may_see_inbox(row.id)]


def held_operations(tx: Tx, who: Actor) -> int | None:
    """How many operations wait for the workspace to be released; None when it is not held."""
    if not tx.value(sa.select(workspaces.c.outbox_held).where(workspaces.c.id == who.workspace_id)):
        return None
    mine = (operations.c.workspace_id == who.workspace_id) & sa.text(OPEN_SQL)
    return int(tx.value(sa.select(sa.func.count()).select_from(operations).where(mine)))


def standing(tx: Tx) -> tuple[dict[str, int], int]:
    """Open operations by state over all workspaces, and how many breakers are open."""
    o = operations.c
    rows = tx.rows(sa.select(o.state, sa.func.count().label("number")).where(sa.text(OPEN_SQL)).group_by(o.state))
    breakers = sa.select(sa.func.count()).select_from(inboxes).where(inboxes.c.send_failures >= FAILURES)
    return {row.state: row.number for row in rows}, int(tx.value(breakers))


def _newest_answers(tx: Tx, who: Actor, case_ids: Sequence[int]) -> dict[int, int]:
    """The newest outbound message of each case, and its case."""
    m, v = messages.c, conversations.c
    newest = sa.select(sa.func.max(m.id)).where(m.workspace_id == v.workspace_id, m.conversation_id == v.id, m.direction == "out")
    chosen = sa.select(v.case_id, newest.scalar_subquery().label("message_id"))
    found: dict[int, int] = {}
    for row in tx.rows(chosen.where(v.workspace_id == who.workspace_id, v.case_id.in_(case_ids))):
        found[row.case_id] = max(found.get(row.case_id, 0), row.message_id or 0)
    return {message_id: case_id for case_id, message_id in found.items()}


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
