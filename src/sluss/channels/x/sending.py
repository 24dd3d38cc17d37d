"""Answering on X. In: a message for one recipient. Out: what X took, or why not; later, whether something arrived that X never confirmed.

X knows no key of ours. What was handed over is remembered while this process lives, and looked for among the account's own posts and
messages. After that X itself takes no public text twice; a direct message that is late is looked for before it is sent.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import msgspec

from sluss.channels.contract import Connection, Outbound, Refused, Sent
from sluss.channels.said import a_text, texts
from sluss.channels.who import Address
from sluss.channels.x.api import HandOver, XApi, data_of, list_of, part
from sluss.channels.x.errors import CLOSED
from sluss.channels.x.media import bring
from sluss.channels.x.messages import is_group, message_of
from sluss.channels.x.posts import Around, around_of, post_of, post_url
from sluss.channels.x.prices import PRICES, price_of_post
from sluss.channels.x.settings import SITE, mine_of
from sluss.kernel.clock import MINUTE
from sluss.kernel.words import say

REMEMBERED = 1_000
LOOKED = 20
EARLIER = 2 * MINUTE
LATE = 10 * MINUTE
"""A message this old may have been tried before by a process that is gone."""


class Tried(msgspec.Struct, frozen=True):
    """What was handed over: `answers` a post, or went to a person; since when (microseconds UTC)."""

    text: str
    answers: str
    person: str
    thread_key: str
    at: int


class Sending:
    """The sends of one process."""

    def __init__(self, api: XApi) -> None:
        self._api = api
        self._tried: OrderedDict[tuple[int, str], Tried] = OrderedDict()

    async def send(self, connection: Connection, outbound: Outbound, hand_over: HandOver) -> Sent:
        """Send once. Raises `Refused`, `Unreachable` or `ResultUnknown`."""
        if outbound.visibility == "public" and not outbound.is_private_reply:
            return await self._post(connection, outbound, hand_over)
        return await self._write(connection, outbound, hand_over)

    async def look_up(self, connection: Connection, external_id: str) -> Sent | None:
        """Whether what was handed over is there; None also where nobody remembers what to look for. Raises `Unreachable`."""
        tried = self._tried.get((connection.inbox_id, external_id))
        if tried is None:
            return None
        if tried.person:
            return await self._message_like(connection, tried)
        return await self._post_like(connection, tried)

    async def find_post(self, connection: Connection, text: str, answers: str, at: int) -> Sent | None:
        """Whether a post of ours is there that says this, under `answers`, since `at`. Raises `Refused` or `Unreachable`."""
        return await self._post_like(connection, Tried(text, answers, "", "", at))

    async def _post(self, connection: Connection, outbound: Outbound, hand_over: HandOver) -> Sent:
        answers = outbound.follows or a_text(outbound.facts.get("newest")) or outbound.answers
        fields: dict[str, Any] = {"text": outbound.text}
        if answers:
            fields["reply"] = {"in_reply_to_tweet_id": answers}
        if outbound.files:
            fields["media"] = {"media_ids": await bring(self._api, connection, outbound.files, "tweet")}
        tried = self._remember(connection, outbound, Tried(outbound.text, answers, "", "", self._api.now()))
        try:
            said = data_of(await self._api.do(connection, ("POST", "/2/tweets"), fields, hand_over))
        except Refused as error:
            found = await self._post_like(connection, tried) if error.code == "duplicate" else None
            if found is None:
                raise
            return found
        return _posted(connection, said, price_of_post(outbound.text, answers=bool(answers)))

    async def _write(self, connection: Connection, outbound: Outbound, hand_over: HandOver) -> Sent:
        person, conversation = outbound.recipient.address, outbound.thread_key.removeprefix("dm:")
        to_group = outbound.thread_key.startswith("dm:") and bool(conversation) and is_group(conversation)
        place = f"/2/dm_conversations/{part(conversation)}" if to_group else f"/2/dm_conversations/with/{part(person)}"
        tried = Tried(outbound.text, "", person, outbound.thread_key if to_group else "", self._api.now())
        found = (
            await self._message_like(connection, msgspec.structs.replace(tried, at=outbound.sent_at))
            if _is_late(outbound, tried.at)
            else None
        )
        if found is not None:
            return found
        fields: dict[str, Any] = {"text": outbound.text} if outbound.text else {}
        if outbound.files:
            numbers = await bring(self._api, connection, outbound.files, "dm")
            fields["attachments"] = [{"media_id": one} for one in numbers]
        self._remember(connection, outbound, tried)
        try:
            said = data_of(await self._api.do(connection, ("POST", f"{place}/messages"), fields, hand_over))
        except Refused as error:
            if error.code not in {"closed", "403"}:
                raise
            link = f"{SITE}/messages/compose?recipient_id={mine_of(connection).user_id}"
            raise Refused("closed", say(CLOSED, link=link), permanent=True) from error
        event, conversation = a_text(said.get("dm_event_id")), a_text(said.get("dm_conversation_id"))
        thread_key = f"dm:{conversation}" if conversation else ""
        keys = (event,) if event else ()
        return Sent(f"message {event}", keys, thread_key, Address(person), f"{SITE}/messages", PRICES["direct message"])

    def _remember(self, connection: Connection, outbound: Outbound, tried: Tried) -> Tried:
        """The first attempt counts: what arrived of it is older than the next one."""
        key = connection.inbox_id, outbound.external_id
        before = self._tried.get(key)
        tried = tried if before is None else msgspec.structs.replace(tried, at=before.at)
        self._tried[key] = tried
        while len(self._tried) > REMEMBERED:
            self._tried.popitem(last=False)
        return tried

    async def _post_like(self, connection: Connection, tried: Tried) -> Sent | None:
        me = mine_of(connection).user_id
        fields = "created_at,referenced_tweets,in_reply_to_user_id,entities,note_tweet,edit_history_tweet_ids,author_id"
        said = await self._api.get(connection, f"/2/users/{part(me)}/tweets", max_results=LOOKED, tweet__fields=fields)
        for one in list_of(said):
            post = post_of(one | {"author_id": me}, Around())
            if post is None or (post.at and post.at < tried.at - EARLIER) or not _same(tried.text, post.text, post.fresh):
                continue
            if tried.answers in {post.answers, ""}:
                return _posted(connection, one, price_of_post(tried.text, answers=bool(tried.answers)))
        return None

    async def _message_like(self, connection: Connection, tried: Tried) -> Sent | None:
        me, group = mine_of(connection).user_id, tried.thread_key.removeprefix("dm:")
        place = f"/2/dm_conversations/{part(group)}/dm_events" if group else f"/2/dm_conversations/with/{part(tried.person)}/dm_events"
        fields = "id,text,event_type,created_at,sender_id,dm_conversation_id,entities"
        said = await self._api.get(connection, place, max_results=LOOKED, dm_event__fields=fields)
        for one in list_of(said):
            message = message_of(one, around_of(said.get("includes")), me)
            if message is None or message.sender.id != me or (message.at and message.at < tried.at - EARLIER):
                continue
            if _same(tried.text, message.text, message.text):
                place = f"{SITE}/messages"
                key = f"dm:{message.conversation}"
                return Sent(f"message {message.id}", (message.id,), key, Address(tried.person), place, PRICES["direct message"])
        return None


def _posted(connection: Connection, said: dict[str, Any], cost: int) -> Sent:
    """The first of the history is what others will name; the newest one, too."""
    newest = a_text(said.get("id"))
    history = texts(said.get("edit_history_tweet_ids")) or texts(said.get("edit_history_post_ids"))
    keys = tuple(dict.fromkeys(one for one in (*history[:1], newest) if one))
    handle = str(connection.settings.get("handle") or "").lstrip("@")
    return Sent(f"post {newest}", keys, url=post_url(handle, newest), cost=cost)


def _same(ours: str, *theirs: str) -> bool:
    """Whether a text came through, however X broke its lines."""
    return " ".join(ours.split()) in {" ".join(one.split()) for one in theirs}


def _is_late(outbound: Outbound, now: int) -> bool:
    return bool(outbound.text) and 0 < outbound.sent_at < now - LATE
