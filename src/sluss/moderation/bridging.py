"""Deeds that somebody orders at a message itself: what hurts goes by the policy and into the log. In: the desk's deeds. Out: operations."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa

from sluss.channels.deeds import DeedKind
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.moderation.matters import find_matter
from sluss.moderation.models import matter_log
from sluss.moderation.screening import flags_of
from sluss.moderation.spoken import spoken_of
from sluss.moderation.steps import Take, begin_moderation, undo_line
from sluss.outbox.deeds import deeds_of, order_deed, take_back_deed

GUARDED = frozenset({"hide", "delete", "block"})
BACK = {"unhide": "hide", "unblock": "block"}


def order_guarded(tx: Tx, who: Actor, message_id: int, kind: DeedKind, reason: str) -> tuple[Literal["done", "proposed"], int]:
    """Have a deed done; in public what hurts is a step of moderation, and may be only a proposal. Returns the operation as well."""
    if kind not in GUARDED | BACK.keys() or message_id not in spoken_of(tx, who, [message_id]):
        return "done", order_deed(tx, who, message_id, kind, reason=reason)
    if kind in BACK:
        line_id = _line(tx, who, message_id, step=BACK[kind])
        if line_id is None:
            return "done", order_deed(tx, who, message_id, kind, reason=reason)
        undo_line(tx, who, message_id, line_id)
        return "done", _newest(tx, who, message_id)
    matter, flags = find_matter(tx, who, message_id), flags_of(tx, who, [message_id]).get(message_id, [])
    rule = matter.rule if matter is not None else flags[0].rule if flags else "other"
    taken = begin_moderation(tx, who, message_id, Take(step=kind, reason=reason.strip() or say("Done at the message."), rule=rule))
    return ("proposed", 0) if taken == "proposed" else ("done", _newest(tx, who, message_id))


def take_back_guarded(tx: Tx, who: Actor, message_id: int, operation_id: int) -> int:
    """Call a deed off or turn it round, and let its matter stand as before. Returns the opposite's operation, 0 where none was needed."""
    line_id = _line(tx, who, message_id, operation_id=operation_id)
    if line_id is None:
        return take_back_deed(tx, who, operation_id)
    before = _newest(tx, who, message_id)
    undo_line(tx, who, message_id, line_id)
    after = _newest(tx, who, message_id)
    return after if after != before else 0


def _line(tx: Tx, who: Actor, message_id: int, *, step: str = "", operation_id: int = 0) -> int | None:
    """The last line of a message's matter of a step, or by an operation."""
    matter, c = find_matter(tx, who, message_id), matter_log.c
    if matter is None:
        return None
    wanted = c.step == step if step else c.operation_id == operation_id
    return tx.value(sa.select(sa.func.max(c.id)).where(c.workspace_id == who.workspace_id, c.matter_id == matter.id, wanted))


def _newest(tx: Tx, who: Actor, message_id: int) -> int:
    return max((one.operation_id for one in deeds_of(tx, who, [message_id]).get(message_id, ())), default=0)
