"""Answers, deeds, and what is fetched, against a page that answers as Meta does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sluss.channels.contract import Address, OutboundFile, Refused, ResultUnknown, Unreachable
from sluss.channels.deeds import Deed
from sluss.channels.facebook.channel import HEARD, FacebookChannel
from sluss.channels.happenings import Bystander, Wanted
from sluss.kernel.clock import DAY, HOUR, MINUTE
from sluss.sandbox.graph.page import PageDouble
from sluss.sandbox.graph.people import ANNA, BO, SHY
from sluss.sandbox.graph.server import GraphDouble, limited
from tests.channels.facebook.square import NOW, PAGE, inbox, outbound

PICTURE = OutboundFile("väska.png", "image/png", b"\x89PNG", alt="A bag")


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
    yield channel
    await channel.close()


async def handed() -> None:
    return


def deed(kind: Any, key: str, **more: Any) -> Deed:
    usual: dict[str, Any] = {"of": "in", "visibility": "public", "author": Address(ANNA.id), "thread_key": "p:1"}
    return Deed(kind=kind, external_id=key, **usual | more)


async def test_a_private_answer_goes_while_the_window_is_open(page: PageDouble, channel: FacebookChannel, clock: Time) -> None:
    """The day's window, the week of a person, and then nothing; a machine never says that it is a person."""
    connection = inbox(page.double)
    await page.talks.say(ANNA, "Hej, var är min väska?")
    opened = clock.at
    sent = await channel.send(connection, outbound(opened_at=opened), handed)
    assert (sent.thread_key, sent.recipient) == (f"dm:{ANNA.id}", Address(ANNA.id))
    assert sent.external_ids == (page.talks.talk(ANNA).messages[-1]["id"],)
    body = page.double.calls("/messages")[-1].json
    assert (body["messaging_type"], body["message"]["metadata"]) == ("RESPONSE", "ours-1@sluss.invalid")
    clock.at += 25 * HOUR
    await channel.send(connection, outbound("Vi har den!", opened_at=opened), handed)
    assert page.double.calls("/messages")[-1].json["tag"] == "HUMAN_AGENT"
    calls = len(page.double.calls("/messages"))
    for refused in (
        channel.send(connection, outbound(opened_at=opened, automatic=True), handed),
        channel.send(inbox(page.double, human_agent=False), outbound(opened_at=opened), handed),
        channel.send(connection, outbound(opened_at=opened - 7 * DAY), handed),
    ):
        with pytest.raises(Refused) as late:
            await refused
        assert (late.value.code, late.value.permanent) == ("window", True)
    assert len(page.double.calls("/messages")) == calls
    clock.at += 7 * DAY
    with pytest.raises(Refused) as theirs:
        await channel.send(connection, outbound(opened_at=0), handed)
    assert (theirs.value.code, theirs.value.permanent) == ("10/2018278", True)
    assert page.talks.said(ANNA) == ["Vi letar.", "Vi har den!"]


async def test_files_go_alone_and_another_program_s_talk_is_taken_over(page: PageDouble, channel: FacebookChannel) -> None:
    connection = inbox(page.double)
    await page.talks.say(ANNA, "Bild?")
    await channel.send(connection, outbound("", files=(PICTURE,)), handed)
    page.talks.talk(ANNA).owner = "4711"
    await channel.send(connection, outbound("Här."), handed)
    assert page.talks.said(ANNA) == ["image", "Här."]
    assert page.talks.talk(ANNA).owner == page.double.app_id
    with pytest.raises(Refused) as both:
        await channel.send(connection, outbound("Text", files=(PICTURE,)), handed)
    assert both.value.permanent
    page.talks.away.add(ANNA.id)
    with pytest.raises(Refused) as away:
        await channel.send(connection, outbound("Hallå?"), handed)
    assert away.value.code == "551/1545041"


