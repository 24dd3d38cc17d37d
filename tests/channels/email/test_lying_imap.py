"""IMAP servers that lie, fall silent or leave: what they hold comes in once, byte for byte, as soon as they tell the truth again."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import tracemalloc
from collections.abc import Callable
from typing import get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sluss.channels.contract import Connection
from sluss.channels.email import imap_client, mailbox, receiving
from sluss.channels.email.dial import Place
from sluss.channels.email.imap_client import ImapClient, ImapFailed, ImapRefused
from sluss.channels.email.imap_words import decoded_name, encoded_name
from sluss.sandbox.mail.faults import Lie
from sluss.sandbox.mail.servers import MailWorld
from tests.channels.email.hostile import Talk, serving
from tests.channels.email.mailroom import SUPPORT, Memory, numbered
from tests.channels.email.test_listen import ids, listening
from tests.servers.certificate import Certificate

Connect = Callable[..., Connection]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "_WAITS", (0.01, 0.05))
    monkeypatch.setattr(mailbox, "_IDLE_SECONDS", 0.05)
    monkeypatch.setattr(imap_client, "_ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(imap_client, "_RESPONSES", 3_000)


@pytest.mark.parametrize("lie", get_args(Lie))
async def test_every_lie_ends(world: MailWorld, connect: Connect, memory: Memory, lie: Lie):
    """T53: sizes, counts, numbers, order, tags and names that are wrong. Old mail stays old, new mail comes once and whole."""
    inbox = world.mailbox(SUPPORT).inbox
    inbox.add(numbered(900), 1_000)
    async with listening(connect(), memory):
        await memory.until(lambda: "imap:INBOX" in memory.cursor)
        world.faults.lies.add(lie)
        world.cut_all()
        for number in (1, 2, 3):
            inbox.add(numbered(number, f"Mail {number} ({'x' * number})"), 2_000)
        began = len(memory.progress)
        await memory.until(lambda: len(memory.received) == 3 or len(memory.progress) > began + 3)
        world.faults.heal()
        await memory.until(lambda: len(memory.received) >= 3)
        inbox.add(numbered(4), 3_000)
        await memory.until(lambda: "4" in ids(memory))
    assert ids(memory) == ["1", "2", "3", "4"]
    kept = {mail.uid: mail.raw for mail in inbox.mails}
    for item in memory.received:
        whole = kept[int(item.external_key.rpartition(":")[2])]
        # A mail that came as its beginning says so.
        assert memory.raw(item) == whole or b"too large to be fetched" in memory.raw(item)


@pytest.mark.parametrize("lie", get_args(Lie))
async def test_a_first_connection_to_a_liar_misses_nothing_later(world: MailWorld, connect: Connect, memory: Memory, lie: Lie):
    """T53: a wrong UIDNEXT or EXISTS at the first connection must not become our position."""
    inbox = world.mailbox(SUPPORT).inbox
    inbox.add(numbered(900), 1_000)
    world.faults.lies.add(lie)
    async with listening(connect(), memory):
        await memory.until(lambda: "imap:INBOX" in memory.cursor or len(memory.progress) > 3)
        world.faults.heal()
        world.cut_all()
        await memory.until(lambda: "imap:INBOX" in memory.cursor)
        inbox.add(numbered(1), 2_000)
        await memory.until(lambda: "1" in ids(memory))
    assert ids(memory) == ["1"]


@pytest.mark.parametrize("after", range(12))
async def test_good_bye_at_any_command(world: MailWorld, connect: Connect, memory: Memory, after: int):
    """F26, F44."""
    async with listening(connect(), memory):
        await memory.until(lambda: "imap:INBOX" in memory.cursor)
        world.faults.bye_after = after
        for number in (1, 2):
            world.mailbox(SUPPORT).inbox.add(numbered(number), 0)
            await memory.until(lambda number=number: str(number) in ids(memory))
        await memory.until(lambda: world.faults.bye_after is None)
        world.mailbox(SUPPORT).inbox.add(numbered(3), 0)
        await memory.until(lambda: ids(memory) == ["1", "2", "3"])


@pytest.mark.parametrize("command", ["CAPABILITY", "AUTHENTICATE", "LIST", "STATUS", "EXAMINE", "SEARCH", "FETCH", "IDLE", "NOOP"])
async def test_every_command_refused_for_a_while(world: MailWorld, connect: Connect, memory: Memory, command: str):
    """F26: told, tried again, nothing lost."""
    async with listening(connect(), memory):
        await memory.until(lambda: "imap:INBOX" in memory.cursor)
        world.faults.refuse[command] = 4
        world.cut_all()
        world.mailbox(SUPPORT).inbox.add(numbered(1), 0)
        await memory.until(lambda: ids(memory) == ["1"])
        world.faults.heal()
        world.mailbox(SUPPORT).inbox.add(numbered(2), 0)
        await memory.until(lambda: ids(memory) == ["1", "2"])
    assert memory.repeated == []


async def test_silence_and_slowness(world: MailWorld, connect: Connect, memory: Memory, monkeypatch: pytest.MonkeyPatch):
    """F27, F44: a server that takes everything and answers nothing is left; one that answers byte by byte is borne."""
    async with listening(connect(), memory):
        await memory.until(lambda: "imap:INBOX" in memory.cursor)
        world.faults.silent = True
        await memory.until(lambda: any("did not answer" in sentence for _, sentence in memory.progress))
        world.faults.heal()
        monkeypatch.setattr(imap_client, "_ANSWER_SECONDS", 20)
        world.faults.slow_byte = 0.00001
        world.mailbox(SUPPORT).inbox.add(numbered(1), 0)
        await memory.until(lambda: ids(memory) == ["1"])


async def test_answers_without_end_need_no_memory(monkeypatch: pytest.MonkeyPatch):
    """T53: endless lines, and thousands of mails that nobody asked for, each as large as allowed."""
    monkeypatch.setattr(imap_client, "_HELD_BYTES", 3_000_000)
    monkeypatch.setattr(imap_client, "_RESPONSES", 200_000)
    mail = b"* 1 FETCH (UID 5 BODY[] {100000}\r\n" + b"x" * 100_000 + b")\r\n"
    for text in (b"* OK " + b"y" * 90_000 + b"\r\n", mail):
        async with serving(endless(text)) as port:
            client = await ImapClient.connect(Place("127.0.0.1", port, "plain", allow_private=True))
            tracemalloc.start()
            with contextlib.suppress(ImapFailed, TimeoutError):
                async with asyncio.timeout(0.5):
                    await client.bodies([5], "", 100_000)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            client.abort()
        assert peak < 15_000_000


def endless(text: bytes) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        writer.write(b"* CAPABILITY IMAP4rev1\r\n%s OK done\r\n" % (await reader.readline()).split()[0])
        await reader.readline()
        while not writer.is_closing():
            writer.write(text)
            await writer.drain()

    return talk


@pytest.mark.parametrize("answer", [b"NO not here\r\n", b"BAD what\r\n", b"OK begin\r\n* garbage that is no TLS\r\n"])
async def test_a_stripped_starttls_is_never_gone_without(answer: bytes, certificate: Certificate):
    """T52: no password leaves before TLS stands."""
    heard = bytearray()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n")
        line = await reader.readline()
        writer.write(line.split()[0] + b" " + answer)
        heard.extend(line + await reader.read())

    async with serving(talk) as port:
        with pytest.raises(ImapFailed, match="STARTTLS"):
            await ImapClient.connect(Place("localhost", port, "starttls", certificate.cert.read_text(), allow_private=True, timeout=2))
    assert (b"LOGIN" in heard, b"AUTHENTICATE" in heard) == (False, False)


@pytest.mark.parametrize(("host", "trusted"), [("127.0.0.1", False), ("127.0.0.2", True)])
async def test_a_wrong_certificate_ends_it(certificate: Certificate, *, host: str, trusted: bool):
    """T52: one that nobody vouches for, and a good one of another name."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.cert, certificate.key)

    async def talk(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serving(talk, host, context) as port:
        with pytest.raises(ImapFailed, match="certificate"):
            await ImapClient.connect(Place(host, port, "tls", certificate.cert.read_text() if trusted else "", allow_private=True))


class Nowhere:
    """A writer whose words nobody hears."""

    def write(self, data: bytes) -> None: ...


PIECES = st.one_of(
    st.sampled_from(
        [
            b"* 1 EXISTS\r\n",
            b"* SEARCH 1 2 4294967295 99999999999\r\n",
            b'* 1 FETCH (UID 5 RFC822.SIZE 12 INTERNALDATE "01-Jan-2026 10:00:00 +0100" BODY[] {3}\r\nabc)\r\n',
            b'* 2 FETCH (UID 6 INTERNALDATE "99-Xxx-0000 99:99:99 +9999" RFC822.SIZE 999999999999999)\r\n',
            b'* 3 FETCH (UID 7 BODYSTRUCTURE (("A" "B" NIL NIL NIL "7BIT" 3)("A" "B" ("NAME" {2}\r\nxy) NIL NIL "8BIT" 3) "MIXED"))\r\n',
            b'* LIST (\\Sent) "/" "&AB-"\r\n',
            b"* LIST () NIL {4}\r\nSent\r\n",
            b'* STATUS "x" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)\r\n',
            b"* OK [UIDVALIDITY 4294967295] x\r\n",
            b"* BYE\r\n",
            b"+ \r\n",
            b"{999999999999}\r\n",
            b"{12+}\r\n",
            b"\r\n",
            b"(((((((((((",
            b'"\\"',
            b"A1 OK done\r\n",
            b"A2 OK done\r\n",
            b"A1 NO no\r\n",
            b"A1 BAD bad\r\n",
        ]
    ),
    st.binary(max_size=30),
)
CALLS: list[Callable[[ImapClient], object]] = [
    lambda client: client.examine("INBOX"),
    lambda client: client.status("INBOX"),
    lambda client: client.search("ALL"),
    lambda client: client.details([5], "FROM"),
    lambda client: client.details_by_number(1, 5),
    lambda client: client.bodies([5, 6], "", 100),
    lambda client: client.beginning(5, "1.2", 10),
    lambda client: client.structure(7),
    lambda client: client.stream(5, lambda _: None),
    lambda client: client.folders(),
    lambda client: client.append("Sent", b"x"),
    lambda client: client.idle(0.01),
    lambda client: client.login("user", "password"),
    lambda client: client.authenticate("user", "token"),
]


@settings(max_examples=400, deadline=None)
@given(pieces=st.lists(PIECES, max_size=12), call=st.sampled_from(CALLS))
@example(pieces=[b'* 3 FETCH (UID 7 BODYSTRUCTURE ("A" "B" NIL NIL NIL "7BIT" 3 1) {0}\r\n', b")\r\n", b"A1 OK\r\n"], call=CALLS[7])
def test_whatever_a_server_says_is_understood_or_fails(pieces: list[bytes], call: Callable[[ImapClient], object]):
    """T53: the parser never hangs, and raises nothing but its two failures."""

    async def talk() -> None:
        reader = asyncio.StreamReader(limit=4096)
        client = ImapClient(Place("localhost", 1, "plain"), reader, Nowhere())  # pyright: ignore[reportArgumentType]
        client._prefix = "A"
        reader.feed_data(b"".join(pieces))
        reader.feed_eof()
        with contextlib.suppress(ImapFailed, ImapRefused):
            async with asyncio.timeout(5):
                await call(client)  # pyright: ignore[reportGeneralTypeIssues]

    asyncio.run(talk())


@given(st.text(max_size=40))
def test_every_name_that_we_write_is_read_back(name: str):
    """T53: modified UTF-7 both ways."""
    assert encoded_name(name).isascii()
    with contextlib.suppress(UnicodeEncodeError):
        name.encode("utf-16-be")
        assert decoded_name(encoded_name(name)) == name


@given(st.text(max_size=40))
def test_every_name_that_we_are_told_can_be_asked_for(wire: str):
    """What is shown leads back to the folder that it was shown for."""
    shown = decoded_name(wire)
    assert shown == wire or encoded_name(shown) == wire
