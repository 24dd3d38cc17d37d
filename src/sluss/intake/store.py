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
from sluss.kernel.files import FileStore, as_digest, digest_of
from sluss.kernel.tx import Tx

INLINE = 32 * 1024


class Kept(msgspec.Struct, frozen=True):
    """An envelope on its way into the database: its bytes, or the digest of the file that holds them."""

    delivered: Delivered
    digest: str
    inline: bool


async def receive(db: Database, files: FileStore, connection: Connection, delivered: list[Delivered]) -> None:
    """Make envelopes durable. Returns after the commit; raises when nothing was kept, and then the network must be told to try again."""
    files.require_room(sum(len(one.raw) for one in delivered))
    large = [one.raw for one in delivered if len(one.raw) > INLINE]
    if large:
        await asyncio.to_thread(files.put_many, large)
        point("blob-written")
    kept = [Kept(one, digest_of(one.raw), len(one.raw) <= INLINE) for one in delivered]
    who = system(connection.workspace_id)
    try:
        fresh = await db.write_grouped(store_envelopes, who, connection.inbox_id, kept)
    except IntegrityError:  # another process stored the same key at the same moment: now it is there to be seen
        fresh = await db.write_grouped(store_envelopes, who, connection.inbox_id, kept)
    metrics.envelopes_received(connection.channel, fresh)
    metrics.envelopes_repeated(connection.channel, len(kept) - fresh)
    point("envelope-stored")


def store_envelopes(tx: Tx, who: Actor, inbox_id: int, kept: Sequence[Kept]) -> int:
    """Store those whose key is new. Returns how many were."""
    known = _known_keys(tx, who, inbox_id, [one.delivered.external_key for one in kept])
    fresh = {one.delivered.external_key: one for one in kept if one.delivered.external_key not in known}
    if not fresh:
        return 0
    ids = {key: tx.new_id() for key in fresh}
    tx.run(sa.insert(envelopes), [_row(who, inbox_id, ids[key], one) for key, one in fresh.items()])
    keys = [{"workspace_id": who.workspace_id, "inbox_id": inbox_id, "external_key": key, "envelope_id": ids[key]} for key in fresh]
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
        "size": len(one.delivered.raw),
        "digest": one.digest,
        "raw": one.delivered.raw if one.inline else None,
    }
    return row | {"attempts": 0, "outcome": "", "reason": "", "message_id": None, "settled_at": None}


def _count(tx: Tx, who: Actor, inbox_id: int, number: int) -> None:
    """Count what is about to be acknowledged, apart from the rows themselves, so that a lost row would show."""
    mine = (acknowledged.c.workspace_id == who.workspace_id) & (acknowledged.c.inbox_id == inbox_id)
    if tx.run(sa.update(acknowledged).where(mine).values(envelopes=acknowledged.c.envelopes + number)).rowcount == 0:
        tx.run(sa.insert(acknowledged), {"workspace_id": who.workspace_id, "inbox_id": inbox_id, "envelopes": number})
    this = (inboxes.c.workspace_id == who.workspace_id) & (inboxes.c.id == inbox_id)
    tx.run(sa.update(inboxes).where(this).values(last_received_at=tx.now))
