"""Who can sign in at the airline's web site. In: a name that somebody chose. Out: their booking, and the token that proves them.

A stand-in: a real site asks for a password first. The token is what docs/web-chat.md describes.
"""

from __future__ import annotations

import msgspec
from joserfc import jwt
from joserfc.jwk import OctKey

LASTS = 15 * 60
"""Seconds that a token is good for."""


class Traveller(msgspec.Struct, frozen=True, kw_only=True):
    """A customer with an account. `number` is what the airline knows them by."""

    key: str
    number: str
    name: str
    email: str
    language: str
    booking: str
    way: tuple[str, str]
    seat: str
    days: int


TRAVELLERS = {
    one.key: one
    for one in (
        Traveller(
            key="asa",
            number="NA204816",
            name="Åsa Lindqvist",
            email="asa.lindqvist@postlada.example",
            language="sv",
            booking="7QK2XM",
            way=("ARN", "GDN"),
            seat="12A",
            days=6,
        ),
        Traveller(
            key="lukasz",
            number="NA337120",
            name="Łukasz Wójcik",
            email="lukasz.wojcik@poczta.example",
            language="pl",
            booking="M4TW9C",
            way=("CPH", "WAW"),
            seat="4C",
            days=11,
        ),
        Traveller(
            key="ngozi",
            number="NA118903",
            name="Ngozi Okafor",
            email="ngozi.okafor@letters.example",
            language="en",
            booking="V8HB3R",
            way=("ARN", "LHR"),
            seat="21F",
            days=3,
        ),
    )
}


def identity_token(traveller: Traveller, chat: str, identity_key: str, now: int) -> str:
    """Who has signed in, signed with the chat's identity key (HS256); `now` in seconds since 1970."""
    claims = {"sub": traveller.number, "name": traveller.name, "email": traveller.email, "locale": traveller.language, "aud": chat}
    return jwt.encode({"alg": "HS256"}, claims | {"iat": now, "exp": now + LASTS}, OctKey.import_key(identity_key.encode()))
