"""Receiving by IMAP. In: one folder of one mailbox. Out: every mail that arrives in it, once, handed on before the position moves.

The position is UIDVALIDITY and the last UID: nothing depends on read marks or dates, and nothing at the server is ever changed.
"""

from __future__ import annotations

import asyncio
import random
import re
from datetime import UTC, datetime, timedelta
from typing import NoReturn

import msgspec

from sluss.channels.contract import Connection, Delivered, Surroundings
from sluss.channels.email.dial import Place
from sluss.channels.email.imap_client import ImapClient, ImapFailed, ImapRefused, encoded_name
from sluss.channels.email.settings import InboxSecrets, InboxSettings, secrets_of, settings_of
from sluss.channels.email.signing import signed_in
from sluss.kernel.words import say

_IDLE_SECONDS = 540.0  # many routers forget a silent connection after ten minutes
_WAITS = (1.0, 300.0)
_BATCH_MAILS = 20
_BATCH_BYTES = 2_000_000
_HEADER_BYTES = 200_000
_MEGABYTE = 1_048_576


async def listen(connection: Connection, around: Surroundings, *, allow_private: bool) -> None:
    """Receive until cancelled. Reconnects with growing waits, and says each time how it goes."""
    wait = _WAITS[0]
    while True:
        reason, went_well = await _run(connection, around, allow_private=allow_private)
        wait = _WAITS[0] if went_well else wait
        await around.progress("failing", reason)
        await asyncio.sleep(wait * random.uniform(0.75, 1.25))  # noqa: S311 - spreads reconnections, guards nothing
        wait = min(wait * 2, _WAITS[1])


async def _run(connection: Connection, around: Surroundings, *, allow_private: bool) -> tuple[str, bool]:
    """Runs one connection to its end; says why it ended, and whether it had come as far as reading."""
    reader = None
    try:
        reader = FolderReader(connection, around, allow_private=allow_private)
        await reader.run()
    except ImapFailed as error:
        reason = error.reason
    except ImapRefused as error:
        reason = say("The server refused a command: %(answer)s", answer=error)
    except msgspec.ValidationError:
        reason = say("The settings of this inbox are incomplete; open and save them again.")
    except Exception as error:  # noqa: BLE001 - storage trouble or a fault of ours: the mail stays at the server, and is fetched again
        reason = say("A mail could not be stored (%(fault)s); it will be fetched again.", fault=type(error).__name__)
    return reason, bool(reader and reader.read_anything)


class Position(msgspec.Struct, frozen=True):
    """How far a folder has been read; `at` is when that was last so, in microseconds UTC."""

    uidvalidity: int
    uid: int
    at: int


