"""Looking for what was said to an account. In: an account and a round. Out: events in the form in which Meta posts them."""

from __future__ import annotations

from typing import Any

from sluss.channels.graph import Account, Graph
from sluss.channels.graph_hooks import Happened
from sluss.channels.graph_net import Look, look_for_talks
from sluss.channels.instagram.comments import mark_of
from sluss.channels.instagram.settings import InstagramSettings
from sluss.channels.said import a_text, an_object, instant, objects
from sluss.kernel.clock import SECOND

MEDIA = "id,caption,permalink,timestamp,media_product_type,comments_count"
COMMENT = "id,text,username,from,timestamp,hidden,parent_id"
COMMENTS = f"{COMMENT},replies{{{COMMENT}}}"
MEDIA_PAGES = 1
RECENT = 25


class Polling:
    """The public and the private side of one account."""

    def __init__(self, graph: Graph, account: Account, settings: InstagramSettings) -> None:
        self._graph, self._account, self._settings = graph, account, settings
        self._counts = dict[str, int]()
        self._seen: tuple[Look, dict[str, int]] | None = None

    async def look(self, look: Look) -> None:
        """Comments under the latest media, and talks. Mentions cannot be listed; they come by webhook alone."""
        if self._seen is not None and self._seen[0].brought:
            self._counts |= self._seen[1]
        self._seen = (look, {})
        await look.edge("media", self._comments(look))
        asked = {"node": self._settings.talks, "own": self._settings.ig_id, "platform": "instagram"}
        await look.edge("conversations", look_for_talks(self._graph, look, self._account, asked))

    async def _comments(self, look: Look) -> None:
        """Media whose count of comments is another than last time; the first time, all of the latest."""
        counts = self._seen[1] if self._seen is not None else {}
        async for page in self._graph.pages(self._account, f"{self._settings.ig_id}/media", MEDIA_PAGES, fields=MEDIA, limit=RECENT):
            for media in page:
                key, count = a_text(media.get("id")), media.get("comments_count")
                if not key or (isinstance(count, int) and self._counts.get(key) == count):
                    continue
                await self._under(media, look)
                if isinstance(count, int):
                    counts[key] = count

    async def _under(self, media: dict[str, Any], look: Look) -> None:
        about = {name: media[name] for name in ("id", "caption", "permalink", "timestamp", "media_product_type") if name in media}
        async for comments in self._graph.pages(self._account, f"{about['id']}/comments", 4, fields=COMMENTS, limit=50):
            for one in comments:
                self._found(look, one, about, "")
                for reply in objects(an_object(one.get("replies")).get("data")):
                    self._found(look, reply, about, a_text(one.get("id")))

    def _found(self, look: Look, one: dict[str, Any], media: dict[str, Any], parent: str) -> None:
        known = {name: one[name] for name in ("id", "text", "username", "from", "timestamp", "parent_id") if one.get(name)}
        value = known | ({"parent_id": parent} if parent else {}) | {"media": media}
        at, change = instant(one.get("timestamp")), {"field": "comments", "value": value}
        look.found(mark_of(change), Happened(self._settings.ig_id, "changes", change, at // SECOND), at)
