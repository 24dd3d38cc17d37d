"""The adapter as a whole: the contract, and the trial of a mailbox by a real round trip."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sluss.channels.contract import Channel, Check, Connection
from sluss.channels.email import dial, trial
from sluss.channels.email.channel import EmailChannel
from sluss.channels.email.dial import CannotConnect, Place
from sluss.channels.email.settings import Security
from sluss.sandbox.mail.servers import MailWorld
from tests.channels.email.mailroom import SUPPORT, delivered, inbox, mail

Connect = Callable[..., Connection]


def states(checks: list[Check]) -> dict[str, str]:
    return {check.name: check.state for check in checks}


def test_it_is_a_channel():
    channel: Channel = EmailChannel()
    assert (channel.name, channel.capabilities.visibility, channel.capabilities.can_look_up) == ("email", "private", True)


def test_aliases_are_addresses_of_the_inbox():
    connection = inbox(aliases=["Help@Norrsken.example"], separator="+")
    (found,) = EmailChannel().understand(delivered(mail(To="help+c.aaaabbbb@norrsken.example")), connection)
    assert getattr(found, "thread_token", "") == "aaaabbbb"


@pytest.mark.parametrize("aliases", [None, 7, "x", [None], {"a": 1}])
def test_reading_does_not_depend_on_settings(aliases: object):
    (found,) = EmailChannel().understand(delivered(mail()), inbox(aliases=aliases))
    assert getattr(found, "subject", "") == "Väskan"


async def test_trial_of_a_good_mailbox(channel: EmailChannel, connect: Connect, world: MailWorld):
    checks = await channel.test(connect())
    assert states(checks) == {"Incoming mail": "ok", "Folder": "ok", "New mail at once": "ok", "Outgoing mail": "ok", "Round trip": "ok"}
    assert b"Subject: Sluss: test of this mailbox" in world.mailbox(SUPPORT).messages[0].raw


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"folder": "Support"}, {"Incoming mail": "ok", "Folder": "fail", "Outgoing mail": "ok"}),
        ({"imap_port": 1}, {"Incoming mail": "fail", "Outgoing mail": "ok"}),
        ({"smtp_port": 1}, {"Incoming mail": "ok", "Folder": "ok", "New mail at once": "ok", "Outgoing mail": "fail"}),
        ({"user": "nobody"}, {"Incoming mail": "fail", "Outgoing mail": "fail"}),
        ({"imap_security": "tls"}, {"Incoming mail": "fail", "Outgoing mail": "ok"}),
        ({"imap_security": "starttls"}, {"Incoming mail": "fail", "Outgoing mail": "ok"}),
        ({"smtp_security": "starttls", "way_in": "listener"}, {"Outgoing mail": "fail"}),
        ({"imap_port": "x"}, {"Settings": "fail"}),
    ],
)
async def test_trial_says_what_is_wrong_and_what_to_do(channel, connect, change: dict[str, object], expected: dict[str, str]):
    """T82: the sentences are ours, the server's banner is not in them."""
    checks = await channel.test(connect(**change))
    assert states(checks) == expected
    assert all(check.fix for check in checks if check.state == "fail")
    assert not any("sandbox ready" in check.detail or "ESMTP" in check.detail for check in checks)


async def test_trial_without_push_and_without_arrival(channel, connect, world: MailWorld, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(trial, "_ROUND_TRIP_SECONDS", 0.1)
    world.faults.without_idle = True
    world.faults.hold_back = 1
    found = states(await channel.test(connect()))
    assert (found["New mail at once"], found["Round trip"]) == ("warn", "warn")


@pytest.mark.parametrize(
    ("address", "security", "sentence"),
    [
        ("192.0.2.1", "plain", "without encryption is only possible to a server on this machine"),
        ("10.0.0.1", "tls", "private address"),
        ("169.254.169.254", "tls", "private address"),
        ("::1", "tls", "private address"),
        ("::ffff:127.0.0.1", "tls", "private address"),
        ("", "tls", "was not found"),
    ],
)
async def test_where_no_connection_goes(monkeypatch: pytest.MonkeyPatch, address: str, security: Security, sentence: str):
    """T52, T82."""

    async def resolve(_place: Place) -> list[tuple[int, tuple[str, int]]]:
        return [(0, (address, 993))] if address else []

    monkeypatch.setattr(dial, "_resolve", resolve)
    with pytest.raises(CannotConnect, match=sentence):
        await dial.open_socket(Place("mail.customer.example", 993, security))
