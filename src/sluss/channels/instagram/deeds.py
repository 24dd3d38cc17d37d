"""What can be done with comments beside answering. In: a `Deed`. Out: Meta's word, or an exception of the contract."""

from __future__ import annotations

from sluss.channels.contract import Refused
from sluss.channels.deeds import Deed
from sluss.channels.graph import Account, Graph, HandOver
from sluss.kernel.words import say

GONE = "100/33"


async def perform_public(graph: Graph, account: Account, deed: Deed, hand_over: HandOver) -> str:
    """Do it once; what stands so already is done."""
    if deed.facts.get("item") == "mention" and deed.of == "in":
        raise Refused("deed", say("This stands with somebody else’s post, where only its owner can do that."), permanent=True)
    match deed.kind:
        case "hide" | "unhide":
            await graph.post(account, deed.external_id, hand_over, hide=deed.kind == "hide")
        case "delete":
            await _delete(graph, account, deed.external_id, hand_over)
        case _:
            raise Refused("deed", say("Instagram cannot do this to a comment."), permanent=True)
    return deed.kind


async def _delete(graph: Graph, account: Account, key: str, hand_over: HandOver) -> None:
    try:
        await graph.delete(account, key, hand_over)
    except Refused as error:
        if error.code != GONE:
            raise
