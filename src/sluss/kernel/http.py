"""The one way out over HTTP. In: a request to a host that may be anybody's choice. Out: an answer within limits, or a typed error.

The guard sits where connections are made: the name is looked up once, its addresses are checked, the connection goes to a checked one.
Host and TLS go by the name. Nothing of the environment (proxies, netrc) and no cookie takes part.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterable, Mapping
from contextlib import asynccontextmanager, contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpcore
import httpx
import msgspec

from sluss.kernel import metrics
from sluss.kernel.addresses import WEB_PORTS, AddressRefused, Pinned, Resolve, check_host, resolve_name

CHUNK = 65_536
USER_AGENT = "Sluss"

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_UNREADABLE = re.compile("[\x00-\x20\x7f\\\\]")
_KEPT_ACROSS_HOSTS = frozenset({"accept", "accept-language", "content-type", "user-agent"})


class OutgoingError(Exception):
    """A request came to no usable answer; the message is one plain sentence."""


class NoAnswer(OutgoingError):
    """The host could not be reached, its certificate is wrong, or what it said is not HTTP. It may have received the request."""


class NotReached(NoAnswer):
    """No connection came about, so the host has received nothing."""


class TooMuch(OutgoingError):
    """The answer was larger, slower or more compressed than allowed, or led through too many redirects."""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What one kind of request may do. `seconds` is for all of it; `max_bytes` counts what comes out of compression."""

    allow_http: bool = False
    allow_private: bool = False
    ports: frozenset[int] | None = WEB_PORTS
    seconds: float = 20.0
    max_bytes: int = 10_000_000
    max_ratio: int = 100
    max_headers: int = 100
    redirects: int = 0


class Answer(msgspec.Struct, frozen=True):
    """A whole answer. Header names are in lower case; a repeated header is joined by commas. `url` is where it came from in the end."""

    status: int
    headers: dict[str, str]
    body: bytes
    url: str


class Streamed(msgspec.Struct, frozen=True):
    """An answer whose body is still coming, decompressed and counted."""

    status: int
    headers: dict[str, str]
    chunks: AsyncIterator[bytes]
    url: str


class GuardedClient:
    """Sends requests under one policy, keeping connections to the same host. One per policy and process; close it with `aclose`."""

    def __init__(self, policy: Policy | None = None, *, resolve: Resolve = resolve_name, tls: ssl.SSLContext | None = None) -> None:
        self.policy = policy or Policy()
        transport = _GuardedTransport(_Backend(self.policy, resolve), tls or httpx.create_ssl_context(trust_env=False))
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        self._client = httpx.AsyncClient(
            transport=transport, trust_env=False, follow_redirects=False, cookies=no_cookies, timeout=self.policy.seconds
        )

    async def request(self, method: str, url: str, *, headers: Mapping[str, str] | None = None, content: bytes = b"") -> Answer:
        """Send a request and read the whole answer. Raises `AddressRefused`, `NoAnswer` or `TooMuch`. A status of 400 is an answer."""
        async with self.stream(method, url, headers=headers, content=content) as answer:
            body = b"".join([chunk async for chunk in answer.chunks])
            return Answer(answer.status, answer.headers, body, answer.url)

    @asynccontextmanager
    async def stream(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, content: bytes = b""
    ) -> AsyncGenerator[Streamed]:
        """Like `request`, for bodies that go to a file piece by piece. The time limit holds until the block is left."""
        sent = {"user-agent": USER_AGENT, **{name.lower(): value for name, value in (headers or {}).items()}, "accept-encoding": "gzip"}
        with _translated():
            async with asyncio.timeout(self.policy.seconds):
                response = await self._followed(httpx.Request(method, check_url(url, self.policy), headers=sent, content=content))
                try:
                    yield Streamed(response.status_code, _headers(response), self._body(response), str(response.url))
                finally:
                    await response.aclose()

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _followed(self, request: httpx.Request) -> httpx.Response:
        """The answer, or with redirects on the one at their end; every hop is checked like the first."""
        for hop in range(self.policy.redirects + 1):
            response = await self._client.send(request, stream=True)
            if len(response.headers.raw) > self.policy.max_headers:
                await response.aclose()
                raise TooMuch("The answer has too many headers.")
            if not self.policy.redirects or response.status_code not in _REDIRECTS or "location" not in response.headers:
                return response
            await response.aclose()
            if hop < self.policy.redirects:
                request = self._next(request, response)
        raise TooMuch("The address leads through too many redirects.")

    def _next(self, request: httpx.Request, response: httpx.Response) -> httpx.Request:
        target = check_url(str(request.url.join(response.headers["location"])), self.policy)
        same = _origin(target) == _origin(request.url)
        if response.status_code in {307, 308}:
            method, content = request.method, request.content
        else:
            method, content = ("HEAD" if request.method == "HEAD" else "GET"), b""
        if content and not same:
            raise AddressRefused("forbidden", target.host, detail="a redirect would carry the body to another host")
        kept = {name: value for name, value in request.headers.items() if same or name in _KEPT_ACROSS_HOSTS}
        dropped = {"host", "content-length", "transfer-encoding", *(() if content else ("content-type",))}
        headers = {name: value for name, value in kept.items() if name not in dropped} | {"accept-encoding": "gzip"}
        return httpx.Request(method, target, headers=headers, content=content)

    async def _body(self, response: httpx.Response) -> AsyncGenerator[bytes]:
        """Pieces of the decompressed body. Compression is undone here in bounded steps: a library would inflate a whole chunk at once."""
        received = produced = 0
        inflate = _Inflate(response.headers.get("content-encoding", ""))
        declared = response.headers.get("content-length", "")
        if declared.isdigit() and int(declared[:18]) > self.policy.max_bytes:
            raise TooMuch(f"The answer is larger than {self.policy.max_bytes} bytes.")
        async for raw in response.aiter_raw():  # as it comes: a stream of events waits for nothing to fill
            received += len(raw)
            for chunk in inflate(raw):
                produced += len(chunk)
                if produced > self.policy.max_bytes:
                    raise TooMuch(f"The answer is larger than {self.policy.max_bytes} bytes.")
                if produced > CHUNK and produced > received * self.policy.max_ratio:
                    raise TooMuch("The answer is compressed beyond reason.")
                yield chunk
        if received and not inflate.ended:
            raise NoAnswer("The answer was cut off.")


