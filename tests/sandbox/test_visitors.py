"""The simulated visitors: what they speak through trouble, what they ask, and how they live."""

from __future__ import annotations

import asyncio
import random
import string
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sluss.channels.contract import Connection
from sluss.channels.webchat.identity import new_identity_key, read_identity
from sluss.kernel.clock import SECOND, TestClock
from sluss.sandbox.customers.scripts import LANGUAGES, fill_blanks
from sluss.sandbox.customers.world import CustomersWorld
from sluss.sandbox.mail.world import StoredMail
from sluss.sandbox.visitors.client import Item, Pace, Page, Said, Visitor
from sluss.sandbox.visitors.connecting import Chat
from sluss.sandbox.visitors.faults import Faults
from sluss.sandbox.visitors.life import HOURLY, PRESENT, WAITING, VisitorsLife, Web
from sluss.sandbox.visitors.stories import load_stories
from sluss.sandbox.visitors.talking import Luck, Talking, TurnedAway
from sluss.sandbox.visitors.talks import TALKS, TalkMemory, begin_talk, keep_talks, load_talks, sign_in
from sluss.sandbox.visitors.wire import Answer, Place, Upload, place_of
from tests.browser.host import CHAT
from tests.browser.place import Place as Office

STORIES = load_stories()
NOW = 1_795_262_400 * SECOND
QUICK = Pace(0.02, 0.2, 20)
dice = random.Random


def test_there_are_stories_in_three_languages_with_no_blank_left_open() -> None:
    assert set(Counter(story.language for story in STORIES.values()).values()) == {5}
    assert {story.language for story in STORIES.values() if story.proven} == set(LANGUAGES)
    assert {story.language for story in STORIES.values() if story.leaves} == set(LANGUAGES)
    for story in STORIES.values():
        blanks = fill_blanks(story.language, "Åsa Lindqvist", dice(1))
        for line in (*story.text, *story.impatient, *story.more, story.closing):
            assert {name for _, name, _, _ in string.Formatter().parse(line) if name} <= set(blanks), line


async def turns(holds: Callable[[], object]) -> None:
    """Let the others have their turns, until something holds; at most a while."""
    for _ in range(3_000):
        if holds():
            return
        await asyncio.sleep(0)


class Quiet(Visitor):
    """A visitor whose words reach somebody without a network; `hears` is the next answer."""

    def __init__(self) -> None:
        super().__init__(Place("127.0.0.1", 1, CHAT))
        self.posted: list[tuple[str, Any]] = []
        self.refuses = ""

    async def post(self, what: str, told: Any) -> Answer:
        self.posted.append((what, told))
        return Answer(204, {}, b"")

    def say(self, text: str, files: Any = ()) -> Said:
        self.said.append(Said("k" * 24, text, tuple(files), stored=not self.refuses, refused=self.refuses))
        return self.said[-1]

    def hears(self, number: int) -> None:
        self.items[str(number)] = Item(id=str(number), by="agent", text="Hej!", at=number)
        self._changed.set()


def talking(key: str) -> tuple[Talking, Quiet, Any]:
    talk, visitor = begin_talk(STORIES[key], dice(1)), Quiet()
    return Talking(talk, STORIES[key], visitor, Luck(1, 100_000), lambda: None), visitor, talk


async def test_a_visitor_asks_presses_once_goes_on_and_thanks() -> None:
    going, visitor, talk = talking("sv-late-bag")
    task = asyncio.create_task(going.go())
    await turns(lambda: talk.nudged)
    story = STORIES["sv-late-bag"]
    assert (len(visitor.said), talk.stage, talk.waits) == (len(story.text) + 1, "waiting", True)
    assert visitor.said[1].files[0].media_type == "image/png"
    assert [told["text"] for what, told in visitor.posted if what == "typing"][-1].endswith(story.impatient[0][-5:])
    visitor.hears(1)
    await turns(lambda: talk.stage != "waiting")
    visitor.hears(2)
    await task
    assert (talk.stage, talk.heard, visitor.said[-1].text) == ("over", "2", story.closing)


async def test_who_cannot_wait_leaves_an_address() -> None:
    going, visitor, talk = talking("en-violin")
    await going.go()
    assert (talk.stage, talk.waits) == ("away", True)
    assert ("profile", {"name": talk.person.name, "email": talk.person.address}) in visitor.posted


async def test_who_is_turned_away_says_so() -> None:
    going, visitor, _ = talking("en-delay")
    visitor.refuses = "This chat is closed."
    with pytest.raises(TurnedAway, match="closed"):
        await going.go()


def test_the_sign_in_of_the_web_site_proves_its_customers() -> None:
    talk, key = begin_talk(STORIES["pl-name"], dice(3)), new_identity_key()
    connection = Connection(workspace_id=1, inbox_id=1, name="", address=CHAT, settings={}, secrets={"identity_key": key})
    proven = read_identity(sign_in(talk, CHAT, key, NOW), connection, NOW)
    assert (proven.subject, proven.name, proven.email) == (talk.customer, talk.person.name, talk.person.address)


def life(memory: TalkMemory, clock: TestClock) -> VisitorsLife:
    web = Web("http://127.0.0.1:1", Chat(1, CHAT, "x" * 43), "http://127.0.0.1:2")
    return VisitorsLife(web, STORIES, memory, clock, Luck(1, 100_000))


