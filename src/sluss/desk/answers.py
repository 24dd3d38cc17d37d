"""Answers of the desk's routes. In: what was asked, and how things stand now. Out: a whole page, a fragment, or the way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
from litestar import Response

from sluss.desk.composer import Typed
from sluss.desk.desk import Look, Seen, read_desk
from sluss.desk.screens import Piece
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Missing
from sluss.web.edge import Asked, Edge
from sluss.web.locale import Voice
from sluss.web.locale import gettext as _
from sluss.web.shell import Page, Toast


def voice_of(asked: Asked) -> Voice:
    """How this reader is spoken to, for work on another thread."""
    return Voice(asked.reader.locale, asked.reader.zone)


def page_of(asked: Asked, seen: Seen, path: str = "", toasts: Sequence[Toast] = ()) -> Page:
    """What surrounds a desk. `path` is the page that forms in a fragment lead back to."""
    case = seen.desk.case
    title = f"#{case.no} {case.subject}" if case else seen.desk.queue.view.label
    page = asked.page(title, "inbox", toasts=tuple(toasts), **seen.shell)
    return msgspec.structs.replace(page, path=path) if path else page


async def changed(
    edge: Edge, asked: Asked, who: Actor, no: int, pieces: tuple[Piece, ...], *, toasts: Sequence[Toast] = (), **screen: Any
) -> Response[Any]:
    """The answer to a write: what changed and what else is shown, or without scripts the way back."""
    if not asked.htmx:
        return await asked.back(f"/c/{no}")
    back = await asked.field("back")
    look = Look(voice=voice_of(asked), view=view_in(back), f=filter_in(back), no=no, rows=False, pieces=pieces)
    seen = await _look_again(edge, who, look)
    path = back if urlsplit(back).path.startswith("/inbox/") else f"/inbox/{seen.desk.queue.view.key}/{no}"
    return asked.answer("desk/done.html", page_of(asked, seen, path, toasts), desk=seen.desk, **screen)


async def told(edge: Edge, asked: Asked, who: Actor, toasts: Sequence[Toast]) -> Response[Any]:
    """The answer to a write that is about no single open case."""
    if not asked.htmx:
        return await asked.back("/inbox/mine")
    seen = await edge.db.read(read_desk, who, Look(voice=voice_of(asked), view="mine", rows=False))
    return asked.answer("desk/done.html", page_of(asked, seen, await asked.field("back"), toasts), desk=seen.desk)


async def refused(edge: Edge, asked: Asked, who: Actor, no: int, typed: Typed) -> Response[Any]:
    """The form again, with what was typed and what is wrong with it."""
    view = view_in(await asked.field("back"))
    look = Look(voice=voice_of(asked), view=view, no=no, rows=not asked.htmx, pieces=("composer",), typed=typed)
    seen = await _look_again(edge, who, look)
    template = "desk/done.html" if asked.htmx else "desk/inbox.html"
    return asked.answer(template, page_of(asked, seen, f"/inbox/{seen.desk.queue.view.key}/{no}"), 422, desk=seen.desk)


async def page_behind(asked: Asked) -> Page:
    """The page that a dialog stands on, so that its form leads back there."""
    return msgspec.structs.replace(asked.page(_("Not sent"), "inbox"), path=await asked.field("back"))


def go_on(asked: Asked, no: int) -> Response[Any]:
    """The page of a case that is no longer the one that is open."""
    if asked.htmx:
        return Response(b"", media_type="text/plain", headers={"HX-Redirect": f"/c/{no}"})
    return asked.go(f"/c/{no}")


def view_in(path: str) -> str:
    """The view that an address of the desk names, or nothing."""
    parts = urlsplit(path).path.split("/")
    return parts[2] if len(parts) > 2 and parts[1] == "inbox" else ""


def filter_in(path: str) -> str:
    """The filter that an address of the desk carries, or nothing."""
    return dict(parse_qsl(urlsplit(path).query)).get("f", "")


async def _look_again(edge: Edge, who: Actor, look: Look) -> Seen:
    """The desk after a write; a form may name a view that is no longer there."""
    try:
        return await edge.db.read(read_desk, who, look)
    except Missing:
        if not look.view:
            raise
        return await edge.db.read(read_desk, who, msgspec.structs.replace(look, view=""))
