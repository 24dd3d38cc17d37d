"""Long answers that went as several messages, each going on from the one before. In: one of them. Out: all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.outbox.models import operations, sendings

EARLIER = "earlier-part"
NOT_SENT = say("The part before this one was not sent, so this one was not either.")


def parts_of(tx: Tx, who: Actor, message_id: int) -> list[int]:
    """The messages of an answer, from its first to its last; of most answers the only one."""
    found, s = [message_id], sendings.c
    while (before := tx.value(sa.select(s.follows_id).where(s.workspace_id == who.workspace_id, s.message_id == found[0]))) is not None:
        found.insert(0, int(before))
    while (after := _next(tx, who, found[-1])) is not None:
        found.append(after)
    return found


def parts_after(tx: Tx, who: Actor, message_id: int) -> list[int]:
    """Those that come after a message."""
    parts = parts_of(tx, who, message_id)
    return parts[parts.index(message_id) + 1 :]


def deliveries_after(tx: Tx, who: Actor, message_id: int, state: str) -> Sequence[sa.Row[Any]]:
    """Deliveries of the parts after a message that stand in a state."""
    o, after = operations.c, parts_after(tx, who, message_id)
    if not after:
        return []
    mine = (o.workspace_id == who.workspace_id) & o.message_id.in_(after) & (o.kind == "send") & (o.state == state)
    return tx.rows(sa.select(operations).where(mine).order_by(o.message_id))


def _next(tx: Tx, who: Actor, message_id: int) -> int | None:
    s = sendings.c
    return tx.value(sa.select(s.message_id).where(s.workspace_id == who.workspace_id, s.follows_id == message_id).limit(1))