async def test_visitors_stay_few_when_nobody_answers(tmp_path: Path) -> None:
    """Nobody can be reached here, so all that came wait on; the next start finds them as they were."""
    memory, clock = TalkMemory(), TestClock(NOW)
    living = life(memory, clock)
    task = asyncio.create_task(living.live(tmp_path))
    await turns(lambda: living.present == PRESENT)
    await turns(lambda: living.present != PRESENT)
    assert (living.present, living.may_begin()) == (PRESENT, False)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    keep_talks(tmp_path, memory)
    assert load_talks(tmp_path) == memory
    assert (tmp_path / "demo-chats.json").stat().st_mode & 0o077 == 0


def test_visitors_are_on_pages_of_the_web_site() -> None:
    web = Web("http://127.0.0.1:1", Chat(1, CHAT, "x" * 43), "http://127.0.0.1:2")
    pages = {web.page(story).url.removeprefix(web.site) for story in STORIES.values()}
    assert pages == {f"/{language}/{page}" for language in LANGUAGES for page in ("", "bags", "bookings")}
    assert web.page(STORIES["sv-seat"]).title.startswith("Min bokning")


def test_talks_have_bounds_too(tmp_path: Path) -> None:
    some = [begin_talk(STORIES["en-date"], dice(number)) for number in range(TALKS + 30)]
    for talk in some[:-WAITING]:
        talk.stage = "over"
    for talk in some[-WAITING:]:
        talk.stage = "away"
    memory = TalkMemory(some)
    assert not life(memory, TestClock(NOW)).may_begin()
    keep_talks(tmp_path, memory)
    assert (len(memory.talks), memory.talks[-1].stage) == (TALKS, "away")
    assert load_talks(tmp_path / "nowhere") == TalkMemory()
    assert PRESENT < WAITING < HOURLY


async def test_who_left_writes_back_by_mail() -> None:
    talk = begin_talk(STORIES["sv-group"], dice(5))
    talk.stage = "away"
    world = CustomersWorld(now=lambda: NOW / SECOND)
    to = world.add("kund+c.abc@norrsken.example")
    heads = b"From: kund@norrsken.example\r\nReply-To: kund+c.abc@norrsken.example\r\nMessage-ID: <1@x.example>\r\nSubject: Re: Hej\r\n"
    raw = heads + b"\r\nHej!\r\n"
    living = life(TalkMemory([talk]), TestClock(NOW))
    living.read_mail(world, "nobody@mejl.example", StoredMail(1, raw, 0.0))
    living.read_mail(world, talk.person.address, StoredMail(1, raw, 0.0))
    await turns(lambda: to.messages)
    assert talk.stage == "over"
    assert b"In-Reply-To: <1@x.example>" in to.messages[0].raw


def test_faults_strike_as_often_as_ordered() -> None:
    faults = Faults(repeat=1, cut_stream_after=1)
    assert [faults.take("repeat"), faults.take("repeat")] == [True, False]
    assert [faults.take_cut(), faults.take_cut(), faults.take_cut()] == [False, True, False]
    faults.heal()
    assert faults == Faults()


@pytest.fixture
def office(tmp_path: Path) -> Any:
    place = Office(tmp_path, chat_on=["https://www.norrsken.example"])
    place.start()
    yield place
    place.stop()


async def test_what_is_said_through_every_trouble_stands_there_once(office: Office) -> None:
    """F44: answers lost, words repeated, half sent, unsaid for want of a line, streams cut; in order, without a gap or a repeat."""
    visitor = Visitor(place_of(office.url, CHAT, "127.0.3.1"), page=Page("https://www.norrsken.example/bags"), pace=QUICK)
    visitor.faults = trouble = Faults(lose_answers=1, repeat=2, cut_stream_after=2)
    async with asyncio.timeout(60), visitor.present():
        said = [visitor.say(f"Rad {n}", [Upload("a.txt", "text/plain", b"hej")] if n == 2 else []) for n in range(3)]
        await visitor.until(lambda: len(visitor.items) == 3)
        visitor.faults = Faults(offline=True)
        visitor.hang_up()
        said.append(visitor.say("Efteråt"))
        await visitor.until(lambda: said[3].tries)
        visitor.faults = more = Faults(stall=1, lose_answers=1)
        await visitor.until(lambda: len(visitor.items) == 4)
        visitor.faults.junk = 1
        lost = visitor.say("Ingen läser detta")
        await visitor.until(lambda: lost.refused)
    seen = sorted(visitor.items.values(), key=lambda one: int(one.id))
    assert [(one.key, one.text) for one in seen] == [(one.key, one.text) for one in said]
    assert trouble == more == Faults()
    assert visitor.starts > 2
    assert (await visitor.fetch(seen[2].files[0])).body == b"hej"
    assert (await visitor.post("typing", {"on": True, "text": "R"})).status == 204
    stranger = Visitor(place_of(office.url, CHAT, "127.0.3.2"), pace=QUICK)
    assert (await stranger.fetch(seen[2].files[0])).status in {401, 404}
    visitor.hang_up()
    stranger.hang_up()
