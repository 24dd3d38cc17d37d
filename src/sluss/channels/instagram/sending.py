"""Answering in public under a medium. In: an `Outbound`. Out: `Sent`: one comment of text."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from sluss.channels.contract import Outbound, Refused, Sent
from sluss.channels.graph import Account, Graph, HandOver
from sluss.channels.graph_talking import REMEMBERED, Remembered
from sluss.channels.said import a_text, instant
from sluss.kernel.clock import MINUTE
from sluss.kernel.words import say

FIELDS = "id,text,username,timestamp"


class Commenting:
    """Writes for one adapter, and remembers for a while what it handed over."""

    def __init__(self, graph: Graph, now: Callable[[], int]) -> None:
        self._graph, self._now = graph, now
        self._handed = OrderedDict[str, Remembered]()

    async def send(self, account: Account, own: str, outbound: Outbound, hand_over: HandOver) -> Sent:
        """A reply stands under the first comment of its branch; a mention elsewhere is answered by its own way."""
        if outbound.files:
            raise Refused("files", say("A comment on Instagram is text alone."), permanent=True)
        path, fields = _where(own, outbound)
        self._handed[outbound.external_id] = Remembered(path, outbound.text.strip(), self._now())
        while len(self._handed) > REMEMBERED:
            self._handed.popitem(last=False)
        said = await self._graph.post(account, path, hand_over, message=outbound.text, **fields)
        self._handed.pop(outbound.external_id, None)
        key = a_text(said.get("id"))
        return Sent(f"accepted as {key}", external_ids=(key,) if key else ())

    async def look_up(self, account: Account, handle: str, external_id: str) -> Sent | None:
        """Whether it stands there: of the account, with the same words, since it was handed over."""
        handed = self._handed.get(external_id)
        if handed is None or not handle or handed.person.endswith("/mentions"):
            return None
        async for items in self._graph.pages(account, handed.person, 1, fields=FIELDS, limit=50):
            for one in items:
                ours = a_text(one.get("username")).lower() == handle.removeprefix("@").lower()
                same = a_text(one.get("text")).strip() == handed.text
                if ours and same and instant(one.get("timestamp")) >= handed.at - MINUTE:
                    key = a_text(one.get("id"))
                    return Sent("found under the post", external_ids=(key,))
        return None


def _where(own: str, outbound: Outbound) -> tuple[str, dict[str, Any]]:
    facts = outbound.facts
    media, comment = a_text(facts.get("media")) or outbound.post_key, a_text(facts.get("comment"))
    if facts.get("item") == "mention":
        return f"{own}/mentions", {"media_id": media} | ({"comment_id": comment} if comment else {})
    under = a_text(facts.get("parent")) or comment or outbound.answers
    if under and under != media:
        return f"{under}/replies", {}
    if not media:
        raise Refused("target", say("Instagram does not say what this would answer."), permanent=True)
    return f"{media}/comments", {}
