"""The way back from a send. In: a message that is about to leave, and what it was made of. Out: a row until it has left."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow, Status
from sluss.kernel.actors import Actor
from sluss.kernel.clock import MINUTE
from sluss.kernel.tx import Tx
from sluss.replies.models import departures


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """What a case was before a message left, and the status that it has had since."""

    status: Status
    snoozed_until: int | None
    waiting_since: int | None
    active_at: int
    preview: str
    after: Status


class Leaving(msgspec.Struct, frozen=True):
    """A message, when it leaves, and the case that it leaves from, as it was."""

    message_id: int
    leaves_at: int
    case: CaseRow
    after: Status


def remember(tx: Tx, who: Actor, leaving: Leaving, made_of: dict[str, Any]) -> None:
    """Keep the way back until the message has left; forget the agent's older ones."""
    c, case = departures.c, leaving.case
    tx.run(sa.delete(departures).where(c.workspace_id == who.workspace_id, c.agent_id == who.id, c.leaves_at < tx.now - MINUTE))
    before = Before(after=leaving.after, **{name: getattr(case, name) for name in Before.__struct_fields__ if name != "after"})
    row: dict[str, Any] = {"workspace_id": who.workspace_id, "message_id": leaving.message_id, "case_id": case.id, "agent_id": who.id}
    row |= {"leaves_at": leaving.leaves_at, "case_before": before, "cc": "", "bcc": "", "revision": 0, "forward": None, "side": None}
    tx.run(sa.insert(departures), row | made_of)
