"""One mailbox over one connection. In: its folders. Out: the mail of all of them; the first is told of by push, the others are asked for.

A folder that is not there is a warning, and is looked for again each time: the others go on meanwhile.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import NoReturn

import msgspec

from sluss.channels.contract import Connection, Surroundings
from sluss.channels.email.fetching import Fetching
from sluss.channels.email.folder import Folder, FolderReader
from sluss.channels.email.imap import imap_place, sent_folder
from sluss.channels.email.imap_client import ImapClient, ImapFailed, ImapRefused, Selected
from sluss.channels.email.imap_words import decoded_name
from sluss.channels.email.settings import InboxSettings, folders_of, settings_of
from sluss.channels.email.signing import signed_in
from sluss.kernel.words import say

_IDLE_SECONDS = 540.0  # many routers forget a silent connection after ten minutes
_MOST = 500
_LOOKS = 10
_MEGABYTE = 1_048_576
INDEX = "imap-folders"
"""The cursor that names every folder whose position is remembered."""


class Seen(msgspec.Struct):
    """A folder of the mailbox: its reader once it was found, and how it stood when last looked at."""

    folder: Folder
    reader: FolderReader | None = None
    state: Selected | None = None
    looks: int = 0


class MailboxReader:
    """One connection to one mailbox, from sign-in to loss. `refused` outlives it; `opened` is set once the folders are being read."""

    def __init__(
        self, connection: Connection, around: Surroundings, refused: Counter[tuple[str, int]], opened: asyncio.Event, *, allow_private: bool
    ) -> None:
        self._connection, self._around, self._refused, self._reading = connection, around, refused, opened
        self._settings: InboxSettings = settings_of(connection)
        self._place = imap_place(self._settings, allow_private=allow_private)
        self._folders: list[Seen] = []
        self._opened: Seen | None = None
        self._told: str | None = None
        self.read_anything = False

    async def run(self) -> NoReturn:
        """Reads what is there, then what comes, until the connection is lost or storage fails, which it raises."""
        client = await signed_in(self._place, self._settings, self._connection)
        try:
            fetching = Fetching(client, self._around, self._refused)
            self._folders = [Seen(Folder(name, f"imap:{name}")) for name in folders_of(self._settings)]
            await self._watch_sent(client)
            while True:
                await self._round(client, fetching)
        finally:
            client.abort()

    async def tell_trouble(self, state: str, reason: str) -> None:
        """Says why it ended."""
        await self._around.progress(state, reason)

    async def _watch_sent(self, client: ImapClient) -> None:
        if not self._settings.watch_sent:
            return
        wire = await sent_folder(client, self._settings)
        name = decoded_name(wire)
        if wire and name not in folders_of(self._settings):
            self._folders.append(Seen(Folder(name, f"imap-sent:{name}", sent=True)))

    async def _round(self, client: ImapClient, fetching: Fetching) -> None:
        """Looks at every folder once, then waits; the first one is looked at last, and stays open."""
        left = 0
        for seen in self._folders[1:]:
            left += await self._look(client, fetching, seen)
        # Mail that arrives from here on is told to us and sets the mark again: none falls between reading and waiting.
        client.news = False
        handled, rest = await self._read(client, fetching, self._folders[0])
        await self._tell()
        if left or rest:
            return
        if not client.news:
            await self._wait(client)
        elif not handled:
            await asyncio.sleep(1)  # a server that cries wolf is heard once a second

    async def _look(self, client: ImapClient, fetching: Fetching, seen: Seen) -> int:
        """Asks how a folder stands, and reads it when that changed; returns how many mails are left in it."""
        try:
            state = await client.status(seen.folder.wire)
        except ImapRefused:
            seen.reader, seen.state = None, None
            return 0
        seen.looks += 1
        # Not every server tells truly how a folder stands: now and then it is opened all the same.
        if seen.reader and state == seen.state and seen.looks % _LOOKS:
            return 0
        _, left = await self._read(client, fetching, seen)
        seen.state = None if left else state
        return left

    async def _read(self, client: ImapClient, fetching: Fetching, seen: Seen) -> tuple[int, int]:
        """Opens a folder unless it is open, and hands on what is new; how many mails that were, and how many are left."""
        if self._opened is not seen:
            try:
                await self._open(client, seen)
            except ImapRefused:
                seen.reader = None
        return await seen.reader.read_on(client, fetching, _MOST) if seen.reader else (0, 0)

    async def _open(self, client: ImapClient, seen: Seen) -> None:
        self._opened = None
        selected = await client.examine(seen.folder.name)
        self._opened = seen
        if seen.reader is None or seen.reader.position.uidvalidity != selected.uidvalidity:
            reader = FolderReader(seen.folder, self._connection, self._around, self._settings.largest_mail * _MEGABYTE)
            await reader.resume(client, selected, [] if seen.folder.sent else await self._former())
            seen.reader = reader
            await self._index(seen.folder)

    async def _tell(self) -> None:
        """Says how it goes, when that changed. Raises `ImapFailed` when no folder can be read."""
        missing = [seen.folder.name for seen in self._folders if seen.reader is None]
        if missing and all(seen.reader is None for seen in self._folders if not seen.folder.sent):
            raise ImapFailed(say("The folder %(folder)s cannot be opened; check its name.", folder=missing[0]))
        warning = ""
        if missing:
            names = ", ".join(missing)
            warning = say(
                "A folder cannot be opened and is left out: %(folders)s. Choose it anew if it has another name now.", folders=names
            )
        if warning != self._told:
            await self._around.progress("ok", warning)
            self._told = warning
        self.read_anything = True
        self._reading.set()

    async def _wait(self, client: ImapClient) -> None:
        seconds = min(float(self._settings.poll_seconds), _IDLE_SECONDS)
        if "IDLE" in client.capabilities and self._opened is self._folders[0]:
            # The poll beside it is the search that follows: a push that got lost costs one interval.
            await client.idle(seconds)
        else:
            await asyncio.sleep(seconds)
            await client.command("NOOP")

    async def _former(self) -> list[str]:
        """Cursors of folders that were read once and are chosen no more."""
        names = (await self._around.cursors.get(INDEX) or {}).get("names", [])
        return [f"imap:{name}" for name in _named(names) if name not in folders_of(self._settings)]

    async def _index(self, folder: Folder) -> None:
        known = _named((await self._around.cursors.get(INDEX) or {}).get("names", []))
        if not folder.sent and folder.name not in known:
            await self._around.cursors.put(INDEX, {"names": [*known, folder.name]})


def _named(stored: object) -> Sequence[str]:
    return msgspec.convert(stored, list[str])
