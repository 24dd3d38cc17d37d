"""One visitor at the keyboard. In: a story, and how far its talk has come. Out: what they type and say, until they leave."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable

from sluss.sandbox.customers.pictures import make_photo
from sluss.sandbox.visitors.client import Item, Visitor
from sluss.sandbox.visitors.stories import Story
from sluss.sandbox.visitors.talks import Stage, Talk
from sluss.sandbox.visitors.wire import Broken, Upload

Seconds = tuple[float, float]

READING: Seconds = (2, 7)
PATIENCE: Seconds = (70, 150)
LEAVING: Seconds = (25, 60)
LINGERS: Seconds = (8, 25)
BY_LETTER = 0.055
"""Seconds that a letter takes to type."""
LONGEST = 12.0
SHOWN = 2.5
"""Seconds between two looks that the desk gets at what is being typed."""


class TurnedAway(Exception):
    """Sluss does not take what the visitor says; its own sentence."""


class Luck:
    """Dice and pauses. `hurry` divides every pause, for tests."""

    def __init__(self, seed: object, hurry: float = 1) -> None:
        self.dice = random.Random(str(seed))  # noqa: S311 - visitors, not secrets
        self.hurry = hurry

    def seconds(self, between: Seconds) -> float:
        """Somewhere between the two."""
        return self.dice.uniform(*between) / self.hurry

    async def pause(self, between: Seconds) -> None:
        """Do nothing for as long."""
        await asyncio.sleep(self.seconds(between))


class Talking:
    """`go` carries a talk on from where it stands; `changed` is called whenever it has come further."""

    def __init__(self, talk: Talk, story: Story, visitor: Visitor, luck: Luck, changed: Callable[[], None]) -> None:
        self._talk, self._story, self._visitor, self._luck, self._changed = talk, story, visitor, luck, changed

    async def go(self) -> None:
        """Until the visitor is content or has left. Raises `TurnedAway`."""
        if self._talk.stage == "asking":
            await self._ask()
        if self._talk.stage == "waiting" and await self._is_answered():
            await self._say_all(self._story.more)
            self._move("wondering")
        if self._talk.stage == "wondering" and await self._is_answered():
            await self._write(self._story.closing)
            self._move("over")
            await self._luck.pause(LINGERS)

    async def _ask(self) -> None:
        await self._luck.pause(READING)
        lines = self._story.text
        for line in lines[self._talk.said :]:
            photo = self._story.file and line == lines[-1]
            await self._write(line, photo=bool(photo))
            self._talk.said += 1
            self._changed()
        if self._story.leaves:
            with contextlib.suppress(Broken):
                await self._visitor.introduce(self._talk.person.name, self._talk.person.address)
        self._move("waiting")

    async def _is_answered(self) -> bool:
        """Wait for an answer; False for who has left before it came."""
        visitor, news = self._visitor, self._news
        while not news():
            seconds = None if self._talk.nudged and not self._story.leaves else self._luck.seconds(self._patience)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await visitor.until(news)
            if not news() and not visitor.typing and not await self._press():
                return False
        await self._luck.pause(READING)
        self._talk.heard = news()[-1].id
        return True

    async def _press(self) -> bool:
        """Patience is at its end: say so once; False for who then leaves."""
        if self._talk.nudged:
            self._move("away")
            return False
        await self._say_all(self._story.impatient)
        self._talk.nudged = True
        self._changed()
        return True

    def _news(self) -> list[Item]:
        """Answers that were not reacted to."""
        return [one for one in self._visitor.answers if int(one.id) > int(self._talk.heard or 0)]

    @property
    def _patience(self) -> Seconds:
        return LEAVING if self._story.leaves else PATIENCE

    async def _say_all(self, lines: tuple[str, ...]) -> None:
        for line in lines:
            await self._write(line)

    async def _write(self, line: str, *, photo: bool = False) -> None:
        """Type it, letter by letter, and send it."""
        text = line.format(**self._talk.blanks)
        seconds = min(LONGEST, len(text) * BY_LETTER)
        steps = int(seconds / SHOWN) + 1
        for step in range(1, steps + 1):
            with contextlib.suppress(Broken):
                await self._visitor.type(text[: len(text) * step // steps])
            await asyncio.sleep(seconds / steps / self._luck.hurry)
        picture = [Upload("IMG_2041.png", "image/png", make_photo(self._luck.dice))] if photo else []
        said = self._visitor.say(text, picture)
        await self._visitor.until(lambda: said.stored or said.refused)
        if said.refused:
            raise TurnedAway(said.refused)

    def _move(self, stage: Stage) -> None:
        self._talk.stage = stage
        self._changed()
