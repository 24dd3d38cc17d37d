"""Calls of the API from pages of other sites. In: the sites that the settings name, each exactly. Out: what their browsers want to be told.

Nothing is told to anybody else, and a cookie never counts for another site: such a page brings a token.
"""

from __future__ import annotations

from sluss.web.headers import AsgiApp, Message, Receive, Scope, Send

METHODS = b"GET, POST, PATCH"
HEADERS = b"authorization, content-type, idempotency-key"
TOLD = b"retry-after, idempotent-replayed, x-request-id"
LASTS = b"600"


class Shared:
    """An application whose `/api/` may be called from the pages of `origins`."""

    def __init__(self, app: AsgiApp, origins: str) -> None:
        self.app = app
        self._origins = frozenset(one.strip().rstrip("/").encode() for one in origins.split(",") if one.strip())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = self._origin(scope)
        if not origin:
            await self.app(scope, receive, send)
            return
        allowed = [(b"access-control-allow-origin", origin), (b"vary", b"Origin")]
        if scope["method"] == "OPTIONS" and _header(scope, b"access-control-request-method"):
            may = [
                (b"access-control-allow-methods", METHODS),
                (b"access-control-allow-headers", HEADERS),
                (b"access-control-max-age", LASTS),
            ]
            await send({"type": "http.response.start", "status": 204, "headers": allowed + may})
            await send({"type": "http.response.body", "body": b""})
            return

        async def send_shared(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *allowed, (b"access-control-expose-headers", TOLD)]
            await send(message)

        await self.app(scope, receive, send_shared)

    def _origin(self, scope: Scope) -> bytes:
        """The origin that asks, if it is one of ours to answer."""
        if not self._origins or scope["type"] != "http" or not scope["path"].startswith("/api/"):
            return b""
        origin = _header(scope, b"origin")
        return origin if origin in self._origins else b""


def _header(scope: Scope, name: bytes) -> bytes:
    found = [value for key, value in scope["headers"] if key == name]
    return found[0] if len(found) == 1 else b""
