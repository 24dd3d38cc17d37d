"""What can be done on a page beside answering. In: a `Deed`. Out: Meta's word, or an exception of the contract."""

from __future__ import annotations

from sluss.channels.contract import Refused
from sluss.channels.deeds import Deed
from sluss.channels.graph import Account, Graph, HandOver
from sluss.kernel.words import say

GONE = "100/33"


async def perform_public(graph: Graph, account: Account, page: str, deed: Deed, hand_over: HandOver) -> str:
    """Do it once; what stands so already is done."""
    key = deed.external_id
    match deed.kind:
        case "hide" | "unhide":
            await graph.post(account, key, hand_over, is_hidden=deed.kind == "hide")
        case "edit":
            await graph.post(account, key, hand_over, message=deed.value)
        case "delete":
            await _delete(graph, account, key, hand_over)
        case "like":
            await graph.post(account, f"{key}/likes", hand_over)
        case "unlike":
            await graph.delete(account, f"{key}/likes", hand_over)
        case "block":
            await graph.post(account, f"{page}/blocked", hand_over, psid=[_person(deed)])
        case "unblock":
            await graph.delete(account, f"{page}/blocked", hand_over, psid=[_person(deed)])
        case _:
            raise Refused("deed", say("Facebook cannot do this to a public post."), permanent=True)
    return deed.kind


async def _delete(graph: Graph, account: Account, key: str, hand_over: HandOver) -> None:
    try:
        await graph.delete(account, key, hand_over)
    except Refused as error:
        if error.code != GONE:
            raise


def _person(deed: Deed) -> str:
    if not deed.author.address.isdigit():
        raise Refused("anonymous", say("Facebook does not tell who wrote this, so nobody can be blocked."), permanent=True)
    return deed.author.address
