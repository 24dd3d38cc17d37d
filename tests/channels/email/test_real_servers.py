"""Real Dovecot and Postfix, both directions, with restarts, renumbering, and connections that die at the worst moment."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from typing import Any

import msgspec
import pytest

from sluss.channels.contract import Address, Connection, Outbound, Refused, ResultUnknown, Sent, Unreachable
from sluss.channels.email import receiving
from sluss.channels.email.channel import EmailChannel
from sluss.channels.email.compose import new_message_id, reply_address
from tests.channels.email.mailroom import HandOver, Memory, inbox, mail, outbound, read
from tests.servers.certificate import Certificate
from tests.servers.dovecot import Dovecot, Mailbox
from tests.servers.postfix import Postfix
from tests.servers.program import until
from tests.servers.proxy import FaultProxy

Connect = Callable[..., Connection]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "_WAITS", (0.05, 0.5))


@pytest.fixture
def support(dovecot: Dovecot) -> Mailbox:
    return dovecot.new_mailbox("support", "norrsken.test")


@pytest.fixture
def asa(dovecot: Dovecot) -> Mailbox:
    return dovecot.new_mailbox("asa", "customer.test")


class Sending:
    """Sends from the support mailbox, and looks what happened."""

    def __init__(self, channel: EmailChannel, connection: Connection, support: Mailbox, asa: Mailbox) -> None:
        self._channel, self._connection, self._support, self.asa = channel, connection, support, asa
        self.hand_over = HandOver()

    async def send(self, answer: Outbound | None = None, connection: Connection | None = None) -> Sent:
        return await self._channel.send(connection or self._connection, answer or self.answer(), self.hand_over)

    def answer(self, **more: Any) -> Outbound:
        own = Address(self._support.address, "Norrsken Air")
        ours: dict[str, Any] = {"external_id": new_message_id(own.address), "sender": own, "reply_to": own}
        ours["recipient"] = self.asa.address
        return outbound(**ours | more)


@pytest.fixture
def sending(channel: EmailChannel, connect: Connect, support: Mailbox, asa: Mailbox) -> Sending:
    return Sending(channel, connect(), support, asa)


@pytest.fixture
def connect(support: Mailbox, dovecot: Dovecot, postfix: Postfix, certificate: Certificate) -> Connect:
    """The support mailbox by STARTTLS on both servers, trusting their certificate."""

    def connected(**settings: Any) -> Connection:
        usual: dict[str, Any] = {"imap_host": "localhost", "imap_port": dovecot.imap_port, "imap_security": "starttls", "sent_copy": False}
        usual |= {"smtp_host": "localhost", "smtp_port": postfix.submission_port, "smtp_security": "starttls"}
        usual |= {"certificate": certificate.cert.read_text()}
        return inbox(support.address, {"password": support.password}, **usual | settings)

    return connected


@contextlib.asynccontextmanager
async def listening(connection: Connection, memory: Memory) -> AsyncGenerator[None]:
    task = asyncio.create_task(EmailChannel(allow_private=True).listen(connection, memory.around))
    try:
        await memory.until(lambda: ("ok", "") in memory.progress)
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def letter(number: int, support: Mailbox) -> bytes:
    return mail(f"Hej nr {number}!", To=support.address, Message_ID=f"<{number}@customer.test>").replace("\n", "\r\n").encode()


def ids(memory: Memory) -> list[str]:
    return [read(item.raw).external_id.partition("@")[0] for item in memory.received]


async def deliver(support: Mailbox, *numbers: int) -> None:
    for number in numbers:
        await asyncio.to_thread(support.deliver, letter(number, support))


@pytest.mark.parametrize("security", ["starttls", "tls", "plain"])
async def test_mail_comes_in(connect: Connect, dovecot: Dovecot, support: Mailbox, memory: Memory, security: str):
    port = dovecot.imaps_port if security == "tls" else dovecot.imap_port
    await deliver(support, 1)
    async with listening(connect(imap_security=security, imap_port=port), memory):
        await deliver(support, 2, 3)
        await memory.until(lambda: ids(memory) == ["2", "3"])


async def test_mail_goes_out_and_its_answer_comes_back_by_the_token(connect, support, sending: Sending, postfix, memory):
    token, asa = "abcdefgh234567abcdef", sending.asa
    reply_to = reply_address(support.address, token)
    answer = sending.answer(reply_to=Address(reply_to), text="Hej Åsa!\n.\nVäskan är här.")
    async with listening(connect(), memory):
        sent = await sending.send(answer)
        assert sent.detail.startswith("250 2.0.0 Ok: queued as")
        (arrived,) = await asa.arrives()
        assert (read(arrived).external_id, read(arrived).text) == (answer.external_id, "Hej Åsa!\n.\nVäskan är här.")
        reply = mail("Tack!", From=asa.address, To=support.address, In_Reply_To=f"<{answer.external_id}>")
        await asyncio.to_thread(postfix.send, reply.replace("\n", "\r\n").encode(), asa.address, [reply_to])
        await memory.until(lambda: len(memory.received) == 1)
    found = read(memory.received[0].raw, support.address)
    assert (found.thread_token, found.references, found.automatic) == (token, (answer.external_id,), "")


async def test_an_address_that_bounces_becomes_a_receipt(connect, sending: Sending, memory, channel):
    """The bounce is Postfix's own, of an address that does not exist."""
    answer = sending.answer(recipient="nobody-at-all@customer.test")
    async with listening(connect(), memory):
        await sending.send(answer)
        await memory.until(lambda: len(memory.received) == 1)
    (receipt,) = channel.understand(memory.received[0], connect())
    assert (receipt.external_id, receipt.recipient, receipt.state) == (answer.external_id, "nobody-at-all@customer.test", "failed")
    assert receipt.code.startswith("5.")


