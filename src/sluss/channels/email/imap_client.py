"""A small strict IMAP client (RFC 3501, 2177). In: a place to connect to. Out: answers in bounded memory and time, or `ImapFailed`.

It reads and appends, nothing else: folders are opened with EXAMINE, so that the server itself keeps them unchanged.
"""

from __future__ import annotations

import asyncio
import base64
import re
import secrets
import ssl
from collections.abc import Iterable

import msgspec

from sluss.channels.email.dial import CannotConnect, Place, open_socket, tls_context, tls_trouble
from sluss.kernel.words import say

_LINE_BYTES = 4_194_304
_RESPONSES = 200_000
_ANSWER_SECONDS = 60.0
_DRAINED_BYTES = 2_000_000_000
_CHUNK = 262_144


class ImapFailed(Exception):
    """The talk with the server ended or makes no sense; the connection is of no further use."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ImapRefused(Exception):
    """The server said NO or BAD to one command; the connection stands."""


class Selected(msgspec.Struct, frozen=True):
    """An opened folder: UIDs mean something only together with `uidvalidity`; `uidnext` is the UID of the next new mail."""

    uidvalidity: int
    uidnext: int


class Response(msgspec.Struct, frozen=True):
    """One response of the server: its line with `{n}` where literals were, and the literals (None: too long, thrown away)."""

    line: bytes
    literals: tuple[bytes | None, ...] = ()


class ImapClient:
    """One connection, used by one task at a time."""

    def __init__(self, place: Place, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._place, self._reader, self._writer = place, reader, writer
        # Tags that nobody can guess: bytes slipped in before STARTTLS cannot end a command.
        self._prefix, self._number = f"{secrets.token_hex(4).upper()}N", 0
        self.capabilities: frozenset[str] = frozenset()
        self.news = False
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
            await self.command(f"LOGIN {_quoted(user)} {_quoted(password)}")
        await self._ask_capabilities()

    async def examine(self, folder: str) -> Selected:
        """Opens a folder for reading only. Raises `ImapRefused` when there is none of that name."""
        return await self.examine_encoded(encoded_name(folder))

    async def examine_encoded(self, folder: str) -> Selected:
        """The same for a name as `folders` gives it."""
        self.news = False
        lines = b"\n".join(response.line for response in await self.command(f"EXAMINE {_quoted(folder)}"))
        validity, following = re.search(rb"\[UIDVALIDITY (\d{1,10})\]", lines), re.search(rb"\[UIDNEXT (\d{1,10})\]", lines)
        if not validity:
            raise ImapFailed(say("The server gives its mails no lasting numbers (UIDVALIDITY), so Sluss cannot follow the folder."))
        return Selected(int(validity.group(1)), int(following.group(1)) if following else 0)

    async def search(self, criteria: str) -> list[int]:
        """UIDs that match, ascending."""
        found: set[int] = set()
        for response in await self.command(f"UID SEARCH {criteria}"):
            if response.line.upper().startswith(b"* SEARCH"):
                found |= {int(word) for word in response.line[8:].split() if word.isdigit() and len(word) <= 10}
        return sorted(found)

    async def sizes(self, uids: Iterable[int]) -> dict[int, int]:
        """Bytes of each mail as the server claims them."""
        responses = await self.command(f"UID FETCH {_uid_set(uids)} (UID RFC822.SIZE)")
        found = [(_number(_UID, response.line), _number(_SIZE, response.line)) for response in responses]
        return {uid: size for uid, size in found if uid is not None and size is not None}

    async def bodies(self, uids: Iterable[int], section: str, largest: int) -> dict[int, bytes]:
        """`section` of each mail (empty: all of it) without marking it as read. What is longer than `largest` bytes is left out."""
        responses = await self.command(f"UID FETCH {_uid_set(uids)} (UID BODY.PEEK[{section}])", largest=largest)
        found = [(_number(_UID, response.line), _body(response)) for response in responses]
        return {uid: body for uid, body in found if uid is not None and body is not None}

    async def folders(self) -> list[tuple[set[str], str]]:
        """Upper-case flags and encoded name of each folder."""
        lines = [response for response in await self.command('LIST "" "*"') if response.line.upper().startswith(b"* LIST")]
        return [folder for folder in map(_folder, lines) if folder]

    async def append(self, folder: str, raw: bytes) -> None:
        """Puts a mail into a folder, as read. `folder` is encoded as `folders` gives it."""
        await self.command(f"APPEND {_quoted(folder)} (\\Seen)", literals=[raw])

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
        for _ in range(_RESPONSES):
            response = await self._response(largest)
            if self._tagged(response, tag):
                return collected
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
        while found := _LITERAL.search(line):
            literals.append(await self._literal(int(found.group(1)), largest))
            line = await self._line(_ANSWER_SECONDS)
            pieces.append(line)
        response = Response(b"".join(pieces), tuple(literals))
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

    async def _literal(self, size: int, largest: int) -> bytes | None:
        if size > _DRAINED_BYTES:
            raise ImapFailed(say("The server announced a mail of absurd size."))
        kept: list[bytes] | None = [] if size <= largest else None
        while size:
            chunk = await self._chunk(min(size, _CHUNK))
            size -= len(chunk)
            if kept is not None:
                kept.append(chunk)
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
_NEWS = re.compile(rb"\* \d+ EXISTS", re.IGNORECASE)
_UID = re.compile(rb"[( ]UID (\d{1,10})", re.IGNORECASE)
_SIZE = re.compile(rb"[( ]RFC822\.SIZE (\d{1,15})", re.IGNORECASE)
_QUOTED_BODY = re.compile(rb'BODY\[[^\]]*\] "((?:[^"\\]|\\.)*)"', re.IGNORECASE)


def _number(pattern: re.Pattern[bytes], line: bytes) -> int | None:
    found = pattern.search(line)
    return int(found.group(1)) if found else None


def _body(response: Response) -> bytes | None:
    if response.literals:
        return response.literals[0]
    found = _QUOTED_BODY.search(response.line)
    return re.sub(rb"\\(.)", rb"\1", found.group(1)) if found else None


_LISTED = re.compile(rb'\* LIST \(([^)]*)\) (?:"(?:[^"\\]|\\.)*"|NIL) (?:"((?:[^"\\]|\\.)*)"|(\S+))', re.IGNORECASE)


def _folder(response: Response) -> tuple[set[str], str] | None:
    found = _LISTED.match(response.line)
    if not found:
        return None
    flags = set(found.group(1).decode("ascii", "replace").upper().split())
    written = found.group(3) or re.sub(rb"\\(.)", rb"\1", found.group(2) or b"")
    name = (response.literals[0] or b"") if response.literals else written
    return flags, name.decode("utf-8", "replace")


def _uid_set(uids: Iterable[int]) -> str:
    return ",".join(str(uid) for uid in uids)


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def encoded_name(folder: str) -> str:
    """A folder's name as it goes over the wire: modified UTF-7 (RFC 3501, 5.1.3)."""
    return re.sub(r"[^\x20-\x7e]+", _shifted, folder.replace("&", "&-"))


def _shifted(found: re.Match[str]) -> str:
    data = base64.b64encode(found.group().encode("utf-16-be")).decode("ascii")
    return f"&{data.rstrip('=').replace('/', ',')}-"
