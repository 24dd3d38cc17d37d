"""Posts of a page's own. In: a `Publication`. Out: a post on the page, or a comment under the post that it goes on from."""

from __future__ import annotations

from sluss.channels.contract import Sent
from sluss.channels.facebook.feed import SITE
from sluss.channels.graph import Account, Graph, HandOver
from sluss.channels.publishing import Publication
from sluss.channels.said import a_text, an_object, instant
from sluss.kernel.clock import MINUTE

FIELDS = "id,from,message,created_time,permalink_url"


async def publish(graph: Graph, account: Account, page: str, publication: Publication, hand_over: HandOver) -> Sent:
    """One post, or one comment."""
    edge = f"{publication.follows}/comments" if publication.follows else f"{page}/feed"
    said = await graph.post(account, edge, hand_over, message=publication.text)
    return _sent(a_text(said.get("id")), "", publication)


async def find(graph: Graph, account: Account, page: str, publication: Publication) -> Sent | None:
    """Whether it is there: the same words, by the page, not older than the first attempt."""
    edge = f"{publication.follows}/comments" if publication.follows else f"{page}/feed"
    asked = {"fields": FIELDS, "limit": 25} | ({"filter": "stream", "order": "reverse_chronological"} if publication.follows else {})
    said = " ".join(publication.text.split())
    async for items in graph.pages(account, edge, 1, **asked):
        for one in items:
            ours = a_text(an_object(one.get("from")).get("id")) in {page, ""}
            young = instant(one.get("created_time")) >= publication.begun_at - MINUTE
            if ours and young and " ".join(a_text(one.get("message")).split()) == said:
                return _sent(a_text(one.get("id")), a_text(one.get("permalink_url")), publication)
    return None


def _sent(key: str, url: str, publication: Publication) -> Sent:
    """What follows hangs under the first post: Facebook has two levels of comments, and people read the first."""
    keys = (publication.follows or key, key)
    return Sent(f"post {key}", external_ids=tuple(dict.fromkeys(one for one in keys if one)), url=url or f"{SITE}/{key}")
