"""The IMAP server of the world (RFC 3501, as much as mail programs use). In: IMAP talk. Out: what lies in the mailboxes."""

from __future__ import annotations

import asyncio
import base64
import binascii
import calendar
import re
import time
from collections.abc import Awaitable, Callable, Iterable

import msgspec

from sluss.sandbox.mail.smtp_server import Ended
from sluss.sandbox.mail.world import TOKEN_REFUSED, Folder, Mailbox, Post, StoredMail


class _Command(msgspec.Struct, frozen=True):
    """One command: its line with `{n}` where literals were, and the literals."""

    tag: str
    name: str
    argument: str
    literals: list[bytes]
    by_uid: bool

    @property
    def words(self) -> list[str]:
        """Atoms, quoted strings and literals, as text; never fewer than two."""
        left = list(self.literals)
        found: list[str] = []
        for quoted, atom in re.findall(r'"((?:[^"\\]|\\.)*)"|([^\s"()]+)', self.argument):
            if re.fullmatch(r"\{\d+\+?\}", atom) and left:
                found.append(left.pop(0).decode("utf-8", "replace"))
            else:
                found.append(atom or re.sub(r"\\(.)", r"\1", quoted))
        return found + [""] * (2 - len(found))


class _Bad(Exception):
    """The command cannot be carried out; says so to the client."""


