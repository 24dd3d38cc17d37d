"""Deeds on X beside answering. In: a deed. Out: X's words; what stands so already is done."""

from __future__ import annotations

from sluss.channels.contract import Connection, Refused
from sluss.channels.deeds import Deed
from sluss.channels.x.api import HandOver, XApi, part
from sluss.kernel.words import say

PUBLIC = frozenset({"hide", "unhide", "delete"})
PRIVATE = frozenset({"block", "unblock"})
NOT_OURS = say("X hides answers only in conversations that your account began. This one was begun by somebody else.")


async def perform(api: XApi, connection: Connection, deed: Deed, hand_over: HandOver) -> str:
    """Do it once. Raises as sending does."""
    match deed.kind:
        case "hide" | "unhide":
            return await _hide(api, connection, deed, hand_over)
        case "delete" if deed.of == "out" and deed.visibility == "public":
            return await _delete(api, connection, deed, hand_over)
        case "block" | "unblock":
            place = f"/2/users/{part(deed.author.address)}/dm/{deed.kind}"
            await api.do(connection, ("POST", place), {}, hand_over)
            return deed.kind
        case _:
            raise Refused("unknown", say("That cannot be done on X."), permanent=True)


async def _hide(api: XApi, connection: Connection, deed: Deed, hand_over: HandOver) -> str:
    if deed.facts.get("ours") is False:
        raise Refused("not-ours", NOT_OURS, permanent=True)
    fields = {"hidden": deed.kind == "hide"}
    try:
        await api.do(connection, ("PUT", f"/2/tweets/{part(deed.external_id)}/hidden"), fields, hand_over)
    except Refused as error:
        if error.code == "403":
            raise Refused("not-ours", NOT_OURS, permanent=True) from error
        raise
    return deed.kind


async def _delete(api: XApi, connection: Connection, deed: Deed, hand_over: HandOver) -> str:
    try:
        await api.do(connection, ("DELETE", f"/2/tweets/{part(deed.external_id)}"), {}, hand_over)
    except Refused as error:
        if error.code not in {"404", "410"}:
            raise
    return "deleted"
