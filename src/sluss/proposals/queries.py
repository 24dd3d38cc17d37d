"""What is proposed for cases. In: cases, a reader. Out: the other case of each proposal, why, and whether it was answered already.

A proposal is told only to who may see both cases.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.access import visible_to
from sluss.cases.models import cases, conversations, messages
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.people.models import agents
from sluss.proposals.models import proposals

SHOWN = 3
GONE = ("closed", "spam")


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """Another case that may be the same. `apart` is the time between the two messages; `answered_by` who answered there, and when."""

    id: int
    other_id: int
    number: int
    subject: str
    inbox_id: int
    status: str
    reason: str
    apart: int
    answered_at: int | None = None
    answered_by: str = ""


def proposals_of(tx: Tx, who: Actor, case_id: int) -> list[Proposal]:
    """Open proposals about a case that the actor may see, the likeliest first."""
    p, c = proposals.c, cases.c
    mine = (p.workspace_id == who.workspace_id) & (p.state == "open")
    # Apart: asked for either side at once, neither index serves.
    rows = [
        *tx.rows(
            sa.select(p.id, p.other_id.label("to"), p.reason, p.score, p.message_id, p.other_message_id).where(mine, p.case_id == case_id)
        ),
        *tx.rows(
            sa.select(p.id, p.case_id.label("to"), p.reason, p.score, p.message_id, p.other_message_id).where(mine, p.other_id == case_id)
        ),
    ]
    wanted = sa.select(c.id, c.number, c.subject, c.inbox_id, c.status)
    seen = (
        {row.id: row for row in tx.rows(wanted.where(visible_to(who), c.id.in_([row.to for row in rows]), c.status.not_in(GONE)))}
        if rows
        else {}
    )
    shown = sorted((row for row in rows if row.to in seen), key=lambda row: (-row.score, row.id))[:SHOWN]
    times = _times(tx, who, [one for row in shown for one in (row.message_id, row.other_message_id)])
    return [
        Proposal(
            id=row.id,
            other_id=row.to,
            number=seen[row.to].number,
            subject=seen[row.to].subject,
            inbox_id=seen[row.to].inbox_id,
            status=seen[row.to].status,
            reason=row.reason,
            apart=abs(times.get(row.message_id, 0) - times.get(row.other_message_id, 0)),
            **_answer(tx, who, row.to, min(times.get(row.message_id, 0), times.get(row.other_message_id, 0))),
        )
        for row in shown
    ]


def proposed_cases(tx: Tx, who: Actor, case_ids: Collection[int]) -> set[int]:
    """Those of the cases about which something is proposed that the actor may see."""
    if not case_ids:
        return set()
    p, c = proposals.c, cases.c
    mine = (p.workspace_id == who.workspace_id) & (p.state == "open")
    # Two questions in one, each with its own index; "or" would take neither.
    ours = sa.select(p.case_id.label("id"), p.other_id.label("other")).where(mine, p.case_id.in_(case_ids))
    theirs = sa.select(p.other_id, p.case_id).where(mine, p.other_id.in_(case_ids))
    pairs = [(row.id, row.other) for row in tx.rows(ours.union_all(theirs))]
    if not pairs:
        return set()
    others = sa.select(c.id).where(visible_to(who), c.id.in_({other for _case, other in pairs}), c.status.not_in(GONE))
    seen = {row.id for row in tx.rows(others)}
    return {case for case, other in pairs if other in seen}


def _times(tx: Tx, who: Actor, ids: Collection[int]) -> dict[int, int]:
    m = messages.c
    return (
        {row.id: row.at for row in tx.rows(sa.select(m.id, m.at).where(m.workspace_id == who.workspace_id, m.id.in_(ids)))} if ids else {}
    )


def _answer(tx: Tx, who: Actor, case_id: int, since: int) -> dict[str, Any]:
    """The newest answer of ours in a case since a message came."""
    m, v, a = messages.c, conversations.c, agents.c
    spoken = [row.id for row in tx.rows(sa.select(v.id).where(v.workspace_id == who.workspace_id, v.case_id == case_id, ~v.aside))]
    joined = messages.outerjoin(agents, (a.workspace_id == m.workspace_id) & (a.id == m.agent_id))
    ours = (
        (m.workspace_id == who.workspace_id)
        & m.conversation_id.in_(spoken)
        & (m.direction == "out")
        & (m.automatic == "")
        & (m.at >= since)
    )
    row = tx.row(sa.select(m.at, m.author, a.name).select_from(joined).where(ours).order_by(m.id.desc()).limit(1))
    return {} if row is None else {"answered_at": row.at, "answered_by": row.name or row.author}
