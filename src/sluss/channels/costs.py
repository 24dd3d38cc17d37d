"""What networks charge, and how much an inbox may cost a day. In: prices of calls. Out: sums by UTC day, and whether the cap is reached.

Amounts are millionths of a dollar. The cap is the inbox's setting `daily_cap`; none, or 0, means that nothing holds it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sluss.channels.models import inbox_costs
from sluss.kernel.actors import Actor
from sluss.kernel.clock import DAY, SECOND
from sluss.kernel.tx import Tx

CAP = "daily_cap"


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What one kind of call cost on a UTC day."""

    day: str
    what: str
    times: int
    micros: int


def note_cost(tx: Tx, who: Actor, inbox_id: int, what: str, micros: int, *, times: int = 1) -> None:
    """Add calls of a kind to today's; `micros` is what they cost together."""
    this = _of(who, inbox_id) & (inbox_costs.c.day == day_of(tx.now)) & (inbox_costs.c.what == what)
    more = {"times": inbox_costs.c.times + times, "micros": inbox_costs.c.micros + micros}
    if tx.run(sa.update(inbox_costs).where(this).values(**more)).rowcount:
        return
    row = {"workspace_id": who.workspace_id, "inbox_id": inbox_id, "day": day_of(tx.now), "what": what, "times": times, "micros": micros}
    try:
        with tx.attempt():
            tx.run(sa.insert(inbox_costs), row)
    except IntegrityError:
        tx.run(sa.update(inbox_costs).where(this).values(**more))


def spent_today(tx: Tx, who: Actor, inbox_id: int) -> int:
    """What an inbox has cost since midnight UTC."""
    mine = _of(who, inbox_id) & (inbox_costs.c.day == day_of(tx.now))
    return int(tx.value(sa.select(sa.func.coalesce(sa.func.sum(inbox_costs.c.micros), 0)).where(mine)))


def costs_since(tx: Tx, who: Actor, inbox_id: int, days: int) -> list[Cost]:
    """What each kind of call cost on each of the last days, the newest first."""
    c = inbox_costs.c
    mine = _of(who, inbox_id) & (c.day > day_of(tx.now - days * DAY))
    rows = tx.rows(sa.select(c.day, c.what, c.times, c.micros).where(mine).order_by(c.day.desc(), c.micros.desc(), c.what))
    return [Cost(day=row.day, what=row.what, times=row.times, micros=row.micros) for row in rows]


def cap_reached(tx: Tx, who: Actor, inbox_id: int, settings: Mapping[str, Any]) -> bool:
    """Whether an inbox may cost nothing more today."""
    cap = cap_of(settings)
    return cap > 0 and spent_today(tx, who, inbox_id) >= cap


def cap_of(settings: Mapping[str, Any]) -> int:
    """How much an inbox may cost a day; 0 without a limit."""
    found = settings.get(CAP)
    return found if isinstance(found, int) and found > 0 else 0


def day_of(at: int) -> str:
    """The UTC day of an instant, as `2026-11-22`."""
    return datetime.fromtimestamp(at // SECOND, UTC).date().isoformat()


def next_day(at: int) -> int:
    """When the next UTC day begins."""
    return (at // DAY + 1) * DAY


def _of(who: Actor, inbox_id: int) -> sa.ColumnElement[bool]:
    return (inbox_costs.c.workspace_id == who.workspace_id) & (inbox_costs.c.inbox_id == inbox_id)
