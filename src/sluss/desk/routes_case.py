"""What is done to cases from the desk, one or many, and to deliveries. In: forms. Out: what changed, and the way back."""

from __future__ import annotations

from typing import Any

from litestar import Response, post

from sluss.cases.access import Status, access_case, access_case_no
from sluss.channels.visitors import note_agent_read
from sluss.customers.screens import Person
from sluss.desk.answers import changed, page_behind, page_of, told, voice_of
from sluss.desk.around import people
from sluss.desk.deeds import Was, assign, label, move, rank, solve
from sluss.desk.desk import Look, read_desk, show_news
from sluss.desk.screens import Stopped
from sluss.desk.shapes import (
    AssignForm,
    Empty,
    PriorityForm,
    RetryForm,
    StatusForm,
    TagsForm,
    number,
    write_was,
)
from sluss.desk.until import USUAL, understand
from sluss.desk.until_reading import Unclear
from sluss.desk.visiting import unseen_by_us
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid
from sluss.kernel.tx import Tx
from sluss.notifications.actions import has_unread, read_case
from sluss.outbox.actions import cancel_operation, release_held, retry_operation
from sluss.outbox.queries import access_operation
from sluss.people.access import ADMINS, AGENTS, READERS
from sluss.people.once import once
from sluss.people.sessions import Session
from sluss.replies import sending
from sluss.web.edge import Asked, Edge
from sluss.web.formats import short
from sluss.web.locale import gettext as _
from sluss.web.shell import Toast


@post("/cases/{no:str}/assign", may=AGENTS, status_code=200)
async def assign_one(edge: Edge, asked: Asked, who: Actor, no: str) -> Response[Any]:
    """Give a case to somebody, or to nobody."""
    form = await asked.form(AssignForm)
    agent_id = who.id if form.agent == "me" else _agent(form.agent)
    was = await edge.db.write(once, who, await asked.op(), assign, number(no), agent_id)
    before = await edge.db.read(people, who, [was.assignee_id])
    text = _assigned(who, agent_id, before.get(was.assignee_id or 0))
    undo = {"agent": str(was.assignee_id or "")}
    toasts = [Toast(text=text, undo_url=f"/cases/{no}/assign", fields=undo)] if was.assignee_id != agent_id else []
    return await changed(edge, asked, who, number(no), ("head", "timeline", "side"), toasts=toasts)


@post("/cases/{no:str}/status", may=AGENTS, status_code=200)
async def move_one(edge: Edge, asked: Asked, who: Actor, session: Session, no: str) -> Response[Any]:
    """Move a case along."""
    form = await asked.form(StatusForm)
    try:
        status, until = _destination(form, asked.reader.zone, edge.db.clock(), session.snooze_words)
    except Invalid as error:
        if not asked.htmx:
            raise
        return await _unclear(edge, asked, who, error)
    try:
        was = await _move(edge, asked, who, (number(no), status, until), form)
    except sending.Stopped as stopped:
        return await _unsolved(edge, asked, who, number(no), stopped)
    toasts = [_moved(status, until, [was])] if was.status != status or was.until != until else []
    return await changed(edge, asked, who, number(no), ("head", "timeline", "side"), toasts=toasts)


async def _unclear(edge: Edge, asked: Asked, who: Actor, error: Invalid) -> Response[Any]:
    """No time, or none to come: the sentence says how to write one, and the words stay where they were typed."""
    answer = await told(edge, asked, who, [Toast(text=_(error.fields["until"]), kind="bad")])
    answer.status_code = 422
    return answer


async def _move(edge: Edge, asked: Asked, who: Actor, where: tuple[int, Status, int | None], form: StatusForm) -> Was:
    if where[1] == "solved":
        return await edge.db.write(once, who, await asked.op(), solve, where[0], form.seen, form.anyway == "1")
    return await edge.db.write(once, who, await asked.op(), move, *where)


async def _unsolved(edge: Edge, asked: Asked, who: Actor, no: int, stopped: sending.Stopped) -> Response[Any]:
    """Somebody wrote while the case was being put away: it stays, and the news is shown."""
    news = show_news(stopped.news)
    if asked.htmx:
        screen = Stopped(no=no, op=await asked.op(), news=news, solving=True, seen=stopped.mark)
        return asked.answer("desk/stopped.html", await page_behind(asked), 409, stopped=screen)
    text = _("Not solved: %(name)s has written meanwhile.") % {"name": news.by}
    case = await edge.db.read(read_desk, who, Look(voice=voice_of(asked), no=no))
    return asked.answer("desk/inbox.html", page_of(asked, case, f"/c/{no}", [Toast(text=text, kind="bad")]), 409, desk=case.desk)


@post("/cases/{no:str}/priority", may=AGENTS, status_code=200)
async def rank_one(edge: Edge, asked: Asked, who: Actor, no: str) -> Response[Any]:
    """Change the priority."""
    form = await asked.form(PriorityForm)
    await edge.db.write(once, who, await asked.op(), rank, number(no), form.priority)
    return await changed(edge, asked, who, number(no), ("head", "timeline"))


