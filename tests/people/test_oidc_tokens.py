"""ID tokens that prove nothing. T36: each differs from a good one in a single thing, and each is refused for that thing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from joserfc.jws import JWSRegistry

from sluss.people.oidc_tokens import Expected, TokenRefused, believe
from sluss.sandbox.oidc.tokens import Keys

NOW = 1_795_260_000
ISSUER = "https://login.norrsken.test"
EXPECTED = Expected(ISSUER, "sluss", "n-0S6_WzA2Mj", NOW)
GOOD: dict[str, Any] = {"iss": ISSUER, "aud": "sluss", "sub": "4711", "nonce": "n-0S6_WzA2Mj", "iat": NOW, "exp": NOW + 300}
KEYS, RSA = Keys(), Keys()
RSA.rotate("RS256")
PUBLISHED: list[dict[str, Any]] = [*KEYS.as_json()["keys"], *RSA.as_json()["keys"]]
NAMED: Any = {"kid": KEYS.key.kid, "use": "sig", "alg": "ES256"}
STRANGER = ECKey.generate_key("P-256", NAMED)


def signed(**change: Any) -> str:
    return KEYS.sign({name: value for name, value in (GOOD | change).items() if value is not ...})


def part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def by_hand(header: Any, signature: Callable[[bytes], bytes], claims: Any = GOOD) -> str:
    body = f"{part(header)}.{part(claims)}"
    return f"{body}.{part(signature(body.encode()))}"


def confused(secret: bytes) -> str:
    """HS256 with what everybody knows of the RSA key as its secret."""
    header = {"alg": "HS256", "kid": RSA.key.kid, "typ": "JWT"}
    return by_hand(header, lambda body: hmac.new(secret, body, hashlib.sha256).digest())


def with_header(**more: Any) -> str:
    header = {"alg": "ES256", "kid": KEYS.key.kid, "typ": "JWT"} | more
    registry = JWSRegistry(strict_check_header=False)
    return jwt.encode({name: one for name, one in header.items() if one is not ...}, dict(GOOD), KEYS.key, registry=registry)


def mixed(one: str, other: str) -> str:
    """The claims of one token under the signature of another."""
    first, second = one.split("."), other.split(".")
    return ".".join((second[0], first[1], second[2]))


FORGED: dict[str, Callable[[], str]] = {
    "no algorithm": lambda: by_hand({"alg": "none", "typ": "JWT"}, lambda _: b""),
    "no algorithm, in capitals": lambda: by_hand({"alg": "NONE", "kid": KEYS.key.kid}, lambda _: b""),
    "no algorithm named": lambda: by_hand({"kid": KEYS.key.kid}, lambda _: b""),
    "a public key as a secret": lambda: confused(RSA.key.as_pem(private=False)),
    "a published modulus as a secret": lambda: confused(str(RSA.key.as_dict(private=False)["n"]).encode()),
    "the empty secret": lambda: confused(b""),
    "a stranger's key": lambda: jwt.encode({"alg": "ES256", "kid": KEYS.key.kid, "typ": "JWT"}, dict(GOOD), STRANGER),
    "a key that is not published": lambda: with_header(kid="another"),
    "a path as a key": lambda: with_header(kid="../../../../dev/null"),
    "a number as a key": lambda: by_hand({"alg": "ES256", "kid": 1}, lambda _: b"x" * 64),
    "an algorithm of another kind of key": lambda: by_hand({"alg": "ES256", "kid": RSA.key.kid}, lambda _: b"x" * 64),
    "its own key in the header": lambda: jwt.encode(
        {"alg": "ES256", "jwk": STRANGER.as_dict(private=False), "typ": "JWT"}, dict(GOOD), STRANGER
    ),
    "a critical extension": lambda: by_hand({"alg": "ES256", "kid": KEYS.key.kid, "crit": ["exp"]}, lambda _: b"x" * 64),
    "an access token": lambda: with_header(typ="at+jwt"),
    "a signature cut short": lambda: signed()[:-4],
    "no signature": lambda: signed().rpartition(".")[0] + ".",
    "claims of another token": lambda: mixed(signed(sub="admin"), signed()),
    "five parts": lambda: f"{signed()}.x.y",
    "nothing": lambda: "",
    "no JSON": lambda: f"{part(b'xx')}.{part(b'xx')}.{part(b'xx')}",
    "a list": lambda: by_hand(["ES256"], lambda _: b"x"),
    "too long": lambda: signed(filler="x" * 30_000),
    "another issuer": lambda: signed(iss="https://evil.example"),
    "an issuer with a slash more": lambda: signed(iss=ISSUER + "/"),
    "no issuer": lambda: signed(iss=...),
    "another audience": lambda: signed(aud="other"),
    "no audience": lambda: signed(aud=...),
    "an audience that is no text": lambda: signed(aud=["sluss", 1]),
    "several audiences and nobody named": lambda: signed(aud=["sluss", "other"]),
    "given out for another": lambda: signed(aud=["sluss", "other"], azp="other"),
    "given out for another, alone": lambda: signed(azp="other"),
    "another nonce": lambda: signed(nonce="another"),
    "no nonce": lambda: signed(nonce=...),
    "an empty nonce": lambda: signed(nonce=""),
    "expired": lambda: signed(exp=NOW - 121),
    "never expiring": lambda: signed(exp=...),
    "expiring in words": lambda: signed(exp="tomorrow"),
    "expiring true": lambda: signed(exp=True),
    "expiring at infinity": lambda: by_hand_signed('{"exp": Infinity}'),
    "not yet good": lambda: signed(nbf=NOW + 121),
    "good from a list on": lambda: signed(nbf=[]),
    "issued tomorrow": lambda: signed(iat=NOW + 86_400),
    "issued last year": lambda: signed(iat=NOW - 31_536_000),
    "never issued": lambda: signed(iat=...),
    "nobody": lambda: signed(sub=...),
    "an empty subject": lambda: signed(sub=""),
    "a subject that is a number": lambda: signed(sub=4711),
    "a subject of two lines": lambda: signed(sub="4711\n4712"),
}


def by_hand_signed(more: str) -> str:
    """Claims that are no JSON, under a good signature."""
    from joserfc.jws import serialize_compact  # noqa: PLC0415 - for this one token

    claims = json.dumps(GOOD)[:-1] + ", " + more[1:]
    return serialize_compact({"alg": "ES256", "kid": KEYS.key.kid, "typ": "JWT"}, claims.encode(), KEYS.key)


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_token_is_refused(name: str) -> None:
    """T36"""
    with pytest.raises(TokenRefused):
        believe(FORGED[name](), PUBLISHED, EXPECTED)


def test_a_good_token_is_believed() -> None:
    told = believe(signed(email="Johan@Norrsken.test", email_verified=True, name=" Johan Falk ", amr=["pwd", "otp"]), PUBLISHED, EXPECTED)
    assert (told.subject, told.email, told.verified, told.name, told.two_steps) == ("4711", "Johan@Norrsken.test", True, "Johan Falk", True)
    assert believe(RSA.sign(dict(GOOD)), PUBLISHED, EXPECTED).subject == "4711"
    assert believe(signed(aud=["sluss", "other"], azp="sluss"), PUBLISHED, EXPECTED).subject == "4711"
    assert believe(signed(exp=NOW - 60, iat=NOW + 60, nbf=NOW + 60), PUBLISHED, EXPECTED).subject == "4711"


def test_a_shared_secret_is_never_a_key() -> None:
    """T36: not even one that the provider publishes."""
    secret = OctKey.generate_key(256, {"kid": "shared"})
    token = jwt.encode({"alg": "HS256", "kid": "shared"}, dict(GOOD), secret)
    with pytest.raises(TokenRefused):
        believe(token, [secret.as_dict(private=True)], EXPECTED)


@pytest.mark.parametrize("said", [False, None, 1, "yes", "True", [True], {}])
def test_an_address_counts_only_where_it_is_vouched_for(said: Any) -> None:
    """T24"""
    assert not believe(signed(email="ewa@norrsken.test", email_verified=said), PUBLISHED, EXPECTED).verified


def test_keys_for_other_uses_are_none() -> None:
    """T36"""
    key = RSAKey.generate_key(2048, {"kid": "enc"})
    token = jwt.encode({"alg": "RS256", "kid": "enc"}, dict(GOOD), key)
    with pytest.raises(TokenRefused):
        believe(token, [key.as_dict(private=False) | {"use": "enc"}], EXPECTED)
