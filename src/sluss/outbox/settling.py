"""What became of an attempt. In: a claim and its outcome. Out: the operation's next state, the attempt's end, events, the breaker."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.channels.reconnecting import ask_reconnect
from sluss.kernel.actors import system
from sluss.kernel.tx import Tx
from sluss.outbox.breaker import note_reachable, note_unreachable, pause_until
from sluss.outbox.claims import Claim, case_of, standing_of
from sluss.outbox.events import DeliveryDelayed
from sluss.outbox.models import attempts, operations
from sluss.outbox.naming import keep_answer
from sluss.outbox.parts import EARLIER, NOT_SENT, deliveries_after
from sluss.outbox.performing import note_done
from sluss.outbox.states import DELAYED, OPEN, PATIENCE, REASON, Move, Outcome, decide
from sluss.outbox.telling import tell_state

ANSWERED = {"sent", "refused", "deferred"}
LEFT = {"sending", "unknown"}


def settle(tx: Tx, claim: Claim, outcome: Outcome) -> bool:
    """Write the result of an attempt. False when the claim was lost meanwhile: then only the attempt's own row says what it saw.

    A holder whose claim ran out, but that nobody followed, is still believed: what it saw is better than `unknown`, and that it was
    sent is better than a second copy, even one that was asked for meanwhile.
    """
    row = _locked(tx, claim)
    if claim.kind != "send" and outcome.ending == "unknown":
        # Done twice, a deed is done: it is simply tried again.
        outcome = msgspec.structs.replace(outcome, ending="deferred")
    followed = row is None or (row.holder, row.fence) != (claim.holder, claim.fence)
    mine = row is not None and not followed and row.state in (LEFT | {"queued"} if outcome.ending == "sent" else LEFT)
    end_attempt(tx, claim.workspace_id, claim.attempt_id, outcome if mine else Outcome(outcome.ending, "late", outcome.reason))
    if row is not None and outcome.sent is not None:
        # Also where an echo was quicker: it told that the message left, and nothing of where people see it or what it cost.
        keep_answer(tx, system(claim.workspace_id), claim, outcome.sent)
    if row is None or not mine:
        return False
    move_operation(tx, row, decide(standing_of(row) if row.state == "sending" else claim.standing, outcome, tx.now))
    if outcome.ending == "sent" and claim.kind != "send":
        note_done(tx, system(claim.workspace_id), claim)
    _note_network(tx, claim, outcome)
    return True


def move_operation(tx: Tx, row: sa.Row[Any], move: Move) -> None:
    """Put an operation into its next state and tell whoever looks on."""
    delayed = move.state in OPEN and not row.delayed and tx.now - (row.give_up_at - PATIENCE) >= DELAYED
    this = (operations.c.workspace_id == row.workspace_id) & (operations.c.id == row.id)
    values = msgspec.structs.asdict(move) | {"reason": move.reason[:REASON]}
    tx.run(sa.update(operations).where(this).values(**values, state_at=tx.now, held_until=0, delayed=row.delayed or delayed))
    who, case_id = system(row.workspace_id), case_of(tx, row.workspace_id, row.message_id)
    about: dict[str, Any] = {"case_id": case_id, "message_id": row.message_id, "operation_id": row.id, "reason": values["reason"]}
    tell_state(tx, who, row.kind, state=move.state, code=move.code, **about)
    if delayed and row.kind == "send":
        tx.emit(who, DeliveryDelayed(**about))
    if move.state == "failed" and row.kind == "send":
        for after in deliveries_after(tx, who, row.message_id, "queued")[:1]:
            move_operation(tx, after, Move(state="failed", unknowns=after.unknowns, code=EARLIER, reason=NOT_SENT))
    tx.hint("operations")


def end_attempt(tx: Tx, workspace_id: int, attempt_id: int, outcome: Outcome) -> None:
    """Close the attempt's own row."""
    this = (attempts.c.workspace_id == workspace_id) & (attempts.c.id == attempt_id)
    detail = f"{outcome.code} {outcome.reason}".strip()[:REASON]
    tx.run(sa.update(attempts).where(this).values(ended_at=tx.now, result=outcome.ending, detail=detail))


def _locked(tx: Tx, claim: Claim) -> sa.Row[Any] | None:
    this = (operations.c.workspace_id == claim.workspace_id) & (operations.c.id == claim.operation_id)
    return tx.row(sa.select(operations).where(this).with_for_update())


def _note_network(tx: Tx, claim: Claim, outcome: Outcome) -> None:
    who = system(claim.workspace_id)
    if outcome.ending == "unreachable":
        note_unreachable(tx, who, claim.inbox_id, outcome.reason)
    elif outcome.ending in ANSWERED:
        note_reachable(tx, who, claim.inbox_id, sent=outcome.ending == "sent")
    if outcome.whole_inbox and outcome.wait:
        pause_until(tx, who, claim.inbox_id, tx.now + outcome.wait, outcome.reason)
    if outcome.reconnect:
        ask_reconnect(tx, who, claim.inbox_id, outcome.reason)
