"""The mailboxes of the world and what moves between them. In: raw mails. Out: stored mails, and a call to whoever waits for them."""

from __future__ import annotations

import base64
import binascii
import email.utils
import re
import time
from collections.abc import Callable, Iterable, Sequence
from email.parser import BytesHeaderParser
from typing import overload

import msgspec

from sluss.sandbox.mail.faults import Faults


class StoredMail(msgspec.Struct):
    """A mail as it lies in a folder; `received_at` in seconds since 1970."""

    uid: int
    raw: bytes
    received_at: float
    flags: set[str] = msgspec.field(default_factory=set[str])


class Folder:
    """Mails in the order of their UIDs; whoever looks at the folder can ask to be called."""

    def __init__(self, name: str, *, flag: str = "") -> None:
        self.name, self.flag = name, flag
        self.uidvalidity, self.uidnext = _validity(), 1
        self.mails: list[StoredMail] | Mails = []
        self.watchers: set[Callable[[], None]] = set()

    def add(self, raw: bytes, received_at: float, flags: Iterable[str] = ()) -> StoredMail:
        mail = StoredMail(self.uidnext, raw, received_at, set(flags))
        self.uidnext += 1
        self.mails.append(mail)
        for watcher in list(self.watchers):
            watcher()
        return mail

    def renumber(self) -> None:
        """A new UIDVALIDITY, the same mails under other UIDs, as after a restore."""
        self.uidvalidity += 1
        self.uidnext = 101
        for mail in self.mails:
            mail.uid = self.uidnext
            self.uidnext += 1

    def remove(self, uids: Iterable[int]) -> None:
        gone = set(uids)
        self.mails = [mail for mail in self.mails if mail.uid not in gone]


class Mails(Sequence[StoredMail]):
    """Very many mails that are written when they are looked at, and what came after them: a mailbox of years without its memory.

    `write(number)` is the mail of that number, from 1; `received(number)` when it arrived.
    """

    def __init__(self, count: int, write: Callable[[int], bytes], received: Callable[[int], float]) -> None:
        self._count, self._write, self._received = count, write, received
        self._later: list[StoredMail] = []

    def __len__(self) -> int:
        return self._count + len(self._later)

    @overload
    def __getitem__(self, place: int) -> StoredMail: ...
    @overload
    def __getitem__(self, place: slice) -> list[StoredMail]: ...
    def __getitem__(self, place: int | slice) -> StoredMail | list[StoredMail]:
        if isinstance(place, slice):
            return [self._at(one) for one in range(*place.indices(len(self)))]
        return self._at(place + len(self) if place < 0 else place)

    def _at(self, place: int) -> StoredMail:
        if place >= self._count:
            return self._later[place - self._count]
        return StoredMail(place + 1, self._write(place + 1), self._received(place + 1))

    def append(self, mail: StoredMail) -> None:
        self._later.append(mail)


def _validity() -> int:
    # Another number at each start of the world: nobody takes its new UIDs for the old ones.
    return int(time.time()) % 2_000_000_000


class Mailbox:
    """One account with its folders."""

    def __init__(self, address: str, password: str) -> None:
        self.address, self.password = address, password
        self.folders = {folder.name: folder for folder in (Folder("INBOX"), Folder("Sent", flag="\\Sent"))}

    def make_folder(self, name: str, *, flag: str = "") -> Folder:
        """A new folder, by its name on the wire."""
        self.folders[name] = Folder(name, flag=flag)
        return self.folders[name]

    def rename_folder(self, name: str, new: str) -> None:
        """Its mails keep their numbers."""
        folder = self.folders.pop(name)
        folder.name = new
        self.folders[new] = folder

    @property
    def inbox(self) -> Folder:
        return self.folders["INBOX"]

    @property
    def messages(self) -> list[StoredMail] | Mails:
        """What has arrived, oldest first."""
        return self.inbox.mails

    @property
    def sent(self) -> list[StoredMail] | Mails:
        """What lies in the Sent folder."""
        return self.folders["Sent"].mails


