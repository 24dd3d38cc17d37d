"""The pages of the desk: views, one case, search. What is done to a case, files and deliveries have files of their own."""

from __future__ import annotations

from typing import Any, get_args
from urllib.parse import urlencode

import msgspec
from litestar import Response, get
from litestar.response.redirect import Redirect

from sluss.cases.access import Merged, access_case_no, lead_on
from sluss.desk import (
    routes_bulk,
    routes_case,
    routes_colleagues,
    routes_deeds,
    routes_files,
    routes_forward,
    routes_join,
    routes_palette,
    routes_presence,
    routes_proposals,
    routes_ready,
    routes_reply,
    routes_side,
    routes_sluice,
    routes_views,
    routes_ways,
)
from sluss.desk.answers import go_on, page_of, voice_of
from sluss.desk.desk import Look, Seen, read_best_view, read_desk, read_more, read_search
from sluss.desk.quick import suggest
from sluss.desk.screens import Desk
from sluss.desk.shapes import number
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.people.access import READERS, SIGNED_IN
from sluss.replies.drafts import Kind
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.shell import Toast

MARK = 4_000


@get("/", may=SIGNED_IN)
async def home(asked: Asked) -> Redirect:
    """Where everybody begins."""
    return asked.go("/inbox/mine")


@get("/inbox/{view:str}", may=READERS)
async def view_page(
    edge: Edge, asked: Asked, who: Actor, view: str, *, sort: str = "", after: str = "", f: str = "", choose: str = ""
) -> Response[str]:
    """A list, narrowed by `f`, or its next rows. `choose` = all chooses everything that it holds."""
    look = Look(voice=voice_of(asked), view=view, f=f, sort=sort, after=after, everything=choose == "all")
    if asked.partial and asked.target == "rows" and after:
        queue = await edge.db.read(read_more, who, look)
        return asked.answer("desk/more.html", asked.page(queue.view.label, "inbox"), queue=queue)
    seen = await edge.db.read(read_desk, who, look)
    return asked.answer("desk/inbox.html", page_of(asked, seen), desk=seen.desk)


@get("/inbox/{view:str}/{no:str}", may=READERS, reads=("case", "no"))
async def case_page(
    edge: Edge,
    asked: Asked,
    who: Actor,
    view: str,
    no: str,
    *,
    m: str = "",
    before: str = "",
    tab: str = "",
    thread: str = "",
    f: str = "",
    was: str = "",
) -> Response[Any]:
    """One case beside its list. `m` is the item that a link points at, `before` asks for what came before an item, `tab` opens it.

    `thread` is the conversation beside the customer that is to be gone on with, `was` a merged case that led here.
    """
    pane = asked.partial and asked.target == "panes"
    focus = number(m) if m.isdigit() else None
    look = Look(voice=voice_of(asked), view=view, no=number(no), focus=focus, before=number(before) if before else None, rows=not pane)
    look = msgspec.structs.replace(look, thread=number(thread) if thread else 0, f=f)
    try:
        seen = await edge.db.read(read_desk, who, look)
    except Merged:
        return go_on(asked, number(no))
    toasts = [Toast(text=_("#%(number)s is part of this case now") % {"number": number(was)})] if was.isdigit() else []
    page = page_of(asked, seen, toasts=toasts)
    return asked.answer("desk/pane.html" if pane else "desk/inbox.html", page, desk=_open_tab(seen.desk, tab))


def _open_tab(desk: Desk, tab: str) -> Desk:
    """Without scripts the tabs of the composer are links."""
    kind: Kind | None = next((one for one in get_args(Kind) if one == tab), None)
    if desk.case is None or kind is None or (kind == "side" and desk.case.composer.side is None):
        return desk
    composer = msgspec.structs.replace(desk.case.composer, tab=kind)
    return msgspec.structs.replace(desk, case=msgspec.structs.replace(desk.case, composer=composer))


