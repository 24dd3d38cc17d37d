"""Networks whose inboxes bring an application of their own. In: an inbox with a renewal token. Out: where and how that is renewed.

What is pasted into an inbox's settings is good once: from then on the row of its grant holds what is good, and says by a mark what it
was begun with. Other pasted tokens begin it anew.
"""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlsplit

import msgspec

from sluss.channels.contract import Connection
from sluss.channels.oauth.applications import Application
from sluss.channels.oauth.exchange import Tokens
from sluss.channels.oauth.grants import Grant, NewGrant, OpenGrant
from sluss.channels.oauth.providers import Provider

NETWORKS = {"x": ("X", "https://api.x.com", "/2/oauth2/token")}
"""By channel: what people call it, its base address, and where tokens are exchanged there."""

GONE = frozenset({"invalid_request", "invalid_token"})
"""Words with which X says that a renewal token was used already, beside those of the standard."""


class OwnProvider(Provider, frozen=True, kw_only=True):
    """A network together with the inbox's application there. Never logged."""

    application: Application
    begun_with: Tokens
    account: str

    def __repr__(self) -> str:
        return f"OwnProvider({self.name})"

    @property
    def mark(self) -> str:
        """What the grant was begun with, without telling it."""
        return hashlib.sha256(f"{self.application.client_id} {self.begun_with.renewal}".encode()).hexdigest()

    @property
    def planted(self) -> NewGrant:
        """The grant as it begins. Nobody knows for how long a pasted token is still good: it is renewed at once."""
        tokens = msgspec.structs.replace(self.begun_with, expires_in=0)
        return NewGrant(provider=self.name, client_id=self.mark, account=self.account, tokens=tokens)

    def unplanted(self, inbox_id: int) -> OpenGrant:
        """What stands for a grant until it begins."""
        known: dict[str, Any] = {"inbox_id": inbox_id, "provider": self.name, "client_id": self.mark, "account": self.account}
        grant = Grant(**known, expires_at=0, turn=UNPLANTED, state="good", reason="", connected_at=0)
        return OpenGrant(grant=grant, access="", renewal=self.begun_with.renewal)


UNPLANTED = -1


def own_provider(connection: Connection, *, private: bool) -> OwnProvider | None:
    """How an inbox's tokens are renewed; None where they are not. With `private` the network may be a double on this machine."""
    known, secrets = NETWORKS.get(connection.channel), connection.secrets
    client_id, renewal = str(connection.settings.get("client_id") or ""), secrets.get("refresh_token", "")
    if known is None or not client_id or not renewal:
        return None
    label, base, path = known
    base = str(connection.settings.get("api") or base).rstrip("/")
    return OwnProvider(
        name=connection.channel,
        label=label,
        consent_at="",
        exchange_at=f"{base}{path}",
        issuer="",
        account_claim="",
        scopes=(),
        mail_scopes=(),
        extra={},
        imap_host="",
        smtp_host="",
        mail_hosts=frozenset({(urlsplit(base).hostname or "").lower()}),
        signs_in=True,
        private=private,
        application=Application(provider=connection.channel, client_id=client_id, secret=secrets.get("client_secret", ""), tenant=""),
        begun_with=Tokens(access=secrets.get("token", ""), renewal=renewal),
        account=connection.address,
    )
