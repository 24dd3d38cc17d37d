"""A visitor is only who the company's own server says it is, for as long as it says so, at this chat and no other. T71."""

from __future__ import annotations

import base64
import hmac
import json
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwk, jwt

from sluss.channels.contract import Connection
from sluss.channels.handles import is_handle, own_key, shown_address, visitor_handle
from sluss.channels.webchat.identity import NotProven, keys_of, new_identity_key, read_identity, turned_key
from sluss.kernel.clock import DAY, HOUR, SECOND

NOW = 1_795_000_000
CHAT = "chat-4f2kq7w5x3m6n2ab"
KEY, OTHER = "n0rrsken-" + "k" * 40, "balt1c-" + "k" * 40
CONNECTION = Connection(workspace_id=1, inbox_id=2, name="Chatten", address=CHAT, settings={}, secrets={"identity_key": KEY})
SAID = {"sub": "4711", "exp": NOW + 600}


def signed(claims: Any, key: str = KEY, header: dict[str, Any] | None = None) -> str:
    """As PHP, Node or Python would, without any library's own opinions."""
    parts = [_part(header or {"alg": "HS256", "typ": "JWT"}), _part(claims)]
    return ".".join([*parts, _b64(hmac.new(key.encode(), ".".join(parts).encode(), sha256).digest())])


def _part(value: Any) -> str:
    return _b64(value if isinstance(value, bytes) else json.dumps(value).encode())


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def believed(token: str, now: float = NOW) -> bool:
    try:
        read_identity(token, CONNECTION, int(now * SECOND))
    except NotProven as refused:
        return KEY in refused.sentence or refused.status != 401
    return True


def test_a_token_of_the_companys_own_server_is_believed() -> None:
    said = SAID | {
        "name": "Åsa  Lindqvist",
        "email": "asa@kund.example",
        "phone": 46,
        "locale": "sv",
        "aud": [CHAT, "else"],
        "iat": NOW + 30,
    }
    told = read_identity(signed(said), CONNECTION, NOW * SECOND)
    assert (told.subject, told.name, told.email, told.phone, told.locale) == ("4711", "Åsa Lindqvist", "asa@kund.example", "", "sv")
    assert told.until == (NOW + 600) * SECOND
    assert read_identity(jwt.encode({"alg": "HS256"}, SAID, jwk.OctKey.import_key(KEY)), CONNECTION, NOW * SECOND).subject == "4711"


def test_nobody_else_can_make_one() -> None:
    """T71: forged, of another company's key, without a signature, signed by another way with what is public."""
    good = signed(SAID)
    first, second, third = good.split(".")
    public = jwk.RSAKey.import_key(rsa.generate_private_key(public_exponent=65_537, key_size=2_048))
    forged = [
        signed(SAID, OTHER),
        signed(SAID, ""),
        ".".join([first, _part(SAID | {"sub": "4712"}), third]),
        f"{first}.{second}.",
        ".".join([first, second, third[:-4] + "AAAA"]),
        *(".".join([_part({"alg": name, "typ": "JWT"}), second, end]) for name in ("none", "None", "nOnE", "") for end in ("", third)),
        *(signed(SAID, header={"alg": name}) for name in ("HS384", "HS512", "RS256", "hs256", "dir", None)),
        jwt.encode({"alg": "RS256"}, SAID, public, algorithms=["RS256"]),
        signed(SAID, public.as_pem(private=False).decode()),
        signed(SAID, OTHER, header={"alg": "HS256", "jwk": {"kty": "oct", "k": _b64(OTHER.encode())}}),
        signed(SAID, header={"alg": "HS256", "crit": ["b64"], "b64": False}),
        signed(SAID, header={"alg": "HS256", "typ": "JWE"}),
        f"{good}.x",
        good.replace(".", ""),
        f"{good}{'A' * 5_000}",
        "",
        "a.b.c",
    ]
    assert [token for token in forged if believed(token)] == []
    assert believed(good)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sub": None}, {"sub": "   "}, {"sub": 4711}, {"sub": ["4711"]}, {"sub": "x" * 201}, {"sub": "a\x00b"}, {"sub": "\u202eb"},
        {"exp": None}, {"exp": NOW - 60}, {"exp": NOW + 3_661}, {"exp": "tomorrow"}, {"exp": True}, {"exp": float("nan")},
        {"aud": "chat-0000000000000000"}, {"aud": []}, {"aud": None}, {"iat": NOW + 61}, {"nbf": NOW + 61}, {"iat": "now"},
    ],
)  # fmt: skip
def test_what_a_token_says_must_hold(wrong: dict[str, Any]) -> None:
    """T71: nobody without a name, for no longer than an hour, and for this chat."""
    said = {name: value for name, value in (SAID | wrong).items() if value is not None or name == "aud"}
    assert not believed(signed(said))


def test_a_token_ends() -> None:
    """T71: replayed after it has ended, it is nothing; clocks may differ by a minute."""
    token = signed(SAID)
    assert [believed(token, NOW + 600 + after) for after in (-1, 59, 60, 3_600)] == [True, True, False, False]
    assert [believed(signed(SAID | {"exp": NOW + life})) for life in (3_660, 3_661)] == [True, False]
    assert not any(believed(signed(said)) for said in ([], "4711", b"{", b"", b"\xff"))


def test_a_key_that_was_changed_counts_for_a_day() -> None:
    now = NOW * SECOND
    secrets = turned_key({"identity_key": KEY}, now)
    turned = msgspec.structs.replace(CONNECTION, secrets=secrets)
    assert len(secrets["identity_key"]) >= 43
    assert secrets["identity_key"] != new_identity_key()
    for key, after in ((KEY, HOUR), (secrets["identity_key"], 2 * DAY)):
        then = now + after
        assert read_identity(signed({"sub": "1", "exp": then // SECOND + 60}, key), turned, then).subject == "1"
    assert keys_of(secrets, now + DAY) == (secrets["identity_key"],)
    assert keys_of(turned_key(secrets, now), now)[1] == secrets["identity_key"]
    assert turned_key({}, now)["identity_key_before"] == ""
    with pytest.raises(NotProven):
        read_identity(signed(SAID), msgspec.structs.replace(CONNECTION, secrets={"identity_key_before": f"x.{KEY}"}), now)


@given(st.text(min_size=1, max_size=200), st.text(min_size=1, max_size=200))
def test_no_two_subjects_share_an_address(one: str, other: str) -> None:
    """T71: whatever a company calls its customers, folding makes no two of them one."""
    if any("\ud800" <= char <= "\udfff" for char in one + other):
        return
    mine, theirs = (visitor_handle(CHAT, 1, subject).strip().lower() for subject in (one, other))
    assert (mine == theirs) == (one == other)
    assert is_handle(mine)
    assert len(mine) < 400
    assert "@" not in mine
    assert (shown_address(mine) == own_key(mine) == one) or len(one) > 25


def test_what_only_looks_like_a_customer_is_shown_as_it_is() -> None:
    for address in (f"{CHAT}/anna@kund.example", "visitor-12@kund.example", f"x{CHAT}/anna", f"{CHAT}/", "visitor-", "asa@kund.example"):
        assert shown_address(address) == address
        assert not is_handle(address)
