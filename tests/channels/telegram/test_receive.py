"""How updates come: posted with the secret, or asked for; over outages, a second reader, and a webhook that somebody took."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from sluss.channels.contract import Connection, Posted, Unverified
from sluss.channels.registry import check_settings
from sluss.channels.telegram.channel import TelegramChannel
from sluss.channels.telegram.receiving import TWO_READERS, Waits
from sluss.kernel.clock import DAY
from sluss.sandbox.telegram.network import Telegram, flood
from sluss.sandbox.telegram.telephone import Telephone
from sluss.sandbox.wire import Answer
from tests.channels.email.mailroom import Memory
from tests.channels.telegram.booth import ANNA, NOW, SECRET, TOKEN, inbox, payload

WAITS = Waits(poll=1, look=0.01, first=0.01, longest=0.02)
HEADER = "x-telegram-bot-api-secret-token"
HOOK = "https://sluss.example/hooks/1/7"


@pytest.fixture
async def network() -> AsyncIterator[Telegram]:
    network = Telegram(lambda: NOW / 1_000_000)
    network.add_bot(TOKEN, "norrsken_bot")
    await network.start()
    yield network
    await network.stop()


@pytest.fixture
async def channel() -> AsyncIterator[TelegramChannel]:
    channel = TelegramChannel(allow_private=True, waits=WAITS)
    yield channel
    await channel.close()


@pytest.fixture
async def memory() -> AsyncIterator[Memory]:
    memory = Memory()
    memory.now = lambda: NOW
    yield memory
    memory.close()


def test_only_who_knows_the_secret_may_post() -> None:
    """T85, T87: fails closed in 25 ways, also without a secret; a good post is kept whole whatever it holds, and a repeat has its key."""
    channel, body = TelegramChannel(), msgspec.json.encode(payload("text"))
    wrong = [
        "", " ", SECRET[:-1], SECRET + "x", SECRET.upper(), SECRET.lower() + " ", f" {SECRET}", f"{SECRET}, {SECRET}", SECRET[::-1], "null",
        "undefined", "true", "0", "*", TOKEN, f"sha256={SECRET}", f"Bearer {SECRET}", f'"{SECRET}"', "é" * 31, "\x00", SECRET.swapcase(),
        SECRET.replace("-", "_"), SECRET + "\n", "None", "sluss",
    ]  # fmt: skip
    assert len(wrong) == 25
    for one in (*({HEADER: text} for text in wrong), {}, {"x-hub-signature-256": SECRET}):
        with pytest.raises(Unverified):
            channel.accept(Posted(headers=one, body=body, received_at=NOW), inbox())
    for secret in ("", "short"):
        bare = msgspec.structs.replace(inbox(), secrets={"token": TOKEN, "hook_secret": secret})
        with pytest.raises(Unverified):
            channel.accept(Posted(headers={HEADER: secret}, body=body, received_at=NOW), bare)
    keys = {_key(channel, raw) for raw in (body, msgspec.json.encode(payload("text"), order="sorted"), body.replace(b'"Hej"', b'"Hej!"'))}
    # A repeat in other bytes is the same update; other news under the number of an old update is other news.
    assert len(keys) == 2
    assert len({_key(channel, raw) for raw in (b"", b"{", b"\xff", b"[1]", b"[" * 100_000, b'{"update_id":9}')}) == 6


async def test_what_is_asked_for_is_durable_before_telegram_forgets_it(network: Telegram, channel: TelegramChannel, memory: Memory) -> None:
    """F34: a failing intake moves no cursor; after a restart the same comes again, under the same keys."""
    anna = Telephone(network, network.bots[TOKEN], ANNA)
    await anna.press_start()
    await anna.album([b"en", b"tva"], "två")
    memory.refuse = 1
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever intake raises reaches the host, which begins anew
        await channel.listen(inbox(network), memory.around)
    assert (memory.cursor, len(network.bots[TOKEN].waiting)) == ({}, 3)
    async with _listening(channel, inbox(network), memory):
        await memory.until(lambda: len(memory.received) == 3)
        await memory.until(lambda: "updates" in memory.cursor)
        await anna.say("Hallå?")
        await memory.until(lambda: len(memory.received) == 4)
    assert len({one.external_key for one in memory.received}) == 4
    asked = [one.json for one in network.calls("getUpdates")]
    assert asked[0].get("offset") is None
    assert "message_reaction" in asked[0]["allowed_updates"]
    # After a week of silence the numbers may begin anew: nothing is asked from the old one.
    network.asked.clear()
    memory.now = lambda: NOW + 7 * DAY
    async with _listening(channel, inbox(network), memory):
        await memory.until(lambda: len(memory.progress) > 5)
    assert network.calls("getUpdates")[0].json.get("offset") is None


async def test_a_second_reader_is_told_of_in_words(network: Telegram, channel: TelegramChannel, memory: Memory) -> None:
    """F30, F31: 409, 429 and 401 each say what is wrong; then it goes on by itself."""
    for answer in (_no(409, "Conflict: terminated by other getUpdates request"), flood(1), _no(401, "Unauthorized"), Answer(502)):
        network.trouble("status", path="getUpdates", answer=answer)
    network.bots[TOKEN].hook = "https://else.example/"
    async with _listening(channel, inbox(network), memory):
        await memory.until(lambda: ("ok", "") in memory.progress)
    failing = [reason for state, reason in memory.progress if state == "failing"]
    assert failing[0] == TWO_READERS
    assert [("1 seconds" in failing[1]), ("BotFather" in failing[2]), ("502" in failing[3])] == [True] * 3
    # Whoever asks has no webhook: it is taken away first, and nothing that waits is dropped.
    assert (network.bots[TOKEN].hook, network.calls("deleteWebhook")[0].json) == ("", {"drop_pending_updates": False})


async def test_the_webhook_is_set_looked_after_and_taken_back(network: Telegram, channel: TelegramChannel, memory: Memory) -> None:
    """T85: with the secret and the kinds that are wanted; another program that takes it is told of."""
    bot = network.bots[TOKEN]
    async with _listening(channel, inbox(network, HOOK), memory):
        await memory.until(lambda: ("ok", "") in memory.progress)
        assert (bot.hook, bot.secret, "callback_query" in bot.allowed) == (HOOK, SECRET, True)
        bot.hook = "https://else.example/"
        await memory.until(lambda: any("Another program" in reason for _, reason in memory.progress))
        assert bot.hook == HOOK
    quiet = inbox(network, HOOK, way="poll")
    async with _listening(channel, quiet, memory):
        await memory.until(lambda: bool(network.calls("getUpdates")))
    assert bot.hook == ""


async def test_what_could_not_be_posted_is_asked_for(network: Telegram, channel: TelegramChannel, memory: Memory) -> None:
    """F26: after an outage of ours everything that Telegram kept comes, and then it posts again."""
    bot = network.bots[TOKEN]
    bot.waiting = [{"update_id": 7, "message": payload("text")["message"]}]
    bot.failed_at, bot.failed = NOW // 1_000_000 - 60, "Connection refused"
    network.trouble("status", path="setWebhook", answer=Answer(200, b'{"ok":true,"result":true}'))
    bot.hook = HOOK
    async with _listening(channel, inbox(network, HOOK), memory):
        await memory.until(lambda: len(memory.received) == 1)
        await memory.until(lambda: bot.hook == HOOK and not bot.waiting)
        await memory.until(lambda: any("Connection refused" in reason for _, reason in memory.progress))


def test_settings_say_what_is_wrong_with_a_token() -> None:
    """A token names its bot, which is the inbox's address; each wrong field has its sentence."""
    good = {"token": TOKEN, "hook_secret": SECRET}
    table: list[tuple[str, dict[str, Any], dict[str, str], list[str]]] = [
        ("telegram-110201543", {}, good, []),
        ("telegram-110201543", {"groups": "all", "api": "http://127.0.0.1:8081"}, good, []),
        ("telegram-110201543", {}, {}, ["token"]),
        ("telegram-110201543", {}, good | {"token": "110201543"}, ["token"]),
        ("telegram-5", {}, good, ["token"]),
        ("telegram-110201543", {"groups": "some"}, good, ["groups"]),
        ("telegram-110201543", {}, good | {"hook_secret": "short"}, ["hook_secret"]),
    ]
    for address, values, secrets, wrong in table:
        settings, faults = check_settings("telegram", address, values, secrets)
        assert (sorted(faults), bool(settings)) == (wrong, not wrong), (values, faults)


class _listening:  # noqa: N801 - a context, used as a word
    def __init__(self, channel: TelegramChannel, connection: Connection, memory: Memory) -> None:
        self._channel, self._connection, self._memory = channel, connection, memory

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(self._channel.listen(self._connection, self._memory.around))

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


def _key(channel: TelegramChannel, raw: bytes) -> str:
    (found,) = channel.accept(Posted(headers={HEADER: SECRET}, body=raw, received_at=NOW), inbox())
    assert found.raw == raw
    return found.external_key


def _no(code: int, words: str) -> Answer:
    return Answer(code, msgspec.json.encode({"ok": False, "error_code": code, "description": words}))
