"""From public to private, and back. In: the dialog's form, or one press. Out: both sides said, with the way back."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post

from sluss.cases.access import CaseRow, access_case, access_case_no
from sluss.cases.models import messages
from sluss.desk.answers import changed, page_behind
from sluss.desk.public_words import personal_word
from sluss.desk.shapes import BackForm, Empty, SluiceShape, number
from sluss.desk.sluice_screens import SluiceForm
from sluss.desk.sluicing import NOT_PUBLIC, read_sluice
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Conflict, Invalid, Missing
from sluss.kernel.tx import Tx
from sluss.outbox.deeds import deeds_of, take_back_deed
from sluss.people.access import AGENTS
from sluss.people.once import Reused, once
from sluss.replies.approval import Unapproved
from sluss.replies.drafts import Draft, DraftFields, discard_draft, find_draft, put_draft
from sluss.replies.guarding import Exposed
from sluss.replies.models import sluices
from sluss.replies.sending import Stopped
from sluss.replies.sluice import GoBack, Moved, MoveToPrivate, back_sentence, go_back, move_to_private, undo_passage
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.shell import Form, Toast

HIDDEN = "Personal data; the matter goes on in private."
PIECES: Any = ("head", "timeline", "composer", "side")


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A passage that was undone, with the words of both sides."""

    no: int
    public: int
    by: str
    told: str
    said: str


@get("/cases/{no:str}/sluice", may=AGENTS, reads=("case", "no"))
async def sluice_form(edge: Edge, asked: Asked, who: Actor, no: str, m: str = "") -> Response[Any]:
    """The ways to private that are open now."""
    screen = await edge.db.read(read_sluice, who, number(no), number(m) if m else 0)
    return asked.answer(_template(asked), asked.page(_("Move to private"), "inbox"), sluice=screen)


@post("/cases/{no:str}/sluice", may=AGENTS, status_code=200)
async def pass_through(edge: Edge, asked: Asked, who: Actor, no: str) -> Response[Any]:
    """Move it, and say so in public; the dialog again when something is in the way."""
    form = await asked.form(SluiceShape)
    case = await edge.db.read(access_case_no, who, number(no))
    move = _move(form, case, await asked.op(), asked.origin)
    try:
        moved = await edge.db.write(move_to_private, who, move)
    except Exposed as exposed:
        found = tuple((personal_word(one.kind), one.text) for one in exposed.found)
        sentence = _("Everybody could read what is marked. Take it out, or press once more if it may stand there.")
        return await _again(edge, asked, who, (case, form, {"said": sentence}, 409), found=found, confirmed=exposed.digest)
    except Stopped as stopped:
        told = {"": _("Not sent: %(name)s has written meanwhile. Read it, then send again.") % {"name": stopped.news.by or _("Somebody")}}
        return await _again(edge, asked, who, (case, form, told, 409), seen=stopped.mark)
    except Missing:
        raise Conflict(NOT_PUBLIC) from None
    except Unapproved:
        told = {"said": _("Public sentences of this inbox are approved first. Leave it empty, and say nothing in public.")}
        return await _again(edge, asked, who, (case, form, told, 409))
    except Invalid as invalid:
        fields = {name if name in {"told", "said"} else "told" if name == "body" else "": _(text) for name, text in invalid.fields.items()}
        return await _again(edge, asked, who, (case, form, fields, 422))
    except Reused as reused:
        return await _again(edge, asked, who, (case, form, {"": reused.sentence}, 409))
    return await changed(edge, asked, who, case.number, PIECES, toasts=[_farewell(moved)])


@post("/sluices/{sluice:str}/undo", may=AGENTS, status_code=200)
async def undo(edge: Edge, asked: Asked, who: Actor, sluice: str) -> Response[Any]:
    """Take both sides back, as long as nothing has left."""
    await asked.form(Empty)
    taken = await edge.db.write(once, who, await asked.op(), take_back, number(sluice), asked.htmx)
    more = {}
    if asked.htmx:
        screen = await edge.db.read(read_sluice, who, taken.no, taken.public)
        kept: dict[str, Any] = {"chosen": taken.by, "told": taken.told, "said": taken.said}
        more = {"sluice": msgspec.structs.replace(screen, form=Form({"told": taken.told}), **kept)}
    return await changed(edge, asked, who, taken.no, PIECES, toasts=[Toast(text=_("Taken back: nothing was sent."))], **more)


