"""Answers, deeds, fetching and looking, against an account that answers as Meta does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sluss.channels.contract import Address, Inbound, OutboundFile, Refused, ResultUnknown
from sluss.channels.deeds import Deed
from sluss.channels.happenings import Bystander, Known, Wanted
from sluss.channels.instagram.channel import HEARD, OF_PAGE, InstagramChannel
from sluss.kernel.clock import DAY, HOUR, MINUTE
from sluss.sandbox.graph.instagram import InstagramDouble
from sluss.sandbox.graph.people import ANNA, BO, SHY
from sluss.sandbox.graph.server import APP_ID, GraphDouble
from sluss.sandbox.wire import told
from tests.channels.email.mailroom import Memory
from tests.channels.instagram.gallery import IG, NOW, inbox, outbound

HOOK = "https://sluss.example/hooks/1/7"


class Time:
    at = NOW

    def __call__(self) -> int:
        return self.at


@pytest.fixture
async def clock() -> Time:
    return Time()


@pytest.fixture
async def there(clock: Time) -> AsyncIterator[InstagramDouble]:
    network = GraphDouble(now=clock)
    await network.start()
    yield InstagramDouble(network)
    await network.stop()


@pytest.fixture
async def channel(clock: Time) -> AsyncIterator[InstagramChannel]:
    channel = InstagramChannel(allow_private=True, now=clock)
    channel.net.pause, channel.net.first_wait = 0.01, 0.01
    yield channel
    await channel.close()


async def handed() -> None:
    return


async def test_direct_messages_keep_the_window_and_are_found_again(there: InstagramDouble, channel: InstagramChannel, clock: Time) -> None:
    """F20: a story mention opens the window; the tag of a person, then nothing; what was cut off is found in the talk."""
    connection = inbox(there.double)
    await there.tell_a_story(ANNA)
    opened = clock.at
    sent = await channel.send(connection, outbound("Vad fint!", opened_at=opened), handed)
    body = there.double.calls("/messages")[-1].json
    assert (sent.thread_key, body["message"], body["messaging_type"]) == (f"dm:{ANNA.id}", {"text": "Vad fint!"}, "RESPONSE")
    clock.at += 30 * HOUR
    await channel.send(connection, outbound("Hej igen", opened_at=opened), handed)
    assert there.double.calls("/messages")[-1].json["tag"] == "HUMAN_AGENT"
    await channel.send(connection, outbound("", opened_at=opened, files=(OutboundFile("a.png", "image/png", b"png"),)), handed)
    assert there.talks.said(ANNA) == ["Vad fint!", "Hej igen", "image"]
    there.double.trouble("cut-after", path="/messages")
    saying = outbound("Är du där?", opened_at=opened)
    with pytest.raises(ResultUnknown):
        await channel.send(connection, saying, handed)
    assert await channel.look_up(connection, saying.external_id) is not None
    clock.at += 7 * DAY
    with pytest.raises(Refused) as late:
        await channel.send(connection, outbound("Sent", opened_at=0), handed)
    assert (late.value.code, late.value.permanent) == ("10/2534022", True)
    with pytest.raises(Refused):
        await channel.send(connection, outbound("å" * 501, opened_at=0), handed)


async def test_comments_and_mentions_are_answered_where_they_stand(there: InstagramDouble, channel: InstagramChannel, clock: Time) -> None:
    """A reply goes under the first comment of its branch, a mention by its own way, a private answer once."""
    connection, media = inbox(there.double), there.post("Ny linje!")
    first = await there.comment(ANNA, media, "När?")
    reply = await there.comment(ANNA, media, "Hallå?", parent=first)
    facts = {"item": "comment", "media": media, "comment": reply, "parent": first}
    await channel.send(connection, outbound("I maj.", public=True, answers=reply, facts=facts), handed)
    assert there.replies(first) == ["I maj."]
    await there.mention(BO, "@norrsken.air fint!")
    mention = await channel.fetch(connection, Wanted(kind="item", key="m", ref=_mention(there)))
    (said,) = channel.understand(mention.delivered[0], connection)
    assert isinstance(said, Inbound)
    assert (said.text, said.sender.address) == ("@norrsken.air fint!", "@bo.ek")
    await channel.send(connection, outbound("Tack!", public=True, answers=said.external_id, facts=said.facts), handed)
    assert there.replies(said.external_id) == ["Tack!"]
    there.double.trouble("cut-after", path="/replies")
    saying = outbound("Eller juni.", public=True, external_id="ours-2", answers=first, facts={**facts, "comment": first, "parent": ""})
    with pytest.raises(ResultUnknown):
        await channel.send(connection, saying, handed)
    found = await channel.look_up(connection, "ours-2")
    assert found is not None
    assert there.items[found.external_ids[0]].text == "Eller juni."
    private: dict[str, Any] = {"is_private_reply": True, "answers": first, "facts": facts}
    assert (await channel.send(connection, outbound("Skriv här.", **private), handed)).recipient == Address(ANNA.id)
    clock.at += 7 * DAY + MINUTE
    for refused in (
        outbound("Igen", **private),
        outbound("Hej", public=True),
        outbound("Hej", public=True, files=(_PICTURE,), facts=facts),
    ):
        with pytest.raises(Refused) as never:
            await channel.send(connection, refused, handed)
        assert never.value.permanent


_PICTURE = OutboundFile("a.png", "image/png", b"png")


def _mention(there: InstagramDouble) -> dict[str, str]:
    comment = next(one for one in there.items.values() if one.foreign and one.media)
    return {"media": comment.media, "comment": comment.id}


async def test_deeds_and_fetching(there: InstagramDouble, channel: InstagramChannel) -> None:
    """What can be done to a comment, by whom somebody is, and what stands around; what is gone is said to be gone."""
    connection, media = inbox(there.double), there.post("Ny linje!")
    key = await there.comment(ANNA, media, "Dumt")
    await there.native_reply(key, "Oj")
    for kind, hidden in (("hide", True), ("unhide", False)):
        await channel.perform(connection, _deed(kind, key), handed)
        assert there.items[key].hidden is hidden
    await there.talks.say(ANNA, "Hej")
    await there.talks.say(SHY, "Hej")
    await channel.perform(connection, _deed("react", "m_1", visibility="private", value="❤"), handed)
    around = await channel.fetch(connection, Wanted(kind="item", key="a", ref={"around": media}))
    read = [one for one in channel.understand(around.delivered[0], connection) if isinstance(one, Bystander)]
    assert {(one.text, one.ours, one.post.text) for one in read} == {("Dumt", False, "Ny linje!"), ("Oj", True, "Ny linje!")}
    known = (await channel.fetch(connection, Wanted(kind="person", key="p", ref={"id": ANNA.id}))).known
    assert isinstance(known, Known)
    assert (known.person.name, known.profile.handle, known.profile.followers) == ("Anna Berg", "@annaberg", 120)
    for ref in ({"id": SHY.id}, {"id": "404"}):
        with pytest.raises(Refused):
            await channel.fetch(connection, Wanted(kind="person", key="p", ref=ref))
    with pytest.raises(Refused):
        await channel.fetch(connection, Wanted(kind="item", key="m", ref={"media": "1", "comment": "2"}))
    for _ in range(2):
        await channel.perform(connection, _deed("delete", key), handed)
    assert key not in there.items
    for wrong in (_deed("like", key), _deed("hide", key, visibility="private"), _deed("hide", "1", facts={"item": "mention"})):
        with pytest.raises(Refused) as refused:
            await channel.perform(connection, wrong, handed)
        assert refused.value.permanent


def _deed(kind: Any, key: str, **more: Any) -> Deed:
    usual: dict[str, Any] = {"of": "in", "visibility": "public", "author": Address(ANNA.id), "thread_key": "p:1"}
    return Deed(kind=kind, external_id=key, **usual | more)


async def test_what_meta_did_not_post_is_found(there: InstagramDouble, channel: InstagramChannel, clock: Time) -> None:
    """F35: comments, replies and answers given in the app, and direct messages; the test says how the account stands."""
    memory = Memory()
    memory.now = clock
    there.double.silent = True
    media = there.post("Ny linje!")
    listening = asyncio.create_task(channel.listen(inbox(there.double, HOOK), memory.around))
    try:
        await memory.until(lambda: "polled" in memory.cursor)
        clock.at += MINUTE
        first = await there.comment(ANNA, media, "När?")
        await there.native_reply(first, "I maj.")
        await there.talks.say(BO, "Hej")
        await memory.until(lambda: len(memory.received) >= 3)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    found = [one for delivered in memory.received for one in channel.understand(delivered, inbox())]
    assert {(one.direction, one.text) for one in found if isinstance(one, Inbound)} == {("in", "När?"), ("out", "I maj."), ("in", "Hej")}
    assert there.double.heard[IG] == list(HEARD)
    memory.close()
    assert [(one.name, one.state) for one in await channel.test(inbox(there.double, HOOK))] == [("Account", "ok"), ("Webhook", "ok")]
    by_page: dict[str, Any] = {"login": "facebook", "page_id": "104512345678901", "app_id": APP_ID}
    there.double.heard["104512345678901"] = list(OF_PAGE)
    assert [one.state for one in await channel.test(inbox(there.double, HOOK, **by_page))] == ["ok", "ok", "ok"]
    there.double.trouble("status", path=IG, answer=told({"id": "999"}))
    assert [one.state for one in await channel.test(inbox(there.double))] == ["fail"]
