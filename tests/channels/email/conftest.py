"""A mail world with the inbox of Norrsken Air and the mailbox of Åsa Lindqvist, and a channel that may use it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from sluss.channels.contract import Connection
from sluss.channels.email.channel import EmailChannel
from sluss.sandbox.mail.servers import MailWorld
from tests.channels.email.mailroom import SUPPORT, HandOver, Memory, inbox


@pytest.fixture
async def world() -> AsyncIterator[MailWorld]:
    world = MailWorld()
    world.add(SUPPORT)
    world.add("asa@customer.example")
    await world.start()
    yield world
    await world.stop()


@pytest.fixture
async def channel() -> AsyncIterator[EmailChannel]:
    channel = EmailChannel(allow_private=True)
    yield channel
    await channel.close()


@pytest.fixture
def connect(world: MailWorld) -> Callable[..., Connection]:
    """The inbox of Norrsken Air in the world, with other settings when asked."""

    def connected(secrets: dict[str, str] | None = None, **settings: Any) -> Connection:
        servers: dict[str, Any] = {
            "imap_host": "127.0.0.1",
            "imap_port": world.imap_port,
            "smtp_host": "127.0.0.1",
            "smtp_port": world.smtp_port,
        }
        plain: dict[str, Any] = {"imap_security": "plain", "smtp_security": "plain", "sent_copy": False}
        return inbox(secrets=secrets, **servers | plain | settings)

    return connected


@pytest.fixture
def hand_over() -> HandOver:
    return HandOver()


@pytest.fixture
async def memory() -> AsyncIterator[Memory]:
    memory = Memory()
    yield memory
    memory.close()
