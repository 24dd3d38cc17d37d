"""Real talk with the double: answers, files, templates, deeds, fetching, and what becomes of them when Meta says no or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sluss.channels.contract import Address, Connection, OutboundFile, Refused, ResultUnknown, TemplateUse, Unreachable
from sluss.channels.deeds import Deed, DeedKind
from sluss.channels.happenings import Wanted
from sluss.channels.templating import Template
from sluss.channels.whatsapp.channel import WhatsappChannel
from sluss.channels.whatsapp.receiving import NO_HOOK, Waits, unposted
from sluss.channels.whatsapp.settings import WhatsappSettings
from sluss.kernel.clock import SECOND
from sluss.sandbox.graph.server import GraphDouble, error
from sluss.sandbox.graph.whatsapp import CALLER_ANNA, CALLER_PAWEL, LINK, WABA, WhatsappDouble
from sluss.sandbox.wire import Answer
from tests.channels.email.mailroom import HandOver, Memory
from tests.channels.whatsapp.booth import NOW, OURS, inbox, outbound

PICTURE = OutboundFile("väska.png", "image/png", b"\x89PNG bild")
SEND = "/messages"
HOOK = "https://sluss.example/hooks/1/7"


class Booth:
    """A number at the double, and the adapter."""

    def __init__(self) -> None:
        self.now = NOW
        self.double = GraphDouble(now=lambda: self.now)
        self.double.echo = "none"
        self.number = WhatsappDouble(self.double)
        self.channel = WhatsappChannel(allow_private=True, waits=Waits(look=0.01, first=0.01, longest=0.02))
        self.hand_over = HandOver()

    @property
    def connection(self) -> Connection:
        return inbox(self.double)

    async def send(self, text: str = "Vi letar.", **more: Any) -> Any:
        return await self.channel.send(self.connection, outbound(text, **more), self.hand_over)

    async def refused(self, text: str = "Vi letar.", **more: Any) -> Refused:
        with pytest.raises(Refused) as caught:
            await self.send(text, **more)
        return caught.value

    async def perform(self, kind: DeedKind, value: str = "", **more: Any) -> str:
        usual: dict[str, Any] = {"external_id": "wamid.IN1", "of": "in", "visibility": "private", "thread_key": "dm:46701234567"}
        usual["author"] = Address("46701234567")
        deed = Deed(kind=kind, value=value, **usual | more)
        return await self.channel.perform(self.connection, deed, self.hand_over)


@pytest.fixture
async def booth() -> AsyncIterator[Booth]:
    booth = Booth()
    await booth.double.start()
    yield booth
    await booth.channel.close()
    await booth.double.stop()


@pytest.fixture
async def memory() -> AsyncIterator[Memory]:
    memory = Memory()
    yield memory
    memory.close()


async def test_an_answer_goes_to_whom_the_network_named_and_bears_our_key(booth: Booth) -> None:
    """To the number that was given, else to the id; what is answered is marked as read; the key of the network is kept."""
    asked = await booth.number.say(CALLER_ANNA, "Var är väskan?")
    facts = {"user_id": CALLER_ANNA.scoped, "wa_id": CALLER_ANNA.number}
    sent = await booth.send(answers=asked, facts=facts)
    (taken,) = booth.number.sent
    assert (taken["to"], taken["text"], taken["biz_opaque_callback_data"]) == (
        "46701234567", {"body": "Vi letar.", "preview_url": False}, OURS,
    )  # fmt: skip
    assert (sent.external_ids, sent.thread_key, booth.number.read) == ((taken["id"],), "", {asked})
    await booth.number.say(CALLER_PAWEL, "Dzień dobry")
    pawel = Address("pl.77712345678900001111")
    first = await booth.send("Cześć", recipient=pawel, thread_key="", facts={"user_id": CALLER_PAWEL.scoped})
    assert booth.number.sent[-1]["recipient"] == CALLER_PAWEL.scoped
    # A way that is new here is known by the thread from now on.
    assert (first.thread_key, first.recipient) == ("dm:pl.77712345678900001111", pawel)
    await booth.send("Till alla", thread_key="group:G1", facts=facts)
    assert (booth.number.sent[-1]["recipient_type"], booth.number.sent[-1]["to"]) == ("group", "G1")
    assert booth.hand_over.times == 3


async def test_files_and_templates_go_as_what_they_are(booth: Booth) -> None:
    """Brought first, then named; each kind has its size; outside of the window an approved text with its values."""
    await booth.send("Så här", files=(PICTURE,))
    image = booth.number.sent[-1]["image"]
    assert (booth.number.sent[-1]["type"], image["caption"], image["id"].isdigit()) == ("image", "Så här", True)
    for name, media_type, size, kind in (
        ("kvitto.pdf", "application/pdf", 9, "document"),
        ("tal.ogg", "audio/ogg", 9, "audio"),
        ("stor.png", "image/png", 5_000_001, "document"),
    ):
        await booth.send("", files=(OutboundFile(name, media_type, bytes(size)),))
        assert booth.number.sent[-1]["type"] == kind
    use = TemplateUse(name="baggage_found", language="sv", values={"header_1": "Anna", "1": "SK-1", "2": "nu", "button_1": "x"})
    await booth.send("Din väska, Anna …", template=use)
    assert booth.double.sent[-1] == "baggage_found Anna SK-1 nu x"
    table = [
        (await booth.refused("x" * 4097), "length"),
        (await booth.refused("x" * 1025, files=(PICTURE,)), "caption"),
        (await booth.refused("Hör", files=(OutboundFile("tal.ogg", "audio/ogg", b"x"),)), "caption"),
        (await booth.refused("", files=(PICTURE, PICTURE)), "files"),
        (await booth.refused(recipient=Address("anna@kund.example"), thread_key=""), "recipient"),
        (await booth.refused(template=TemplateUse(name="else", language="sv")), "132001"),
    ]
    assert [(one.code, one.permanent) for one, _ in table] == [(code, True) for _, code in table]


async def test_what_meta_refuses_is_told_with_what_to_do(booth: Booth) -> None:
    """F30, F31: the pair limit waits for seconds, the number's for minutes; each code has its sentence and its way."""
    table: list[tuple[int, bool, bool, bool]] = [
        # code, permanent, of the whole inbox, to be connected again
        (131056, False, False, False),
        (130429, False, True, False),
        (131048, False, True, False),
        (131031, False, True, False),
        (131016, False, False, False),
        (131026, True, False, False),
        (131047, True, False, False),
        (131049, True, False, False),
        (132015, True, False, False),
        (0, False, True, True),
        (190, False, True, True),
        (299, False, False, True),
    ]
    for code, permanent, whole, reconnect in table:
        booth.double.trouble("status", path=SEND, answer=error(code, 0, "No", 400))
        found = await booth.refused()
        assert (found.permanent, found.reconnect, found.code) == (permanent, reconnect, str(code)), code
        assert found.whole_inbox >= whole, code
        assert found.wait == (10 * SECOND if code == 131056 else found.wait)
    assert booth.number.sent == []