async def test_a_comment_is_answered_in_private_once_and_within_a_week(page: PageDouble, channel: FacebookChannel, clock: Time) -> None:
    connection, post = inbox(page.double), page.post("Ny linje till Bergen")
    first, late = await page.comment(ANNA, post, "Min bokning är QX7K2M"), await page.comment(BO, post, "Min med!")
    visit = await page.visit(SHY, "Hej!")
    private: dict[str, Any] = {"visibility": "private", "is_private_reply": True, "thread_key": "way:1", "facts": {"item": "comment"}}
    visiting: dict[str, Any] = {**private, "facts": {"item": "post"}}
    sent = await channel.send(connection, outbound("Skriv här.", answers=first, **private), handed)
    assert (sent.thread_key, sent.recipient) == (f"dm:{ANNA.id}", Address(ANNA.id))
    with pytest.raises(Refused) as twice:
        await channel.send(connection, outbound("Igen.", answers=first, **private), handed)
    await channel.send(connection, outbound("Hej!", answers=visit, **visiting), handed)
    assert page.talks.said(SHY) == ["Hej!"]
    clock.at += 7 * DAY + MINUTE
    with pytest.raises(Refused) as old:
        await channel.send(connection, outbound("Sent.", answers=late, **private), handed)
    assert twice.value.permanent
    assert old.value.permanent
    with pytest.raises(Refused):
        await channel.send(connection, outbound("Mer.", opened_at=0), handed)


async def test_public_answers_stand_under_what_they_answer(page: PageDouble, channel: FacebookChannel) -> None:
    connection, post = inbox(page.double), page.post("Ny linje till Bergen")
    comment = await page.comment(ANNA, post, "När då?")
    reply = await page.comment(BO, post, "Undrar jag med", parent=comment)
    sent = await channel.send(connection, outbound("I maj.", public=True, answers=comment, thread_key="p:x"), handed)
    assert sent.url == f"https://www.facebook.com/{sent.external_ids[0]}"
    await channel.send(connection, outbound("Snart.", public=True, answers=reply, files=(PICTURE,)), handed)
    assert page.replies(comment) == ["I maj.", "Snart."]
    assert len(page.photos) == 1
    with pytest.raises(Refused) as nothing:
        await channel.send(connection, outbound("Hej.", public=True), handed)
    assert nothing.value.permanent


@pytest.mark.parametrize("public", [False, True])
async def test_an_answer_that_was_lost_is_found_and_not_sent_again(page: PageDouble, channel: FacebookChannel, public: bool) -> None:
    """F20, F44: cut before it arrived nothing is found; cut after it, the very message is."""
    connection, post = inbox(page.double), page.post("Ny linje")
    comment = await page.comment(ANNA, post, "När?")
    await page.talks.say(ANNA, "Hej")
    place = "comments" if public else "messages"
    saying = outbound("I maj.", public=public, answers=comment, post_key=post)
    page.double.trouble("cut", path=place)
    with pytest.raises(ResultUnknown):
        await channel.send(connection, saying, handed)
    assert await channel.look_up(connection, saying.external_id) is None
    page.double.trouble("cut-after", path=place)
    with pytest.raises(ResultUnknown):
        await channel.send(connection, saying, handed)
    found = await channel.look_up(connection, saying.external_id)
    assert found is not None
    assert found.external_ids[0] in (page.items if public else {one["id"] for one in page.talks.talk(ANNA).messages})
    later = FacebookChannel(allow_private=True, now=lambda: NOW + 10 * MINUTE)
    again = await later.send(connection, saying, handed)
    assert again.external_ids == found.external_ids
    await later.close()
    page.double.trouble("cut", path="comments|conversations", times=2)
    with pytest.raises(Unreachable):
        await channel.look_up(connection, saying.external_id)
    assert await channel.look_up(connection, "never sent") is None


async def test_limits_and_dead_tokens_hold_the_whole_inbox(page: PageDouble, channel: FacebookChannel) -> None:
    """F30, F31: nothing is lost and nothing is tried in vain."""
    connection = inbox(page.double)
    await page.talks.say(ANNA, "Hej")
    page.double.trouble("status", path="messages", answer=limited(4))
    with pytest.raises(Refused) as limit:
        await channel.send(connection, outbound(), handed)
    assert (limit.value.permanent, limit.value.wait, limit.value.whole_inbox) == (False, 4 * MINUTE, True)
    page.double.expire()
    with pytest.raises(Refused) as dead:
        await channel.send(connection, outbound(), handed)
    assert (dead.value.permanent, dead.value.reconnect) == (False, True)


