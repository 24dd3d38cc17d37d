"""People who chat with the company in the demo, on any messenger. In: stories, and hands that can type there. Out: words, and more words.

Never without bound: nobody new while `WAITING` wait for an answer; each story is told once before any is told again.
"""

from __future__ import annotations

import asyncio
import math
import random
import struct
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec

from sluss.kernel.log import get_log

log = get_log("demo")

WAITING = 5
FIRST = 3
"""So many write at once, for whoever just came."""
REMEMBERED = 200
TURN_SECONDS = 1.0
NEW = (35.0, 90.0)
SEES, ANSWERS = (2.0, 6.0), (15.0, 45.0)
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
PICTURES = 10
RATE = 8000

Way = Literal["talk", "album", "place", "voice", "button", "group", "document"]


class ChatStory(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One person's matter: how it begins, what others said before (in a group), and what follows answers.

    `native` is what a colleague answers in the network's own app, where there is one; `at` is where the person stands.
    """

    key: str
    way: Way
    who: str
    language: str
    text: str = ""
    around: tuple[tuple[str, str], ...] = ()
    more: str = ""
    closing: str = ""
    thumb: bool = False
    native: str = ""
    at: tuple[float, float] = (59.6519, 17.9186)


class Chat(msgspec.Struct, kw_only=True):
    """A story under way: `hands` are the network's own for this person; the rest as in a conversation that is waited for."""

    story: ChatStory
    hands: Any
    reference: str
    heard: int = 0
    said: int = 0
    due: float = 0.0
    seen: bool = True


class Messenger(Protocol):
    """A network as people use it."""

    def meet(self, story: ChatStory, dice: random.Random) -> Any:
        """Hands for a new person of the story."""
        ...

    async def begin(self, chat: Chat, text: str, dice: random.Random) -> None:
        """Tell it, in the story's way."""
        ...

    async def say(self, chat: Chat, text: str) -> None:
        """Write more."""
        ...

    async def notice(self, chat: Chat) -> None:
        """See what was answered; perhaps a thumb goes up."""
        ...

    def answers(self, chat: Chat) -> int:
        """How often the company has answered this person."""
        ...


class Chatters:
    """Everybody's next move. `run` makes them until cancelled."""

    def __init__(self, messenger: Messenger, stories: Sequence[ChatStory], clock: Callable[[], float], seed: int = 1) -> None:
        self._messenger, self._stories, self._clock = messenger, stories, clock
        self._dice = random.Random(seed)  # noqa: S311 - customers, not secrets
        self._left = list[ChatStory]()
        self._next = 0.0
        self.chats = list[Chat]()

    async def run(self) -> None:
        """Go on until cancelled."""
        for _ in range(FIRST):
            await self.begin()
        while True:
            await self.turn()
            await asyncio.sleep(TURN_SECONDS)

    async def turn(self) -> None:
        """One round: who was answered reacts, and now and then somebody new writes."""
        for chat in self.chats:
            await self._react(chat)
        now = self._clock()
        if now >= self._next:
            self._next = now + self._dice.uniform(*NEW)
            if sum(one.heard == 0 for one in self.chats[-2 * WAITING :]) < WAITING:
                await self.begin()

    async def begin(self) -> None:
        """The next story, by somebody new."""
        self._left = self._left or list(self._stories)
        story = self._left.pop(0)
        reference = "".join(self._dice.choice(LETTERS) for _ in range(6))
        chat = Chat(story=story, hands=self._messenger.meet(story, self._dice), reference=reference)
        self.chats = [*self.chats, chat][-REMEMBERED:]
        await self._messenger.begin(chat, story.text.format(ref=reference), self._dice)
        log.debug("somebody_chatted", story=story.key)

    async def _react(self, chat: Chat) -> None:
        """Answers are seen after a while, and answered after another."""
        now, answers = self._clock(), self._messenger.answers(chat)
        if answers > chat.heard:
            chat.heard, chat.seen = answers, False
            chat.due = now + self._dice.uniform(*SEES)
        elif not chat.seen and now >= chat.due:
            chat.seen = True
            chat.due = now + self._dice.uniform(*ANSWERS)
            await self._messenger.notice(chat)
        elif chat.seen and chat.said < chat.heard and now >= chat.due:
            lines = [one for one in (chat.story.more, chat.story.closing) if one]
            if chat.said < len(lines):
                await self._messenger.say(chat, lines[chat.said].format(ref=chat.reference))
            chat.said = chat.heard if chat.said >= len(lines) - 1 else chat.said + 1
            chat.due = now + self._dice.uniform(*ANSWERS)


def load_chats(path: Path) -> list[ChatStory]:
    """The stories of a file."""
    return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8"))["story"], list[ChatStory])


def make_voice(seconds: int = 3) -> bytes:
    """Somebody humming, as WAV: a tone that rises and falls as speech does."""
    samples = bytearray()
    for number in range(RATE * seconds):
        at = number / RATE
        loud = 40 * max(0.0, math.sin(at * 5.1)) * min(1.0, at * 4)
        samples.append(128 + int(loud * math.sin(2 * math.pi * (160 + 40 * math.sin(at * 2.3)) * at)))
    head = b"RIFF" + struct.pack("<I", 36 + len(samples)) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, RATE, RATE, 1, 8)
    return head + b"data" + struct.pack("<I", len(samples)) + bytes(samples)
