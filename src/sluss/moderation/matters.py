"""Matters: public messages that somebody has to decide about. In: a finding, or a colleague's eye. Out: rows, opened or settled."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sluss.kernel.actors import Actor
from sluss.kernel.errors import Forbidden, Missing
from sluss.kernel.jobs import cancel
from sluss.kernel.schema import fields
from sluss.kernel.tx import Tx
from sluss.moderation.log import MatterRow, change, write_line
from sluss.moderation.models import matters, step_proposals
from sluss.moderation.spoken import Spoken, access_spoken

TIMER = "moderation"
"""The kind of the timer by which a ladder goes on; its key is the matter's id."""
DECIDERS = frozenset({"admin", "lead", "agent", "reviewer"})


def open_matter(tx: Tx, who: Actor, message_id: int, rule: str, reason: str = "") -> tuple[MatterRow, Spoken]:
    """The matter of a message, made or opened again by a colleague who looked at it."""
    spoken = access_spoken(tx, who, message_id)
    require_decider(who)
    known = find_matter(tx, who, message_id)
    if known is None or known.state == "settled":
        return note_flag(tx, who, spoken, rule, reason), spoken
    return change(tx, known, rule=rule) if rule and rule != known.rule else known, spoken


def note_flag(tx: Tx, who: Actor, spoken: Spoken, rule: str, reason: str) -> MatterRow:
    """Let a message wait for a decision."""
    known = find_matter(tx, who, spoken.message_id)
    if known is not None:
        again = known if known.state != "settled" else change(tx, known, state="open", step="", outcome="", due_at=None, by_itself=False)
        matter = change(tx, again, rule=rule)
    else:
        row: dict[str, Any] = {"workspace_id": who.workspace_id, "id": tx.new_id(), "message_id": spoken.message_id, "rule": rule}
        row |= {"state": "open", "step": "", "outcome": "", "by_itself": False, "due_at": None, "opened_at": tx.now, "changed_at": tx.now}
        tx.run(sa.insert(matters), row)
        matter = MatterRow(**row)
    write_line(tx, who, matter, spoken, "flag", reason=reason)
    return matter


def access_matter(tx: Tx, who: Actor, message_id: int) -> tuple[MatterRow, Spoken]:
    """The matter of a message, through its case; any other is `Missing`."""
    spoken, found = access_spoken(tx, who, message_id), find_matter(tx, who, message_id)
    if found is None:
        raise Missing
    return found, spoken


def hold_matter(tx: Tx, who: Actor, message_id: int) -> tuple[MatterRow, Spoken]:
    """The same for a change: who decides about one matter goes one after the other."""
    access_matter(tx, who, message_id)
    require_decider(who)
    c = matters.c
    tx.row(sa.select(c.id).where(c.workspace_id == who.workspace_id, c.message_id == message_id).with_for_update())
    return access_matter(tx, who, message_id)


def find_matter(tx: Tx, who: Actor, message_id: int) -> MatterRow | None:
    """The matter of a message, if there is one."""
    mine = (matters.c.workspace_id == who.workspace_id) & (matters.c.message_id == message_id)
    return tx.struct(MatterRow, sa.select(*fields(MatterRow, matters)).where(mine))


def settle(tx: Tx, who: Actor, matter: MatterRow, outcome: str, **more: Any) -> MatterRow:
    """Let a matter be over; nothing goes on by itself, and what was proposed is moot."""
    cancel(tx, who, TIMER, str(matter.id))
    drop_proposals(tx, who, matter.id)
    return change(tx, matter, state="settled", outcome=outcome, due_at=None, **more)


def drop_proposals(tx: Tx, who: Actor, matter_id: int) -> None:
    """Proposals about a matter that has taken another way."""
    c = step_proposals.c
    waiting = (c.workspace_id == who.workspace_id) & (c.matter_id == matter_id) & (c.state == "open")
    tx.run(sa.update(step_proposals).where(waiting).values(state="dropped", settled_at=tx.now))


def require_decider(who: Actor) -> None:
    """Reviewers decide here as agents do, though they answer no cases."""
    if who.kind == "agent" and who.role not in DECIDERS:
        raise Forbidden("Your role does not moderate.")
