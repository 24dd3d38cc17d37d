"""What every double of a network is made of: an HTTP server with doors, trouble on command, and a hand that posts to hooks.

In: routes of a network, orders of trouble. Out: answers as the network gives them, a log of who asked what, and posts to Sluss's hooks.
"""

from __future__ import annotations

import asyncio
import email.parser
import email.policy
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from sluss.kernel.http import GuardedClient, NoAnswer, Policy, TooMuch

HEAD = 65_536
BODY = 120_000_000
TRIES = 5


class Part(msgspec.Struct, frozen=True):
    """One part of a form that holds files."""

    name: str
    filename: str
    media_type: str
    data: bytes


class Asked(msgspec.Struct, frozen=True):
    """One request as it came; names of headers are lower case, `query` and `form` hold the last value of each name."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    pairs: tuple[tuple[str, str], ...] = ()

    @property
    def json(self) -> Any:
        """The body, or {} where there is none."""
        return msgspec.json.decode(self.body) if self.body else {}

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form without files."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def parts(self) -> list[Part]:
        """The parts of a form with files."""
        head = f"Content-Type: {self.headers.get('content-type', '')}\r\n\r\n".encode()
        whole = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + self.body)
        return [_part(one) for one in whole.iter_parts()]


class Answer(msgspec.Struct, frozen=True):
    """What the double says. `stream` sends pieces for as long as they come, in place of a body."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = {}
    media_type: str = "application/json"
    stream: AsyncIterator[bytes] | None = None


def told(value: Any, status: int = 200, **headers: str) -> Answer:
    """An answer in JSON; `_` in the name of a header is a hyphen."""
    return Answer(status, msgspec.json.encode(value), {name.replace("_", "-"): text for name, text in headers.items()})


class Fault(msgspec.Struct):
    """Trouble for the next `times` requests that match.

    `cut` hangs up before anything is done, `cut-after` does it and hangs up, `slow` does it after `seconds` (0: never answers), `status`
    answers with `answer` and does nothing.
    """

    what: str
    path: re.Pattern[str]
    method: str = ""
    times: int = 1
    seconds: float = 0.0
    answer: Answer = Answer(500)


Handler = Callable[..., Awaitable[Answer]]


class Double:
    """A network: `start`, then `url`, then `stop`. Handlers are given the request and the named groups of their path."""

    def __init__(self) -> None:
        self.asked, self.port = list[Asked](), 0
        self.hook_log = list[int]()
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []
        self._faults: list[Fault] = []
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()
        self._client: GuardedClient | None = None

    @property
    def url(self) -> str:
        """Where the double answers, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def door(self, method: str, path: str, handler: Handler) -> None:
        """Answer a method at a path, a pattern such as `/(?P<page>[0-9]+)/feed`; earlier doors come first."""
        self._routes.append((method, re.compile(path), handler))

    async def start(self, *, port: int = 0) -> None:
        """Open the doors; port 0 takes a free one, a double that was stopped its old one."""
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", port or self.port, limit=HEAD)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close the doors and end every conversation."""
        if self._server is not None:
            self._server.close()
        for talk in list(self._talks):
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
        self._server = self._client = None

    def trouble(
        self, what: str, *, path: str = "", method: str = "", times: int = 1, seconds: float = 0.0, answer: Answer | None = None
    ) -> None:
        """Order trouble for requests whose path matches somewhere; see `Fault`."""
        self._faults.append(Fault(what, re.compile(path), method, times, seconds, answer or Answer(500)))

    def heal(self) -> None:
        """End all trouble."""
        self._faults.clear()

    def calls(self, path: str, method: str = "") -> list[Asked]:
        """What was asked at paths that match somewhere, oldest first."""
        return [one for one in self.asked if re.search(path, one.path) and method in {"", one.method}]

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], *, tries: int = TRIES) -> int:
        """Post to a hook as a network does: again until it is acknowledged. Returns the last status, 0 where nobody answered."""
        status = 0
        for attempt in range(tries):
            try:
                status = (await self._hand().request("POST", url, headers=headers, content=body)).status
            except (NoAnswer, TooMuch):
                status = 0
            if 200 <= status < 300:
                break
            await asyncio.sleep(0.05 * 2**attempt)
        self.hook_log.append(status)
        return status

    async def get(self, url: str) -> tuple[int, bytes]:
        """Ask a hook whether it is the right one."""
        answer = await self._hand().request("GET", url)
        return answer.status, answer.body

    def _hand(self) -> GuardedClient:
        if self._client is None:
            self._client = GuardedClient(Policy(allow_private=True, allow_http=True, ports=None))
        return self._client

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        if talk is not None:
            self._talks.add(talk)
            talk.add_done_callback(self._talks.discard)
        try:
            asked = await _read(reader)
            self.asked.append(asked)
            await self._reply(asked, writer)
        except (ConnectionError, ValueError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # whoever asked has gone, or the double is being stopped
        finally:
            writer.close()

    async def _reply(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        fault = self._fault_for(asked)
        if fault is not None and fault.what == "cut":
            return
        if fault is not None and fault.what == "slow":
            await (asyncio.sleep(fault.seconds) if fault.seconds else asyncio.Event().wait())
        answer = fault.answer if fault is not None and fault.what == "status" else await self._answer(asked)
        if fault is None or fault.what != "cut-after":
            await _write(writer, answer)

    def _fault_for(self, asked: Asked) -> Fault | None:
        fault = next((one for one in self._faults if one.path.search(asked.path) and one.method in {"", asked.method}), None)
        if fault is not None:
            fault.times -= 1
            if fault.times <= 0:
                self._faults.remove(fault)
        return fault

    async def _answer(self, asked: Asked) -> Answer:
        for method, path, handler in self._routes:
            found = path.fullmatch(asked.path)
            if found is not None and method == asked.method:
                return await handler(asked, **found.groupdict())
        return told({"error": "no such door", "path": asked.path}, 404)


def _part(one: Any) -> Part:
    name = str(one.get_param("name", "", "content-disposition"))
    return Part(name, one.get_filename() or "", one.get_content_type(), one.get_payload(decode=True) or b"")


async def _read(reader: asyncio.StreamReader) -> Asked:
    method, target, _ = (await reader.readline()).decode("latin-1").split(" ", 2)
    headers: dict[str, str] = {}
    while (line := (await reader.readline()).decode("latin-1").strip()) and ":" in line:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    size = int(headers.get("content-length", "0"))
    if size > BODY:
        message = f"{size} bytes are too many"
        raise ValueError(message)
    parts = urlsplit(target)
    pairs = tuple(parse_qsl(parts.query, keep_blank_values=True))
    return Asked(method, unquote(parts.path), dict(pairs), headers, await reader.readexactly(size), pairs)


async def _write(writer: asyncio.StreamWriter, answer: Answer) -> None:
    lines = [f"HTTP/1.1 {answer.status} -", f"Content-Type: {answer.media_type}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    if answer.stream is None:
        lines.append(f"Content-Length: {len(answer.body)}")
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + answer.body)
    await writer.drain()
    if answer.stream is not None:
        async for piece in answer.stream:
            writer.write(piece)
            await writer.drain()


def shuffled(batch: Sequence[Any]) -> list[Any]:
    """The same in another order, always the same other order: the last first, and the first twice."""
    return [*reversed(batch), *batch[:1]]
