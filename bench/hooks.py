"""Durable HTTP intake: signed mails posted to an inbox's address, stored before the answer.

Limit: a handler of the same server that does nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from bench.figures import Figure
from bench.load import mail, post_many
from bench.server import SECRET, Running, running

REQUESTS = 12_000
CONNECTIONS = 64


def measure(divide: int) -> list[Figure]:
    """On the embedded default: a process that only takes in, and one that reads what came in at the same time."""
    bare, stored = _rates("web", divide)
    _, both = _rates("all", divide)
    return [
        Figure("Durable HTTP intake, SQLite", stored, "/s", bare, "an empty handler", ">= 0.5 of it", stored >= bare / 2),
        Figure("The same while one process also admits it", both, "/s", bare, "an empty handler"),
    ]


def _rates(role: str, divide: int) -> tuple[float, float]:
    """Requests per second of an empty handler, and of durable intake."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), role=role) as server:
        port = urlsplit(server.address).port or 80
        number = REQUESTS // divide
        empty = [b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"] * number
        posts = [_post(server, n) for n in range(number)]
        asyncio.run(post_many(port, empty[:200], 8))
        bare = number / asyncio.run(post_many(port, empty, CONNECTIONS))
        stored = number / asyncio.run(post_many(port, posts, CONNECTIONS))
    return bare, stored


def _post(server: Running, n: int) -> bytes:
    body = mail(n)
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    head = (
        f"POST /hooks/{server.workspace_id}/{server.inbox_id} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: message/rfc822\r\n"
        f"X-Sluss-Signature: sha256={signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
