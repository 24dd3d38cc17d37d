"""Requests as only programs write them, against the real server: ambiguous frames, endless headers, packed bodies."""

from __future__ import annotations

import asyncio
import gzip
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn
from uvicorn.server import ServerState

from sluss.kernel.db import open_database
from sluss.web import wire
from tests.kernel import live_server
from tests.servers.fixtures import Prepare
from tests.world import build_world

HOST = b"Host: norrsken.test\r\n"
SECOND = b"0\r\n\r\nGET /metrics HTTP/1.1\r\n" + HOST + b"\r\n"
BOTH = b"POST /sign-in HTTP/1.1\r\n" + HOST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n" + SECOND
TWICE = b"POST /sign-in HTTP/1.1\r\n" + HOST + b"Content-Length: 4\r\nContent-Length: 40\r\n\r\nabcd"
REFUSED = {
    "length and chunks": BOTH,
    "two lengths": TWICE,
    "negative length": b"POST /sign-in HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n",
    "length in words": b"POST /sign-in HTTP/1.1\r\n" + HOST + b"Content-Length: 0x10\r\n\r\n" + b"a" * 16,
    "chunk without number": b"POST /sign-in HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
    "blank before the colon": b"GET / HTTP/1.1\r\n" + HOST + b"Content-Length : 0\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "version of tomorrow": b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
    "no words": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
    "odd method": b"GE\x00T / HTTP/1.1\r\n" + HOST + b"\r\n",
    "line feed in a name": b"GET / HTTP/1.1\r\n" + HOST + b"X\x01Y: z\r\n\r\n",
}


@pytest.fixture
async def port(prepare_database: Prepare, tmp_path: Path) -> AsyncIterator[int]:
    """A server of its own, on a prepared database."""
    url = f"sqlite:///{tmp_path / 'sluss.sqlite3'}"
    prepare_database(url)
    db = open_database(url)
    db.write_now(build_world)
    db.close()
    words = [sys.executable, live_server.__file__, url, str(tmp_path)]
    process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    assert process.stdout
    yield int(await process.stdout.readline())
    process.kill()
    await process.wait()


async def said(port: int, raw: bytes) -> bytes:
    """Everything that the server answers before it hangs up, or falls silent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    try:
        writer.write(raw)
        async with asyncio.timeout(3):
            while piece := await reader.read(65_536):
                answer += piece
    except (TimeoutError, ConnectionError):
        pass
    finally:
        writer.transport.abort()
    return answer


async def test_ambiguous_requests_are_refused(port: int) -> None:
    """T90: none is read as two requests by one reader and as one by another; the server goes on."""
    answers = await asyncio.gather(*(said(port, raw) for raw in REFUSED.values()))
    statuses = {name: answer.split(b"\r\n")[0] for name, answer in zip(REFUSED, answers, strict=True)}
    assert {name: status for name, status in statuses.items() if not status.startswith(b"HTTP/1.1 4") and status} == {}
    assert all(answer.count(b"HTTP/1.1 ") <= 1 for answer in answers)
    assert (await said(port, b"GET /healthz HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n")).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 1_000_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n" * 200_000 + b"\r\n",
        b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    ],
    ids=["value", "number", "address"],
)
async def test_endless_headers_are_cut_off(port: int, raw: bytes) -> None:
    """T90: refused before they are whole, or answered as too large; never a page."""
    answer = await said(port, raw)
    assert not answer.startswith(b"HTTP/1.1 2")
    assert not answer.startswith(b"HTTP/1.1 3")
    assert (await said(port, b"GET /healthz HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n")).startswith(b"HTTP/1.1 200")


async def test_packed_bodies_are_not_unpacked(port: int) -> None:
    """T90: a thousandfold of itself is taken for the few bytes that it is."""
    bomb = gzip.compress(bytes(50_000_000))
    head = b"POST /sign-in HTTP/1.1\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Encoding: gzip\r\n"
    answer = await said(port, head + HOST + b"Content-Length: %d\r\n\r\n" % len(bomb) + bomb)
    assert answer.startswith(b"HTTP/1.1 4")


async def nothing(_scope: object, _receive: object, _send: object) -> None:
    """An application that nobody reaches."""


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nX: a"], ids=["silence", "half a head"])
async def test_a_head_that_does_not_come_is_not_waited_for(begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """T90, F38: connections that say nothing are let go."""
    monkeypatch.setattr(wire, "HEAD_SECONDS", 0.05)
    config = uvicorn.Config(nothing, log_config=None)
    config.load()
    server = await asyncio.get_running_loop().create_server(lambda: wire.BoundedProtocol(config, ServerState(), {}), "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
        writer.write(begun)
        async with asyncio.timeout(10):
            assert await reader.read() == b""
        writer.close()
