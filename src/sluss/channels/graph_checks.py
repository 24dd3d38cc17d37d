"""Whether a connected account works. In: an account. Out: a line for each way, with what to do; nothing at Meta is changed."""

from __future__ import annotations

import msgspec

from sluss.channels.contract import Check, Refused, Unreachable
from sluss.channels.graph import Account, Graph
from sluss.channels.said import a_text, an_object, instant, texts, whole
from sluss.kernel.clock import DAY
from sluss.kernel.words import say

SOON = 14 * DAY


async def check_account(graph: Graph, account: Account, node: str, fields: str) -> Check:
    """Whether the token speaks for the account."""
    try:
        said = await graph.get(account, node, fields=fields)
    except Refused as error:
        return Check("Account", "fail", error.reason, say("Connect the account again."))
    except Unreachable as error:
        return Check("Account", "fail", error.reason, say("Try again later; if it stays so, ask whoever runs the network here."))
    if a_text(said.get("id")) not in {"", node}:
        return Check("Account", "fail", say("The token belongs to another account."), say("Enter the token of this account."))
    name = a_text(said.get("name")) or a_text(said.get("username"))
    return Check("Account", "ok", say("Meta knows us as %(name)s.", name=name))


async def check_rights(graph: Graph, account: Account, app: str, needed: tuple[str, ...], now: int) -> Check:
    """Whether the token may do all that is needed, and for how long."""
    if not app or not account.app_secret:
        fix = say("Enter the app’s number, and its permissions can be seen from here.")
        return Check("Permissions", "warn", say("Which permissions the token has is not known."), fix)
    asking = msgspec.structs.replace(account, token=f"{app}|{account.app_secret}")
    try:
        said = an_object((await graph.get(asking, "debug_token", input_token=account.token)).get("data"))
    except (Refused, Unreachable) as error:
        return Check("Permissions", "warn", error.reason, say("Compare the app’s number and its secret with what Meta shows."))
    missing = sorted(set(needed) - set(texts(said.get("scopes"))))
    if said.get("is_valid") is False:
        return Check("Permissions", "fail", say("Meta does not accept the token any more."), say("Connect the account again."))
    if missing:
        detail = say("These permissions are missing: %(names)s.", names=", ".join(missing))
        return Check("Permissions", "fail", detail, say("Connect the account again, and give all permissions."))
    ends = instant(said.get("expires_at")) if whole(said.get("expires_at")) else 0
    if ends and ends < now + SOON:
        days = max((ends - now) // DAY, 0)
        return Check("Permissions", "warn", say("The token ends in %(days)s days.", days=days), say("Connect the account again before."))
    return Check("Permissions", "ok", say("The token may do all that Sluss needs."))
