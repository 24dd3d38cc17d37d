"""Signing in at a Mastodon server in place of pasting a token. In: the server's name. Out: the account, with a token that lasts.

Every server has applications of its own: ours is made there on the way.
"""

from __future__ import annotations

from urllib.parse import urlencode

from sluss.channels.consenting import Account, Asking, Begun, Came, ask_network
from sluss.channels.contract import Connection, Refused
from sluss.channels.mastodon.instance import instance_of
from sluss.channels.mastodon.settings import api_of
from sluss.channels.said import a_text
from sluss.kernel.http import GuardedClient
from sluss.kernel.words import say

NEEDS = ("server",)
NAME = "Sluss"
SCOPES = (
    *("read:notifications", "read:statuses", "read:accounts", "read:search", "write:statuses", "write:media"),
    *("write:favourites", "write:conversations", "write:notifications", "write:blocks", "write:mutes", "write:reports"),
)


async def begin(connection: Connection, asking: Asking, client: GuardedClient) -> Begun:
    """Make the application there, and lead to where the person allows it."""
    fields = {"client_name": NAME, "redirect_uris": asking.redirect_uri, "scopes": " ".join(SCOPES), "website": connection.home}
    made = await ask_network(client, f"{api_of(connection)}/api/v1/apps", {name: one for name, one in fields.items() if one})
    client_id, secret = a_text(made.get("client_id")), a_text(made.get("client_secret"))
    if not client_id or not secret:
        raise Refused("app", say("The server makes no applications for programs. Paste an access token instead."), permanent=True)
    asked = {"response_type": "code", "client_id": client_id, "redirect_uri": asking.redirect_uri, "scope": " ".join(SCOPES)}
    asked |= {"state": asking.state, "code_challenge": asking.challenge, "code_challenge_method": "S256"}
    url = f"{api_of(connection)}/oauth/authorize?{urlencode(asked)}"
    return Begun(url=url, settings={"client_id": client_id}, secrets={"client_secret": secret})


async def finish(connection: Connection, came: Came, client: GuardedClient) -> list[Account]:
    """The one account that gave its permission, under its whole name."""
    base = api_of(connection)
    fields = {"grant_type": "authorization_code", "code": came.code, "redirect_uri": came.redirect_uri, "code_verifier": came.verifier}
    known = {"client_id": str(connection.settings.get("client_id") or ""), "client_secret": connection.secrets.get("client_secret", "")}
    token = a_text((await ask_network(client, f"{base}/oauth/token", fields | known)).get("access_token"))
    signed = {"authorization": f"Bearer {token}"}
    me = await ask_network(client, f"{base}/api/v1/accounts/verify_credentials", headers=signed)
    name = a_text(me.get("username"))
    if not token or not name:
        raise Refused("account", say("The server does not tell whose account this is. Try it once more."), permanent=True)
    instance = instance_of(await ask_network(client, f"{base}/api/v2/instance"), base)
    handle = f"@{name}@{instance.domain or connection.settings.get('server')}"
    return [Account(name=handle, detail=a_text(me.get("display_name")), settings={"handle": handle}, secrets={"token": token})]