def check_url(url: str, policy: Policy) -> httpx.URL:
    """An address as far as it can be judged without looking its host up: scheme, port, form. Raises `AddressRefused`."""
    if _UNREADABLE.search(url) or len(url) > 8_000:
        raise AddressRefused("malformed", url)
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        raise AddressRefused("malformed", url) from None
    if parsed.scheme != "https" and not (policy.allow_http and parsed.scheme == "http"):
        raise AddressRefused("scheme", parsed.host)
    if not parsed.host or parsed.userinfo or "@" in parsed.netloc.decode("ascii", "replace"):
        raise AddressRefused("malformed", url)
    port = (443 if parsed.scheme == "https" else 80) if parsed.port is None else parsed.port
    if policy.ports is not None and port not in policy.ports:
        raise AddressRefused("port", parsed.host, port=port, ports=policy.ports)
    return parsed


class _Backend(httpcore.AsyncNetworkBackend):
    """Makes connections for the pool, to checked addresses only."""

    def __init__(self, policy: Policy, resolve: Resolve) -> None:
        self._policy, self._resolve = policy, resolve
        self._network: Any = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's signature
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        allow, ports = self._policy.allow_private, self._policy.ports
        pinned = await check_host(host, port, allow_private=allow, ports=ports, resolve=self._resolve)
        return await self._first(pinned, timeout, socket_options)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def _first(self, pinned: Pinned, seconds: float | None, options: Iterable[Any] | None) -> httpcore.AsyncNetworkStream:
        failure: Exception = httpcore.ConnectError(pinned.host)
        for address in pinned.addresses:
            try:
                return await self._network.connect_tcp(address, pinned.port, timeout=seconds, socket_options=options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


class _GuardedTransport(httpx.AsyncHTTPTransport):
    """httpx's transport over a pool whose connections the guard makes."""

    def __init__(self, backend: httpcore.AsyncNetworkBackend, tls: ssl.SSLContext) -> None:
        super().__init__(verify=tls, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls, max_connections=50, max_keepalive_connections=10, keepalive_expiry=30, network_backend=backend
        )


class _Inflate:
    """Undoes one content coding, at most `CHUNK` bytes at a time."""

    def __init__(self, coding: str) -> None:
        coding = coding.strip().lower()
        if coding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
            raise NoAnswer("The answer is in a coding that was not asked for.")
        self._engine = zlib.decompressobj(zlib.MAX_WBITS | 32) if coding not in {"", "identity"} else None

    @property
    def ended(self) -> bool:
        return self._engine is None or self._engine.eof

    def __call__(self, raw: bytes) -> Generator[bytes]:
        if self._engine is None:
            yield raw
            return
        full = True
        while (raw or full) and not self._engine.eof:
            try:
                chunk = self._engine.decompress(raw, CHUNK)
            except zlib.error:
                raise NoAnswer("The answer cannot be decompressed.") from None
            raw, full = self._engine.unconsumed_tail, len(chunk) == CHUNK
            if chunk:
                yield chunk


@contextmanager
def _translated() -> Generator[None]:
    """Errors of the library become ours, and every request is counted by how it ended."""
    result = "failed"
    try:
        yield
        result = "answered"
    except AddressRefused:
        result = "refused"
        raise
    except TooMuch:
        result = "too much"
        raise
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise NotReached(_sentence(error)) from error
    except (TimeoutError, httpx.TimeoutException):
        result = "too much"
        raise TooMuch("The host took too long to answer.") from None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise NoAnswer(_sentence(error)) from error
    finally:
        metrics.request_sent(result)


def _sentence(error: Exception) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "The host's certificate is not valid for its name."
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
        return "The host cannot be reached."
    return "The host broke off or did not speak HTTP."


def _headers(response: httpx.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
