"""Talking to a provider. In: a code or a renewal token. Out: tokens, or one of two errors: it said no, or nothing useful came back."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from sluss.channels.oauth.applications import Application
from sluss.channels.oauth.providers import Provider, outgoing_policy
from sluss.kernel.addresses import AddressRefused
from sluss.kernel.clock import MINUTE, SECOND
from sluss.kernel.http import Answer, GuardedClient, OutgoingError
from sluss.kernel.words import say

LEEWAY = 5 * MINUTE
HOUR_SECONDS = 3600
DAY_SECONDS = 86_400
LONGEST_REST = 600
"""Seconds for which a provider's `Retry-After` is believed."""


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider gave. `renewal` is empty when the old one stays good; `expires_in` in seconds. Never logged."""

    access: str
    renewal: str = ""
    expires_in: int = HOUR_SECONDS
    scope: str = ""
    identity: str = ""

    def __repr__(self) -> str:
        return "Tokens(…)"


class Refused(Exception):
    """The provider said no; `code` is the word of the standard (`invalid_grant`)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NoUse(Exception):
    """The provider was not reached, or what it said is no answer. `rest` are the seconds it asks to be left alone."""

    def __init__(self, reason: str, rest: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.rest = reason, rest


class Unproven(Exception):
    """The provider's word on who consented does not hold."""


async def trade_code(provider: Provider, application: Application, code: str, verifier: str, redirect_uri: str) -> Tokens:
    """Tokens for the code of a consent. Raises `Refused` or `NoUse`."""
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
    return await _ask(provider, application, fields)


async def renew(provider: Provider, application: Application, renewal: str) -> Tokens:
    """Fresh tokens. Raises `Refused` or `NoUse`."""
    return await _ask(provider, application, {"grant_type": "refresh_token", "refresh_token": renewal})


def account_in(identity: str, provider: Provider, application: Application, nonce: str, now: int) -> str:
    """The address of who consented, folded. Raises `Unproven`.

    The token came straight from the provider over TLS, which stands for its signature (OpenID Connect Core 3.1.3.7, 6); its claims count.
    """
    claims = _claims(identity)
    holds = (
        re.fullmatch(provider.issuer, str(claims.get("iss", ""))) is not None
        and claims.get("aud") == application.client_id
        and claims.get("nonce") == nonce
        and _number(claims.get("exp")) * SECOND > now - LEEWAY
        and claims.get("email_verified", True) in {True, "true"}
    )
    account = claims.get(provider.account_claim)
    if not holds or not isinstance(account, str) or "@" not in account:
        raise Unproven
    return account.strip().lower()


async def _ask(provider: Provider, application: Application, fields: Mapping[str, str]) -> Tokens:
    url = provider.exchange_address(application.tenant)
    headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
    known = {"client_id": application.client_id}
    if provider.signs_in and application.secret:
        headers["authorization"] = _basic(application)
    elif application.secret:
        known["client_secret"] = application.secret
    # Once an hour for each inbox: a kept connection would have ended meanwhile.
    client = GuardedClient(outgoing_policy(private=provider.private))
    try:
        answer = await client.request("POST", url, headers=headers, content=urlencode({**known, **fields}).encode())
    except (OutgoingError, AddressRefused) as error:
        raise NoUse(say("%(provider)s cannot be reached now: %(reason)s", provider=provider.label, reason=error)) from error
    finally:
        await client.aclose()
    return _understood(answer, provider)


def _basic(application: Application) -> str:
    return "Basic " + base64.b64encode(f"{application.client_id}:{application.secret}".encode()).decode()


def _understood(answer: Answer, provider: Provider) -> Tokens:
    said = _object(answer.body)
    code = said.get("error")
    if isinstance(code, str) and 400 <= answer.status < 500 and answer.status != 429 and code not in _PASSING:
        raise Refused(code[:100])
    token = said.get("access_token")
    if answer.status != 200 or not isinstance(token, str) or not _TOKEN.fullmatch(token):
        reason = say("%(provider)s gives no usable answer now (%(status)s).", provider=provider.label, status=answer.status)
        raise NoUse(reason, min(_number(answer.headers.get("retry-after")), LONGEST_REST))
    texts = {name: said[key] for name, key in _TEXTS.items() if isinstance(said.get(key), str)}
    seconds = _number(said.get("expires_in")) or HOUR_SECONDS
    return Tokens(access=token, expires_in=min(seconds, DAY_SECONDS), **texts)


_PASSING = frozenset({"temporarily_unavailable", "server_error", "slow_down"})
_TEXTS = {"renewal": "refresh_token", "scope": "scope", "identity": "id_token"}
_TOKEN = re.compile(r"[\x21-\x7e]{1,20000}")


def _object(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, ValueError):
        return {}


def _claims(identity: str) -> dict[str, Any]:
    parts = identity.split(".")
    try:
        return _object(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (IndexError, binascii.Error, ValueError):
        return {}


def _number(value: object) -> int:
    text = str(value)
    return int(text) if text.isdecimal() and len(text) < 12 else 0
