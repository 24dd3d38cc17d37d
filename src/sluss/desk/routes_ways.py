"""Where an answer goes, and how it would stand there. In: what is being written. Out: the composer for another talk, or the parts."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from litestar import Response, post

from sluss.cases.access import CaseRow, access_case_no
from sluss.channels.splitting import TooManyParts, split_text
from sluss.desk.answers import changed
from sluss.desk.public_words import personal_word
from sluss.desk.shapes import PartsForm, WayForm, number
from sluss.kernel.actors import Actor
from sluss.kernel.text import clean_text
from sluss.kernel.tx import Tx
from sluss.language.guard import find_personal
from sluss.people.access import AGENTS
from sluss.replies.drafts import Apart, DraftFields, StaleDraft, find_draft, put_draft, save_draft
from sluss.replies.guarding import shapes_of
from sluss.replies.targets import target_of
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _

PARTS = 20


@post("/cases/{no:str}/way", may=AGENTS, status_code=200)
async def choose_way(edge: Edge, asked: Asked, who: Actor, no: str) -> Response[Any]:
    """Answer in another conversation of the case; what was written goes along."""
    form = await asked.form(WayForm)
    case = await edge.db.read(_answerable, who, number(no), form.to)
    fields = DraftFields(text=form.body, cc=form.cc, bcc=form.bcc, attachment_ids=form.file, revision=form.revision)
    await edge.db.write(_turn, who, case.id, fields, form.to)
    return await changed(edge, asked, who, case.number, ("composer",))


@post("/cases/{no:str}/parts", may=AGENTS, status_code=200)
async def show_parts(edge: Edge, asked: Asked, who: Actor, no: str) -> Response[Any]:
    """The messages that this answer would become, and what personal things everybody could read in it."""
    form = await asked.form(PartsForm)
    return asked.json(await edge.db.read(_parts, who, number(no), form))


def _answerable(tx: Tx, who: Actor, no: int, conversation_id: int) -> CaseRow:
    case = access_case_no(tx, who, no)
    target_of(tx, who, case.id, conversation_id)
    return case


def _turn(tx: Tx, who: Actor, case_id: int, fields: DraftFields, conversation_id: int) -> None:
    """Keep what was written for that conversation; what another window has written since stays, and goes there as well."""
    apart = Apart(conversation_id=conversation_id)
    with suppress(StaleDraft):
        save_draft(tx, who, case_id, _with(fields, apart))
        return
    if (kept := find_draft(tx, who, case_id, "reply")) is not None:
        newer = DraftFields(text=kept.text, cc=kept.cc, bcc=kept.bcc, attachment_ids=kept.attachment_ids, revision=kept.revision)
        put_draft(tx, who, case_id, _with(newer, apart))


def _with(fields: DraftFields, apart: Apart) -> DraftFields:
    given: dict[str, Any] = {"text": fields.text, "cc": fields.cc, "bcc": fields.bcc, "attachment_ids": fields.attachment_ids}
    return DraftFields(revision=fields.revision, apart=apart, **given)


def _parts(tx: Tx, who: Actor, no: int, form: PartsForm) -> dict[str, Any]:
    target = target_of(tx, who, access_case_no(tx, who, no).id, form.conversation_id)
    text = clean_text(form.body)
    said = f"{text}\n{form.spoiler}"
    found = find_personal(said, shapes_of(target.inbox)) if target.visibility == "public" else []
    told = [{"kind": personal_word(one.kind), "text": said[one.start : one.end]} for one in found]
    if not target.capabilities.splits:
        return {"parts": [], "found": told, "error": ""}
    try:
        parts = split_text(text, target.measure.most, target.measure.counts, target.measure.reserved)
    except TooManyParts:
        return {"parts": [], "found": told, "error": _("This is too long even for %(most)s messages.") % {"most": PARTS}}
    return {"parts": list(parts) if len(parts) > 1 else [], "found": told, "error": ""}


ROUTES: list[Any] = [choose_way, show_parts]
