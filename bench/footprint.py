"""What Sluss weighs: memory of the whole system when idle, bytes over the wire of a desk that is opened for the first time."""

from __future__ import annotations

import asyncio
import re
import tempfile
import time
from pathlib import Path

import httpx

from bench.figures import Figure
from bench.load import mail, send_by_lmtp
from bench.server import Running, running

MEMORY = 150
DESK = 110
CASES = 60


def measure(divide: int) -> list[Figure]:
    """One server with a desk's worth of cases."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as server:
        asyncio.run(send_by_lmtp(server.lmtp_port, [mail(n) for n in range(CASES)], 4))
        time.sleep(2)
        desk = _first_load(server)
        time.sleep(5 / divide)
        memory = server.rss()
    return [
        Figure("Idle memory of the whole system (RSS)", memory, "MB", bound=f"<= {MEMORY} MB", fits=memory <= MEMORY),
        Figure("First load of the desk", desk, "KB", bound=f"<= {DESK} KB", fits=desk <= DESK),
    ]


def _first_load(server: Running) -> float:
    """The page and everything it names, as a browser with Brotli fetches it; bodies and headers."""
    cookies = {"sluss": server.cookie}
    with httpx.Client(base_url=server.address, cookies=cookies, headers={"Accept-Encoding": "br, gzip", "Accept": "text/html"}) as client:
        total, page = _fetch(client, "/inbox/unassigned")
        seen: set[str] = set()
        waiting = _named_in(page)
        while waiting:
            path = waiting.pop()
            if path in seen:
                continue
            seen.add(path)
            size, text = _fetch(client, path)
            total += size
            if path.rpartition(".")[2] in {"css", "js"}:
                waiting |= _named_in(text) - seen
    return total / 1000


def _named_in(text: str) -> set[str]:
    return {path.partition("#")[0] for path in re.findall(r"/static/[\w.-]+", text)}


def _fetch(client: httpx.Client, path: str) -> tuple[int, str]:
    with client.stream("GET", path) as answer:
        answer.raise_for_status()
        body = answer.read()
        headers = sum(len(name) + len(value) + 4 for name, value in answer.headers.raw)
        return answer.num_bytes_downloaded + headers, body.decode("utf-8", "replace")
