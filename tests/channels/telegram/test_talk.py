"""Real talk with the double: answers, files, deeds and fetching, and what becomes of them when Telegram says no or nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sluss.channels.contract import Address, Connection, OutboundFile, Refused, ResultUnknown, Unreachable
from sluss.channels.deeds import Deed, DeedKind
from sluss.channels.fetching import Fetched
from sluss.channels.happenings import Wanted
from sluss.channels.telegram.channel import TelegramChannel
from sluss.kernel.clock import SECOND
from sluss.sandbox.telegram.network import Telegram, flood
from sluss.sandbox.telegram.people import Bot
from sluss.sandbox.telegram.telephone import Telephone, move_group
from sluss.sandbox.wire import Answer
from tests.channels.email.mailroom import HandOver
from tests.channels.telegram.booth import ANNA, CREW, OWNER, PAWEL, TOKEN, inbox, outbound

PICTURE = OutboundFile("väska.png", "image/png", b"\x89PNG bild")


class Booth:
    """A network with the bot, Anna's telephone, and the adapter."""

    def __init__(self) -> None:
        self.network = Telegram()
        self.bot: Bot = self.network.add_bot(TOKEN, "norrsken_bot", "Norrsken Air")
        self.anna = Telephone(self.network, self.bot, ANNA)
        self.channel = TelegramChannel(allow_private=True)
        self.hand_over = HandOver()

    @property
    def connection(self) -> Connection:
        return inbox(self.network)

    async def send(self, text: str = "Vi letar.", thread_key: str = "dm:77001122", **more: Any) -> Any:
        return await self.channel.send(self.connection, outbound(text, thread_key, **more), self.hand_over)

    async def refused(self, text: str = "Vi letar.", thread_key: str = "dm:77001122", **more: Any) -> Refused:
        with pytest.raises(Refused) as caught:
            await self.send(text, thread_key, **more)
        return caught.value

    async def perform(self, kind: DeedKind, key: str, value: str = "", **more: Any) -> str:
        usual: dict[str, Any] = {"of": "out", "visibility": "private", "author": Address("77001122"), "thread_key": "dm:77001122"}
        deed = Deed(kind=kind, external_id=key, value=value, **usual | more)
        return await self.channel.perform(self.connection, deed, self.hand_over)

    async def fetch(self, **ref: Any) -> Fetched:
        return await self.channel.fetch(self.connection, Wanted(kind="media", key="k", ref=ref, name="f.jpg", size=ref.get("size", 0)))


@pytest.fixture
async def booth() -> AsyncIterator[Booth]:
    booth = Booth()
    await booth.network.start()
    yield booth
    await booth.channel.close()
    await booth.network.stop()


async def test_an_answer_reaches_the_chat_and_its_key_is_kept(booth: Booth) -> None:
    """Into the private chat, into a group as an answer, through a business account; each with Telegram's own number."""
    said = await booth.anna.say("Var är väskan?")
    sent = await booth.send()
    assert (sent.external_ids, sent.thread_key) == (("tg:110201543:77001122:11",), "")
    asked = await booth.anna.call("när går SK12?", CREW)
    key = f"tg:110201543:-4242:{asked['message_id']}"
    group = await booth.send("Klockan 9.", "p:-4242:root:77001122", visibility="public", answers=key)
    assert group.external_ids == (f"tg:110201543:-4242:{asked['message_id'] + 1}",)
    assert booth.network.sent[-1]["reply_parameters"] == {"message_id": asked["message_id"], "allow_sending_without_reply": True}
    shop = booth.network.connect_business(booth.bot, OWNER)
    await Telephone(booth.network, booth.bot, PAWEL, business=shop).say("Dzień dobry")
    business = await booth.send("Cześć", "dm:bc_1:77001199")
    assert booth.network.sent[-1]["sender_business_bot"]["id"] == 110201543
    assert business.external_ids[0].startswith("tb:bc_1:77001199:")
    # Somebody who is written to for the first time by this way has a thread from now on.
    assert (await booth.send(thread_key="")).thread_key == "dm:77001122"
    assert (said["message_id"], booth.hand_over.times) == (10, 4)


