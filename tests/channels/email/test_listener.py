"""The built-in listener: acknowledges what is stored, answers each LMTP recipient, and refuses what two programs would read differently."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from sluss.channels.contract import Connection, Delivered
from sluss.channels.email.listener import ListenerOptions, MailListener
from tests.channels.email.mailroom import NOW, SUPPORT, inbox, numbered, read

SALES = Connection(workspace_id=1, inbox_id=8, name="Sälj", address="sales@norrsken.example", settings={}, secrets={})
INBOXES = {SUPPORT: inbox(), "sales@norrsken.example": SALES}


class Post:
    """What the listener is given: inboxes by address, and a store that can fail."""

    def __init__(self) -> None:
        self.received: list[tuple[int, Delivered]] = []
        self.full: set[int] = set()
        self.away = False

    async def resolve(self, address: str) -> Connection | None:
        if self.away:
            raise OSError("no database")
        return INBOXES.get(address)

    async def receive(self, connection: Connection, delivered: list[Delivered]) -> None:
        if connection.inbox_id in self.full:
            raise OSError("disk full")
        self.received += [(connection.inbox_id, item) for item in delivered]


class Talk:
    """A client that sends lines and reads answers."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def ask(self, line: str | bytes, answers: int = 1) -> list[str]:
        self.writer.write((line if isinstance(line, bytes) else line.encode()) + b"\r\n")
        return [await self.answer() for _ in range(answers)]

    async def answer(self) -> str:
        while True:
            line = (await self.reader.readuntil(b"\n")).decode().strip()
            if line[3:4] != "-":
                return line

    async def begin(self, *recipients: str, sender: str = "asa@customer.example", hello: str = "LHLO x") -> list[str]:
        await self.answer()
        await self.ask(hello)
        await self.ask(f"MAIL FROM:<{sender}>")
        return [answer for address in recipients for answer in await self.ask(f"RCPT TO:<{address}>")]

    async def mail(self, raw: bytes, answers: int = 1) -> list[str]:
        assert (await self.ask("DATA"))[0].startswith("354")
        return await self.ask(raw + b".", answers)


@pytest.fixture
def post() -> Post:
    return Post()


@asynccontextmanager
async def listening(post: Post, **options: Any) -> AsyncGenerator[Callable[[], Awaitable[Talk]]]:
    listener = MailListener(post.resolve, post.receive, lambda: NOW, ListenerOptions(**options))
    await listener.start()
    talks: list[Talk] = []

    async def talk() -> Talk:
        talks.append(Talk(*await asyncio.open_connection("127.0.0.1", listener.port)))
        return talks[-1]

    try:
        yield talk
    finally:
        await listener.stop()
        for one in talks:
            one.writer.transport.abort()


async def test_mail_is_stored_before_it_is_acknowledged(post: Post):
    async with listening(post) as talk:
        client = await talk()
        assert await client.begin(SUPPORT) == ["250 2.1.5 OK"]
        assert await client.mail(numbered(1)) == ["250 2.0.0 Stored"]
    ((inbox_id, item),) = post.received
    assert (inbox_id, item.recipients, item.received_at) == (7, (SUPPORT,), NOW)
    assert item.raw == b"Return-Path: <asa@customer.example>\r\n" + numbered(1)


async def test_many_mails_over_one_connection_and_the_same_mail_has_the_same_key(post: Post):
    async with listening(post) as talk:
        client = await talk()
        await client.begin(SUPPORT)
        await client.mail(numbered(1))
        for number in (2, 2):
            await client.ask("MAIL FROM:<>")
            await client.ask(f"RCPT TO:<{SUPPORT}>")
            await client.mail(numbered(number))
    keys = [item.external_key for _, item in post.received]
    assert (len(keys), keys[1]) == (3, keys[2])
    assert read(post.received[1][1].raw).automatic == "empty-return-path"


async def test_each_recipient_has_an_answer_of_its_own(post: Post):
    """One inbox cannot store: its sender keeps the mail for it alone."""
    post.full = {8}
    async with listening(post) as talk:
        client = await talk()
        recipients = (SUPPORT, "nobody@norrsken.example", "sales@norrsken.example", "support+c.aaaabbbb@norrsken.example")
        assert [answer[:3] for answer in await client.begin(*recipients)] == ["250", "550", "250", "250"]
        assert [answer[:3] for answer in await client.mail(numbered(1), answers=3)] == ["250", "451", "250"]
    ((_, item),) = post.received
    assert item.recipients == (SUPPORT, "support+c.aaaabbbb@norrsken.example")
    assert read(item.raw, recipients=item.recipients).thread_token == "aaaabbbb"


