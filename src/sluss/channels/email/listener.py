"""The built-in LMTP and SMTP listener. In: mail that a server hands us. Out: envelopes for the inboxes named as recipients.

A mail is acknowledged only after `receive` returned. LMTP is answered with one line for each recipient, as RFC 2033 wants it.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import ssl
from collections.abc import Awaitable, Callable

import msgspec
from aiosmtpd.smtp import SMTP, Envelope, Session

from sluss.channels.contract import Connection, Delivered, Receive
from sluss.channels.email.reading.headers import fold_address

Resolve = Callable[[str], Awaitable[Connection | None]]
"""Finds the inbox that owns a folded address. The listener asks for the whole address, then without what follows `+` or the token."""


class ListenerOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Where to listen and how much to bear. `path` is a Unix socket and wins over host and port; sizes in bytes, times in seconds."""

    protocol: str = "lmtp"
    host: str = "127.0.0.1"
    port: int = 0
    path: str = ""
    hostname: str = "localhost"
    largest: int = 52_428_800
    connections: int = 100
    recipients: int = 100
    wrong_recipients: int = 20
    timeout: float = 300.0
    tls: ssl.SSLContext | None = None


class MailListener:
    """A running listener: `start`, then `port`, then `stop`."""

    def __init__(self, resolve: Resolve, receive: Receive, now: Callable[[], int], options: ListenerOptions | None = None) -> None:
        self.options = options or ListenerOptions()
        self.resolve, self.receive, self.now = resolve, receive, now
        self.active: set[_Conversation] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Raises `OSError` when the port or the path is taken."""
        # The library logs every command with its addresses; what we say about mail is said elsewhere.
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        loop = asyncio.get_running_loop()
        if self.options.path:
            self._server = await loop.create_unix_server(self._protocol, self.options.path)
        else:
            self._server = await loop.create_server(self._protocol, self.options.host, self.options.port)

    @property
    def port(self) -> int:
        return int(self._server.sockets[0].getsockname()[1]) if self._server and not self.options.path else 0

    async def stop(self) -> None:
        """Takes no more connections and ends those that stand; mail not yet acknowledged comes again."""
        if self._server:
            self._server.close()
        for conversation in list(self.active):
            await conversation.end()

    def _protocol(self) -> asyncio.Protocol:
        if len(self.active) >= self.options.connections:
            return _Busy()
        kind = _LmtpConversation if self.options.protocol == "lmtp" else _SmtpConversation
        return kind(self)


class _Busy(asyncio.Protocol):
    """Answers one connection too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            transport.write(b"421 4.7.0 Too many connections, come again later\r\n")
            transport.close()


class _TooLarge(Exception):
    """The mail was read to its end and thrown away."""


_LONE_LINE_END = re.compile(rb"\r(?!\n)|(?<!\r)\n")


