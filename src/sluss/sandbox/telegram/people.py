"""Who is in the double's Telegram, and how it tells of them. In: numbers and names. Out: objects as the bot interface shows them."""

from __future__ import annotations

from typing import Any

import msgspec


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody with a telephone; `id` is also the number of their private chat with any bot."""

    id: int
    first: str
    last: str = ""
    username: str = ""
    language: str = "en"

    @property
    def user(self) -> dict[str, Any]:
        names = {"last_name": self.last, "username": self.username}
        told = {name: value for name, value in names.items() if value}
        return {"id": self.id, "is_bot": False, "first_name": self.first, "language_code": self.language, **told}

    @property
    def chat(self) -> dict[str, Any]:
        names = {"last_name": self.last, "username": self.username}
        return {"id": self.id, "type": "private", "first_name": self.first, **{name: value for name, value in names.items() if value}}


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A group; its number is negative."""

    id: int
    title: str
    username: str = ""

    @property
    def chat(self) -> dict[str, Any]:
        kind = "supergroup" if self.id < -1_000_000_000_000 else "group"
        return {"id": self.id, "type": kind, "title": self.title, **({"username": self.username} if self.username else {})}


class Bot(msgspec.Struct, kw_only=True):
    """A bot as @BotFather made it, with what waits for it. `reads` is how many ask for its updates now."""

    token: str
    username: str
    name: str
    hook: str = ""
    secret: str = ""
    allowed: tuple[str, ...] = ()
    waiting: list[dict[str, Any]] = []
    failed_at: int = 0
    failed: str = ""
    hears_all: bool = False
    reads: int = 0

    @property
    def id(self) -> int:
        return int(self.token.partition(":")[0])

    @property
    def user(self) -> dict[str, Any]:
        return {"id": self.id, "is_bot": True, "first_name": self.name, "username": self.username}


class Business(msgspec.Struct, frozen=True, kw_only=True):
    """A business account that a bot is connected to."""

    id: str
    owner: Person
    bot_token: str
