"""Signing in at Meta for Instagram. In: the app's ID and secret. Out: every professional account that is linked to a page of the person's.

It is asked for by Facebook Login: the token of a page lasts, the one of Instagram Login ends after sixty days.
"""

from __future__ import annotations

from typing import Any

from sluss.channels.consenting import Account, Asking, Begun, Came
from sluss.channels.contract import Connection
from sluss.channels.graph_consent import lead_to_meta, pages_of
from sluss.channels.said import a_text, an_object
from sluss.kernel.http import GuardedClient

NEEDS = ("app_id", "app_secret")
SCOPES = (
    *("instagram_basic", "instagram_manage_comments", "instagram_manage_messages"),
    *("pages_show_list", "pages_manage_metadata", "pages_read_engagement", "pages_messaging", "business_management"),
)


async def begin(connection: Connection, asking: Asking, client: GuardedClient) -> Begun:  # noqa: ARG001 - Meta is not asked beforehand
    """Where the person allows it, and chooses accounts and their pages."""
    return lead_to_meta(connection, asking, SCOPES)


async def finish(connection: Connection, came: Came, client: GuardedClient) -> list[Account]:
    """The accounts; pages without one are left out."""
    pages = await pages_of(connection, came, client, "instagram_business_account{id,username}")
    return [_account(one, linked) for one in pages if (linked := an_object(one.get("instagram_business_account"))).get("id")]


def _account(page: dict[str, Any], linked: dict[str, Any]) -> Account:
    handle = f"@{a_text(linked.get('username'))}"
    settings = {"ig_id": a_text(linked["id"]), "page_id": a_text(page.get("id")), "login": "facebook", "handle": handle}
    return Account(name=handle, detail=a_text(page.get("name")), settings=settings, secrets={"token": a_text(page.get("access_token"))})