class FolderReader:
    """One connection to one folder, from sign-in to loss."""

    def __init__(self, connection: Connection, around: Surroundings, *, allow_private: bool) -> None:
        self._connection, self._around = connection, around
        self._settings: InboxSettings = settings_of(connection)
        self._secrets: InboxSecrets = secrets_of(connection)
        self._place = imap_place(self._settings, allow_private=allow_private)
        self.read_anything = False

    async def run(self) -> NoReturn:
        """Reads what is there, then what comes, until the connection is lost or storage fails, which it raises."""
        client = await signed_in(self._place, self._settings, self._connection)
        try:
            position = await self._opening_position(client)
            await self._around.progress("ok", "")
            self.read_anything = True
            while True:
                # Mail that arrives from here on is told to us and sets the mark again: none falls between reading and waiting.
                client.news = False
                found, position = await self._read_on(client, position)
                if not client.news:
                    await self._wait(client)
                elif not found:
                    await asyncio.sleep(1)  # a server that cries wolf is heard once a second
        finally:
            client.abort()

    async def _wait(self, client: ImapClient) -> None:
        seconds = min(float(self._settings.poll_seconds), _IDLE_SECONDS)
        if "IDLE" in client.capabilities:
            # The poll beside it is the search that follows: a push that got lost costs one interval.
            await client.idle(seconds)
        else:
            await asyncio.sleep(seconds)
            await client.command("NOOP")

    @property
    def _cursor(self) -> str:
        return f"imap:{self._settings.folder}"

    async def _opening_position(self, client: ImapClient) -> Position:
        try:
            selected = await client.examine(self._settings.folder)
        except ImapRefused as error:
            raise ImapFailed(say("The folder %(folder)s cannot be opened; check its name.", folder=self._settings.folder)) from error
        stored = await self._around.cursors.get(self._cursor)
        known = msgspec.convert(stored, Position) if stored else None
        if known and known.uidvalidity == selected.uidvalidity:
            return known
        if known:
            # The server numbered the folder anew: look again at what came since we last read, downstream knows what it has.
            since = datetime.fromtimestamp(known.at / 1_000_000, UTC) - timedelta(days=2)
        else:
            since = self._now() - timedelta(days=self._settings.days_back)
        everything_new = known is None and self._settings.days_back == 0
        position = await self._start(client, selected.uidnext, None if everything_new else since)
        return await self._remember(Position(selected.uidvalidity, position, self._around.now()))

    async def _start(self, client: ImapClient, uidnext: int, since: datetime | None) -> int:
        """The last UID not to be read: everything in the folder, or everything before `since`."""
        if since is not None:
            # SINCE knows days only, in the server's time zone: one day more than asked.
            day = (since - timedelta(days=1)).strftime("%d-") + _MONTHS[(since - timedelta(days=1)).month - 1] + since.strftime("-%Y")
            recent = await client.search(f"SINCE {day}")
            if recent:
                return recent[0] - 1
        if uidnext:
            return uidnext - 1
        return max(await client.search("ALL"), default=0)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._around.now() / 1_000_000, UTC)

    async def _read_on(self, client: ImapClient, position: Position) -> tuple[int, Position]:
        """Hands on every mail after `position`. `n:*` always names the last mail, even an old one, hence the filter."""
        uids = [uid for uid in await client.search(f"UID {position.uid + 1}:*") if uid > position.uid]
        for batch in [uids[start : start + 500] for start in range(0, len(uids), 500)]:
            position = await self._read_batch(client, batch, position)
        return len(uids), position

    async def _read_batch(self, client: ImapClient, uids: list[int], position: Position) -> Position:
        sizes = await client.sizes(uids)
        for group in _groups([(uid, sizes[uid]) for uid in uids if uid in sizes]):
            mails = await self._fetch(client, group)
            await self._around.receive(self._connection, [self._delivered(position.uidvalidity, uid, raw) for uid, raw in mails])
            position = await self._remember(Position(position.uidvalidity, group[-1][0], self._around.now()))
        return position

    async def _fetch(self, client: ImapClient, group: list[tuple[int, int]]) -> list[tuple[int, bytes]]:
        """The mails of a group in order; of one over the limit its header and a note, of one that has gone nothing."""
        largest = self._settings.largest_mail * _MEGABYTE
        allowed = [uid for uid, size in group if size <= largest]
        claimed = max((size for _, size in group if size <= largest), default=0)
        # Servers count sizes loosely; one that lies by more than this gets its mail treated as too large.
        bodies = await client.bodies(allowed, "", min(largest, 2 * claimed + 65_536)) if allowed else {}
        missing = [(uid, size) for uid, size in group if uid not in bodies]
        headers = await client.bodies([uid for uid, _ in missing], "HEADER", _HEADER_BYTES) if missing else {}
        present = set(await client.search(f"UID {','.join(str(uid) for uid, _ in missing)}")) if missing else set[int]()
        notes = {uid: _noted(headers.get(uid, b""), size) for uid, size in missing if uid in present}
        return sorted((bodies | notes).items())

    def _delivered(self, uidvalidity: int, uid: int, raw: bytes) -> Delivered:
        key = f"imap:{self._settings.folder}:{uidvalidity}:{uid}"
        return Delivered(external_key=key, raw=raw, received_at=self._around.now())

    async def _remember(self, position: Position) -> Position:
        await self._around.cursors.put(self._cursor, msgspec.to_builtins(position))
        return position


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def imap_place(settings: InboxSettings, *, allow_private: bool) -> Place:
    return Place(settings.imap_host, settings.imap_port, settings.imap_security, settings.certificate, allow_private)


async def sent_folder(client: ImapClient, settings: InboxSettings) -> str:
    """The encoded name of the folder for sent mail; empty when there is none."""
    if settings.sent_folder:
        return encoded_name(settings.sent_folder)
    folders = await client.folders()
    marked = next((name for flags, name in folders if "\\SENT" in flags), "")
    return marked or next((name for _, name in folders if _SENT_NAME.fullmatch(name)), "")


_SENT_NAME = re.compile(r"(?:INBOX[./])?(?:Sent(?: Items| Messages| Mail)?|Skickat|Skickade|Wys&AUI-ane)", re.IGNORECASE)


def _groups(mails: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Mails in order, so many at a time that a group is small in number and in bytes; a large mail is a group of its own."""
    groups: list[list[tuple[int, int]]] = []
    total = 0
    for uid, size in mails:
        if not groups or len(groups[-1]) >= _BATCH_MAILS or total + size > _BATCH_BYTES:
            groups.append([])
            total = 0
        groups[-1].append((uid, size))
        total += size
    return groups


_CONTENT_FIELD = re.compile(rb"^(?:content-[a-z-]+|mime-version):.*(?:\r?\n[ \t].*)*(?:\r?\n|\Z)", re.IGNORECASE | re.MULTILINE)


def _noted(header: bytes, size: int) -> bytes:
    """A mail that was not fetched as one that says so: its own header, and a sentence in place of its content."""
    kept = _CONTENT_FIELD.sub(b"", header.strip(b"\r\n"))
    note = f"This mail is too large to be fetched ({size / _MEGABYTE:.1f} MB). It is still in the mailbox, whole."
    return kept + b"\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + note.encode() + b"\r\n"
