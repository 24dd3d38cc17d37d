"""HTTP as the frame speaks it, over plain sockets. In: requests. Out: answers, and the events of a stream while they come.

One kept connection for requests and one for each stream: thousands of visitors cost little, and every line can be cut by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

LIMIT = 1 << 20
SECONDS = 20.0


class Broken(Exception):
    """The line broke, or nobody answers. What was asked may have been done."""


class Place(msgspec.Struct, frozen=True):
    """Where Sluss answers, and whose chat it is. `address` is what connections come from: on Linux any of 127.0.0.0/8."""

    host: str
    port: int
    key: str
    address: str = ""

    @property
    def path(self) -> str:
        return f"/chat/{self.key}"

    @property
    def origin(self) -> str:
        return f"http://{self.host}:{self.port}"


class Answer(msgspec.Struct, frozen=True):
    """A whole answer; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body) if self.body else None

    @property
    def is_done(self) -> bool:
        return 200 <= self.status < 300


class Event(msgspec.Struct, frozen=True):
    """One event of a stream."""

    name: str
    data: Any


class Upload(msgspec.Struct, frozen=True):
    """A file that goes along."""

    name: str
    media_type: str
    data: bytes


def place_of(url: str, key: str, address: str = "") -> Place:
    """The chat `key` of a Sluss at `http://host:port`."""
    parts = urlsplit(url)
    near = parts.hostname in {None, "localhost", "0.0.0.0"}  # noqa: S104 - where a server says it listens, to be reached from here
    return Place("127.0.0.1" if near else str(parts.hostname), parts.port or 80, key, address)


def multipart(fields: Mapping[str, str], files: Sequence[Upload] = ()) -> tuple[bytes, str]:
    """A form with files: its bytes, and its media type."""
    mark = secrets.token_hex(12)
    parts = [_part(mark, f'name="{name}"', value.encode()) for name, value in fields.items()]
    parts += [_part(mark, f'name="files"; filename="{_quoted(one.name)}"\r\nContent-Type: {one.media_type}', one.data) for one in files]
    return b"".join(parts) + f"--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}"


def _part(mark: str, about: str, value: bytes) -> bytes:
    return f"--{mark}\r\nContent-Disposition: form-data; {about}\r\n\r\n".encode() + value + b"\r\n"


def _quoted(name: str) -> str:
    """As browsers write it."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


class Line:
    """Requests over one connection, one after the other; a broken one is opened anew."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._one = asyncio.Lock()

    async def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"", *, half: bool = False) -> Answer:
        """Ask, and read the whole answer. Raises `Broken`; with `half` only half of the body is sent, and the line is cut."""
        raw = _head(self.place, method, path, headers, len(body)) + (body[: len(body) // 2] if half else body)
        async with self._one:
            try:
                async with asyncio.timeout(SECONDS):
                    return await self._exchange(raw, cut=half)
            except (OSError, EOFError, TimeoutError, ValueError, asyncio.LimitOverrunError) as error:
                self.cut()
                raise Broken(type(error).__name__) from error
            except asyncio.CancelledError:
                self.cut()
                raise

    def cut(self) -> None:
        """Hang up."""
        if self._open is not None:
            self._open[1].transport.abort()
        self._open = None

    async def _exchange(self, raw: bytes, *, cut: bool) -> Answer:
        if self._open is not None and self._open[0].at_eof():
            self.cut()
        if self._open is None:
            self._open = await _connect(self.place)
        reader, writer = self._open
        writer.write(raw)
        await writer.drain()
        if cut:
            raise EOFError
        status, headers = await _read_head(reader)
        body = await _read_body(reader, status, headers)
        if headers.get("connection", "") == "close":
            self.cut()
        return Answer(status, headers, body)


class Stream:
    """An open stream."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.events = _events(reader)
        self._writer = writer

    def cut(self) -> None:
        """Hang up: whoever reads the events hears of it."""
        self._writer.transport.abort()


@contextlib.asynccontextmanager
async def streamed(place: Place, path: str, headers: Mapping[str, str]) -> AsyncGenerator[Answer | Stream]:
    """Open a stream: its events, or the answer of a server that opens none. Raises `Broken`, also while it is read."""
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(SECONDS):
            reader, writer = await _connect(place)
            writer.write(_head(place, "GET", path, {"Accept": "text/event-stream", **headers}, 0))
            status, answered = await _read_head(reader)
        yield Stream(reader, writer) if status == 200 else Answer(status, answered, await _read_body(reader, status, answered))
    except (OSError, EOFError, TimeoutError, ValueError) as error:
        raise Broken(type(error).__name__) from error
    finally:
        if writer is not None:
            writer.transport.abort()


async def _connect(place: Place) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if place.address:
        return await asyncio.open_connection(place.host, place.port, limit=LIMIT, local_addr=(place.address, 0))
    return await asyncio.open_connection(place.host, place.port, limit=LIMIT)


def _head(place: Place, method: str, path: str, headers: Mapping[str, str], length: int) -> bytes:
    known = {"Host": f"{place.host}:{place.port}", "Sec-Fetch-Site": "same-origin", "Origin": place.origin}
    known |= {"Content-Length": str(length)} if method != "GET" else {}
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**known, **headers}.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode()


async def _read_head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip().split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return int(first.split()[1]), {name.strip().lower(): value.strip() for name, _, value in pairs}


async def _read_body(reader: asyncio.StreamReader, status: int, headers: Mapping[str, str]) -> bytes:
    if "chunked" in headers.get("transfer-encoding", ""):
        return b"".join([chunk async for chunk in _chunks(reader)])
    return await reader.readexactly(int(headers.get("content-length", "0"))) if status not in {204, 304} else b""


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
        yield (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")


async def _events(reader: asyncio.StreamReader) -> AsyncIterator[Event]:
    """Whole events, also those that come in pieces or together."""
    waiting = b""
    async for chunk in _chunks(reader):
        *whole, waiting = (waiting + chunk).split(b"\n\n")
        for one in whole:
            fields = [line.partition(b":") for line in one.split(b"\n")]
            told = [value.removeprefix(b" ") for name, _, value in fields if name == b"data"]
            names = [value.strip().decode() for name, _, value in fields if name == b"event"]
            if told:
                yield Event(names[-1] if names else "message", msgspec.json.decode(b"\n".join(told)))
