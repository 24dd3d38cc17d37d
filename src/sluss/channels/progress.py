"""How receiving goes and how far it has read. In: what adapters report. Out: rows, written only by the holder of the inbox's lease."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sluss.channels.events import InboxReceiving
from sluss.channels.models import cursors, inboxes
from sluss.kernel.actors import Actor
from sluss.kernel.leases import Lease, require
from sluss.kernel.tx import Tx

REASON = 500


def get_cursor(tx: Tx, who: Actor, inbox_id: int, name: str) -> dict[str, Any] | None:
    """Where the adapter remembered to be, or None."""
    return tx.value(sa.select(cursors.c.value).where(_cursor(who, inbox_id, name)))


def put_cursor(tx: Tx, who: Actor, lease: Lease, inbox_id: int, place: tuple[str, dict[str, Any]]) -> None:
    """Remember `(name, value)`. Raises `LeaseLost` for a holder that was paused while another went on."""
    require(tx, lease)
    name, value = place
    if tx.run(sa.update(cursors).where(_cursor(who, inbox_id, name)).values(value=value)).rowcount == 0:
        tx.run(sa.insert(cursors), {"workspace_id": who.workspace_id, "inbox_id": inbox_id, "name": name, "value": value})


def record_progress(tx: Tx, who: Actor, inbox_id: int, state: str, reason: str) -> None:
    """Note that receiving works or fails, and since when; says so only when it changed."""
    this = (inboxes.c.workspace_id == who.workspace_id) & (inboxes.c.id == inbox_id)
    row = tx.row(sa.select(inboxes.c.receiving, inboxes.c.receiving_error).where(this))
    if row is None or (row.receiving, row.receiving_error) == (state, reason[:REASON]):
        return
    since = {} if row.receiving == state else {"receiving_since": tx.now}
    tx.run(sa.update(inboxes).where(this).values(receiving=state, receiving_error=reason[:REASON], **since))
    if since:
        tx.emit(who, InboxReceiving(inbox_id=inbox_id, state=state, reason=reason[:REASON]))


def _cursor(who: Actor, inbox_id: int, name: str) -> sa.ColumnElement[bool]:
    return (cursors.c.workspace_id == who.workspace_id) & (cursors.c.inbox_id == inbox_id) & (cursors.c.name == name)
