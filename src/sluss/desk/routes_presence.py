"""What a tab says of itself while it shows a case. In: reading, writing or gone. Out: nothing."""

from __future__ import annotations

import time
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, post

from sluss.desk.presence import leave_case, mark_presence
from sluss.desk.shapes import number
from sluss.kernel.actors import Actor
from sluss.people.access import READERS
from sluss.web.edge import Asked, Edge

IN_A_ROW, PER_SECOND = 30, 2.0
"""What one agent may say at once, and from then on each second: five tabs of one who types need half of it."""
REMEMBERED = 2_000


class PresenceForm(msgspec.Struct, frozen=True):
    """`tab` is a word of the tab's own."""

    doing: Literal["reading", "reply", "note", "side", "gone"]
    tab: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{8,32}$")]


class Pace:
    """How much each agent has said lately, within this process."""

    def __init__(self) -> None:
        self._left: dict[tuple[int, int], tuple[float, float]] = {}

    def allows(self, who: Actor, now: float) -> bool:
        """Count one, if there is one left."""
        if len(self._left) >= REMEMBERED:
            self._left.clear()
        key = (who.workspace_id, who.id)
        left, at = self._left.get(key, (float(IN_A_ROW), now))
        left = min(float(IN_A_ROW), left + (now - at) * PER_SECOND)
        self._left[key] = (max(0.0, left - 1), now)
        return left >= 1


pace = Pace()


@post("/cases/{no:str}/presence", may=READERS, status_code=204)
async def presence(edge: Edge, asked: Asked, who: Actor, no: str) -> Response[None]:
    """Somebody reads here, writes, or has gone. Too much of it is let fall: the next that counts comes in seconds."""
    form = await asked.form(PresenceForm)
    if not pace.allows(who, time.monotonic()):
        return asked.nothing()
    if form.doing == "gone":
        await edge.db.write_grouped(leave_case, who, number(no), form.tab)
    else:
        await edge.db.write_grouped(mark_presence, who, number(no), form.tab, form.doing)
    return asked.nothing()


ROUTES: list[Any] = [presence]
