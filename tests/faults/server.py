"""Servers of the nursery as a test sees them. In: how to run. Out: a process that is ready, and can be killed, stopped and waited for."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import Any

import msgspec

from tests.faults.nursery import Setting

SECONDS = 40


class Server:
    """One process. `known` is what it said when it was ready; `code` its exit code when it ended by itself."""

    def __init__(self, number: int) -> None:
        self.number, self.pid = number, 0
        self.known: dict[str, Any] = {}
        self.code: int | None = None
        self.begun, self.is_ready, self.is_over, self.has_ended = (asyncio.Event() for _ in range(4))

    def hear(self, said: dict[str, Any]) -> None:
        match said["event"]:
            case "begun":
                self.pid = said["pid"]
                self._watch()
                self.begun.set()
            case "ready":
                self.known = said
                self.is_ready.set()
            case _:
                self.code = said["code"]
                self.has_ended.set()

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal, if it still runs."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, how)

    async def over(self, seconds: float = SECONDS) -> None:
        """Wait until the process is gone."""
        async with asyncio.timeout(seconds):
            await self.is_over.wait()

    async def stop(self, seconds: float = SECONDS) -> int | None:
        """Ask it to end and wait until it has. Returns its exit code."""
        self.kill(signal.SIGTERM)
        async with asyncio.timeout(seconds):
            await self.has_ended.wait()
            await self.is_over.wait()
        return self.code

    def _watch(self) -> None:
        try:
            descriptor = os.pidfd_open(self.pid)
        except ProcessLookupError:
            self.is_over.set()
            return
        loop = asyncio.get_running_loop()

        def gone() -> None:
            loop.remove_reader(descriptor)
            os.close(descriptor)
            self.is_over.set()

        loop.add_reader(descriptor, gone)


class Nursery:
    """Starts servers."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._servers: dict[int, Server] = {}
        self._numbers = count(1)

    async def start(self, **setting: Any) -> Server:
        """A server that is ready, or already over. Fails when it becomes neither in time."""
        server = self._servers[number] = Server(number := next(self._numbers))
        assert self._process.stdin
        self._process.stdin.write(msgspec.json.encode(Setting(number=number, **setting)) + b"\n")
        async with asyncio.timeout(SECONDS):
            await server.begun.wait()
            await first_of(server.is_ready, server.is_over)
        return server

    async def listen(self) -> None:
        assert self._process.stdout
        async for line in self._process.stdout:
            said = msgspec.json.decode(line)
            self._servers[said["number"]].hear(said)


async def first_of(*events: asyncio.Event, seconds: float = SECONDS) -> None:
    """Wait until any of the events is set."""
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        done, _ = await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        assert done, f"nothing happened within {seconds} s"
    finally:
        for one in waiting:
            one.cancel()


@asynccontextmanager
async def open_nursery() -> AsyncGenerator[Nursery]:
    """A process that servers are forked from; all of them end with it."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.faults.nursery", stdin=pipe, stdout=pipe)
    nursery = Nursery(process)
    hearing = asyncio.create_task(nursery.listen())
    try:
        yield nursery
    finally:
        assert process.stdin
        process.stdin.close()
        await process.wait()
        await hearing
