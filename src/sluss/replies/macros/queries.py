"""Reading macros. In: who asks. Out: those that exist for them, with their steps, and how often they are run."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.kernel.actors import Actor
from sluss.kernel.clock import DAY
from sluss.kernel.errors import Missing
from sluss.kernel.schema import fields
from sluss.kernel.tx import Tx
from sluss.replies.canned.audience import Whom, reach_of, require_change
from sluss.replies.canned.queries import Use
from sluss.replies.macros.models import macro_uses, macros
from sluss.replies.macros.steps import Step

MOST = 500


class Macro(msgspec.Struct, frozen=True, kw_only=True):
    """A macro as stored; instants in microseconds UTC. `onward` is where the agent goes afterwards."""

    id: int
    name: str
    whom: Whom
    holder: int
    team_ids: list[int]
    inbox_ids: list[int]
    owner_id: int | None
    steps: Any
    onward: str
    revision: int
    changed_at: int
    changed_by: int | None
    archived_at: int | None

    @property
    def deeds(self) -> list[Step]:
        """The steps, read."""
        return msgspec.convert(self.steps, list[Step])


_CHOSEN = sa.select(*fields(Macro, macros))


def access_macro(tx: Tx, who: Actor, macro_id: int) -> Macro:
    """The macro of an id. One that is not for the actor is `Missing`, exactly as one that does not exist."""
    return _seen(tx, who, tx.struct(Macro, _CHOSEN.where(macros.c.workspace_id == who.workspace_id, macros.c.id == macro_id)))


def hold_macro(tx: Tx, who: Actor, macro_id: int) -> Macro:
    """The macro of an id, for a change, held until the transaction ends."""
    this = _CHOSEN.where(macros.c.workspace_id == who.workspace_id, macros.c.id == macro_id)
    found = _seen(tx, who, tx.struct(Macro, this.with_for_update()))
    require_change(who, found)
    return found


def list_macros(tx: Tx, who: Actor, *, archived: bool = False) -> list[Macro]:
    """All that exist for the actor, by name."""
    c = macros.c
    kept = c.archived_at.is_not(None) if archived else c.archived_at.is_(None)
    mine = (c.workspace_id == who.workspace_id) & c.holder.in_({0, who.id}) & kept
    reach = reach_of(tx, who)
    return [one for one in tx.structs(Macro, _CHOSEN.where(mine).order_by(c.name, c.id).limit(MOST)) if reach.covers(one)]


def runs_of(tx: Tx, who: Actor, *, since: int = 0, by_me: bool = False) -> dict[int, Use]:
    """Runs by macro, since a day of the epoch; only those by the actor with `by_me`."""
    c = macro_uses.c
    mine = (c.workspace_id == who.workspace_id) & (c.day >= since // DAY)
    mine &= (c.agent_id == who.id) if by_me else sa.true()
    counted = sa.select(c.macro_id, sa.func.sum(c.count).label("uses"), sa.func.max(c.last_at).label("last_at"))
    return {row.macro_id: Use(int(row.uses), int(row.last_at)) for row in tx.rows(counted.where(mine).group_by(c.macro_id))}


def _seen(tx: Tx, who: Actor, found: Macro | None) -> Macro:
    if found is None or not reach_of(tx, who).covers(found):
        raise Missing
    return found
