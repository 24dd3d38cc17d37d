"""People on X and Mastodon in the demo: every story is told, understood by the adapter, and goes on when it is answered."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from sluss.channels.contract import Connection, Delivered, Inbound
from sluss.channels.mastodon.channel import MastodonChannel
from sluss.channels.x.channel import XChannel
from sluss.sandbox.mastodon.double import MastodonDouble
from sluss.sandbox.mastodon.life import MastodonLife
from sluss.sandbox.mastodon.world import HOST
from sluss.sandbox.mastodon.world import US as US_THERE
from sluss.sandbox.x.double import XDouble
from sluss.sandbox.x.life import XLife
from sluss.sandbox.x.world import US


async def grow(life: Any, times: list[float], rounds: int = 6) -> None:
    """Time passes in long steps."""
    for _ in range(rounds):
        times[0] += 60
        await life.chatters.turn()


async def test_every_story_of_x_is_told_and_goes_on() -> None:
    double, times = XDouble(), [0.0]
    life = XLife(double, lambda: times[0])
    for _ in range(8):
        await life.chatters.begin()
    connection = Connection(
        workspace_id=1, inbox_id=1, name="X", address=f"x-{US}", settings={}, secrets={"consumer_secret": "s"}, channel="x"
    )
    told = [
        one for body in double.events for one in XChannel().understand(Delivered(external_key="k", raw=body, received_at=1), connection)
    ]
    kinds = {one.kind for one in told if isinstance(one, Inbound) and one.direction == "in"}
    assert kinds == {"mention", "reply", "quote", "message", "encrypted"}
    assert [one.origin for one in told if isinstance(one, Inbound) and one.direction == "out"] == ["native"]
    assert max(one.profile.followers or 0 for one in told if isinstance(one, Inbound) and one.profile) == 48_200
    assert all("{" not in one.text for one in told if isinstance(one, Inbound))
    before = len(double.events)
    for chat in life.chatters.chats:
        first = chat.hands.first
        if first is None:
            double.world.write(US, chat.hands.member.id, "Hej!")
        else:
            double.world.say(US, f"@{chat.hands.member.handle} Hej!", answers=first.id)
    await grow(life, times)
    assert len(double.events) > before + 6


async def test_every_story_of_mastodon_is_told_and_goes_on() -> None:
    double, times = MastodonDouble(), [0.0]
    events: asyncio.Queue[bytes] = asyncio.Queue()
    double.streams.add(events)
    life = MastodonLife(double, lambda: times[0])
    for _ in range(5):
        await life.chatters.begin()
    settings = {"server": HOST, "handle": "@norrskenair"}
    connection = Connection(workspace_id=1, inbox_id=1, name="M", address="m", settings=settings, secrets={}, channel="mastodon")
    told: list[Any] = []
    while not events.empty():
        name, data = (line.partition(": ")[2] for line in events.get_nowait().decode().strip().split("\n", 1))
        raw = msgspec.json.encode({"event": name, "payload": data})
        told += MastodonChannel().understand(Delivered(external_key="k", raw=raw, received_at=1), connection)
    heard = [one for one in told if isinstance(one, Inbound) and one.direction == "in"]
    assert {one.audience for one in heard} == {"public", "unlisted", "mentioned"}
    assert [one.spoiler for one in heard if one.spoiler] == ["flying while disabled, bad experience"]
    assert [one.origin for one in told if isinstance(one, Inbound) and one.direction == "out"] == ["native"]
    assert all("[us]" not in one.text and "{" not in one.text for one in heard)
    for chat in life.chatters.chats:
        first = chat.hands.first
        double.world.say(double.us, f"@{chat.hands.member.acct} Hej!", answers=first.id, visibility=first.visibility)
    before = len(double.world.posts)
    await grow(life, times)
    assert len(double.world.posts) > before + 4
    assert {one.visibility for one in double.world.posts.values() if one.author.id != US_THERE} == {"public", "unlisted", "direct"}
