"""Visitors who live: they come, look around, ask, wait, react and say goodbye. In: a chat, its web site, a clock. Out: talks with the desk.

Never without bound: at most `PRESENT` at once, nobody new while `WAITING` wait for an answer, and at most `HOURLY` in an hour.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import zlib
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from sluss.kernel.clock import HOUR
from sluss.kernel.log import get_log
from sluss.sandbox.customers.mails import Answer, Letter, read_answer, write_mail
from sluss.sandbox.mail.servers import MailWorld
from sluss.sandbox.mail.world import StoredMail
from sluss.sandbox.site.pages import address_in, texts
from sluss.sandbox.visitors.client import Page, Visitor
from sluss.sandbox.visitors.connecting import Chat
from sluss.sandbox.visitors.stories import Story
from sluss.sandbox.visitors.talking import Luck, Seconds, Talking, TurnedAway
from sluss.sandbox.visitors.talks import Talk, TalkMemory, begin_talk, keep_talks, sign_in
from sluss.sandbox.visitors.wire import Broken, place_of

log = get_log("demo")

PRESENT, WAITING, HOURLY = 5, 7, 40
AT_FIRST = 3
NEW: Seconds = (20, 40)
MAILS: Seconds = (30, 90)
AGAIN: Seconds = (3, 9)
TOO_MANY = 429
BROWSERS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 16; Pixel 10) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:151.0) Gecko/20100101 Firefox/151.0",
)
FAR = "127.0.77.1"


class Web(msgspec.Struct, frozen=True):
    """Where Sluss answers, the chat there, and the web site that shows it."""

    sluss: str
    chat: Chat
    site: str

    def page(self, story: Story) -> Page:
        """Where somebody is whose story begins on a page."""
        told, address = texts(story.language), address_in(story.language)
        title = f"{told[f'title_{story.page}']} – Norrsken Air"
        home = f"{self.site}{address('home')}"
        return Page(f"{self.site}{address(story.page)}", title, home if story.page != "home" else "", lang=story.language)


class VisitorsLife:
    """Everybody in the chat."""

    def __init__(self, web: Web, stories: Mapping[str, Story], memory: TalkMemory, clock: Callable[[], int], luck: Luck) -> None:
        self._web, self._stories, self._memory, self._clock, self._luck = web, stories, memory, clock, luck
        self._begun: deque[int] = deque()
        self._recent: deque[str] = deque(maxlen=len(stories) // 2)
        self._changed = asyncio.Event()
        self._many_addresses = place_of(web.sluss, "").host.startswith("127.") and has_many_addresses()
        self._writing: set[asyncio.Task[None]] = set()
        self.present = 0

    async def live(self, folder: Path) -> None:
        """Go on until cancelled, those first who were there before; what is remembered is written down whenever it changed."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep(folder))
            before = [one for one in self._memory.talks if one.stage not in {"away", "over"}][:PRESENT]
            for talk in before:
                group.create_task(self._be_there(talk))
            for _ in range(AT_FIRST - len(before)):
                self._begin(group)
            while True:
                await self._luck.pause(NEW)
                self._begin(group)

    def may_begin(self) -> bool:
        """Whether somebody new may come."""
        while self._begun and self._begun[0] < self._clock() - HOUR:
            self._begun.popleft()
        waiting = sum(one.waits for one in self._memory.talks)
        return self.present < PRESENT and waiting < WAITING and len(self._begun) < HOURLY

    def read_mail(self, world: MailWorld, address: str, mail: StoredMail) -> None:
        """The answer to somebody who left the chat lies in their mailbox: they write back in a while."""
        talk = next((one for one in self._memory.talks if one.stage == "away" and one.person.address == address), None)
        answer = read_answer(mail.raw)
        if talk is not None and answer is not None:
            talk.stage = "over"
            self._changed.set()
            writing = asyncio.create_task(self._write_back(world, talk, answer))
            self._writing.add(writing)
            writing.add_done_callback(self._writing.discard)

    def _begin(self, group: asyncio.TaskGroup) -> None:
        if not self.may_begin():
            return
        story = self._stories[self._luck.dice.choice([key for key in self._stories if key not in self._recent])]
        self._recent.append(story.key)
        self._begun.append(self._clock())
        self._memory.talks.append(begin_talk(story, self._luck.dice, self._address()))
        group.create_task(self._be_there(self._memory.talks[-1]))

    async def _be_there(self, talk: Talk) -> None:
        """One visitor's whole talk. Whatever befalls it concerns nobody else."""
        self.present += 1
        try:
            await self._talk(talk, self._stories[talk.story])
        except (KeyError, TurnedAway, msgspec.ValidationError) as error:
            log.warning("visitor_gave_up", story=talk.story, reason=str(error)[:200])
            talk.stage = "over"
            self._changed.set()
        finally:
            self.present -= 1

    async def _talk(self, talk: Talk, story: Story) -> None:
        chat, page = self._web.chat, self._web.page(story)
        visitor = Visitor(place_of(self._web.sluss, chat.key, talk.address), token=talk.token, page=page)
        visitor.browser = BROWSERS[zlib.crc32(talk.token.encode()) % len(BROWSERS)]
        async with visitor.present():
            if talk.customer:
                await self._prove(talk, visitor)
            await Talking(talk, story, visitor, self._luck, self._changed.set).go()

    async def _prove(self, talk: Talk, visitor: Visitor) -> None:
        """Have the web site say who this is, as each of its pages does."""
        chat = self._web.chat
        while True:
            with contextlib.suppress(Broken):
                answer = await visitor.identify(sign_in(talk, chat.key, chat.identity_key, self._clock()))
                if answer.is_done:
                    return
                if answer.status != TOO_MANY:
                    raise TurnedAway(answer.body.decode())
            await self._luck.pause(AGAIN)

    async def _write_back(self, world: MailWorld, talk: Talk, answer: Answer) -> None:
        await self._luck.pause(MAILS)
        letter = Letter(
            person=talk.person,
            to=answer.reply_to,
            subject=answer.subject,
            text="\n".join(self._stories[talk.story].more).format(**talk.blanks),
            at=self._clock(),
            message_id=f"{self._luck.dice.getrandbits(80):020x}@{talk.person.address.partition('@')[2]}",
            answers=answer.message_id,
            quoted=answer.text,
        )
        world.deliver(write_mail(letter), [answer.reply_to], talk.person.address)

    def _address(self) -> str:
        """One of this machine's own, so that visitors are not all taken for one."""
        near = self._luck.dice.randrange
        return f"127.0.{near(1, 255)}.{near(1, 255)}" if self._many_addresses else ""

    async def _keep(self, folder: Path) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            await asyncio.to_thread(keep_talks, folder, self._memory)
            await asyncio.sleep(1)


def has_many_addresses() -> bool:
    """Whether connections of this machine to itself may come from any of 127.0.0.0/8; not every system has them all."""
    with contextlib.suppress(OSError), socket.socket() as trial:
        trial.bind((FAR, 0))
        return True
    return False
