"""People who live on X in the demo: they mention, answer, quote, write in private, and sometimes a matter gets hot.

In: a double, a clock. Out: posts and messages, and reactions to what the company answers.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from sluss.sandbox.chatters import Chat, ChatStory, Chatters, Way
from sluss.sandbox.x.double import XDouble
from sluss.sandbox.x.world import US, Member, Said

STORIES = Path(__file__).parent / "stories.toml"


class XStory(ChatStory, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A matter on X; `post` is which of ours it is about, `handle` what the person is called there."""

    kind: Literal["mention", "reply", "quote", "message", "encrypted", "rant"]
    handle: str
    way: Way = "talk"
    followers: int = 100
    post: str = ""


class Holding(msgspec.Struct):
    """Somebody, and what they posted first (None in private)."""

    member: Member
    first: Said | None = None


class XLife:
    """Everybody there. `run` goes on until cancelled."""

    def __init__(self, double: XDouble, clock: Callable[[], float], seed: int = 5) -> None:
        self._double, told = double, tomllib.loads(STORIES.read_text(encoding="utf-8"))
        self._posts = {one["key"]: double.world.say(US, one["text"], source="X Web App").id for one in told["post"]}
        self._known = {one.key: one for one in msgspec.convert(told["story"], list[XStory])}
        self.chatters = Chatters(self, list(self._known.values()), clock, seed)

    async def run(self) -> None:
        """Go on until cancelled."""
        await self.chatters.run()

    def meet(self, story: ChatStory, dice: random.Random) -> Holding:
        known = self._known[story.key]
        return Holding(self._join(known.who, f"{known.handle}{dice.randrange(10, 100)}", known.followers))

    async def begin(self, chat: Chat, text: str, dice: random.Random) -> None:
        """Tell it, in the story's kind; who passes by joins in, and sometimes a colleague is faster on X itself."""
        holding, story = self._holding(chat), self._known[chat.story.key]
        ours = self._posts.get(story.post, "")
        match story.kind:
            case "message":
                await self._double.write(holding.member, text)
            case "encrypted":
                await self._double.write_encrypted(holding.member)
            case "reply":
                holding.first = await self._double.say(holding.member, text, answers=ours)
            case "quote":
                holding.first = await self._double.say(holding.member, text, quotes=ours)
            case _:
                holding.first = await self._double.say(holding.member, text)
        for name, words in story.around:
            other = self._join(name, f"{name.split()[0].lower()}{dice.randrange(10, 100)}", 300)
            await self._double.say(other, self._renamed(words, story, holding), answers=holding.first.id if holding.first else "")
        if story.native and holding.first is not None:
            await self._double.native_reply(holding.first.id, self._renamed(story.native, story, holding))

    async def say(self, chat: Chat, text: str) -> None:
        holding = self._holding(chat)
        if holding.first is None:
            await self._double.write(holding.member, text)
            return
        await self._double.say(holding.member, text, answers=(self._public(holding) or [holding.first])[-1].id)

    async def notice(self, chat: Chat) -> None:
        """What was written in private is read."""
        if self._private(self._holding(chat)):
            await self._double.read_everything(self._holding(chat).member)

    def answers(self, chat: Chat) -> int:
        holding = self._holding(chat)
        return self._private(holding) + len(self._public(holding))

    def _public(self, holding: Holding) -> list[Said]:
        """What the company has answered this person where everybody reads."""
        posts = self._double.world.posts
        theirs = {one.id for one in posts.values() if one.author == holding.member.id}
        return [one for one in posts.values() if one.author == US and one.answers in theirs]

    def _private(self, holding: Holding) -> int:
        return sum(one.recipient == holding.member.id for one in self._double.world.letters)

    def _join(self, name: str, handle: str, followers: int) -> Member:
        return self._double.world.join(handle, name, followers)

    def _renamed(self, words: str, story: XStory, holding: Holding) -> str:
        return words.replace(f"@{story.handle}", f"@{holding.member.handle}")

    def _holding(self, chat: Chat) -> Holding:
        holding: Holding = chat.hands
        return holding
