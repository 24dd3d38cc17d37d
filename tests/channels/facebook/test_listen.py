"""Looking for what Meta did not post: subscriptions, rounds, cursors, limits, dead tokens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from sluss.channels.contract import Connection, Delivered, Inbound
from sluss.channels.facebook.channel import HEARD, FacebookChannel
from sluss.kernel.clock import DAY, MINUTE
from sluss.sandbox.graph.page import PageDouble
from sluss.sandbox.graph.people import ANNA, BO
from sluss.sandbox.graph.server import APP_ID, GraphDouble, error, limited
from tests.channels.contract.subject import Letterbox
from tests.channels.email.mailroom import Memory
from tests.channels.facebook.square import NOW, PAGE, inbox

HOOK = "https://sluss.example/hooks/1/7"


class Time:
    at = NOW

    def __call__(self) -> int:
        return self.at


@pytest.fixture
async def clock() -> Time:
    return Time()


@pytest.fixture
async def page(clock: Time) -> AsyncIterator[PageDouble]:
    network = GraphDouble(now=clock)
    await network.start()
    yield PageDouble(network)
    await network.stop()


@pytest.fixture
async def channel(clock: Time) -> AsyncIterator[FacebookChannel]:
    channel = FacebookChannel(allow_private=True, now=clock)
    channel.net.pause, channel.net.first_wait = 0.01, 0.01
    yield channel
    await channel.close()


@pytest.fixture
async def memory(clock: Time) -> AsyncIterator[Memory]:
    memory = Memory()
    memory.now = clock
    yield memory
    memory.close()


@asynccontextmanager
async def listening(channel: FacebookChannel, connection: Connection, memory: Memory) -> AsyncGenerator[None]:
    task = asyncio.create_task(channel.listen(connection, memory.around))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def texts(channel: FacebookChannel, memory: Memory) -> list[tuple[str, str]]:
    found = [one for delivered in memory.received for one in channel.understand(delivered, inbox())]
    return [(one.direction, one.text) for one in found if isinstance(one, Inbound)]


async def rounds(memory: Memory, more: int = 2) -> None:
    done = len(memory.progress)
    await memory.until(lambda: len(memory.progress) >= done + more)


async def test_everything_is_found_without_a_webhook_and_nothing_old(
    page: PageDouble, channel: FacebookChannel, memory: Memory, clock: Time
) -> None:
    """F35: comments, visitors' posts, mentions, recommendations and talks of both directions; what was there before is left alone."""
    page.double.silent = True
    post, dark = page.post("Ny linje!"), page.post("Rea!", dark=True)
    clock.at -= DAY
    await page.comment(BO, post, "Gammalt")
    clock.at += DAY
    async with listening(channel, inbox(page.double), memory):
        await memory.until(lambda: "polled" in memory.cursor)
        clock.at += MINUTE
        comment = await page.comment(ANNA, post, "När?")
        await page.native_reply(comment, "I maj.", app="4711")
        await page.comment(BO, dark, "Dyrt", anonymous=True)
        await page.visit(ANNA, "Hej på er")
        await page.mention(BO, "Flög med Norrsken Air")
        await page.recommend(ANNA, "Aldrig mer", positive=False)
        await page.talks.say(ANNA, "Var är min väska?")
        clock.at += MINUTE
        await page.talks.native_reply(ANNA, "Vi letar.")
        await memory.until(lambda: len(memory.received) >= 8)
        await rounds(memory)
    assert sorted(texts(channel, memory)) == [
        ("in", "Aldrig mer"),
        ("in", "Dyrt"),
        ("in", "Flög med Norrsken Air"),
        ("in", "Hej på er"),
        ("in", "När?"),
        ("in", "Var är min väska?"),
        ("out", "I maj."),
        ("out", "Vi letar."),
    ]
    assert memory.progress[-1] == ("ok", "")


async def test_what_the_webhook_brought_is_not_brought_twice_and_what_it_left_out_is_told(
    page: PageDouble, channel: FacebookChannel, memory: Memory, clock: Time
) -> None:
    """F32: the same marks either way; the inbox's page says when Meta was silent."""
    connection, letters = inbox(page.double, HOOK), Letterbox(page.double)
    letters.catch()
    page.double.hook(PAGE, HOOK)
    post = page.post("Ny linje!")
    async with listening(channel, connection, memory):
        await memory.until(lambda: "polled" in memory.cursor)
        comment = await page.comment(ANNA, post, "När?")
        await page.native_reply(comment, "I maj.")
        await page.talks.say(ANNA, "Hej")
        delivered = [one for posted in letters.posts() for one in channel.accept(posted, connection)]
        memory.names |= {one.mark for one in delivered}
        await rounds(memory, 3)
        assert memory.received == []
        page.double.silent = True
        await page.comment(BO, post, "Undrar jag med")
        clock.at += 10 * MINUTE
        await memory.until(lambda: memory.progress[-1][1] != "")
    found: list[Delivered] = memory.received
    assert texts(channel, memory)[0] == ("in", "Undrar jag med")
    assert found[0].external_key == f"poll:{found[0].mark}"
    assert memory.progress[-1][1].startswith("Meta did not post 1 news")


