"""Understanding what X delivered. In: raw bytes of a webhook, in both of its forms, or of what was asked for. Out: values of the contract.

Pure, and bounded by the size of what came. What nobody here knows is nothing; only what is no JSON at all is `Unparsable`.
"""

from __future__ import annotations

from typing import Any

from sluss.channels.contract import Delivered, Receipt, Understood, Unparsable
from sluss.channels.happenings import AccountNews, Changed
from sluss.channels.said import a_text, an_object, objects, read_object, whole
from sluss.channels.x.dms import direct_news
from sluss.channels.x.messages import classic_message_of, conversation_of, encrypted_of, message_of, messages_in
from sluss.channels.x.posts import around_of, classic_post_of, post_of
from sluss.channels.x.public import Told, beside, public_news
from sluss.channels.x.settings import Mine
from sluss.kernel.words import say

REVOKED = say("The access of Sluss was taken away at X. Connect the account again.")
ASKED = "sluss"
"""Marks what we put together ourselves out of answers of X."""


def understand_x(delivered: Delivered, mine: Mine) -> list[Understood]:
    """All that a delivery says. Raises `Unparsable`."""
    said = read_object(delivered.raw)
    if said is None:
        raise Unparsable(say("This is no JSON object, so it does not come from X."))
    at = delivered.received_at
    if ASKED in said:
        return _asked(said, mine, at)
    if "event_type" in an_object(said.get("data")):
        return _event(an_object(said["data"]), mine, at)
    return _classic(said, mine, at)


def _asked(said: dict[str, Any], mine: Mine, at: int) -> list[Understood]:
    """What Sluss asked for: `post`, `message`, or what stands `around` a post."""
    around = around_of(said.get("includes"))
    match said[ASKED]:
        case "post":
            post = post_of(an_object(said.get("post")), around)
            return public_news(post, Told(around, at=at), mine) if post else []
        case "message":
            message = message_of(an_object(said.get("message")), around, mine.user_id)
            return direct_news(message, mine, at) if message else []
        case "around":
            posts = [post_of(one, around) for one in objects(said.get("posts"))]
            return beside([one for one in posts if one], a_text(said.get("conversation")), mine)
        case _:
            return []


def _event(data: dict[str, Any], mine: Mine, at: int) -> list[Understood]:
    """One event of X's activity interface."""
    payload, kind = an_object(data.get("payload")), a_text(data.get("event_type")).lower()
    account = a_text(an_object(data.get("filter")).get("user_id")) or a_text(payload.get("user_id"))
    if account != mine.user_id:
        return []
    if kind == "oauth.revoke":
        return [AccountNews(state="reconnect", reason=REVOKED)]
    if kind == "post.delete":
        return _deleted(a_text(payload.get("id")), a_text(payload.get("author_id")), mine, at)
    if kind.startswith("post."):
        around = around_of(data.get("includes"))
        post = post_of(payload, around)
        return public_news(post, Told(around, kind, at), mine) if post else []
    if kind.startswith("chat."):
        message = encrypted_of(payload, objects(an_object(data.get("includes")).get("users")))
        return direct_news(message, mine, at) if message and kind in {"chat.received", "chat.sent"} else []
    return _direct(payload, data.get("includes"), mine, at) if kind.startswith("dm.") else []


def _direct(payload: dict[str, Any], includes: Any, mine: Mine, at: int) -> list[Understood]:
    people, programs, around = an_object(payload.get("users")), an_object(payload.get("apps")), around_of(includes)
    found: list[Understood] = []
    for one in messages_in(payload):
        message = classic_message_of(one, people, programs) if "message_create" in one else message_of(one, around, mine.user_id)
        found += direct_news(message, mine, at) if message else []
    return found + [_seen(one, mine) for one in objects(payload.get("direct_message_mark_read_events")) if _is_theirs(one, mine)]


def _classic(said: dict[str, Any], mine: Mine, at: int) -> list[Understood]:
    """The older account activity interface: lists of events by their kind."""
    revoked = an_object(an_object(said.get("user_event")).get("revoke"))
    if a_text(an_object(revoked.get("source")).get("user_id")) == mine.user_id:
        return [AccountNews(state="reconnect", reason=REVOKED)]
    if a_text(said.get("for_user_id")) != mine.user_id:
        return []
    found: list[Understood] = []
    for one in objects(said.get("tweet_create_events")):
        post = classic_post_of(one)
        quoted = classic_post_of(an_object(one.get("quoted_status")))
        told = Told(around_of({}), "tweet_create_events", at, quotes_us=quoted is not None and quoted.author.id == mine.user_id)
        found += public_news(post, told, mine) if post else []
    for one in objects(said.get("tweet_delete_events")):
        status = an_object(one.get("status"))
        found += _deleted(a_text(status.get("id")), a_text(status.get("user_id")), mine, whole(one.get("timestamp_ms")) * 1_000 or at)
    return found + _direct(said, None, mine, at)


def _deleted(post_id: str, author_id: str, mine: Mine, at: int) -> list[Understood]:
    by = "us" if author_id == mine.user_id else "author"
    return [Changed(external_id=post_id, what="removed", at=at, by=by)] if post_id else []


def _is_theirs(read: dict[str, Any], mine: Mine) -> bool:
    return a_text(read.get("sender_id")) not in {"", mine.user_id}


def _seen(read: dict[str, Any], mine: Mine) -> Receipt:
    """Somebody read what we had sent by then."""
    reader = a_text(read.get("sender_id"))
    return Receipt(
        external_id=a_text(read.get("last_read_event_id")),
        recipient=reader,
        state="read",
        thread_key=f"dm:{conversation_of(reader, mine.user_id)}",
        up_to=whole(read.get("created_timestamp")) * 1_000 or None,
    )