@post("/cases/{no:str}/back", may=AGENTS, status_code=200)
async def back(edge: Edge, asked: Asked, who: Actor, no: str) -> Response[Any]:
    """Say in public that it was answered in private."""
    form = await asked.form(BackForm)
    case = await edge.db.read(access_case_no, who, number(no))
    said = form.said.strip() or await edge.db.read(back_sentence, who, case.id)
    try:
        departure = await edge.db.write(go_back, who, GoBack(op=await asked.op(), case_id=case.id, said=said, seen=form.seen))
    except Missing:
        raise Conflict(NOT_PUBLIC) from None
    except Stopped as stopped:
        by = stopped.news.by or _("Somebody")
        raise Conflict(_("Not sent: %(name)s has written meanwhile. Read it, then send again.") % {"name": by}) from None
    toast = Toast(text=_("Answered publicly: “%(said)s”") % {"said": said})
    if departure.undo_seconds:
        fields = {"operation": str(departure.operation_ids[0])}
        toast = msgspec.structs.replace(toast, undo_url=f"/cases/{case.number}/undo", fields=fields, until=departure.leaves_at)
    return await changed(edge, asked, who, case.number, PIECES, toasts=[toast])


def take_back(tx: Tx, who: Actor, sluice_id: int, again: bool) -> Taken:  # noqa: FBT001 - `once` passes arguments by position
    """Undo a passage. Where the dialog is shown `again` it holds the words, and not the composer: that is public now."""
    row = tx.row(sluices.select().where(sluices.c.workspace_id == who.workspace_id, sluices.c.id == sluice_id))
    if row is None:
        raise Missing
    case, begun = access_case(tx, who, row.case_id), find_draft(tx, who, row.case_id, "reply")
    told, said = _words(tx, who, row.private_id), _words(tx, who, row.said_id)
    hidden = [one for one in deeds_of(tx, who, [row.public_id]).get(row.public_id, ()) if one.reason == HIDDEN and one.state != "cancelled"]
    undo_passage(tx, who, sluice_id)
    if hidden and hidden[-1].operation_id < sluice_id:
        take_back_deed(tx, who, hidden[-1].operation_id)
    if again:
        _put_back(tx, who, case.id, begun)
    return Taken(no=case.number, public=row.public_id, by=row.way, told=told, said=said)


def _words(tx: Tx, who: Actor, message_id: int | None) -> str:
    m = messages.c
    return str(tx.value(sa.select(m.text).where(m.workspace_id == who.workspace_id, m.id == (message_id or 0))) or "")


def _put_back(tx: Tx, who: Actor, case_id: int, begun: Draft | None) -> None:
    """The composer as it was: to undo a send fills it with what was sent."""
    now = find_draft(tx, who, case_id, "reply")
    if begun is None:
        discard_draft(tx, who, case_id, "reply")
    elif now is not None:
        given: dict[str, Any] = {"text": begun.text, "cc": begun.cc, "bcc": begun.bcc, "attachment_ids": begun.attachment_ids}
        put_draft(tx, who, case_id, DraftFields(revision=now.revision, apart=begun.apart, **given))


def _move(form: SluiceShape, case: CaseRow, op: str, home: str) -> MoveToPrivate:
    given: dict[str, Any] = {"told": form.told, "said": form.said, "seen": form.seen, "confirmed": form.confirmed, "home": home}
    return MoveToPrivate(op=op, case_id=case.id, public_id=form.public, by=form.by, hide=form.hide == "1", **given)


async def _again(
    edge: Edge, asked: Asked, who: Actor, what: tuple[CaseRow, SluiceShape, dict[str, str], int], **more: Any
) -> Response[Any]:
    case, form, faults, status = what
    screen: SluiceForm = await edge.db.read(read_sluice, who, case.number, form.public)
    kept: dict[str, Any] = {"chosen": form.by, "told": form.told, "said": form.said, "hide": form.hide == "1", "seen": form.seen}
    screen = msgspec.structs.replace(screen, form=Form({"told": form.told, "said": form.said}, faults), **(kept | more))
    return asked.answer(_template(asked), await page_behind(asked), status, sluice=screen)


def _farewell(moved: Moved) -> Toast:
    toast = Toast(text=_("It goes on in private"))
    return msgspec.structs.replace(toast, undo_url=f"/sluices/{moved.id}/undo", until=moved.leaves_at) if moved.undo_seconds else toast


def _template(asked: Asked) -> str:
    return "desk/sluice.html" if asked.htmx else "desk/sluice_page.html"


ROUTES: list[Any] = [sluice_form, pass_through, undo, back]
