"""Which addresses Sluss connects to. In: a host that somebody typed or a network named. Out: checked addresses, or a refusal.

A name is looked up once, every address is checked, and the connection goes to a checked address: a second look-up could say something else.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal

import msgspec

from sluss.kernel.words import say

WEB_PORTS = frozenset({80, 443, 8443})
MAIL_PORTS = frozenset({25, 143, 465, 587, 993, 2525})
LOOK_UP_SECONDS = 5.0
MAX_ADDRESSES = 16

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Looks a name up: the addresses as text. Raises `OSError` when there are none."""

Address = IPv4Address | IPv6Address
Reason = Literal["malformed", "scheme", "port", "unknown", "private", "forbidden"]

_PRIVATE = [
    ip_network(text) for text in ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
]
# Not even an administrator's own mail server lives here: metadata services of clouds, link-local, broadcast, documentation, tunnels.
_FORBIDDEN = [
    ip_network(text)
    for text in (
        "0.0.0.0/8", "100.100.100.200/32", "168.63.129.16/32", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24",
        "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
        "240.0.0.0/4", "fd00:ec2::/32", "fd20:ce::254/128", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    )
]  # fmt: skip
_GLOBAL_IPV6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?!.{{254}})(?:{_LABEL}\.)*{_LABEL}", re.IGNORECASE)
_LOOKS_LIKE_A_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)", re.IGNORECASE)

_SENTENCES: dict[Reason, str] = {
    "malformed": say("“%(host)s” is not a host name or address that Sluss can read."),
    "scheme": say("Only https addresses are allowed here."),
    "port": say("Port %(port)s is not allowed here. Allowed: %(ports)s."),
    "unknown": say("“%(host)s” cannot be found. Check the spelling."),
    "private": say("“%(host)s” is not a public address. Give a host that can be reached from the internet."),
    "forbidden": say("“%(host)s” is an address that Sluss never connects to."),
}


class AddressRefused(Exception):
    """Sluss does not connect there. The message is one plain sentence and shows no address that a name led to; `detail` is for the log."""

    def __init__(self, reason: Reason, host: str = "", *, port: int = 0, ports: Collection[int] = (), detail: str = "") -> None:
        allowed = ", ".join(map(str, sorted(ports)))
        super().__init__(say(_SENTENCES[reason], host=host[:100], port=port, ports=allowed))
        self.reason, self.host, self.detail = reason, host, detail


class Pinned(msgspec.Struct, frozen=True):
    """A host with the addresses that were checked. TLS and protocols go by `host`, the connection by `address`."""

    host: str
    port: int
    addresses: tuple[str, ...]

    @property
    def address(self) -> str:
        return self.addresses[0]


async def resolve_name(host: str, port: int) -> list[str]:
    """Look a name up by the system's resolver, in threads of its own, so that slow name servers hold up nothing else."""
    look_up = asyncio.get_running_loop().run_in_executor(_threads, _look_up, host, port)
    async with asyncio.timeout(LOOK_UP_SECONDS):
        return await look_up


async def check_host(
    host: str, port: int, *, allow_private: bool = False, ports: Collection[int] | None = None, resolve: Resolve = resolve_name
) -> Pinned:
    """The addresses to connect to. `ports` are the allowed ones (None: all). Raises `AddressRefused`, also when the name is unknown."""
    if not 0 < port < 65_536 or (ports is not None and port not in ports):
        raise AddressRefused("port", host, port=port, ports=ports or ())
    name = _readable(host)
    literal = _as_address(name)
    found = [str(literal)] if literal else await _found(name, port, resolve)
    for text in found:
        reason = refusal(text, allow_private=allow_private)
        if reason:
            raise AddressRefused(reason, host, detail=text)
    return Pinned(name, port, tuple(found))


def refusal(text: str, *, allow_private: bool = False) -> Reason | None:
    """Why Sluss does not connect to an address, or None. IPv4 within IPv6 is judged as IPv4."""
    address = _as_address(text)
    if address is None:
        return "malformed"
    address = _unwrapped(address)
    if any(address in network for network in _FORBIDDEN):
        return "forbidden"
    if any(address in network for network in _PRIVATE):
        return None if allow_private else "private"
    return "forbidden" if isinstance(address, IPv6Address) and address not in _GLOBAL_IPV6 else None


async def connect(pinned: Pinned, seconds: float) -> socket.socket:
    """A connected socket to the first checked address that answers, for libraries that take one. Raises `OSError` (also on time-out)."""
    failure: OSError = ConnectionError(f"{pinned.host} has no address")
    async with asyncio.timeout(seconds):
        for text in pinned.addresses:
            try:
                return await _connected(text, pinned.port)
            except OSError as error:
                failure = error
    raise failure


_threads = ThreadPoolExecutor(4, thread_name_prefix="names")


def _look_up(host: str, port: int) -> list[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _readable(host: str) -> str:
    """The name in the one form that everything after goes by; spellings that resolvers read as numbers are refused."""
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if _as_address(bare):
        return bare
    try:
        name = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        raise AddressRefused("malformed", host) from None
    if _as_address(name) and name != host:
        raise AddressRefused("malformed", host, detail=name)
    if not _NAME.fullmatch(name) or _LOOKS_LIKE_A_NUMBER.fullmatch(name):
        raise AddressRefused("malformed", host)
    return name.lower()


def _as_address(text: str) -> Address | None:
    if "%" in text:
        return None
    try:
        return ip_address(text)
    except ValueError:
        return None


async def _found(name: str, port: int, resolve: Resolve) -> list[str]:
    try:
        found = list(dict.fromkeys(await resolve(name, port)))[:MAX_ADDRESSES]
    except (OSError, UnicodeError) as error:
        raise AddressRefused("unknown", name, detail=str(error)) from error
    if not found:
        raise AddressRefused("unknown", name)
    return found


def _unwrapped(address: Address) -> Address:
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


async def _connected(text: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.settimeout(0)
        await asyncio.get_running_loop().sock_connect(found, (text, port))
    except BaseException:
        found.close()
        raise
    return found
