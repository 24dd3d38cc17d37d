"""Asking somebody beside the customer, from the composer. In: its form. Out: what changed and the way back, or the form again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Response, post

from sluss.cases.access import CaseRow, access_case_no
from sluss.desk.answers import changed, refused
from sluss.desk.composer import Typed
from sluss.desk.receiving import receive
from sluss.desk.shapes import SideForm, apart_of, number, uploads
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid
from sluss.people.access import AGENTS
from sluss.people.once import Reused
from sluss.replies.departing import Departure
from sluss.replies.sending import Crowded, Stopped
from sluss.replies.siding import Side, send_side
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.shell import Form, Toast

_FIELDS = {"body": "side-body", "to": "side-to", "subject": "side-subject", "quote": "side-quote"}
"""By the ids of the fields: the composer holds three forms."""


@post("/cases/{no:str}/side", may=AGENTS, status_code=200)
async def side(edge: Edge, asked: Asked, who: Actor, no: str) -> Response[Any]:
    """Ask a colleague or somebody outside; the customer sees neither the question nor the answer."""
    form = await asked.form(SideForm)
    case = await edge.db.read(access_case_no, who, number(no))
    files = (*form.file, *[await receive(edge, who, case.id, one) for one in uploads(form)])
    given: dict[str, Any] = {"attachment_ids": files, "revision": form.revision, "crowd": form.crowd, "seen": form.seen}
    asking = Side(op=await asked.op(), case_id=case.id, text=form.body, apart=apart_of(form), **given)
    try:
        departure = await edge.db.write(send_side, who, asking)
    except Invalid as invalid:
        return await _again(edge, asked, who, (case, asking, invalid.fields))
    except Crowded as crowded:
        return await _again(edge, asked, who, (case, asking, {"to": _crowd(crowded)}), {"crowd": str(crowded.number)})
    except Stopped as stopped:
        text = _("Not sent: %(name)s has written meanwhile. Read it, then send again.") % {"name": stopped.news.by or _("Somebody")}
        return await _again(edge, asked, who, (case, asking, {"": text}))
    except Reused as reused:
        return await _again(edge, asked, who, (case, asking, {"": reused.sentence}))
    return await changed(edge, asked, who, case.number, ("head", "timeline", "composer"), toasts=[_farewell(case, departure)])


async def _again(
    edge: Edge, asked: Asked, who: Actor, what: tuple[CaseRow, Side, Mapping[str, str]], told: Mapping[str, str] | None = None
) -> Response[Any]:
    """The form as it was filled in; what stopped it stands in the timeline by now, and has been seen with it."""
    case, asking, faults = what
    form = Form({"body": asking.text, **(told or {})}, {_FIELDS.get(name, name): _(sentence) for name, sentence in faults.items()})
    typed = Typed("side", asking.text, "", asking.attachment_ids, asking.revision, form, apart=asking.apart)
    return await refused(edge, asked, who, case.number, typed)


def _crowd(crowded: Crowded) -> str:
    return _("Not sent: %(number)s people would get this who have not been in this case. Send again if that is right.") % {
        "number": crowded.number
    }


def _farewell(case: CaseRow, departure: Departure) -> Toast:
    text = _("Asked aside. The answer comes back into this case.")
    if not departure.undo_seconds:
        return Toast(text=text)
    fields = {"operation": str(departure.operation_ids[0])}
    return Toast(text=text, undo_url=f"/cases/{case.number}/undo", fields=fields, until=departure.leaves_at)


UPLOADS: list[Any] = [side]
