"""The ladder: ask the author, hide, delete, block. In: a step that somebody takes, or a timer. Out: deeds at the network, lines in the log.

Whoever may not decide a step proposes it. A block needs two persons always. What can be undone is undone from the log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec
import sqlalchemy as sa

from sluss.channels.deeds import OPPOSITE, DeedKind
from sluss.kernel.actors import Actor, system
from sluss.kernel.clock import HOUR
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing, Trouble
from sluss.kernel.jobs import schedule
from sluss.kernel.text import clean_text
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.moderation.asking import ask_author, deputy
from sluss.moderation.learning import FINE, forget_lesson, learn
from sluss.moderation.log import Line, MatterRow, change, lines_of, write_line
from sluss.moderation.matters import TIMER, access_matter, hold_matter, open_matter, settle
from sluss.moderation.models import matters, step_proposals
from sluss.moderation.rules import STEPS, Rule, policy_of
from sluss.moderation.spoken import Spoken
from sluss.outbox.deeds import DeedState, deeds_of, order_deed, possible_deeds, take_back_deed
from sluss.replies.approval import Unapproved

REASON = 500
OUTCOMES = {"hide": "hidden", "delete": "deleted", "block": "blocked", "leave": "left"}
UNDONE = {"hide": "unhide", "block": "unblock", "delete": "undelete", "leave": "reopen"}
"""By which line of the log another is taken back; a deletion only in the seconds before it is done."""
DONE = frozenset({*UNDONE, *UNDONE.values()})

Matter = tuple[MatterRow, Spoken, Rule]


class Take(msgspec.Struct, frozen=True, kw_only=True):
    """A step: `leave` says that nothing is wrong. `text` is what the author is told if asked; `rule` another than found it."""

    step: str
    reason: str = ""
    text: str = ""
    rule: str = ""


def begin_moderation(tx: Tx, who: Actor, message_id: int, take: Take) -> str:
    """From the desk: make a matter of a message, and take the first step. Returns `done` or `proposed`."""
    open_matter(tx, who, message_id, take.rule or "other", clean_text(take.reason).strip()[:REASON])
    return take_step(tx, who, message_id, take)


def take_step(tx: Tx, who: Actor, message_id: int, take: Take) -> str:
    """Take a step, or propose it where another has to decide. Returns `done` or `proposed`."""
    matter, spoken = hold_matter(tx, who, message_id)
    policy = policy_of(tx, who)
    if take.step not in {*STEPS, "leave"}:
        raise Invalid({"step": "Choose what is to be done."})
    if take.rule and take.rule in policy.rules and take.rule != matter.rule:
        matter = change(tx, matter, rule=take.rule)
    rule = policy.rule(matter.rule)
    reason = clean_text(take.reason).strip()
    if len(reason) > REASON:
        raise Invalid({"reason": "Write the reason in at most 500 characters."})
    if not reason and take.step != "leave":
        raise Invalid({"reason": "Write why; it stays in the log."})
    _require_possible(tx, who, spoken, take.step)
    if take.step == "block" or not policy.may_take(who.role, take.step):
        _propose(tx, who, (matter, spoken), (take.step, reason), policy.habits.proposal_hours)
        return "proposed"
    try:
        with tx.attempt():
            do_step(tx, who, (matter, spoken, rule), take.step, (reason, take.text))
    except Unapproved:  # it would be asked in public, and a colleague has to see such answers first
        _propose(tx, who, (matter, spoken), (take.step, reason), policy.habits.proposal_hours)
        return "proposed"
    return "done"


def confirm_step(tx: Tx, who: Actor, proposal_id: int) -> None:
    """A second person agrees, and it is done."""
    proposal, matter, spoken = _proposal(tx, who, proposal_id)
    policy = policy_of(tx, who)
    if proposal.proposed_by == who.id:
        raise Conflict("Two persons decide this; ask a colleague.")
    if not policy.may_take(who.role, proposal.step) or who.role == "agent":
        raise Forbidden("A lead, a reviewer or an administrator decides this.")
    _require_possible(tx, who, spoken, proposal.step)
    _settle_proposal(tx, who, proposal.id, "confirmed")
    write_line(tx, who, matter, spoken, "confirm", reason=proposal.reason)
    do_step(tx, who, (matter, spoken, policy.rule(matter.rule)), proposal.step, (proposal.reason, ""))


def refuse_step(tx: Tx, who: Actor, proposal_id: int, reason: str = "") -> None:
    """It is not done; whoever proposed it may take it back as well."""
    proposal, matter, spoken = _proposal(tx, who, proposal_id)
    if who.role == "agent" and proposal.proposed_by != who.id:
        raise Forbidden("A lead, a reviewer or an administrator decides this.")
    _settle_proposal(tx, who, proposal.id, "refused")
    write_line(tx, who, matter, spoken, "refuse", reason=clean_text(reason).strip()[:REASON])


def undo_line(tx: Tx, who: Actor, message_id: int, line_id: int) -> None:
    """Take back what a line of the log did, where the network allows it."""
    matter, spoken = hold_matter(tx, who, message_id)
    lines = {one.id: one for one in lines_of(tx, who, matter.id)}
    line = lines.get(line_id)
    if line is None:
        raise Missing
    if not can_undo(line, list(lines.values()), deeds_on(tx, who, spoken.message_id)):
        raise Conflict("This cannot be taken back; the log says what became of it.")
    if not policy_of(tx, who).may_take(who.role, line.step):
        raise Forbidden("A lead, a reviewer or an administrator decides this.")
    operation_id = take_back_deed(tx, deputy(who), line.operation_id) if line.operation_id else None
    forget_lesson(tx, who, spoken.message_id, line.said)
    write_line(tx, who, matter, spoken, UNDONE[line.step], undoes_id=line.id, operation_id=operation_id)
    settle(tx, who, matter, "")
    change(tx, matter, state="open", outcome="", step="", due_at=None)


def stop_waiting(tx: Tx, who: Actor, message_id: int) -> None:
    """Nothing goes on by itself; a person decides what is next."""
    matter, spoken = hold_matter(tx, who, message_id)
    if matter.state != "waiting":
        raise Conflict("Nothing waits here any more.")
    back_to_people(tx, who, (matter, spoken), "stop")


def back_to_people(tx: Tx, who: Actor, about: tuple[MatterRow, Spoken], step: str, reason: str = "") -> MatterRow:
    """The ladder stops, and the matter stands where somebody has to look at it."""
    matter, spoken = about
    settle(tx, who, matter, "")
    write_line(tx, who, matter, spoken, step, reason=reason)
    return change(tx, matter, state="open", outcome="", due_at=None)


def go_on(tx: Tx, who: Actor, args: Any) -> None:
    """The author's time is over: the next step, as far as the rule lets it go by itself."""
    try:
        matter, spoken = access_matter(tx, who, int(args["message"]))
    except Trouble:  # the case was erased meanwhile
        return
    if matter.state != "waiting" or matter.due_at is None or matter.due_at > tx.now:
        return
    rule = policy_of(tx, who).rule(matter.rule)
    coming = {"ask": "hide", "hide": "delete"}.get(matter.step, "block")
    if coming not in STEPS[: STEPS.index(rule.up_to) + 1] or not can(tx, who, spoken, coming):
        back_to_people(tx, who, (matter, spoken), "over", say("The time is over, and it is still there."))
        return
    do_step(tx, who, (matter, spoken, rule), coming, (say("The author was asked, and the time is over."), ""))


