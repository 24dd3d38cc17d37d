"""News about what we sent. In: receipts, in whatever order they come. Out: deliveries moved forward, never backward."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import sqlalchemy as sa

from sluss.cases.models import message_references, messages
from sluss.channels.addressing import fold_address
from sluss.channels.contract import Receipt
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.outbox.claims import case_of
from sluss.outbox.events import DeliveryDelayed
from sluss.outbox.models import operations
from sluss.outbox.settling import move_operation
from sluss.outbox.states import Move

Outcome = Literal["applied", "unchanged", "unknown message", "unknown recipient"]

# What a delivery may stand at for the news to move it. A message that was tried and came back as failed or delivered did leave,
# whatever our own attempt believes; one that was never tried cannot have.
BEFORE: dict[str, frozenset[str]] = {
    "delivered": frozenset({"queued", "sending", "unknown", "sent"}),
    "read": frozenset({"queued", "sending", "unknown", "sent", "delivered"}),
    "failed": frozenset({"sending", "unknown", "sent"}),
}


def apply_receipt(tx: Tx, who: Actor, receipt: Receipt) -> Outcome:
    """Move the deliveries that a receipt is about, and say what came of it."""
    rows = _deliveries(tx, who, receipt.external_id)
    if not rows:
        return "unknown message"
    meant = _meant(rows, fold_address(receipt.recipient))
    if not meant:
        return "unknown recipient"
    moved = [_apply(tx, who, row, receipt) for row in meant]
    return "applied" if any(moved) else "unchanged"


def _deliveries(tx: Tx, who: Actor, external_id: str) -> Sequence[sa.Row[Any]]:
    r, m, o = message_references.c, messages.c, operations.c
    ours = sa.select(r.message_id).join(messages, (m.workspace_id == r.workspace_id) & (m.id == r.message_id))
    ours = ours.where(r.workspace_id == who.workspace_id, r.external_id == external_id, m.direction == "out")
    mine = (o.workspace_id == who.workspace_id) & o.message_id.in_(ours) & (o.kind == "send")
    return tx.rows(sa.select(operations).where(mine).with_for_update())


def _meant(rows: Sequence[sa.Row[Any]], recipient: str) -> Sequence[sa.Row[Any]]:
    """Those of the recipient. A forwarding server may name another address: then it is clear only where there is just one."""
    named = [row for row in rows if not recipient or row.recipient == recipient]
    return named or (rows if len(rows) == 1 else [])


def _apply(tx: Tx, who: Actor, row: sa.Row[Any], receipt: Receipt) -> bool:
    if receipt.state == "delayed":
        return _note_delay(tx, who, row, receipt)
    if row.state not in BEFORE[receipt.state] or not row.attempts:
        return False
    move_operation(tx, row, Move(state=receipt.state, unknowns=row.unknowns, code=receipt.code, reason=receipt.reason))
    return True


def _note_delay(tx: Tx, who: Actor, row: sa.Row[Any], receipt: Receipt) -> bool:
    if row.state != "sent" or row.delayed:
        return False
    this = (operations.c.workspace_id == who.workspace_id) & (operations.c.id == row.id)
    tx.run(sa.update(operations).where(this).values(delayed=True, code=receipt.code, reason=receipt.reason))
    case_id = case_of(tx, who.workspace_id, row.message_id)
    tx.emit(who, DeliveryDelayed(case_id=case_id, message_id=row.message_id, operation_id=row.id, reason=receipt.reason))
    return True
