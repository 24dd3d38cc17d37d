"""Whether a network posts to an inbox's address. In: a greeting or a proven post. Out: when it last was, for the inbox's page."""

from __future__ import annotations

import sqlalchemy as sa

from sluss.channels.models import inboxes
from sluss.kernel.actors import Actor
from sluss.kernel.clock import MINUTE
from sluss.kernel.tx import Tx


def note_greeted(tx: Tx, who: Actor, inbox_id: int) -> None:
    """The network made sure that the address is the inbox's."""
    tx.run(sa.update(inboxes).where(_mine(who, inbox_id)).values(hook_greeted_at=tx.now))


def note_hooked(tx: Tx, who: Actor, inbox_id: int) -> None:
    """The network posted; written at most once a minute."""
    stale = sa.or_(inboxes.c.hook_received_at.is_(None), inboxes.c.hook_received_at < tx.now - MINUTE)
    tx.run(sa.update(inboxes).where(_mine(who, inbox_id), stale).values(hook_received_at=tx.now))


def _mine(who: Actor, inbox_id: int) -> sa.ColumnElement[bool]:
    return (inboxes.c.workspace_id == who.workspace_id) & (inboxes.c.id == inbox_id)