@post("/cases/{no:str}/tags", may=AGENTS, status_code=200)
async def label_one(edge: Edge, asked: Asked, who: Actor, no: str) -> Response[Any]:
    """Change the tags."""
    form = await asked.form(TagsForm)
    names = [*form.tag, *(name for name in form.new.split(",") if name.strip())]
    await edge.db.write(once, who, await asked.op(), label, number(no), names)
    return await changed(edge, asked, who, number(no), ("head", "timeline", "side"))


@post("/cases/{no:str}/read", may=READERS, status_code=204)
async def mark_read(edge: Edge, asked: Asked, who: Actor, no: str) -> Response[None]:
    """Looked at: what the bell told of it is read, and who wrote from a web site is told. A row stays bold while the customer waits."""
    await asked.form(Empty)
    case = await edge.db.read(access_case_no, who, number(no))
    if await edge.db.read(has_unread, who, case.id):
        await edge.db.write(read_case, who, case.id)
    if unseen := await edge.db.read(unseen_by_us, who, case):
        await edge.db.write_grouped(note_agent_read, who, unseen)
    return asked.nothing()


@post("/operations/{operation:str}/retry", may=AGENTS, status_code=200)
async def retry(edge: Edge, asked: Asked, who: Actor, operation: str) -> Response[Any]:
    """Send again."""
    form = await asked.form(RetryForm)
    no = await edge.db.write(once, who, await asked.op(), _retry, number(operation), form.anyway == "1")
    return await changed(edge, asked, who, no, ("timeline",))


@post("/operations/{operation:str}/cancel", may=AGENTS, status_code=200)
async def cancel(edge: Edge, asked: Asked, who: Actor, operation: str) -> Response[Any]:
    """Give up what waits."""
    await asked.form(Empty)
    no = await edge.db.write(once, who, await asked.op(), _cancel, number(operation))
    return await changed(edge, asked, who, no, ("timeline",))


@post("/operations/release", may=ADMINS, status_code=200)
async def release(edge: Edge, asked: Asked, who: Actor) -> Response[Any]:
    """Let go what was held since a restore."""
    await asked.form(Empty)
    await edge.db.write(once, who, await asked.op(), release_held)
    return await told(edge, asked, who, [Toast(text=_("What was on hold is going out"))])


def _retry(tx: Tx, who: Actor, operation_id: int, anyway: bool) -> int:  # noqa: FBT001 - `once` passes arguments by position
    retry_operation(tx, who, operation_id, anyway=anyway)
    return _number_of(tx, who, operation_id)


def _cancel(tx: Tx, who: Actor, operation_id: int) -> int:
    cancel_operation(tx, who, operation_id)
    return _number_of(tx, who, operation_id)


def _number_of(tx: Tx, who: Actor, operation_id: int) -> int:
    return access_case(tx, who, access_operation(tx, who, operation_id).case_id).number


def _agent(text: str) -> int | None:
    if text and not text.isdigit():
        raise Invalid({"agent": "Choose an agent of this workspace who is not disabled."})
    return number(text) if text else None


def _assigned(who: Actor, agent_id: int | None, before: Person | None) -> str:
    """Whoever takes a case from a colleague is told so: two may have reached for it at the same moment."""
    if agent_id is None:
        return _("Nobody holds this now")
    if agent_id == who.id:
        return _("Taken over from %(name)s") % {"name": before.name} if before and before.id != str(who.id) else _("This is yours")
    return _("Assigned")


def _destination(form: StatusForm, zone: str, now: int, own: str | None) -> tuple[Status, int | None]:
    """Snoozed until the customer answers is what waiting for the customer means. `default` is what the agent has chosen, or the usual."""
    if form.status != "snoozed":
        return form.status, None
    words = (own or USUAL) if form.until == "default" else form.until
    try:
        until = understand(words, zone, now)
    except Unclear as unclear:
        raise Invalid({"until": unclear.sentence}) from None
    return ("pending", None) if until is None else ("snoozed", until)


def _moved(status: Status, until: int | None, before: list[Was]) -> Toast:
    text = {
        "open": _("Opened again"),
        "pending": _("Waiting for the customer"),
        "snoozed": _("Snoozed until %(until)s") % {"until": short(until) if until else ""},
        "solved": _("Solved"),
        "closed": _("Closed"),
        "spam": _("Marked as spam"),
    }[status]
    return Toast(text=text, **_way_back(before))


def _way_back(before: list[Was]) -> dict[str, Any]:
    return {"undo_url": "/cases/bulk", "fields": {"action": "restore", "was": write_was(before)}}


ROUTES: list[Any] = [assign_one, move_one, rank_one, label_one, mark_read, retry, cancel, release]
