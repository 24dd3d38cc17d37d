"""What people and slices do with operations: queue, cancel, try again, let go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.access import work_on_case
from sluss.cases.models import message_references
from sluss.channels.contract import Address
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.errors import Conflict, Forbidden
from sluss.kernel.tokens import new_token
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.kernel.workspaces import hold_outbox
from sluss.outbox.claims import case_of
from sluss.outbox.events import DeliveryChanged, OutboxReleased
from sluss.outbox.models import carried, operations, other_forms
from sluss.outbox.parts import EARLIER, deliveries_after
from sluss.outbox.queries import OperationRow, access_operation
from sluss.outbox.states import NEVER, PATIENCE, State
from sluss.outbox.telling import tell_state


class Queued(msgspec.Struct, frozen=True, kw_only=True):
    """A stored message and whom it goes to, one delivery each. Nothing leaves before `due_at` (microseconds UTC)."""

    inbox_id: int
    thread_id: int
    message_id: int
    recipients: tuple[Address, ...]
    due_at: int


class OtherForm(msgspec.Struct, frozen=True, kw_only=True):
    """How messages look by another way than their own. `external_id` is the key by which that way will know them."""

    external_id: str
    subject: str
    text: str
    html: str


def queue_deliveries(tx: Tx, who: Actor, queued: Queued) -> list[int]:
    """Write the deliveries of a message, in the transaction that stored it. Returns their ids."""
    shared = {"workspace_id": who.workspace_id, "kind": "send", "state": "queued", "created_at": tx.now, "state_at": tx.now}
    shared |= {"inbox_id": queued.inbox_id, "thread_id": queued.thread_id, "message_id": queued.message_id}
    shared |= {"due_at": queued.due_at, "give_up_at": queued.due_at + PATIENCE, "attempts": 0, "waits": 0, "unknowns": 0}
    shared |= {"by_hand": False, "delayed": False, "holder": "", "fence": 0, "held_until": 0, "code": "", "reason": ""}
    own = [{"id": tx.new_id(), "recipient": one.address, "recipient_name": one.name, "token": new_token()} for one in queued.recipients]
    rows = [shared | one for one in own]
    tx.run(sa.insert(operations), rows)
    tx.hint("operations")
    return [int(row["id"]) for row in rows]


def queue_otherwise(tx: Tx, who: Actor, queued: Queued, form: OtherForm, message_ids: Sequence[int]) -> int:
    """Take messages that exist by a second way, in one piece, to one recipient; `queued` names the last of them. Returns the operation."""
    [operation_id] = queue_deliveries(tx, who, queued)
    key = {"workspace_id": who.workspace_id}
    tx.run(sa.insert(other_forms), key | {"operation_id": operation_id, "at": tx.now} | msgspec.structs.asdict(form))
    tx.run(sa.insert(carried), [key | {"message_id": one, "operation_id": operation_id} for one in message_ids])
    reference = {"external_id": form.external_id, "message_id": queued.message_id, "thread_id": queued.thread_id}
    tx.run(sa.insert(message_references), key | reference)
    case_id = case_of(tx, who.workspace_id, queued.message_id)
    tx.emit(who, DeliveryChanged(case_id=case_id, message_id=queued.message_id, operation_id=operation_id, state="queued"))
    return operation_id


def hold_back(tx: Tx, who: Actor, message_id: int, due_at: int) -> None:
    """Let nothing of a message leave before an instant (microseconds UTC), where its channel would have sent it at once."""
    mine = (operations.c.workspace_id == who.workspace_id) & (operations.c.message_id == message_id)
    untried = mine & (operations.c.state == "queued") & (operations.c.attempts == 0)
    tx.run(sa.update(operations).where(untried).values(due_at=due_at))


def withdraw_deliveries(tx: Tx, who: Actor, message_id: int) -> bool:
    """Remove a message's deliveries while none was ever tried. False when one may have left: then the transaction must fall."""
    mine = (operations.c.workspace_id == who.workspace_id) & (operations.c.message_id == message_id) & (operations.c.kind == "send")
    wanted = int(tx.value(sa.select(sa.func.count()).select_from(operations).where(mine)))
    untried = mine & (operations.c.state == "queued") & (operations.c.attempts == 0) & (operations.c.due_at > tx.now)
    return tx.run(sa.delete(operations).where(untried)).rowcount == wanted


