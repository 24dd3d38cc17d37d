"""What the desk's forms do, as actions by case number. In: a number and what was chosen. Out: what was so before, for the way back.

The work is done by the actions of `cases`, with their checks; here a form's words become their arguments.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sluss.cases.access import CaseRow, Priority, Status, access_case_no, lead_on, work_on_case
from sluss.cases.actions import assign_case, set_priority, set_status, set_tags
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Missing
from sluss.kernel.tx import Tx
from sluss.outbox.queries import access_operation
from sluss.replies.forwarding import Forward
from sluss.replies.sending import require_seen
from sluss.replies.undoing import undo_send

MOST = 200


class Was(msgspec.Struct, frozen=True, kw_only=True):
    """A case before a deed; `until` in µs UTC."""

    no: int
    status: Status
    until: int | None
    assignee_id: int | None


def assign(tx: Tx, who: Actor, no: int, agent_id: int | None) -> Was:
    """Give a case to somebody, or to nobody."""
    case = _hold(tx, who, no)
    assign_case(tx, who, case.id, agent_id)
    return _was(case)


def move(tx: Tx, who: Actor, no: int, status: Status, until: int | None = None) -> Was:
    """Change the status."""
    case = _hold(tx, who, no)
    set_status(tx, who, case.id, status, until)
    return _was(case)


def rank(tx: Tx, who: Actor, no: int, priority: Priority) -> Was:
    """Change the priority."""
    case = _hold(tx, who, no)
    set_priority(tx, who, case.id, priority)
    return _was(case)


def label(tx: Tx, who: Actor, no: int, names: Sequence[str]) -> Was:
    """Change the tags to exactly these."""
    case = _hold(tx, who, no)
    set_tags(tx, who, case.id, names)
    return _was(case)


def solve(tx: Tx, who: Actor, no: int, seen: str, anyway: bool) -> Was:  # noqa: FBT001 - `once` passes arguments by position
    """Solve without a word, unless somebody has said something that the agent has not seen. Raises `Stopped`."""
    case = _hold(tx, who, no)
    if seen and not anyway:
        require_seen(tx, who, case.id, seen)
    set_status(tx, who, case.id, "solved")
    return _was(case)


def take_back(tx: Tx, who: Actor, no: int, operation_id: int) -> Forward | None:
    """Take back a message of this case; `Missing` for another case's. Returns what was to be passed on, if it was no answer."""
    case = lead_on(tx, who, access_case_no(tx, who, no))
    if access_operation(tx, who, operation_id).case_id != case.id:
        raise Missing
    taken = undo_send(tx, who, operation_id)
    return taken if isinstance(taken, Forward) else None


def restore(tx: Tx, who: Actor, before: Sequence[Was]) -> None:
    """Make cases what they were, by the same actions and with the same checks. A snooze that has run out meanwhile is open."""
    for was in sorted(before[:MOST], key=lambda one: one.no):
        case = _hold(tx, who, was.no)
        asleep = was.status == "snoozed" and (was.until or 0) > tx.now
        status: Status = was.status if was.status != "snoozed" or asleep else "open"
        set_status(tx, who, case.id, status, was.until if asleep else None)
        assign_case(tx, who, case.id, was.assignee_id)


def _hold(tx: Tx, who: Actor, no: int) -> CaseRow:
    """The case of a number, as nobody else can change it before we are done."""
    return work_on_case(tx, who, access_case_no(tx, who, no).id)


def _was(case: CaseRow) -> Was:
    return Was(no=case.number, status=case.status, until=case.snoozed_until, assignee_id=case.assignee_id)
