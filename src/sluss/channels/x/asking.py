"""Asking X for what came, and for what a delivery only names. In: positions, ids. Out: deliveries, people, files, and what reading cost.

Every post asked for is put into one form together with what came along, so that understanding it needs nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from sluss.channels.contract import Connection, Delivered, Refused
from sluss.channels.fetching import Fetched
from sluss.channels.happenings import Known, Wanted
from sluss.channels.said import a_text, an_object, objects, texts
from sluss.channels.x.api import XApi, data_of, list_of, next_of, part
from sluss.channels.x.hooks import mark_of
from sluss.channels.x.posts import around_of, person_of
from sluss.channels.x.settings import mine_of
from sluss.channels.x.understanding import ASKED
from sluss.kernel.words import say

LARGEST = 50_000_000
PAGES = 10
PAGE = 100
BESIDE = 20
FIRST = "1"
"""A position before everything, where there is nothing yet."""
PEOPLE = ("author_id", "in_reply_to_user_id", "sender_id")
POSTS: dict[str, Any] = {
    "tweet__fields": "author_id,conversation_id,created_at,edit_history_tweet_ids,entities,in_reply_to_user_id,lang,note_tweet,"
    "referenced_tweets,reply_settings,attachments,possibly_sensitive,source",
    "expansions": "author_id,referenced_tweets.id,referenced_tweets.id.author_id,in_reply_to_user_id,attachments.media_keys",
    "user__fields": "name,username,verified,public_metrics,profile_image_url,protected",
    "media__fields": "media_key,type,url,preview_image_url,alt_text,variants",
}
MESSAGES: dict[str, Any] = {
    "event_types": "MessageCreate",
    "dm_event__fields": "id,text,event_type,created_at,sender_id,dm_conversation_id,attachments,entities,participant_ids",
    "expansions": "sender_id,attachments.media_keys",
    "user__fields": POSTS["user__fields"],
    "media__fields": POSTS["media__fields"],
}

Note = Callable[[str, Sequence[str]], None]
"""Told of every resource that was read: the kind of read, and their ids."""


class Page(msgspec.Struct, frozen=True):
    """What was asked for, the oldest first; `newest` is where to go on from. `ids` are those of the resources."""

    delivered: list[Delivered]
    ids: list[str]
    newest: str


async def read_posts(api: XApi, connection: Connection, what: str, since: str, now: int) -> Page:
    """Everything since a post, of the account's `mentions` or its own `tweets`; without a position only where to begin."""
    place = f"/2/users/{part(mine_of(connection).user_id)}/{what}"
    found: list[Delivered] = []
    newest, ids, after = since, list[str](), ""
    for _ in range(PAGES):
        size = PAGE if since else 5
        said = await api.get(connection, place, max_results=size, since_id=since, pagination_token=after, **POSTS)
        page, after = list_of(said), next_of(said)
        ids += [a_text(one.get("id")) for one in page]
        newest = max([newest, *ids], key=_order)
        found += [_delivery("post", one, said, now) for one in page] if since else []
        if not after or not since:
            break
    return Page(found[::-1], ids, newest or FIRST)


async def read_messages(api: XApi, connection: Connection, since: str, now: int) -> Page:
    """Direct messages since one, page by page: X gives the newest first and takes no position."""
    found: list[Delivered] = []
    newest, ids, after = since, list[str](), ""
    for _ in range(PAGES):
        said = await api.get(connection, "/2/dm_events", max_results=BESIDE, pagination_token=after, **MESSAGES)
        page, after = list_of(said), next_of(said)
        ids += [a_text(one.get("id")) for one in page]
        fresh = [one for one in page if _order(a_text(one.get("id"))) > _order(since)]
        newest = max([newest, *(a_text(one.get("id")) for one in fresh)], key=_order)
        found += [_delivery("message", one, said, now) for one in fresh] if since else []
        if not after or len(fresh) < len(page) or not since:
            break
    return Page(found[::-1], ids, newest or FIRST)


async def fetch(api: XApi, connection: Connection, wanted: Wanted, note: Note) -> Fetched:
    """What a delivery only named. Raises `Refused` or `Unreachable`."""
    match wanted.kind:
        case "person":
            return await _person(api, connection, a_text(wanted.ref.get("user")), note)
        case "item":
            return await _beside(api, connection, wanted, note)
        case "media":
            return await _file(api, connection, wanted, note)


