"""Those who live on Telegram and WhatsApp in the demo: every story is told, understood, answered, and comes to its end."""

from __future__ import annotations

from typing import Any

import pytest

from sluss.channels.contract import Address, Inbound, Outbound
from sluss.channels.happenings import Bystander, Reacted
from sluss.sandbox.chatters import Chatters, make_voice
from sluss.sandbox.graph.whatsapp_life import WhatsappLife
from sluss.sandbox.telegram.life import TelegramLife
from sluss.sandbox.telegram.people import Person
from tests.channels.contract.subject import HOOK, NOW
from tests.channels.contract.test_proof import connection_to
from tests.channels.telegram.subject import SUBJECT as TELEGRAM
from tests.channels.whatsapp.subject import SUBJECT as WHATSAPP


@pytest.mark.parametrize("kind", [TELEGRAM, WHATSAPP])
async def test_every_story_is_told_and_comes_to_its_end(kind: Any) -> None:
    """Ten pictures, a place, a voice, a press, a group; who was answered goes on, until nothing is left to say."""
    subject, clock = kind(), [0.0]
    await subject.open()
    life = _life(subject, lambda: clock[0])
    chatters: Chatters = life.chatters
    heard: list[Any] = []
    connection = connection_to(subject, 1)
    for _ in chatters._stories:
        await chatters.begin()
        heard += await _heard(subject, connection)
    inbounds = [one for one in heard if isinstance(one, Inbound) and one.direction == "in"]
    assert len([one for one in inbounds for wanted in one.wanted if wanted.media_type == "image/png" or "photo" in wanted.name]) == 10
    assert {"location", "voice", "button" if kind is WHATSAPP else "mention"} <= {one.kind for one in inbounds}
    assert [one.origin for one in heard if isinstance(one, Inbound) and one.direction == "out"] == ["native"]
    assert kind is WHATSAPP or sum(isinstance(one, Bystander) for one in heard) == 4
    hand_over = _nothing
    for _ in range(2):
        for one in {one.sender.address: one for one in inbounds}.values():
            await subject.channel.send(connection, _answer(one), hand_over)
        for _ in range(3):
            clock[0] += 60
            await chatters.turn()
        later = await _heard(subject, connection)
        heard += later
        chatters._next = clock[0] + 10_000
    said = {one.text for one in heard if isinstance(one, Inbound)}
    ends = [chat.story.closing for chat in chatters.chats if not chat.story.more or chat.said >= 2]
    assert ends
    assert all(any(text.endswith(one) for text in said) for one in ends)
    assert any(isinstance(one, Reacted) for one in heard)
    await subject.close()


def test_a_voice_is_a_recording_that_browsers_play() -> None:
    """WAV with the length that its head says."""
    voice = make_voice(1)
    assert (voice[:4], voice[8:16], len(voice)) == (b"RIFF", b"WAVEfmt ", 8044)


def _life(subject: Any, clock: Any) -> Any:
    if subject.name == "whatsapp":
        return WhatsappLife(subject.number, clock)
    subject.bot.hook = HOOK
    owner = subject.double.connect_business(subject.bot, Person(id=900, first="Norrsken"))
    return TelegramLife(subject.double, subject.bot, clock, business=owner)


async def _heard(subject: Any, connection: Any) -> list[Any]:
    return [one for delivered in await subject.delivered(connection) for one in subject.channel.understand(delivered, connection)]


async def _nothing() -> None:
    return


def _answer(one: Inbound) -> Outbound:
    to = Address(one.sender.address)
    usual: dict[str, Any] = {"external_id": f"k{one.external_id}@x", "recipient": to, "sender": to, "reply_to": to, "to": (to,)}
    way: dict[str, Any] = {"thread_key": one.thread_key, "answers": one.external_id, "visibility": one.visibility, "facts": one.facts}
    return Outbound(**usual, **way, subject="", text="Vi hjälper dig.", sent_at=NOW)
