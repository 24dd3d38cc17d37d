"""Admitting envelopes: understood by their channel, then recorded in one transaction per set.

In: stored envelopes. Out: messages, moved deliveries, or quarantine.

Whatever an envelope does to its reader, it stays: it is quarantined with a sentence, and can be replayed. An envelope that was being read
when a process
died counts an attempt; after five it is quarantined unread, so that a poisonous one cannot stop the river.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.recording import Arrival, StoredFile, record_arrivals
from sluss.channels.contract import Channel, Connection, Delivered, Inbound, Receipt, Understood, Unparsable
from sluss.channels.models import inboxes
from sluss.intake.models import envelopes
from sluss.intake.store import read_raw
from sluss.kernel.actors import system
from sluss.kernel.breaking import point
from sluss.kernel.db import Database
from sluss.kernel.files import FileStore
from sluss.kernel.leases import Lease, LeaseLost, require
from sluss.kernel.log import get_log
from sluss.kernel.schema import fields
from sluss.kernel.signals import Signals
from sluss.kernel.tx import Tx
from sluss.outbox.receipts import apply_receipt

log = get_log("intake")

AT_ONCE = 100
ATTEMPTS = 5
PAUSE = 1.0


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A stored envelope that nobody has understood yet."""

    workspace_id: int
    id: int
    inbox_id: int
    channel: str
    reopen_days: int
    received_at: int
    recipients: list[str]
    raw: bytes | None
    digest: str
    attempts: int


class Reading(msgspec.Struct, frozen=True):
    """What a channel made of an envelope: values, or the sentence why not."""

    envelope: Waiting
    visibility: str
    found: tuple[Understood, ...] = ()
    files: tuple[StoredFile, ...] = ()
    trouble: str = ""


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
        while await admit_some(reader, lease):
            pass


async def admit_some(reader: Reader, lease: Lease) -> int:
    """Admit one set. Returns how many envelopes were settled."""
    waiting = await reader.db.read(waiting_envelopes)
    if not waiting:
        return 0
    connections = {one.inbox_id: await reader.connection(one.workspace_id, one.inbox_id) for one in waiting}
    readings = await asyncio.to_thread(_understand_all, reader, waiting, connections)
    point("understood")
    try:
        await reader.db.write_grouped(settle, lease, readings)
    except LeaseLost:
        raise
    except Exception:
        log.exception("admit_set_failed", envelopes=len(readings))
        await _settle_each_alone(reader.db, lease, readings)
    return len(waiting)


def waiting_envelopes(tx: Tx) -> list[Waiting]:
    """The oldest envelopes that wait; one that was suspected before comes alone."""
    joined = envelopes.join(inboxes, (inboxes.c.workspace_id == envelopes.c.workspace_id) & (inboxes.c.id == envelopes.c.inbox_id))
    chosen = sa.select(*fields(Waiting, envelopes, channel=inboxes.c.channel, reopen_days=inboxes.c.reopen_days)).select_from(joined)
    found = tx.structs(Waiting, chosen.where(envelopes.c.state == "received").order_by(envelopes.c.id).limit(AT_ONCE))
    suspects = [one for one in found if one.attempts]
    return suspects[:1] or found


def suspect_leftovers(tx: Tx, lease: Lease) -> None:
    """Count an attempt for what was waiting when this process took over; quarantine what has used up its attempts."""
    require(tx, lease)
    left = envelopes.c.state == "received"
    worn = "Reading this message stopped Sluss several times. It was set aside unread."
    tx.run(
        sa.update(envelopes).where(left & (envelopes.c.attempts >= ATTEMPTS)).values(state="quarantined", reason=worn, settled_at=tx.now)
    )
    tx.run(sa.update(envelopes).where(left).values(attempts=envelopes.c.attempts + 1))


def settle(tx: Tx, lease: Lease, readings: Sequence[Reading]) -> None:
    """Record a set and mark its envelopes, in one transaction."""
    require(tx, lease)
    outcomes: list[dict[str, Any]] = []
    for workspace_id in dict.fromkeys(one.envelope.workspace_id for one in readings):
        mine = [one for one in readings if one.envelope.workspace_id == workspace_id]
        outcomes += _quarantined(mine) + _moved_deliveries(tx, workspace_id, mine) + _recorded(tx, workspace_id, mine)
    this = (envelopes.c.workspace_id == sa.bindparam("w")) & (envelopes.c.id == sa.bindparam("i"))
    values: dict[str, Any] = {name: sa.bindparam(f"new_{name}") for name in ("state", "outcome", "reason", "message_id")}
    tx.run(sa.update(envelopes).where(this).values(settled_at=tx.now, **values), outcomes)


