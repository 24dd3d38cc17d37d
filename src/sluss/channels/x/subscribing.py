"""Having X post to the inbox's address. In: an inbox with the app's tokens. Out: one address at X that is valid, and what it is told of.

The newer interface (activity) is asked first; where the app may not use it, the older one (account activity) stands in.
"""

from __future__ import annotations

from sluss.channels.contract import Connection, Refused
from sluss.channels.said import a_text, an_object
from sluss.channels.x.api import XApi, data_of, list_of, part
from sluss.channels.x.settings import mine_of
from sluss.kernel.words import say

PUBLIC = ("post.mention.create", "post.reply.create", "post.quote.create", "post.create", "post.delete")
PRIVATE = ("dm.received", "dm.sent", "dm.read", "chat.received", "chat.sent", "oauth.revoke")
TAG = "sluss"
TAKEN = say("X allows this app no further address. Remove the one that is entered in the developer console, or use one inbox's for all.")


def can_subscribe(connection: Connection) -> bool:
    """Whether X can post to the inbox at all."""
    return bool(connection.hook and connection.secrets.get("consumer_secret") and connection.secrets.get("bearer"))


async def subscribe(api: XApi, connection: Connection) -> None:
    """Make sure that X posts here, changing only what is missing. Raises `Refused` or `Unreachable`."""
    hook = await _hook(api, connection)
    try:
        await _activity(api, connection, hook)
    except Refused as error:
        if error.code not in {"403", "404"}:
            raise
        await api.do(connection, ("POST", f"/2/account_activity/webhooks/{part(hook)}/subscriptions/all"), {})


async def _hook(api: XApi, connection: Connection) -> str:
    """The number of our address at X: found, made anew, or checked once more where X had given it up."""
    entered = list_of(await api.get(connection, "/2/webhooks", by="app"))
    found = next((one for one in entered if one.get("url") == connection.hook), None)
    if found is None:
        try:
            found = _made(await api.do(connection, ("POST", "/2/webhooks"), {"url": connection.hook}, by="app"))
        except Refused as error:
            if "WebhookLimit" in error.reason:
                raise Refused("limit", TAKEN, permanent=True) from error
            raise
    elif found.get("valid") is False:
        await api.do(connection, ("PUT", f"/2/webhooks/{part(a_text(found.get('id')))}"), {}, by="app")
    return a_text(found.get("id"))


def _made(said: dict[str, object]) -> dict[str, object]:
    return data_of(said) or said


async def _activity(api: XApi, connection: Connection, hook: str) -> None:
    me = mine_of(connection).user_id
    entered = list_of(await api.get(connection, "/2/activity/subscriptions", by="app"))
    known = {a_text(one.get("event_type")) for one in entered if a_text(an_object(one.get("filter")).get("user_id")) == me}
    for kind in (*PUBLIC, *PRIVATE):
        if kind not in known:
            fields = {"event_type": kind, "filter": {"user_id": me}, "tag": TAG, "webhook_id": hook}
            await api.do(connection, ("POST", "/2/activity/subscriptions"), fields, by="app" if kind in PUBLIC else "user")