async def test_smtp_has_one_answer_for_all(post: Post):
    post.full = {8}
    async with listening(post, protocol="smtp") as talk:
        client = await talk()
        await client.begin(SUPPORT, "sales@norrsken.example", hello="EHLO x")
        assert await client.mail(numbered(1)) == ["451 4.3.0 The mail could not be stored, come again later"]


async def test_lmtp_is_not_smtp(post: Post):
    async with listening(post) as talk:
        client = await talk()
        await client.answer()
        assert (await client.ask("EHLO x"))[0].startswith("500")


@pytest.mark.parametrize("end", [b"\n.\n", b"\r.\r", b"\n.\r\n", b"\r\n.\n", b"\n\n.\r\n", b"\r\n.\r"])
async def test_a_lone_line_end_never_ends_a_mail(post: Post, end: bytes):
    """T51: what follows the false end stays part of the one mail, and that is refused."""
    smuggled = numbered(1) + b"x" + end + b"MAIL FROM:<evil@x.example>\r\nRCPT TO:<support@norrsken.example>\r\nDATA\r\n"
    async with listening(post) as talk:
        client = await talk()
        await client.begin(SUPPORT)
        assert await client.mail(smuggled) == ["550 5.6.11 The mail holds a CR or LF that stands alone"]
        assert (await client.ask("NOOP"))[0].startswith("250")
    assert post.received == []


async def test_dots_come_out_as_they_were(post: Post):
    async with listening(post) as talk:
        client = await talk()
        await client.begin(SUPPORT)
        await client.mail(b"..\r\n..x\r\n" + b"y" * 70_000 + b".\r\n" + b"z" * 65_536 + b"\r\n...\r\n")
    expected = b".\r\n.x\r\n" + b"y" * 70_000 + b".\r\n" + b"z" * 65_536 + b"\r\n..\r\n"
    assert post.received[0][1].raw.partition(b"\r\n")[2] == expected


async def test_too_large_is_said_to_each_and_kept_out_of_memory(post: Post):
    async with listening(post, largest=1000) as talk:
        client = await talk()
        await client.begin(SUPPORT, "sales@norrsken.example")
        answers = await client.mail(b"x" * 300_000 + b"\r\n", answers=2)
        assert answers == ["552 5.3.4 The mail is larger than 1000 bytes"] * 2
        assert (await client.ask("MAIL FROM:<a@b.example> SIZE=5000"))[0].startswith("552")


async def test_a_database_that_is_away_makes_no_address_unknown(post: Post):
    post.away = True
    async with listening(post) as talk:
        assert (await (await talk()).begin(SUPPORT))[0].startswith("451")


async def test_guessing_addresses_ends_the_connection(post: Post):
    async with listening(post, wrong_recipients=2) as talk:
        answers = await (await talk()).begin("a@norrsken.example", "b@norrsken.example", "c@norrsken.example")
        assert [answer[:3] for answer in answers] == ["550", "550", "421"]


async def test_too_many_recipients_and_too_many_connections(post: Post):
    async with listening(post, recipients=1, connections=1) as talk:
        assert [answer[:3] for answer in await (await talk()).begin(SUPPORT, "sales@norrsken.example")] == ["250", "452"]
        assert (await (await talk()).answer()).startswith("421")


async def test_silence_ends_the_connection(post: Post):
    async with listening(post, timeout=0.05) as talk:
        client = await talk()
        await client.answer()
        assert await client.reader.read() == b""


async def test_a_mail_cut_in_the_middle_is_not_stored(post: Post):
    async with listening(post) as talk:
        client = await talk()
        await client.begin(SUPPORT)
        await client.ask("DATA")
        client.writer.write(numbered(1))
        client.writer.close()
        await client.writer.wait_closed()
    assert post.received == []


async def test_unix_socket(post: Post, tmp_path):
    listener = MailListener(post.resolve, post.receive, lambda: NOW, ListenerOptions(path=str(tmp_path / "lmtp")))
    await listener.start()
    client = Talk(*await asyncio.open_unix_connection(str(tmp_path / "lmtp")))
    await client.begin(SUPPORT)
    assert await client.mail(numbered(1)) == ["250 2.0.0 Stored"]
    await listener.stop()
    client.writer.close()
