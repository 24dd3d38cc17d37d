"""The submission server of the world. In: SMTP talk. Out: mails delivered, or the fault that was ordered."""

from __future__ import annotations

import asyncio
import base64
import binascii

from sluss.sandbox.mail.faults import Stage
from sluss.sandbox.mail.wire import Ended, WireReader, WireWriter
from sluss.sandbox.mail.world import TOKEN_REFUSED, Post

_LARGEST = 52_428_800


class SmtpConversation:
    """One connection."""

    def __init__(self, post: Post, reader: WireReader, writer: WireWriter) -> None:
        self._post, self._reader, self._writer = post, reader, writer
        self._signed_in = False
        self._reset()

    def _reset(self) -> None:
        self._sender: str | None = None
        self._recipients: list[str] = []

    async def run(self) -> None:
        """Talks until the client leaves or is thrown out."""
        try:
            await self._greet()
            while True:
                line = (await self._reader.readuntil(b"\r\n")).decode("utf-8", "replace").strip()
                await asyncio.sleep(self._post.faults.slow)
                await self._command(*_split(line))
        except (Ended, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            self._writer.end()

    async def _greet(self) -> None:
        if self._post.faults.take("refuse_connections"):
            raise Ended
        await self._say("CONNECT", "220 sandbox ESMTP")

    async def _command(self, name: str, argument: str) -> None:
        command = {
            "EHLO": self._ehlo,
            "HELO": self._ehlo,
            "AUTH": self._auth,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "RSET": self._rset,
            "NOOP": self._noop,
            "QUIT": self._quit,
        }.get(name, self._unknown)
        await command(argument)

    async def _say(self, stage: Stage | None, own: str) -> bool:
        """Answers, with the ordered fault instead when there is one; whether the answer was our own."""
        ordered = self._post.faults.take_answer(stage) if stage else ""
        self._writer.write(f"{ordered or own}\r\n".encode())
        await self._writer.drain()
        if ordered.startswith("421"):
            raise Ended
        return not ordered

    async def _ehlo(self, argument: str) -> None:  # noqa: ARG002
        await self._say("EHLO", f"250-sandbox\r\n250-SIZE {_LARGEST}\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH PLAIN LOGIN XOAUTH2")

    async def _auth(self, argument: str) -> None:
        mechanism, _, initial = argument.partition(" ")
        if mechanism.upper() == "XOAUTH2":
            await self._by_token(initial)
            return
        if mechanism.upper() == "LOGIN":
            user = _decoded(initial) if initial else await self._ask("334 VXNlcm5hbWU6")
            password = await self._ask("334 UGFzc3dvcmQ6")
        else:
            words = _decoded(initial) if initial else await self._ask("334 ")
            user, password = [*words.split("\0"), "", ""][1:3]
        if not self._post.sign_in(user, password):
            await self._say(None, "535 5.7.8 Authentication credentials invalid")
        else:
            self._signed_in = await self._say("AUTH", "235 2.7.0 Authentication successful")

    async def _by_token(self, initial: str) -> None:
        if self._post.sign_in_by_token(initial):
            self._signed_in = await self._say("AUTH", "235 2.7.0 Accepted")
            return
        await self._say(None, f"334 {TOKEN_REFUSED}")
        await self._reader.readuntil(b"\r\n")
        await self._say(None, "535 5.7.8 Username and Password not accepted")

    async def _ask(self, challenge: str) -> str:
        await self._say(None, challenge)
        return _decoded((await self._reader.readuntil(b"\r\n")).decode("ascii", "replace").strip())

    async def _mail(self, argument: str) -> None:
        if not self._signed_in:
            await self._say(None, "530 5.7.0 Authentication required")
        elif await self._say("MAIL", "250 2.1.0 OK"):
            self._sender = _address(argument)

    async def _rcpt(self, argument: str) -> None:
        address = _address(argument)
        if self._sender is None:
            await self._say(None, "503 5.5.1 MAIL first")
        elif self._post.find(address) is None:
            await self._say("RCPT", f"550 5.1.1 <{address}>: Recipient address rejected: User unknown")
        elif await self._say("RCPT", "250 2.1.5 OK"):
            self._recipients.append(address)

    async def _data(self, argument: str) -> None:  # noqa: ARG002
        if not self._recipients:
            await self._say(None, "503 5.5.1 RCPT first")
            return
        if not await self._say("DATA", "354 End data with <CR><LF>.<CR><LF>"):
            return
        raw = await self._read_mail()
        sender, recipients = self._sender or "", self._recipients
        self._reset()
        ordered = self._post.faults.take_answer("END")
        if ordered:
            await self._say(None, ordered)
            return
        self._post.deliver(raw, recipients, sender)
        if self._post.faults.take("cut_after_accepting"):
            raise Ended
        await self._say(None, "250 2.0.0 OK: queued as SANDBOX")

    async def _read_mail(self) -> bytes:
        lines: list[bytes] = []
        size = 0
        while (line := await self._reader.readuntil(b"\r\n")) != b".\r\n":
            size += len(line)
            cut = self._post.faults.cut_data_at
            if cut is not None and size >= cut:
                self._post.faults.cut_data_at = None
                raise Ended
            lines.append(line.removeprefix(b"."))
        return b"".join(lines)

    async def _rset(self, argument: str) -> None:  # noqa: ARG002
        self._reset()
        await self._say(None, "250 2.0.0 OK")

    async def _noop(self, argument: str) -> None:  # noqa: ARG002
        await self._say(None, "250 2.0.0 OK")

    async def _quit(self, argument: str) -> None:  # noqa: ARG002
        await self._say(None, "221 2.0.0 Bye")
        raise Ended

    async def _unknown(self, argument: str) -> None:  # noqa: ARG002
        await self._say(None, "502 5.5.1 Command not implemented")


def _split(line: str) -> tuple[str, str]:
    name, _, argument = line.partition(" ")
    return name.upper(), argument


def _address(argument: str) -> str:
    return argument.partition("<")[2].partition(">")[0].lower()


def _decoded(words: str) -> str:
    try:
        return base64.b64decode(words).decode("utf-8", "replace")
    except binascii.Error:
        return ""
