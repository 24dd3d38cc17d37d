"""People who live on Facebook and Instagram in the demo. In: a double with a page and an account, a clock. Out: words, and more words.

Never without bound: nobody new while `WAITING` wait for an answer; each story is told once before any is told again.
"""

from __future__ import annotations

import asyncio
import random
import zlib
from collections.abc import Callable

import msgspec

from sluss.kernel.clock import HOUR
from sluss.kernel.log import get_log
from sluss.sandbox.customers.pictures import make_photo
from sluss.sandbox.graph.instagram import InstagramDouble
from sluss.sandbox.graph.page import PageDouble
from sluss.sandbox.graph.people import Person
from sluss.sandbox.graph.server import GraphDouble
from sluss.sandbox.graph.stories import Story, load_stories
from sluss.sandbox.graph.talks import Talks

log = get_log("demo")

WAITING = 9
FIRST = 6
"""So many tell theirs at once, for whoever just came."""
POSTED, BEFORE = 5 * HOUR, 2 * HOUR
"""How long ago the company posted, and others commented."""
TURN_SECONDS = 1.0
NEW = (25.0, 70.0)
SEES, ANSWERS = (2.0, 6.0), (15.0, 45.0)
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class Matter(msgspec.Struct, kw_only=True):
    """A story under way: `key` is what was said first, `heard` how many answers were seen, `due` when the person acts next."""

    story: Story
    person: Person
    key: str
    heard: int = 0
    said: int = 0
    due: float = 0.0
    seen: bool = True


class GraphLife:
    """Everybody's next move. `run` makes them until cancelled."""

    def __init__(self, double: GraphDouble, page: PageDouble, account: InstagramDouble, clock: Callable[[], float], seed: int = 1) -> None:
        self._double, self._page, self._account, self._clock = double, page, account, clock
        self._dice = random.Random(seed)  # noqa: S311 - customers, not secrets
        posts, self._stories = load_stories()
        self._posts = {one.key: (page if one.network == "facebook" else account).post(one.text, ago=POSTED) for one in posts}
        self._left = list[Story]()
        self._next = 0.0
        self.matters = list[Matter]()

    async def run(self) -> None:
        """Go on until cancelled."""
        for _ in range(FIRST):
            await self.begin()
        while True:
            await self.turn()
            await asyncio.sleep(TURN_SECONDS)

    async def turn(self) -> None:
        """One round: who was answered reacts, and now and then somebody new speaks."""
        for matter in self.matters:
            await self._react(matter)
        now = self._clock()
        if now >= self._next:
            self._next = now + self._dice.uniform(*NEW)
            if sum(one.heard == 0 for one in self.matters[-2 * WAITING :]) < WAITING:
                await self.begin()

    async def begin(self) -> None:
        """The next story, by somebody new."""
        if not self._left:
            self._left = list(self._stories)
        story = self._left.pop(0)
        person = self._person(story.who)
        for name, text in story.around:
            self._place(story).said_before(self._person(name), self._posts[story.post], text, BEFORE)
        reference = "".join(self._dice.choice(LETTERS) for _ in range(6))
        matter = Matter(story=story, person=person, key=await self._tell(story, person, story.text.format(ref=reference)))
        self.matters.append(matter)
        log.debug("somebody_spoke", story=story.key, network=story.network)

    async def _tell(self, story: Story, person: Person, text: str) -> str:
        match story.way:
            case "visit":
                return await self._page.visit(person, text)
            case "mention":
                return await self._page.mention(person, text)
            case "recommend":
                return await self._page.recommend(person, text, positive=story.positive)
            case "comment":
                return await self._comment(story, person, text)
            case "story":
                return await self._account.tell_a_story(person, f"{self._double.number()}.png", make_photo(self._dice), "image/png")
            case "talk":
                return await self._talks(story).say(person, text)

    async def _comment(self, story: Story, person: Person, text: str, parent: str = "") -> str:
        post = self._posts[story.post]
        if story.network == "instagram":
            return await self._account.comment(person, post, text, parent=parent)
        return await self._page.comment(person, post, text, parent=parent)

    async def _react(self, matter: Matter) -> None:
        """Answers are seen after a while, and answered after another."""
        public, private = self._answers(matter)
        now, answers = self._clock(), public + private
        if answers > matter.heard:
            matter.heard, matter.seen = answers, False
            matter.due = now + self._dice.uniform(*SEES)
        elif not matter.seen and now >= matter.due:
            matter.seen = True
            matter.due = now + self._dice.uniform(*ANSWERS)
            if private:
                await self._talks(matter.story).read_everything(matter.person)
        elif matter.seen and matter.said < matter.heard and now >= matter.due:
            await self._go_on(matter, in_private=bool(private))

    async def _go_on(self, matter: Matter, *, in_private: bool) -> None:
        lines = [one for one in (matter.story.more, matter.story.closing) if one]
        place = self._place(matter.story)
        gone = matter.story.way not in {"talk", "story"} and matter.key not in place.items
        if matter.said >= len(lines) or gone:
            matter.said = matter.heard
            return
        text = lines[matter.said]
        matter.said += 1
        matter.due = self._clock() + self._dice.uniform(*ANSWERS)
        if in_private or matter.story.way in {"talk", "story"}:
            await self._talks(matter.story).say(matter.person, text)
        elif matter.story.way == "comment":
            await self._comment(matter.story, matter.person, text, parent=matter.key)
        else:
            await self._page.comment(matter.person, matter.key, text)

    def _answers(self, matter: Matter) -> tuple[int, int]:
        """How often the company has answered, in public and in private."""
        place = self._place(matter.story)
        return len(place.replies(matter.key)), len(self._talks(matter.story).said(matter.person))

    def _talks(self, story: Story) -> Talks:
        return self._place(story).talks

    def _place(self, story: Story) -> PageDouble | InstagramDouble:
        return self._account if story.network == "instagram" else self._page

    def _person(self, name: str) -> Person:
        """Somebody of this name; each telling is another person's."""
        number = self._double.number(7_700_000_000_000_000)
        handle = ".".join(name.lower().translate(_BARE).split())
        followers = zlib.crc32(name.encode()) % 4000
        return Person(number, name, handle, followers=followers, verified=followers > 3800)


_BARE = str.maketrans("åäöéłńśżźąęćó", "aaoelnszzaeco")