def do_step(tx: Tx, who: Actor, about: Matter, step: str, why: tuple[str, str]) -> MatterRow:
    """Do it: by a person, or by Sluss where the policy says so. `why` is the reason, and what the author is told if it is asked."""
    (matter, spoken, rule), (reason, text) = about, why
    if step == "leave":
        write_line(tx, who, matter, spoken, "leave", reason=reason)
        _teach(tx, who, spoken, FINE)
        return settle(tx, who, matter, OUTCOMES[step], step=step)
    _teach(tx, who, spoken, rule.name)
    if step == "ask":
        answer_id = ask_author(tx, who, spoken, rule, text)
        write_line(tx, who, matter, spoken, "ask", reason=reason, answer_id=answer_id)
        return _wait(tx, who, matter, step, rule)
    operation_id = order_deed(tx, deputy(who), spoken.message_id, cast("DeedKind", step), reason=reason)
    write_line(tx, who, matter, spoken, step, reason=reason, operation_id=operation_id)
    if step == "hide" and rule.up_to == "delete" and matter.state == "waiting" and can(tx, who, spoken, "delete"):
        return _wait(tx, who, matter, step, rule)
    return settle(tx, who, matter, OUTCOMES[step], step=step)


def can_undo(line: Line, lines: Sequence[Line], done: Mapping[int, DeedState]) -> bool:
    """Whether a line can be taken back: nothing was done after it, and its deed (`done` has them) can be undone at the network."""
    if line.step not in UNDONE or any(one.id > line.id and one.step in DONE for one in lines):
        return False
    deed = done.get(line.operation_id or 0)
    return deed is None or deed.undo_until is not None or (deed.kind in OPPOSITE and deed.state != "failed")


