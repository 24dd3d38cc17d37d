"""What cases do when something happens elsewhere. In: recorded events. Out: calls of actions."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sluss.cases.actions import assign_case
from sluss.cases.models import cases
from sluss.kernel.actors import Actor, system
from sluss.kernel.events import Recorded
from sluss.kernel.jobs import schedule
from sluss.kernel.tx import Tx
from sluss.people.events import AgentDisabled
from sluss.people.models import agents

UNFINISHED = ("open", "pending", "snoozed")
RELEASE = "release_cases"
AT_ONCE = 50


def release_cases(tx: Tx, recorded: Recorded) -> None:
    """Cases of an agent who left go back to where everybody sees them; a few at a time, since thousands would hold up every other write."""
    if isinstance(recorded.event, AgentDisabled):
        release_some(tx, system(recorded.workspace_id), {"agent_id": recorded.event.agent_id})


def release_some(tx: Tx, who: Actor, args: Any) -> None:
    """The next few, and a timer for the rest; none when the agent has been let in again meanwhile."""
    agent_id: int = args["agent_id"]
    gone = (agents.c.workspace_id == who.workspace_id) & (agents.c.id == agent_id) & agents.c.disabled_at.is_not(None)
    if tx.row(sa.select(agents.c.id).where(gone)) is None:
        return
    held = (cases.c.workspace_id == who.workspace_id) & (cases.c.assignee_id == agent_id) & cases.c.status.in_(UNFINISHED)
    found = [row.id for row in tx.rows(sa.select(cases.c.id).where(held).limit(AT_ONCE))]
    for case_id in sorted(found):
        assign_case(tx, who, case_id, None)
    if len(found) == AT_ONCE:
        schedule(tx, who, (RELEASE, str(agent_id)), tx.now, args)
