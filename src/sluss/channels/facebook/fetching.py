"""Asking for what a delivery only named. In: a `Wanted`. Out: a person, or a post with what stands around."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from sluss.channels.contract import Address, Delivered, Refused
from sluss.channels.facebook.polling import COMMENT, KIND, POST
from sluss.channels.fetching import Fetched
from sluss.channels.graph import Account, Graph
from sluss.channels.happenings import Known
from sluss.channels.said import a_text, an_object, objects
from sluss.channels.who import Profile
from sluss.kernel.text import clean_line
from sluss.kernel.words import say

AROUND = 50


async def fetch_person(graph: Graph, account: Account, page: str, person: str) -> Fetched:
    """Name and picture; where Meta does not tell them of a person, the talk names who takes part."""
    try:
        said = await graph.get(account, person, fields="name,first_name,last_name,profile_pic")
    except Refused as error:
        if not error.permanent and error.code.partition("/")[0] in {"190", "102"}:
            raise
        said = await _from_talk(graph, account, page, person)
    full = " ".join(filter(None, [a_text(said.get("first_name")), a_text(said.get("last_name"))]))
    name = clean_line(a_text(said.get("name")) or full)[:200]
    if not name:
        raise Refused("unknown", say("Meta does not tell this person’s name."), permanent=True)
    return Fetched(known=Known(person=Address(person, name), profile=Profile(picture=a_text(said.get("profile_pic")))))


async def fetch_around(graph: Graph, account: Account, post_key: str, now: int) -> Fetched:
    """A post and the latest comments under it, for whoever reads one of them."""
    post = await graph.get(account, post_key, fields=POST)
    asked = {"filter": "stream", "order": "reverse_chronological", "fields": COMMENT, "limit": AROUND}
    comments: list[dict[str, Any]] = [one async for page in graph.pages(account, f"{post_key}/comments", 1, **asked) for one in page]
    raw = msgspec.json.encode({"object": KIND, "around": {"post": post, "comments": comments[:AROUND]}})
    key = f"around:{post_key}:{hashlib.sha256(raw).hexdigest()[:16]}"
    return Fetched(delivered=(Delivered(external_key=key, raw=raw, received_at=now),))


async def _from_talk(graph: Graph, account: Account, page: str, person: str) -> dict[str, Any]:
    said = await graph.get(account, f"{page}/conversations", user_id=person, platform="messenger", fields="participants")
    people = [one for talk in objects(said.get("data")) for one in objects(an_object(talk.get("participants")).get("data"))]
    return next((one for one in people if a_text(one.get("id")) == person), {"name": ""})
