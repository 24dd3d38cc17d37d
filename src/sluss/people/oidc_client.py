"""Talking with an identity provider. In: an issuer. Out: its endpoints and keys, remembered for a while, and the token for a code.

Everything goes through the guarded client. Keys are fetched anew when a token names one that is not known, at most once a minute.
"""

from __future__ import annotations

import base64
from typing import Any, cast
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from sluss.kernel.addresses import WEB_PORTS, AddressRefused
from sluss.kernel.clock import HOUR, MINUTE, Clock
from sluss.kernel.errors import Trouble
from sluss.kernel.http import Answer, GuardedClient, OutgoingError, Policy
from sluss.kernel.words import say

REMEMBERED = HOUR
REFETCH = MINUTE
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
WELL_KNOWN = "/.well-known/openid-configuration"


class ProviderTrouble(Trouble):
    """The provider cannot be used now, or said something that cannot be; the sentence is for whoever looks."""

    status = 502


class Endpoints(msgspec.Struct, frozen=True, kw_only=True):
    """What Discovery tells, as far as we use it."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)


class Redeeming(msgspec.Struct, frozen=True, kw_only=True):
    """What is given for a token: the code, and what proves that it was we who asked."""

    code: str
    verifier: str
    redirect_uri: str
    client_id: str
    secret: str

    def __repr__(self) -> str:
        return "Redeeming(…)"


class _Keys(msgspec.Struct, frozen=True):
    keys: tuple[dict[str, Any], ...]


class ProviderClient:
    """One per process. `private`: providers may have private addresses, and on this machine speak plain HTTP."""

    def __init__(self, clock: Clock, *, private: bool) -> None:
        self._clock = clock
        self._private = private
        limits: dict[str, Any] = {"seconds": 15.0, "max_bytes": 500_000}
        self._client = GuardedClient(Policy(allow_private=private, ports=None if private else WEB_PORTS, **limits))
        self._near = GuardedClient(Policy(allow_private=True, allow_http=True, ports=None, **limits))
        self._endpoints: dict[str, tuple[int, Endpoints]] = {}
        self._keys: dict[str, tuple[int, tuple[dict[str, Any], ...]]] = {}

    async def endpoints(self, issuer: str, *, fresh: bool = False) -> Endpoints:
        """Where the provider does what. Raises `ProviderTrouble`."""
        known = self._endpoints.get(issuer)
        if known is not None and not fresh and self._clock() - known[0] < REMEMBERED:
            return known[1]
        answer = await self._get(issuer.rstrip("/") + WELL_KNOWN)
        found = _read(answer, Endpoints)
        if found.issuer != issuer:
            told = found.issuer[:200]
            raise ProviderTrouble(say("The provider calls itself %(told)s. Enter exactly that as the issuer, if it is yours.", told=told))
        for url in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
            if fault_of_issuer(url, private=self._private, plain=False):
                raise ProviderTrouble("The provider names an address that is not safe to use.")
        self._endpoints[issuer] = (self._clock(), found)
        return found

    async def keys(self, issuer: str, kid: str = "", *, fresh: bool = False) -> tuple[dict[str, Any], ...]:
        """The provider's keys; fetched again where `kid` is not among them, but not for every made-up name."""
        at, known = self._keys.get(issuer, (0, ()))
        age = self._clock() - at
        missing = bool(kid) and all(key.get("kid") != kid for key in known)
        if fresh or not known or age > REMEMBERED or (missing and age > REFETCH):
            known = _read(await self._get((await self.endpoints(issuer)).jwks_uri), _Keys).keys
            self._keys[issuer] = (self._clock(), known)
        return known

    async def redeem(self, issuer: str, given: Redeeming) -> str:
        """The ID token for a code. Raises `ProviderTrouble`."""
        place = await self.endpoints(issuer)
        fields = {"grant_type": "authorization_code", "code": given.code, "redirect_uri": given.redirect_uri}
        fields |= {"code_verifier": given.verifier, "client_id": given.client_id}
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        if given.secret and "client_secret_basic" in place.token_endpoint_auth_methods_supported:
            pair = f"{quote(given.client_id, safe='')}:{quote(given.secret, safe='')}"
            headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        elif given.secret:
            fields["client_secret"] = given.secret
        answer = await self._send("POST", place.token_endpoint, headers, urlencode(fields).encode())
        if answer.status != 200:
            raise ProviderTrouble(_refusal(answer))
        token = _read_json(answer).get("id_token")
        if not isinstance(token, str):
            raise ProviderTrouble("The provider gave no ID token. Is the scope openid allowed for this client?")
        return token

    async def aclose(self) -> None:
        await self._client.aclose()
        await self._near.aclose()

    async def _get(self, url: str) -> Answer:
        answer = await self._send("GET", url, {"accept": "application/json"}, b"")
        if answer.status != 200:
            raise ProviderTrouble(
                say("The provider answered %(status)s at %(url)s. Check the issuer’s address.", status=answer.status, url=url[:200])
            )
        return answer

    async def _send(self, method: str, url: str, headers: dict[str, str], content: bytes) -> Answer:
        near = self._private and (urlsplit(url).hostname or "") in LOOPBACK
        try:
            return await (self._near if near else self._client).request(method, url, headers=headers, content=content)
        except (OutgoingError, AddressRefused) as error:
            raise ProviderTrouble(say("The provider cannot be reached: %(reason)s", reason=str(error))) from error


def fault_of_issuer(url: str, *, private: bool, plain: bool = True) -> str:
    """What is wrong with an address of a provider; `plain` ones carry no query."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        host, parts = "", urlsplit("")
    near = private and parts.scheme == "http" and host in LOOPBACK
    if not host or parts.username is not None or not (parts.scheme == "https" or near) or not url.isprintable() or " " in url:
        return say("Write the issuer as https://login.example.com.")
    return say("The issuer’s address has neither ? nor #.") if plain and (parts.query or parts.fragment) else ""


def _read(answer: Answer, shape: type[Any]) -> Any:
    try:
        return msgspec.json.decode(answer.body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ProviderTrouble("The provider’s answer is not what OpenID Connect says. Check the issuer’s address.") from error


def _read_json(answer: Answer) -> dict[str, Any]:
    return cast("dict[str, Any]", _read(answer, dict[str, Any]))


def _refusal(answer: Answer) -> str:
    """The two errors that an administrator can mend, in words; what the provider wrote besides goes to nobody."""
    try:
        told = str(_read_json(answer).get("error", ""))
    except ProviderTrouble:
        told = ""
    if told in {"invalid_client", "unauthorized_client"}:
        return say("The provider does not accept the client id or secret. An administrator has to enter them again.")
    if told == "invalid_grant":
        return say("The provider no longer knows this sign-in. Please try again.")
    return say("The provider answered %(status)s instead of letting you in.", status=answer.status)
