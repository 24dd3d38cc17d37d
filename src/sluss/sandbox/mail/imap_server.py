"""The IMAP server of the world (RFC 3501, as much as mail programs use). In: IMAP talk. Out: what lies in the mailboxes."""

from __future__ import annotations

import asyncio
import base64
import binascii
import calendar
import re
import time
from bisect import bisect_left, bisect_right
from collections.abc import Awaitable, Callable, Iterable

import msgspec

from sluss.sandbox.mail.imap_items import items_of
from sluss.sandbox.mail.wire import Ended, WireReader, WireWriter
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

    def __init__(self, post: Post, reader: WireReader, writer: WireWriter) -> None:
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
            await self._writer.drain()
            while True:
                await self._one(await self._read_command())
        except (Ended, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            self._leave()
            self._writer.end()

    def _greet(self) -> None:
        if self._post.faults.take("refuse_connections"):
            raise Ended
        self._say(f"* OK [{self._capability()}] sandbox ready")
        self._tell_garbage()

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
            await self._writer.drain()
            literals.append(await self._reader.readexactly(int(found.group(1))))
        await asyncio.sleep(self._post.faults.slow)
        tag, _, rest = text.partition(" ")
        by_uid = rest[:4].upper() == "UID "
        name, _, argument = rest[4 if by_uid else 0 :].partition(" ")
        return _Command(tag, name.upper(), argument, literals, by_uid)

    async def _one(self, command: _Command) -> None:
        if self._post.faults.take_bye():
            self._say("* BYE the server shuts down")
            raise Ended
        try:
            if self._post.faults.take_refusal(command.name):
                raise _Bad("[UNAVAILABLE] not now")  # noqa: TRY301 - as the command itself would say it
            carry_out = self._commands().get(command.name)
            if carry_out is None:
                self._say(f"{command.tag} BAD unknown command")
                await self._writer.drain()
                return
            answer = carry_out(command)
            answer = await answer if isinstance(answer, Awaitable) else answer
            if command.name not in {"CAPABILITY", "AUTHENTICATE", "LOGIN"}:
                await self._tell_endlessly()
        except _Bad as error:
            self._say(f"{command.tag} NO {error}")
            await self._writer.drain()
            return
        if command.name != "LOGOUT":
            self._tell_news()
        self._tell_garbage()
        tag = "A0" if "wrong-tag" in self._post.faults.lies else command.tag
        self._say(f"{tag} OK {answer or 'done'}")
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
            "STATUS": self._status,
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
            await self._writer.drain()
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
            await self._writer.drain()
            await self._reader.readuntil(b"\r\n")
            raise _Bad("[AUTHENTICATIONFAILED] Invalid credentials (Failure)")

    def _open(self, command: _Command) -> str:
        folder = self._named(command.words[0])
        self._leave()
        self._folder, self._read_only, self._told = folder, command.name == "EXAMINE", len(folder.mails)
        folder.watchers.add(self._changed.set)
        self._say(f"* {self._claimed(folder)} EXISTS")
        self._say("* 0 RECENT")
        self._say("* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)")
        self._say(f"* OK [UIDVALIDITY {folder.uidvalidity}] UIDs valid")
        self._say(f"* OK [UIDNEXT {self._next(folder)}] next")
        return "[READ-ONLY] opened" if self._read_only else "[READ-WRITE] opened"

    def _status(self, command: _Command) -> None:
        folder = self._named(command.words[0])
        told = f"MESSAGES {self._claimed(folder)} UIDNEXT {self._next(folder)} UIDVALIDITY {folder.uidvalidity}"
        self._say(f'* STATUS "{folder.name}" ({told})')

    def _claimed(self, folder: Folder) -> int:
        return len(folder.mails) + (1000 if "exists" in self._post.faults.lies else 0)

    def _next(self, folder: Folder) -> int:
        lies = self._post.faults.lies
        return 1 if "uidnext-low" in lies else 4_294_967_295 if "uidnext-high" in lies else folder.uidnext

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
        if "bad-utf7" in self._post.faults.lies:
            for name in (b"&AB-", b"&&&", b"&2AA-", b"Sk\xe4rp", b"&\xff-", b"Skr\xc3\xa4p"):
                self._writer.write(b'* LIST () "/" "%s"\r\n' % name)

    def _append(self, command: _Command) -> None:
        if not command.literals:
            raise _Bad("a mail is missing")
        folder = self._named(command.words[0])
        folder.add(command.literals[-1], self._post.now(), re.findall(r"\\\w+", command.argument))

    def _tell_garbage(self) -> None:
        if "garbage" in self._post.faults.lies:
            self._writer.write(
                b"* 7 FETCH (((\r\n* \r\n*\r\n* OK [\r\n\xff\xfe\x00\r\n* SEARCH x -1 99999999999 {\r\n* 0 FETCH (UID 0 RFC822.SIZE -1)\r\n"
            )

    async def _tell_endlessly(self) -> None:
        number = 0
        while "endless-exists" in self._post.faults.lies:
            number += 1
            self._say(f"* {number} EXISTS")
            await self._writer.drain()

    def _tell_news(self) -> None:
        self._changed.clear()
        if self._folder and len(self._folder.mails) != self._told:
            self._told = len(self._folder.mails)
            self._say(f"* {self._told} EXISTS")

    async def _fetch(self, command: _Command) -> None:
        numbers, _, items = command.argument.partition(" ")
        lies = self._post.faults.lies
        found = list(self._in_set(numbers, by_uid=command.by_uid))
        if "unasked" in lies:
            found += [(number, mail) for number, mail in enumerate(self._opened.mails[-3:], 900)]
        found = [one for one in found for _ in range(1 + ("twice" in lies))][:: -1 if "backwards" in lies else 1]
        for number, mail in found:
            told = items_of(mail, items.upper(), lies, by_uid=command.by_uid, read_only=self._read_only)
            self._writer.write(b"* %d FETCH (%s)\r\n" % (number, told))
            await self._writer.drain()

    def _in_set(self, numbers: str, *, by_uid: bool) -> Iterable[tuple[int, StoredMail]]:
        mails = self._opened.mails
        last = (mails[-1].uid if by_uid else len(mails)) if mails else 0
        places: set[int] = set()
        for first, final in (_range(part, last) for part in numbers.split(",")):
            if by_uid:
                places |= set(range(bisect_left(mails, first, key=_uid), bisect_right(mails, final, key=_uid)))
            else:
                places |= set(range(max(first, 1) - 1, min(final, len(mails))))
        for place in sorted(places):
            yield place + 1, mails[place]

    def _search(self, command: _Command) -> None:
        found = self._matches(command.words)
        words = [str(mail.uid if command.by_uid else number) for number, mail in found]
        self._say(" ".join(["* SEARCH", *(words[::-1] if "backwards" in self._post.faults.lies else words)]))

    def _matches(self, words: list[str]) -> list[tuple[int, StoredMail]]:
        found = list(enumerate(self._opened.mails, 1)) if words[0].upper() != "UID" else list(self._in_set(words[1], by_uid=True))
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
                await self._writer.drain()
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


def _uid(mail: StoredMail) -> int:
    return mail.uid


def _has_header(raw: bytes, field: str, value: str) -> bool:
    header = re.sub(rb"\r\n[ \t]", b" ", raw.partition(b"\r\n\r\n")[0]).decode("utf-8", "replace")
    lines = (line.partition(":") for line in header.split("\r\n"))
    return any(name.lower() == field.lower() and value.lower() in content.lower() for name, _, content in lines)
