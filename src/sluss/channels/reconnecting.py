"""Accounts that a person has to connect again. In: a network that takes nothing any more. Out: an inbox that waits."""

from __future__ import annotations

import sqlalchemy as sa

from sluss.channels.events import InboxAccessLost
from sluss.channels.models import inboxes
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.tx import Tx

REASON = 500


def ask_reconnect(tx: Tx, who: Actor, inbox_id: int, reason: str) -> None:
    """Nothing is sent by the inbox until a person connects it again; said once, with one sentence."""
    this = (inboxes.c.workspace_id == who.workspace_id) & (inboxes.c.id == inbox_id) & (inboxes.c.reconnect == "")
    if tx.run(sa.update(inboxes).where(this).values(reconnect=reason[:REASON])).rowcount:
        tx.emit(who, InboxAccessLost(inbox_id=inbox_id, reason=reason[:REASON]))
        note_deed(tx, who, "inbox.access_lost", ("inbox", inbox_id))


def note_connected(tx: Tx, who: Actor, inbox_id: int) -> None:
    """It was connected again: what waited goes on."""
    this = (inboxes.c.workspace_id == who.workspace_id) & (inboxes.c.id == inbox_id) & (inboxes.c.reconnect != "")
    if tx.run(sa.update(inboxes).where(this).values(reconnect="")).rowcount:
        tx.hint("operations")
