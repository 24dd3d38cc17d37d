"""Who a visitor is, as the company's own server says it by a signed token (T71). In: a JWT, the inbox's keys. Out: a subject, or a refusal.

The only way of signing is HS256 with a key that the inbox has now, or had until a day ago; neither the token nor anything else can
widen that. A token says for whom it is, for how long (an hour at most), and may name the chat that it is for.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec
from joserfc import jwk, jws
from joserfc.errors import JoseError

from sluss.channels.contract import Connection
from sluss.kernel.clock import DAY, SECOND
from sluss.kernel.errors import Trouble
from sluss.kernel.text import clean_line
from sluss.kernel.tokens import new_secret
from sluss.kernel.words import say

ALGORITHM = "HS256"
SUBJECT = 200
LIFE = 3600
"""Seconds that a token may be good for."""
LEEWAY = 60
LONGEST = 4_096
FIELD = 200
EMAIL = 254
KEY = "identity_key"
KEY_BEFORE = "identity_key_before"
TURN = DAY
"""How long the former key counts after a new one was made."""


class NotProven(Trouble):
    """The token proves nobody; the sentence is for whoever builds the web site, and shows nothing of the key."""

    status = 401


class Proven(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the company's server vouches for; `until` in microseconds UTC. Only `subject` says who it is."""

    subject: str
    until: int
    name: str = ""
    email: str = ""
    phone: str = ""
    locale: str = ""


def read_identity(token: str, connection: Connection, now: int) -> Proven:
    """Whom a token proves at a chat; `now` in microseconds UTC. Raises `NotProven`."""
    keys = keys_of(connection.secrets, now)
    if not keys:
        raise NotProven(say("This chat has no identity key, so nobody can be proven. Make one on its settings page."))
    _check_header(token)
    claims = _verified(token, keys)
    _check_audience(claims, connection.address)
    return Proven(
        subject=_subject(claims),
        until=_until(claims, now // SECOND) * SECOND,
        **{name: _field(claims, name, EMAIL if name == "email" else FIELD) for name in ("name", "email", "phone", "locale")},
    )


def keys_of(secrets: Mapping[str, str], now: int) -> tuple[str, ...]:
    """The keys that count: the inbox's own, and the one before it for a day."""
    until, _, before = secrets.get(KEY_BEFORE, "").partition(".")
    former = before if until.isascii() and until.isdigit() and int(until) > now else ""
    return tuple(one for one in (secrets.get(KEY, ""), former) if one)


def new_identity_key() -> str:
    """256 random bits; the characters themselves are the secret that a server signs with."""
    return new_secret()


def turned_key(secrets: Mapping[str, str], now: int) -> dict[str, str]:
    """The secrets with a new key; the one that was counts for one more day, so that a web site can change over without a gap."""
    before = secrets.get(KEY, "")
    return {KEY: new_identity_key(), KEY_BEFORE: f"{now + TURN}.{before}" if before else ""}


def _check_header(token: str) -> None:
    """What the library would do with other headers is not left to it."""
    if len(token) > LONGEST or token.count(".") != 2:
        raise NotProven(say("This is no signed token: three parts with dots between them, at most 4,096 characters."))
    first = token.partition(".")[0]
    try:
        header = msgspec.json.decode(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)), type=dict[str, Any])
    except (ValueError, binascii.Error, msgspec.DecodeError):
        raise NotProven(say("The first part of the token cannot be read.")) from None
    if header.get("alg") != ALGORITHM or "crit" in header or str(header.get("typ", "JWT")).upper() != "JWT":
        raise NotProven(say("The token must be signed with HS256 and nothing else."))


def _verified(token: str, keys: Sequence[str]) -> dict[str, Any]:
    """The claims of a token that one of the keys has signed."""
    for key in keys:
        try:
            found = jws.deserialize_compact(token, _key(key), algorithms=[ALGORITHM])
        except (JoseError, ValueError):
            continue
        try:
            return msgspec.json.decode(found.payload or b"", type=dict[str, Any])
        except msgspec.DecodeError:
            raise NotProven(say("What the token says cannot be read.")) from None
    raise NotProven(say("The token was not signed with the identity key of this chat."))


def _key(secret: str) -> jwk.OctKey:
    return jwk.OctKey.import_key({"kty": "oct", "k": base64.urlsafe_b64encode(secret.encode()).rstrip(b"=").decode()})


def _check_audience(claims: Mapping[str, Any], chat: str) -> None:
    named = claims.get("aud", chat)
    several = cast("list[object]", named) if isinstance(named, list) else [named]
    if chat not in several:
        raise NotProven(say("The token is for another chat: its aud must be the key of this one."))


def _subject(claims: Mapping[str, Any]) -> str:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT or not subject.isprintable() or not subject.strip():
        raise NotProven(say("The token needs a sub: your own name for the customer, of at most 200 characters."))
    return subject


def _until(claims: Mapping[str, Any], now: int) -> int:
    """Until when the token is good, in seconds."""
    ends, begins = _instant(claims, "exp"), _instant(claims, "nbf", _instant(claims, "iat", now))
    if ends <= now - LEEWAY:
        raise NotProven(say("The token has expired. Make a new one for each page."))
    if ends > now + LIFE + LEEWAY:
        raise NotProven(say("The token is good for too long: its exp may be at most one hour ahead."))
    if begins > now + LEEWAY:
        raise NotProven(say("The token is not good yet. Check the clock of your server."))
    return int(ends)


def _instant(claims: Mapping[str, Any], name: str, otherwise: float | None = None) -> float:
    value = claims.get(name, otherwise)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise NotProven(say("The token needs an exp: when it ends, in seconds since 1970."))
    return value


def _field(claims: Mapping[str, Any], name: str, most: int) -> str:
    """What is said beside the subject; what has no fitting form is left out."""
    value = claims.get(name)
    line = clean_line(value) if isinstance(value, str) else ""
    return line if len(line) <= most else ""
