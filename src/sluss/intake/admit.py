"""Admitting envelopes: understood by their channel, then recorded in one transaction per set.

In: stored envelopes. Out: messages, moved deliveries, or quarantine.

Whatever an envelope does to its reader, it stays: it is quarantined with a sentence, and can be replayed. An envelope that was being read
when a process
died counts an attempt; after five it is quarantined unread, so that a poisonous one cannot stop the river.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import accumulate, takewhile
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.recording import StoredFile
from sluss.channels.contract import Channel, Connection, Delivered, Inbound, Understood, Unparsable
from sluss.channels.models import inboxes
from sluss.intake.applying import apply_readings
from sluss.intake.forgetting import forget_envelopes
from sluss.intake.models import envelopes
from sluss.intake.readings import HISTORY, Reading, Waiting
from sluss.intake.store import read_raw
from sluss.kernel import metrics
from sluss.kernel.actors import system
from sluss.kernel.breaking import point
from sluss.kernel.clock import SECOND
from sluss.kernel.db import Database, is_passing
from sluss.kernel.errors import Missing
from sluss.kernel.files import DiskFull, FileStore, StoreFailed
from sluss.kernel.leases import Lease, LeaseLost, require
from sluss.kernel.log import get_log
from sluss.kernel.schema import fields
from sluss.kernel.sealing import SealError
from sluss.kernel.signals import Signals
from sluss.kernel.tx import Tx
from sluss.kernel.words import say

log = get_log("intake")

AT_ONCE = 100
BYTES = 32_000_000
"""What a set may hold in memory, but for a single envelope that is larger."""
ATTEMPTS = 5
PAUSE = 1.0
GATHER = 0.03
"""Seconds left between two sets, so that under load the next is a large one; a mail that comes alone does not wait."""


class Reader(msgspec.Struct, frozen=True):
    """What admitting needs from its surroundings."""

    db: Database
    files: FileStore
    channel: Callable[[str], Channel]
    connection: Callable[[int, int], Awaitable[Connection]]


async def admit_forever(reader: Reader, signals: Signals, lease: Lease) -> None:
    """Admit whatever waits, set by set, until cancelled or the lease is lost."""
    await reader.db.write(suspect_leftovers, lease)
    async for _ in signals.rounds("envelopes", PAUSE):
        while await admit_some(reader, lease):  # noqa: ASYNC110 - a pause between sets of work, not a wait
            await asyncio.sleep(GATHER)


async def admit_some(reader: Reader, lease: Lease) -> int:
    """Admit what comes next. Returns how many envelopes were settled; 0 also when nothing can be stored just now."""
    sets = await reader.db.read(next_sets)
    try:
        for waiting in sets:
            await _admit(reader, lease, waiting)
    except Exception as error:
        if not _is_passing(error):
            raise
        log.exception("admit_waits_for_storage")
        return 0
    return sum(map(len, sets))


def _is_passing(error: Exception) -> bool:
    """No envelope is to blame for what the disk or the database cannot take: it waits where it is, and goes on by itself."""
    return isinstance(error, (DiskFull, StoreFailed)) or is_passing(error)


async def _admit(reader: Reader, lease: Lease, waiting: Sequence[Waiting]) -> None:
    connections = {place: await _connection(reader, *place) for place in {(one.workspace_id, one.inbox_id) for one in waiting}}
    readings = await asyncio.to_thread(_understand_all, reader, waiting, connections)
    point("understood")
    try:
        await reader.db.write_grouped(settle, lease, readings)
    except LeaseLost:
        raise
    except Exception as error:
        if _is_passing(error):
            raise
        log.exception("admit_set_failed", envelopes=len(readings))
        await _settle_each_alone(reader.db, lease, readings)
    _measure(readings, reader.db.clock())


def _measure(readings: Sequence[Reading], now: int) -> None:
    for one in readings:
        if one.trouble:
            metrics.envelopes_quarantined(one.envelope.channel)
        elif one.envelope.origin != HISTORY:
            metrics.envelopes_admitted(one.envelope.channel, (now - one.envelope.received_at) / SECOND)


def next_sets(tx: Tx) -> list[list[Waiting]]:
    """What to read next: the oldest envelopes, and after them one that has stopped Sluss before.

    An envelope that was being read at one death comes alone in its turn, since it was hardly the cause; from the second on it waits
    until whatever else is there has passed, so that no other mail is late because of it.
    """
    e = envelopes.c
    waiting = sa.select(e.id, e.attempts, e.size).where(_WAITS).order_by(e.id).limit(3 * AT_ONCE)
    # Old mail that is being brought in waits until all new mail has passed; whoever brings it keeps it few.
    found = tx.rows(waiting.where(e.origin != HISTORY)) or tx.rows(waiting)
    trusted = [row for row in found if row.attempts < 2]
    untried = list(takewhile(lambda row: not row.attempts, trusted[:AT_ONCE]))
    up_to = accumulate(row.size for row in untried)
    first = [row for row, size in zip(untried, up_to, strict=True) if size <= BYTES] or trusted[:1]
    last = sorted((row for row in found if row.attempts >= 2), key=lambda row: (row.attempts, row.id))[:1]
    return [_load(tx, [row.id for row in rows]) for rows in (first, last) if rows]


def suspect_leftovers(tx: Tx, lease: Lease) -> None:
    """Count an attempt for what may have been in reading when a process ended; what has used up its attempts is quarantined unread."""
    require(tx, lease)
    suspects = [one.id for waiting in next_sets(tx) for one in waiting]
    these = _WAITS & envelopes.c.id.in_(suspects)
    tx.run(sa.update(envelopes).where(these).values(attempts=envelopes.c.attempts + 1))
    worn = say("Reading this message stopped Sluss several times. It was set aside unread.")
    aside = {"state": "quarantined", "reason": worn, "settled_at": tx.now}
    tx.run(sa.update(envelopes).where(these & (envelopes.c.attempts >= ATTEMPTS)).values(**aside))


_WAITS = envelopes.c.state == "received"
_HOME = (inboxes.c.workspace_id == envelopes.c.workspace_id) & (inboxes.c.id == envelopes.c.inbox_id)
_CHOSEN = sa.select(*fields(Waiting, envelopes, channel=inboxes.c.channel, reopen_days=inboxes.c.reopen_days)).select_from(
    envelopes.join(inboxes, _HOME)
)


def _load(tx: Tx, ids: Sequence[int]) -> list[Waiting]:
    return tx.structs(Waiting, _CHOSEN.where(_WAITS, envelopes.c.id.in_(ids)).order_by(envelopes.c.id))


def settle(tx: Tx, lease: Lease, readings: Sequence[Reading]) -> None:
    """Record a set and mark its envelopes, in one transaction."""
    require(tx, lease)
    outcomes: list[dict[str, Any]] = []
    for workspace_id in dict.fromkeys(one.envelope.workspace_id for one in readings):
        mine = [one for one in readings if one.envelope.workspace_id == workspace_id]
        outcomes += apply_readings(tx, workspace_id, mine)
    this = (envelopes.c.workspace_id == sa.bindparam("w")) & (envelopes.c.id == sa.bindparam("i"))
    values: dict[str, Any] = {name: sa.bindparam(f"new_{name}") for name in ("state", "outcome", "reason", "message_id")}
    tx.run(sa.update(envelopes).where(this).values(settled_at=tx.now, **values), outcomes)
    for one in outcomes:
        if one["new_outcome"] == "erased":
            forget_envelopes(tx, system(one["w"]), [one["i"]])


async def _connection(reader: Reader, workspace_id: int, inbox_id: int) -> Connection | str:
    """The inbox, or the sentence why it cannot be opened: one such inbox must not hold up the others."""
    try:
        return await reader.connection(workspace_id, inbox_id)
    except (Missing, SealError) as error:
        return say("The inbox of this message could not be opened: %(reason)s", reason=error)[:500]


def _understand_all(reader: Reader, waiting: Sequence[Waiting], connections: dict[tuple[int, int], Connection | str]) -> list[Reading]:
    return [_understand(reader, one, connections[one.workspace_id, one.inbox_id]) for one in waiting]


def _understand(reader: Reader, one: Waiting, connection: Connection | str) -> Reading:
    """A reader that fails is a fact about the envelope; raises only when the disk takes no files."""
    channel = reader.channel(one.channel)
    visibility = channel.capabilities.visibility
    if isinstance(connection, str):
        return Reading(one, visibility, trouble=connection)
    try:
        delivered = _delivered(one, read_raw(reader.files, one.raw, one.digest))
        found = tuple(channel.understand(delivered, connection))
        return Reading(one, visibility, found, _keep_files(reader.files, found))
    except (DiskFull, StoreFailed):
        raise
    except Unparsable as error:
        return Reading(one, visibility, trouble=error.reason)
    except Exception as error:
        log.exception("reader_failed", envelope=one.id)
        return Reading(one, visibility, trouble=say("The reader stopped at this message: %(fault)s", fault=repr(error))[:500])


def _delivered(one: Waiting, raw: bytes) -> Delivered:
    return Delivered(external_key="", raw=raw, received_at=one.received_at, recipients=tuple(one.recipients), origin=one.origin)


def _keep_files(files: FileStore, found: Sequence[Understood]) -> tuple[StoredFile, ...]:
    """Put the files of a message into the store; channels give at most one message with files per envelope."""
    all_files = [file for one in found if isinstance(one, Inbound) for file in one.files]
    digests = files.put_many([file.data for file in all_files]) if all_files else []
    return tuple(
        StoredFile(file.name, file.media_type, len(file.data), digest, file.content_id, file.alt)
        for file, digest in zip(all_files, digests, strict=True)
    )


async def _settle_each_alone(db: Database, lease: Lease, readings: Sequence[Reading]) -> None:
    for one in readings:
        try:
            await db.write(settle, lease, [one])
        except LeaseLost:
            raise
        except Exception as error:
            if _is_passing(error):
                raise
            sentence = say("This message could not be recorded: %(fault)s", fault=repr(error))[:500]
            await db.write(settle, lease, [Reading(one.envelope, one.visibility, trouble=sentence)])
