"""People who live on Telegram in the demo: with the bot, in a group of travellers, and with the business account.

In: a double with a bot, a clock. Out: talks with the desk.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from sluss.sandbox.chatters import PICTURES, Chat, ChatStory, Chatters, load_chats, make_voice
from sluss.sandbox.customers.pictures import make_document, make_photo
from sluss.sandbox.telegram.network import Bot, Telegram
from sluss.sandbox.telegram.people import Business, Group, Person
from sluss.sandbox.telegram.telephone import Telephone

GROUP = Group(id=-1_002_244_668_800, title="Norrsken Air – resenärer", username="norrsken_resenarer")
OWNER = Person(id=900_100_200, first="Norrsken Air", username="norrskenair")
_BARE = str.maketrans("åäöéłńśżźąęćóÅÄÖŁŚŻ", "aaoelnszzaecoAAOLSZ")


class Holding(msgspec.Struct):
    """A telephone, and the message that opened the matter (None until then)."""

    telephone: Telephone
    first: dict[str, Any] | None = None


class TelegramLife:
    """Everybody there. `run` goes on until cancelled. Some write to the `business` account in place of the bot."""

    def __init__(self, network: Telegram, bot: Bot, clock: Callable[[], float], seed: int = 3, *, business: Business | None = None) -> None:
        self._network, self._bot = network, bot
        self._business = business or network.connect_business(bot, OWNER)
        network.count_from(int(clock()))
        self.chatters = Chatters(self, load_chats(Path(__file__).parent / "stories.toml"), clock, seed)

    async def run(self) -> None:
        """Go on until cancelled."""
        await self.chatters.run()

    def meet(self, story: ChatStory, dice: random.Random) -> Holding:
        return Holding(self._telephone(story.who, story.language, dice, native=bool(story.native)))

    async def begin(self, chat: Chat, text: str, dice: random.Random) -> None:
        holding, story = self._holding(chat), chat.story
        telephone = holding.telephone
        match story.way:
            case "group":
                for name, words in story.around:
                    await self._telephone(name, story.language, dice).say(words, group=GROUP)
                holding.first = await telephone.call(text, GROUP)
            case "album":
                album = await telephone.album([make_photo(dice) for _ in range(PICTURES)], text)
                holding.first = album[0]
            case "place":
                await telephone.stand_at(*story.at)
                holding.first = await telephone.say(text)
            case "voice":
                await telephone.say(text)
                holding.first = await telephone.speak(make_voice(), media_type="audio/wav")
            case "document":
                await telephone.hand(f"{chat.reference}.pdf", make_document(f"Norrsken Air {chat.reference}"), "application/pdf")
                holding.first = await telephone.say(text)
            case _:
                holding.first = await telephone.say(text)
        if story.native:
            await telephone.owner_answers(story.native)

    async def say(self, chat: Chat, text: str) -> None:
        telephone = self._holding(chat).telephone
        await (telephone.call(text, GROUP) if chat.story.way == "group" else telephone.say(text))

    async def notice(self, chat: Chat) -> None:
        """A bot is not told that it was read; a thumb goes up, where the person is of that kind."""
        mine = self._mine(chat)
        if chat.story.thumb and mine and chat.said == 0:
            await self._holding(chat).telephone.react(mine[-1])

    def answers(self, chat: Chat) -> int:
        return len(self._mine(chat))

    def _mine(self, chat: Chat) -> list[dict[str, Any]]:
        """What the company has said to this person; in a group what answers their words."""
        holding = self._holding(chat)
        person = holding.telephone.person.id
        if chat.story.way != "group":
            return [one for one in self._network.sent if one["chat"]["id"] == person]
        own = {
            number
            for (place, number), one in self._network.messages.items()
            if place == GROUP.id and one.get("from", {}).get("id") == person
        }
        return [
            one for one in self._network.sent if one.get("reply_parameters", {}).get("message_id") in own and one["chat"]["id"] == GROUP.id
        ]

    def _telephone(self, name: str, language: str, dice: random.Random, *, native: bool = False) -> Telephone:
        first, _, last = name.partition(" ")
        handle = name.translate(_BARE).lower().replace(" ", "_").replace("-", "")
        username = handle if dice.random() < 0.7 else ""
        person = Person(id=dice.randrange(10**8, 10**10), first=first, last=last, username=username, language=language)
        return Telephone(self._network, self._bot, person, business=self._business if native else None)

    def _holding(self, chat: Chat) -> Holding:
        holding: Holding = chat.hands
        return holding
