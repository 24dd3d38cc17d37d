"""Web sites that may show a chat. In: what an administrator wrote, and the origin that a browser names. Out: whether one is the other."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from sluss.kernel.words import say

STAR = "*."
LONGEST = 253

_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_USUAL = {"https": 443, "http": 80}


class OriginWrong(ValueError):
    """What was written names no web site that a chat can be shown on."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def read_origin(written: str) -> str:
    """A web site in the one spelling in which browsers name it, `https://*.example.com` for all below one. Raises `OriginWrong`."""
    text = written.strip()
    try:
        parts = urlsplit(text)
        host, port = _host(parts.hostname or ""), parts.port
    except ValueError:
        raise OriginWrong(_form(text)) from None
    if parts.scheme not in _USUAL or not host or parts.username is not None or parts.password is not None:
        raise OriginWrong(_form(text))
    if parts.path not in {"", "/"} or parts.query or parts.fragment or text.endswith(("?", "#")):
        raise OriginWrong(say("Write %(site)s without a path: the chat is for a whole web site.", site=text[:100]))
    if parts.scheme == "http" and not _is_near(host):
        raise OriginWrong(say("%(site)s must begin with https://: over http anybody on the way could read along.", site=text[:100]))
    return f"{parts.scheme}://{_bracketed(host)}{_colon(parts.scheme, port)}"


def allows(origins: Iterable[str], origin: str) -> bool:
    """Whether a site that a browser names, as it names it, is on a list."""
    return any(_is(listed, origin) for listed in origins)


def _host(name: str) -> str:
    """The name as browsers spell it; empty for what is none."""
    star, bare = (STAR, name[len(STAR) :]) if name.startswith(STAR) else ("", name)
    if _is_address(bare):
        return "" if star else bare
    try:
        bare = bare if bare.isascii() else bare.encode("idna").decode()
    except UnicodeError:
        return ""
    whole = len(bare) <= LONGEST and _HOST.fullmatch(bare.lower()) is not None and not bare.rpartition(".")[2].isdigit()
    return f"{star}{bare.lower()}" if whole and (not star or "." in bare) else ""


def _is_address(name: str) -> bool:
    try:
        return "%" not in name and bool(ip_address(name))  # after a zone anything may stand, also what ends a header's directive
    except ValueError:
        return False


def _is_near(host: str) -> bool:
    """This machine, or one of the same network: a site under construction."""
    if _is_address(host):
        return ip_address(host).is_loopback or ip_address(host).is_private
    return host == "localhost" or host.endswith((".localhost", ".test", ".internal", ".local"))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _colon(scheme: str, port: int | None) -> str:
    if port is None or port == _USUAL[scheme]:
        return ""
    return f":{port}"


def _form(text: str) -> str:
    return say("“%(site)s” is no web site. Write it as https://www.example.com.", site=text[:100])


def _is(listed: str, origin: str) -> bool:
    scheme, star, below = listed.partition("://*.")
    if not star:
        return listed == origin
    return origin.startswith(f"{scheme}://") and origin.endswith(f".{below}") and "/" not in origin[len(scheme) + 3 :]