@get("/cases/{no:str}/fresh", may=READERS, reads=("case", "no"))
async def fresh_case(edge: Edge, asked: Asked, who: Actor, no: str, *, view: str = "", seen: str = "", shown: str = "") -> Response[str]:
    """An open case as it is now, without its composer. `seen` is the mark of what the page shows, to tell what is new since.

    `shown` says that its newest messages are in view.
    """
    look = Look(voice=voice_of(asked), view=view, no=number(no), rows=False, seen=seen[:MARK], shown=shown == "1")
    try:
        now = await _read_case(edge, who, look)
    except Merged as merged:
        return asked.answer("desk/merged.html", asked.page(f"#{merged.number}", "inbox"), no=number(no), into=merged.number)
    return asked.answer("desk/fresh.html", page_of(asked, now, f"/inbox/{now.desk.queue.view.key}/{number(no)}"), desk=now.desk)


@get("/cases/{no:str}/earlier", may=READERS, reads=("case", "no"))
async def earlier_items(edge: Edge, asked: Asked, who: Actor, no: str, before: str) -> Response[str]:
    """What came before an item."""
    seen = await _read_case(edge, who, Look(voice=voice_of(asked), no=number(no), before=number(before), rows=False))
    page = page_of(asked, seen, f"/inbox/{seen.desk.queue.view.key}/{number(no)}")
    return asked.answer("desk/earlier.html", page, case=seen.desk.case)


@get("/search", may=READERS)
async def search_page(edge: Edge, asked: Asked, who: Actor, q: str = "", after: str = "", *, sort: str = "") -> Response[str] | Redirect:
    """What is found; a case number alone leads to its case."""
    found, shell = await edge.db.read(read_search, who, Look(voice=voice_of(asked), after=after, sort=sort), q)
    if found.straight:
        return asked.go(f"/c/{found.straight}")
    return asked.answer("desk/search.html", asked.page(found.query or _("Search"), "search", **shell), found=found)


@get("/search/quick", may=READERS)
async def quick_search(edge: Edge, asked: Asked, who: Actor, q: str = "") -> Response[Any]:
    """The few best things, for a list that opens while one types."""
    return asked.json({"items": await edge.db.read(suggest, who, voice_of(asked), q)})


@get("/c/{no:str}", may=READERS)
async def short_link(edge: Edge, asked: Asked, who: Actor, no: str, m: str = "") -> Redirect:
    """A case by its number alone, as people pass it on; `m` is a message or note in it."""
    here = await edge.db.read(_goes_on, who, number(no))
    view = await edge.db.read(read_best_view, who, here)
    asks = {"m": number(m) if m else 0, "was": number(no) if here != number(no) else 0}
    query = urlencode({name: value for name, value in asks.items() if value})
    return asked.go(f"/inbox/{view}/{here}" + (f"?{query}" if query else ""))


def _goes_on(tx: Tx, who: Actor, no: int) -> int:
    """The number under which a case goes on; another one if it was merged."""
    return lead_on(tx, who, access_case_no(tx, who, no)).number


async def _read_case(edge: Edge, who: Actor, look: Look) -> Seen:
    """A case in the view that is asked for; in its best view where that one is not the reader's any more."""
    best = await edge.db.read(read_best_view, who, look.no or 0)
    known = look.view in {"mine", "mentioned", "following", "unassigned", "open", "solved"}
    return await edge.db.read(read_desk, who, look if known else msgspec.structs.replace(look, view=best))


ROUTES: list[Any] = [
    home,
    view_page,
    case_page,
    fresh_case,
    earlier_items,
    search_page,
    quick_search,
    short_link,
    *routes_views.ROUTES,
    *routes_bulk.ROUTES,
    *routes_case.ROUTES,
    *routes_colleagues.ROUTES,
    *routes_deeds.ROUTES,
    *routes_reply.ROUTES,
    *routes_files.ROUTES,
    *routes_palette.ROUTES,
    *routes_forward.ROUTES,
    *routes_join.ROUTES,
    *routes_presence.ROUTES,
    *routes_proposals.ROUTES,
    *routes_ready.ROUTES,
    *routes_sluice.ROUTES,
    *routes_ways.ROUTES,
]

UPLOADS: list[Any] = [*routes_reply.UPLOADS, *routes_side.UPLOADS, *routes_files.UPLOADS]
"""Routes that take files, and so larger bodies than the others."""
