"""Keeping what a network delivered, before it is understood.

In: raw bytes of one inbox. Out: a durable row each; only then may the network be told.

Small envelopes lie in their row, so that one group commit makes many durable at once; larger ones lie in the file store, durable before
the row names them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sluss.channels.contract import Connection, Delivered
from sluss.channels.models import inboxes
from sluss.intake.models import acknowledged, envelope_keys, envelopes
from sluss.kernel import metrics
from sluss.kernel.actors import Actor, system
from sluss.kernel.breaking import point
from sluss.kernel.db import Database
from sluss.kernel.files import FileStore, Writing, as_digest, digest_of
from sluss.kernel.tx import Tx

INLINE = 32 * 1024
TOGETHER = 200
BEHIND = 1_000


class Kept(msgspec.Struct, frozen=True):
    """An envelope on its way into the database: its bytes, or the digest of the file that holds them."""

    delivered: Delivered
    digest: str
    size: int
    inline: bool

    @classmethod
    def of(cls, delivered: Delivered) -> Kept:
        if delivered.kept is not None:
            return cls(delivered, delivered.kept.digest, delivered.kept.size, inline=False)
        return cls(delivered, digest_of(delivered.raw), len(delivered.raw), inline=len(delivered.raw) <= INLINE)


class Reception:
    """Where the envelopes of one process come in.

    Those that come while others are being written are written together, with one set of statements for each inbox: a mail alone costs
    seven round trips to the database, a hundred together hardly more.
    """

    def __init__(self, db: Database, files: FileStore) -> None:
        self._db, self._files = db, files
        self._waiting: list[_Arrived] = []
        self._writing: asyncio.Task[None] | None = None

    async def receive(self, connection: Connection, delivered: list[Delivered]) -> None:
        """Make envelopes durable. Returns after the commit; raises when nothing was kept: then the network must be told to try again."""
        self._files.require_room(sum(len(one.raw) for one in delivered))
        large = [one.raw for one in delivered if len(one.raw) > INLINE]
        if large:
            await asyncio.to_thread(self._files.put_many, large)
            point("blob-written")
        kept = [Kept.of(one) for one in delivered]
        arrived = _Arrived(connection, kept, asyncio.get_running_loop().create_future())
        self._waiting.append(arrived)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_waiting())
        await arrived.stored
        point("envelope-stored")

    async def known(self, connection: Connection, keys: Sequence[str]) -> set[str]:
        """Those of the keys and marks that the inbox has an envelope for."""
        return await self._db.read(_known_keys, system(connection.workspace_id), connection.inbox_id, list(keys)) if keys else set()

    async def behind(self, connection: Connection) -> int:
        """How many of the inbox's envelopes wait to be understood, counted up to a thousand."""
        return await self._db.read(_count_waiting, system(connection.workspace_id), connection.inbox_id)

    def writing(self, limit: int) -> Writing:
        """A file to be written piece by piece, for `Delivered.kept`."""
        return self._files.writing(limit)

    async def _write_waiting(self) -> None:
        while self._waiting:
            together, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
            by_inbox: dict[tuple[int, int], list[_Arrived]] = {}
            for one in together:
                by_inbox.setdefault((one.connection.workspace_id, one.connection.inbox_id), []).append(one)
            await asyncio.gather(*(self._write(arrived) for arrived in by_inbox.values()))

    async def _write(self, arrived: list[_Arrived]) -> None:
        """Together, or where that fails each alone, so that nobody suffers for another's envelope. Each is told how it went."""
        kept = [one for arrival in arrived for one in arrival.kept]
        try:
            await self._store(arrived[0].connection, kept)
        except Exception as error:  # noqa: BLE001 - whoever handed it in is told
            if len(arrived) == 1:
                arrived[0].fail(error)
                return
            for one in arrived:
                await self._write([one])
            return
        for one in arrived:
            one.succeed()

    async def _store(self, connection: Connection, kept: list[Kept]) -> None:
        who = system(connection.workspace_id)
        try:
            fresh = await self._db.write_grouped(store_envelopes, who, connection.inbox_id, kept)
        except IntegrityError:  # another process stored the same key at the same moment: now it is there to be seen
            fresh = await self._db.write_grouped(store_envelopes, who, connection.inbox_id, kept)
        metrics.envelopes_received(connection.channel, fresh)
        metrics.envelopes_repeated(connection.channel, len(kept) - fresh)


