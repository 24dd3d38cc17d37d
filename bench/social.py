"""Hooks of a network where people meet in public: how many are taken, how soon they are acknowledged, and how soon they are cases.

Limit: an empty handler of the same server. The load is a page's: comments under its posts, and talks in private, from a thousand people.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from bench.databases import postgresql
from bench.figures import Figure
from bench.load import post_many
from bench.server import SECRET, Running, running
from bench.setting import PAGE

HOOKS = 8000
CONNECTIONS = 32
EVENTS = 4
"""In one post, as Meta puts them together under load."""
MESSAGES = 12_000
RATE = 100
SECONDS = 20
AT = 1_795_262_400_000


def measure(divide: int) -> list[Figure]:
    """Intake and its acknowledgement on the embedded default, admission on both databases."""
    bare, stored = _rates(divide)
    median, slow = _acknowledged(divide)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        embedded = _admitted(path, "", divide, lambda: _count_sqlite(path / "sluss.sqlite3"))
    with postgresql() as url, tempfile.TemporaryDirectory() as folder:
        grown = _admitted(Path(folder), url, divide, lambda: _count_postgresql(url))
    beside = f"{EVENTS} in each hook, one process takes and admits"
    return [
        Figure("Social hooks taken, SQLite", stored, "/s", bare, "an empty handler", ">= 0.5 of it", stored >= bare / 2),
        Figure(f"The same at {RATE} a second: acknowledged, 99 of 100", slow, "ms", median, "half of them", "<= 250 ms", slow <= 250),
        Figure("Social messages admitted end to end, SQLite", embedded, "/s", 0.0, beside, ">= 500/s", embedded >= 500),
        Figure("Social messages admitted end to end, PostgreSQL", grown, "/s", 0.0, beside, ">= 500/s", grown >= 500),
    ]


def _rates(divide: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), role="web") as server:
        number = HOOKS // divide
        empty = [b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"] * number
        posts = [_post(server, [_event(n)]) for n in range(number)]
        asyncio.run(post_many(_port(server), empty[:200], 8))
        bare = number / asyncio.run(post_many(_port(server), empty, CONNECTIONS))
        return bare, number / asyncio.run(post_many(_port(server), posts, CONNECTIONS))


def _acknowledged(divide: int) -> tuple[float, float]:
    """Milliseconds until a hook is acknowledged, half of them and 99 of 100, at a steady rate, while all of it is admitted."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as server:
        posts = [_post(server, [_event(n)]) for n in range(RATE * max(SECONDS // divide, 3))]
        times = sorted(asyncio.run(_steadily(_port(server), posts)))
    return times[len(times) // 2] * 1000, times[int(len(times) * 0.99)] * 1000


async def _steadily(port: int, posts: Sequence[bytes]) -> list[float]:
    """Each at its moment, whether or not the one before has been answered."""
    began = time.perf_counter()

    async def send(number: int, post: bytes) -> float:
        due = began + number / RATE
        await asyncio.sleep(max(due - time.perf_counter(), 0))
        await post_many(port, [post], 1)
        return time.perf_counter() - due

    return list(await asyncio.gather(*(send(number, post) for number, post in enumerate(posts))))


def _admitted(folder: Path, url: str, divide: int, count: Callable[[], int]) -> float:
    with running(folder, url) as server:
        number = MESSAGES // divide // EVENTS
        posts = [_post(server, [_event(EVENTS * n + part) for part in range(EVENTS)]) for n in range(number)]
        asyncio.run(post_many(_port(server), posts[:10], 2))
        _wait_for(count, 10 * EVENTS)
        started = time.perf_counter()
        asyncio.run(post_many(_port(server), posts[10:], CONNECTIONS))
        _wait_for(count, number * EVENTS)
        return (number - 10) * EVENTS / (time.perf_counter() - started)


def _wait_for(count: Callable[[], int], number: int) -> None:
    until = time.monotonic() + 180
    while count() < number:
        if time.monotonic() > until:
            message = f"{count()} of {number} messages reached the desk"
            raise RuntimeError(message)
        time.sleep(0.02)


def _count_sqlite(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as conn:
        return int(conn.execute("SELECT count(*) FROM messages").fetchone()[0])


def _count_postgresql(url: str) -> int:
    with psycopg.connect(url.replace("+psycopg", "")) as conn:
        row = conn.execute("SELECT count(*) FROM messages").fetchone()
        return int(row[0]) if row else 0


def _port(server: Running) -> int:
    return urlsplit(server.address).port or 80


def _event(n: int) -> dict[str, object]:
    """A comment under one of fifty posts, or a word in private."""
    who, text = str(100_000 + n % 1000), f"Hej, var är min väska {n}? Den skulle ha kommit till Luleå i går kväll men syns inte."
    if n % 2:
        message = {"mid": f"m_{n}", "text": text}
        return {"messaging": [{"sender": {"id": who}, "recipient": {"id": PAGE}, "timestamp": AT + n, "message": message}]}
    post = f"{PAGE}_{n % 50}"
    value = {"item": "comment", "verb": "add", "comment_id": f"{n % 50}_{n}", "post_id": post, "parent_id": post, "message": text}
    value |= {"created_time": AT // 1000 + n, "from": {"id": who, "name": f"Kund {who}"}}
    return {"changes": [{"field": "feed", "value": value}]}


def _post(server: Running, events: Sequence[dict[str, object]]) -> bytes:
    entries = [{"id": PAGE, "time": AT + n, **one} for n, one in enumerate(events)]
    body = json.dumps({"object": "page", "entry": entries}).encode()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    head = (
        f"POST /hooks/{server.workspace_id}/{server.page_id} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"X-Hub-Signature-256: sha256={signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
