"""Asking for what a delivery only named. In: a `Wanted`. Out: a person, what a mention says, or a medium with its comments."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from sluss.channels.contract import Address, Delivered, Refused
from sluss.channels.fetching import Fetched
from sluss.channels.graph import Account, Graph
from sluss.channels.graph_hooks import Happened, pack
from sluss.channels.happenings import Known, Wanted
from sluss.channels.instagram.comments import SITE
from sluss.channels.instagram.polling import COMMENTS
from sluss.channels.instagram.understanding import KIND
from sluss.channels.said import a_text, an_object, objects, whole
from sluss.channels.who import Profile
from sluss.kernel.text import clean_line
from sluss.kernel.words import say

PERSON = "name,username,profile_pic,follower_count,is_verified_user"
MEDIA = "id,caption,permalink,timestamp,media_product_type,username"
MENTIONED = "id,caption,permalink,timestamp,username,media_type,media_url"
AROUND = 50


async def fetch_person(graph: Graph, account: Account, person: str) -> Fetched:
    """Name, handle, picture and reach; Meta tells them of whoever has written to the account."""
    said = await graph.get(account, person, fields=PERSON)
    handle = clean_line(a_text(said.get("username")))[:100]
    name = clean_line(a_text(said.get("name")))[:200] or handle
    if not name:
        raise Refused("unknown", say("Meta does not tell this person’s name."), permanent=True)
    profile = Profile(
        handle=f"@{handle}" if handle else "",
        url=f"{SITE}/{handle}/" if handle else "",
        followers=whole(said["follower_count"]) if "follower_count" in said else None,
        verified=said.get("is_verified_user") is True,
        picture=a_text(said.get("profile_pic")),
    )
    return Fetched(known=Known(person=Address(person, name), profile=profile))


async def fetch_item(graph: Graph, account: Account, own: str, wanted: Wanted, now: int) -> Fetched:
    """A mention's words, or what stands around a comment."""
    media = a_text(wanted.ref.get("media"))
    if media or wanted.ref.get("comment"):
        return await _mention(graph, account, own, (media, a_text(wanted.ref.get("comment"))), now)
    return await _around(graph, account, a_text(wanted.ref.get("around")), now)


async def _mention(graph: Graph, account: Account, own: str, keys: tuple[str, str], now: int) -> Fetched:
    media, comment = keys
    if comment:
        name, asked = "mentioned_comment", f"mentioned_comment.comment_id({comment}){{id,text,timestamp,username,media{{{MENTIONED}}}}}"
    else:
        name, asked = "mentioned_media", f"mentioned_media.media_id({media}){{{MENTIONED}}}"
    said = an_object((await graph.get(account, own, fields=asked)).get(name))
    text = a_text(said.get("text") if comment else said.get("caption"))
    if not said:
        raise Refused("gone", say("The mention is not there any more, or its author does not show it."), permanent=True)
    told = an_object(said.get("media")) if comment else said
    value: dict[str, Any] = {"media_id": media or a_text(told.get("id")), "text": text, "media": told}
    value |= {"comment_id": comment} if comment else {}
    value |= {one: said.get(one) for one in ("username", "timestamp")}
    event = Happened(own, "changes", {"field": "mentions", "value": value}, now // 1_000_000)
    return Fetched(delivered=(Delivered(external_key=f"mention:{comment or media}", raw=pack(event, KIND), received_at=now),))


async def _around(graph: Graph, account: Account, media: str, now: int) -> Fetched:
    post = await graph.get(account, media, fields=MEDIA)
    comments: list[dict[str, Any]] = []
    async for page in graph.pages(account, f"{media}/comments", 1, fields=COMMENTS, limit=AROUND):
        comments += objects(page)
    raw = msgspec.json.encode({"object": KIND, "around": {"post": post, "comments": comments[:AROUND]}})
    key = f"around:{media}:{hashlib.sha256(raw).hexdigest()[:16]}"
    return Fetched(delivered=(Delivered(external_key=key, raw=raw, received_at=now),))
