"""Deeds on messages at their networks: hide, like, delete, block, edit. In: a form, or the question before it. Out: what comes of it."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
from litestar import Response, get, post

from sluss.cases.access import access_case, access_message
from sluss.channels.deeds import DeedKind
from sluss.desk.answers import changed, page_behind
from sluss.desk.around import people
from sluss.desk.deed_asking import read_deed_form
from sluss.desk.public_words import going
from sluss.desk.shapes import DeedShape, Empty, number
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid
from sluss.kernel.tx import Tx
from sluss.moderation.bridging import order_guarded, take_back_guarded
from sluss.outbox.deeds import DeedState, deeds_of, order_deed
from sluss.outbox.queries import access_operation
from sluss.people.access import AGENTS
from sluss.people.once import once
from sluss.replies.guarding import require_discreet_edit
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.shell import Form, Toast

KINDS = frozenset(get_args(DeedKind))


class Wanted(msgspec.Struct, frozen=True):
    """A deed as the form asks for it."""

    kind: DeedKind
    value: str
    reason: str


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A deed that was ordered: the case, the operation (0: it stands so already), and who had ordered the same before."""

    no: int
    operation_id: int
    undo_until: int | None = None
    before: str = ""
    proposed: bool = False


@get("/messages/{message_id:str}/deed", may=AGENTS, reads=("message", "message_id"))
async def ask_deed(edge: Edge, asked: Asked, who: Actor, message_id: str, kind: str = "delete") -> Response[Any]:
    """The question before a deed."""
    wanted: DeedKind = msgspec.convert(kind, DeedKind) if kind in KINDS else "delete"
    screen = await edge.db.read(read_deed_form, who, number(message_id), wanted, Form())
    return asked.answer(_template(asked), asked.page(screen.title, "inbox"), deed=screen)


@post("/messages/{message_id:str}/deeds", may=AGENTS, status_code=200)
async def do_deed(edge: Edge, asked: Asked, who: Actor, message_id: str) -> Response[Any]:
    """Have it done. What is missing is asked for again."""
    form = await asked.form(DeedShape)
    what = Wanted(form.kind, {"edit": form.body, "react": form.emoji}.get(form.kind, ""), form.reason)
    try:
        result = await edge.db.write(once, who, await asked.op(), order, number(message_id), what)
    except Invalid as invalid:
        told = Form({"body": form.body, "reason": form.reason}, {name: _(sentence) for name, sentence in invalid.fields.items()})
        screen = await edge.db.read(read_deed_form, who, number(message_id), form.kind, told)
        return asked.answer(_template(asked), await page_behind(asked), 422, deed=screen)
    return await changed(edge, asked, who, result.no, ("timeline",), toasts=[_toast(form.kind, result)])


@post("/operations/{operation:str}/back", may=AGENTS, status_code=200)
async def take_back(edge: Edge, asked: Asked, who: Actor, operation: str) -> Response[Any]:
    """Call a deed off, or have the opposite done."""
    await asked.form(Empty)
    no, opposite = await edge.db.write(once, who, await asked.op(), undo, number(operation))
    text = _("It is being taken back") if opposite else _("Called off before it was done")
    return await changed(edge, asked, who, no, ("timeline",), toasts=[Toast(text=text)])


def order(tx: Tx, who: Actor, message_id: int, what: Wanted) -> Result:
    """Order a deed on a message, and say how it stands then."""
    case = access_case(tx, who, access_message(tx, who, message_id).case_id)
    if what.kind == "edit":
        require_discreet_edit(tx, who, message_id, what.value)
    known = {one.operation_id: one for one in deeds_of(tx, who, [message_id]).get(message_id, ())}
    if what.kind in {"edit", "react"}:
        operation_id = order_deed(tx, who, message_id, what.kind, value=what.value, reason=what.reason)
    else:
        taken, operation_id = order_guarded(tx, who, message_id, what.kind, what.reason)
        if taken == "proposed":
            return Result(no=case.number, operation_id=0, proposed=True)
    now = {one.operation_id: one for one in deeds_of(tx, who, [message_id]).get(message_id, ())}.get(operation_id)
    before = _by_another(tx, who, known.get(operation_id))
    return Result(no=case.number, operation_id=operation_id, undo_until=now.undo_until if now else None, before=before)


def undo(tx: Tx, who: Actor, operation_id: int) -> tuple[int, int]:
    """Take a deed back. Returns the case's number and the operation of the opposite, if that is needed."""
    found = access_operation(tx, who, operation_id)
    case = access_case(tx, who, found.case_id)
    return case.number, take_back_guarded(tx, who, found.message_id, operation_id)


def _by_another(tx: Tx, who: Actor, state: DeedState | None) -> str:
    """Who reached for the same a moment earlier."""
    if state is None or state.agent_id == who.id:
        return ""
    known = people(tx, who, [state.agent_id]).get(state.agent_id or 0)
    return known.name if known else "Sluss"


def _toast(kind: DeedKind, result: Result) -> Toast:
    if result.proposed:
        return Toast(text=_("Proposed: a second person has to agree. It waits in moderation."))
    if not result.operation_id:
        return Toast(text=_("This stands so already."))
    if result.before:
        return Toast(text=_("%(name)s has just done the same.") % {"name": result.before})
    return Toast(text=going(kind), undo_url=f"/operations/{result.operation_id}/back", until=result.undo_until)


def _template(asked: Asked) -> str:
    return "desk/deed.html" if asked.htmx else "desk/deed_page.html"


ROUTES: list[Any] = [ask_deed, do_deed, take_back]
