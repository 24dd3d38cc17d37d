"""The control socket: commands talk to the running server through a file in the data folder that only its owner can open.

In: one JSON line per request. Out: one JSON line per answer, `{"value": …}` or `{"fault": …}`.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from pathlib import Path
from typing import Any

import msgspec

from sluss.kernel import durable
from sluss.kernel.log import get_log

log = get_log("control")

LONGEST_LINE = 1_000_000
PATIENCE = 30.0
GRACE = 2.0
TAKEN_UP = 0.01
"""Seconds in which a connection that the system had accepted becomes a conversation, so that it can be ended like the others."""
BACKLOG = 8


class Fault(msgspec.Struct, frozen=True):
    """What went wrong. `kind` is failed, invalid, missing, forbidden, conflict or busy; `fields` maps an input to its sentence."""

    kind: str
    sentence: str
    fields: dict[str, str] = {}


class Reply(msgspec.Struct, frozen=True):
    """One answer: a value, or the fault instead."""

    value: Any = None
    fault: Fault | None = None


class NotRunning(Exception):
    """Nobody listens at the socket."""


class NotAnswered(Exception):
    """The server took the request and then fell silent; whether it did it is not known."""


Answer = Callable[[bytes], Awaitable[Reply]]


@contextlib.asynccontextmanager
async def listening(path: Path, answer: Answer) -> AsyncGenerator[None]:
    """Answer requests at a path for as long as the block runs. The folder's lock must be held: a left-over socket is replaced."""
    sock = _bind(path)
    served = Served(answer)
    server = await asyncio.start_unix_server(served.talk, sock=sock, limit=LONGEST_LINE)
    try:
        yield
    finally:
        # A connection that is being taken up when the server closes is dropped half made by the library, and never closed.
        await asyncio.sleep(TAKEN_UP)
        server.close()
        await asyncio.sleep(TAKEN_UP)
        await served.hang_up()
        durable.remove([path])


class Served:
    """The open conversations of one socket."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._talking: set[asyncio.Task[Any]] = set()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client, until it goes, falls silent, or says what is no request."""
        task = asyncio.current_task()
        if task is not None:
            self._talking.add(task)
            task.add_done_callback(self._talking.discard)
        try:
            if _is_ours(writer):
                while await self._turn(reader, writer):
                    pass
        except (ConnectionError, TimeoutError, asyncio.CancelledError):
            pass  # gone, silent, or hung up
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(writer.wait_closed(), GRACE)
            writer.transport.abort()  # nobody reads what is left in it

    async def hang_up(self) -> None:
        """End every conversation; what a client asked for last gets a moment to finish."""
        waiting = set(self._talking)
        for task in waiting:
            task.cancel()
        if waiting:
            await asyncio.wait(waiting, timeout=GRACE)
        await asyncio.sleep(0)

    async def _turn(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        try:
            line = await asyncio.wait_for(reader.readline(), PATIENCE)
        except ValueError:
            await _say(writer, Reply(fault=Fault("invalid", f"A request has at most {LONGEST_LINE} bytes.")))
            return False
        if not line.endswith(b"\n"):
            return False
        reply = await self._reply(line)
        await _say(writer, reply)
        return reply.fault is None

    async def _reply(self, line: bytes) -> Reply:
        try:
            return await self._answer(line)
        except Exception as error:
            log.exception("control_failed")
            return Reply(fault=Fault("failed", f"The server could not do it: {type(error).__name__}. Its log says more."))


def ask(path: Path, request: Any) -> Reply:
    """Ask the server in a folder and wait for its answer, however long the work takes. Raises `NotRunning`, `NotAnswered`."""
    with _connected(path) as sock, sock.makefile("rb") as answers:
        sock.sendall(msgspec.json.encode(request) + b"\n")
        line = answers.readline()
    if not line:
        message = "The running Sluss took the request and ended before it answered."
        raise NotAnswered(message)
    return msgspec.json.decode(line, type=Reply)


def is_running(path: Path) -> bool:
    """Whether a server listens in this folder."""
    try:
        with _connected(path):
            return True
    except NotRunning:
        return False


@contextlib.contextmanager
def _connected(path: Path) -> Generator[socket.socket]:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _short(path) as name:
            sock.connect(name)
    except OSError as error:
        sock.close()
        if error.errno == errno.EACCES:
            message = f"{path} belongs to another user of this machine. Run the command as that user."
            raise NotAnswered(message) from error
        raise NotRunning from error
    with sock:
        yield sock


def _bind(path: Path) -> socket.socket:
    """Nobody can connect between `bind` and `listen`, so the mode is right before the first client."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _short(path) as name:
            sock.bind(name)
        path.chmod(0o600)
        sock.listen(BACKLOG)
        sock.setblocking(False)  # noqa: FBT003 - the library takes it by position
    except BaseException:
        sock.close()
        raise
    return sock


@contextlib.contextmanager
def _short(path: Path) -> Generator[str]:
    """A name of the socket that fits into the 107 bytes the system allows, however deep the folder lies."""
    if len(os.fsencode(path)) < 100:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def _is_ours(writer: asyncio.StreamWriter) -> bool:
    """The mode of the file keeps others out; asking the system who called costs nothing and holds when somebody loosened it."""
    sock = writer.get_extra_info("socket")
    credentials = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _pid, uid, _gid = struct.unpack("3i", credentials)
    return uid in {0, os.geteuid()}


async def _say(writer: asyncio.StreamWriter, reply: Reply) -> None:
    writer.write(msgspec.json.encode(reply) + b"\n")
    await writer.drain()
