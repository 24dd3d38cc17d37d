"""The demo's people on Facebook and Instagram: they speak, see answers, and go on."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sluss.sandbox.graph.instagram import InstagramDouble
from sluss.sandbox.graph.life import WAITING, GraphLife, Matter
from sluss.sandbox.graph.page import PageDouble
from sluss.sandbox.graph.server import GraphDouble
from sluss.sandbox.graph.stories import load_stories


@pytest.fixture
async def double() -> AsyncIterator[GraphDouble]:
    double = GraphDouble(first=4_000_000)
    await double.start()
    yield double
    await double.stop()


async def test_every_story_is_told_and_goes_on_when_answered(double: GraphDouble) -> None:
    """Each once, in three languages, in public and in private; who is answered goes on to the end, who is removed is silent."""
    now = 0.0
    page, account = PageDouble(double), InstagramDouble(double)
    life = GraphLife(double, page, account, lambda: now)
    posts, stories = load_stories()
    assert {one.post for one in stories if one.post} <= {one.key for one in posts}
    for _ in stories:
        await life.begin()
    assert [one.story.key for one in life.matters] == [one.key for one in stories]
    assert {one.story.key[:2] for one in life.matters} == {"sv", "pl", "en"}

    def place(matter: Matter) -> PageDouble | InstagramDouble:
        return account if matter.story.network == "instagram" else page

    for _ in range(2):
        for matter in life.matters:
            if matter.story.way in {"talk", "story"}:
                await place(matter).talks.native_reply(matter.person, "Vi hjälper dig.")
            else:
                await place(matter).native_reply(matter.key, "Vi hjälper dig.")
        for _ in range(4):
            now += 60
            for matter in life.matters:
                await life._react(matter)
    assert {one.said for one in life.matters} == {2}
    heard = {one.text for one in (*page.items.values(), *account.items.values())}
    heard |= {str(one["message"]) for matter in life.matters for one in place(matter).talks.talk(matter.person).messages}
    assert {text for one in stories for text in (one.more, one.closing) if text} <= heard
    assert double.number() > "900000004000000"
    gone = next(one for one in life.matters if one.story.way == "comment" and one.story.network == "facebook")
    del page.items[gone.key]
    gone.said = 0
    await life._go_on(gone, in_private=False)


async def test_nobody_new_speaks_while_many_wait(double: GraphDouble) -> None:
    now = 0.0
    life = GraphLife(double, PageDouble(double), InstagramDouble(double), lambda: now)
    for _ in range(4 * WAITING):
        now += 1000
        await life.turn()
    assert len(life.matters) == WAITING
