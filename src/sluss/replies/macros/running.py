"""Running a macro, and taking that back. In: a case, a macro, what the agent has seen. Out: all of its deeds in one transaction, or none.

`macro_runs` keeps what the case was before, so that the whole can be taken back: also the answer, while it has not left. What somebody
else changed since then stays as they made it.
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow, Priority, Status, access_case, work_on_case
from sluss.cases.actions import add_note, assign_case, set_priority, set_status, set_tags
from sluss.cases.models import case_tags, tags
from sluss.cases.withdrawing import remove_note
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.clock import DAY
from sluss.kernel.errors import Conflict, Invalid, Missing
from sluss.kernel.tx import Tx
from sluss.replies.attaching import remove_file
from sluss.replies.canned.using import count_use, use_answer
from sluss.replies.drafts import DraftFields, discard_draft, find_draft, put_draft
from sluss.replies.macros.models import macro_runs, macro_uses
from sluss.replies.macros.planning import Deed, Plan, plan_macro
from sluss.replies.macros.steps import Assign, Draft, Move, Note, Rank, Send, Tag, Untag
from sluss.replies.sending import SendReply, require_seen, send_reply
from sluss.replies.undoing import undo_send

KEPT = 30 * DAY


class How(msgspec.Struct, frozen=True, kw_only=True):
    """What the agent had seen of the case (`news.mark_of`); `anyway` after being told the news."""

    seen: str = ""
    anyway: bool = False


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """A macro that was run. `leaves_at` (microseconds UTC) is until when it can be taken back, where something was sent."""

    run_id: int
    no: int
    name: str
    onward: str
    leaves_at: int | None = None


class _Before(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed to take a run back: pairs are before and after."""

    status: tuple[Status, Status]
    until: tuple[int | None, int | None]
    assignee: tuple[int | None, int | None]
    priority: tuple[Priority, Priority]
    tagged: tuple[str, ...] = ()
    untagged: tuple[str, ...] = ()
    note_id: int | None = None
    operation_id: int | None = None
    draft: tuple[str, tuple[int, ...], int] | None = None
    """The text before, its files, and the revision that the macro made."""
    file_ids: tuple[int, ...] = ()


class _Done:
    """What the deeds left behind so far."""

    def __init__(self) -> None:
        self.note_id: int | None = None
        self.operation_id: int | None = None
        self.leaves_at: int | None = None
        self.draft: tuple[str, tuple[int, ...], int] | None = None
        self.file_ids: tuple[int, ...] = ()


def run_macro(tx: Tx, who: Actor, case_id: int, macro_id: int, how: How = How()) -> Ran:  # noqa: B008 - a frozen value
    """Do all that a macro says, or nothing. Raises `Conflict` with the reason, or `Stopped` where there is unseen news."""
    case = work_on_case(tx, who, case_id)
    plan = plan_macro(tx, who, case.id, macro_id)
    _require_seen(tx, who, plan, how)
    before, run_id, done = _tags(tx, who, case.id), tx.new_id(), _Done()
    try:
        for deed in plan.deeds:
            _do(tx, who, (plan, deed, how), run_id, done)
    except Invalid as invalid:
        raise Conflict(next(iter(invalid.fields.values()))) from invalid
    _keep(tx, who, (plan, run_id), done, before)
    count_use(tx, who, macro_uses, ("macro_id", plan.macro.id))
    note_deed(tx, who, "case.macro", ("case", case.id), number=case.number, macro=str(plan.macro.id))
    return Ran(run_id=run_id, no=case.number, name=plan.macro.name, onward=plan.macro.onward, leaves_at=done.leaves_at)


def undo_macro(tx: Tx, who: Actor, run_id: int) -> int:
    """Take a whole run back, once. Raises `Conflict` when its answer has left already. Returns the case number."""
    c = macro_runs.c
    this = (c.workspace_id == who.workspace_id) & (c.id == run_id) & (c.agent_id == who.id)
    row = tx.row(sa.select(c.case_id, c.before, c.undone_at).where(this).with_for_update())
    if row is None:
        raise Missing
    case, before = work_on_case(tx, who, row.case_id), msgspec.convert(row.before, _Before)
    if row.undone_at is None:
        _take_back(tx, who, case, before)
        tx.run(sa.update(macro_runs).where(this).values(undone_at=tx.now))
        note_deed(tx, who, "case.undo_macro", ("case", case.id), number=case.number)
    return case.number


def forget_runs(tx: Tx, who: Actor) -> None:
    """The way back is kept for a month."""
    tx.run(sa.delete(macro_runs).where(macro_runs.c.workspace_id == who.workspace_id, macro_runs.c.at < tx.now - KEPT))


def _require_seen(tx: Tx, who: Actor, plan: Plan, how: How) -> None:
    """A macro that answers or puts the case away is stopped by news, as a person would be."""
    moved = plan.find(Move)
    away = moved is not None and isinstance(moved.step, Move) and moved.step.status == "solved"
    if how.anyway or not (plan.find(Send) or away):
        return
    if how.seen or plan.find(Send):
        require_seen(tx, who, plan.case.id, how.seen)


