"""News about what we sent. In: receipts, in whatever order they come. Out: deliveries moved forward, never backward."""

from __future__ import annotations

from collections.abc import Sequence
from hmac import compare_digest
from typing import Any, Literal

import sqlalchemy as sa

from sluss.cases.models import message_references, messages, threads
from sluss.channels.addressing import fold_address, gives_tokens, read_delivery_token
from sluss.channels.contract import Receipt
from sluss.channels.models import inboxes
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.outbox.claims import case_of
from sluss.outbox.events import DeliveryComplained, DeliveryDelayed
from sluss.outbox.models import operations
from sluss.outbox.settling import move_operation
from sluss.outbox.states import Move

Outcome = Literal["applied", "unchanged", "unknown message", "unknown recipient", "unproven"]

# What a delivery may stand at for the news to move it. A message that was tried and came back as failed or delivered did leave,
# whatever our own attempt believes; one that was never tried cannot have.
BEFORE: dict[str, frozenset[str]] = {
    "delivered": frozenset({"queued", "sending", "unknown", "sent"}),
    "read": frozenset({"queued", "sending", "unknown", "sent", "delivered"}),
    "failed": frozenset({"sending", "unknown", "sent"}),
}


def apply_receipt(tx: Tx, who: Actor, receipt: Receipt) -> Outcome:
    """Move the deliveries that a receipt is about, and say what came of it. Whoever only claims to report changes nothing (T59)."""
    named = _by_token(tx, who, receipt.token)
    rows = named or _deliveries(tx, who, receipt)
    if not rows:
        return "unknown message"
    meant = named or _meant(rows, receipt)
    if not meant:
        return "unknown recipient"
    if not named and receipt.state in {"failed", "complained"} and _wants_tokens(tx, who, meant[0]):
        return "unproven"
    moved = [_apply(tx, who, row, receipt) for row in meant]
    return "applied" if any(moved) else "unchanged"


def _by_token(tx: Tx, who: Actor, token: str) -> Sequence[sa.Row[Any]]:
    """The one delivery that the token was made for."""
    operation_id, secret = read_delivery_token(token)
    if not operation_id:
        return []
    o = operations.c
    this = (o.workspace_id == who.workspace_id) & (o.id == operation_id) & (o.kind == "send")
    rows = tx.rows(sa.select(operations).where(this).with_for_update())
    return [row for row in rows if row.token and compare_digest(row.token.encode(), secret.encode())]


def _deliveries(tx: Tx, who: Actor, receipt: Receipt) -> Sequence[sa.Row[Any]]:
    if not receipt.external_id:
        return []
    r, m, o = message_references.c, messages.c, operations.c
    ours = sa.select(r.message_id, r.thread_id).join(messages, (m.workspace_id == r.workspace_id) & (m.id == r.message_id))
    ours = ours.where(r.workspace_id == who.workspace_id, r.external_id == receipt.external_id, m.direction == "out")
    # The key is that of one way: what a message did by another one is not meant.
    this_way = sa.tuple_(o.message_id, o.thread_id).in_(ours)
    mine = (o.workspace_id == who.workspace_id) & this_way & (o.kind == "send")
    if receipt.thread_key:
        t = threads.c
        mine &= sa.exists().where(t.workspace_id == o.workspace_id, t.id == o.thread_id, t.external_key == receipt.thread_key)
    return tx.rows(sa.select(operations).where(mine).with_for_update())


def _meant(rows: Sequence[sa.Row[Any]], receipt: Receipt) -> Sequence[sa.Row[Any]]:
    """Those of the recipient; of a failure that names nobody, the only one."""
    recipient = fold_address(receipt.recipient)
    if recipient:
        return [row for row in rows if row.recipient == recipient]
    return rows if receipt.state in {"delivered", "read"} or len(rows) == 1 else []


def _wants_tokens(tx: Tx, who: Actor, row: sa.Row[Any]) -> bool:
    """Whether a true report would have come to the delivery's own address."""
    i = inboxes.c
    settings = tx.value(sa.select(i.settings).where(i.workspace_id == who.workspace_id, i.id == row.inbox_id))
    return bool(row.token) and gives_tokens(settings)


def _apply(tx: Tx, who: Actor, row: sa.Row[Any], receipt: Receipt) -> bool:
    if receipt.state == "delayed":
        return _note_delay(tx, who, row, receipt)
    if receipt.state == "complained":
        return _note_complaint(tx, who, row)
    if row.state not in BEFORE[receipt.state] or not row.attempts:
        return False
    move_operation(tx, row, Move(state=receipt.state, unknowns=row.unknowns, code=receipt.code, reason=receipt.reason))
    return True


def _note_complaint(tx: Tx, who: Actor, row: sa.Row[Any]) -> bool:
    """It arrived; somebody did not want it."""
    case_id = case_of(tx, who.workspace_id, row.message_id)
    tx.emit(who, DeliveryComplained(case_id=case_id, message_id=row.message_id, operation_id=row.id, recipient=row.recipient))
    return True


def _note_delay(tx: Tx, who: Actor, row: sa.Row[Any], receipt: Receipt) -> bool:
    if row.state != "sent" or row.delayed:
        return False
    this = (operations.c.workspace_id == who.workspace_id) & (operations.c.id == row.id)
    tx.run(sa.update(operations).where(this).values(delayed=True, code=receipt.code, reason=receipt.reason))
    case_id = case_of(tx, who.workspace_id, row.message_id)
    tx.emit(who, DeliveryDelayed(case_id=case_id, message_id=row.message_id, operation_id=row.id, reason=receipt.reason))
    return True