async def _person(api: XApi, connection: Connection, person_id: str, note: Note) -> Fetched:
    said = await api.get(connection, f"/2/users/{part(person_id)}", user__fields=POSTS["user__fields"])
    found = person_of(data_of(said))
    note("user read", [person_id])
    return Fetched(known=Known(person=found.address, profile=found.profile))


async def _beside(api: XApi, connection: Connection, wanted: Wanted, note: Note) -> Fetched:
    """The posts that a thread hangs under, and where it is wanted what others said there."""
    conversation, ids = a_text(wanted.ref.get("conversation")), texts(wanted.ref.get("posts"))
    answers: list[dict[str, Any]] = []
    if ids:
        answers.append(await api.get(connection, "/2/tweets", ids=",".join(ids[:PAGE]), **POSTS))
    if wanted.ref.get("how") == "conversation":
        query = f"conversation_id:{conversation}"
        answers.append(await api.get(connection, "/2/tweets/search/recent", query=query, max_results=BESIDE, **POSTS))
    posts = {a_text(one.get("id")): one for said in answers for one in list_of(said)}
    note("post read", list(posts))
    if not posts:
        raise Refused("404", say("X does not show what stands around this."), permanent=True)
    includes = {
        name: [one for said in answers for one in objects(an_object(said.get("includes")).get(name))] for name in ("users", "media")
    }
    raw = msgspec.json.encode({ASKED: "around", "conversation": conversation, "posts": list(posts.values()), "includes": includes})
    return Fetched(delivered=(Delivered(external_key=wanted.key, raw=raw, received_at=api.now()),))


async def _file(api: XApi, connection: Connection, wanted: Wanted, note: Note) -> Fetched:
    url = a_text(wanted.ref.get("url")) or await _address_of(api, connection, wanted, note)
    data, media_type = await api.download(connection, url, LARGEST)
    return Fetched(data=data, media_type=media_type or wanted.media_type or "application/octet-stream")


async def _address_of(api: XApi, connection: Connection, wanted: Wanted, note: Note) -> str:
    """Where a medium lies of which only the key was told."""
    post, message, key = (a_text(wanted.ref.get(name)) for name in ("post", "message", "media"))
    if post:
        said = await api.get(connection, f"/2/tweets/{part(post)}", **POSTS)
        note("post read", [post])
    else:
        said = await api.get(
            connection, f"/2/dm_events/{part(message)}", **{name: MESSAGES[name] for name in MESSAGES if name != "event_types"}
        )
        note("direct message read", [message])
    found = around_of(said.get("includes")).media.get(key)
    if found is None or not found.url:
        raise Refused("404", say("X does not give this file to programs."), permanent=True)
    return found.url


def _delivery(kind: str, one: Mapping[str, Any], said: Mapping[str, Any], now: int) -> Delivered:
    """One post or message with what came along for it."""
    raw = msgspec.json.encode({ASKED: kind, kind: one, "includes": _along(one, an_object(said.get("includes")))})
    name = a_text(one.get("id"))
    return Delivered(external_key=f"asked:{kind}:{name}", raw=raw, received_at=now, mark=mark_of(name))


def _along(one: Mapping[str, Any], includes: Mapping[str, Any]) -> dict[str, Any]:
    """Of what came along with a whole page, that which belongs to one of it."""
    kin = {a_text(other.get("id")) for other in objects(one.get("referenced_tweets"))} | {a_text(one.get("conversation_id"))}
    posts = [other for other in objects(includes.get("tweets")) if a_text(other.get("id")) in kin]
    people = {a_text(other.get("author_id")) for other in (one, *posts)} | {a_text(one.get(name)) for name in PEOPLE}
    media = set(texts(an_object(one.get("attachments")).get("media_keys")))
    return {
        "tweets": posts,
        "users": [person for person in objects(includes.get("users")) if a_text(person.get("id")) in people],
        "media": [medium for medium in objects(includes.get("media")) if a_text(medium.get("media_key")) in media],
    }


def _order(post_id: str) -> tuple[int, str]:
    """Numbers of X in their order, however long they are."""
    return len(post_id), post_id


__all__ = ["Note", "Page", "fetch", "read_messages", "read_posts"]
