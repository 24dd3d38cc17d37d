"""How Telegram's chats and messages are called here. In: its numbers. Out: keys of messages, threads and posts, and the numbers back.

Numbers of messages count within a chat, and in private chats within one bot's: the bot, or the business account, is part of every key.
"""

from __future__ import annotations

import re

import msgspec

from sluss.channels.contract import Connection

PREFIX = "telegram-"
_TOKEN = re.compile(r"([0-9]{3,20}):[A-Za-z0-9_-]{20,100}")
_MESSAGE = re.compile(r"(tg|tb):([A-Za-z0-9_-]{1,200}):(-?[0-9]{1,19}):([0-9]{1,19})")
_PRIVATE = re.compile(r"dm:(?:([A-Za-z0-9_-]{1,200}):)?(-?[0-9]{1,19})")
_PUBLIC = re.compile(r"p:(-?[0-9]{1,19})(?:/([0-9]{1,19}))?:root:-?[0-9]{1,19}")


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where something is said: a chat, in it a topic (0: none), and the business account through which we are there (empty: as the bot)."""

    chat: int
    topic: int = 0
    business: str = ""


class Spot(msgspec.Struct, frozen=True):
    """One message in its chat."""

    place: Place
    message: int


def bot_in(token: str) -> str:
    """The number of the bot that a token belongs to; empty for what is no token."""
    found = _TOKEN.fullmatch(token.strip())
    return found[1] if found else ""


def bot_of(connection: Connection) -> int:
    """The number of the inbox's bot."""
    number = connection.address.removeprefix(PREFIX)
    return int(number) if number.isascii() and number.isdigit() else 0


def message_key(bot: int, place: Place, message: int) -> str:
    """The name of a message over everything."""
    whose = f"tb:{place.business}" if place.business else f"tg:{bot}"
    return f"{whose}:{place.chat}:{message}"


def spot_of(key: str) -> Spot | None:
    """The message that a key names."""
    found = _MESSAGE.fullmatch(key)
    if found is None:
        return None
    return Spot(Place(chat=int(found[3]), business=found[2] if found[1] == "tb" else ""), int(found[4]))


def private_thread(place: Place) -> str:
    """The thread of a private chat."""
    return f"dm:{place.business}:{place.chat}" if place.business else f"dm:{place.chat}"


def public_thread(place: Place, author: int) -> str:
    """What one person says in a group, or in one topic of it."""
    return f"p:{post_key(place)}:root:{author}"


def post_key(place: Place) -> str:
    """The group or topic under which people's words hang."""
    return f"{place.chat}/{place.topic}" if place.topic else str(place.chat)


def place_of(thread_key: str) -> Place | None:
    """Where a thread is."""
    if found := _PRIVATE.fullmatch(thread_key):
        return Place(chat=int(found[2]), business=found[1] or "")
    if found := _PUBLIC.fullmatch(thread_key):
        return Place(chat=int(found[1]), topic=int(found[2] or 0))
    return None
