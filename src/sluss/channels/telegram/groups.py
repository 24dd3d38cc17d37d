"""Groups are public: everybody in them reads what is said. In: a message of a group. Out: a word to us, or what others say around it.

Each person has one thread in a group, or in a topic of it; comments under a post of a channel hang under that post.
"""

from __future__ import annotations

from typing import Any

import msgspec

from sluss.channels.contract import Connection, Inbound, Understood
from sluss.channels.happenings import Bystander, Post
from sluss.channels.telegram.content import Said, facts_of, group_of, person_of, place_in, said_in, wanted_of
from sluss.channels.telegram.entities import part_of
from sluss.channels.telegram.keys import Place, bot_of, message_key, post_key, public_thread
from sluss.channels.telegram.updates import Message
from sluss.channels.who import Address, Profile
from sluss.kernel.clock import SECOND
from sluss.kernel.text import clean_text

SUPERGROUP = 1_000_000_000_000
"""What is taken off the number of a group to get the one in its links."""


def understand_in_group(message: Message, raw: dict[str, Any], connection: Connection, pressed: Inbound | None = None) -> list[Understood]:
    """A message as a case's, as a bystander's, or nothing; `pressed` is what is known already of a press of a button."""
    said = said_in(message, raw) if pressed is None else Said(pressed.text, "", "button")
    listens = str(connection.settings.get("groups") or "asked")
    if said is None or listens == "no" or message.is_automatic_forward:
        return []
    return _InGroup(message, connection).read(said, pressed, every=listens == "all")


class _InGroup:
    def __init__(self, message: Message, connection: Connection) -> None:
        self._message, self._connection, self._bot = message, connection, bot_of(connection)
        self._place = _place(message)
        self._key = message_key(self._bot, place_in(message), message.message_id)
        answered = None if _begins_topic(message) else message.reply_to_message
        self._answered = answered
        self._parent = message_key(self._bot, place_in(message), answered.message_id) if answered is not None else ""

    def read(self, said: Said, pressed: Inbound | None, *, every: bool) -> list[Understood]:
        author, profile = self._author()
        if author is None:
            return []
        ours = author.address == str(self._message.chat.id)
        kind = "" if ours else "button" if pressed is not None else self._kind()
        if not kind and (ours or not every):
            return [self._bystander(said, author, ours=ours)] if said.text else []
        return [self._inbound(said, pressed, (author, profile), kind or "comment")]

    def _author(self) -> tuple[Address | None, Profile | None]:
        """Whoever speaks in the name of a channel or of the group itself has no number of their own."""
        if self._message.sender_chat is not None:
            return group_of(self._message.sender_chat)
        if self._message.author is None or self._message.author.is_bot:
            return None, None
        return person_of(self._message.author)

    def _kind(self) -> str:
        """Whether it is said to us, and how; empty when it is not."""
        message, name = self._message, str(self._connection.settings.get("handle") or "").lstrip("@").lower()
        if self._answered is not None and self._answered.author is not None and self._answered.author.id == self._bot:
            return "reply"
        words, entities = (message.text, message.entities) if message.text else (message.caption, message.caption_entities)
        for one in entities[:100]:
            part = part_of(words, one).lower() if one.type in {"mention", "bot_command"} else ""
            command, at, whom = part.partition("@")
            if one.type == "bot_command" and command and (not at or whom == name):
                return "mention"
            # Whoever has not told Sluss the bot's name is spoken to by any: all bots' names end alike.
            if one.type == "mention" and (part == f"@{name}" if name else part.endswith("bot")):
                return "mention"
            if one.type == "text_mention" and one.user is not None and one.user.id == self._bot:
                return "mention"
        return ""

    def _inbound(self, said: Said, pressed: Inbound | None, person: tuple[Address, Profile | None], kind: str) -> Inbound:
        message, thread = self._message, public_thread(self._place, int(person[0].address))
        if pressed is not None:
            return msgspec.structs.replace(pressed, visibility="public", thread_key=thread, post=self._post(), url=self._url())
        facts = facts_of(message) | ({"topic": message.message_thread_id} if message.message_thread_id else {})
        return Inbound(
            external_id=self._key,
            dedupe_key=self._key,
            sender=person[0],
            subject="",
            text=said.text,
            fresh=said.text,
            html=said.html,
            references=(self._parent,) if self._parent else (),
            sent_at=message.date * SECOND,
            thread_key=thread,
            visibility="public",
            kind=kind,
            post=self._post(),
            parent_key=self._parent,
            url=self._url(),
            facts=facts,
            wanted=wanted_of(message, self._key),
            profile=person[1],
        )

    def _bystander(self, said: Said, author: Address, *, ours: bool) -> Bystander:
        return Bystander(
            post=self._post(),
            external_id=self._key,
            author=author,
            text=said.text,
            at=self._message.date * SECOND,
            parent_key=self._parent,
            url=self._url(),
            ours=ours,
        )

    def _post(self) -> Post:
        """The post of a channel that is commented on, else the group itself."""
        chat, answered = self._message.chat, self._answered
        if answered is not None and answered.is_automatic_forward:
            author = group_of(answered.sender_chat)[0] if answered.sender_chat is not None else Address("")
            text = clean_text(answered.text or answered.caption)
            return Post(key=post_key(self._place), author=author, text=text, at=answered.date * SECOND, url=self._link(answered.message_id))
        return Post(key=post_key(self._place), author=group_of(chat)[0], url=self._link(self._place.topic))

    def _url(self) -> str:
        return self._link(self._message.message_id)

    def _link(self, message: int) -> str:
        """Where people who are in the group see it; small groups have no links."""
        chat = self._message.chat
        if chat.username:
            return f"https://t.me/{chat.username}/{message}" if message else f"https://t.me/{chat.username}"
        return f"https://t.me/c/{-chat.id - SUPERGROUP}/{message or 1}" if -chat.id > SUPERGROUP else ""


def _place(message: Message) -> Place:
    """The group, or the topic or the channel's post in it under which a message hangs."""
    answered = message.reply_to_message
    hangs = message.is_topic_message or (answered is not None and answered.is_automatic_forward)
    return Place(chat=message.chat.id, topic=message.message_thread_id if hangs else 0)


def _begins_topic(message: Message) -> bool:
    """In a topic everything seems to answer the message by which the topic was begun."""
    answered = message.reply_to_message
    return message.is_topic_message and answered is not None and answered.message_id == message.message_thread_id
