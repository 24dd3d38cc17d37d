"""Looking for what was said on a page. In: an account and a round. Out: events in the form in which Meta posts them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from sluss.channels.facebook.feed import mark_of
from sluss.channels.facebook.understanding import KIND
from sluss.channels.graph import Account, Graph
from sluss.channels.graph_hooks import Happened
from sluss.channels.graph_net import Look, look_for_talks
from sluss.channels.said import a_text, an_object, instant, objects
from sluss.kernel.clock import SECOND

POST = "id,from,message,created_time,updated_time,permalink_url,status_type,is_published"
COMMENT = "id,from,message,created_time,parent{id},attachment,permalink_url,application,admin_creator"
RATING = "reviewer{id,name},created_time,recommendation_type,review_text,open_graph_story{id}"
PAGES = 4
COMMENT_PAGES = 10

__all__ = ("COMMENT", "KIND", "POST", "Polling")


class Polling:
    """The public and the private side of one page."""

    def __init__(self, graph: Graph, account: Account, page: str) -> None:
        self._graph, self._account, self._page = graph, account, page

    async def look(self, look: Look) -> None:
        """Posts and comments, mentions, recommendations, talks."""
        await look.edge("feed", self._posts("feed", look))
        await look.edge("visitor_posts", self._posts("visitor_posts", look))
        await look.edge("tagged", self._mentions(look))
        await look.edge("ratings", self._ratings(look))
        asked = {"node": self._page, "own": self._page, "platform": "messenger"}
        await look.edge("conversations", look_for_talks(self._graph, look, self._account, asked))

    async def _posts(self, edge: str, look: Look) -> None:
        """New posts of visitors, and new comments under every post that something has changed about."""
        async for post in self._recent(f"{self._page}/{edge}", POST, PAGES, look):
            self._found(look, "feed", post, _visitor_post(post), own=False)
            if instant(post.get("updated_time")) >= look.since:
                await self._comments(post, look)

    async def _comments(self, post: dict[str, Any], look: Look) -> None:
        asked = {"filter": "stream", "order": "reverse_chronological", "since": look.since // SECOND, "fields": COMMENT, "limit": 100}
        async for comments in self._graph.pages(self._account, f"{a_text(post.get('id'))}/comments", COMMENT_PAGES, **asked):
            for one in comments:
                self._found(look, "feed", one, _comment(one, post))

    async def _mentions(self, look: Look) -> None:
        async for post in self._recent(f"{self._page}/tagged", POST, 2, look):
            who = an_object(post.get("from"))
            value = {"item": "post", "verb": "add", "post_id": post.get("id"), "sender_id": who.get("id"), "sender_name": who.get("name")}
            self._found(look, "mention", post, value, own=False)

    async def _ratings(self, look: Look) -> None:
        async for ratings in self._graph.pages(self._account, f"{self._page}/ratings", 2, fields=RATING, limit=50):
            for one in ratings:
                who, story = an_object(one.get("reviewer")), a_text(an_object(one.get("open_graph_story")).get("id"))
                value = {"item": "rating", "verb": "add", "open_graph_story_id": story, "reviewer_id": who.get("id")}
                told = {name: one.get(name) for name in ("recommendation_type", "review_text")}
                self._found(look, "ratings", one, {**value, "reviewer_name": who.get("name"), **told} if story else {})

    async def _recent(self, path: str, fields: str, pages: int, look: Look) -> AsyncIterator[dict[str, Any]]:
        """Items that something happened to since; the list is by age, so old ones are looked at as well, within limits."""
        async for items in self._graph.pages(self._account, path, pages, fields=fields, limit=50):
            for one in items:
                if max(instant(one.get("updated_time")), instant(one.get("created_time"))) >= look.since:
                    yield one

    def _found(self, look: Look, field: str, one: dict[str, Any], value: dict[str, Any], *, own: bool = True) -> None:
        """As if Meta had posted it; posts of the page itself say nothing to anybody's case."""
        author = a_text(an_object(one.get("from")).get("id"))
        if not value or (not own and author == self._page):
            return
        at = instant(one.get("created_time"))
        value = {"message": one.get("message"), "created_time": at // SECOND, "permalink_url": one.get("permalink_url"), **value}
        change = {"field": field, "value": value}
        look.found(mark_of(change), Happened(self._page, "changes", change, at // SECOND), at)


def _visitor_post(post: dict[str, Any]) -> dict[str, Any]:
    return {"item": "post", "verb": "add", "post_id": post.get("id"), "from": post.get("from")}


def _comment(one: dict[str, Any], post: dict[str, Any]) -> dict[str, Any]:
    parent = a_text(an_object(one.get("parent")).get("id")) or post.get("id")
    about = {name: post[name] for name in ("id", "permalink_url", "status_type", "is_published") if name in post}
    known = {name: one[name] for name in ("from", "attachment", "application", "admin_creator") if objects([one.get(name)])}
    return {
        "item": "comment",
        "verb": "add",
        "comment_id": one.get("id"),
        "post_id": post.get("id"),
        "parent_id": parent,
        "post": about,
        **known,
    }
