"""Writing from the desk: answers, notes, drafts, taking back. In: the composer's forms. Out: what changed, a dialog, or the form again."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from litestar import Response, post

from sluss.cases.access import CaseRow, access_case_no, lead_on
from sluss.desk import public_screens as shown
from sluss.desk.answers import changed, page_behind, refused
from sluss.desk.around import look_around
from sluss.desk.composer import Typed, files_of
from sluss.desk.deeds import take_back
from sluss.desk.desk import show_news
from sluss.desk.public_words import personal_word
from sluss.desk.receiving import receive
from sluss.desk.routes_forward import taken_back
from sluss.desk.screens import Draft, Stopped
from sluss.desk.shapes import DraftForm, NoteForm, ReplyForm, UndoForm, apart_of, chosen_template, number, uploads
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid
from sluss.kernel.tx import Tx
from sluss.moderation.answers import propose_answer
from sluss.people.access import AGENTS, READERS
from sluss.people.once import Reused, once
from sluss.replies import sending
from sluss.replies.approval import Unapproved
from sluss.replies.attaching import describe_files
from sluss.replies.departing import Departure
from sluss.replies.drafts import Apart, DraftFields, Kind, StaleDraft, save_draft
from sluss.replies.guarding import Exposed
from sluss.replies.sending import Crowded, Doubted, SendReply, WriteNote, send_reply, write_note
from sluss.replies.targets import Target, target_of
from sluss.web.edge import Asked, Edge
from sluss.web.formats import iso
from sluss.web.locale import gettext as _
from sluss.web.shell import Form, Toast

_Why = sending.Stopped | Doubted | Crowded | Exposed


@post("/cases/{no:str}/reply", may=AGENTS, status_code=200)
async def reply(edge: Edge, asked: Asked, who: Actor, no: str) -> Response[Any]:
    """Answer the customer. Stopped when the case has news that the sender had not seen; then the draft is shown again."""
    form = await asked.form(ReplyForm)
    case = await edge.db.read(access_case_no, who, number(no))
    files = (*form.file, *[await receive(edge, who, case.id, one) for one in uploads(form)])
    if form.described:
        # A form that comes twice names files that have left: the send itself knows.
        with suppress(Invalid):
            await edge.db.write(describe_files, who, case.id, dict(zip(form.described, form.alt, strict=False)))
    if form.then == "note":
        written = WriteNote(op=await asked.op(), case_id=case.id, text=form.body, attachment_ids=files, of_reply=True)
        return await _write_note(edge, asked, who, (case, written, form.revision))
    sent = SendReply(
        op=await asked.op(),
        case_id=case.id,
        text=form.body,
        cc=form.cc,
        bcc=form.bcc,
        attachment_ids=files,
        seen=form.seen,
        revision=form.revision,
        then=form.then,
        anyway=form.anyway == "1",
        crowd=form.crowd,
        trust=form.trust == "1",
        way=form.way,
        conversation_id=form.conversation_id,
        template=chosen_template(form),
        spoiler=form.spoiler,
        confirmed=form.confirmed,
    )
    try:
        target = await edge.db.read(target_of, who, case.id, form.conversation_id)
        departure = await edge.db.write(send_reply, who, sent)
    except Unapproved:
        return await _proposed(edge, asked, who, case, sent)
    except Invalid as invalid:
        return await refused(edge, asked, who, case.number, _typed("reply", sent, invalid))
    except Reused as reused:
        return await refused(edge, asked, who, case.number, _typed("reply", sent, Invalid({"": reused.sentence})))
    except (sending.Stopped, Doubted, Crowded, Exposed) as stopped:
        return await _stopped(edge, asked, who, (case, sent, stopped))
    toasts = _farewell(case, departure, target)
    return await changed(edge, asked, who, case.number, ("head", "timeline", "composer"), toasts=toasts)


@post("/cases/{no:str}/note", may=READERS, status_code=200)
async def note(edge: Edge, asked: Asked, who: Actor, no: str) -> Response[Any]:
    """Write to colleagues only."""
    form = await asked.form(NoteForm)
    case = await edge.db.read(access_case_no, who, number(no))
    files = (*form.file, *[await receive(edge, who, case.id, one) for one in uploads(form)])
    written = WriteNote(op=await asked.op(), case_id=case.id, text=form.body, attachment_ids=files)
    return await _write_note(edge, asked, who, (case, written, form.revision))


async def _write_note(edge: Edge, asked: Asked, who: Actor, what: tuple[CaseRow, WriteNote, int]) -> Response[Any]:
    case, written, revision = what
    try:
        await edge.db.write(write_note, who, written)
    except Invalid as invalid:
        return await refused(edge, asked, who, case.number, _typed("note", written, invalid, revision))
    except Reused as reused:
        return await refused(edge, asked, who, case.number, _typed("note", written, Invalid({"": reused.sentence}), revision))
    return await changed(edge, asked, who, case.number, ("timeline", "composer"), toasts=[Toast(text=_("Note saved"))])


@post("/cases/{no:str}/draft", may=READERS, status_code=200)
async def draft(edge: Edge, asked: Asked, who: Actor, no: str) -> Response[Any]:
    """Keep what is being written."""
    form = await asked.form(DraftForm)
    case = await edge.db.read(_writing_place, who, number(no))
    given: dict[str, Any] = {"cc": form.cc, "bcc": form.bcc, "attachment_ids": form.file, "revision": form.revision, "sheet": form.sheet}
    chosen = Apart(conversation_id=form.conversation_id) if form.kind == "reply" and form.conversation_id else None
    fields = DraftFields(kind=form.kind, text=form.body, apart=apart_of(form) if form.kind == "side" else chosen, **given)
    try:
        saved = await edge.db.write(save_draft, who, case.id, fields)
    except StaleDraft as stale:
        newer = stale.draft
        body = {"revision": newer.revision if newer else 0, "body": newer.text if newer else "", "by": "", "sent": stale.sent}
        return asked.json(body, 409)
    return asked.json({"revision": saved.revision, "saved_at": iso(saved.changed_at)})


@post("/cases/{no:str}/undo", may=AGENTS, status_code=200)
async def undo(edge: Edge, asked: Asked, who: Actor, no: str) -> Response[Any]:
    """Take an answer back before it leaves."""
    form = await asked.form(UndoForm)
    forward = await edge.db.write(once, who, await asked.op(), take_back, number(no), form.operation)
    if forward is not None:
        return await taken_back(edge, asked, who, number(no), forward)
    toast = Toast(text=_("Not sent. Your text is back."))
    return await changed(edge, asked, who, number(no), ("head", "timeline", "composer"), toasts=[toast])


def _writing_place(tx: Tx, who: Actor, no: int) -> CaseRow:
    """Where a draft is kept: what is being written in a case goes along when it is merged."""
    return lead_on(tx, who, access_case_no(tx, who, no))


async def _stopped(edge: Edge, asked: Asked, who: Actor, what: tuple[CaseRow, SendReply, _Why]) -> Response[Any]:
    """The dialog with the news and the draft; without scripts the form again, which now has seen it."""
    case, sent, stopped = what
    told = {"anyway": "1" if sent.anyway else "", "trust": "1" if sent.trust else "", "crowd": str(sent.crowd or "")}
    told |= {"confirmed": sent.confirmed}
    if not asked.htmx:
        return await refused(
            edge, asked, who, case.number, _typed("reply", sent, Invalid({"": _why(stopped)}), told=told | _answer(stopped))
        )
    told |= _carried(sent)
    files = await edge.db.read(lambda tx: files_of(tx, look_around(tx, who), sent.attachment_ids))
    kept = Draft(body=sent.text, cc=sent.cc, bcc=sent.bcc, files=files, revision=sent.revision)
    news = show_news(stopped.news) if isinstance(stopped, sending.Stopped) else None
    seen = stopped.mark if isinstance(stopped, sending.Stopped) else sent.seen
    shared: dict[str, Any] = {"no": case.number, "op": sent.op, "draft": kept, "then": sent.then, "seen": seen}
    crowd = stopped.number if isinstance(stopped, Crowded) else 0
    target = await edge.db.read(target_of, who, case.id, sent.conversation_id)
    to = target.to.address if isinstance(stopped, Doubted) else ""
    shared |= {"exposed": _found(stopped), "account": target.sender.name, "network": _(target.capabilities.label), "pairs": _pairs(sent)}
    kept_told = {name: value for name, value in (told | _answer(stopped)).items() if value or name == "spoiler"}
    screen = Stopped(news=news, crowd=crowd, doubtful=isinstance(stopped, Doubted), to=to, told=kept_told, **shared)
    return asked.answer("desk/stopped.html", await page_behind(asked), 409, stopped=screen)


async def _proposed(edge: Edge, asked: Asked, who: Actor, case: CaseRow, sent: SendReply) -> Response[Any]:
    """A public answer that a colleague has to see first waits for that."""
    await edge.db.write(propose_answer, who, sent)
    toast = Toast(text=_("Not sent yet: it waits for a colleague’s word, and leaves when that is given."))
    return await changed(edge, asked, who, case.number, ("head", "timeline", "composer"), toasts=[toast])


def _carried(sent: SendReply) -> dict[str, str]:
    """What else the dialog's form must say, so that the same answer goes the same way."""
    chosen = f"{sent.template.name}/{sent.template.language}" if sent.template else ""
    told = {"conversation_id": str(sent.conversation_id or ""), "template": chosen, "way": str(sent.way or "")}
    return told if sent.spoiler is None else told | {"spoiler": sent.spoiler}


