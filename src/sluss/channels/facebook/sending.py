"""Answering in public under a page. In: an `Outbound`. Out: `Sent`: one comment, with at most one picture that was brought before."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec

from sluss.channels.contract import Outbound, Refused, Sent
from sluss.channels.facebook.feed import SITE
from sluss.channels.graph import Account, Graph, HandOver, Part
from sluss.channels.graph_talking import Handed, Remembered, sent_before
from sluss.channels.said import a_text, an_object, instant
from sluss.kernel.clock import MINUTE
from sluss.kernel.words import say

FIELDS = "id,from,message,created_time,parent{id}"


class Commenting:
    """Writes for one adapter, and remembers for a while what it handed over."""

    def __init__(self, graph: Graph, now: Callable[[], int]) -> None:
        self._graph, self._now = graph, now
        self._handed = Handed()

    async def send(self, account: Account, page: str, outbound: Outbound, hand_over: HandOver) -> Sent:
        """One comment under what it answers; the next part of a long one goes under the same."""
        under = outbound.answers or outbound.post_key
        if not under:
            raise Refused("target", say("Facebook does not say what this would answer."), permanent=True)
        handed = _handed(outbound, under, self._now())
        earlier = msgspec.structs.replace(handed, at=outbound.sent_at)
        found = await sent_before(outbound, self._now(), partial(self._find, account, page, earlier))
        if found is not None:
            return found
        picture = await self._picture(account, page, outbound)
        self._handed.note(outbound.external_id, handed)
        fields = {"message": outbound.text or None, "attachment_id": picture or None}
        said = await self._graph.post(account, f"{under}/comments", hand_over, **fields)
        key = a_text(said.get("id"))
        self._handed.taken(outbound.external_id, key)
        return Sent(f"accepted as {key}", external_ids=(key,) if key else (), url=f"{SITE}/{key}" if key else "")

    async def look_up(self, account: Account, page: str, external_id: str) -> Sent | None:
        """Whether it stands there: of the page, with the same words, since it was handed over."""
        handed = self._handed.get(external_id)
        return await self._find(account, page, handed) if handed is not None else None

    async def _find(self, account: Account, page: str, handed: Remembered) -> Sent | None:
        if not handed.text:
            return None
        asked = {"filter": "stream", "order": "reverse_chronological", "fields": FIELDS, "limit": 50}
        async for items in self._graph.pages(account, f"{handed.person}/comments", 1, **asked):
            for one in items:
                ours = a_text(an_object(one.get("from")).get("id")) == page
                above = a_text(an_object(one.get("parent")).get("id"))
                same = a_text(one.get("message")).strip() == handed.text and above == handed.parent
                key = a_text(one.get("id"))
                if ours and same and self._handed.is_free(key) and instant(one.get("created_time")) >= handed.at - MINUTE:
                    return Sent("found under the post", external_ids=(key,), url=f"{SITE}/{key}")
        return None

    async def _picture(self, account: Account, page: str, outbound: Outbound) -> str:
        if not outbound.files:
            return ""
        one = outbound.files[0]
        if len(outbound.files) > 1 or not one.media_type.startswith("image/"):
            raise Refused("files", say("A comment on Facebook takes one picture."), permanent=True)
        fields = {"published": "false"} | ({"alt_text_custom": one.alt} if one.alt else {})
        said = await self._graph.upload(account, f"{page}/photos", fields, "source", Part(one.name, one.media_type, one.data))
        return a_text(said.get("id"))


def _handed(outbound: Outbound, under: str, now: int) -> Remembered:
    """Where the comment will stand: of two levels the second, under the first comment of the branch."""
    post = a_text(outbound.facts.get("post")) or outbound.post_key or under
    parent = "" if under == post else a_text(outbound.facts.get("parent")) or under
    return Remembered(post, outbound.text.strip(), now, parent)
