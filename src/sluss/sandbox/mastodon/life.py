"""People who live around the demo's Mastodon account: questions in public, warnings before hard words, letters to nobody else.

In: a double, a clock. Out: posts, and reactions to what the company answers.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from sluss.sandbox.chatters import Chat, ChatStory, Chatters, Way
from sluss.sandbox.mastodon.double import MastodonDouble
from sluss.sandbox.mastodon.world import HOST, US, Member, Said

STORIES = Path(__file__).parent / "stories.toml"


class MastodonStory(ChatStory, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A matter on Mastodon; `name` and `host` are the person's there. Of those `around`: shown name, name, words, whom they name."""

    name: str
    host: str
    way: Way = "talk"
    visibility: str = "public"
    spoiler: str = ""
    around: tuple[tuple[str, str, str, str], ...] = ()  # pyright: ignore[reportIncompatibleVariableOverride]


class Holding(msgspec.Struct):
    """Somebody, and what they posted first."""

    member: Member
    first: Said | None = None


class MastodonLife:
    """Everybody there. `run` goes on until cancelled."""

    def __init__(self, double: MastodonDouble, clock: Callable[[], float], seed: int = 7) -> None:
        self._double, told = double, tomllib.loads(STORIES.read_text(encoding="utf-8"))
        for one in told["post"]:
            double.world.say(double.us, one["text"], program="Web")
        self._known = {one.key: one for one in msgspec.convert(told["story"], list[MastodonStory])}
        self.chatters = Chatters(self, list(self._known.values()), clock, seed)

    async def run(self) -> None:
        """Go on until cancelled, once somebody listens: what was said before that nobody brings in."""
        await self._double.streamed()
        await self.chatters.run()

    def meet(self, story: ChatStory, dice: random.Random) -> Holding:
        known = self._known[story.key]
        host = "" if known.host == HOST else known.host
        return Holding(self._double.world.join(f"{known.name}{dice.randrange(10, 100)}", known.who, host))

    async def begin(self, chat: Chat, text: str, dice: random.Random) -> None:
        """Tell it; who passes by says something, too, and sometimes a colleague is faster on the server's own page."""
        holding, story = self._holding(chat), self._known[chat.story.key]
        more: dict[str, Any] = {"visibility": story.visibility, "spoiler": story.spoiler, "language": story.language}
        holding.first = await self._double.say(holding.member, _called(text), **more)
        for shown, name, words, named in story.around:
            other = self._double.world.join(f"{name}{dice.randrange(10, 100)}", shown)
            whom = named.replace("{who}", f"@{holding.member.whole}")
            await self._double.say(other, f"{whom} {words}", answers=holding.first.id)
        if story.native:
            await self._double.native_reply(holding.first, story.native.replace(f"@{story.name}", f"@{holding.member.acct}"))

    async def say(self, chat: Chat, text: str) -> None:
        holding, story = self._holding(chat), self._known[chat.story.key]
        last = (self._answers(holding) or [holding.first])[-1]
        answers = last.id if last else ""
        visibility = last.visibility if last else story.visibility
        await self._double.say(holding.member, _called(text), answers=answers, visibility=visibility, spoiler=story.spoiler)

    async def notice(self, chat: Chat) -> None:
        """A star for the answer, now and then."""
        answers = self._answers(self._holding(chat))
        if answers and not answers[-1].favourites:
            await self._double.like(self._holding(chat).member, answers[-1])

    def answers(self, chat: Chat) -> int:
        return len(self._answers(self._holding(chat)))

    def _answers(self, holding: Holding) -> list[Said]:
        """What the company has answered this person."""
        posts = self._double.world.posts
        theirs = {one.id for one in posts.values() if one.author.id == holding.member.id}
        return [one for one in posts.values() if one.author.id == US and one.answers in theirs]

    def _holding(self, chat: Chat) -> Holding:
        holding: Holding = chat.hands
        return holding


def _called(words: str) -> str:
    """With our name where the story has a gap for it."""
    return words.replace("[us]", f"@norrskenair@{HOST}")