class _Conversation(SMTP):
    """One connection. Overrides how the library reads a mail: any line length, lone line ends refused, one answer per recipient."""

    line_length_limit = 65_536

    def __init__(self, listener: MailListener) -> None:
        options = listener.options
        self.listener = listener
        self.wrong = 0
        self.ended = asyncio.Event()
        super().__init__(
            _Recipients(self),
            data_size_limit=options.largest,
            enable_SMTPUTF8=True,
            hostname=options.hostname,
            ident="Sluss",
            tls_context=options.tls,
            timeout=options.timeout,
            auth_exclude_mechanism=("LOGIN", "PLAIN"),
            loop=asyncio.get_running_loop(),
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.listener.active.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.listener.active.discard(self)
        self.ended.set()
        super().connection_lost(error)

    async def end(self) -> None:
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
            await self.ended.wait()

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - the library finds commands by these names
        if await self.check_helo_needed():
            return
        envelope = self.envelope
        if envelope is None or not envelope.rcpt_tos:
            await self.push("503 5.5.1 Name a recipient first")
            return
        if arg:
            await self.push("501 5.5.4 DATA takes no argument")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        answers = await self._take(envelope)
        self._set_post_data_state()
        await self.push("\r\n".join(answers))

    async def _take(self, envelope: Envelope) -> list[str]:
        """Reads the mail and stores it; one answer, or in LMTP one for each recipient."""
        try:
            raw = await self._read_mail()
        except _TooLarge:
            return self._same(envelope, f"552 5.3.4 The mail is larger than {self.listener.options.largest} bytes")
        if _LONE_LINE_END.search(raw):
            # Whoever passes these on and whoever reads them disagree on where the mail ends (SMTP smuggling).
            return self._same(envelope, "550 5.6.11 The mail holds a CR or LF that stands alone")
        return self._answers(await self._store(envelope, raw))

    def _same(self, envelope: Envelope, answer: str) -> list[str]:
        return self._answers([answer] * len(envelope.rcpt_tos))

    def _answers(self, answers: list[str]) -> list[str]:
        """SMTP knows one answer for all: the worst, so that the sender keeps what any inbox lacks."""
        return [max(answers)]

    async def _read_mail(self) -> bytes:
        """The mail up to its final dot, dots unstuffed. Raises `_TooLarge` after reading it all."""
        largest = self.listener.options.largest
        pieces: list[bytes] = []
        size = 0
        begins_line = True
        while True:
            piece, ends_line = await self._piece()
            if begins_line and piece.startswith(b"."):
                if piece == b".\r\n":
                    break
                piece = piece[1:]
            begins_line = ends_line
            size += len(piece)
            if size <= largest:
                pieces.append(piece)
            else:
                pieces.clear()
        if size > largest:
            raise _TooLarge
        return b"".join(pieces)

    async def _piece(self) -> tuple[bytes, bool]:
        """The next line, or what fits of a longer one; and whether it ends the line."""
        try:
            return await self._reader.readuntil(b"\r\n"), True
        except asyncio.LimitOverrunError as error:
            return await self._reader.readexactly(error.consumed), False

    async def _store(self, envelope: Envelope, raw: bytes) -> list[str]:
        """Hands the mail to every inbox among the recipients, each once; the answers in the order of the recipients."""
        inboxes: dict[tuple[int, int], tuple[Connection, list[str]]] = {}
        for address, connection in self._recipients(envelope):
            key = (connection.workspace_id, connection.inbox_id)
            inboxes.setdefault(key, (connection, []))[1].append(address)
        answers: dict[str, str] = {}
        for connection, addresses in inboxes.values():
            answer = await self._deliver(connection, envelope, raw, tuple(addresses))
            answers |= dict.fromkeys(addresses, answer)
        return [answers[address] for address in envelope.rcpt_tos]

    def _recipients(self, envelope: Envelope) -> list[tuple[str, Connection]]:
        handler = self.event_handler
        return [(address, handler.resolved[address]) for address in dict.fromkeys(envelope.rcpt_tos)]

    async def _deliver(self, connection: Connection, envelope: Envelope, raw: bytes, addresses: tuple[str, ...]) -> str:
        sender = (envelope.mail_from or "<>").strip("<>")
        delivered = Delivered(
            external_key=f"lmtp:{hashlib.sha256(raw).hexdigest()}",
            raw=f"Return-Path: <{sender}>\r\n".encode("utf-8", "replace") + raw,
            received_at=self.listener.now(),
            recipients=addresses,
        )
        try:
            await self.listener.receive(connection, [delivered])
        except Exception:  # noqa: BLE001 - whatever kept the mail from being stored, its sender must keep it
            return "451 4.3.0 The mail could not be stored, come again later"
        return "250 2.0.0 Stored"


class _SmtpConversation(_Conversation):
    """SMTP: one answer to a mail."""


class _LmtpConversation(_Conversation):
    """LMTP: greeted by LHLO alone, one answer for each recipient."""

    async def smtp_LHLO(self, arg: str) -> None:  # noqa: N802
        await super().smtp_EHLO(arg)

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: ARG002, N802
        await self.push("500 5.5.1 This is LMTP, say LHLO")

    async def smtp_HELO(self, hostname: str) -> None:  # noqa: N802
        await self.smtp_EHLO(hostname)

    def _answers(self, answers: list[str]) -> list[str]:
        return answers


class _Recipients:
    """What the library asks about a mail before it is sent: who the recipients are."""

    def __init__(self, conversation: _Conversation) -> None:
        self._conversation = conversation
        self.resolved: dict[str, Connection] = {}

    async def handle_RCPT(  # noqa: N802 - the library finds hooks by these names
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        listener = self._conversation.listener
        if len(envelope.rcpt_tos) >= listener.options.recipients:
            return "452 4.5.3 Too many recipients, send the rest in another mail"
        try:
            connection = await _find(listener.resolve, fold_address(address))
        except Exception:  # noqa: BLE001 - a database that is away must not turn known addresses into unknown ones
            return "451 4.3.0 Recipients cannot be checked now, come again later"
        if connection is None:
            return self._unknown(server)
        self.resolved[address] = connection
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    def _unknown(self, server: SMTP) -> str:
        self._conversation.wrong += 1
        if self._conversation.wrong <= self._conversation.listener.options.wrong_recipients:
            return "550 5.1.1 No inbox has this address"
        if server.transport:
            # After the answer has been written.
            asyncio.get_running_loop().call_soon(server.transport.close)
        return "421 4.7.0 Too many unknown recipients"


async def _find(resolve: Resolve, address: str) -> Connection | None:
    for candidate in _candidates(address):
        connection = await resolve(candidate)
        if connection:
            return connection
    return None


_TOKEN = re.compile(r"[+-](?:c\.[a-z0-9]{4,64}|b\.[a-z0-9]{1,20}\.[a-z0-9]{4,64})\Z")


def _candidates(address: str) -> list[str]:
    """The address itself, then without the token, then without any detail (RFC 5233)."""
    if not address:
        return []
    local, _, domain = address.rpartition("@")
    forms = (local, _TOKEN.sub("", local), local.partition("+")[0])
    return [f"{form}@{domain}" for form in dict.fromkeys(forms) if form]