class ImapConversation:
    """One connection."""

    def __init__(self, post: Post, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._post, self._reader, self._writer = post, reader, writer
        self._mailbox: Mailbox | None = None
        self._folder: Folder | None = None
        self._told = 0
        self._read_only = False
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Talks until the client leaves or is thrown out."""
        try:
            self._greet()
            while True:
                await self._one(await self._read_command())
        except (Ended, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            self._leave()
            self._writer.transport.abort()

    def _greet(self) -> None:
        if self._post.faults.take("refuse_connections"):
            raise Ended
        self._say(f"* OK [{self._capability()}] sandbox ready")

    async def _read_command(self) -> _Command:
        literals: list[bytes] = []
        text = ""
        while True:
            line = (await self._reader.readuntil(b"\r\n")).decode("utf-8", "replace").removesuffix("\r\n")
            text += line
            found = re.search(r"\{(\d+)\+?\}\Z", line)
            if not found:
                break
            self._say("+ go on")
            literals.append(await self._reader.readexactly(int(found.group(1))))
        await asyncio.sleep(self._post.faults.slow)
        tag, _, rest = text.partition(" ")
        by_uid = rest[:4].upper() == "UID "
        name, _, argument = rest[4 if by_uid else 0 :].partition(" ")
        return _Command(tag, name.upper(), argument, literals, by_uid)

    async def _one(self, command: _Command) -> None:
        try:
            carry_out = self._commands().get(command.name)
            if carry_out is None:
                self._say(f"{command.tag} BAD unknown command")
                return
            answer = carry_out(command)
            answer = await answer if isinstance(answer, Awaitable) else answer
        except _Bad as error:
            self._say(f"{command.tag} NO {error}")
            return
        if command.name != "LOGOUT":
            self._tell_news()
        self._say(f"{command.tag} OK {answer or 'done'}")
        await self._writer.drain()
        if command.name == "LOGOUT":
            raise Ended

    def _commands(self) -> dict[str, Callable[[_Command], Awaitable[None] | str | None]]:
        return {
            "CAPABILITY": lambda _: self._say(f"* {self._capability()}"),
            "LOGIN": lambda command: self._sign_in(*command.words[:2]),
            "AUTHENTICATE": self._authenticate,
            "SELECT": self._open,
            "EXAMINE": self._open,
            "LIST": self._list,
            "APPEND": self._append,
            "FETCH": self._fetch,
            "SEARCH": self._search,
            "STORE": self._store,
            "EXPUNGE": self._expunge,
            "IDLE": self._idle,
            "NOOP": lambda _: None,
            "CHECK": lambda _: None,
            "LOGOUT": lambda _: self._say("* BYE logging out"),
        }

    def _say(self, line: str) -> None:
        self._writer.write(f"{line}\r\n".encode())

    def _capability(self) -> str:
        return "CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 LITERAL+ UIDPLUS SPECIAL-USE" + (
            "" if self._post.faults.without_idle else " IDLE"
        )

    def _sign_in(self, user: str, password: str) -> None:
        self._mailbox = self._post.sign_in(user, password)
        if self._mailbox is None:
            raise _Bad("[AUTHENTICATIONFAILED] Invalid credentials")

    async def _authenticate(self, command: _Command) -> None:
        mechanism, _, initial = command.argument.partition(" ")
        if not initial:
            self._say("+ ")
            initial = (await self._reader.readuntil(b"\r\n")).decode("ascii", "replace").strip()
        if mechanism.upper() == "XOAUTH2":
            return await self._by_token(initial)
        try:
            words = base64.b64decode(initial).decode("utf-8", "replace").split("\0")
        except binascii.Error:
            words = []
        return self._sign_in(*[*words, "", "", ""][1:3])

    async def _by_token(self, initial: str) -> None:
        self._mailbox = self._post.sign_in_by_token(initial)
        if self._mailbox is None:
            self._say(f"+ {TOKEN_REFUSED}")
            await self._reader.readuntil(b"\r\n")
            raise _Bad("[AUTHENTICATIONFAILED] Invalid credentials (Failure)")

    def _open(self, command: _Command) -> str:
        folder = self._named(command.words[0])
        self._leave()
        self._folder, self._read_only, self._told = folder, command.name == "EXAMINE", len(folder.mails)
        folder.watchers.add(self._changed.set)
        self._say(f"* {len(folder.mails)} EXISTS")
        self._say("* 0 RECENT")
        self._say("* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)")
        self._say(f"* OK [UIDVALIDITY {folder.uidvalidity}] UIDs valid")
        self._say(f"* OK [UIDNEXT {folder.uidnext}] next")
        return "[READ-ONLY] opened" if self._read_only else "[READ-WRITE] opened"

    def _named(self, name: str) -> Folder:
        if self._mailbox is None:
            raise _Bad("sign in first")
        folder = self._mailbox.folders.get("INBOX" if name.upper() == "INBOX" else name)
        if folder is None:
            raise _Bad("[NONEXISTENT] no such folder")
        return folder

    def _leave(self) -> None:
        if self._folder:
            self._folder.watchers.discard(self._changed.set)

    @property
    def _opened(self) -> Folder:
        if self._folder is None:
            raise _Bad("open a folder first")
        return self._folder

    def _list(self, _command: _Command) -> None:
        for folder in (self._mailbox.folders if self._mailbox else {}).values():
            self._say(f'* LIST (\\HasNoChildren{" " + folder.flag if folder.flag else ""}) "/" "{folder.name}"')

    def _append(self, command: _Command) -> None:
        if not command.literals:
            raise _Bad("a mail is missing")
        folder = self._named(command.words[0])
        folder.add(command.literals[-1], self._post.now(), re.findall(r"\\\w+", command.argument))

    def _tell_news(self) -> None:
        self._changed.clear()
        if self._folder and len(self._folder.mails) != self._told:
            self._told = len(self._folder.mails)
            self._say(f"* {self._told} EXISTS")

    def _fetch(self, command: _Command) -> None:
        numbers, _, items = command.argument.partition(" ")
        for number, mail in self._in_set(numbers, by_uid=command.by_uid):
            self._writer.write(b"* %d FETCH (%s)\r\n" % (number, self._items(mail, items.upper(), by_uid=command.by_uid)))

    def _items(self, mail: StoredMail, wanted: str, *, by_uid: bool) -> bytes:
        found: list[bytes] = []
        if by_uid or "UID" in wanted:
            found.append(b"UID %d" % mail.uid)
        if "RFC822.SIZE" in wanted:
            found.append(b"RFC822.SIZE %d" % len(mail.raw))
        if "INTERNALDATE" in wanted:
            found.append(time.strftime('INTERNALDATE "%d-%b-%Y %H:%M:%S +0000"', time.gmtime(mail.received_at)).encode())
        body = re.search(r"BODY(\.PEEK)?\[([A-Z]*)[^\]]*\]|RFC822(?!\.)", wanted)
        if body:
            section = body.group(2) or ""
            content = mail.raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if section == "HEADER" else mail.raw
            if not body.group(1) and not self._read_only:
                mail.flags.add("\\Seen")
            found.append(b"BODY[%s] {%d}\r\n%s" % (section.encode(), len(content), content))
        if "FLAGS" in wanted:
            found.append(f"FLAGS ({' '.join(sorted(mail.flags))})".encode())
        return b" ".join(found)

    def _in_set(self, numbers: str, *, by_uid: bool) -> Iterable[tuple[int, StoredMail]]:
        mails = self._opened.mails
        last = (mails[-1].uid if by_uid else len(mails)) if mails else 0
        ranges = [_range(part, last) for part in numbers.split(",")]
        for number, mail in enumerate(list(mails), 1):
            if any(first <= (mail.uid if by_uid else number) <= final for first, final in ranges):
                yield number, mail

    def _search(self, command: _Command) -> None:
        found = self._matches(command.words)
        self._say(" ".join(["* SEARCH", *(str(mail.uid if command.by_uid else number) for number, mail in found)]))

    def _matches(self, words: list[str]) -> list[tuple[int, StoredMail]]:
        found = list(enumerate(self._opened.mails, 1))
        while words:
            key = words.pop(0).upper()
            if key == "CHARSET":
                words.pop(0)
            elif key == "UID":
                inside = {mail.uid for _, mail in self._in_set(words.pop(0), by_uid=True)}
                found = [(number, mail) for number, mail in found if mail.uid in inside]
            elif key == "SINCE":
                since = calendar.timegm(time.strptime(words.pop(0), "%d-%b-%Y"))
                found = [(number, mail) for number, mail in found if mail.received_at >= since]
            elif key == "HEADER":
                field, value = words.pop(0), words.pop(0)
                found = [(number, mail) for number, mail in found if _has_header(mail.raw, field, value)]
            elif key in {"SEEN", "UNSEEN"}:
                found = [(number, mail) for number, mail in found if ("\\Seen" in mail.flags) == (key == "SEEN")]
        return found

    def _store(self, command: _Command) -> None:
        numbers, _, change = command.argument.partition(" ")
        flags = set(re.findall(r"\\?\w+", change.partition("(")[2]))
        for number, mail in self._in_set(numbers, by_uid=command.by_uid):
            mail.flags = mail.flags - flags if change.startswith("-") else mail.flags | flags
            self._say(f"* {number} FETCH (UID {mail.uid} FLAGS ({' '.join(sorted(mail.flags))}))")

    def _expunge(self, _command: _Command) -> None:
        folder = self._opened
        for number, mail in reversed(list(enumerate(folder.mails, 1))):
            if "\\Deleted" in mail.flags:
                self._say(f"* {number} EXPUNGE")
                folder.remove([mail.uid])
        self._told = len(folder.mails)

    async def _idle(self, _command: _Command) -> None:
        self._say("+ idling")
        done = asyncio.ensure_future(self._reader.readuntil(b"\r\n"))
        try:
            while not done.done():
                if not self._post.faults.silent_idle:
                    self._tell_news()
                changed = asyncio.ensure_future(self._changed.wait())
                await asyncio.wait({done, changed}, return_when=asyncio.FIRST_COMPLETED)
                changed.cancel()
                if self._post.faults.silent_idle:
                    self._changed.clear()
            await done
        finally:
            done.cancel()


def _range(part: str, last: int) -> tuple[int, int]:
    first, _, final = part.partition(":")
    low, high = _bound(first, last), _bound(final or first, last)
    return min(low, high), max(low, high)


def _bound(word: str, last: int) -> int:
    if word == "*":
        return last
    if not word.isdigit():
        raise _Bad("that is not a number")
    return int(word)


def _has_header(raw: bytes, field: str, value: str) -> bool:
    header = re.sub(rb"\r\n[ \t]", b" ", raw.partition(b"\r\n\r\n")[0]).decode("utf-8", "replace")
    lines = (line.partition(":") for line in header.split("\r\n"))
    return any(name.lower() == field.lower() and value.lower() in content.lower() for name, _, content in lines)
