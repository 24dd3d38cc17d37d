"""What becomes of a case when its answer does not arrive. In: recorded events. Out: calls of actions."""

from __future__ import annotations

import sqlalchemy as sa

from sluss.cases.access import access_case
from sluss.cases.actions import set_status, wait_again
from sluss.cases.models import conversations, messages
from sluss.kernel.actors import Actor, system
from sluss.kernel.events import Recorded
from sluss.kernel.tx import Tx
from sluss.outbox.events import DeliveryChanged
from sluss.outbox.models import carried, operations

ARRIVED = ("sent", "delivered", "read", "queued", "sending", "unknown")
SEEN = ("delivered", "read")
"""Of what lies ready in a chat and came back as mail, only this was an answer."""


def reopen_undelivered(tx: Tx, recorded: Recorded) -> None:
    """An answer that did not reach its customer is none: the case is open again for whoever holds it, and the customer waits as before."""
    event = recorded.event
    if not isinstance(event, DeliveryChanged) or event.state != "failed":
        return
    who, m, o = system(recorded.workspace_id), messages.c, operations.c
    message = tx.row(sa.select(m.to, m.automatic).where(m.workspace_id == who.workspace_id, m.id == event.message_id))
    this = (o.workspace_id == who.workspace_id) & (o.id == event.operation_id)
    recipient = tx.value(sa.select(o.recipient).where(this, o.state == "failed"))
    if message is None or message.automatic or recipient is None:
        return
    case = access_case(tx, who, event.case_id)
    if case.status in {"pending", "solved"}:
        set_status(tx, who, case.id, "open")
    if case.status != "spam" and (recipient in {one["address"] for one in message.to} or _took_along(tx, who, event.operation_id)):
        wait_again(tx, who, case.id, _asked_since(tx, who, case.id))


def _took_along(tx: Tx, who: Actor, operation_id: int) -> bool:
    """Whether it was the second way to the customer, for what had not been read on the first."""
    k = carried.c
    mine = (k.workspace_id == who.workspace_id) & (k.operation_id == operation_id)
    return tx.row(sa.select(k.message_id).where(mine).limit(1)) is not None


def _asked_since(tx: Tx, who: Actor, case_id: int) -> int | None:
    """When the customer wrote what no answer that may have arrived came after."""
    m, v, o, k = messages.c, conversations.c, operations.c, carried.c
    here = sa.select(v.id).where(v.workspace_id == who.workspace_id, v.case_id == case_id, ~v.aside)
    said = (m.workspace_id == who.workspace_id) & m.conversation_id.in_([row.id for row in tx.rows(here)]) & (m.automatic == "")
    tried = sa.exists().where(o.workspace_id == m.workspace_id, o.message_id == m.id, o.kind == "send")
    second = operations.alias("second")
    came_back = (second.c.id == k.operation_id) & (second.c.state == "failed")
    lost = sa.exists().where(k.workspace_id == m.workspace_id, k.message_id == m.id, second.c.workspace_id == m.workspace_id, came_back)
    arrived = tried.where(o.state.in_(ARRIVED)) & (~lost | tried.where(o.state.in_(SEEN)))
    answered = tx.value(sa.select(sa.func.coalesce(sa.func.max(m.id), 0)).where(said, m.direction == "out", arrived | ~tried))
    return tx.value(sa.select(sa.func.min(m.at)).where(said, m.direction == "in", m.id > int(answered)))