async def test_files_go_as_what_they_are_within_the_limits(booth: Booth) -> None:
    """A picture as a picture, anything else as a document; a caption has a limit of its own, counted in UTF-16."""
    await booth.anna.press_start()
    await booth.send("Så här", files=(PICTURE,))
    assert (booth.network.sent[-1]["caption"], len(booth.network.sent[-1]["photo"])) == ("Så här", 1)
    await booth.send("", files=(OutboundFile("kvitto.pdf", "application/pdf", b"%PDF"),))
    assert "document" in booth.network.sent[-1]
    table = [
        (await booth.refused("x" * 1025, files=(PICTURE,)), "caption"),
        (await booth.refused("🧳" * 2049), "length"),
        (await booth.refused("", files=(PICTURE, PICTURE)), "files"),
        (await booth.refused("", files=(OutboundFile("a", "a/b", bytes(50_000_001)),)), "size"),
        (await booth.refused(thread_key="", recipient=Address("anna@kund.example")), "recipient"),
    ]
    assert [(one.code, one.permanent) for one, _ in table] == [(code, True) for _, code in table]
    assert len(await booth.send("🧳" * 2048) and booth.network.sent) == 3


async def test_what_telegram_refuses_is_told_with_what_to_do(booth: Booth) -> None:
    """F30, F31: blocked, never met, unknown, moved, flooded, token gone: each says whether and when to try again."""
    stranger = await booth.refused(thread_key="dm:77001199")
    assert (stranger.code, stranger.permanent) == ("403", True)
    assert "press Start" in stranger.reason
    await booth.anna.press_start()
    await booth.anna.block()
    blocked = await booth.refused()
    assert blocked.permanent
    assert "unblock" in blocked.reason
    await booth.anna.block(back=True)
    booth.network.trouble("status", path="sendMessage", answer=flood(17))
    wait = await booth.refused()
    assert (wait.permanent, wait.wait, wait.whole_inbox) == (False, 17 * SECOND, True)
    booth.network.trouble("status", path="sendMessage", answer=flood(17))
    await booth.anna.call("hej", CREW)
    assert not (await booth.refused(thread_key="p:-4242:root:77001122", visibility="public")).whole_inbox
    booth.network.bots.clear()
    dead = await booth.refused()
    assert (dead.permanent, dead.reconnect) == (False, True)
    booth.network.add_bot(TOKEN, "norrsken_bot")
    assert await booth.send()


async def test_a_group_that_moved_is_found_at_its_new_number(booth: Booth) -> None:
    """The first call was refused, so the second is no repeat; the thread is known by the new number from then on."""
    asked = await booth.anna.call("hej", CREW)
    await move_group(booth.network, booth.bot, CREW, -1001)
    key = f"tg:110201543:-4242:{asked['message_id']}"
    sent = await booth.send("Hej!", "p:-4242:root:77001122", visibility="public", answers=key)
    assert (sent.thread_key, sent.external_ids[0].split(":")[2]) == ("p:-1001:root:77001122", "-1001")
    assert len(booth.network.sent) == 1
    booth.network.trouble("status", path="deleteMessage", answer=_moved(-1001))
    with pytest.raises(Refused, match="another number"):
        await booth.perform("delete", key)


async def test_what_ends_without_an_answer_is_unknown_and_what_never_left_is_not(booth: Booth) -> None:
    """F28, F29: cut after accepting, an error of Telegram's own, a page in place of an answer; a closed door is safe to try again."""
    await booth.anna.press_start()
    for what, answer in (
        ("cut-after", None),
        ("cut", None),
        ("status", Answer(502, b"<html>Bad Gateway", {}, "text/html")),
        ("status", Answer(200, b"[]")),
        ("status", Answer(200, b'{"ok":true,"result":{}}')),
    ):
        booth.network.trouble(what, path="sendMessage", answer=answer)
        with pytest.raises(ResultUnknown):
            await booth.send()
    handed = booth.hand_over.times
    with pytest.raises(Refused, match="token"):
        await booth.channel.send(_without_token(booth.connection), outbound(), booth.hand_over)
    assert booth.hand_over.times == handed
    connection = booth.connection
    await booth.network.stop()
    with pytest.raises(Unreachable) as caught:
        await booth.channel.send(connection, outbound(), booth.hand_over)
    assert TOKEN not in str(caught.value) + repr(caught.value.__context__) + repr(caught.value.__cause__)


