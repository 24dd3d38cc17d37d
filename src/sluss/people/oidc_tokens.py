"""Believing an ID token. In: the token, the provider's keys, what was asked. Out: who it is, or `TokenRefused` with the first reason.

Which algorithms count is fixed here; neither the token nor a key can widen it, and a shared secret is never a key.
"""

from __future__ import annotations

import base64
import hmac
import math
from collections.abc import Sequence
from typing import Any, cast

import msgspec
from joserfc import jwk, jwt
from joserfc.errors import JoseError

from sluss.kernel.errors import Trouble
from sluss.people.oidc_providers import Told

ALGORITHMS = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("EdDSA",),
}
"""By the kind of key that they belong to."""
LEEWAY = 120
OLDEST = 3600
LONGEST = 20_000
SECOND_STEPS = frozenset({"mfa", "otp", "hwk", "swk", "fpt", "face", "iris", "sc", "pop"})


class TokenRefused(Trouble):
    """An ID token that proves nothing; `why` is for the log."""

    status = 422

    def __init__(self, why: str) -> None:
        super().__init__("What the provider said about you does not hold. Please sign in again; if it goes on, tell an administrator.")
        self.why = why


class Expected(msgspec.Struct, frozen=True):
    """What the token must say. `now` in seconds."""

    issuer: str
    client_id: str
    nonce: str
    now: int


def kid_of(token: str) -> str:
    """The key that a token says it was signed with, or an empty string."""
    kid = _header(token).get("kid", "")
    return kid if isinstance(kid, str) else ""


def believe(token: str, keys: Sequence[dict[str, Any]], expected: Expected) -> Told:
    """Who the token is about. Raises `TokenRefused`."""
    header = _header(token)
    key, algorithm = _key(header, keys)
    try:
        claims = jwt.decode(token, key, algorithms=[algorithm]).claims
    except (JoseError, ValueError) as error:
        raise TokenRefused(f"signature: {type(error).__name__}") from error
    _check_parties(claims, expected)
    _check_times(claims, expected.now)
    return _told(claims)


def _header(token: str) -> dict[str, Any]:
    if len(token) > LONGEST or token.count(".") != 2:
        raise TokenRefused("form")
    first = token.partition(".")[0]
    try:
        header = msgspec.json.decode(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (ValueError, msgspec.DecodeError) as error:
        raise TokenRefused("header") from error
    if not isinstance(header, dict):
        raise TokenRefused("header")
    return cast("dict[str, Any]", header)


def _key(header: dict[str, Any], keys: Sequence[dict[str, Any]]) -> tuple[jwk.Key, str]:
    algorithm, kid = header.get("alg"), header.get("kid")
    if header.get("crit") is not None or str(header.get("typ", "JWT")).upper() != "JWT":
        raise TokenRefused("header")
    fitting = [key for key in keys if _fits(key, algorithm)]
    named = [key for key in fitting if key.get("kid") == kid] if kid is not None else fitting
    if len(named) != 1:
        raise TokenRefused(f"key: {len(named)} fit")
    try:
        return jwk.import_key(named[0]), str(algorithm)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise TokenRefused("key") from error


def _fits(key: dict[str, Any], algorithm: object) -> bool:
    if algorithm not in ALGORITHMS.get(str(key.get("kty")), ()):
        return False
    return key.get("use", "sig") == "sig" and key.get("alg", algorithm) == algorithm


def _check_parties(claims: dict[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise TokenRefused("iss")
    audience = claims.get("aud")
    several = cast("list[object]", audience) if isinstance(audience, list) else [audience]
    if expected.client_id not in several or not all(isinstance(one, str) for one in several):
        raise TokenRefused("aud")
    if (len(several) > 1 or "azp" in claims) and claims.get("azp") != expected.client_id:
        raise TokenRefused("azp")
    nonce = claims.get("nonce")
    if not expected.nonce or not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), expected.nonce.encode()):
        raise TokenRefused("nonce")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not subject.isprintable():
        raise TokenRefused("sub")


def _check_times(claims: dict[str, Any], now: int) -> None:
    if _instant(claims, "exp") <= now - LEEWAY:
        raise TokenRefused("exp")
    if not now - OLDEST <= _instant(claims, "iat") <= now + LEEWAY:
        raise TokenRefused("iat")
    if "nbf" in claims and _instant(claims, "nbf") > now + LEEWAY:
        raise TokenRefused("nbf")


def _instant(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TokenRefused(name)
    return value


def _told(claims: dict[str, Any]) -> Told:
    email, name, ways = claims.get("email"), claims.get("name"), claims.get("amr")
    vouched = any(claims.get(name) is True or claims.get(name) == "true" for name in ("email_verified", "xms_edov"))
    steps = {str(one) for one in cast("list[object]", ways)} if isinstance(ways, list) else set[str]()
    return Told(
        issuer=claims["iss"],
        subject=claims["sub"],
        email=email.strip() if isinstance(email, str) and len(email) <= 254 else "",
        verified=vouched and isinstance(email, str),
        name=name.strip()[:200] if isinstance(name, str) else "",
        two_steps=bool(steps & SECOND_STEPS),
    )
