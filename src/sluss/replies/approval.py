"""Public answers that a second person sees before they leave. In: how an inbox is set. Out: `Unapproved` in place of a sending.

Where such an answer waits, and who says yes, is moderation's.
"""

from __future__ import annotations

from typing import Literal, get_args

import sqlalchemy as sa

from sluss.channels.inboxes import access_inbox
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.errors import Conflict, Forbidden, Invalid
from sluss.kernel.tx import Tx
from sluss.replies.models import approval_rules

Whose = Literal["none", "agents", "all"]


class Unapproved(Conflict):
    """A public answer has to be approved first; nothing was sent."""

    def __init__(self) -> None:
        super().__init__("Not sent: public answers of this inbox are approved first. Propose it, and a colleague sends it.")


def require_approved(tx: Tx, who: Actor, inbox_id: int, approved_by: int) -> None:
    """Raise `Unapproved` where the writer's public answers need the word of somebody else."""
    whose = whose_answers_wait(tx, who, inbox_id)
    waits = whose == "all" or (whose == "agents" and who.role == "agent")
    if waits and approved_by in {0, who.id}:
        raise Unapproved


def whose_answers_wait(tx: Tx, who: Actor, inbox_id: int) -> Whose:
    """Whose public answers wait at an inbox: nobody's unless somebody chose so."""
    c = approval_rules.c
    return tx.value(sa.select(c.whose).where(c.workspace_id == who.workspace_id, c.inbox_id == inbox_id)) or "none"


def set_approval(tx: Tx, who: Actor, inbox_id: int, whose: str) -> None:
    """Choose whose public answers wait at an inbox."""
    if who.kind == "agent" and who.role != "admin":
        raise Forbidden("Only administrators change the policy.")
    if whose not in get_args(Whose):
        raise Invalid({"whose": "Choose nobody’s, agents’ or everybody’s."})
    inbox = access_inbox(tx, who, inbox_id)
    mine = (approval_rules.c.workspace_id == who.workspace_id) & (approval_rules.c.inbox_id == inbox.id)
    tx.run(sa.delete(approval_rules).where(mine))
    tx.run(sa.insert(approval_rules), {"workspace_id": who.workspace_id, "inbox_id": inbox.id, "whose": whose})
    note_deed(tx, who, "moderation.approval", ("inbox", inbox.id), whose=whose)
