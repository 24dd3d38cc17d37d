"""Large mails: on the disk whole without passing through memory, and over the limit as far as they are worth having."""

from __future__ import annotations

import asyncio
import base64
import tracemalloc
from collections.abc import Callable

import pytest

from sluss.channels.contract import Connection, InboundFile
from sluss.channels.email import fetching, receiving
from sluss.channels.email.dial import Place
from sluss.channels.email.imap_client import ImapClient
from sluss.channels.email.imap_words import Leaf, Response, leaves_of
from sluss.channels.email.oversize import noted
from sluss.sandbox.mail.servers import MailWorld
from tests.channels.email.hostile import serving
from tests.channels.email.mailroom import SUPPORT, Memory, numbered, read
from tests.channels.email.test_listen import ids, listening

Connect = Callable[..., Connection]
MEGABYTE = 1_048_576


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "_WAITS", (0.01, 0.05))


def with_file(
    number: int, size: int, text: str = "Hej! Här är bilderna.", name: str = "=?utf-8?q?bild_fr=C3=A5n_b=C3=A5ten.jpg?="
) -> bytes:
    body = base64.encodebytes(text.encode()).replace(b"\n", b"\r\n")
    return (
        f"From: asa@customer.example\r\nTo: {SUPPORT}\r\nSubject: Bilder\r\nMessage-ID: <{number}@customer.example>\r\n".encode()
        + b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
        + b'--b\r\nContent-Type: multipart/alternative; boundary="a"\r\n\r\n'
        + b"--a\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + body
        + b"\r\n--a\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Hej</p>\r\n--a--\r\n"
        + f'--b\r\nContent-Type: image/jpeg\r\nContent-Disposition: attachment; filename="{name}"\r\n\r\n'.encode()
        + (b"x" * 98 + b"\r\n") * (size // 100)
        + b"\r\n--b--\r\n"
    )


async def test_a_large_mail_goes_to_the_disk_whole(world: MailWorld, connect: Connect, memory: Memory):
    raw = with_file(1, 6 * MEGABYTE)
    async with listening(connect(), memory):
        await memory.until(lambda: "imap:INBOX" in memory.cursor)
        world.mailbox(SUPPORT).inbox.add(raw, 0)
        await memory.until(lambda: len(memory.received) == 1)
    (item,) = memory.received
    assert (item.raw, item.kept is not None) == (b"", True)
    assert memory.raw(item) == raw


async def test_sixty_megabytes_pass_in_small_pieces():
    """F37: the memory of a mail under way does not grow with it."""
    size, pieces = 60 * MEGABYTE, list[int]()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        for answer in (b"* CAPABILITY IMAP4rev1\r\n", b"* 1 FETCH (UID 5 BODY[] {%d}\r\n" % size):
            tag = (await reader.readline()).split()[0]
            writer.write(answer)
            for _ in range(size // MEGABYTE if b"FETCH" in answer else 0):
                writer.write(b"x" * MEGABYTE)
                await writer.drain()
            writer.write((b")\r\n" if b"FETCH" in answer else b"") + tag + b" OK done\r\n")
        await reader.read()

    async with serving(talk) as port:
        client = await ImapClient.connect(Place("127.0.0.1", port, "plain", allow_private=True))
        tracemalloc.start()
        assert await client.stream(5, lambda piece: pieces.append(len(piece)))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        client.abort()
    assert (sum(pieces), peak < 15 * MEGABYTE) == (size, True), peak


async def test_over_the_limit_the_text_and_the_names_of_files_are_kept(world: MailWorld, connect: Connect, memory: Memory):
    async with listening(connect(largest_mail=1), memory):
        await memory.until(lambda: "imap:INBOX" in memory.cursor)
        world.mailbox(SUPPORT).inbox.add(with_file(1, 2 * MEGABYTE), 0)
        world.mailbox(SUPPORT).inbox.add(numbered(2), 0)
        await memory.until(lambda: ids(memory) == ["1", "2"])
    found = read(memory.received[0].raw)
    assert (found.subject, found.text.splitlines()[0], found.files) == ("Bilder", "Hej! Här är bilderna.", ())
    assert "too large to be fetched (2.0 MB). It is still in the folder INBOX of the mailbox, whole." in found.text
    assert "Files with it: bild från båten.jpg" in found.text


async def test_a_long_text_is_kept_as_far_as_it_is_fetched(world: MailWorld, connect: Connect, memory: Memory):
    """A cut in the middle of base64 loses no more than a letter."""
    async with listening(connect(largest_mail=1), memory):
        await memory.until(lambda: "imap:INBOX" in memory.cursor)
        world.mailbox(SUPPORT).inbox.add(with_file(1, MEGABYTE, text="Hejsan! " * 20_000), 0)
        await memory.until(lambda: ids(memory) == ["1"])
    text = read(memory.received[0].raw).text
    assert 40_000 < text.count("Hejsan! ") * 8 < 60_000


async def test_sizes_that_lie_lose_no_mail(world: MailWorld, connect: Connect, memory: Memory, monkeypatch: pytest.MonkeyPatch):
    """T53: a mail far larger than claimed comes alone; one over the limit after all is known by its beginning."""
    monkeypatch.setattr(fetching, "_HELD_BYTES", 100_000)
    world.faults.lies.add("size-zero")
    async with listening(connect(largest_mail=1), memory):
        await memory.until(lambda: "imap:INBOX" in memory.cursor)
        inbox = world.mailbox(SUPPORT).inbox
        whole, over = numbered(1, "x" * 300_000), numbered(2, "y\r\n" * 500_000)
        for raw in (whole, over, numbered(3)):
            inbox.add(raw, 0)
        await memory.until(lambda: ids(memory) == ["1", "2", "3"])
    first, second, _ = memory.received
    assert memory.raw(first) == whole
    assert "too large to be fetched" in read(second.raw).text


async def test_sizes_of_four_gigabytes(world: MailWorld, connect: Connect, memory: Memory):
    """T53."""
    world.faults.lies.add("size-huge")
    async with listening(connect(), memory):
        await memory.until(lambda: "imap:INBOX" in memory.cursor)
        world.mailbox(SUPPORT).inbox.add(numbered(1, "Hej!"), 0)
        await memory.until(lambda: ids(memory) == ["1"])
    assert read(memory.received[0].raw).text.startswith("Hej!")
    assert "(4096.0 MB)" in read(memory.received[0].raw).text


async def test_a_literal_of_four_gigabytes_stops_no_other_mail(world: MailWorld, connect: Connect, memory: Memory):
    """T53: what the server sends absurdly is asked for no more; its beginning is kept, and the next mail comes through."""
    async with listening(connect(), memory):
        await memory.until(lambda: "imap:INBOX" in memory.cursor)
        world.faults.lies.add("huge-literal")
        world.mailbox(SUPPORT).inbox.add(numbered(1, "Hej!"), 0)
        world.mailbox(SUPPORT).inbox.add(numbered(2), 0)
        await memory.until(lambda: ids(memory) == ["1", "2"])
    assert "absurd size" in str(memory.progress)
    assert [read(item.raw).text[:4] for item in memory.received] == ["Hej!", "Hej!"]


async def test_a_full_disk_leaves_the_mail_at_the_server(world: MailWorld, connect: Connect, memory: Memory, monkeypatch):
    """F8."""
    monkeypatch.setattr(memory.store, "_reserve", 1 << 60)
    async with listening(connect(), memory):
        await memory.until(lambda: "imap:INBOX" in memory.cursor)
        world.mailbox(SUPPORT).inbox.add(with_file(1, 6 * MEGABYTE), 0)
        await memory.until(lambda: any("could not be stored (DiskFull)" in sentence for _, sentence in memory.progress))
        monkeypatch.undo()
        monkeypatch.setattr(receiving, "_WAITS", (0.01, 0.05))
        await memory.until(lambda: len(memory.received) == 1)
    assert list((memory.folder / "tmp").iterdir()) == []


PDF = b'("application" "pdf" ("name" "a\\"b.pdf") NIL NIL "base64" 9 NIL ("attachment" ("filename" {5})) NIL NIL) "mixed"))'


@pytest.mark.parametrize(
    ("line", "leaves"),
    [
        (
            b'* 1 FETCH (UID 5 BODYSTRUCTURE ("TEXT" "PLAIN" ("CHARSET" "iso-8859-1") NIL NIL "QUOTED-PRINTABLE" 12 1))',
            [Leaf("1", "text/plain", "iso-8859-1", "quoted-printable", "", 12)],
        ),
        (
            b'* 1 FETCH (BODYSTRUCTURE (("text" "html" NIL NIL NIL "7bit" 3 1 NIL NIL NIL NIL)' + PDF,
            [Leaf("1", "text/html", "", "7bit", "", 3), Leaf("2", "application/pdf", "", "base64", "c.pdf", 9)],
        ),
        (b"* 1 FETCH (UID 5 BODYSTRUCTURE " + b"(" * 5_000, []),
        (b"* 1 FETCH (UID 5 BODYSTRUCTURE (((((NIL) NIL) 1 2 3 4 5 6 7 8)))", []),
        (b"* 1 FETCH (UID 5 BODYSTRUCTURE NIL)", []),
    ],
)
def test_structures(line: bytes, leaves: list[Leaf]):
    """T54."""
    assert leaves_of(Response(line, (b"c.pdf",))) == leaves


def test_what_the_server_says_cannot_break_out_of_the_note():
    """T50: names with line ends, a text that holds our boundary, a header that is none."""
    header = b"Subject: x\r\nContent-Type: a/b;\r\n c=d\r\nFrom: a@b.example\r\nMessage-ID: <1@b.example>"
    found = read(noted(header, 1, "Inbox", ["a\r\n--=_only-its-beginning_=\r\nx"], b""))
    assert (found.subject, found.files) == ("x", tuple[InboundFile, ...]())
    assert "Files with it: a --=_only-its-beginning_= x" in found.text
