"""What a token may be used for. In: `scope=` on a route of the API. Out: the words for people, and the refusal to start without one.

A scope narrows: a token may do what its agent may do now, and of that only what its scopes name.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from litestar.exceptions import ImproperlyConfiguredException
from litestar.handlers import HTTPRouteHandler
from litestar.routes import BaseRoute, HTTPRoute

from sluss.kernel.words import say

CASES_READ = "cases:read"
CASES_WRITE = "cases:write"
NOTES_WRITE = "notes:write"
REPLIES_WRITE = "replies:write"
CONTACTS_READ = "contacts:read"
CARDS_WRITE = "cards:write"
SETTINGS_READ = "settings:read"
FREE = ""
"""Of a route that tells nobody anything of the company's."""

SCOPES = {
    CASES_READ: say("Read cases, messages and notes, and search in them"),
    CASES_WRITE: say("Change the status, priority, assignee and tags of cases"),
    NOTES_WRITE: say("Write internal notes"),
    REPLIES_WRITE: say("Answer customers"),
    CONTACTS_READ: say("Read who the customers are"),
    CARDS_WRITE: say("Put context cards beside customers"),
    SETTINGS_READ: say("Read the lists of agents and inboxes"),
}


def require_scopes(routes: Iterable[BaseRoute]) -> None:
    """Refuse to start with a route of the API that does not say what a token needs for it."""
    for route in routes:
        if route.path.startswith("/api/") and isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                if not _is_declared(handler):
                    raise ImproperlyConfiguredException(f"{route.path} does not declare what a token needs for it: add scope=")


def _is_declared(handler: HTTPRouteHandler) -> bool:
    told: Any = handler.opt.get("scope")
    return told == FREE or told in SCOPES or handler.http_methods == {"OPTIONS"}
