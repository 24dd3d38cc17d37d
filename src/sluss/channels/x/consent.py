"""Signing in at X in place of pasting tokens (OAuth 2.0 with PKCE). In: the app's client ID. Out: the account, with its tokens."""

from __future__ import annotations

import base64
from urllib.parse import urlencode

from sluss.channels.consenting import Account, Asking, Begun, Came, ask_network
from sluss.channels.contract import Connection, Refused
from sluss.channels.said import a_text, an_object
from sluss.channels.x.settings import API, SITE, api_of
from sluss.kernel.http import GuardedClient
from sluss.kernel.words import say

NEEDS = ("client_id",)
SCOPES = (
    *("tweet.read", "tweet.write", "tweet.moderate.write", "users.read", "dm.read", "dm.write", "media.write", "offline.access"),
    *("block.read", "block.write"),
)


async def begin(connection: Connection, asking: Asking, client: GuardedClient) -> Begun:  # noqa: ARG001 - X is not asked beforehand
    """Where the person allows it, signed in as the account itself."""
    asked = {"response_type": "code", "client_id": str(connection.settings["client_id"]), "redirect_uri": asking.redirect_uri}
    asked |= {"scope": " ".join(SCOPES), "state": asking.state, "code_challenge": asking.challenge, "code_challenge_method": "S256"}
    site = SITE if api_of(connection) == API else api_of(connection)
    return Begun(url=f"{site}/i/oauth2/authorize?{urlencode(asked)}")


async def finish(connection: Connection, came: Came, client: GuardedClient) -> list[Account]:
    """The one account that gave its permission."""
    fields = {"grant_type": "authorization_code", "code": came.code, "redirect_uri": came.redirect_uri, "code_verifier": came.verifier}
    client_id, secret = str(connection.settings["client_id"]), connection.secrets.get("client_secret", "")
    headers = {"authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()} if secret else {}
    said = await ask_network(client, f"{api_of(connection)}/2/oauth2/token", fields | {"client_id": client_id}, headers)
    token, renewal = a_text(said.get("access_token")), a_text(said.get("refresh_token"))
    mine = await ask_network(client, f"{api_of(connection)}/2/users/me", headers={"authorization": f"Bearer {token}"})
    me = an_object(mine.get("data"))
    if not token or not a_text(me.get("id")):
        raise Refused("account", say("X does not tell whose account this is. Try it once more."), permanent=True)
    handle = f"@{a_text(me.get('username'))}"
    settings = {"user_id": a_text(me.get("id")), "handle": handle}
    return [Account(name=handle, detail=a_text(me.get("name")), settings=settings, secrets={"token": token, "refresh_token": renewal})]
