"""What people do with their telephones. In: a person, a place, words or pictures. Out: updates for the bot that is there."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from sluss.sandbox.telegram.network import Bot, Telegram
from sluss.sandbox.telegram.people import Business, Group, Person

_CALLS = itertools.count(1)


class Telephone:
    """One person's, for one bot. `business` chats with a business account in place of the bot."""

    def __init__(self, network: Telegram, bot: Bot, person: Person, *, business: Business | None = None) -> None:
        self.network, self.bot, self.person, self._business = network, bot, person, business

    async def press_start(self, payload: str = "") -> dict[str, Any]:
        """Open the bot for the first time; from now on it may write."""
        text = f"/start {payload}".strip()
        return await self.say(text, entities=[{"type": "bot_command", "offset": 0, "length": 6}])

    async def say(self, text: str, *, group: Group | None = None, answers: int = 0, **fields: Any) -> dict[str, Any]:
        """Write something; `answers` is the number of a message in the same chat."""
        return await self._send(group, {"text": text, **fields}, answers)

    async def call(self, text: str, group: Group) -> dict[str, Any]:
        """Speak to the bot in a group, by its name."""
        name = f"@{self.bot.username}"
        return await self.say(f"{name} {text}", group=group, entities=[{"type": "mention", "offset": 0, "length": len(name)}])

    async def album(self, pictures: Sequence[bytes], caption: str = "") -> list[dict[str, Any]]:
        """Several pictures at once: a message for each, and nothing that says how many they are."""
        key = str(1000 + next(_CALLS))
        sent: list[dict[str, Any]] = []
        for number, picture in enumerate(pictures):
            photo = [self.network.keep_file(picture[:200], width=90, height=60), self.network.keep_file(picture, width=1280, height=960)]
            words = {"caption": caption} if caption and not number else {}
            sent.append(await self._send(None, {"media_group_id": key, "photo": photo, **words}, 0))
        return sent

    async def show(self, picture: bytes, caption: str = "", *, group: Group | None = None) -> dict[str, Any]:
        """One picture."""
        return await self._send(group, {"photo": [self.network.keep_file(picture, width=1280, height=960)], "caption": caption}, 0)

    async def speak(self, recording: bytes, seconds: int = 12, *, media_type: str = "audio/ogg") -> dict[str, Any]:
        """A voice note."""
        return await self._send(None, {"voice": self.network.keep_file(recording, duration=seconds, mime_type=media_type)}, 0)

    async def hand(self, name: str, data: bytes, media_type: str, *, size: int = 0) -> dict[str, Any]:
        """A file; `size` is what Telegram says of it, where that is not the truth."""
        document = self.network.keep_file(data, file_name=name, mime_type=media_type)
        return await self._send(None, {"document": document | ({"file_size": size} if size else {})}, 0)

    async def stand_at(self, latitude: float, longitude: float) -> dict[str, Any]:
        """Where they are."""
        return await self._send(None, {"location": {"latitude": latitude, "longitude": longitude}}, 0)

    async def press(self, message: dict[str, Any], data: str, *, again: str = "") -> str:
        """Press a button under a message; returns the number of the press, to be told once more by `again`."""
        query = again or f"press-{next(_CALLS)}"
        await self.network.tell(self.bot, callback_query={"id": query, "from": self.person.user, "message": message, "data": data})
        return query

    async def react(self, message: dict[str, Any], emoji: str = "👍") -> None:
        """React to a message; an empty emoji takes it back."""
        new = [{"type": "emoji", "emoji": emoji}] if emoji else []
        old = [] if emoji else [{"type": "emoji", "emoji": "👍"}]
        where = {"chat": message["chat"], "message_id": message["message_id"], "user": self.person.user, "date": message["date"] + 5}
        await self.network.tell(self.bot, message_reaction={**where, "old_reaction": old, "new_reaction": new})

    async def edit(self, message: dict[str, Any], text: str) -> None:
        """Change what was said."""
        changed = message | {"text": text, "edit_date": message["date"] + 9}
        kind = "edited_business_message" if "business_connection_id" in message else "edited_message"
        await self.network.tell(self.bot, **{kind: changed})

    async def delete(self, *messages: dict[str, Any]) -> None:
        """Take back what was said to a business account; a bot is never told of that in its own chats."""
        if self._business is not None:
            numbers = [one["message_id"] for one in messages]
            gone = {"business_connection_id": self._business.id, "chat": self.person.chat, "message_ids": numbers}
            await self.network.tell(self.bot, deleted_business_messages=gone)

    async def owner_answers(self, text: str, *, by: Bot | None = None) -> dict[str, Any]:
        """The business account answers in its own app, or another bot does on its behalf."""
        if self._business is None:
            raise LookupError("no business account")
        fields: dict[str, Any] = {"text": text, "business_connection_id": self._business.id}
        fields |= {"sender_business_bot": by.user} if by is not None else {}
        message = self.network.keep(self.person.chat, self._business.owner.user, **fields)
        await self.network.tell(self.bot, business_message=message)
        return message

    async def block(self, *, back: bool = False) -> None:
        """Want nothing more of the bot; `back` takes it back."""
        place = self.bot.id, self.person.id
        (self.network.blocked.discard if back else self.network.blocked.add)(place)
        status = ("kicked", "member") if back else ("member", "kicked")
        members = {
            name: {"user": self.bot.user, "status": one} for name, one in zip(("old_chat_member", "new_chat_member"), status, strict=True)
        }
        news = {"chat": self.person.chat, "from": self.person.user, "date": 1_795_262_400, **members}
        await self.network.tell(self.bot, my_chat_member=news)

    async def _send(self, group: Group | None, fields: dict[str, Any], answers: int) -> dict[str, Any]:
        chat = group.chat if group is not None else self.person.chat
        if answers:
            fields["reply_to_message"] = self.network.messages[chat["id"], answers]
        if self._business is not None:
            fields["business_connection_id"] = self._business.id
        elif group is None:
            self.network.started.add((self.bot.id, self.person.id))
        message = self.network.keep(chat, self.person.user, **fields)
        kind = "business_message" if self._business is not None else "message"
        await self.network.tell(self.bot, **{kind: message})
        return message


async def move_group(network: Telegram, bot: Bot, group: Group, after: int) -> Group:
    """A group becomes a supergroup, with another number."""
    network.moved[group.id] = after
    message = network.keep(group.chat, None, migrate_to_chat_id=after)
    await network.tell(bot, message=message)
    return Group(id=after, title=group.title, username=group.username)