async def test_a_closed_window_is_told_of_later(booth: Booth, memory: Memory) -> None:
    """The answer was taken, and fails by a status that bears our key: nothing is hidden and nothing goes twice."""
    posted: list[dict[str, Any]] = []

    async def tell(kind: str, account: str, where: str, item: dict[str, Any]) -> int:
        posted.append(item)
        return 200

    await booth.number.say(CALLER_ANNA, "Var är väskan?")
    booth.number.close_window(CALLER_ANNA)
    booth.double.tell = tell  # type: ignore[method-assign]
    booth.double.echo = "before"
    await booth.send(recipient=Address("46701234567"))
    (status,) = posted[0]["value"]["statuses"]
    assert (status["status"], status["errors"][0]["code"], status["biz_opaque_callback_data"]) == ("failed", 131047, OURS)


async def test_what_ends_without_an_answer_is_unknown_and_what_never_left_is_not(booth: Booth) -> None:
    """F28, F29: cut after accepting, a page in place of an answer; a file that could not be brought has sent nothing."""
    for what, answer in (
        ("cut-after", None),
        ("cut", None),
        ("status", Answer(502, b"<html>")),
        ("status", Answer(200, b"[]")),
        ("status", Answer(200, b"{}")),
    ):
        booth.double.trouble(what, path=SEND, answer=answer)
        with pytest.raises(ResultUnknown):
            await booth.send()
    handed = booth.hand_over.times
    booth.double.trouble("cut-after", path="/media")
    with pytest.raises(Unreachable):
        await booth.send("", files=(PICTURE,))
    assert booth.hand_over.times == handed
    assert await booth.channel.look_up(booth.connection, OURS) is None