def _do(tx: Tx, who: Actor, what: tuple[Plan, Deed, How], run_id: int, done: _Done) -> None:
    plan, deed, how = what
    case_id = plan.case.id
    match deed.step:
        case Note():
            done.note_id = add_note(tx, who, case_id, deed.text)
        case Tag(names):
            set_tags(tx, who, case_id, [*_tags(tx, who, case_id), *names])
        case Untag(names):
            gone = {one.casefold() for one in names}
            set_tags(tx, who, case_id, [one for one in _tags(tx, who, case_id) if one.casefold() not in gone])
        case Rank(priority):
            set_priority(tx, who, case_id, priority)
        case Assign():
            assign_case(tx, who, case_id, deed.agent_id)
        case Draft(answer_id):
            _draft(tx, who, case_id, (deed, answer_id), done)
        case Send(answer_id):
            _send(tx, who, case_id, (deed, answer_id, how, run_id), done)
        case Move(status, until):
            set_status(tx, who, case_id, "pending" if until == "reply" else status, deed.until)


def _draft(tx: Tx, who: Actor, case_id: int, what: tuple[Deed, int], done: _Done) -> None:
    """Below what was begun, if anything."""
    deed, answer_id = what
    begun = find_draft(tx, who, case_id, "reply")
    files = use_answer(tx, who, case_id, answer_id)
    text, had, cc, bcc = (begun.text, begun.attachment_ids, begun.cc, begun.bcc) if begun is not None else ("", (), deed.cc, "")
    joined = f"{text.rstrip()}\n\n{deed.text}" if text.strip() else deed.text
    revision = begun.revision if begun is not None else 0
    fields = DraftFields(text=joined, cc=cc, bcc=bcc, attachment_ids=(*had, *files), revision=revision)
    done.draft, done.file_ids = (text, had, put_draft(tx, who, case_id, fields).revision), files


def _send(tx: Tx, who: Actor, case_id: int, what: tuple[Deed, int, How, int], done: _Done) -> None:
    deed, answer_id, how, run_id = what
    files = use_answer(tx, who, case_id, answer_id)
    reply = SendReply(op=f"macro-{run_id:x}", case_id=case_id, text=deed.text, cc=deed.cc, attachment_ids=files, seen=how.seen, anyway=True)
    departure = send_reply(tx, who, reply)
    done.operation_id, done.file_ids = departure.operation_ids[0], files
    done.leaves_at = departure.leaves_at if departure.undo_seconds else tx.now


def _keep(tx: Tx, who: Actor, what: tuple[Plan, int], done: _Done, before: list[str]) -> None:
    plan, run_id = what
    was, now, tagged = plan.case, access_case(tx, who, plan.case.id), _tags(tx, who, plan.case.id)
    kept = _Before(
        status=(was.status, now.status),
        until=(was.snoozed_until, now.snoozed_until),
        assignee=(was.assignee_id, now.assignee_id),
        priority=(was.priority, now.priority),
        tagged=tuple(one for one in tagged if one not in before),
        untagged=tuple(one for one in before if one not in tagged),
        note_id=done.note_id,
        operation_id=done.operation_id,
        draft=done.draft,
        file_ids=done.file_ids,
    )
    row = {"workspace_id": who.workspace_id, "id": run_id, "macro_id": plan.macro.id, "case_id": was.id, "agent_id": who.id, "at": tx.now}
    tx.run(sa.insert(macro_runs), row | {"before": kept, "undone_at": None})


def _take_back(tx: Tx, who: Actor, case: CaseRow, before: _Before) -> None:
    untouched = (case.status, case.snoozed_until) == (before.status[1], before.until[1])
    if before.operation_id is not None:
        undo_send(tx, who, before.operation_id)
        discard_draft(tx, who, case.id, "reply")
    _take_back_draft(tx, who, case.id, before)
    if before.note_id is not None:
        remove_note(tx, who, before.note_id)
    if before.tagged or before.untagged:
        set_tags(tx, who, case.id, [one for one in _tags(tx, who, case.id) if one not in before.tagged] + list(before.untagged))
    if case.priority == before.priority[1]:
        set_priority(tx, who, case.id, before.priority[0])
    if case.assignee_id == before.assignee[1] != before.assignee[0]:
        assign_case(tx, who, case.id, before.assignee[0])
    if untouched:
        until = before.until[0]
        asleep = before.status[0] == "snoozed" and (until or 0) > tx.now
        status: Status = before.status[0] if before.status[0] != "snoozed" or asleep else "open"
        set_status(tx, who, case.id, status, until if asleep else None)


def _take_back_draft(tx: Tx, who: Actor, case_id: int, before: _Before) -> None:
    """As it was, unless it was written on since."""
    begun = find_draft(tx, who, case_id, "reply")
    if before.draft is not None and begun is not None and begun.revision == before.draft[2]:
        text, files, revision = before.draft
        if text or files:
            put_draft(tx, who, case_id, DraftFields(text=text, cc=begun.cc, bcc=begun.bcc, attachment_ids=files, revision=revision))
        else:
            discard_draft(tx, who, case_id, "reply")
    elif before.draft is not None and begun is not None:
        return
    for file_id in before.file_ids:
        remove_file(tx, who, file_id)


def _tags(tx: Tx, who: Actor, case_id: int) -> list[str]:
    joined = case_tags.join(tags, (tags.c.workspace_id == case_tags.c.workspace_id) & (tags.c.id == case_tags.c.tag_id))
    mine = (case_tags.c.workspace_id == who.workspace_id) & (case_tags.c.case_id == case_id)
    named: Any = sa.select(tags.c.name).select_from(joined).where(mine).order_by(tags.c.name)
    return [row.name for row in tx.rows(named)]
