"""Passing a message on, in a dialog or on a page. In: a message of a case. Out: the form, and what was sent, with the way back."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post

from sluss.cases.access import access_case_no
from sluss.desk.answers import changed, page_behind
from sluss.desk.attached import show_file
from sluss.desk.desk import show_news
from sluss.desk.screens import ForwardForm
from sluss.desk.shapes import ForwardForm as Shape
from sluss.desk.shapes import number
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid
from sluss.kernel.tx import Tx
from sluss.people.access import AGENTS
from sluss.people.once import Reused
from sluss.replies.forwarding import Forward, files_to_pass, forward_message, passable
from sluss.replies.news import mark_of
from sluss.replies.sending import Crowded, Stopped
from sluss.replies.targets import target_of
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.shell import Form, Toast

EXCERPT = 1_200


@get("/cases/{no:str}/forward", may=AGENTS, reads=("case", "no"))
async def forward_form(edge: Edge, asked: Asked, who: Actor, no: str, m: str = "") -> Response[Any]:
    """The form for one message, or for the whole conversation."""
    screen = await edge.db.read(read_forward, who, number(no), number(m) if m else 0)
    return asked.answer(_template(asked), asked.page(_("Forward"), "inbox"), forward=screen)


@post("/cases/{no:str}/forward", may=AGENTS, status_code=200)
async def forward(edge: Edge, asked: Asked, who: Actor, no: str) -> Response[Any]:
    """Pass it on; the form again when something is wrong with it."""
    form = await asked.form(Shape)
    case = await edge.db.read(access_case_no, who, number(no))
    given: dict[str, Any] = {"to": form.to, "text": form.body, "message_id": form.m, "attachment_ids": form.file, "crowd": form.crowd}
    given["seen"] = form.seen
    wanted = Forward(op=await asked.op(), case_id=case.id, **given)
    try:
        departure = await edge.db.write(forward_message, who, wanted)
    except Invalid as invalid:
        return await _again(edge, asked, who, (case.number, wanted, invalid.fields, 422))
    except Crowded as crowded:
        return await _again(edge, asked, who, (case.number, wanted, {"to": _crowd(crowded)}, 409), crowd=crowded.number)
    except Stopped as stopped:
        told = {"": _("Not sent: %(name)s has written meanwhile. Read it, then send again.") % {"name": stopped.news.by or _("Somebody")}}
        return await _again(edge, asked, who, (case.number, wanted, told, 409), news=show_news(stopped.news), seen=stopped.mark)
    except Reused as reused:
        return await _again(edge, asked, who, (case.number, wanted, {"": reused.sentence}, 409))
    toast = Toast(text=_("Forwarded to %(to)s") % {"to": form.to.strip()})
    if departure.undo_seconds:
        fields = {"operation": str(departure.operation_ids[0])}
        toast = msgspec.structs.replace(toast, undo_url=f"/cases/{case.number}/undo", fields=fields, until=departure.leaves_at)
    return await changed(edge, asked, who, case.number, ("head", "timeline", "side"), toasts=[toast])


async def taken_back(edge: Edge, asked: Asked, who: Actor, no: int, forward: Forward) -> Response[Any]:
    """A forward was taken back: its form again, as it was filled in."""
    if not asked.htmx:
        return asked.go(f"/cases/{no}/forward?m={forward.message_id or ''}")
    screen = await edge.db.read(read_forward, who, no, forward.message_id, forward)
    return await changed(edge, asked, who, no, ("timeline",), toasts=[Toast(text=_("Not sent. Your text is back."))], forward=screen)


def read_forward(tx: Tx, who: Actor, no: int, message_id: int, typed: Forward | None = None) -> ForwardForm:
    """The form, empty or as it was filled in."""
    case = access_case_no(tx, who, no)
    passed = passable(tx, who, case.id, message_id)
    files = tuple(show_file(row) for row in files_to_pass(tx, who, passed))
    target = target_of(tx, who, case.id)
    return ForwardForm(
        no=case.number,
        message=str(message_id) if message_id else "",
        to=typed.to if typed else "",
        body=typed.text if typed else "",
        told=tuple((one.by, one.at, one.text[:EXCERPT]) for one in passed),
        whole=not message_id,
        can_whole=bool(message_id),
        files=files,
        chosen=tuple(str(one) for one in typed.attachment_ids) if typed else tuple(one.id for one in files),
        undo_seconds=target.capabilities.undo_seconds,
        seen=mark_of(tx, who, case.id),
    )


async def _again(edge: Edge, asked: Asked, who: Actor, what: tuple[int, Forward, dict[str, str], int], **more: Any) -> Response[Any]:
    no, wanted, faults, status = what
    screen = await edge.db.read(read_forward, who, no, wanted.message_id, wanted)
    form = Form({"to": wanted.to, "body": wanted.text}, {name: _(sentence) for name, sentence in faults.items()})
    screen = msgspec.structs.replace(screen, form=form, **({"crowd": wanted.crowd, "seen": wanted.seen} | more))
    return asked.answer(_template(asked), await page_behind(asked), status, forward=screen)


def _crowd(crowded: Crowded) -> str:
    return _("Not sent: %(number)s people would get this who have not been in this case. Send again if that is right.") % {
        "number": crowded.number
    }


def _template(asked: Asked) -> str:
    return "desk/forward.html" if asked.htmx else "desk/forward_page.html"


ROUTES: list[Any] = [forward_form, forward]
