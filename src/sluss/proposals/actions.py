"""Proposing that two cases are one, and settling it. In: a message that came; an agent's word. Out: rows of proposals, events.

Cases that were merged are one, and nothing is proposed of what is put away: taking the merge back brings the proposal back as well.
A pair of cases is proposed once: what an agent has said is not the same is never proposed again.
"""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa

from sluss.cases.access import access_case, work_on_case
from sluss.cases.actions import refresh_case
from sluss.kernel.actors import Actor, system
from sluss.kernel.audit import note_deed
from sluss.kernel.clock import HOUR
from sluss.kernel.errors import Invalid, Missing
from sluss.kernel.events import Recorded
from sluss.kernel.tx import Tx
from sluss.proposals.finding import find_others, goes_on, hear, keep_clues
from sluss.proposals.models import clues, proposal_rules, proposals
from sluss.proposals.scoring import THRESHOLD

HOURS = 48
LONGEST = 24 * 30
AT_ONCE = 3
"""Proposals that one message makes at most."""
STALE = 1_000
WINDOW = "hours"


def propose_for_message(tx: Tx, recorded: Recorded) -> None:
    """Look for others of the same matter. Doing it again changes nothing."""
    who = system(recorded.workspace_id)
    hours = hours_of(tx, who)
    message_id: int = getattr(recorded.event, "message_id", 0)
    found = hear(tx, who, [message_id]) if hours and message_id else []
    for heard in found:
        if goes_on(tx, who, heard):
            continue
        marks = keep_clues(tx, who, heard)
        others = find_others(tx, who, heard, marks, heard.said.at - hours * HOUR)
        likely = {other.case_id: (other, score) for other, score in reversed(others) if score.value >= THRESHOLD}
        for other, score in list(reversed(likely.values()))[:AT_ONCE]:
            pair = sorted([(heard.case_id, heard.message_id), (other.case_id, other.message_id)])
            _propose(tx, who, pair, reason=score.reason, score=score.value)


def refuse_proposal(tx: Tx, who: Actor, proposal_id: int) -> None:
    """Two cases are not the same; nobody is asked again."""
    _settle(tx, who, proposal_id, "dismissed")


def reopen_proposal(tx: Tx, who: Actor, proposal_id: int) -> None:
    """It may be the same after all."""
    _settle(tx, who, proposal_id, "open")


def access_proposal(tx: Tx, who: Actor, proposal_id: int) -> sa.Row[Any]:
    """A proposal whose cases the actor may both see; any other is `Missing`."""
    row = tx.row(sa.select(proposals).where(proposals.c.workspace_id == who.workspace_id, proposals.c.id == proposal_id))
    if row is None:
        raise Missing
    access_case(tx, who, row.case_id)
    access_case(tx, who, row.other_id)
    return row


def hours_of(tx: Tx, who: Actor) -> int:
    """Within how many hours messages are compared; 0 is not at all."""
    c = proposal_rules.c
    value = tx.value(sa.select(c.value).where(c.workspace_id == who.workspace_id, c.name == WINDOW))
    return HOURS if value is None else int(value)


def set_hours(tx: Tx, who: Actor, hours: int) -> None:
    """Compare messages within so many hours."""
    if not 0 <= hours <= LONGEST:
        raise Invalid({"hours": "Choose between 0 (never) and 720 hours."})
    c = proposal_rules.c
    tx.run(sa.delete(proposal_rules).where(c.workspace_id == who.workspace_id, c.name == WINDOW))
    tx.run(sa.insert(proposal_rules), {"workspace_id": who.workspace_id, "name": WINDOW, "value": hours})
    note_deed(tx, who, "proposals.hours", ("workspace", who.workspace_id), hours=hours)


def forget_clues(tx: Tx, who: Actor) -> None:
    """Clues of messages that nothing is compared with any more; some at a time."""
    c = clues.c
    old = (c.workspace_id == who.workspace_id) & (c.at < tx.now - max(1, hours_of(tx, who)) * HOUR)
    ids = [row.message_id for row in tx.rows(sa.select(c.message_id).where(old).order_by(c.at).limit(STALE))]
    if ids:
        tx.run(sa.delete(clues).where(c.workspace_id == who.workspace_id, c.message_id.in_(ids), c.at < tx.now))


def _propose(tx: Tx, who: Actor, pair: list[tuple[int, int]], *, reason: str, score: int) -> None:
    (case_id, message_id), (other_id, other_message_id) = pair
    c = proposals.c
    if tx.value(sa.select(c.id).where(c.workspace_id == who.workspace_id, c.case_id == case_id, c.other_id == other_id)) is not None:
        return
    row = {"workspace_id": who.workspace_id, "id": tx.new_id(), "case_id": case_id, "other_id": other_id, "message_id": message_id}
    row |= {"other_message_id": other_message_id, "reason": reason, "score": score, "state": "open", "at": tx.now}
    tx.run(sa.insert(proposals), row)
    for one in (case_id, other_id):
        refresh_case(tx, who, one)


def _settle(tx: Tx, who: Actor, proposal_id: int, state: Literal["dismissed", "open"]) -> None:
    row = access_proposal(tx, who, proposal_id)
    for one in (row.case_id, row.other_id):
        work_on_case(tx, who, one)
    if row.state == state:
        return
    this = (proposals.c.workspace_id == who.workspace_id) & (proposals.c.id == row.id)
    tx.run(sa.update(proposals).where(this).values(state=state, settled_by=who.id, settled_at=tx.now))
    note_deed(tx, who, f"proposal.{state}", ("case", row.case_id), other=str(row.other_id), reason=row.reason)
    for one in (row.case_id, row.other_id):
        refresh_case(tx, who, one)