def _pairs(sent: SendReply) -> tuple[tuple[str, str], ...]:
    """The values of a template, for the same form."""
    use = sent.template
    return tuple((f"{use.name}/{use.language}/{place}", value) for place, value in use.values.items()) if use else ()


def _found(stopped: _Why) -> tuple[shown.Exposed, ...]:
    return tuple(shown.Exposed(personal_word(one.kind), one.text) for one in stopped.found) if isinstance(stopped, Exposed) else ()


def _why(stopped: _Why) -> str:
    if isinstance(stopped, Exposed):
        found = ", ".join(f"{personal_word(one.kind)} ({one.text})" for one in stopped.found)
        return _("Not sent: everybody could read this: %(found)s. Take it out, or send again if it may stand in public.") % {"found": found}
    if isinstance(stopped, Crowded):
        return _("Not sent: %(number)s people would get this who have not been in this case. Send again if that is right.") % {
            "number": stopped.number
        }
    if isinstance(stopped, Doubted):
        return _("Not sent: nobody knows whether the last message came from this address. Send again if the owner of it may read this.")
    return _("Not sent: %(name)s has written meanwhile. Read it, then send again.") % {"name": stopped.news.by or _("Somebody")}


def _answer(stopped: _Why) -> dict[str, str]:
    """What the form says once it is sent from where the question was asked; news are seen by then."""
    if isinstance(stopped, Crowded):
        return {"crowd": str(stopped.number)}
    if isinstance(stopped, Exposed):
        return {"confirmed": stopped.digest}
    return {"trust": "1"} if isinstance(stopped, Doubted) else {}


