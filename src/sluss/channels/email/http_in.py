"""Mail that a pipe or a provider posts. In: raw bytes and a signature. Out: a `Delivered`, or a refusal; nothing unsigned passes."""

from __future__ import annotations

import hashlib
import hmac

from sluss.channels.contract import Connection, Delivered, Posted, Unverified

SIGNATURE_HEADER = "X-Sluss-Signature"
"""Carries `sha256=` and the hexadecimal HMAC-SHA256 of the raw body under the inbox's secret."""

_SHORTEST_SECRET = 16


class NotSigned(Unverified):
    """The request does not prove that it comes from whom the administrator connected."""


def signature_of(raw: bytes, secret: str) -> str:
    """What a sender puts into the header."""
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def accept_posted(connection: Connection, raw: bytes, signature: str, received_at: int, recipients: tuple[str, ...] = ()) -> Delivered:
    """The mail as delivered; `received_at` in microseconds UTC. Raises `NotSigned`, also when the inbox has no secret to compare with."""
    secret = connection.secrets.get("http_secret", "")
    if len(secret) < _SHORTEST_SECRET:
        raise NotSigned("This inbox takes no posted mail: it has no secret.")
    if not hmac.compare_digest(signature_of(raw, secret).encode(), signature.strip().encode("utf-8", "replace")):
        raise NotSigned("The signature does not fit the mail; sign the raw body with the inbox's secret.")
    return Delivered(external_key=f"http:{hashlib.sha256(raw).hexdigest()}", raw=raw, received_at=received_at, recipients=recipients)


def accept(posted: Posted, connection: Connection) -> list[Delivered]:
    """The one mail of a request, proven by its `X-Sluss-Signature`."""
    return [accept_posted(connection, posted.body, posted.headers.get(SIGNATURE_HEADER.lower(), ""), posted.received_at)]
