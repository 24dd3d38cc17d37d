"""Submission servers that would have us say too much, and texts that would say more than one mail."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Callable

import pytest

from sluss.channels.contract import Connection, Refused, Unreachable
from sluss.channels.email.channel import EmailChannel
from sluss.sandbox.mail.servers import MailWorld
from tests.channels.email.hostile import Talk, serving
from tests.channels.email.mailroom import HandOver, outbound, read
from tests.servers.certificate import Certificate

Connect = Callable[..., Connection]
INJECTED = b"250-slipped.in\r\n250 AUTH PLAIN LOGIN\r\n235 2.7.0 welcome\r\n250 ok\r\n250 ok\r\n354 go\r\n250 2.0.0 taken\r\n"


def submission(heard: bytearray, hello: bytes, after: bytes, context: ssl.SSLContext | None = None) -> Talk:
    """Greets, says `hello` to EHLO and `after` to STARTTLS, then goes over to TLS when it can."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        while line := await reader.readline():
            heard.extend(line)
            if line.upper().startswith(b"EHLO"):
                writer.write(hello)
            elif line.upper().startswith(b"STARTTLS"):
                writer.write(after)
                if context:
                    await writer.start_tls(context)
                    heard.extend(b"[TLS]")
            else:
                writer.write(b"502 5.5.1 no\r\n")

    return talk


@pytest.fixture
def context(certificate: Certificate) -> ssl.SSLContext:
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(certificate.cert, certificate.key)
    return made


def secured(connect: Connect, port: int, certificate: Certificate | None, security: str = "starttls") -> Connection:
    trusted = certificate.cert.read_text() if certificate else ""
    return connect(smtp_host="localhost", smtp_port=port, smtp_security=security, certificate=trusted)


async def test_answers_slipped_in_before_tls_are_left_behind(
    connect: Connect, channel: EmailChannel, hand_over: HandOver, certificate: Certificate, context: ssl.SSLContext
):
    """T52: they would have us believe that a mail was taken."""
    heard = bytearray()
    async with serving(submission(heard, b"250-mail.example\r\n250 STARTTLS\r\n", b"220 go\r\n" + INJECTED, context)) as port:
        with pytest.raises(Refused, match="no"):
            await channel.send(secured(connect, port, certificate), outbound(), hand_over)
    assert (hand_over.times, b"AUTH" in heard, b"DATA" in heard) == (0, False, False)


@pytest.mark.parametrize("hello", [b"250 mail.example\r\n", b"250-mail.example\r\n250 AUTH PLAIN LOGIN\r\n", b"250-x\r\n250 STARTTLS\r\n"])
async def test_a_stripped_starttls_is_never_gone_without(
    connect: Connect, channel: EmailChannel, hand_over: HandOver, certificate: Certificate, hello: bytes
):
    """T52: not offered, or refused when asked for: no password, no address, no mail leaves."""
    heard = bytearray()
    async with serving(submission(heard, hello, b"454 4.7.0 TLS not available\r\n")) as port:
        with pytest.raises(Unreachable):
            await channel.send(secured(connect, port, certificate), outbound(), hand_over)
    assert re.search(rb"AUTH|MAIL|DATA", heard) is None


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_wrong_certificate_ends_it(
    connect: Connect, channel: EmailChannel, hand_over: HandOver, context: ssl.SSLContext, security: str
):
    """T52: one that nobody vouches for."""
    heard = bytearray()
    talk = submission(heard, b"250-mail.example\r\n250 STARTTLS\r\n", b"220 go\r\n", context)
    async with serving(talk, context=context if security == "tls" else None) as port:
        with pytest.raises(Unreachable, match="certificate"):
            await channel.send(secured(connect, port, None, security), outbound(), hand_over)
    assert re.search(rb"AUTH|MAIL|DATA", heard) is None


ENDS = [
    "\n.\n",
    "\r.\r",
    "\r\n.\r\n",
    "\n.\r\n",
    "\r\n.\n",
    "\r.\r\n",
    "\n\n.\r\n",
    "\r\n.\r",
    "\x00\r\n.\r\n",
    "\x0b.\x0c",
    "\x85.\x85",
    "\u2028.\u2028",
]


@pytest.mark.parametrize("end", ENDS)
async def test_no_text_ends_its_own_mail(world: MailWorld, connect: Connect, channel: EmailChannel, hand_over: HandOver, end: str):
    """T51: whatever stands in it, one mail leaves, and no line end in it stands alone."""
    smuggled = f"Hej{end}MAIL FROM:<evil@x.example>\r\nRCPT TO:<support@norrsken.example>\r\nDATA\r\nFrom: evil@x.example\r\n\r\nx{end}"
    await channel.send(connect(), outbound(text=smuggled, html=f"<p>Hej{end}</p>"), hand_over)
    (mail,) = world.mailbox("asa@customer.example").messages
    assert re.search(rb"\r(?!\n)|(?<!\r)\n", mail.raw) is None
    assert "MAIL FROM:<evil@x.example>" in read(mail.raw, "x@y.example").text
    assert list(world.mailbox("support@norrsken.example").messages) == []
