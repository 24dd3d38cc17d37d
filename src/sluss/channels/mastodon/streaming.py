"""Reading a server's stream of events (SSE). In: pieces of bytes. Out: names and data, one event at a time; a silent stream ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from sluss.channels.contract import Unreachable
from sluss.kernel.words import say

LINE = 4_000_000
"""Bytes of one line; a longer one is no event of Mastodon."""


async def events_in(chunks: AsyncIterator[bytes], silence: float) -> AsyncGenerator[tuple[str, str]]:
    """Events as they come. Raises `Unreachable` when nothing, not even a sign of life, came for `silence` seconds, or at the end."""
    name, data = "", list[str]()
    async for line in _lines(chunks, silence):
        if line.startswith("event:"):
            name = line[6:].strip()
        elif line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line and name:
            yield name, "\n".join(data)
            name, data = "", []


async def _lines(chunks: AsyncIterator[bytes], silence: float) -> AsyncGenerator[str]:
    rest = b""
    while True:
        try:
            async with asyncio.timeout(silence):
                rest += await anext(chunks)
        except TimeoutError as error:
            raise Unreachable(say("The stream fell silent.")) from error
        except StopAsyncIteration as error:
            raise Unreachable(say("The server ended the stream.")) from error
        *lines, rest = rest.split(b"\n")
        if len(rest) > LINE:
            raise Unreachable(say("The stream sent a line without an end."))
        for line in lines:
            yield line.rstrip(b"\r").decode("utf-8", "replace")