async def test_both_halves_of_the_webhook_are_made_sure_of(page: PageDouble, channel: FacebookChannel, memory: Memory) -> None:
    """The page lets the app hear, the app names our address; an address of somebody else's is left alone and told."""
    async with listening(channel, inbox(page.double, HOOK), memory):
        await rounds(memory)
    assert page.double.heard[PAGE] == list(HEARD)
    assert page.double.callbacks["page"]["callback_url"] == HOOK
    assert len(page.double.calls("subscribed_apps|subscriptions", "POST")) == 2
    page.double.callbacks["page"]["callback_url"] = "https://other.example/hook"
    async with listening(channel, inbox(page.double, HOOK), memory):
        await memory.until(lambda: "other.example" in memory.progress[-1][1])
    assert page.double.callbacks["page"]["callback_url"] == "https://other.example/hook"
    page.double.trouble("status", path=f"{APP_ID}/subscriptions", answer=error(100, 0, "No such app"), times=10_000)
    async with listening(channel, inbox(page.double, HOOK), memory):
        await memory.until(lambda: "cannot be seen" in memory.progress[-1][1])
    assert memory.progress[-1][0] == "ok"


async def test_trouble_is_told_and_waited_out(page: PageDouble, channel: FacebookChannel, memory: Memory, clock: Time) -> None:
    """F30, F31, F44: limits, cuts and dead tokens become sentences; one edge that is closed does not stop the others."""
    page.double.silent = True

    async def told(holds: Callable[[str, str], bool]) -> None:
        await memory.until(lambda: bool(memory.progress) and holds(*memory.progress[-1]))

    async with listening(channel, inbox(page.double), memory):
        await memory.until(lambda: "polled" in memory.cursor)
        clock.at += MINUTE
        page.double.trouble("cut", path="/feed", times=2)
        await told(lambda state, reason: state == "failing" and "did not answer" in reason)
        await told(lambda state, _: state == "ok")
        page.double.trouble("status", path="/ratings", answer=error(200, 0, "Permission"), times=10_000)
        await page.talks.say(ANNA, "Hej")
        await memory.until(lambda: texts(channel, memory) == [("in", "Hej")])
        await told(lambda state, reason: state == "ok" and reason.startswith("Meta does not show ratings"))
        page.double.heal()
        page.double.usage = 80
        await told(lambda state, reason: state == "ok" and "nearly used up" in reason)
        asked = len(page.double.calls("/feed"))
        await rounds(memory)
        assert len(page.double.calls("/feed")) == asked
    page.double.usage = 0
    async with listening(channel, inbox(page.double, HOOK), memory):
        page.double.expire()
        await told(lambda state, reason: state == "failing" and "Connect the account again" in reason)
    page.double.tokens.add("page-token")
    page.double.trouble("status", path="subscribed_apps", answer=limited(9))
    async with listening(channel, inbox(page.double, HOOK), memory):
        await told(lambda state, reason: state == "failing" and "limit" in reason)


async def test_batches_twice_and_in_disorder_are_the_same_events(page: PageDouble, channel: FacebookChannel) -> None:
    """F32, F34: Meta sends many in one body, again, and in another order; every event counts once, with its letters whole."""
    letters = Letterbox(page.double)
    letters.catch()
    page.double.hook(PAGE, HOOK)
    post = page.post("Ny linje!")
    page.double.hold()
    first = await page.comment(ANNA, post, "Får jag åka gratis? 🙂 http://a.test/å")
    await page.talks.say(ANNA, "Hej")
    await page.edit(first, "Får jag åka?")
    assert await page.double.release(twice=True, disorder=True) == [200, 200]
    bodies = letters.posts()
    assert b"\\u00e5" in bodies[0].body
    assert b"\\/" in bodies[0].body
    brought = [one for posted in bodies for one in channel.accept(posted, inbox())]
    once = {one.external_key: one for one in brought}
    assert (len(brought), len(once)) == (6, 3)
    found = [value for one in once.values() for value in channel.understand(one, inbox())]
    assert "Får jag åka gratis? 🙂 http://a.test/å" in {one.text for one in found if isinstance(one, Inbound)}
