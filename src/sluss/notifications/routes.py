"""The bell: what an agent was told, and that it has been read. In: an agent. Out: a page, the panel under the bell, a number."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from litestar import Response, get, post

from sluss.cases.access import access_case_no
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Missing
from sluss.kernel.events import last_position
from sluss.kernel.tx import Tx
from sluss.notifications import routes_alerts
from sluss.notifications.actions import read_all, read_case
from sluss.notifications.preferences import preferences_of
from sluss.notifications.quiet import quiet_until
from sluss.notifications.screens import Bell, Line, Matter
from sluss.notifications.shapes import ReadForm
from sluss.notifications.telling import ICONS, About, Told, by_case, count_unread, sentence_of, told_of
from sluss.people.access import READERS
from sluss.people.once import once
from sluss.web.edge import Asked, Edge
from sluss.web.locale import Voice, speaking
from sluss.web.locale import gettext as _

IN_PANEL, ON_PAGE = 30, 200
LARGEST = (1 << 63) - 1


@get("/notifications", may=READERS)
async def bell_page(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """Everything lately; or, for the panel, the newest of it."""
    if asked.partial:
        bell, _position = await edge.db.read(_bell, who, _voice(asked), IN_PANEL)
        return asked.answer("notifications/panel.html", asked.page(_("Notifications")), bell=bell)
    bell, position = await edge.db.read(_bell, who, _voice(asked), ON_PAGE)
    page = asked.page(_("Notifications"), "", live_after=str(position), bell=bell.unread)
    return asked.answer("notifications/page.html", page, bell=bell)


@get("/notifications/state", may=READERS)
async def bell_state(edge: Edge, asked: Asked, who: Actor) -> Response[Any]:
    """For pages that are not live by themselves."""
    return asked.json(await edge.db.read(_state, who))


@post("/notifications/read", may=READERS, status_code=200)
async def mark_read(edge: Edge, asked: Asked, who: Actor) -> Response[Any]:
    """One case's news, or all of it."""
    form = await asked.form(ReadForm)
    await edge.db.write(once, who, await asked.op(), _read, form.no)
    if not asked.htmx:
        return await asked.back("/notifications")
    bell, _position = await edge.db.read(_bell, who, _voice(asked), IN_PANEL)
    return asked.answer("notifications/panel.html", asked.page(_("Notifications")), bell=bell)


def _voice(asked: Asked) -> Voice:
    return Voice(asked.reader.locale, asked.reader.zone)


def _read(tx: Tx, who: Actor, no: str) -> int:
    if not no:
        return read_all(tx, who)
    if not (no.isascii() and no.isdigit() and int(no) <= LARGEST):
        raise Missing
    return read_case(tx, who, access_case_no(tx, who, int(no)).id)


def _state(tx: Tx, who: Actor) -> dict[str, Any]:
    # Read before the number: what happens meanwhile is pushed a second time rather than missed.
    position = int(tx.value(last_position()))
    return {"unread": count_unread(tx, who, [who])[who.id], "after": str(position)}


def _bell(tx: Tx, who: Actor, voice: Voice, limit: int) -> tuple[Bell, int]:
    position = int(tx.value(last_position()))
    quiet = preferences_of(tx, who, [who.id])[who.id].quiet
    told = told_of(tx, who, sa.true(), limit + 1)
    with speaking(voice):
        matters = tuple(_matter(one) for one in by_case(told[:limit]))
    until = quiet_until(quiet, tx.now)
    unread = count_unread(tx, who, [who])[who.id]
    return Bell(unread=unread, matters=matters, more=len(told) > limit, quiet_until=until, hushed=quiet.until > tx.now), position


def _matter(about: About) -> Matter:
    lines = tuple(_line(one) for one in about.news)
    return Matter(no=about.no, subject=about.subject, customer=about.customer, unread=about.unread, at=about.at, lines=lines)


def _line(one: Told) -> Line:
    href = f"/c/{one.no}?m={one.item_id}" if one.item_id else f"/c/{one.no}"
    return Line(icon=ICONS[one.kind], text=sentence_of(one), excerpt=one.excerpt, at=one.at, href=href, unread=one.unread)


ROUTES: list[Any] = [bell_page, bell_state, mark_read, *routes_alerts.ROUTES]
