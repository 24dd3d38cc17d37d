"""What the double knows: applications, accounts, codes, tokens. In: requests taken apart. Out: what the standard answers (RFC 6749)."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Mapping

import msgspec

from sluss.sandbox.oauth.faults import Faults

TENANT = "9f3d2c1b-0000-4000-8000-000000000001"
ISSUERS = {"google": "https://accounts.google.com", "microsoft": f"https://login.microsoftonline.com/{TENANT}/v2.0"}


class Refusal(Exception):
    """An answer of the standard's kind: a word, and the status it goes with."""

    def __init__(self, word: str, status: int = 400) -> None:
        super().__init__(word)
        self.word, self.status = word, status


class Application(msgspec.Struct, frozen=True):
    """One registered application."""

    provider: str
    client_id: str
    secret: str
    redirect_uri: str


class Code(msgspec.Struct, frozen=True):
    """A consent on its way to the application."""

    application: Application
    account: str
    asked: dict[str, str]


class Accounts:
    """The state of both providers. `signed_in` is who sits at the browser; empty: whoever is asked for."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.faults = Faults()
        self.now = now
        self.signed_in = ""
        self.renewals: list[str] = []
        self.requests = 0
        self._applications: dict[str, Application] = {}
        self._codes: dict[str, Code] = {}
        self._renewable: dict[str, tuple[str, str]] = {}
        self._good: dict[str, tuple[str, float]] = {}

    def register(self, provider: str, client_id: str, secret: str, redirect_uri: str) -> None:
        """An application as an administrator registers it."""
        self._applications[client_id] = Application(provider, client_id, secret, redirect_uri)

    def give(self, account: str, client_id: str) -> dict[str, str | int]:
        """Tokens as a consent would bring them, without the way through a browser."""
        return self._given(self._applications[client_id], account)

    def revoke(self, account: str) -> None:
        """The account takes its consent back: no token of its is good any more."""
        self._renewable = {token: held for token, held in self._renewable.items() if held[0] != account}
        self.spoil(account)

    def spoil(self, account: str) -> None:
        """Access tokens of the account are good no longer; they can be renewed."""
        self._good = {token: held for token, held in self._good.items() if held[0] != account}

    def accepts(self, user: str, token: str) -> bool:
        """Whether a mail server lets the user in by this token."""
        account, until = self._good.get(token, ("", 0.0))
        return account == user.lower() and until > self.now()

    def consent(self, provider: str, asked: dict[str, str]) -> dict[str, str]:
        """What goes back to the application's address. Raises `Refusal` where nothing may go back."""
        application = self._applications.get(asked.get("client_id", ""))
        if application is None or application.provider != provider:
            raise Refusal("invalid_client")
        if asked.get("redirect_uri") != application.redirect_uri:
            raise Refusal("redirect_uri_mismatch")
        if asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
            raise Refusal("invalid_request")
        state = {"state": asked.get("state", "")}
        if self.faults.deny:
            return {"error": "access_denied", **state}
        code = secrets.token_urlsafe(24)
        self._codes[code] = Code(application, (self.signed_in or asked.get("login_hint", "")).lower(), asked)
        return {"code": code, **state}

    def exchange(self, provider: str, fields: Mapping[str, str]) -> dict[str, str | int]:
        """Tokens, for a code or for an old token. Raises `Refusal`."""
        application = self._applications.get(fields.get("client_id", ""))
        if application is None or application.provider != provider or application.secret != fields.get("client_secret"):
            raise Refusal("invalid_client", 401)
        if fields.get("grant_type") == "authorization_code":
            return self._by_code(application, fields)
        if fields.get("grant_type") == "refresh_token":
            return self._by_renewal(application, fields.get("refresh_token", ""))
        raise Refusal("unsupported_grant_type")

    def _by_code(self, application: Application, fields: Mapping[str, str]) -> dict[str, str | int]:
        code = self._codes.pop(fields.get("code", ""), None)
        if code is None or code.application != application or fields.get("redirect_uri") != application.redirect_uri:
            raise Refusal("invalid_grant")
        challenge = base64.urlsafe_b64encode(hashlib.sha256(fields.get("code_verifier", "").encode()).digest()).decode().rstrip("=")
        if challenge != code.asked["code_challenge"]:
            raise Refusal("invalid_grant")
        scope = "openid email" if self.faults.unchecked else code.asked.get("scope", "")
        return self._given(application, code.account) | {"scope": scope, "id_token": self._identity(code)}

    def _by_renewal(self, application: Application, renewal: str) -> dict[str, str | int]:
        account, client_id = self._renewable.get(renewal, ("", ""))
        if not account or client_id != application.client_id or self.faults.revoked:
            raise Refusal("invalid_grant")
        # The old one is used up: whoever loses the new one has lost the account.
        del self._renewable[renewal]
        self.renewals.append(account)
        return self._given(application, account)

    def _given(self, application: Application, account: str) -> dict[str, str | int]:
        token = f"token-{secrets.token_urlsafe(24)}"
        self._good[token] = account, self.now() + self.faults.lasts
        given: dict[str, str | int] = {"token_type": "Bearer", "access_token": token, "expires_in": self.faults.lasts}
        if not self.faults.without_renewal:
            renewal = secrets.token_urlsafe(32)
            self._renewable[renewal] = account, application.client_id
            given["refresh_token"] = renewal
        return given

    def _identity(self, code: Code) -> str:
        provider = code.application.provider
        claims: dict[str, object] = {"iss": ISSUERS[provider], "aud": code.application.client_id, "exp": int(self.now()) + 3600}
        claims["nonce"] = "another" if self.faults.wrong_nonce else code.asked.get("nonce", "")
        claims |= {"email": code.account, "email_verified": True} if provider == "google" else {"preferred_username": code.account}
        parts = (msgspec.json.encode(part) for part in ({"alg": "none"}, claims))
        return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), ""])
