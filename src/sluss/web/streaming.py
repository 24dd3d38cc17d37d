"""One open stream as an HTTP answer. In: a hub and a watcher. Out: `text/event-stream` until the reader leaves or is let go."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Response

from sluss.kernel.live import Hub, Stream, Watcher
from sluss.web.headers import Receive, Scope, Send

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
]


class LiveAnswer(Response[None]):
    """What `/live` answers: events from just after a position."""

    def __init__(self, hub: Hub, watcher: Watcher, after: float) -> None:
        super().__init__(None)
        self._hub, self._watcher, self._after = hub, watcher, after

    def to_asgi_response(self, *_: Any, **__: Any) -> Any:
        """The stream itself; the framework's buffering answers know nothing of readers that leave."""
        return self._stream

    async def _stream(self, _: Scope, receive: Receive, send: Send) -> None:
        async with self._hub.opened(self._watcher, self._after) as stream:
            missed = await self._hub.missed(stream)
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            await send({"type": "http.response.body", "body": b": open\n\n" + missed, "more_body": True})
            leaving = asyncio.create_task(_end_when_gone(receive, stream))
            try:
                async for chunk in stream.chunks():
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            finally:
                leaving.cancel()


async def _end_when_gone(receive: Receive, stream: Stream) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.end()
