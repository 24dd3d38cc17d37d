"""The circuit breaker of an inbox. In: whether its network could be reached. Out: a pause that grows, a probe at its end, events."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sluss.channels.inboxes import access_inbox
from sluss.channels.models import inboxes
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.clock import MINUTE, SECOND
from sluss.kernel.errors import Forbidden
from sluss.kernel.tx import Tx
from sluss.outbox.events import InboxSendingPaused, InboxSendingResumed
from sluss.outbox.models import operations

FAILURES = 5
FIRST_PAUSE = 30 * SECOND
LONGEST_PAUSE = 10 * MINUTE
REASON = 500


def note_unreachable(tx: Tx, who: Actor, inbox_id: int, reason: str) -> None:
    """Count a failure; those that were under way when the breaker opened do not count twice."""
    row = _row(tx, who, inbox_id)
    if row.paused_until is not None and row.paused_until > tx.now:
        return
    failures = row.send_failures + 1
    pause = min(FIRST_PAUSE << min(failures - FAILURES, 10), LONGEST_PAUSE) if failures >= FAILURES else 0
    changes: dict[str, Any] = {"paused_until": tx.now + pause, "paused_reason": reason[:REASON]} if pause else {}
    _set(tx, who, inbox_id, send_failures=failures, **changes)
    if pause:
        tx.emit(who, InboxSendingPaused(inbox_id=inbox_id, until=tx.now + pause, reason=reason[:REASON]))


def note_reachable(tx: Tx, who: Actor, inbox_id: int, *, sent: bool) -> None:
    """The network answered: the breaker closes, if it was open."""
    row = _row(tx, who, inbox_id)
    if row.send_failures:
        _close(tx, who, inbox_id, was_open=row.paused_until is not None)
    # Once a second is exact enough for a person, and keeps a busy inbox from rewriting its row with every message.
    if sent and (row.last_sent_at is None or row.last_sent_at <= tx.now - SECOND):
        _set(tx, who, inbox_id, last_sent_at=tx.now)


def pause_until(tx: Tx, who: Actor, inbox_id: int, until: int, reason: str) -> None:
    """The network wants to be left alone by the whole account: nothing is tried before then. That it said so is no failure."""
    row = _row(tx, who, inbox_id)
    if (row.paused_until or 0) >= until:
        return
    _set(tx, who, inbox_id, paused_until=until, paused_reason=reason[:REASON])
    if (row.paused_until or 0) <= tx.now:
        tx.emit(who, InboxSendingPaused(inbox_id=inbox_id, until=until, reason=reason[:REASON]))


def resume_sending(tx: Tx, who: Actor, inbox_id: int) -> None:
    """An administrator says that the network is back: everything that waits for it is tried now."""
    if who.kind == "agent" and who.role != "admin":
        raise Forbidden("Only administrators resume sending.")
    inbox = access_inbox(tx, who, inbox_id)
    if inbox.send_failures or inbox.paused_until is not None:
        _close(tx, who, inbox_id, was_open=inbox.paused_until is not None)
    mine = (operations.c.workspace_id == who.workspace_id) & (operations.c.inbox_id == inbox_id) & (operations.c.state == "queued")
    tx.run(sa.update(operations).where(mine, operations.c.code == "unreachable", operations.c.due_at > tx.now).values(due_at=tx.now))
    note_deed(tx, who, "inbox.resume_sending", ("inbox", inbox_id), name=inbox.name)
    tx.hint("operations")


def _close(tx: Tx, who: Actor, inbox_id: int, *, was_open: bool) -> None:
    _set(tx, who, inbox_id, send_failures=0, paused_until=None, paused_reason="")
    if was_open:
        tx.emit(who, InboxSendingResumed(inbox_id=inbox_id))
        tx.hint("operations")


def _row(tx: Tx, who: Actor, inbox_id: int) -> sa.Row[Any]:
    row = tx.row(sa.select(inboxes.c.send_failures, inboxes.c.paused_until, inboxes.c.last_sent_at).where(_this(who, inbox_id)))
    if row is None:
        raise LookupError(inbox_id)
    return row


def _set(tx: Tx, who: Actor, inbox_id: int, **values: Any) -> None:
    tx.run(sa.update(inboxes).where(_this(who, inbox_id)).values(**values))


def _this(who: Actor, inbox_id: int) -> sa.ColumnElement[bool]:
    return (inboxes.c.workspace_id == who.workspace_id) & (inboxes.c.id == inbox_id)
