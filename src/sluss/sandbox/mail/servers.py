"""The mail world with its doors open. In: nothing. Out: ports where real mail programs find an IMAP and a submission server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from sluss.sandbox.mail.imap_server import ImapConversation
from sluss.sandbox.mail.smtp_server import SmtpConversation
from sluss.sandbox.mail.wire import WireReader, WireWriter
from sluss.sandbox.mail.world import Post

_LINE_BYTES = 1_048_576


class MailWorld(Post):
    """Mailboxes, an IMAP server and a submission server. `start`, then `imap_port` and `smtp_port`, then `stop`."""

    def __init__(self, *, host: str = "127.0.0.1", now: Callable[[], float] = time.time) -> None:
        super().__init__(now)
        self.host = host
        self.imap_port = self.smtp_port = 0
        self._servers: list[asyncio.Server] = []
        self._talks: set[asyncio.Task[None]] = set()

    async def start(self, *, imap_port: int = 0, smtp_port: int = 0) -> None:
        """Opens both servers; port 0 takes a free one."""
        imap = await asyncio.start_server(self._imap, self.host, imap_port or self.imap_port, limit=_LINE_BYTES)
        smtp = await asyncio.start_server(self._smtp, self.host, smtp_port or self.smtp_port, limit=_LINE_BYTES)
        self._servers = [imap, smtp]
        self.imap_port, self.smtp_port = (int(server.sockets[0].getsockname()[1]) for server in self._servers)

    async def stop(self) -> None:
        """Closes the servers and every connection; mailboxes and ports stay for the next `start`."""
        for server in self._servers:
            server.close()
        self.cut_all()
        if self._talks:
            await asyncio.wait(self._talks)
        self._servers.clear()

    def cut_all(self) -> None:
        """Cuts every connection that stands."""
        for talk in self._talks:
            talk.cancel()

    async def _imap(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._talk(ImapConversation(self, WireReader(reader, self.faults), WireWriter(writer, self.faults)), writer)

    async def _smtp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._talk(SmtpConversation(self, WireReader(reader, self.faults), WireWriter(writer, self.faults)), writer)

    async def _talk(self, conversation: ImapConversation | SmtpConversation, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.create_task(conversation.run())
        self._talks.add(talk)
        try:
            await asyncio.wait({talk})
        finally:
            self._talks.discard(talk)
            talk.cancel()
            writer.transport.abort()
