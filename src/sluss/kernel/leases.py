"""Leases: who does a thing that only one process may do. In: a name and a holder. Out: a fencing number that rises with every new holder.

Late writes of a holder that was paused are refused by `require` inside the transaction, so a lease is safe even when its holder does not
know it is lost.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sluss.kernel.clock import SECOND
from sluss.kernel.db import Database, is_passing
from sluss.kernel.ids import NODES
from sluss.kernel.schema import global_table
from sluss.kernel.tx import Tx
from sluss.kernel.types import Id, Instant, Text

leases = global_table(
    "leases",
    sa.Column("name", Text, primary_key=True),
    sa.Column("holder", Text, nullable=False),
    sa.Column("fence", Id, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
)


class Lease(msgspec.Struct, frozen=True):
    """The right to do `name` until it expires or somebody with a higher fence has it."""

    name: str
    holder: str
    fence: int


class LeaseLost(Exception):
    """Another process holds the lease by now; nothing was written."""


def acquire(tx: Tx, name: str, holder: str, seconds: int) -> Lease | None:
    """Take or renew a lease. None while somebody else holds it."""
    row = tx.row(sa.select(leases).where(leases.c.name == name).with_for_update())
    until = tx.now + seconds * SECOND
    if row is None:
        return Lease(name, holder, 1) if _insert(tx, {"name": name, "holder": holder, "fence": 1, "expires_at": until}) else None
    if row.holder != holder and row.expires_at > tx.now:
        return None
    fence = row.fence if row.holder == holder else row.fence + 1
    tx.run(sa.update(leases).where(leases.c.name == name).values(holder=holder, fence=fence, expires_at=until))
    return Lease(name, holder, fence)


def _insert(tx: Tx, row: dict[str, Any]) -> bool:
    """False when another process took the name first, at the same moment."""
    try:
        with tx.attempt():
            tx.run(sa.insert(leases), row)
    except IntegrityError:
        return False
    return True


def require(tx: Tx, lease: Lease) -> None:
    """Raise `LeaseLost` unless the lease is still this holder's; keeps it from moving until the transaction ends."""
    row = tx.row(sa.select(leases.c.fence, leases.c.holder).where(leases.c.name == lease.name).with_for_update())
    if row is None or row.fence != lease.fence or row.holder != lease.holder:
        raise LeaseLost(lease.name)


def release(tx: Tx, lease: Lease) -> None:
    """Give a lease back, so that the next holder need not wait."""
    mine = (leases.c.name == lease.name) & (leases.c.holder == lease.holder) & (leases.c.fence == lease.fence)
    tx.run(sa.update(leases).where(mine).values(expires_at=0))


def release_all(tx: Tx) -> None:
    """Expire every lease: for the one process that owns an SQLite folder, whose predecessor may have been killed."""
    tx.run(sa.update(leases).values(expires_at=0))


def claim_node(tx: Tx, holder: str, seconds: int) -> Lease:
    """A node number for ids, as a lease `node:<n>` that the process keeps renewing."""
    for number in range(1, NODES):
        lease = acquire(tx, f"node:{number}", holder, seconds)
        if lease is not None:
            return lease
    message = f"all {NODES} node numbers are taken"
    raise LeaseLost(message)


async def hold(db: Database, name: str, holder: str, work: Callable[[Lease], Awaitable[None]], seconds: int = 10) -> None:
    """Run `work` for as long as this process holds the lease, again and again, until cancelled."""
    while True:
        lease = await _acquire_if_free(db, name, holder, seconds)
        if lease is None:
            await asyncio.sleep(seconds / 3)
            continue
        await _work_while_held(db, lease, work, seconds)


async def _acquire_if_free(db: Database, name: str, holder: str, seconds: int) -> Lease | None:
    """None also while a frozen holder keeps the row locked, whose transaction is then ended."""
    try:
        return await db.write(acquire, name, holder, seconds)
    except Exception as error:
        if not is_passing(error):
            raise
    with contextlib.suppress(Exception):
        await db.write(end_stuck)
    return None


async def watch_stuck(db: Database) -> None:
    """End what stands still in a transaction, every few seconds until cancelled: other rows than those of leases may be locked, too."""
    while True:
        await asyncio.sleep(STUCK / 3)
        await db.write(end_stuck)


def end_stuck(tx: Tx) -> int:
    """End transactions on PostgreSQL that have stood still for longer than the database lets them. Returns how many.

    PostgreSQL does so by a timer of its own, which now and then gets lost: what a frozen process had locked stays locked then.
    """
    if tx.conn.dialect.name != "postgresql":
        return 0
    return len(tx.rows(_STUCK.bindparams(seconds=STUCK)))


STUCK = 12
"""A little more than `idle_in_transaction_session_timeout`, so that the database comes first."""
_STUCK = sa.text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user"
    " AND state LIKE 'idle in transaction%' AND state_change < clock_timestamp() - make_interval(secs => :seconds)"
)


async def _work_while_held(db: Database, lease: Lease, work: Callable[[Lease], Awaitable[None]], seconds: int) -> None:
    working = asyncio.ensure_future(work(lease))
    try:
        while not working.done():
            await asyncio.wait([working], timeout=seconds / 3)
            renewed = await db.write(acquire, lease.name, lease.holder, seconds)
            if renewed is None or renewed.fence != lease.fence:
                return
        working.result()
    except LeaseLost:
        return
    finally:
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError, LeaseLost):
            await working
        with contextlib.suppress(Exception):
            await asyncio.shield(db.write(release, lease))
