"""Merging cases, moving messages between them, and the way back. In: forms. Out: dialogs, what changed, and a toast that undoes it."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post

from sluss.cases.access import access_case, access_case_no
from sluss.desk.answers import changed, go_on
from sluss.desk.joining import MergeForm, MergeScreen, MoveForm, MoveScreen, number_in, read_merge, read_move
from sluss.desk.moved import kept_sentence
from sluss.desk.shapes import Empty, number
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid
from sluss.kernel.tx import Tx
from sluss.merging.log import access_move
from sluss.merging.merge import merge_cases
from sluss.merging.split import Moving, move_messages
from sluss.merging.undo import Undone, undo_move
from sluss.people.access import AGENTS
from sluss.people.once import once
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.shell import Form, Toast

PIECES: Any = ("head", "timeline", "composer", "side")


@get("/cases/{no:str}/merge", may=AGENTS, reads=("case", "no"))
async def merge_form(
    edge: Edge, asked: Asked, who: Actor, no: str, *, q: str = "", other: str = "", keep: str = "", away: str = ""
) -> Response[Any]:
    """Which case to merge with; with `other` the question, and what would follow."""
    wanted = (q[:400], number(other) if other else 0, number(keep) if keep else 0)
    screen = await edge.db.read(read_merge, who, number(no), wanted)
    if asked.htmx and asked.target == "merge-choices":
        return asked.answer("desk/merge_choices.html", asked.page(_("Merge"), "inbox"), merge=screen)
    return _show_merge(asked, msgspec.structs.replace(screen, away=away == "1"))


@post("/cases/{no:str}/merge", may=AGENTS, status_code=200)
async def merge(edge: Edge, asked: Asked, who: Actor, no: str) -> Response[Any]:
    """Bring everything of one case into the other."""
    form = await asked.form(MergeForm)
    keep, goes = (form.other, number(no)) if form.keep == form.other else (number(no), form.other)
    move_id = await edge.db.write(once, who, await asked.op(), _merge, keep, goes)
    toast = Toast(text=_("#%(goes)s is part of this now") % {"goes": goes}, undo_url=f"/moves/{move_id}/undo")
    if keep != number(no) or form.away:
        return go_on(asked, keep)
    return await changed(edge, asked, who, keep, PIECES, toasts=[toast])


@get("/cases/{no:str}/move", may=AGENTS, reads=("case", "no"))
async def move_form(edge: Edge, asked: Asked, who: Actor, no: str, m: str) -> Response[Any]:
    """What moves from a message on, and where to."""
    return _show_move(asked, await edge.db.read(read_move, who, number(no), MoveForm(m=number(m))))


@post("/cases/{no:str}/move", may=AGENTS, status_code=200)
async def move(edge: Edge, asked: Asked, who: Actor, no: str) -> Response[Any]:
    """Move messages to a new case, or to one that is there."""
    form = await asked.form(MoveForm)
    try:
        moved = await edge.db.write(once, who, await asked.op(), _move, number(no), form)
    except Invalid as invalid:
        screen = await edge.db.read(read_move, who, number(no), form)
        faults = {name: _(sentence) for name, sentence in invalid.fields.items()}
        return _show_move(asked, msgspec.structs.replace(screen, form=Form({}, faults)), 422)
    toast = Toast(text=_("Moved to #%(number)s") % {"number": moved.to}, undo_url=f"/moves/{moved.move_id}/undo")
    if moved.merged:
        return go_on(asked, moved.to)
    return await changed(edge, asked, who, number(no), PIECES, toasts=[toast])


@post("/moves/{move:str}/undo", may=AGENTS, status_code=200)
async def take_back_move(edge: Edge, asked: Asked, who: Actor, move: str) -> Response[Any]:
    """Give everything back, with what came to it since."""
    await asked.form(Empty)
    undone = await edge.db.write(once, who, await asked.op(), _undo, number(move))
    texts = [_("Everything is in #%(number)s again") % {"number": undone.source}, *([kept_sentence(undone.kept)] if undone.kept else [])]
    return await changed(edge, asked, who, _shown(await asked.field("back"), undone), PIECES, toasts=[Toast(text=" ".join(texts))])


class Moved(msgspec.Struct, frozen=True):
    """A move, the number of the case that it led to, and whether all of the other went."""

    move_id: int
    to: int
    merged: bool


def _merge(tx: Tx, who: Actor, keep: int, goes: int) -> int:
    return merge_cases(tx, who, access_case_no(tx, who, keep).id, access_case_no(tx, who, goes).id)


def _move(tx: Tx, who: Actor, no: int, form: MoveForm) -> Moved:
    case = access_case_no(tx, who, no)
    target = access_case_no(tx, who, number_in(form.to)).id if form.where == "there" else None
    moving = Moving(case_id=case.id, message_id=form.m, reach=form.what, target_id=target, note_ids=form.note)
    move_id = move_messages(tx, who, moving)
    found = access_move(tx, who, move_id)
    return Moved(move_id, access_case(tx, who, found.to_id).number, found.kind == "merge")


def _undo(tx: Tx, who: Actor, move_id: int) -> Undone:
    return undo_move(tx, who, move_id)


def _shown(back: str, undone: Undone) -> int:
    """The case that the reader is looking at, where it is one of the two and still there."""
    open_one = back.partition("?")[0].rpartition("/")[2]
    return undone.source if open_one == str(undone.source) or not undone.target else undone.target


def _show_merge(asked: Asked, screen: MergeScreen) -> Response[Any]:
    return asked.answer("desk/merge.html" if asked.htmx else "desk/merge_page.html", asked.page(_("Merge"), "inbox"), merge=screen)


def _show_move(asked: Asked, screen: MoveScreen, status: int = 200) -> Response[Any]:
    template = "desk/move.html" if asked.htmx else "desk/move_page.html"
    return asked.answer(template, asked.page(_("Move"), "inbox"), status, move=screen)


ROUTES: list[Any] = [merge_form, merge, move_form, move, take_back_move]
