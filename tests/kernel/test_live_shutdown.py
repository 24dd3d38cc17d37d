"""Stopping with many open streams: everybody is told, and the process ends."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from sluss.config import Config
from sluss.kernel.db import open_database
from sluss.people.sessions import Browser, open_session
from sluss.serving import raise_file_limit
from tests.servers.fixtures import Prepare
from tests.world import build_world

STREAMS = 2_000
SERVER = Path(__file__).with_name("live_server.py")


@asynccontextmanager
async def _server(url: str, folder: Path) -> AsyncGenerator[tuple[asyncio.subprocess.Process, int]]:
    process = await asyncio.create_subprocess_exec(sys.executable, str(SERVER), url, str(folder), stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield process, int(await process.stdout.readline())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _open_stream(port: int, cookie: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /live?after=0 HTTP/1.1\r\nHost: norrsken.test\r\nCookie: sluss={cookie}\r\n\r\n".encode())
    await reader.readuntil(b": open\n\n")
    return reader, writer


async def _last_words(stream: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> bytes:
    reader, writer = stream
    said = await reader.read()
    writer.close()
    return said


def _cookie(url: str) -> str:
    db = open_database(url)
    world = db.write_now(build_world)
    token = db.write_now(open_session, world.norrsken.id, world.norrsken.agents["johan"], Browser(), Config())
    db.close()
    return token


async def test_two_thousand_open_streams_are_let_go_at_once(tmp_path: Path, prepare_database: Prepare) -> None:
    """F3"""
    url = f"sqlite:///{tmp_path}/sluss.db"
    prepare_database(url)
    cookie = _cookie(url)
    assert raise_file_limit() > 2 * STREAMS
    async with _server(url, tmp_path) as (process, port):
        streams = [await _open_stream(port, cookie) for _ in range(STREAMS)]
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            said = await asyncio.gather(*map(_last_words, streams))
            assert await process.wait() == 0
    assert all(b"event: bye" in words for words in said)
