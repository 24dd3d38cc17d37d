"""The line between a client and a server of the world. In: their bytes. Out: the same bytes, cut or slowed as ordered."""

from __future__ import annotations

import asyncio

from sluss.sandbox.mail.faults import Faults


class Ended(Exception):
    """The conversation is over."""


class WireReader:
    """What the client sends. Once more bytes came than `cut_up` allows, the line is dead, and what came last was never heard."""

    def __init__(self, reader: asyncio.StreamReader, faults: Faults) -> None:
        self._reader, self._faults, self._seen = reader, faults, 0

    async def readuntil(self, separator: bytes) -> bytes:
        return self._heard(await self._reader.readuntil(separator))

    async def readexactly(self, count: int) -> bytes:
        return self._heard(await self._reader.readexactly(count))

    def _heard(self, data: bytes) -> bytes:
        self._seen += len(data)
        cut = self._faults.cut_up
        if cut is not None and self._seen > cut:
            self._faults.cut_up = None
            raise Ended
        return data


class WireWriter:
    """What the server says. `cut_down` bytes of it arrive, then the line is dead."""

    def __init__(self, writer: asyncio.StreamWriter, faults: Faults) -> None:
        self._writer, self._faults, self._said = writer, faults, 0
        self._slow = bytearray()

    def write(self, data: bytes) -> None:
        if self._faults.silent:
            return
        cut = self._faults.cut_down
        last = data if cut is None else data[: max(0, cut - self._said)]
        self._said += len(last)
        if self._faults.slow_byte:
            self._slow += last
        else:
            self._writer.write(last)
        if len(last) < len(data):
            self._faults.cut_down = None
            raise Ended

    async def drain(self) -> None:
        while self._slow:
            self._writer.write(self._slow[:1])
            del self._slow[:1]
            await asyncio.sleep(self._faults.slow_byte)
        await self._writer.drain()

    def end(self) -> None:
        """Closes after what was said."""
        self._writer.close()
