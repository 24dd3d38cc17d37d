"""Writing from the desk: answers, notes, drafts, taking back. In: the composer's forms. Out: what changed, a dialog, or the form again."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, post

from sluss.cases.access import CaseRow, access_case_no
from sluss.desk.answers import changed, refused
from sluss.desk.around import look_around
from sluss.desk.composer import Typed, files_of
from sluss.desk.deeds import take_back
from sluss.desk.receiving import receive
from sluss.desk.screens import Draft, Stopped
from sluss.desk.shapes import DraftForm, NoteForm, ReplyForm, UndoForm, number, uploads
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid
from sluss.kernel.tx import Tx
from sluss.people.access import AGENTS, READERS
from sluss.people.once import once
from sluss.replies import sending
from sluss.replies.drafts import DraftFields, Kind, StaleDraft, save_draft
from sluss.replies.sending import Departure, SendReply, WriteNote, send_reply, write_note
from sluss.replies.targets import target_of
from sluss.web.edge import Asked, Edge
from sluss.web.formats import iso
from sluss.web.locale import gettext as _
from sluss.web.shell import Form, Page, Toast


@post("/cases/{no:str}/reply", may=AGENTS, status_code=200)
async def reply(edge: Edge, asked: Asked, who: Actor, no: str) -> Response[Any]:
    """Answer the customer. Stopped when the case has news that the sender had not seen; then the draft is shown again."""
    form = await asked.form(ReplyForm)
    case = await edge.db.read(access_case_no, who, number(no))
    sent = SendReply(
        op=await asked.op(),
        case_id=case.id,
        text=form.body,
        cc=form.cc,
        attachment_ids=(*form.file, *[await receive(edge, who, case.id, one) for one in uploads(form)]),
        seen=number(form.seen) if form.seen.isdigit() else 0,
        revision=form.revision,
        then=form.then,
        anyway=form.anyway == "1",
    )
    try:
        departure = await edge.db.write(send_reply, who, sent)
    except Invalid as invalid:
        return await refused(edge, asked, who, case.number, _typed("reply", sent, invalid))
    except sending.Stopped as stopped:
        return await _stopped(edge, asked, who, (case, sent, stopped))
    toast = _farewell(case, departure, await edge.db.read(_addressee, who, case.id))
    return await changed(edge, asked, who, case.number, ("head", "timeline", "composer"), toasts=[toast])


@post("/cases/{no:str}/note", may=READERS, status_code=200)
async def note(edge: Edge, asked: Asked, who: Actor, no: str) -> Response[Any]:
    """Write to colleagues only."""
    form = await asked.form(NoteForm)
    case = await edge.db.read(access_case_no, who, number(no))
    files = (*form.file, *[await receive(edge, who, case.id, one) for one in uploads(form)])
    written = WriteNote(op=await asked.op(), case_id=case.id, text=form.body, attachment_ids=files)
    try:
        await edge.db.write(write_note, who, written)
    except Invalid as invalid:
        return await refused(edge, asked, who, case.number, _typed("note", written, invalid, form.revision))
    return await changed(edge, asked, who, case.number, ("timeline", "composer"), toasts=[Toast(text=_("Note saved"))])


@post("/cases/{no:str}/draft", may=READERS, status_code=200)
async def draft(edge: Edge, asked: Asked, who: Actor, no: str) -> Response[Any]:
    """Keep what is being written."""
    form = await asked.form(DraftForm)
    case = await edge.db.read(access_case_no, who, number(no))
    fields = DraftFields(kind=form.kind, text=form.body, cc=form.cc, attachment_ids=form.file, revision=form.revision)
    try:
        saved = await edge.db.write(save_draft, who, case.id, fields)
    except StaleDraft as stale:
        newer = stale.draft
        body = {"revision": newer.revision if newer else 0, "body": newer.text if newer else "", "by": ""}
        return asked.json(body, 409)
    return asked.json({"revision": saved.revision, "saved_at": iso(saved.changed_at)})


@post("/cases/{no:str}/undo", may=AGENTS, status_code=200)
async def undo(edge: Edge, asked: Asked, who: Actor, no: str) -> Response[Any]:
    """Take an answer back before it leaves."""
    form = await asked.form(UndoForm)
    await edge.db.write(once, who, await asked.op(), take_back, number(no), form.operation)
    toast = Toast(text=_("Not sent. Your text is back."))
    return await changed(edge, asked, who, number(no), ("head", "timeline", "composer"), toasts=[toast])


async def _stopped(edge: Edge, asked: Asked, who: Actor, what: tuple[CaseRow, SendReply, sending.Stopped]) -> Response[Any]:
    """The dialog with the news and the draft; without scripts the form again, which now has seen it."""
    case, sent, stopped = what
    if not asked.htmx:
        fields = {"": _("Not sent: %(name)s has written meanwhile. Read it, then send again.") % {"name": stopped.news.by}}
        return await refused(edge, asked, who, case.number, _typed("reply", sent, Invalid(fields)))
    files = await edge.db.read(lambda tx: files_of(tx, look_around(tx, who), sent.attachment_ids))
    kept = Draft(body=sent.text, cc=sent.cc, files=files, revision=sent.revision)
    news = stopped.news
    screen = Stopped(no=case.number, by=news.by, at=news.at, text=news.text, draft=kept, then=sent.then)
    return asked.answer("desk/stopped.html", await _page_behind(asked), 409, stopped=screen)


async def _page_behind(asked: Asked) -> Page:
    """The page that the dialog stands on, so that its form leads back there."""
    return msgspec.structs.replace(asked.page(_("Not sent"), "inbox"), path=await asked.field("back"))


def _typed(kind: Kind, sent: SendReply | WriteNote, invalid: Invalid, revision: int = 0) -> Typed:
    form = Form({"body": sent.text}, {name: _(sentence) for name, sentence in invalid.fields.items()})
    if isinstance(sent, SendReply):
        return Typed(kind, sent.text, sent.cc, sent.attachment_ids, sent.revision, form)
    return Typed(kind, sent.text, "", sent.attachment_ids, revision, form)


def _farewell(case: CaseRow, departure: Departure, to: tuple[str, str]) -> Toast:
    text = _("Sent to %(name)s by %(channel)s") % {"name": to[0], "channel": _(to[1]).lower()}
    if not departure.undo_seconds:
        return Toast(text=text)
    fields = {"operation": str(departure.operation_ids[0])}
    return Toast(text=text, undo_url=f"/cases/{case.number}/undo", fields=fields, until=departure.leaves_at)


def _addressee(tx: Tx, who: Actor, case_id: int) -> tuple[str, str]:
    target = target_of(tx, who, case_id)
    return target.to.name or target.to.address, target.capabilities.label


ROUTES: list[Any] = [draft, undo]
UPLOADS: list[Any] = [reply, note]
