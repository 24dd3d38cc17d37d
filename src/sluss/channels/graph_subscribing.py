"""Whether Meta posts to an inbox. In: an account and what it wants to hear of. Out: a subscription, and a warning where one is missing.

There are two halves: the app names one address for all its accounts, and every account lets the app hear of it. The second succeeds
without the first, and then nothing comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from sluss.channels.contract import Check, Connection, Refused, ResultUnknown, Unreachable
from sluss.channels.graph import Account, Graph
from sluss.channels.said import a_text, an_object, objects, texts
from sluss.kernel.words import say


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What an account wants to hear of: `node` is the account, `kind` Meta's object, `app` its program's id (empty: unknown).

    `heard` is what the app itself must name, where that is something else.
    """

    account: Account
    node: str
    kind: str
    fields: tuple[str, ...]
    heard: tuple[str, ...] = ()
    app: str = ""


async def subscribe(graph: Graph, connection: Connection, wish: Wish) -> str:
    """Make sure of both halves, as far as that can be done from here; the warning that is left."""
    if not connection.hook:
        return ""
    missing = await _missing(graph, wish)
    if missing:
        await graph.post(wish.account, f"{wish.node}/subscribed_apps", subscribed_fields=",".join(wish.fields))
    try:
        return await _tell_app(graph, connection, wish)
    except (Refused, Unreachable, ResultUnknown) as error:
        return say("Whether Meta posts to Sluss cannot be seen: %(reason)s", reason=error.reason)


async def check_hook(graph: Graph, connection: Connection, wish: Wish) -> Check:
    """How the webhook stands, changing nothing."""
    if not connection.hook:
        fix = say("Give Sluss a public address with HTTPS (base_url), if news shall come at once.")
        return Check("Webhook", "warn", say("This installation has no public address. Sluss looks for news by itself."), fix)
    try:
        missing = await _missing(graph, wish)
    except (Refused, Unreachable) as error:
        return Check("Webhook", "fail", error.reason, say("Connect the account again, and give all permissions."))
    if missing:
        detail = say("Meta does not post: %(fields)s.", fields=", ".join(missing))
        return Check("Webhook", "warn", detail, say("Save the inbox: Sluss subscribes to them by itself."))
    return Check("Webhook", "ok", say("Meta posts what happens to %(hook)s.", hook=connection.hook))


async def _missing(graph: Graph, wish: Wish) -> Sequence[str]:
    """What the account does not let the app hear of."""
    said = await graph.get(wish.account, f"{wish.node}/subscribed_apps")
    apps = [one for one in objects(said.get("data")) if not wish.app or a_text(one.get("id")) in {"", wish.app}]
    heard = {name for one in apps for name in texts(one.get("subscribed_fields"))}
    return [name for name in wish.fields if name not in heard]


async def _tell_app(graph: Graph, connection: Connection, wish: Wish) -> str:
    """The app's own half; an address that somebody else gave it is left alone."""
    verify = connection.secrets.get("verify_token", "")
    if not wish.app or not wish.account.app_secret or not verify:
        return ""
    app = msgspec.structs.replace(wish.account, token=f"{wish.app}|{wish.account.app_secret}")
    said = await graph.get(app, f"{wish.app}/subscriptions")
    found = next((one for one in objects(said.get("data")) if one.get("object") == wish.kind), an_object(None))
    address = a_text(found.get("callback_url"))
    if address and urlsplit(address).hostname != urlsplit(connection.hook).hostname:
        return say(
            "The app at Meta posts to %(address)s, not to Sluss. Change its callback address to %(hook)s.",
            address=address,
            hook=connection.hook,
        )
    heard = {a_text(one.get("name")) for one in objects(found.get("fields"))} | set(texts(found.get("fields")))
    wanted = wish.heard or wish.fields
    if address and (address != connection.hook or heard.issuperset(wanted)):
        return ""
    fields = ",".join(wanted)
    await graph.post(
        app,
        f"{wish.app}/subscriptions",
        object=wish.kind,
        callback_url=connection.hook,
        verify_token=verify,
        fields=fields,
        include_values=True,
    )
    return ""