def _understand_all(reader: Reader, waiting: Sequence[Waiting], connections: dict[int, Connection]) -> list[Reading]:
    return [_understand(reader, one, connections[one.inbox_id]) for one in waiting]


def _understand(reader: Reader, one: Waiting, connection: Connection) -> Reading:
    """Never raises: a reader that fails is a fact about the envelope."""
    channel = reader.channel(one.channel)
    visibility = channel.capabilities.visibility
    try:
        raw = read_raw(reader.files, one.raw, one.digest)
        delivered = Delivered(external_key="", raw=raw, received_at=one.received_at, recipients=tuple(one.recipients))
        found = tuple(channel.understand(delivered, connection))
        return Reading(one, visibility, found, _keep_files(reader.files, found))
    except Unparsable as error:
        return Reading(one, visibility, trouble=error.reason)
    except Exception as error:
        log.exception("reader_failed", envelope=one.id)
        return Reading(one, visibility, trouble=f"The reader stopped at this message: {error!r}"[:500])


def _keep_files(files: FileStore, found: Sequence[Understood]) -> tuple[StoredFile, ...]:
    """Put the files of a message into the store; channels give at most one message with files per envelope."""
    all_files = [file for one in found if isinstance(one, Inbound) for file in one.files]
    digests = files.put_many([file.data for file in all_files]) if all_files else []
    return tuple(
        StoredFile(file.name, file.media_type, len(file.data), digest, file.content_id)
        for file, digest in zip(all_files, digests, strict=True)
    )


def _quarantined(readings: Sequence[Reading]) -> list[dict[str, Any]]:
    return [_outcome(one, "quarantined", "", one.trouble) for one in readings if one.trouble]


def _moved_deliveries(tx: Tx, workspace_id: int, readings: Sequence[Reading]) -> list[dict[str, Any]]:
    """Envelopes that only bring news of what we sent, or nothing at all."""
    outcomes: list[dict[str, Any]] = []
    for one in readings:
        receipts = [item for item in one.found if isinstance(item, Receipt)]
        for receipt in receipts:
            apply_receipt(tx, system(workspace_id), receipt)
        if not one.trouble and len(receipts) == len(one.found):
            outcomes.append(_outcome(one, "done", "receipt" if receipts else "nothing"))
    return outcomes


def _recorded(tx: Tx, workspace_id: int, readings: Sequence[Reading]) -> list[dict[str, Any]]:
    arrivals = [_arrival(one, item) for one in readings for item in one.found if isinstance(item, Inbound)]
    recorded = {done.envelope_id: done for done in record_arrivals(tx, system(workspace_id), arrivals)}
    by_id = {one.envelope.id: one for one in readings}
    return [_outcome(by_id[done.envelope_id], "done", done.outcome, message_id=done.message_id) for done in recorded.values()]


def _arrival(reading: Reading, inbound: Inbound) -> Arrival:
    one = reading.envelope
    return Arrival(
        envelope_id=one.id,
        inbox_id=one.inbox_id,
        network=one.channel,
        visibility="public" if reading.visibility == "public" else "private",
        reopen_days=one.reopen_days,
        received_at=one.received_at,
        inbound=inbound,
        files=reading.files,
    )


def _outcome(reading: Reading, state: str, outcome: str, reason: str = "", message_id: int | None = None) -> dict[str, Any]:
    one = reading.envelope
    return {
        "w": one.workspace_id,
        "i": one.id,
        "new_state": state,
        "new_outcome": outcome,
        "new_reason": reason,
        "new_message_id": message_id,
    }


async def _settle_each_alone(db: Database, lease: Lease, readings: Sequence[Reading]) -> None:
    for one in readings:
        try:
            await db.write(settle, lease, [one])
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001 - this one is set aside, the others go on
            sentence = f"This message could not be recorded: {error!r}"[:500]
            await db.write(settle, lease, [Reading(one.envelope, one.visibility, trouble=sentence)])
