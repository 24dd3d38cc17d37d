"""News about what we sent. In: receipts, in whatever order they come. Out: deliveries moved forward, never backward."""

from __future__ import annotations

from collections.abc import Sequence
from hmac import compare_digest
from typing import Any, Literal

import sqlalchemy as sa

from sluss.cases.models import message_references, messages, threads
from sluss.channels.addressing import fold_address, gives_tokens, read_delivery_token
from sluss.channels.contract import Inbound, Receipt, Sent
from sluss.channels.models import inboxes
from sluss.channels.who import Address
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.outbox.claims import Claim, case_of, standing_of
from sluss.outbox.events import DeliveryComplained, DeliveryDelayed
from sluss.outbox.models import attempts, operations
from sluss.outbox.naming import keep_answer
from sluss.outbox.settling import move_operation
from sluss.outbox.states import Move

Outcome = Literal["applied", "unchanged", "unknown message", "unknown recipient", "unproven"]

# What a delivery may stand at for the news to move it. A message that was tried and came back as failed or delivered did leave,
# whatever our own attempt believes; one that was never tried cannot have.
BEFORE: dict[str, frozenset[str]] = {
    "sent": frozenset({"queued", "sending", "unknown"}),
    "delivered": frozenset({"queued", "sending", "unknown", "sent"}),
    "read": frozenset({"queued", "sending", "unknown", "sent", "delivered"}),
    "failed": frozenset({"sending", "unknown", "sent"}),
}
TAKEN = ("sent", "delivered")
"""What is meant where a network only says an instant: what it has for certain."""


def apply_receipt(tx: Tx, who: Actor, receipt: Receipt, inbox_id: int = 0) -> Outcome:
    """Move the deliveries that a receipt is about, and say what came of it. Whoever only claims to report changes nothing (T59).

    `inbox_id` is the inbox that it came to: one that names no message is about a thread of that.
    """
    if receipt.up_to is not None:
        moved = [_apply(tx, who, row, receipt) for row in _sent_by(tx, who, inbox_id, receipt)]
        return "applied" if any(moved) else "unchanged"
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


def note_echo(tx: Tx, who: Actor, message_id: int, shown: Inbound) -> None:
    """The network shows us what we sent: it has left, also where no answer came. Its keys are kept as if it had answered."""
    o = operations.c
    mine = (o.workspace_id == who.workspace_id) & (o.message_id == message_id) & (o.kind == "send")
    for row in tx.rows(sa.select(operations).where(mine).with_for_update()):
        if row.attempts:
            ids = (shown.external_id,) if shown.external_id else ()
            keep_answer(tx, who, _as_claimed(tx, who, row), Sent("", external_ids=ids, thread_key=shown.thread_key, url=shown.url))
        _apply(tx, who, row, Receipt(external_id=shown.external_id, recipient="", state="sent"))


def _as_claimed(tx: Tx, who: Actor, row: sa.Row[Any]) -> Claim:
    """The operation as whoever sent it knew it."""
    i = inboxes.c
    return Claim(
        workspace_id=row.workspace_id,
        operation_id=row.id,
        attempt_id=0,
        case_id=case_of(tx, row.workspace_id, row.message_id),
        inbox_id=row.inbox_id,
        thread_id=row.thread_id,
        message_id=row.message_id,
        channel=str(tx.value(sa.select(i.channel).where(i.workspace_id == who.workspace_id, i.id == row.inbox_id))),
        recipient=Address(row.recipient, row.recipient_name),
        holder=row.holder,
        fence=row.fence,
        standing=standing_of(row),
    )


def _by_token(tx: Tx, who: Actor, token: str) -> Sequence[sa.Row[Any]]:
    """The one delivery that the token was made for."""
    operation_id, secret = read_delivery_token(token)
    if not operation_id:
        return []
    o = operations.c
    this = (o.workspace_id == who.workspace_id) & (o.id == operation_id) & (o.kind == "send")
    rows = tx.rows(sa.select(operations).where(this).with_for_update())
    return [row for row in rows if row.token and compare_digest(row.token.encode(), secret.encode())]


def _sent_by(tx: Tx, who: Actor, inbox_id: int, receipt: Receipt) -> Sequence[sa.Row[Any]]:
    """All that had left in a thread by the receipt's instant: the network says no more than that."""
    t, o, a = threads.c, operations.c, attempts.c
    here = (t.workspace_id == who.workspace_id) & (t.inbox_id == inbox_id) & (t.external_key == receipt.thread_key)
    thread_id = tx.value(sa.select(t.id).where(here)) if receipt.thread_key else None
    if thread_id is None:
        return []
    begun = sa.exists().where(a.workspace_id == o.workspace_id, a.operation_id == o.id, a.started_at <= receipt.up_to)
    mine = (o.workspace_id == who.workspace_id) & (o.thread_id == thread_id) & (o.kind == "send") & o.state.in_(TAKEN)
    return tx.rows(sa.select(operations).where(mine, begun).order_by(o.id).with_for_update())


def _deliveries(tx: Tx, who: Actor, receipt: Receipt) -> Sequence[sa.Row[Any]]:
    names = {one for one in (receipt.external_id, receipt.echo_of) if one}
    if not names:
        return []
    r, m, o = message_references.c, messages.c, operations.c
    ours = sa.select(r.message_id, r.thread_id).join(messages, (m.workspace_id == r.workspace_id) & (m.id == r.message_id))
    ours = ours.where(r.workspace_id == who.workspace_id, r.external_id.in_(names), m.direction == "out")
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
    return rows if receipt.state in {"sent", "delivered", "read"} or len(rows) == 1 else []


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
