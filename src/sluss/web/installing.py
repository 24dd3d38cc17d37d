"""Sluss as an application of its own on a device. In: a request for the manifest. Out: name, icons, colours and shortcuts.

There is no service worker: browsers install without one today, and a desk that shows yesterday's cases without a connection would mislead.
"""

from __future__ import annotations

from litestar import Response, get

from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.locale import voice
from sluss.web.policy import EVERYONE

SURFACES = {"light": "#ffffff", "dark": "#171819"}
"""The top bar of each theme, as `tokens.css` has it; a browser paints its own bars so."""
ICONS = (
    ("favicon.svg", "any", "any"),
    ("app-192.png", "192x192", "any"),
    ("app-512.png", "512x512", "any"),
    ("app-mask-512.png", "512x512", "maskable"),
)


@get("/app.webmanifest", may=EVERYONE)
async def manifest(edge: Edge, asked: Asked) -> Response[bytes]:
    """What a browser reads before it installs. It asks without a session, so nothing of a workspace is in it."""
    icons = [{"src": edge.assets.url(name), "sizes": sizes, "purpose": purpose, "type": _type_of(name)} for name, sizes, purpose in ICONS]
    shortcuts = {
        "/inbox/mine": _("Mine"),
        "/inbox/unassigned": _("Unassigned"),
        "/conversations/new": _("New conversation"),
        "/search": _("Search"),
    }
    told = {
        "id": "/",
        "name": "Sluss",
        "short_name": "Sluss",
        "lang": voice().locale,
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "theme_color": SURFACES["light"],
        "background_color": SURFACES["light"],
        "icons": icons,
        "shortcuts": [{"name": name, "url": url} for url, name in shortcuts.items()],
    }
    answer = asked.json(told)
    answer.media_type = "application/manifest+json"
    return answer


def _type_of(name: str) -> str:
    return "image/svg+xml" if name.endswith(".svg") else "image/png"


ROUTES = [manifest]