async def test_deeds_are_those_that_whatsapp_knows(booth: Booth) -> None:
    """React, block, unblock, each as often as one likes; what was sent stays as it is."""
    for _ in range(2):
        await booth.perform("react", "👍")
        await booth.perform("block")
    assert booth.number.blocked == {"46701234567"}
    assert booth.double.calls(SEND)[0].json["reaction"] == {"message_id": "wamid.IN1", "emoji": "👍"}
    await booth.perform("unblock")
    assert booth.number.blocked == set()
    for kind in ("edit", "delete", "hide"):
        with pytest.raises(Refused) as caught:
            await booth.perform(kind)
        assert caught.value.permanent


async def test_files_are_fetched_at_once_with_our_token(booth: Booth) -> None:
    """F44: the link lives for five minutes; what comes damaged is asked for again, what is gone is gone."""
    key = booth.number.keep(b"bild", "image/png")
    wanted = Wanted(kind="media", key="k", ref={"media": key}, name="image.png")
    found = await booth.channel.fetch(booth.connection, wanted)
    assert (found.data, found.media_type, found.name) == (b"bild", "image/png", "image.png")
    assert booth.double.calls("wa-media")[0].headers["authorization"].startswith("Bearer ")
    booth.double.trouble("status", path="wa-media", answer=Answer(200, b"bil?"))
    with pytest.raises(Unreachable, match="damaged"):
        await booth.channel.fetch(booth.connection, wanted)
    booth.number._links[key] = NOW - LINK
    booth.double.trouble("status", path="wa-media", answer=Answer(410))
    for ref in ({"media": key}, {"media": "404404"}):
        with pytest.raises(Refused) as caught:
            await booth.channel.fetch(booth.connection, Wanted(kind="media", key="k", ref=ref))
        assert caught.value.permanent


async def test_a_number_is_looked_after(booth: Booth, memory: Memory) -> None:
    """F31: the webhook is set to our own address, templates are kept as Meta lists them, and what is odd is said."""
    kept: list[list[Template]] = []

    async def keep(found: list[Any]) -> None:
        kept.append(found)

    around = memory.around
    around = type(around)(around.intake, around.cursors, around.progress, around.now, templates=keep)
    async with _listening(booth, inbox(booth.double, HOOK), around):
        await memory.until(lambda: ("ok", "") in memory.progress)
        assert booth.double.hooks[WABA] == HOOK
        calls = len(booth.double.calls("subscribed_apps", "POST"))
        booth.number.quality = "RED"
        await memory.until(lambda: any("quality is low" in reason for _, reason in memory.progress))
        booth.number.state = "FLAGGED"
        await memory.until(lambda: any("FLAGGED" in reason for _, reason in memory.progress))
        assert len(booth.double.calls("subscribed_apps", "POST")) == calls == 1
        booth.double.expire()
        await memory.until(lambda: any(state == "failing" for state, _ in memory.progress))
    assert [one.name for one in kept[0]] == ["baggage_found"]
    booth.double.tokens.add("page-token")
    memory.progress.clear()
    async with _listening(booth, booth.connection, memory.around):
        await memory.until(lambda: bool(memory.progress))
    # Only a stand-in was told the way by somebody else.
    assert memory.progress[0][0] == "ok"
    assert unposted(WhatsappSettings(), "") == ("failing", NO_HOOK)


async def test_the_live_test_tells_what_must_be_right(booth: Booth) -> None:
    """Number, templates, webhook: each line says what to do; nothing at Meta is changed."""

    async def lines(hook: str = HOOK) -> list[tuple[str, str]]:
        return [(one.name, one.state) for one in await booth.channel.test(inbox(booth.double, hook))]

    assert await lines() == [("Number", "ok"), ("Templates", "ok"), ("Receiving", "warn")]
    assert (await lines(""))[2] == ("Receiving", "fail")
    booth.number.quality, booth.number.templates = "RED", []
    assert (await lines())[:2] == [("Number", "warn"), ("Templates", "warn")]
    booth.double.expire()
    assert await lines() == [("Number", "fail")]
    assert not booth.double.calls("", "POST")


class _listening:  # noqa: N801 - a context, used as a word
    def __init__(self, booth: Booth, connection: Connection, around: Any) -> None:
        self._booth, self._connection, self._around = booth, connection, around

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(self._booth.channel.listen(self._connection, self._around))

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