def deeds_on(tx: Tx, who: Actor, message_id: int) -> dict[int, DeedState]:
    """How the deeds on a message stand, by their operations."""
    return {one.operation_id: one for states in deeds_of(tx, who, [message_id]).values() for one in states}


def expire_proposals(tx: Tx, who: Actor) -> None:
    """Proposals that nobody answered in time are over."""
    c = step_proposals.c
    old = (c.workspace_id == who.workspace_id) & (c.state == "open") & (c.expires_at <= tx.now)
    joined = step_proposals.join(matters, (matters.c.workspace_id == c.workspace_id) & (matters.c.id == c.matter_id))
    for row in tx.rows(sa.select(c.id, matters.c.message_id).select_from(joined).where(old).limit(200)):
        _settle_proposal(tx, who, row.id, "expired")
        matter, spoken = access_matter(tx, system(who.workspace_id), row.message_id)
        write_line(tx, who, matter, spoken, "expire")


def _teach(tx: Tx, who: Actor, spoken: Spoken, label: str) -> None:
    """Only people's decisions teach."""
    if who.kind == "agent":
        learn(tx, who, spoken.message_id, spoken.text, label)


def _wait(tx: Tx, who: Actor, matter: MatterRow, step: str, rule: Rule) -> MatterRow:
    """Until the time is over; a rule that gives none lets nothing happen by itself."""
    due_at = tx.now + rule.wait if rule.wait else None
    if due_at is not None:
        schedule(tx, who, (TIMER, str(matter.id)), due_at, {"message": matter.message_id})
    return change(tx, matter, state="waiting", step=step, outcome="", due_at=due_at)


def _propose(tx: Tx, who: Actor, about: tuple[MatterRow, Spoken], what: tuple[str, str], hours: int) -> None:
    (matter, spoken), (step, reason) = about, what
    c = step_proposals.c
    mine = (c.workspace_id == who.workspace_id) & (c.matter_id == matter.id) & (c.state == "open")
    if tx.row(sa.select(c.id).where(mine)) is not None:
        raise Conflict("A colleague has proposed something here already. It has to be decided first.")
    row: dict[str, Any] = {"workspace_id": who.workspace_id, "id": tx.new_id(), "matter_id": matter.id, "step": step, "reason": reason}
    row |= {"proposed_by": who.id, "at": tx.now, "expires_at": tx.now + hours * HOUR, "state": "open"}
    tx.run(sa.insert(step_proposals), row | {"settled_by": None, "settled_at": None})
    write_line(tx, who, matter, spoken, f"propose {step}", reason=reason)


def _proposal(tx: Tx, who: Actor, proposal_id: int) -> tuple[sa.Row[Any], MatterRow, Spoken]:
    c = step_proposals.c
    joined = step_proposals.join(matters, (matters.c.workspace_id == c.workspace_id) & (matters.c.id == c.matter_id))
    this = (c.workspace_id == who.workspace_id) & (c.id == proposal_id)
    chosen = sa.select(step_proposals, matters.c.message_id).select_from(joined).where(this)
    row = tx.row(chosen)
    if row is None:
        raise Missing
    matter, spoken = hold_matter(tx, who, row.message_id)
    row = tx.row(chosen)
    if row is None or row.state != "open" or row.expires_at <= tx.now:
        raise Conflict("This proposal is over. Look at the matter again.")
    return row, matter, spoken


def _settle_proposal(tx: Tx, who: Actor, proposal_id: int, state: str) -> None:
    this = (step_proposals.c.workspace_id == who.workspace_id) & (step_proposals.c.id == proposal_id)
    by = who.id if who.kind == "agent" else None
    tx.run(sa.update(step_proposals).where(this).values(state=state, settled_by=by, settled_at=tx.now))


def can(tx: Tx, who: Actor, spoken: Spoken, step: str) -> bool:
    """Whether the network lets us, as the message stands now."""
    return step in possible_deeds(tx, who, [spoken.message_id]).get(spoken.message_id, frozenset())


def _require_possible(tx: Tx, who: Actor, spoken: Spoken, step: str) -> None:
    if spoken.removed_at is not None and step in {"ask", "hide", "delete"}:
        raise Conflict("It is no longer there: it was removed at the network.")
    if step in {"hide", "delete", "block"} and not can(tx, who, spoken, step):
        raise Conflict("This network does not let us do that. Open it there.")
