"""A TCP proxy that goes wrong on command: what lies between Sluss and a mail server in real life.

In: bytes of a client and of the server behind it. Out: the same bytes, until a fault that the test asked for. `up` is the way from client
to server, `down` the way back. A cut resets both sides at once; a stall keeps both open and passes nothing on any more.
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from tests.servers.program import HOST

Way = Literal["up", "down"]
T = TypeVar("T")


@dataclass
class _Fault:
    way: Way
    what: Literal["cut", "stall"]
    after: int | None = None
    pattern: bytes = b""
    pass_on: bool = False

    def strikes(self, seen: bytes, fresh: int) -> int | None:
        """How many bytes still pass when it strikes within the last `fresh` bytes of what this connection has seen, else None."""
        before = len(seen) - fresh
        if self.after is not None:
            return self.after - before if len(seen) >= self.after else None
        at = seen.find(self.pattern, max(0, before - len(self.pattern) + 1))
        if at < 0:
            return None
        return max(0, at + (len(self.pattern) if self.pass_on else 0) - before)


@dataclass(eq=False)
class _Connection:
    writers: dict[Way, asyncio.StreamWriter]
    seen: dict[Way, bytearray] = field(default_factory=lambda: {"up": bytearray(), "down": bytearray()})
    stalled: bool = False

    def cut(self) -> None:
        for writer in self.writers.values():
            sock: socket.socket = writer.get_extra_info("socket")
            if sock.fileno() >= 0:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


class FaultProxy:
    """Made by the fixture `fault_proxy(port)`. Faults may be asked for before or while connections run; each stays until `heal`."""

    def __init__(self, target: int) -> None:
        self.port = 0
        self.connections = 0
        self._target = target
        self._faults: list[_Fault] = []
        self._delay = 0.0
        self._refusing = False
        self._seen: dict[Way, bytearray] = {"up": bytearray(), "down": bytearray()}
        self._open: set[_Connection] = set()
        self._loop = asyncio.new_event_loop()

    def cut_after(self, count: int, way: Way = "up") -> None:
        """Each connection dies once `count` bytes went this way."""
        self._faults.append(_Fault(way, "cut", after=count))

    def cut_when(self, pattern: bytes, way: Way = "up", *, pass_on: bool = False) -> None:
        """A connection dies when the pattern comes: before it, or with `pass_on` just after it was handed on."""
        self._faults.append(_Fault(way, "cut", pattern=pattern, pass_on=pass_on))

    def stall_when(self, pattern: bytes, way: Way = "up") -> None:
        """A connection goes silent, both ways, once the pattern was handed on."""
        self._faults.append(_Fault(way, "stall", pattern=pattern, pass_on=True))

    def delay(self, seconds: float) -> None:
        """Every piece waits this long before it is handed on."""
        self._delay = seconds

    def refuse(self) -> None:
        """New connections are reset at once."""
        self._refusing = True

    def cut_all(self) -> None:
        """Every open connection dies now."""
        self._run(self._cut_all())

    def heal(self) -> None:
        """From now on everything passes; what was cut stays cut."""
        self._faults.clear()
        self._delay = 0.0
        self._refusing = False

    def seen(self, way: Way = "up") -> bytes:
        """Everything that came from that side so far, of all connections."""
        return bytes(self._seen[way])

    @contextmanager
    def running(self) -> Generator["FaultProxy"]:
        thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy", daemon=True)
        thread.start()
        server = self._run(asyncio.start_server(self._accept, HOST, 0))
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            self._run(self._end(server))
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()
            self._loop.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self._refusing:
            _Connection({"down": writer}).cut()
            return
        try:
            server_reader, server_writer = await asyncio.open_connection(HOST, self._target)
        except OSError:
            _Connection({"down": writer}).cut()
            return
        connection = _Connection({"up": server_writer, "down": writer})
        self._open.add(connection)
        async with asyncio.TaskGroup() as both:
            both.create_task(self._pump(connection, "up", reader))
            both.create_task(self._pump(connection, "down", server_reader))
        self._open.discard(connection)

    async def _pump(self, connection: _Connection, way: Way, reader: asyncio.StreamReader) -> None:
        writer = connection.writers[way]
        try:
            while data := await reader.read(65536):
                self._seen[way] += data
                if self._delay:
                    await asyncio.sleep(self._delay)
                await self._hand_on(connection, way, data)
            if not connection.stalled:
                writer.close()
        except OSError:
            connection.cut()

    async def _hand_on(self, connection: _Connection, way: Way, data: bytes) -> None:
        if connection.stalled:
            return
        connection.seen[way] += data
        for fault in list(self._faults):
            if fault.way == way and (passing := fault.strikes(bytes(connection.seen[way]), len(data))) is not None:
                await self._strike(connection, fault, data[:passing])
                return
        connection.writers[way].write(data)
        await connection.writers[way].drain()

    async def _strike(self, connection: _Connection, fault: _Fault, last: bytes) -> None:
        connection.stalled = True
        writer = connection.writers[fault.way]
        writer.write(last)
        await writer.drain()
        if fault.what == "stall":
            return
        # The other end shall have read the last bytes before the reset comes: a reset may overtake them.
        await asyncio.sleep(0.1 if last else 0)
        connection.cut()

    async def _cut_all(self) -> None:
        for connection in list(self._open):
            connection.cut()

    async def _end(self, server: asyncio.Server) -> None:
        server.close()
        await self._cut_all()
        if others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others, timeout=10)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)
