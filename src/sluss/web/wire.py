"""The first lines of a request, bounded. In: bytes of whoever connects. Out: requests for the application, or an early end.

The server's own parser keeps an endless header in memory, waits for ever for the rest of one, and takes a request without a version.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 65_536
HEADERS = 200
HEAD_SECONDS = 30.0


class TooMuch(Exception):
    """More than a head may hold; the parser answers 400 and hangs up."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection whose heads are short, and come in time."""

    _in_head = False
    _head_bytes = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._deadline = self.loop.call_later(HEAD_SECONDS, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        self._met()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # A line that never ends is told to nobody before it does.
        self._head_bytes = self._head_bytes + len(data) if self._in_head else 0
        if self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The head of the request is too large.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._met()
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        known = self.parser is not None and self.parser.get_http_version() in {"1.0", "1.1"}
        if not known or size > HEAD_BYTES or len(self.headers) > HEADERS:
            raise TooMuch
        super().on_headers_complete()

    def _met(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
