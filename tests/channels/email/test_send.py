"""Sending: every way it can end is told as it is, and nothing is sent twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from sluss.channels.contract import Connection, Refused, ResultUnknown, Unreachable
from sluss.channels.email.channel import EmailChannel
from sluss.sandbox.mail.faults import Stage
from sluss.sandbox.mail.servers import MailWorld
from tests.channels.email.mailroom import SUPPORT, HandOver, inbox, outbound, read

Connect = Callable[..., Connection]


@pytest.fixture
def asa(world: MailWorld):
    return world.mailbox("asa@customer.example")


async def test_a_mail_arrives(channel: EmailChannel, connect: Connect, hand_over: HandOver, asa):
    answer = outbound()
    sent = await channel.send(connect(), answer, hand_over)
    assert sent.detail == "250 2.0.0 OK: queued as SANDBOX"
    assert [read(mail.raw, "x@y.example").external_id for mail in asa.messages] == [answer.external_id]
    assert hand_over.times == 1


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "END"])
@pytest.mark.parametrize("code", [550, 451])
async def test_a_no_is_told_as_the_server_said_it(world, channel, connect, hand_over, *, stage: Stage, code: int):
    world.faults.answer(stage, code, "5.7.1 no")
    with pytest.raises(Refused) as refused:
        await channel.send(connect(), outbound(), hand_over)
    assert (refused.value.code, refused.value.reason, refused.value.permanent) == ("5.7.1", "5.7.1 no", code == 550)
    assert hand_over.times == (stage in {"DATA", "END"})
    assert world.mailbox("asa@customer.example").messages == []


async def test_unknown_recipient(channel, connect, hand_over):
    with pytest.raises(Refused, match=r"5\.1\.1") as refused:
        await channel.send(connect(), outbound("nobody@customer.example"), hand_over)
    assert refused.value.permanent


@pytest.mark.parametrize("stage", ["CONNECT", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"])
async def test_a_server_that_closes_down_before_the_mail_is_unreachable(world, channel, connect, hand_over, stage: Stage):
    world.faults.answer(stage, 421, "4.3.2 closing", times=2)
    with pytest.raises(Unreachable):
        await channel.send(connect(), outbound(), hand_over)


async def test_a_wrong_password_is_said_plainly(channel, connect, hand_over):
    with pytest.raises(Unreachable, match="does not accept user name and password"):
        await channel.send(connect(secrets={"password": "wrong"}), outbound(), hand_over)
    assert hand_over.times == 0


async def test_no_server_there(world, channel, connect, hand_over):
    connection = connect()
    await world.stop()
    with pytest.raises(Unreachable, match="takes no connection"):
        await channel.send(connection, outbound(), hand_over)


async def test_a_connection_refused_at_once(world, channel, connect, hand_over):
    world.faults.refuse_connections = 1
    with pytest.raises(Unreachable, match="ended the connection"):
        await channel.send(connect(), outbound(), hand_over)


async def test_lost_after_accepting_is_unknown(world, channel, connect, hand_over, asa):
    """F28."""
    world.faults.cut_after_accepting = 1
    with pytest.raises(ResultUnknown):
        await channel.send(connect(), outbound(), hand_over)
    assert (hand_over.times, len(asa.messages)) == (1, 1)


async def test_lost_in_the_middle_of_the_mail_is_unknown(world, channel, connect, hand_over, asa):
    """F28, F44."""
    world.faults.cut_data_at = 500
    with pytest.raises(ResultUnknown):
        await channel.send(connect(), outbound(text="x\n" * 5000), hand_over)
    assert asa.messages == []


async def test_an_answer_that_means_nothing_is_unknown(world, channel, connect, hand_over):
    """F29."""
    world.faults.answer("END", 299, "<html>")
    with pytest.raises(ResultUnknown):
        await channel.send(connect(), outbound(), hand_over)


async def test_a_second_mail_uses_the_connection_again(world, channel, connect, hand_over, asa):
    await channel.send(connect(), outbound(), hand_over)
    world.faults.refuse_connections = 1
    await channel.send(connect(), outbound(), hand_over)
    assert len(asa.messages) == 2


async def test_a_kept_connection_that_died_is_replaced(world, channel, connect, hand_over, asa):
    await channel.send(connect(), outbound(), hand_over)
    await world.stop()
    await world.start()
    await channel.send(connect(), outbound(), hand_over)
    assert (len(asa.messages), hand_over.times) == (2, 2)


async def test_many_at_once(channel, connect, hand_over, asa):
    await asyncio.gather(*(channel.send(connect(), outbound(), hand_over) for _ in range(20)))
    assert len({read(mail.raw, "x@y.example").external_id for mail in asa.messages}) == 20


async def test_a_header_that_cannot_be_written_is_refused_for_good(channel, connect, hand_over):
    with pytest.raises(Refused, match="control character") as refused:
        await channel.send(connect(), outbound(subject="a\r\nBcc: x"), hand_over)
    assert refused.value.permanent


async def test_settings_without_a_server(channel, hand_over):
    with pytest.raises(Unreachable, match="was not found"):
        await channel.send(inbox(), outbound(), hand_over)


async def test_private_addresses_are_closed_unless_the_host_opens_them(connect, hand_over):
    """T82."""
    with pytest.raises(Unreachable, match="private address"):
        await EmailChannel().send(connect(), outbound(), hand_over)


async def test_a_copy_goes_to_the_sent_folder(world, channel, connect, hand_over):
    answer = outbound()
    await channel.send(connect(sent_copy=True), answer, hand_over)
    await channel.close()
    (copy,) = world.mailbox(SUPPORT).sent
    assert (read(copy.raw).external_id, copy.flags) == (answer.external_id, {"\\Seen"})
    assert await channel.look_up(connect(), answer.external_id)


async def test_a_failing_copy_does_not_fail_the_send(world, channel, connect, hand_over, asa):
    await channel.send(connect(sent_copy=True, imap_port=world.smtp_port), outbound(), hand_over)
    await channel.close()
    assert len(asa.messages) == 1


async def test_what_is_not_in_the_sent_folder_is_not_known(channel, connect):
    assert await channel.look_up(connect(), "1@norrsken.example") is None


async def test_international_recipient(world, channel, connect, hand_over):
    world.add("åsa@customer.example")
    await channel.send(connect(), outbound("åsa@customer.example"), hand_over)
    assert len(world.mailbox("åsa@customer.example").messages) == 1
