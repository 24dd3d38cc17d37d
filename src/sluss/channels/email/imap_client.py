"""A small strict IMAP client (RFC 3501, 2177). In: a place to connect to. Out: answers in bounded memory and time, or `ImapFailed`.

It reads and appends, nothing else: folders are opened with EXAMINE, so that the server itself keeps them unchanged.
"""

from __future__ import annotations

import asyncio
import base64
import re
import secrets
import ssl
from collections.abc import Callable, Iterable

import msgspec

from sluss.channels.email.dial import CannotConnect, Place, open_socket, tls_context, tls_trouble
from sluss.channels.email.imap_words import (
    Detail,
    Leaf,
    Response,
    body_of,
    detail_of,
    encoded_name,
    folder_of,
    leaves_of,
    number_in,
    uid_of,
)
from sluss.kernel.words import say

_LINE_BYTES = 4_194_304
_RESPONSES = 200_000
_ANSWER_SECONDS = 60.0
_DRAINED_BYTES = 2_000_000_000
_HELD_BYTES = 64_000_000
_SLOWEST = 2_000  # bytes a second: whoever sends a mail more slowly is given up
_CHUNK = 262_144


class ImapFailed(Exception):
    """The talk with the server ended or makes no sense; the connection is of no further use."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ImapRefused(Exception):
    """The server said NO or BAD to one command; the connection stands."""


class ImapAbsurd(ImapFailed):
    """The server announced more bytes than any mail has; asked for the same mail, it will do so again."""


class Selected(msgspec.Struct, frozen=True):
    """An opened folder: UIDs mean something only together with `uidvalidity`; `uidnext` and `exists` are as the server claims."""

    uidvalidity: int
    uidnext: int
    exists: int


class ImapClient:
    """One connection, used by one task at a time."""

    def __init__(self, place: Place, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._place, self._reader, self._writer = place, reader, writer
        # Tags that nobody can guess: bytes slipped in before STARTTLS cannot end a command.
        self._prefix, self._number = f"{secrets.token_hex(4).upper()}N", 0
        self.capabilities: frozenset[str] = frozenset()
        self.news = False
        self._held = 0
        self._sink: Callable[[bytes], object] | None = None
        self._before_tls: asyncio.StreamWriter | None = None

    @classmethod
    async def connect(cls, place: Place) -> ImapClient:
        """Connected, secured, greeted. Raises `ImapFailed`."""
        try:
            opened = await open_socket(place)
        except CannotConnect as error:
            raise ImapFailed(error.reason) from error
        try:
            reader, writer = await _streams(place, opened)
        except (OSError, TimeoutError, ssl.SSLError) as error:
            opened.close()
            raise ImapFailed(tls_trouble(place, error)) from error
        client = cls(place, reader, writer)
        try:
            await client._greet()
        except BaseException:
            client.abort()
            raise
        return client

    async def _greet(self) -> None:
        greeting = await self._response()
        if not greeting.line.upper().startswith((b"* OK", b"* PREAUTH")):
            raise ImapFailed(say("The server %(host)s does not greet as an IMAP server; check host and port.", host=self._place.host))
        if self._place.security == "starttls":
            await self._start_tls()
        await self._ask_capabilities()

    async def _start_tls(self) -> None:
        try:
            await self.command("STARTTLS")
        except ImapRefused as error:
            raise ImapFailed(say("The server %(host)s offers no STARTTLS; choose TLS and its port.", host=self._place.host)) from error
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=_LINE_BYTES)
        protocol = asyncio.StreamReaderProtocol(reader)
        try:
            async with asyncio.timeout(self._place.timeout):
                secured = await loop.start_tls(
                    self._writer.transport, protocol, tls_context(self._place.certificate), server_hostname=self._place.host
                )
        except (OSError, TimeoutError) as error:
            raise ImapFailed(tls_trouble(self._place, error)) from error
        if secured is None:
            raise ImapFailed(say("The server %(host)s closed the connection while TLS began.", host=self._place.host))
        # A new reader: whatever a stranger slipped in before TLS stays behind in the old one.
        protocol.connection_made(secured)
        # The old writer closes its transport, which now carries TLS, when it is collected: it lives as long as the connection.
        self._before_tls = self._writer
        self._reader, self._writer = reader, asyncio.StreamWriter(secured, protocol, reader, loop)

    async def _ask_capabilities(self) -> None:
        found: set[str] = set()
        for response in await self.command("CAPABILITY"):
            if response.line.upper().startswith(b"* CAPABILITY "):
                found |= set(response.line.decode("ascii", "replace").upper().split()[2:])
        self.capabilities = frozenset(found)

    async def login(self, user: str, password: str) -> None:
        """Raises `ImapRefused` when the server does not take the password."""
        if "AUTH=PLAIN" in self.capabilities:
            initial = base64.b64encode(f"\0{user}\0{password}".encode()).decode("ascii")
            await self.command("AUTHENTICATE PLAIN", literals=[initial.encode("ascii")], bare=True)
        else:
            await self.command(f"LOGIN {quoted(user)} {quoted(password)}")
        await self._ask_capabilities()

    async def authenticate(self, user: str, token: str) -> None:
        """Signs in by XOAUTH2. Raises `ImapRefused` when the server does not take the token."""
        tag = await self._begin("AUTHENTICATE XOAUTH2")
        await self._continuation(tag)
        self._writer.write(base64.b64encode(f"user={user}\x01auth=Bearer {token}\x01\x01".encode()) + b"\r\n")
        for _ in range(_RESPONSES):
            response = await self._response()
            if self._tagged(response, tag):
                return await self._ask_capabilities()
            if response.line.startswith(b"+"):
                # What went wrong, as JSON; the tagged NO comes only after an empty line.
                self._writer.write(b"\r\n")
        raise ImapFailed(say("The server answers without end."))

    async def examine(self, folder: str) -> Selected:
        """Opens a folder for reading only. Raises `ImapRefused` when there is none of that name."""
        return await self.examine_encoded(encoded_name(folder))

    async def examine_encoded(self, folder: str) -> Selected:
        """The same for a name as `folders` gives it."""
        self.news = False
        lines = b"\n".join(response.line for response in await self.command(f"EXAMINE {quoted(folder)}"))
        validity = number_in(b"UIDVALIDITY", lines)
        if not validity:
            raise ImapFailed(say("The server gives its mails no lasting numbers (UIDVALIDITY), so Sluss cannot follow the folder."))
        exists = re.findall(rb"^\* (\d{1,10}) EXISTS", lines, re.IGNORECASE | re.MULTILINE)
        return Selected(validity, number_in(b"UIDNEXT", lines) or 0, int(exists[-1]) if exists else 0)

    async def status(self, folder: str) -> Selected:
        """How a folder stands that is not open, by its encoded name. Raises `ImapRefused` when there is none."""
        responses = await self.command(f"STATUS {quoted(folder)} (MESSAGES UIDNEXT UIDVALIDITY)")
        lines = b"\n".join(response.line for response in responses if response.line.upper().startswith(b"* STATUS "))
        return Selected(number_in(b"UIDVALIDITY", lines) or 0, number_in(b"UIDNEXT", lines) or 0, number_in(b"MESSAGES", lines) or 0)

    async def search(self, criteria: str) -> list[int]:
        """UIDs that match, ascending."""
        found: set[int] = set()
        for response in await self.command(f"UID SEARCH {criteria}"):
            if response.line.upper().startswith(b"* SEARCH"):
                found |= {int(word) for word in response.line[8:].split() if word.isdigit() and len(word) <= 10}
        return sorted(found)

    async def details(self, uids: Iterable[int], fields: str = "") -> dict[int, Detail]:
        """Size and arrival of each mail as the server claims them, with the header `fields` named."""
        return self._detailed(await self.command(f"UID FETCH {_uid_set(uids)} ({_wanted(fields)})"))

    async def details_by_number(self, first: int, last: int, fields: str = "") -> dict[int, Detail]:
        """The same by their places in the folder, 1 for the oldest."""
        return self._detailed(await self.command(f"FETCH {first}:{last} ({_wanted(fields)})"))

    def _detailed(self, responses: list[Response]) -> dict[int, Detail]:
        return {one.uid: one for one in map(detail_of, responses) if one}

    async def bodies(self, uids: Iterable[int], section: str, largest: int) -> dict[int, bytes]:
        """`section` of each mail (empty: all of it) without marking it as read. What is longer than `largest` bytes is left out."""
        responses = await self.command(f"UID FETCH {_uid_set(uids)} (UID BODY.PEEK[{section}])", largest=largest)
        found = [(uid_of(response), body_of(response)) for response in responses]
        return {uid: body for uid, body in found if uid is not None and body is not None}

    async def beginning(self, uid: int, section: str, length: int) -> bytes:
        """At most so many bytes of one section; empty when there are none."""
        responses = await self.command(f"UID FETCH {uid} (UID BODY.PEEK[{section}]<0.{length}>)", largest=4 * length)
        return next((body for body in map(body_of, responses) if body), b"")[:length]

    async def stream(self, uid: int, write: Callable[[bytes], object]) -> bool:
        """A whole mail, piece by piece as it comes (the first that the server sends); False when there was none."""
        written = 0

        def pass_on(piece: bytes) -> None:
            nonlocal written
            written += len(piece)
            write(piece)

        self._sink = pass_on
        try:
            responses = await self.command(f"UID FETCH {uid} (UID BODY.PEEK[])", largest=0)
        finally:
            self._sink = None
        if not written:
            pass_on(next((body for body in map(body_of, responses) if body), b""))
        return written > 0

    async def structure(self, uid: int) -> list[Leaf]:
        """The parts of a mail that are no multiparts."""
        responses = await self.command(f"UID FETCH {uid} (UID BODYSTRUCTURE)")
        return next((leaves for leaves in map(leaves_of, responses) if leaves), list[Leaf]())

    async def folders(self) -> list[tuple[set[str], str]]:
        """Upper-case flags and encoded name of each folder."""
        lines = [response for response in await self.command('LIST "" "*"') if response.line.upper().startswith(b"* LIST")]
        return [folder for folder in map(folder_of, lines) if folder]

    async def append(self, folder: str, raw: bytes) -> None:
        """Puts a mail into a folder, as read. `folder` is encoded as `folders` gives it."""
        await self.command(f"APPEND {quoted(folder)} (\\Seen)", literals=[raw])

    async def idle(self, seconds: float) -> None:
        """Waits until the server tells of something new in the folder, or `seconds` are over."""
        tag = await self._begin("IDLE")
        await self._continuation(tag)
        try:
            async with asyncio.timeout(seconds):
                while not self.news:
                    await self._response(patient=True)
        except TimeoutError:
            pass
        self._writer.write(b"DONE\r\n")
        await self._until(tag, 0)

    async def logout(self) -> None:
        """Says good-bye and closes; never raises."""
        try:
            async with asyncio.timeout(5):
                await self.command("LOGOUT")
        except (ImapFailed, ImapRefused, TimeoutError):
            pass
        finally:
            self.abort()

    def abort(self) -> None:
        """Closes at once."""
        self._writer.transport.abort()

    async def command(self, text: str, *, literals: Iterable[bytes] = (), bare: bool = False, largest: int = 1_048_576) -> list[Response]:
        """The untagged responses to one command. `literals` follow it, each after the server asked; `bare` ones are lines of their own."""
        pending = list(literals)
        size = f" {{{len(pending[0])}}}" if pending and not bare else ""
        tag = await self._begin(text + size)
        for literal in pending:
            await self._continuation(tag)
            self._writer.write(literal + b"\r\n")
        return await self._until(tag, largest)

    async def _begin(self, text: str) -> bytes:
        if re.search(r"[\r\n\0]", text):
            raise ImapRefused(say("A line break cannot stand in a command."))
        self._number += 1
        tag = f"{self._prefix}{self._number}"
        self._writer.write(f"{tag} {text}\r\n".encode())
        return tag.encode("ascii")

    async def _continuation(self, tag: bytes) -> None:
        for _ in range(_RESPONSES):
            response = await self._response()
            if response.line.startswith(b"+"):
                return
            self._tagged(response, tag)
        raise ImapFailed(say("The server answers without end."))

    async def _until(self, tag: bytes, largest: int) -> list[Response]:
        """Everything up to the tagged answer. Raises `ImapRefused` when that says NO or BAD."""
        collected: list[Response] = []
        self._held = 0
        for _ in range(_RESPONSES):
            response = await self._response(largest)
            if self._tagged(response, tag):
                return collected
            if collected and collected[-1].literals and not response.line.startswith((b"*", b"+")):
                raise ImapFailed(say("The server announced fewer bytes than it sent."))
            collected.append(response)
        raise ImapFailed(say("The server answers without end."))

    def _tagged(self, response: Response, tag: bytes) -> bool:
        if not response.line.startswith(tag + b" "):
            return False
        if response.line[len(tag) + 1 :].upper().startswith(b"OK"):
            return True
        raise ImapRefused(response.line[len(tag) + 1 :][:300].decode("utf-8", "replace"))

    async def _response(self, largest: int = 65_536, *, patient: bool = False) -> Response:
        """One response with its literals; those longer than `largest` are read past and dropped. `patient` waits without a limit."""
        line = await self._line(None if patient else _ANSWER_SECONDS)
        pieces, literals = [line], list[bytes | None]()
        self._hold(len(line))
        while found := _LITERAL.search(line):
            literals.append(await self._literal(int(found.group(1)), largest))
            line = await self._line(_ANSWER_SECONDS)
            self._hold(len(line))
            pieces.append(line)
        response = Response(b"".join(pieces), tuple(literals))
        if _FETCHED.match(response.line) and not all(_AFTER_LITERAL.match(piece) for piece in pieces[1:]):
            raise ImapFailed(say("The server announced fewer bytes than it sent."))
        if _NEWS.match(response.line):
            self.news = True
        if response.line.upper().startswith(b"* BYE") and not response.line.upper().startswith(b"* BYE LOGGING OUT"):
            raise ImapFailed(say("The server ended the connection."))
        return response

    async def _line(self, seconds: float | None) -> bytes:
        try:
            async with asyncio.timeout(seconds):
                line = await self._reader.readuntil(b"\n")
        except TimeoutError as error:
            raise ImapFailed(say("The server did not answer within %(seconds)s seconds.", seconds=round(seconds or 0))) from error
        except asyncio.LimitOverrunError as error:
            raise ImapFailed(say("The server sent a line without end.")) from error
        except (OSError, EOFError, ssl.SSLError) as error:
            raise ImapFailed(say("The connection to the server was lost.")) from error
        return line.rstrip(b"\r\n")

    def _hold(self, size: int) -> None:
        """Counts what one command makes us keep."""
        self._held += size
        if self._held > _HELD_BYTES:
            raise ImapFailed(say("The server answers without end."))

    async def _literal(self, size: int, largest: int) -> bytes | None:
        """The bytes, unless they are too many: those are read past, or handed to whoever streams them."""
        if size > _DRAINED_BYTES:
            raise ImapAbsurd(say("The server announced a mail of absurd size."))
        holds = self._sink is None and size <= largest and self._held + size <= _HELD_BYTES
        kept: list[bytes] | None = [] if holds else None
        self._held += 0 if kept is None else size
        sink, self._sink = self._sink, None
        try:
            async with asyncio.timeout(_ANSWER_SECONDS + size / _SLOWEST):
                while size:
                    chunk = await self._chunk(min(size, _CHUNK))
                    size -= len(chunk)
                    if kept is not None:
                        kept.append(chunk)
                    elif sink is not None:
                        sink(chunk)
        except TimeoutError as error:
            raise ImapFailed(say("The connection to the server was lost in the middle of a mail.")) from error
        return None if kept is None else b"".join(kept)

    async def _chunk(self, size: int) -> bytes:
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                chunk = await self._reader.read(size)
        except (OSError, TimeoutError, ssl.SSLError) as error:
            raise ImapFailed(say("The connection to the server was lost in the middle of a mail.")) from error
        if not chunk:
            raise ImapFailed(say("The connection to the server was lost in the middle of a mail."))
        return chunk


async def _streams(place: Place, opened: object) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async with asyncio.timeout(place.timeout):
        if place.security == "tls":
            return await asyncio.open_connection(
                sock=opened, ssl=tls_context(place.certificate), server_hostname=place.host, limit=_LINE_BYTES
            )
        return await asyncio.open_connection(sock=opened, limit=_LINE_BYTES)


_LITERAL = re.compile(rb"\{(\d{1,12})\+?\}\Z")
_FETCHED = re.compile(rb"\* \d+ FETCH ", re.IGNORECASE)
_AFTER_LITERAL = re.compile(rb"[ )]")
_NEWS = re.compile(rb"\* \d+ EXISTS", re.IGNORECASE)


def _wanted(fields: str) -> str:
    return "UID RFC822.SIZE INTERNALDATE" + (f" BODY.PEEK[HEADER.FIELDS ({fields})]" if fields else "")


def _uid_set(uids: Iterable[int]) -> str:
    """Numbers in few words: neighbours as a range."""
    words: list[list[int]] = []
    for uid in sorted(set(uids)):
        if words and words[-1][1] == uid - 1:
            words[-1][1] = uid
        else:
            words.append([uid, uid])
    return ",".join(str(first) if first == last else f"{first}:{last}" for first, last in words)


def quoted(value: str) -> str:
    """A string of a command."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
