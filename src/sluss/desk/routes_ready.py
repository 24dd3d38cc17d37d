"""Canned answers and macros in a case. In: what was typed after `/`, what was chosen. Out: the menu, files for the draft, what changed."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post

from sluss.cases.access import access_case_no
from sluss.cases.models import attachments
from sluss.desk.answers import changed, page_behind, page_of, told, voice_of
from sluss.desk.attached import show_file
from sluss.desk.desk import Look, read_desk, show_news
from sluss.desk.item_screens import File
from sluss.desk.ready import read_answer, read_macros, read_ready
from sluss.desk.ready_screens import MacroStopped
from sluss.desk.screens import Piece as Part
from sluss.desk.shapes import Line, Number, number
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Missing
from sluss.kernel.tx import Tx
from sluss.people.access import AGENTS, READERS
from sluss.people.once import once
from sluss.replies.canned.using import LONGEST_QUERY, use_answer
from sluss.replies.macros.queries import access_macro
from sluss.replies.macros.running import How, Ran, run_macro, undo_macro
from sluss.replies.sending import Stopped
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.shell import Toast

MARK = 2_000


class UseForm(msgspec.Struct, frozen=True):
    """The answer that was put into the text."""

    answer: Number


class MacroForm(msgspec.Struct, frozen=True):
    """A macro, and what the agent had seen of the case."""

    macro: Number
    seen: Line = ""
    anyway: Literal["", "1"] = ""


class RunForm(msgspec.Struct, frozen=True):
    """A macro that was run."""

    run: Annotated[int, msgspec.Meta(ge=0)]


@get("/cases/{no:str}/ready", may=READERS, reads=("case", "no"))
async def ready_menu(edge: Edge, asked: Asked, who: Actor, no: str, q: str = "") -> Response[str]:
    """What the menu of the composer holds; with `answer` that one alone, in a language."""
    given = asked.request.query_params
    if answer := str(given.get("answer", "")):
        found = await edge.db.read(read_answer, who, voice_of(asked), (number(no), number(answer)), str(given.get("language", ""))[:MARK])
    else:
        found = await edge.db.read(read_ready, who, voice_of(asked), number(no), q[:LONGEST_QUERY])
    return asked.answer("desk/ready.html", asked.page(_("Canned answers and macros"), "inbox"), ready=found)


@post("/cases/{no:str}/ready", may=READERS, status_code=200)
async def use_ready(edge: Edge, asked: Asked, who: Actor, no: str) -> Response[Any]:
    """An answer was put into the text: its use is counted, its files are attached to the draft."""
    form = await asked.form(UseForm)
    case = await edge.db.read(access_case_no, who, number(no))
    file_ids = await edge.db.write(once, who, await asked.op(), use_answer, case.id, form.answer)
    files = await edge.db.read(_files, who, tuple(file_ids))
    return asked.json({"files": [{"id": one.id, "name": one.name, "size": one.size, "picture": one.picture} for one in files]})


@get("/cases/{no:str}/macro", may=AGENTS, reads=("case", "no"))
async def macro_list(edge: Edge, asked: Asked, who: Actor, no: str, seen: str = "") -> Response[str]:
    """Every macro for this case, with what it would do."""
    found = await edge.db.read(read_macros, who, voice_of(asked), number(no), seen[:MARK])
    template = "desk/macros.html" if asked.htmx else "desk/macros_page.html"
    return asked.answer(template, asked.page(_("Run a macro"), "inbox"), macros=found)


@post("/cases/{no:str}/macro", may=AGENTS, status_code=200)
async def run_one(edge: Edge, asked: Asked, who: Actor, no: str) -> Response[Any]:
    """Do all that a macro says, or nothing."""
    form = await asked.form(MacroForm)
    case = await edge.db.read(access_case_no, who, number(no))
    how = How(seen=form.seen, anyway=form.anyway == "1")
    try:
        ran = await edge.db.write(once, who, await asked.op(), run_macro, case.id, form.macro, how)
    except Stopped as stopped:
        return await _stopped(edge, asked, who, (case.number, form.macro), stopped)
    toast = Toast(text=_("Done: %(name)s") % {"name": ran.name}, **_way_back(ran))
    pieces: tuple[Part, ...] = ("head", "timeline", "composer", "side")
    return await changed(edge, asked, who, case.number, pieces, toasts=[toast])


@post("/cases/{no:str}/macro/undo", may=AGENTS, status_code=200)
async def undo_one(edge: Edge, asked: Asked, who: Actor, no: str) -> Response[Any]:
    """Take back what a macro did."""
    form = await asked.form(RunForm)
    await edge.db.write(once, who, await asked.op(), _undo, number(no), form.run)
    toast = Toast(text=_("Taken back. The case is as it was."))
    if not urlsplit(asked.request.headers.get("hx-current-url", "")).path.endswith(f"/{number(no)}"):
        return await told(edge, asked, who, [toast])  # another case is open by now
    return await changed(edge, asked, who, number(no), ("head", "timeline", "composer", "side"), toasts=[toast])


def _undo(tx: Tx, who: Actor, no: int, run_id: int) -> None:
    case = access_case_no(tx, who, no)
    if undo_macro(tx, who, run_id) != case.number:
        raise Missing


def _files(tx: Tx, who: Actor, file_ids: tuple[int, ...]) -> list[File]:
    c = attachments.c
    mine = (c.workspace_id == who.workspace_id) & c.id.in_(file_ids) & (c.uploader_id == who.id)
    return [show_file(row) for row in tx.rows(sa.select(attachments).where(mine).order_by(c.id))] if file_ids else []


def _way_back(ran: Ran) -> dict[str, Any]:
    return {"undo_url": f"/cases/{ran.no}/macro/undo", "fields": {"run": str(ran.run_id)}, "until": ran.leaves_at}


async def _stopped(edge: Edge, asked: Asked, who: Actor, what: tuple[int, int], stopped: Stopped) -> Response[Any]:
    no, macro_id = what
    macro = await edge.db.read(access_macro, who, macro_id)
    if asked.htmx:
        screen = MacroStopped(no=no, macro=str(macro_id), name=macro.name, news=show_news(stopped.news))
        return asked.answer("desk/macro_stopped.html", await page_behind(asked), 409, stopped=screen)
    text = _("Not done: %(name)s has written meanwhile.") % {"name": stopped.news.by}
    case = await edge.db.read(read_desk, who, Look(voice=voice_of(asked), no=no))
    return asked.answer("desk/inbox.html", page_of(asked, case, f"/c/{no}", [Toast(text=text, kind="bad")]), 409, desk=case.desk)


ROUTES: list[Any] = [ready_menu, use_ready, macro_list, run_one, undo_one]
