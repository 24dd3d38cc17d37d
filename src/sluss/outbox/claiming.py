"""Who sends what, in short transactions. In: what is due. Out: claims, and operations taken back from claims that ran out.

A delivery is claimable when no earlier one of its thread is still open, a deed when no earlier one on the same message is; besides, its
inbox may send and has not cost its daily limit, and its workspace is not held.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.channels.contract import Address
from sluss.channels.costs import cap_reached
from sluss.channels.models import inboxes
from sluss.kernel.actors import system
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import workspaces
from sluss.outbox.breaker import FAILURES
from sluss.outbox.claims import HOLD, Claim, case_of, standing_of
from sluss.outbox.models import OPEN_SQL, attempts, operations
from sluss.outbox.settling import end_attempt, move_operation
from sluss.outbox.states import OPEN, STOPPED, Outcome, decide
from sluss.outbox.telling import tell_state

WINDOW = 4
AT_ONCE = 200

o, earlier = operations.alias("o"), operations.alias("earlier")


class Look(msgspec.Struct, frozen=True):
    """Whether claims have run out, and whether something may be claimable."""

    expired: bool
    due: bool


def look(tx: Tx) -> Look:
    """See what there is to do, writing nothing."""
    return Look(bool(tx.rows(_expired(tx).limit(1))), any(_room_of(tx, inbox) > 0 for inbox in _open_inboxes(tx)))


def claim_due(tx: Tx, holder: str, room: int) -> list[Claim]:
    """Claim at most `room` operations, and of each inbox no more than its window leaves."""
    claims: list[Claim] = []
    for inbox in _open_inboxes(tx):
        mine = min(_room_of(tx, inbox), room - len(claims))
        claims += [_claim(tx, holder, inbox.channel, row) for row in _candidates(tx, inbox, mine)] if mine > 0 else []
    return claims


def reap(tx: Tx) -> int:
    """Take back claims that ran out: queued again when nothing was handed over, `unknown` when something may have been."""
    expired = tx.rows(_expired(tx).limit(AT_ONCE).with_for_update(skip_locked=True))
    for row in expired:
        _take_back(tx, row)
    return len(expired)


def expire_claims(tx: Tx) -> None:
    """Let every claim run out now: for the one process that owns an SQLite folder, whose predecessor may have been killed."""
    tx.run(sa.update(operations).where(sa.text(OPEN_SQL), operations.c.state == "sending").values(held_until=0))


def _open_inboxes(tx: Tx) -> Sequence[sa.Row[Any]]:
    """Inboxes that may send and have something due, those first that waited longest."""
    joined = inboxes.join(workspaces, workspaces.c.id == inboxes.c.workspace_id)
    may = (
        inboxes.c.enabled
        & (inboxes.c.reconnect == "")
        & ~workspaces.c.outbox_held
        & (inboxes.c.paused_until.is_(None) | (inboxes.c.paused_until <= tx.now))
    )
    here = (o.c.workspace_id == inboxes.c.workspace_id) & (o.c.inbox_id == inboxes.c.id)
    first = sa.select(sa.func.min(o.c.due_at)).where(here, o.c.state.in_(("queued", "unknown")), o.c.due_at <= tx.now).scalar_subquery()
    chosen = sa.select(*(inboxes.c[name] for name in ("workspace_id", "id", "channel", "send_failures", "settings")), first.label("first"))
    rows = [row for row in tx.rows(chosen.select_from(joined).where(may)) if row.first is not None]
    affordable = (row for row in rows if not cap_reached(tx, system(row.workspace_id), row.id, row.settings))
    return sorted(affordable, key=lambda row: row.first)


def _room_of(tx: Tx, inbox: sa.Row[Any]) -> int:
    """What the inbox's window leaves; a breaker that was open lets one through to see."""
    sending = (operations.c.workspace_id == inbox.workspace_id) & (operations.c.inbox_id == inbox.id) & (operations.c.state == "sending")
    busy = int(tx.value(sa.select(sa.func.count()).select_from(operations).where(sending)))
    return (1 if inbox.send_failures >= FAILURES else WINDOW) - busy


def _candidates(tx: Tx, inbox: sa.Row[Any], room: int) -> Sequence[sa.Row[Any]]:
    same_thread = (earlier.c.workspace_id == o.c.workspace_id) & (earlier.c.thread_id == o.c.thread_id)
    sends = (o.c.kind == "send") & (earlier.c.kind == "send") & (earlier.c.message_id < o.c.message_id)
    deeds = (o.c.kind != "send") & (earlier.c.kind != "send") & (earlier.c.message_id == o.c.message_id) & (earlier.c.id < o.c.id)
    before = sa.exists().where(same_thread, sends | deeds, earlier.c.state.in_(OPEN))
    here = (o.c.workspace_id == inbox.workspace_id) & (o.c.inbox_id == inbox.id)
    due = here & o.c.state.in_(("queued", "unknown")) & (o.c.due_at <= tx.now)
    return tx.rows(sa.select(o).where(due, ~before).order_by(o.c.due_at, o.c.id).limit(room).with_for_update(skip_locked=True, of=o))


def _claim(tx: Tx, holder: str, channel: str, row: sa.Row[Any]) -> Claim:
    claim = Claim(
        workspace_id=row.workspace_id,
        operation_id=row.id,
        attempt_id=tx.new_id(),
        case_id=case_of(tx, row.workspace_id, row.message_id),
        inbox_id=row.inbox_id,
        thread_id=row.thread_id,
        message_id=row.message_id,
        channel=channel,
        recipient=Address(row.recipient, row.recipient_name),
        holder=holder,
        fence=row.fence + 1,
        standing=standing_of(row),
        token=row.token,
        kind=row.kind,
    )
    this = (operations.c.workspace_id == row.workspace_id) & (operations.c.id == row.id)
    held = {"holder": holder, "fence": claim.fence, "held_until": tx.now + HOLD}
    tx.run(sa.update(operations).where(this).values(state="sending", state_at=tx.now, attempts=row.attempts + 1, **held))
    attempt = {"workspace_id": row.workspace_id, "id": claim.attempt_id, "operation_id": row.id, "started_at": tx.now}
    tx.run(sa.insert(attempts), attempt | {"phase": "claimed", "result": "", "detail": ""})
    about: dict[str, Any] = {"case_id": claim.case_id, "message_id": row.message_id, "operation_id": row.id, "state": "sending"}
    tell_state(tx, system(row.workspace_id), row.kind, **about)
    return claim


def _expired(tx: Tx) -> sa.Select[Any]:
    # The partial index is used only where its own condition is said literally.
    sending = sa.text(OPEN_SQL) & (operations.c.state == "sending")
    return sa.select(operations).where(sending, operations.c.held_until < tx.now).order_by(operations.c.held_until)


def _take_back(tx: Tx, row: sa.Row[Any]) -> None:
    mine = (attempts.c.workspace_id == row.workspace_id) & (attempts.c.operation_id == row.id)
    last = tx.row(sa.select(attempts.c.id, attempts.c.phase).where(mine).order_by(attempts.c.id.desc()).limit(1))
    handed_over = last is not None and last.phase == "handed over" and row.kind == "send"
    outcome = Outcome("unknown", reason=STOPPED) if handed_over else Outcome("stopped")
    if last is not None:
        end_attempt(tx, row.workspace_id, last.id, outcome)
    move_operation(tx, row, decide(standing_of(row), outcome, tx.now))
