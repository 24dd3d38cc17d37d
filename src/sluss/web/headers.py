"""The outermost layer of the web: a request id, security headers and cookies on every answer, one log line and one measure per request.

In: any ASGI application. Out: the same, with nothing cacheable or framable unless the answer itself says so.
"""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

from sluss.kernel import metrics
from sluss.kernel.log import get_log, request_scope

log = get_log("web")

Message = Any
Scope = Any
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; frame-src 'self'; object-src 'none'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
ALWAYS = (
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"),
)
LASTING = (b"strict-transport-security", b"max-age=31536000")
STREAMS = frozenset({"/live", "/chat/{key}/live"})
"""They last as long as somebody looks on, and are counted elsewhere."""
QUIET = frozenset(
    {"/static/{name}", "/healthz", "/readyz", "/metrics", "/live/ping", "/embed/v1.js", "/embed/{name}"}
    | {"/chat/{key}/typing", "/chat/{key}/page", "/chat/{key}/receipts", "/chat/{key}/state"}
)


class Guarded:
    """An ASGI application with the headers above. An answer that sets one of them keeps its own (a mail's frame has its own policy)."""

    def __init__(self, app: AsgiApp, *, https: bool) -> None:
        self.app = app
        self.always = (*ALWAYS, LASTING) if https else ALWAYS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["request_id"] = f"{random.getrandbits(64):016x}"
        state["cookies"] = []
        started = time.perf_counter()
        status = 0

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *self._missing(message, state)]
            await send(message)

        with request_scope(state["request_id"]):
            await self.app(scope, receive, send_guarded)
            _note(scope, status, time.perf_counter() - started)

    def _missing(self, message: Message, state: dict[str, Any]) -> list[tuple[bytes, bytes]]:
        present = {name.lower() for name, _ in message.get("headers", ())}
        own_policy = b"content-security-policy" in present
        missing = [pair for pair in self.always if pair[0] not in present and not (own_policy and pair[0] == b"x-frame-options")]
        missing.append((b"x-request-id", state["request_id"].encode()))
        return missing + [(b"set-cookie", cookie.encode()) for cookie in state["cookies"]]


def _note(scope: Scope, status: int, seconds: float) -> None:
    """The route as declared, never the address as asked: addresses may hold one-time tokens."""
    route = scope.get("path_template") or "(none)"
    if route in STREAMS:
        return
    metrics.request_answered(route, scope["method"], status, seconds)
    if route not in QUIET or status >= 500:
        log.info("request", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 1))
