"""From what a server says of its mails to the mails themselves. In: details of one folder. Out: `Delivered` values in order.

Small mails come together, large ones go straight to the disk, and of those over the administrator's limit the beginning is kept.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from sluss.channels.contract import Connection, Delivered, Surroundings
from sluss.channels.email.imap_client import ImapAbsurd, ImapClient
from sluss.channels.email.imap_words import Detail
from sluss.channels.email.oversize import beginning_of, noted
from sluss.kernel.files import Stored, TooLarge

MARKED = "MESSAGE-ID FROM DATE"
"""The header fields by which a mail is known under another number."""
_MEGABYTE = 1_048_576
_HELD_BYTES = 4 * _MEGABYTE
_HEADER_BYTES = 262_144


class Source(msgspec.Struct, frozen=True):
    """Where mails come from: `numbering` begins their keys, `folder` is the name that people see, `largest` in bytes."""

    connection: Connection
    numbering: str
    folder: str
    largest: int
    origin: Literal["", "sent", "history"] = ""

    def key(self, uid: int) -> str:
        return f"imap:{self.folder}:{self.numbering}:{uid}"


class Batch(msgspec.Struct, frozen=True):
    """So many mails and bytes at a time."""

    mails: int
    size: int


class Fetching:
    """Fetches over one connection. `refused` counts what a server sends absurdly: first only its beginning is asked for, then nothing."""

    def __init__(self, client: ImapClient, around: Surroundings, refused: Counter[tuple[str, int]]) -> None:
        self._client, self._around, self._refused = client, around, refused

    def groups(self, source: Source, details: Iterable[Detail], batch: Batch) -> list[list[Detail]]:
        """Mails in order, so many at a time that a group is small in number and in bytes; a large mail is a group of its own."""
        groups: list[list[Detail]] = []
        total = 0
        # Once the server was absurd in a group, each mail comes alone, to find out which it was.
        most = 1 if self._refused[source.folder, 0] else batch.mails
        for one in details:
            if not groups or len(groups[-1]) >= most or total + one.size > batch.size:
                groups.append([])
                total = 0
            groups[-1].append(one)
            total += one.size
        return groups

    async def take(self, source: Source, group: Sequence[Detail]) -> list[Delivered]:
        """The mails of a group in its order; what has gone meanwhile is left out. Raises `ImapFailed`."""
        try:
            return await self._take(source, group)
        except ImapAbsurd:
            self._refused[source.folder, group[0].uid if len(group) == 1 else 0] += 1
            raise

    async def _take(self, source: Source, group: Sequence[Detail]) -> list[Delivered]:
        together = [one for one in group if one.size <= min(_HELD_BYTES, source.largest) and self._may_come(source, one)]
        # Servers count sizes loosely; one that lies by more than this gets its mail fetched alone.
        largest = min(source.largest, 2 * max((one.size for one in together), default=0) + 65_536)
        bodies = await self._client.bodies([one.uid for one in together], "", largest) if together else dict[int, bytes]()
        found: list[Delivered | None] = []
        for one in group:
            raw = bodies.pop(one.uid, None)
            found.append(await self._alone(source, one) if raw is None else self._delivered(source, one, raw))
        return [one for one in found if one is not None]

    def _may_come(self, source: Source, one: Detail) -> bool:
        return not self._refused[source.folder, one.uid]

    async def _alone(self, source: Source, one: Detail) -> Delivered | None:
        """A mail that is large, or was not among those that came together."""
        if one.size <= source.largest and self._may_come(source, one):
            kept, header = await self._kept(source, one)
            if kept:
                return self._delivered(source, one, header, kept)
        if self._refused[source.folder, one.uid] > 1:
            return self._delivered(source, one, noted(b"", one.size, source.folder, (), b""))
        raw = await beginning_of(self._client, one.uid, one.size, source.folder)
        return self._delivered(source, one, raw) if raw else None

    async def _kept(self, source: Source, one: Detail) -> tuple[Stored | None, bytes]:
        """The mail in the file store, and its header; None for one that is too large after all, or has gone."""
        header = bytearray()
        with self._around.intake.writing(source.largest) as file:
            over = False

            def write(piece: bytes) -> None:
                nonlocal over
                header.extend(piece[: max(0, _HEADER_BYTES - len(header))])
                try:
                    file.write(piece)
                except TooLarge:
                    over = True  # the rest is read past, so that the connection stands

            came = await self._client.stream(one.uid, write)
            if not came or over:
                return None, b""
            return await asyncio.to_thread(file.finish), bytes(header)

    def _delivered(self, source: Source, one: Detail, raw: bytes, kept: Stored | None = None) -> Delivered:
        now = self._around.now()
        return Delivered(
            external_key=source.key(one.uid),
            raw=b"" if kept else raw,
            received_at=min(one.at or now, now) if source.origin == "history" else now,
            origin=source.origin,
            mark=mark_of(raw, one),
            kept=kept,
        )


def mark_of(text: bytes, detail: Detail) -> str:
    """A name for a mail that survives a renumbering: what its header says, its size, when it arrived. Empty when that is too little."""
    header = re.split(rb"\r?\n\r?\n", text[:_HEADER_BYTES], maxsplit=1)[0]
    values = [_field(header, name) for name in (b"message-id", b"from", b"date")]
    if not any(values) or not detail.at:
        return ""
    named = b"\n".join([*values, b"%d %d" % (detail.size, detail.at)])
    return f"mail:{hashlib.sha256(named).hexdigest()[:40]}"


def _field(header: bytes, name: bytes) -> bytes:
    found = re.search(rb"^" + name + rb"[ \t]*:((?:[^\r\n]|\r?\n[ \t])*)", header, re.IGNORECASE | re.MULTILINE)
    return b" ".join(found.group(1).split()) if found else b""
