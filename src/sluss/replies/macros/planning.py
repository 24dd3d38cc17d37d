"""What a macro will do in one case. In: a case, a macro. Out: its deeds with texts and times filled in, or the sentence why not.

Only reads: the preview shows exactly what running it will do, and running refuses what the preview refused, before anything is changed.
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow, access_case
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Conflict, Missing
from sluss.kernel.text import fold
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.people.models import agents
from sluss.replies.canned.audience import is_for
from sluss.replies.canned.facts import facts_of
from sluss.replies.canned.filling import OPEN, Filled, fill_text
from sluss.replies.canned.queries import Use
from sluss.replies.canned.using import LONGEST_QUERY, RECENT, Offer, offer
from sluss.replies.drafts import find_draft
from sluss.replies.macros.queries import Macro, access_macro, list_macros, runs_of
from sluss.replies.macros.steps import Assign, Draft, Move, Note, Send, Step, wakes_at
from sluss.replies.recipients import written
from sluss.replies.sending import APPROVED_ONLY
from sluss.replies.targets import Target, target_of

BEGUN = say("You have begun an answer here. Send it or clear it, then run the macro.")
GONE = say("A canned answer of this macro is archived or not for you. Nothing was done.")
NOBODY = say("There is nobody here to answer to.")
LEFT = say("The macro gives the case to somebody who has left. Nothing was done.")


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """One step in one case. `text` is filled in, `until` in microseconds UTC, `name` an agent's; `cc` who is copied in as ever."""

    step: Step
    text: str = ""
    offer: Offer | None = None
    until: int | None = None
    agent_id: int | None = None
    name: str = ""
    to: str = ""
    cc: str = ""


class Plan(msgspec.Struct, frozen=True):
    """All deeds of a macro in a case, in order."""

    macro: Macro
    case: CaseRow
    deeds: tuple[Deed, ...]

    def find(self, *kinds: type[Any]) -> Deed | None:
        """The deed of a kind, if there is one."""
        return next((one for one in self.deeds if isinstance(one.step, kinds)), None)


class Candidate(msgspec.Struct, frozen=True):
    """A macro that is offered for a case, and what it would do there; or why it cannot be run."""

    macro: Macro
    plan: Plan | None
    problem: str = ""


def candidates(tx: Tx, who: Actor, case_id: int, words: str, most: int) -> list[Candidate]:
    """Macros for a case that fit what was typed, those that the agent runs most first."""
    case, sought = access_case(tx, who, case_id), fold(words[:LONGEST_QUERY]).split()
    mine = runs_of(tx, who, since=tx.now - RECENT, by_me=True)
    fitting = [one for one in list_macros(tx, who) if is_for(tx, who, one, case) and all(word in fold(one.name) for word in sought)]
    ranked = sorted(fitting, key=lambda one: (-mine.get(one.id, Use()).count, one.name))
    return [_candidate(tx, who, case, one) for one in ranked[:most]]


def plan_macro(tx: Tx, who: Actor, case_id: int, macro_id: int) -> Plan:
    """What a macro will do. Raises `Conflict` with the reason when one of its steps cannot be done."""
    case, macro = access_case(tx, who, case_id), access_macro(tx, who, macro_id)
    if macro.archived_at is not None or not is_for(tx, who, macro, case):
        raise Missing
    return Plan(macro, case, tuple(_deed(tx, who, case, one) for one in macro.deeds))


def _candidate(tx: Tx, who: Actor, case: CaseRow, macro: Macro) -> Candidate:
    try:
        return Candidate(macro, plan_macro(tx, who, case.id, macro.id))
    except Conflict as conflict:
        return Candidate(macro, None, conflict.sentence)


def _deed(tx: Tx, who: Actor, case: CaseRow, step: Step) -> Deed:
    match step:
        case Draft(answer_id) | Send(answer_id):
            return _answer(tx, who, case, step, answer_id)
        case Note(text):
            facts = facts_of(tx, who, case)
            return Deed(step=step, text=_closed(fill_text(text, facts.values(facts.usual))))
        case Assign(to):
            return _assign(tx, who, step, to)
        case Move(status, until):
            return Deed(step=step, until=wakes_at(tx, who, until) if status == "snoozed" and until != "reply" else None)
        case _:
            return Deed(step=step)


def _answer(tx: Tx, who: Actor, case: CaseRow, step: Step, answer_id: int) -> Deed:
    try:
        found = offer(tx, who, case.id, answer_id)
    except Missing:
        raise Conflict(GONE) from None
    target = _target(tx, who, case)
    cc = written(target.copied) if target.capabilities.can_cc and target.keeps_copied else ""
    shared: dict[str, Any] = {"offer": found, "to": target.to.name or target.to.address, "cc": cc}
    if isinstance(step, Draft):
        return Deed(step=step, text=found.filled.text, **shared)
    begun = find_draft(tx, who, case.id, "reply")
    if begun is not None and (begun.text.strip() or begun.attachment_ids):
        raise Conflict(BEGUN)
    return Deed(step=step, text=_closed(found.filled), **shared)


def _target(tx: Tx, who: Actor, case: CaseRow) -> Target:
    try:
        target = target_of(tx, who, case.id)
    except Missing:
        raise Conflict(NOBODY) from None
    if target.closed:
        raise Conflict(target.closed)
    if target.must_template:
        raise Conflict(say(APPROVED_ONLY, network=target.capabilities.label))
    return target


def _assign(tx: Tx, who: Actor, step: Step, to: str) -> Deed:
    if to == "nobody":
        return Deed(step=step)
    agent_id = who.id if to == "me" else int(to)
    mine = (agents.c.workspace_id == who.workspace_id) & (agents.c.id == agent_id) & agents.c.disabled_at.is_(None)
    name = tx.value(sa.select(agents.c.name).where(mine))
    if name is None:
        raise Conflict(LEFT)
    return Deed(step=step, agent_id=agent_id, name=str(name))


def _closed(filled: Filled) -> str:
    """A text that leaves by itself has nothing open in it."""
    if filled.gaps:
        raise Conflict(say(OPEN, fields=", ".join(dict.fromkeys("{{" + one.field + "}}" for one in filled.gaps))))
    return filled.text
