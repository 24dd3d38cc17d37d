"""Signing in at Meta for Facebook Pages. In: the app's ID and secret. Out: every page that the person manages, with a token that lasts."""

from __future__ import annotations

from typing import Any

from sluss.channels.consenting import Account, Asking, Begun, Came
from sluss.channels.contract import Connection
from sluss.channels.graph_consent import lead_to_meta, pages_of
from sluss.channels.said import a_text
from sluss.kernel.http import GuardedClient

NEEDS = ("app_id", "app_secret")
SCOPES = (
    *("pages_show_list", "pages_manage_metadata", "pages_read_engagement", "pages_read_user_content"),
    *("pages_manage_engagement", "pages_manage_posts", "pages_messaging", "business_management"),
)


async def begin(connection: Connection, asking: Asking, client: GuardedClient) -> Begun:  # noqa: ARG001 - Meta is not asked beforehand
    """Where the person allows it, and chooses pages."""
    return lead_to_meta(connection, asking, SCOPES)


async def finish(connection: Connection, came: Came, client: GuardedClient) -> list[Account]:
    """The pages."""
    return [_account(one) for one in await pages_of(connection, came, client, "category")]


def _account(page: dict[str, Any]) -> Account:
    name = a_text(page.get("name"))
    settings = {"page_id": a_text(page.get("id")), "handle": name}
    return Account(name=name, detail=a_text(page.get("category")), settings=settings, secrets={"token": a_text(page.get("access_token"))})