def _typed(kind: Kind, sent: SendReply | WriteNote, invalid: Invalid, revision: int = 0, told: Mapping[str, str] | None = None) -> Typed:
    form = Form({"body": sent.text, **(told or {})}, {name: _(sentence) for name, sentence in invalid.fields.items()})
    if isinstance(sent, SendReply):
        chosen: dict[str, Any] = {"conversation_id": sent.conversation_id, "spoiler": sent.spoiler}
        return Typed(kind, sent.text, sent.cc, sent.attachment_ids, sent.revision, form, sent.bcc, **chosen)
    return Typed(kind, sent.text, "", sent.attachment_ids, revision, form)


def _farewell(case: CaseRow, departure: Departure, target: Target) -> list[Toast]:
    """Where it went, and how it is taken back. In a live talk it stands there already, and nothing can be taken back."""
    if target.capabilities.is_live:
        return []
    name, label = target.to.name or target.to.address, target.capabilities.label
    text = _("Sent to %(name)s by %(channel)s") % {"name": name, "channel": _(label).lower()}
    if target.visibility == "public":
        text = _("Answered publicly on %(channel)s") % {"channel": _(label)}
    if not departure.undo_seconds:
        return [Toast(text=text)]
    fields = {"operation": str(departure.operation_ids[0])}
    return [Toast(text=text, undo_url=f"/cases/{case.number}/undo", fields=fields, until=departure.leaves_at)]


ROUTES: list[Any] = [draft, undo]
UPLOADS: list[Any] = [reply, note]
