"""Who is at the other end. In: the connection and the headers of proxies that the settings trust. Out: an address, a network, a scheme.

From the right, each `X-Forwarded-For` entry is believed only while the one who told it is trusted; what a client wrote itself never counts.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from functools import cache
from typing import Any

from sluss.config import Config

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def client_address(scope: Any, config: Config) -> str:
    """The address of the client, or an empty string where there is none (a socket file)."""
    address = _peer(scope)
    for told in reversed(list(_values(scope, b"x-forwarded-for"))):
        if not is_trusted(address, config.trusted_proxies):
            break
        address = _bare(told)
    return address


def client_network(address: str) -> str:
    """The network that tries are counted by: a /24 of IPv4, a /64 of IPv6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return str(ipaddress.ip_network(f"{found}/{24 if found.version == 4 else 64}", strict=False))


def is_secure(scope: Any, config: Config) -> bool:
    """Whether the browser speaks HTTPS to us or to a trusted proxy."""
    if config.https or scope.get("scheme") == "https":
        return True
    told = list(_values(scope, b"x-forwarded-proto"))
    return bool(told) and told[-1] == "https" and is_trusted(_peer(scope), config.trusted_proxies)


def is_trusted(address: str, networks: str) -> bool:
    """Whether an address is in one of the comma-separated networks."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in parse_networks(networks))


@cache
def parse_networks(networks: str) -> tuple[Network, ...]:
    """The setting as networks. Raises `ValueError` for one that is none."""
    return tuple(ipaddress.ip_network(part.strip(), strict=False) for part in networks.split(",") if part.strip())


def _peer(scope: Any) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _values(scope: Any, name: bytes) -> Iterator[str]:
    for key, value in scope["headers"]:
        if key == name:
            yield from (part.strip() for part in value.decode("latin-1").split(","))


def _bare(told: str) -> str:
    """`203.0.113.7`, `203.0.113.7:4711` and `[2001:db8::1]:4711` without their ports; empty for garbage."""
    host = told.partition("]")[0].removeprefix("[") if told.startswith("[") else told.partition(":")[0] if told.count(":") == 1 else told
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return ""