async def test_dovecot_restarts_in_the_middle_of_idle(connect, dovecot, support, memory):
    async with listening(connect(), memory):
        await deliver(support, 1)
        await memory.until(lambda: ids(memory) == ["1"])
        await asyncio.to_thread(dovecot.stop)
        await memory.until(lambda: any(state == "failing" for state, _ in memory.progress))
        dovecot.start()  # not in a thread: the server ends with the thread that started it
        await deliver(support, 2)
        await memory.until(lambda: ids(memory) == ["1", "2"])


async def test_dovecot_drops_the_connection(connect, dovecot, support, memory):
    async with listening(connect(), memory):
        await asyncio.to_thread(dovecot.kick, support)
        await deliver(support, 1)
        await memory.until(lambda: ids(memory) == ["1"])


async def test_dovecot_numbers_the_folder_anew(connect, dovecot, support, memory):
    """T53: what is known is not fetched again, nothing that comes later is missed."""
    async with listening(connect(), memory):
        await deliver(support, 1)
        await memory.until(lambda: ids(memory) == ["1"])
    await asyncio.to_thread(support.renumber)
    async with listening(connect(), memory):
        await deliver(support, 2)
        await memory.until(lambda: ids(memory) == ["1", "2"])
    assert memory.repeated == []


async def test_nothing_at_the_server_changes(connect, support, memory):
    async with listening(connect(), memory):
        await deliver(support, 1)
        await memory.until(lambda: ids(memory) == ["1"])

    def flags() -> list[Any]:
        with support.imap() as client:
            client.select("INBOX", readonly=True)
            return client.fetch("1", "(FLAGS)")[1]

    assert b"Seen" not in (await asyncio.to_thread(flags))[0]


async def test_a_mail_cut_on_its_way_in_is_fetched_again(connect, dovecot, support, memory, fault_proxy):
    """F44."""
    proxy: FaultProxy = fault_proxy(dovecot.imap_port)
    async with listening(connect(imap_port=proxy.port, imap_security="plain"), memory):
        proxy.cut_when(b"Hej nr 2", "down")
        await deliver(support, 1, 2)
        await memory.until(lambda: sum(state == "failing" for state, _ in memory.progress) >= 2)
        proxy.heal()
        await memory.until(lambda: ids(memory) == ["1", "2"])


