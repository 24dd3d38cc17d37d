"""Answering in public under a medium. In: an `Outbound`. Out: `Sent`: one comment of text."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sluss.channels.contract import Outbound, Refused, Sent
from sluss.channels.graph import Account, Graph, HandOver
from sluss.channels.graph_talking import Handed, Remembered, sent_before
from sluss.channels.said import a_text, instant
from sluss.kernel.clock import MINUTE
from sluss.kernel.words import say

FIELDS = "id,text,username,timestamp"


class Commenting:
    """Writes for one adapter, and remembers for a while what it handed over."""

    def __init__(self, graph: Graph, now: Callable[[], int]) -> None:
        self._graph, self._now = graph, now
        self._handed = Handed()

    async def send(self, account: Account, whose: tuple[str, str], outbound: Outbound, hand_over: HandOver) -> Sent:
        """A reply stands under the first comment of its branch; a mention elsewhere is answered by its own way.

        `whose` are the account's number and name.
        """
        own, handle = whose
        if outbound.files:
            raise Refused("files", say("A comment on Instagram is text alone."), permanent=True)
        path, fields = _where(own, outbound)
        looked = partial(self._find, account, handle, Remembered(path, outbound.text.strip(), outbound.sent_at))
        found = await sent_before(outbound, self._now(), looked)
        if found is not None:
            return found
        self._handed.note(outbound.external_id, Remembered(path, outbound.text.strip(), self._now()))
        said = await self._graph.post(account, path, hand_over, message=outbound.text, **fields)
        key = a_text(said.get("id"))
        self._handed.taken(outbound.external_id, key)
        return Sent(f"accepted as {key}", external_ids=(key,) if key else ())

    async def look_up(self, account: Account, handle: str, external_id: str) -> Sent | None:
        """Whether it stands there: of the account, with the same words, since it was handed over."""
        handed = self._handed.get(external_id)
        return await self._find(account, handle, handed) if handed is not None else None

    async def _find(self, account: Account, handle: str, handed: Remembered) -> Sent | None:
        if not handle or not handed.text or handed.person.endswith("/mentions"):
            return None
        async for items in self._graph.pages(account, handed.person, 1, fields=FIELDS, limit=50):
            for one in items:
                ours = a_text(one.get("username")).lower() == handle.removeprefix("@").lower()
                same = a_text(one.get("text")).strip() == handed.text
                key = a_text(one.get("id"))
                if ours and same and self._handed.is_free(key) and instant(one.get("timestamp")) >= handed.at - MINUTE:
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
