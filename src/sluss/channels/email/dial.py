"""Opening a connection to a mail server. In: host, port and how it is secured. Out: a connected socket and the TLS settings for it.

The name is resolved once and the address that passed the check is the one connected to, so that a name cannot point elsewhere in between.
"""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import socket
import ssl

import msgspec

from sluss.channels.email.settings import Security
from sluss.kernel.words import say


class CannotConnect(Exception):
    """No connection came about; the sentence says why and what to do, without the server's own words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Place(msgspec.Struct, frozen=True):
    """Where a server is. `allow_private` is the host's decision, never the inbox's: private addresses are open doors inside (T82)."""

    host: str
    port: int
    security: Security
    certificate: str = ""
    allow_private: bool = False
    timeout: float = 30.0


async def open_socket(place: Place) -> socket.socket:
    """A connected, non-blocking socket. Raises `CannotConnect`."""
    reason = say("The server %(host)s was not found; check its name.", host=place.host)
    for family, address in await _resolve(place):
        refusal = _refusal(place, ipaddress.ip_address(address[0].partition("%")[0]))
        if refusal:
            reason = refusal
            continue
        try:
            return await _connect(family, address, place.timeout)
        except TimeoutError:
            reason = say(
                "The server %(host)s does not answer on port %(port)s; check host, port and firewall.", host=place.host, port=place.port
            )
        except OSError:
            reason = say("The server %(host)s takes no connection on port %(port)s; check host and port.", host=place.host, port=place.port)
    raise CannotConnect(reason)


_Resolved = tuple[int, tuple[str, int]]


async def _resolve(place: Place) -> list[_Resolved]:
    if not place.host:
        return []  # an empty name means this machine to the resolver
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(place.timeout):
            found = await loop.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        return []
    return [(family, address) for family, _, _, _, address in found if isinstance(address[0], str)][:8]  # pyright: ignore[reportReturnType]


def _refusal(place: Place, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    if place.security == "plain" and not address.is_loopback:
        return say("A connection without encryption is only possible to a server on this machine; choose TLS or STARTTLS.")
    if not address.is_global and not place.allow_private:
        return say("The server %(host)s has a private address, which this installation does not allow.", host=place.host)
    return ""


async def _connect(family: int, address: tuple[str, int], seconds: float) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.settimeout(0)
    try:
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().sock_connect(opened, address)
    except BaseException:
        opened.close()
        raise
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return opened


@functools.lru_cache(maxsize=64)
def tls_context(certificate: str) -> ssl.SSLContext:
    """Checks the server's certificate against the system's authorities, and the inbox's own one when it has one."""
    context = ssl.create_default_context()
    if certificate:
        context.load_verify_locations(cadata=certificate)
    return context


def tls_trouble(place: Place, error: Exception) -> str:
    """A sentence about a TLS failure."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return say(
            "The certificate of %(host)s is not valid (%(why)s); check the host, or add its certificate.",
            host=place.host,
            why=error.verify_message,
        )
    return say(
        "The server %(host)s does not speak TLS on port %(port)s; check port and security (TLS or STARTTLS).",
        host=place.host,
        port=place.port,
    )
