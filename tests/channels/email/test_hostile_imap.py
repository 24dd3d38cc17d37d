"""IMAP servers that misbehave: memory and time stay bounded, and one bad mail does not hold up the next."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import pytest

from sluss.channels.email import imap_client
from sluss.channels.email.dial import Place
from sluss.channels.email.imap_client import ImapClient, ImapFailed, ImapRefused
from sluss.channels.email.imap_words import encoded_name
from tests.servers.certificate import Certificate

Answers = Callable[[str, str], bytes]


@asynccontextmanager
async def server(answers: Answers, greeting: bytes = b"* OK ready\r\n") -> AsyncGenerator[Place]:
    """Answers each command line with what `answers(tag, rest)` says."""
    talks: set[asyncio.StreamWriter] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(writer)
        writer.write(greeting)
        while line := (await reader.readline()).decode().strip():
            tag, _, rest = line.partition(" ")
            usual = b"* CAPABILITY IMAP4rev1\r\n%s OK done\r\n" % tag.encode()
            writer.write(usual if rest == "CAPABILITY" else answers(tag, rest))

    running = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield Place("127.0.0.1", running.sockets[0].getsockname()[1], "plain", allow_private=True)
    finally:
        running.close()
        for writer in talks:
            writer.transport.abort()


def saying(text: bytes) -> Answers:
    return lambda tag, _: text + f"{tag} OK done\r\n".encode()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"* SEARCH " + b"1 " * 3_000_000, "without end"),
        (b"* 1 FETCH (BODY[] {99999999999}\r\n", "absurd size"),
        (b"* BYE go away\r\n", "ended the connection"),
        (b"* 1 EXISTS\r\n" * 3_000, "answers without end"),
    ],
    ids=["line", "literal", "bye", "endless"],
)
async def test_endless_answers_end(monkeypatch: pytest.MonkeyPatch, text: bytes, reason: str):
    """T53."""
    monkeypatch.setattr(imap_client, "_RESPONSES", 2_000)
    async with server(saying(text)) as place:
        client = await ImapClient.connect(place)
        with pytest.raises(ImapFailed, match=reason):
            await client.search("ALL")
        client.abort()


async def test_mail_longer_than_claimed_is_read_past(monkeypatch: pytest.MonkeyPatch):
    """T53: lying sizes. The connection stands, the mail is left out, its neighbour is there."""
    text = b"* 1 FETCH (UID 5 BODY[] {200000}\r\n" + b"x" * 200_000 + b")\r\n* 2 FETCH (BODY[] {3}\r\nabc UID 6)\r\n"
    async with server(saying(text)) as place:
        client = await ImapClient.connect(place)
        assert await client.bodies([5, 6], "", 100_000) == {6: b"abc"}
        assert await client.search("ALL") == []
        client.abort()


async def test_answers_in_every_form_the_standard_allows():
    text = b'* 1 FETCH (BODY[] "a\\"b" UID 5)\r\n* 2 FETCH (UID 6 BODY[] NIL)\r\n'
    text += b'* LIST (\\Sent) NIL {4}\r\nSent\r\n* LIST () "/" "a \\"b\\""\r\n'
    async with server(saying(text)) as place:
        client = await ImapClient.connect(place)
        assert await client.bodies([5, 6], "", 1000) == {5: b'a"b'}
        assert await client.folders() == [({"\\SENT"}, "Sent"), (set(), 'a "b"')]
        client.abort()


async def test_silence_is_not_waited_out(monkeypatch: pytest.MonkeyPatch):
    """F27, F44."""
    async with server(lambda _tag, _rest: b"") as place:
        client = await ImapClient.connect(place)
        monkeypatch.setattr(imap_client, "_ANSWER_SECONDS", 0.05)
        with pytest.raises(ImapFailed, match="did not answer"):
            await client.search("ALL")
        client.abort()


@pytest.mark.parametrize("greeting", [b"220 smtp.example ESMTP\r\n", b"\r\n", b"HTTP/1.1 400 Bad Request\r\n"])
async def test_another_kind_of_server(greeting: bytes):
    """T82: said without the server's own words."""
    async with server(saying(b""), greeting) as place:
        with pytest.raises(ImapFailed, match="does not greet as an IMAP server"):
            await ImapClient.connect(place)


async def test_folder_without_lasting_numbers():
    async with server(saying(b"* 3 EXISTS\r\n")) as place:
        client = await ImapClient.connect(place)
        with pytest.raises(ImapFailed, match="UIDVALIDITY"):
            await client.examine("INBOX")
        client.abort()


@pytest.mark.parametrize("value", ['x" NIL\r\nA1 DELETE INBOX', "x\0"])
async def test_no_line_break_reaches_a_command(value: str):
    async with server(saying(b"")) as place:
        client = await ImapClient.connect(place)
        with pytest.raises(ImapRefused):
            await client.login(value, "password")
        client.abort()


async def test_what_is_slipped_in_before_tls_is_left_behind(certificate: Certificate):
    """T52."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.cert, certificate.key)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        tag = (await reader.readline()).split()[0]
        writer.write(tag + b" OK begin\r\n* CAPABILITY IMAP4rev1 SLIPPED-IN\r\n* 9 EXISTS\r\n")
        await writer.start_tls(context)
        tag = (await reader.readline()).split()[0]
        writer.write(b"* CAPABILITY IMAP4rev1 IDLE\r\n" + tag + b" OK done\r\n")
        await reader.read()
        writer.close()

    running = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = running.sockets[0].getsockname()[1]
    client = await ImapClient.connect(Place("localhost", port, "starttls", certificate.cert.read_text(), allow_private=True))
    assert (client.capabilities, client.news) == (frozenset({"IMAP4REV1", "IDLE"}), False)
    client.abort()
    running.close()


@pytest.mark.parametrize(("name", "encoded"), [("Wysłane", "Wys&AUI-ane"), ("R&D", "R&-D"), ("INBOX", "INBOX"), ("受信", "&U9dP4Q-")])
def test_folder_names(name: str, encoded: str):
    assert encoded_name(name) == encoded
