"""Where the web site listens. In: a host name, a port. Out: an open socket, and what browsers may call the site by."""

from __future__ import annotations

import socket

import msgspec

from sluss.channels.webchat.origins import OriginWrong, read_origin

LOOPBACK = ("127.0.0.1", "localhost")
EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - recognised, not listened on


class Door(msgspec.Struct, frozen=True):
    """An open door. `names` are the host names that lead to it."""

    socket: socket.socket
    names: tuple[str, ...]

    @property
    def port(self) -> int:
        """Its port."""
        return int(self.socket.getsockname()[1])

    @property
    def url(self) -> str:
        """The address that people are told."""
        return self.origins[0]

    @property
    def origins(self) -> tuple[str, ...]:
        """The site by each of its names, as browsers write it."""
        return tuple(f"http://{_bracketed(name)}:{self.port}" for name in self.names)


def open_door(host: str, port: int) -> Door:
    """A socket that browsers may knock at already; port 0 takes a free one. Raises `OSError` where nobody can listen."""
    door = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((host, port))
        door.listen()
    except OSError:
        door.close()
        raise
    return Door(door, names_of(host))


def names_of(host: str) -> tuple[str, ...]:
    """What browsers may call a host: itself, or where it listens on all of a machine the machine's own addresses, too."""
    named = (*LOOPBACK, *_addresses()) if host in EVERYWHERE else LOOPBACK if host in LOOPBACK else (host,)
    return tuple(filter(_may_show, named)) or LOOPBACK


def _may_show(name: str) -> bool:
    """Whether a chat may be on a site of that name without https."""
    try:
        return bool(read_origin(f"http://{_bracketed(name)}"))
    except OriginWrong:
        return False


def _bracketed(name: str) -> str:
    return f"[{name}]" if ":" in name else name


def _addresses() -> list[str]:
    """Those by which other machines of the network may reach this one."""
    try:
        found = socket.gethostbyname_ex(socket.gethostname())[2]
    except OSError:
        return []
    return [one for one in found if one not in LOOPBACK]
