"""Signing in by token at IMAP and SMTP servers: what is refused is exchanged once, and what a person must do is said. F31, T81, T82."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from typing import Any, NoReturn

import msgspec
import pytest

from sluss.channels.contract import Connection, Unreachable
from sluss.channels.email.channel import EmailChannel
from sluss.channels.oauth.providers import use_stand_in
from sluss.sandbox.mail.servers import MailWorld
from tests.channels.email.mailroom import SUPPORT, HandOver, Memory, numbered, outbound


class Tokens:
    """Access as the host gives it, from a list; remembers what was refused and given up."""

    def __init__(self, *tokens: str) -> None:
        self.left = list(tokens)
        self.asked: list[tuple[str, str]] = []
        self.given_up: list[str] = []

    async def token(self, host: str, refused: str = "") -> str:
        self.asked.append((host, refused))
        if refused:
            self.left.pop(0)
        if not self.left:
            raise Unreachable("Connect it again.")
        return self.left[0]

    async def give_up(self, refused: str) -> NoReturn:
        self.given_up.append(refused)
        raise Unreachable("Connect it again.")


@pytest.fixture
def accepted(world: MailWorld) -> set[str]:
    """Tokens that the servers take."""
    good = {"good"}
    world.accepts_token = lambda user, token: user == SUPPORT and token in good
    return good


@pytest.fixture
def by_token(connect: Callable[..., Connection], accepted: set[str]) -> Callable[..., tuple[Connection, Tokens]]:
    def made(*tokens: str, **settings: Any) -> tuple[Connection, Tokens]:
        access = Tokens(*tokens)
        connection = connect(secrets={}, auth="google", user="", **settings)
        return msgspec.structs.replace(connection, access=access), access

    return made


Made = Callable[..., tuple[Connection, Tokens]]


async def test_mail_is_received_and_sent_by_token(
    world: MailWorld, channel: EmailChannel, by_token: Made, hand_over: HandOver, memory: Memory
) -> None:
    connection, access = by_token("good", days_back=1)
    world.deliver(numbered(1), [SUPPORT])
    listening = asyncio.create_task(channel.listen(connection, memory.around))
    await memory.until(lambda: len(memory.received) == 1)
    listening.cancel()
    await channel.send(connection, outbound(), hand_over)
    assert len(world.mailbox("asa@customer.example").messages) == 1
    assert {host for host, _ in access.asked} == {"127.0.0.1"}
    assert access.given_up == []


async def test_a_refused_token_is_exchanged_once(channel: EmailChannel, by_token: Made, hand_over: HandOver) -> None:
    """F31."""
    connection, access = by_token("ended", "good")
    await channel.send(connection, outbound(), hand_over)
    assert access.asked == [("127.0.0.1", ""), ("127.0.0.1", "ended")]
    assert (access.given_up, hand_over.times) == ([], 1)
    connection, access = by_token("ended", "good")
    assert await channel.look_up(connection, "nobody@norrsken.example") is None
    assert (access.asked[-1], access.given_up) == (("127.0.0.1", "ended"), [])


async def test_two_refused_tokens_are_given_up(channel: EmailChannel, by_token: Made, hand_over: HandOver, memory: Memory) -> None:
    """F31: sending waits, receiving says what to do, and no third token is tried."""
    connection, access = by_token("ended", "ended too", "good")
    with pytest.raises(Unreachable, match="Connect it again"):
        await channel.send(connection, outbound(), hand_over)
    assert (access.given_up, len(access.asked), hand_over.times) == (["ended too"], 2, 0)
    connection, access = by_token("ended", "ended too", "good")
    listening = asyncio.create_task(channel.listen(connection, memory.around))
    await memory.until(lambda: ("failing", "Connect it again.") in memory.progress)
    listening.cancel()
    assert access.given_up == ["ended too"]


async def test_a_server_in_trouble_costs_no_token(world: MailWorld, channel: EmailChannel, by_token: Made, hand_over: HandOver) -> None:
    """F31: “not now” is no refusal."""
    connection, access = by_token("good")
    world.faults.answer("AUTH", 454, "4.7.0 Temporary authentication failure")
    with pytest.raises(Unreachable, match="cannot check the sign-in now"):
        await channel.send(connection, outbound(), hand_over)
    assert access.asked == [("127.0.0.1", "")]
    await channel.send(connection, outbound(), hand_over)


async def test_an_inbox_that_is_not_connected_says_so(
    channel: EmailChannel, connect: Callable[..., Connection], hand_over: HandOver
) -> None:
    connection = connect(secrets={}, auth="microsoft")
    with pytest.raises(Unreachable, match="not connected yet"):
        await channel.send(connection, outbound(), hand_over)
    with pytest.raises(Unreachable, match="not connected yet"):
        await channel.look_up(connection, "nobody@norrsken.example")
    checks = await channel.test(connection)
    assert [(check.state, check.fix) for check in checks] == [("fail", "See on the inbox’s page whether it is connected.")] * 2


async def test_the_test_of_an_inbox_signs_in_by_token(channel: EmailChannel, by_token: Made) -> None:
    connection, _access = by_token("good")
    assert [check.state for check in await channel.test(connection)] == ["ok"] * 5


@pytest.mark.parametrize(
    "answer",
    [
        (535, "5.7.139 Authentication unsuccessful, basic authentication is disabled. [sandbox]"),
        (550, "5.7.30 Basic authentication is not supported for Client Submission. [sandbox]"),
    ],
)
@pytest.mark.parametrize("stage", ["AUTH", "MAIL", "END"])
async def test_a_provider_that_takes_no_passwords_leads_to_connecting(
    world: MailWorld, channel: EmailChannel, connect: Callable[..., Connection], stage: Any, answer: tuple[int, str]
) -> None:
    """What waits stays whole: no mail is at fault for it."""
    world.faults.answer(stage, *answer, times=2)
    with pytest.raises(Unreachable, match="choose Connect with Microsoft"):
        await channel.send(connect(), outbound(), HandOver())


async def test_smtp_switched_off_is_no_lost_access(world: MailWorld, channel: EmailChannel, by_token: Made, hand_over: HandOver) -> None:
    connection, access = by_token("good")
    world.faults.answer("AUTH", 535, "5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.")
    with pytest.raises(Unreachable, match="Authenticated SMTP"):
        await channel.send(connection, outbound(), hand_over)
    assert access.asked == [("127.0.0.1", "")]


async def test_a_name_cannot_carry_fields_of_its_own(world: MailWorld, accepted: set[str]) -> None:
    """The double reads the line strictly: a name with control characters signs nobody in."""
    forged = base64.b64encode(f"user={SUPPORT}\x01auth=Bearer x\x01auth=Bearer good\x01\x01".encode()).decode()
    assert world.sign_in_by_token(forged) is None


@pytest.fixture(autouse=True)
def _on_this_machine() -> Any:
    use_stand_in("http://127.0.0.1:9")
    yield
    use_stand_in("")