def cancel_operation(tx: Tx, who: Actor, operation_id: int) -> None:
    """Give up what waits, or what nobody knows the result of; the later messages of its thread go on."""
    found = _work_on(tx, who, operation_id)
    if found.state not in {"queued", "unknown"}:
        raise Conflict(_WHY_NOT.get(found.state, "This is leaving at this moment. Look again in a minute."))
    _move(tx, who, found, state="cancelled", due_at=NEVER)
    for after in _parts_after(tx, who, found, "queued"):
        _move(tx, who, after, state="cancelled", due_at=NEVER)
    note_deed(tx, who, "operation.cancel", ("case", found.case_id), operation=str(found.id), was=found.state)


def retry_operation(tx: Tx, who: Actor, operation_id: int, *, anyway: bool = False) -> None:
    """Try what failed, or what waits for its next try, now. What is `unknown` only `anyway`: it may arrive twice."""
    found = _work_on(tx, who, operation_id)
    if found.state == "unknown" and not anyway:
        raise Conflict("Nobody knows whether this arrived. Send it again only if it may arrive twice.")
    if found.state not in {"failed", "unknown", "queued"}:
        raise Conflict(_WHY_NOT.get(found.state, "This is leaving at this moment. Look again in a minute."))
    again = {"due_at": tx.now, "give_up_at": tx.now + PATIENCE, "waits": 0, "delayed": False, "code": "", "reason": ""}
    _move(tx, who, found, state="queued", by_hand=found.unknowns > 0, **again)
    for after in _parts_after(tx, who, found, "failed"):
        _move(tx, who, after, state="queued", **again)
    note_deed(tx, who, "operation.retry", ("case", found.case_id), operation=str(found.id), was=found.state)


def release_held(tx: Tx, who: Actor) -> None:
    """Let go what was held since a restore: from now on it leaves, in order."""
    if who.kind == "agent" and who.role != "admin":
        raise Forbidden("Only administrators let held messages go.")
    hold_outbox(tx, who.workspace_id, held=False)
    tx.emit(who, OutboxReleased())
    note_deed(tx, who, "outbox.release", ("workspace", who.workspace_id))


_WHY_NOT = {
    "sent": say("This has left already."),
    "delivered": say("This has arrived already."),
    "read": say("This has been read already."),
    "failed": say("This has failed; nothing waits any more."),
    "cancelled": say("This was cancelled. Write the answer anew."),
}


def _work_on(tx: Tx, who: Actor, operation_id: int) -> OperationRow:
    found = access_operation(tx, who, operation_id)
    work_on_case(tx, who, found.case_id)
    return found


def _parts_after(tx: Tx, who: Actor, found: OperationRow, state: State) -> list[OperationRow]:
    """What shares the fate of an earlier part of the same answer."""
    rows = deliveries_after(tx, who, found.message_id, state) if found.kind == "send" else ()
    return [access_operation(tx, who, row.id) for row in rows if state != "failed" or row.code == EARLIER]


def _move(tx: Tx, who: Actor, found: OperationRow, **values: Any) -> None:
    """Change it only if nobody else did meanwhile."""
    this = (operations.c.workspace_id == who.workspace_id) & (operations.c.id == found.id)
    same = this & (operations.c.state == found.state) & (operations.c.attempts == found.attempts)
    if tx.run(sa.update(operations).where(same).values(state_at=tx.now, **values)).rowcount == 0:
        raise Conflict("This is leaving at this moment. Look again in a minute.")
    about: dict[str, Any] = {"case_id": found.case_id, "message_id": found.message_id, "operation_id": found.id, "state": values["state"]}
    tell_state(tx, who, found.kind, **about)
    tx.hint("operations")
