"""The chat's button on a company's web site. In: requests of pages that are not ours. Out: the loader, and how a chat looks there.

Only pages of the sites that are on the inbox's list are told; both kinds are noted, so that an administrator sees where it is installed.
"""

from __future__ import annotations

import re
import time
from typing import Any

import msgspec
from litestar import Response, get

from sluss.channels.hours import is_open
from sluss.channels.sites import note_site
from sluss.channels.webchat.origins import allows
from sluss.channels.webchat.settings import in_language
from sluss.kernel.errors import Missing
from sluss.kernel.log import get_log
from sluss.visitor.chats import Chat
from sluss.visitor.loader import launcher_style, loader, on_accent
from sluss.visitor.meeting import meet, visitors_of
from sluss.web.assets import squeezed
from sluss.web.edge import Asked, Call, Edge
from sluss.web.locale import gettext as _
from sluss.web.policy import VISITOR

log = get_log("visitor")

HOUR_SECONDS = 3600
REFUSED_SECONDS = 10
REMEMBERED = 10_000
PATH = 200
KIND = ".json"

_ORIGIN = re.compile(r"https?://[a-z0-9.:_\[\]-]{1,260}")
_OPEN = {"Cross-Origin-Resource-Policy": "cross-origin", "Vary": "Origin, Accept-Encoding"}


class Notes:
    """Which sites this process has noted lately: a page that is opened a thousand times is written down once an hour."""

    def __init__(self) -> None:
        self._noted: dict[tuple[int, str, bool], float] = {}
        self._refused: dict[int, float] = {}

    def is_due(self, chat: Chat, origin: str, *, refused: bool, now: float) -> bool:
        """Whether to write it down now. Of refused sites, whose names anybody can make up, one in ten seconds is."""
        known = self._noted.get((chat.inbox_id, origin, refused))
        if known is not None and now - known < HOUR_SECONDS:
            return False
        if refused and now - self._refused.get(chat.inbox_id, -REFUSED_SECONDS) < REFUSED_SECONDS:
            return False
        if len(self._noted) >= REMEMBERED:
            self._noted.clear()
        self._noted[chat.inbox_id, origin, refused] = now
        if refused:
            self._refused[chat.inbox_id] = now
        return True


@get("/embed/v1.js", may=VISITOR)
async def loader_script(edge: Edge, request: Call) -> Response[bytes]:
    """The script of every web site, at an address that stays."""
    script = loader(fresh=edge.config.fresh)
    headers = {**_OPEN, "Cache-Control": "public, max-age=3600", "ETag": script.tag, "Access-Control-Allow-Origin": "*"}
    if script.tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers)
    packed = "gzip" in request.headers.get("accept-encoding", "")
    headers |= {"Content-Encoding": "gzip"} if packed else {}
    return Response(script.squeezed if packed else script.plain, media_type="text/javascript", headers=headers)


@get("/embed/{name:str}", may=VISITOR)
async def launcher(edge: Edge, asked: Asked, request: Call, name: str) -> Response[Any]:
    """How the button of a chat looks, for a page of a site on its list."""
    if not name.endswith(KIND):
        raise Missing
    meeting = await meet(edge, request, name.removesuffix(KIND), visitors_of(edge).limits.looks)
    origin, chat = request.headers.get("origin", ""), meeting.chat
    refused = not allows(chat.settings.origins, origin)
    await _note(edge, chat, (origin, _path(request.query_params.get("path", ""))), refused=refused)
    if refused:
        return asked.json({"error": _("This web site is not on the list of the chat.")}, 403, {"Vary": "Origin"})
    told = msgspec.json.encode(describe(chat, edge.db.clock(), meeting.language))
    body, encoding = squeezed(told, request.headers.get("accept-encoding", ""))
    headers = {**_OPEN, "Cache-Control": "private, max-age=60", "Access-Control-Allow-Origin": origin}
    headers |= {"Content-Encoding": encoding} if encoding else {}
    return Response(body, media_type="application/json", headers=headers)


def describe(chat: Chat, now: int, language: str) -> dict[str, Any]:
    """What the loader needs, in the voice of the moment."""
    settings = chat.settings
    return {
        "open": is_open(chat.hours, now),
        "accent": settings.accent,
        "on_accent": on_accent(settings),
        "side": settings.side,
        "x": settings.offset_x,
        "y": settings.offset_y,
        "z": settings.z,
        "theme": settings.theme,
        "frame": f"/chat/{chat.key}",
        "style": launcher_style(settings),
        "texts": {
            "title": in_language(settings.title, language) or _("Chat with %(name)s") % {"name": chat.brand},
            "open": _("Open the chat"),
            "close": _("Close the chat"),
            "unread": _("Unread messages:"),
            "trouble": _("The chat does not answer at the moment. What you have written is kept."),
            "again": _("Try again"),
        },
    }


async def _note(edge: Edge, chat: Chat, site: tuple[str, str], *, refused: bool) -> None:
    """Losing a note costs a line on a page, never the chat."""
    edge.sites = notes = edge.sites or Notes()
    if _ORIGIN.fullmatch(site[0]) is None or not notes.is_due(chat, site[0], refused=refused, now=time.monotonic()):
        return
    try:
        await edge.db.write_grouped(note_site, chat.who, chat.inbox_id, site, refused=refused)
    except Exception:
        log.exception("site_unwritten")


def _path(told: str) -> str:
    """A path without what may follow it; query strings hold secrets of others."""
    path = re.split(r"[?#]", told)[0][:PATH]
    return path if path.startswith("/") and path.isprintable() else "/"


ROUTES = [loader_script, launcher]
