"""Signing in at Meta. In: an app's ID and secret, and what the person brings back. Out: the pages that they manage, with lasting tokens."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any
from urllib.parse import urlencode

from sluss.channels.consenting import Asking, Begun, Came, ask_network
from sluss.channels.contract import Connection
from sluss.channels.graph import API, VERSION
from sluss.channels.said import a_text, an_object, objects
from sluss.kernel.http import GuardedClient

SITE = "https://www.facebook.com"
MOST = 20
"""Pages of a hundred accounts each."""


def lead_to_meta(connection: Connection, asking: Asking, scopes: tuple[str, ...]) -> Begun:
    """Where the person allows it, and chooses pages."""
    base = _base(connection)
    asked = {"client_id": connection.settings["app_id"], "redirect_uri": asking.redirect_uri, "response_type": "code"}
    asked |= {"state": asking.state, "scope": ",".join(scopes)}
    site = f"{SITE}/{_version(connection)}" if base.startswith(API) else base
    return Begun(url=f"{site}/dialog/oauth?{urlencode(asked)}")


async def pages_of(connection: Connection, came: Came, client: GuardedClient, fields: str) -> list[dict[str, Any]]:
    """The pages. Their tokens come from a long-lived one of the person's, and so do not end by themselves."""
    base, secret = _base(connection), connection.secrets["app_secret"]
    app = {"client_id": str(connection.settings["app_id"]), "client_secret": secret}
    short = await ask_network(client, f"{base}/oauth/access_token", app | {"redirect_uri": came.redirect_uri, "code": came.code})
    exchange = {"grant_type": "fb_exchange_token", "fb_exchange_token": a_text(short.get("access_token"))}
    token = a_text((await ask_network(client, f"{base}/oauth/access_token", app | exchange)).get("access_token"))
    found: list[dict[str, Any]] = []
    after = ""
    for _ in range(MOST):
        query = {"fields": f"id,name,access_token,{fields}", "limit": "100", "appsecret_proof": _proof(secret, token)}
        query |= {"after": after} if after else {}
        said = await ask_network(client, f"{base}/me/accounts?{urlencode(query)}", headers={"authorization": f"Bearer {token}"})
        found += objects(said.get("data"))
        paging = an_object(said.get("paging"))
        after = a_text(an_object(paging.get("cursors")).get("after")) if paging.get("next") else ""
        if not after:
            break
    return [one for one in found if a_text(one.get("access_token"))]


def _proof(secret: str, token: str) -> str:
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def _version(connection: Connection) -> str:
    return str(connection.settings.get("version") or VERSION)


def _base(connection: Connection) -> str:
    return f"{str(connection.settings.get('api') or API).rstrip('/')}/{_version(connection)}"
