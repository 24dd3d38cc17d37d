"""One open stream of a visitor, kept small: thousands of people look on while few talk.

In: chunks of `text/event-stream`. Out: the same bytes, sent by a task that lives only while there is something to send.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from sluss.web.headers import Send

WAITING = 128 * 1024
"""Bytes that may wait for a reader who takes none."""

_sending: set[asyncio.Task[None]] = set()


class Stream:
    """Who listens, and what waits for them. `rows` are the ids of the visitors whose threads it shows, its own first."""

    __slots__ = ("busy", "ended", "inbox_id", "language", "network", "number", "proven", "ready", "rows", "send", "until", "waiting")

    def __init__(self, rows: tuple[int, ...], chat: tuple[int, str], network: str) -> None:
        self.rows = rows
        self.inbox_id, self.language = chat
        self.network = network
        self.number = 0
        self.proven = False
        self.until = 0
        self.waiting = b""
        self.ready = self.busy = self.ended = False
        self.send: Send | None = None

    def offer(self, chunk: bytes) -> None:
        """Send a chunk as soon as the reader takes it; a reader who takes none is let go."""
        if self.ended:
            return
        if len(self.waiting) + len(chunk) > WAITING:
            self.waiting = b""
            self.end(1_000)
            return
        self.waiting += chunk
        self._flush()

    def begin(self, send: Send) -> None:
        """The head and the snapshot are out: from now on chunks follow."""
        self.send, self.ready = send, True
        self._flush()

    def end(self, wait_ms: int) -> None:
        """Tell the reader when to come back, and close."""
        if not self.ended:
            self.waiting += encode("bye", {"wait": wait_ms})
            self.ended = True
            self._flush()

    def _flush(self) -> None:
        if self.ready and not self.busy and self.waiting:
            self.busy = True
            task = asyncio.get_running_loop().create_task(self._send_waiting())
            _sending.add(task)
            task.add_done_callback(_sending.discard)

    async def _send_waiting(self) -> None:
        send = self.send
        try:
            while send is not None and self.waiting:
                chunk, self.waiting = self.waiting, b""
                last = self.ended
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
                if last and not self.waiting:
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
        except OSError:  # gone in the middle of it
            self.ended = True
        finally:
            self.busy = False


def encode(event: str, data: Any) -> bytes:
    """One event of a stream."""
    return b"event: %s\ndata: %s\n\n" % (event.encode(), msgspec.json.encode(data))