async def test_deeds_stand_once_and_can_be_repeated(booth: Booth) -> None:
    """F28: what stands so already is done; what a bot may not do says so."""
    await booth.anna.press_start()
    key = (await booth.send("Vi leter")).external_ids[0]
    number = int(key.rpartition(":")[2])
    for _ in range(2):
        await booth.perform("edit", key, "Vi letar")
        await booth.perform("react", key, "👍")
    assert booth.network.messages[77001122, number]["text"] == "Vi letar"
    assert booth.network.messages[77001122, number]["reaction"] == [{"type": "emoji", "emoji": "👍"}]
    picture = (await booth.send("Så", files=(PICTURE,))).external_ids[0]
    await booth.perform("edit", picture, "Så här")
    assert booth.network.messages[77001122, number + 1]["caption"] == "Så här"
    for _ in range(2):
        await booth.perform("delete", key)
    assert (77001122, number) not in booth.network.messages
    public: dict[str, Any] = {"visibility": "public", "thread_key": "p:-4242:root:77001122"}
    await booth.perform("block", "", of="in", **public)
    assert booth.network.banned == {(-4242, 77001122)}
    await booth.perform("unblock", "", of="in", **public)
    assert not booth.network.banned
    for kind, given in (("block", ""), ("edit", "callback:1:2"), ("hide", key)):
        with pytest.raises(Refused) as caught:
            await booth.perform(kind, given)  # pyright: ignore[reportArgumentType]
        assert caught.value.permanent


async def test_files_are_fetched_within_the_limit_of_bots(booth: Booth) -> None:
    """Only by the path that Telegram told; too large is said without asking, and gone is gone."""
    album = await booth.anna.album([b"en", b"tva"], "två bilder")
    file = album[1]["photo"][-1]["file_id"]
    assert await booth.fetch(file=file, size=3) == Fetched(data=b"tva", media_type="application/octet-stream", name="f.jpg")
    for ref, code in (({"file": file, "size": 20_000_001}, "size"), ({"file": "nothing"}, "400")):
        with pytest.raises(Refused) as caught:
            await booth.fetch(**ref)
        assert (caught.value.code, caught.value.permanent) == (code, True)
    booth.network.trouble("status", path="getFile", answer=Answer(200, b'{"ok":true,"result":{"file_path":"../../etc/passwd"}}'))
    with pytest.raises(Refused, match="cannot read"):
        await booth.fetch(file=file)
    booth.network.trouble("status", path="/file/", answer=Answer(503))
    with pytest.raises(Unreachable):
        await booth.fetch(file=file)


async def test_a_press_is_answered_at_once_and_late_is_no_fault(booth: Booth) -> None:
    """F32: told twice, it is answered once more in vain."""
    wanted = Wanted(kind="item", key="callback:7", ref={"callback": "7"})
    for _ in range(2):
        assert await booth.channel.fetch(booth.connection, wanted) == Fetched()
    assert booth.network.answered_presses == ["7"]


async def test_the_live_test_tells_what_must_be_right(booth: Booth) -> None:
    """Name, groups, webhook, token: each line says what to do; nothing is changed at the network."""

    async def lines(hook: str = "", **settings: Any) -> list[tuple[str, str]]:
        return [(one.name, one.state) for one in await booth.channel.test(inbox(booth.network, hook, **settings))]

    assert await lines() == [("Token", "ok"), ("Groups", "ok"), ("Receiving", "ok")]
    assert (await lines(groups="all"))[1] == ("Groups", "warn")
    assert (await lines(handle="@else"))[1] == ("Groups", "warn")
    assert (await lines("https://sluss.example/hooks/1/7"))[2] == ("Receiving", "warn")
    booth.bot.hook = "https://else.example/"
    assert (await lines())[2] == ("Receiving", "warn")
    booth.network.bots.clear()
    assert await lines() == [("Token", "fail")]


def _moved(chat: int) -> Answer:
    return Answer(400, b'{"ok":false,"error_code":400,"description":"Bad Request","parameters":{"migrate_to_chat_id":%d}}' % chat)


def _without_token(connection: Connection) -> Connection:
    return Connection(workspace_id=1, inbox_id=7, name="", address=connection.address, settings=connection.settings, secrets={})