class _Arrived(msgspec.Struct, frozen=True):
    """What one delivery brought, and who waits for it to be durable (perhaps no longer: a connection may have gone)."""

    connection: Connection
    kept: list[Kept]
    stored: asyncio.Future[None]

    def succeed(self) -> None:
        if not self.stored.done():
            self.stored.set_result(None)

    def fail(self, error: Exception) -> None:
        if not self.stored.done():
            self.stored.set_exception(error)


def store_envelopes(tx: Tx, who: Actor, inbox_id: int, kept: Sequence[Kept]) -> int:
    """Store those whose key is new. Returns how many were."""
    known = _known_keys(tx, who, inbox_id, [one.delivered.external_key for one in kept])
    fresh = {one.delivered.external_key: one for one in kept if one.delivered.external_key not in known}
    if not fresh:
        return 0
    ids = {key: tx.new_id() for key in fresh}
    tx.run(sa.insert(envelopes), [_row(who, inbox_id, ids[key], one) for key, one in fresh.items()])
    names = {one.delivered.mark: ids[key] for key, one in fresh.items() if one.delivered.mark}
    names = {mark: names[mark] for mark in names.keys() - _known_keys(tx, who, inbox_id, list(names))} | ids
    keys = [{"workspace_id": who.workspace_id, "inbox_id": inbox_id, "external_key": key, "envelope_id": names[key]} for key in names]
    tx.run(sa.insert(envelope_keys), keys)
    _count(tx, who, inbox_id, len(fresh))
    tx.hint("envelopes")
    return len(fresh)


def read_raw(files: FileStore, raw: bytes | None, digest: str) -> bytes:
    """An envelope's bytes, wherever they lie."""
    return files.read(as_digest(digest)) if raw is None else raw


def _known_keys(tx: Tx, who: Actor, inbox_id: int, keys: list[str]) -> set[str]:
    c = envelope_keys.c
    known = sa.select(c.external_key).where(c.workspace_id == who.workspace_id, c.inbox_id == inbox_id, c.external_key.in_(keys))
    return {row.external_key for row in tx.rows(known)}


def _count_waiting(tx: Tx, who: Actor, inbox_id: int) -> int:
    e = envelopes.c
    waiting = sa.select(e.id).where(e.workspace_id == who.workspace_id, e.state == "received", e.inbox_id == inbox_id).limit(BEHIND)
    return int(tx.value(sa.select(sa.func.count()).select_from(waiting.subquery())))


def _row(who: Actor, inbox_id: int, envelope_id: int, one: Kept) -> dict[str, Any]:
    row = {
        "workspace_id": who.workspace_id,
        "id": envelope_id,
        "inbox_id": inbox_id,
        "state": "received",
        "received_at": one.delivered.received_at,
    }
    row |= {
        "recipients": one.delivered.recipients,
        "size": one.size,
        "digest": one.digest,
        "raw": one.delivered.raw if one.inline else None,
    }
    return row | {"attempts": 0, "outcome": "", "reason": "", "message_id": None, "settled_at": None, "origin": one.delivered.origin}


def _count(tx: Tx, who: Actor, inbox_id: int, number: int) -> None:
    """Count what is about to be acknowledged, apart from the rows themselves, so that a lost row would show."""
    mine = (acknowledged.c.workspace_id == who.workspace_id) & (acknowledged.c.inbox_id == inbox_id)
    if tx.run(sa.update(acknowledged).where(mine).values(envelopes=acknowledged.c.envelopes + number)).rowcount == 0:
        tx.run(sa.insert(acknowledged), {"workspace_id": who.workspace_id, "inbox_id": inbox_id, "envelopes": number})
    this = (inboxes.c.workspace_id == who.workspace_id) & (inboxes.c.id == inbox_id)
    tx.run(sa.update(inboxes).where(this).values(last_received_at=tx.now))
