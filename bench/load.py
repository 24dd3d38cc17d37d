"""Load on loopback: mails over LMTP, requests over HTTP.

Bounded in number, and plain sockets so that the sender costs little beside the server.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

MAIL = (
    "From: {name} <{address}>\r\nTo: Bokning <bokning@norrsken.example>\r\nSubject: {subject}\r\n"
    "Message-ID: <{n}.bench@kund.example>\r\nDate: Sat, 21 Nov 2026 11:00:00 +0100\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}\r\n"
)
BODY = (
    "Hej!\r\n\r\nVi bokade två biljetter till Gdańsk i fredags och fick en bekräftelse, men resan syns inte i appen.\r\n"
    "Bokningsnumret slutar på 7QK. Kan ni se om allt är som det ska? Vi reser redan på lördag.\r\n\r\n"
    "Vänliga hälsningar\r\nÅsa Lindqvist\r\n\r\n"
) * 3


def mail(n: int) -> bytes:
    """One plain mail of about two kilobytes, from one of a thousand customers."""
    who = n % 1000
    return MAIL.format(n=n, name=f"Kund {who}", address=f"kund{who}@kund.example", subject=f"Bokning {n} syns inte", body=BODY).encode()


async def send_by_lmtp(port: int, mails: Sequence[bytes], connections: int) -> float:
    """Hand mails in over several connections; every one must be acknowledged. Returns seconds."""
    started = time.perf_counter()
    await asyncio.gather(*(_lmtp_session(port, mails[n::connections]) for n in range(connections)))
    return time.perf_counter() - started


async def _lmtp_session(port: int, mails: Sequence[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await _expect(reader, b"220")
    await _say(reader, writer, b"LHLO bench.example\r\n", b"250")
    for one in mails:
        await _say(reader, writer, b"MAIL FROM:<kund@kund.example>\r\n", b"250")
        await _say(reader, writer, b"RCPT TO:<bokning@norrsken.example>\r\n", b"250")
        await _say(reader, writer, b"DATA\r\n", b"354")
        await _say(reader, writer, one + b".\r\n", b"250")
    writer.write(b"QUIT\r\n")
    writer.close()


async def _say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, words: bytes, code: bytes) -> None:
    writer.write(words)
    await _expect(reader, code)


async def _expect(reader: asyncio.StreamReader, code: bytes) -> None:
    while True:
        line = await reader.readline()
        if not line.startswith(code):
            raise RuntimeError(line)
        if line[3:4] != b"-":
            return


async def post_many(port: int, requests: Sequence[bytes], connections: int) -> float:
    """Send finished HTTP requests over kept-alive connections; every answer must be 2xx. Returns seconds."""
    started = time.perf_counter()
    await asyncio.gather(*(_http_session(port, requests[n::connections]) for n in range(connections)))
    return time.perf_counter() - started


async def _http_session(port: int, requests: Sequence[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for one in requests:
        writer.write(one)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 2"):
            raise RuntimeError(head)
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        if length and int(length):
            await reader.readexactly(int(length))
    writer.close()
