"""No test talks to another machine. In: the interpreter's audit events. Out: an error naming the address, raised in the caller."""

import ipaddress
from typing import Any

HERE = {"", "localhost", "0.0.0.0", "::"}


class OutsideReached(Exception):
    """A test tried to reach another machine; put a double in its place."""


def refuse_outside(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(args[1], tuple):
        _only_here(args[1][0])
    elif event == "socket.getaddrinfo" and args[0] is not None:
        _only_here(args[0] if isinstance(args[0], str) else args[0].decode())


def _only_here(host: str) -> None:
    if host in HERE:
        return
    try:
        here = ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        here = False
    if not here:
        msg = f"tests stay on this machine, and this one reached for {host!r}"
        raise OutsideReached(msg)