async def test_deeds_are_done_and_can_be_repeated(page: PageDouble, channel: FacebookChannel) -> None:
    connection, post = inbox(page.double), page.post("Ny linje")
    key = await page.comment(ANNA, post, "Dumt")
    mid = await page.talks.say(ANNA, "Hej")

    async def do(kind: Any, **more: Any) -> str:
        return await channel.perform(connection, deed(kind, more.pop("key", key), **more), handed)

    await do("hide")
    assert page.items[key].hidden
    await do("unhide")
    await do("like")
    assert (page.items[key].hidden, page.items[key].likes) == (False, {PAGE})
    await do("unlike")
    await do("block")
    assert (page.items[key].likes, page.blocked) == (set(), {ANNA.id})
    await do("unblock")
    assert page.blocked == set()
    own = await page.native_reply(key, "Tack")
    await do("edit", key=own, of="out", value="Tack!")
    assert page.items[own].text == "Tack!"
    await do("react", key=mid, visibility="private", value="❤")
    assert page.double.calls("messages")[-1].json["payload"] == {"message_id": mid, "reaction": "❤"}
    assert [await do("delete"), await do("delete")] == ["delete", "delete"]
    assert key not in page.items
    for wrong in (do("report"), do("hide", visibility="private"), do("block", author=Address("anonymous-1_2")), do("hide", key="1_1")):
        with pytest.raises(Refused) as refused:
            await wrong
        assert refused.value.permanent


async def test_names_files_and_what_stands_around_are_fetched(page: PageDouble, channel: FacebookChannel) -> None:
    connection, post = inbox(page.double), page.post("Ny linje")
    comment = await page.comment(ANNA, post, "När?")
    await page.native_reply(comment, "I maj.", app="4711")
    await page.talks.say(ANNA, "Hej")
    await page.talks.say(SHY, "Hej")

    async def fetch(kind: Any, **ref: Any) -> Any:
        return await channel.fetch(connection, Wanted(kind=kind, key="k", ref=ref))

    for person in (ANNA, SHY):
        found = await fetch("person", id=person.id)
        assert found.known.person == Address(person.id, person.name)
    with pytest.raises(Refused) as nobody:
        await fetch("person", id="404")
    assert nobody.value.permanent
    around = await fetch("item", around=post)
    read = channel.understand(around.delivered[0], connection)
    found = [one for one in read if isinstance(one, Bystander)]
    assert {(one.text, one.ours, one.post.text) for one in found} == {("När?", False, "Ny linje"), ("I maj.", True, "Ny linje")}
    link = page.double.media.put("a.jpg", b"jpg", "image/jpeg")
    assert (await fetch("media", url=link)).data == b"jpg"
    page.double.media.expire("a.jpg")
    with pytest.raises(Refused) as expired:
        await fetch("media", url=link, story=True)
    assert (expired.value.code, expired.value.permanent) == ("expired", True)


async def test_the_test_says_what_is_wrong_and_changes_nothing(page: PageDouble, channel: FacebookChannel) -> None:
    hook = "https://sluss.example/hooks/1/7"

    async def states(**more: Any) -> list[tuple[str, str]]:
        return [(one.name, one.state) for one in await channel.test(inbox(page.double, **more))]

    assert await states() == [("Account", "ok"), ("Permissions", "ok"), ("Webhook", "warn")]
    assert await states(hook=hook, app_id="") == [("Account", "ok"), ("Permissions", "warn"), ("Webhook", "warn")]
    page.double.heard[PAGE] = list(HEARD)
    assert await states(hook=hook) == [("Account", "ok"), ("Permissions", "ok"), ("Webhook", "ok")]
    page.double.expire()
    assert await states() == [("Account", "fail")]
    assert not [one for one in page.double.asked if one.method != "GET"]
    assert [one.state for one in await channel.test(inbox(page.double, poll_minutes="soon"))] == ["fail"]
