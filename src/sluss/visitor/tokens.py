"""Who a visitor's request says it comes from (T71). In: the header `Authorization: Visitor …`. Out: a `Bearer`, for the database to know.

An anonymous token was made by the browser and counts at one inbox only: what is kept of it is a hash together with the inbox. A proven one
is signed by us for a few hours.
"""

from __future__ import annotations

import base64
import hmac
import re

import msgspec

from sluss.kernel.clock import HOUR, SECOND
from sluss.kernel.tokens import hash_of

SCHEME = "Visitor "
LIFE = 12 * HOUR
PURPOSE = "visitors"
"""Of the key that signs proven tokens, derived from the installation's own."""

_ANONYMOUS = re.compile(r"[A-Za-z0-9_-]{43}")
_PROVEN = re.compile(r"p\.([0-9]{1,19})\.([0-9]{1,12})\.([A-Za-z0-9_-]{43})")
LARGEST = (1 << 63) - 1


class Bearer(msgspec.Struct, frozen=True):
    """What a token names: an anonymous visitor by a hash, or a proven one by id, until an instant (microseconds UTC)."""

    token_hash: bytes = b""
    visitor_id: int = 0
    until: int = 0

    @property
    def proven(self) -> bool:
        """Whether we signed it."""
        return bool(self.visitor_id)

    @property
    def own(self) -> bytes | int:
        """What is counted for this visitor alone."""
        return self.visitor_id or self.token_hash


class Seal(msgspec.Struct, frozen=True):
    """What signs for one inbox."""

    key: bytes
    inbox_id: int

    def __repr__(self) -> str:
        return f"Seal({self.inbox_id})"


def read_bearer(header: str, seal: Seal, now: int) -> Bearer | None:
    """Whom an Authorization header names at an inbox; None where it names nobody, or nobody any more."""
    if not header.startswith(SCHEME):
        return None
    token = header[len(SCHEME) :].strip()
    if _ANONYMOUS.fullmatch(token):
        return Bearer(token_hash=hash_of(f"{seal.inbox_id}:{token}"))
    found = _PROVEN.fullmatch(token)
    if found is None or not hmac.compare_digest(_mac(seal, found[1], found[2]), found[3]):
        return None
    until = int(found[2]) * SECOND
    return Bearer(visitor_id=int(found[1]), until=until) if until > now and int(found[1]) <= LARGEST else None


def proven_token(seal: Seal, visitor_id: int, now: int) -> str:
    """A token for a visitor who was proven just now."""
    until = str((now + LIFE) // SECOND)
    return f"p.{visitor_id}.{until}.{_mac(seal, str(visitor_id), until)}"


def _mac(seal: Seal, visitor_id: str, until: str) -> str:
    told = f"{seal.inbox_id}.{visitor_id}.{until}".encode()
    return base64.urlsafe_b64encode(hmac.digest(seal.key, told, "sha256")).rstrip(b"=").decode()
