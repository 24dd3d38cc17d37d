"""People who live on WhatsApp in the demo. In: a number at a double, a clock. Out: talks with the desk, blue ticks, thumbs."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import msgspec

from sluss.sandbox.chatters import PICTURES, Chat, ChatStory, Chatters, load_chats, make_voice
from sluss.sandbox.customers.pictures import make_document, make_photo
from sluss.sandbox.graph.whatsapp import Caller, WhatsappDouble

COUNTRIES = {"sv": ("SE", "4670"), "pl": ("PL", "4850"), "en": ("GB", "4477")}


class Holding(msgspec.Struct):
    """A telephone: whose it is, and what they have seen of our answers."""

    caller: Caller
    seen: int = 0


class WhatsappLife:
    """Everybody there. `run` goes on until cancelled."""

    def __init__(self, number: WhatsappDouble, clock: Callable[[], float], seed: int = 5) -> None:
        self._number = number
        self.chatters = Chatters(self, load_chats(Path(__file__).parent / "whatsapp_stories.toml"), clock, seed)

    async def run(self) -> None:
        """Go on until cancelled."""
        await self.chatters.run()

    def meet(self, story: ChatStory, dice: random.Random) -> Holding:
        """Every third person shows no telephone number."""
        country, prefix = COUNTRIES[story.language]
        scoped = f"{country}.{dice.randrange(10**19, 10**20)}"
        shy = dice.random() < 0.33
        number = "" if shy else f"{prefix}{dice.randrange(10**7, 10**8 - 1)}"
        username = story.who.split()[0].lower() + str(dice.randrange(70, 99)) if shy else ""
        return Holding(Caller(name=story.who, number=number, scoped=scoped, username=username))

    async def begin(self, chat: Chat, text: str, dice: random.Random) -> None:
        caller, story, number = self._caller(chat), chat.story, self._number
        match story.way:
            case "album":
                await number.album(caller, [make_photo(dice) for _ in range(PICTURES)], text)
            case "place":
                await number.stand_at(caller, *story.at)
                await number.say(caller, text)
            case "voice":
                await number.say(caller, text)
                await number.speak(caller, make_voice(), media_type="audio/wav")
            case "document":
                page = make_document(f"Norrsken Air {chat.reference}")
                await number.show(caller, page, text, kind="document", media_type="application/pdf")
            case "button":
                await number.press(caller, text, f"ask:{chat.reference}")
            case _:
                await number.say(caller, text)
        if story.native:
            await number.native_reply(caller, story.native)

    async def say(self, chat: Chat, text: str) -> None:
        await self._number.say(self._caller(chat), text)

    async def notice(self, chat: Chat) -> None:
        """Two blue ticks, and a thumb where the person is of that kind."""
        holding: Holding = chat.hands
        mine = self._mine(chat)
        for key in mine[holding.seen :]:
            await self._number.tell_status(key, "read")
        holding.seen = len(mine)
        if chat.story.thumb and mine and chat.said == 0:
            await self._number.react(holding.caller, mine[-1])

    def answers(self, chat: Chat) -> int:
        return len(self._mine(chat))

    def _mine(self, chat: Chat) -> list[str]:
        """The keys of what the company has said to this person."""
        whom = self._caller(chat).key
        return [str(one["id"]) for one in self._number.sent if one["person"].key == whom]

    def _caller(self, chat: Chat) -> Caller:
        holding: Holding = chat.hands
        return holding.caller