TOKEN_REFUSED = base64.b64encode(b'{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}').decode()
"""What a server says of a token before its plain no."""

OnDelivery = Callable[[str, StoredMail], None]


class Post:
    """Mailboxes and delivery between them, without any server."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.faults = Faults()
        self.now = now
        self.accepts_token: Callable[[str, str], bool] = _no_token
        self._mailboxes: dict[str, Mailbox] = {}
        self._callbacks: list[OnDelivery] = []
        self._held: list[tuple[Mailbox, bytes]] = []

    def add(self, address: str, password: str = "sandbox") -> Mailbox:  # noqa: S107 - the password of a double
        """A new mailbox, or the one that is there."""
        return self._mailboxes.setdefault(address.lower(), Mailbox(address.lower(), password))

    def mailbox(self, address: str) -> Mailbox:
        """The mailbox of an address, detail after `+` ignored. Raises `KeyError`."""
        found = self.find(address)
        if found is None:
            raise KeyError(address)
        return found

    def find(self, address: str) -> Mailbox | None:
        local, _, domain = address.lower().rpartition("@")
        forms = (local, local.partition("+")[0], re.sub(r"-c\.[a-z0-9]+\Z", "", local))
        return next((self._mailboxes[f"{form}@{domain}"] for form in forms if f"{form}@{domain}" in self._mailboxes), None)

    def sign_in(self, user: str, password: str) -> Mailbox | None:
        mailbox = self._mailboxes.get(user.lower())
        return mailbox if mailbox and mailbox.password == password and not self.faults.login_expired else None

    def sign_in_by_token(self, line: str) -> Mailbox | None:
        """By the one line of XOAUTH2; `accepts_token` says which tokens are good."""
        try:
            said = base64.b64decode(line, validate=True).decode("utf-8", "replace")
        except binascii.Error:
            return None
        found = re.fullmatch("user=([^\x01]+)\x01auth=Bearer ([^\x01]+)\x01\x01", said)
        return self._mailboxes.get(found.group(1).lower()) if found and self.accepts_token(found.group(1), found.group(2)) else None

    def on_delivery(self, callback: OnDelivery) -> None:
        """Calls `callback(address of the mailbox, mail)` after each delivery into an inbox. It must not block."""
        self._callbacks.append(callback)

    def deliver(self, raw: bytes, recipients: Iterable[str] = (), sender: str = "") -> list[StoredMail]:
        """Puts a mail into every mailbox it is for (its To and Cc when no recipients are named); unknown addresses are left out."""
        raw = re.sub(rb"\r\n|\r|\n", b"\r\n", raw)
        stored: list[StoredMail] = []
        for address in list(recipients) or _header_recipients(raw):
            mailbox = self.find(address)
            if mailbox:
                traced = f"Return-Path: <{sender}>\r\nDelivered-To: {address}\r\n".encode() + raw
                stored += self._arrive(mailbox, traced)
        return stored

    def _arrive(self, mailbox: Mailbox, raw: bytes) -> list[StoredMail]:
        if self.faults.take("hold_back"):
            self._held.append((mailbox, raw))
            return []
        copies = 2 if self.faults.take("duplicate") else 1
        stored = [self._store(mailbox, raw) for _ in range(copies)]
        while self._held:
            stored.append(self._store(*self._held.pop()))
        return stored

    def _store(self, mailbox: Mailbox, raw: bytes) -> StoredMail:
        mail = mailbox.inbox.add(raw, self.now())
        for callback in self._callbacks:
            callback(mailbox.address, mail)
        return mail


def _no_token(_user: str, _token: str) -> bool:
    return False


def _header_recipients(raw: bytes) -> list[str]:
    headers = BytesHeaderParser().parsebytes(raw)
    values = [str(value) for name in ("To", "Cc") for value in headers.get_all(name, [])]
    return [address for _, address in email.utils.getaddresses(values) if address]