async def test_postfix_restarts_between_two_mails(sending: Sending, postfix: Postfix):
    first, second = sending.answer(), sending.answer()
    await sending.send(first)
    await sending.asa.arrives()
    await asyncio.to_thread(postfix.stop)
    with pytest.raises(Unreachable):
        await sending.send()
    postfix.start()
    await sending.send(second)
    # Postfix itself may deliver the first mail again, when it was stopped before it had noted the delivery.
    await sending.asa.arrives(2)
    await asyncio.to_thread(until, lambda: len(arrived(sending.asa)) == 2, "the second mail")
    assert arrived(sending.asa) == {first.external_id, second.external_id}


def arrived(mailbox: Mailbox) -> set[str]:
    return {read(raw).external_id for raw in mailbox.messages()}


@pytest.fixture
def cut(connect: Connect, postfix: Postfix, fault_proxy: Callable[[int], FaultProxy]) -> tuple[FaultProxy, Connection]:
    """The way out through a proxy, in plain, so that it can read along."""
    proxy = fault_proxy(postfix.smtp_port)
    return proxy, connect(smtp_port=proxy.port, smtp_security="plain", user="", way_in="listener")


async def test_cut_in_the_middle_of_the_mail(cut, sending: Sending):
    """F28, F44: it may have arrived for all we know."""
    proxy, connection = cut
    proxy.cut_when(b"In the middle")
    with pytest.raises(ResultUnknown):
        await sending.send(sending.answer(text="x\n" * 3000 + "In the middle" + "\ny" * 3000), connection)
    assert sending.hand_over.times == 1
    proxy.heal()
    await sending.send(sending.answer(text="whole"), connection)
    assert [read(raw).text for raw in await sending.asa.arrives()] == ["whole"]


async def test_cut_before_the_answer(cut, sending: Sending):
    """F28: it arrived, and we cannot know. The second attempt carries the same id."""
    proxy, connection = cut
    proxy.cut_when(b"queued as", "down")
    answer = sending.answer()
    with pytest.raises(ResultUnknown):
        await sending.send(answer, connection)
    proxy.heal()
    await sending.send(answer, connection)
    assert {read(raw).external_id for raw in await sending.asa.arrives(2)} == {answer.external_id}


@pytest.mark.parametrize("moment", [b"EHLO", b"MAIL FROM", b"RCPT TO", b"DATA\r\n"])
async def test_cut_before_the_mail(cut, sending: Sending, moment: bytes):
    proxy, connection = cut
    proxy.cut_when(moment)
    with pytest.raises(Unreachable):
        await sending.send(connection=connection)
    assert sending.hand_over.times == (moment == b"DATA\r\n")


async def test_without_signing_in_nothing_goes_out(connect: Connect, sending: Sending):
    with pytest.raises((Refused, Unreachable)):
        await sending.send(connection=connect(user=""))


async def test_trial_of_a_real_mailbox(connect: Connect, channel: EmailChannel):
    checks = await channel.test(connect())
    assert [check.state for check in checks] == ["ok"] * 5, checks


async def test_wrong_password_and_wrong_certificate(connect: Connect, channel: EmailChannel):
    bad_password = msgspec.structs.replace(connect(), secrets={"password": "no"})
    refused, mistrusted = await channel.test(bad_password), await channel.test(connect(certificate=""))
    assert ["user name and password" in check.detail for check in refused] == [True, True], refused
    assert ["certificate" in check.detail for check in mistrusted] == [True, True], mistrusted


async def test_sent_copy_is_found_by_looking_up(connect: Connect, support: Mailbox, sending: Sending, channel: EmailChannel):
    answer = sending.answer()
    await sending.send(answer, connect(sent_copy=True))
    await channel.close()
    assert len(await support.arrives(folder="Sent")) == 1
    assert await channel.look_up(connect(), answer.external_id)
    assert await channel.look_up(connect(), new_message_id("norrsken.test")) is None
