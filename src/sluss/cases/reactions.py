"""What cases do when something happens elsewhere. In: recorded events. Out: calls of actions."""

from __future__ import annotations

import sqlalchemy as sa

from sluss.cases.actions import assign_case
from sluss.cases.models import cases
from sluss.kernel.actors import system
from sluss.kernel.events import Recorded
from sluss.kernel.tx import Tx
from sluss.people.events import AgentDisabled
from sluss.people.models import agents

UNFINISHED = ("open", "pending", "snoozed")


def release_cases(tx: Tx, recorded: Recorded) -> None:
    """Cases of an agent who left go back to where everybody sees them, unless the agent has been let in again meanwhile."""
    if not isinstance(recorded.event, AgentDisabled):
        return
    who, agent_id = system(recorded.workspace_id), recorded.event.agent_id
    gone = (agents.c.workspace_id == who.workspace_id) & (agents.c.id == agent_id) & agents.c.disabled_at.is_not(None)
    if tx.row(sa.select(agents.c.id).where(gone)) is None:
        return
    held = (cases.c.workspace_id == who.workspace_id) & (cases.c.assignee_id == agent_id) & cases.c.status.in_(UNFINISHED)
    for case_id in sorted(row.id for row in tx.rows(sa.select(cases.c.id).where(held))):
        assign_case(tx, who, case_id, None)
