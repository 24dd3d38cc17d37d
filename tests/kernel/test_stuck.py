"""A process that was frozen in the middle of a transaction does not keep its locks for ever. F4."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
import sqlalchemy as sa

from sluss.kernel import leases
from sluss.kernel.db import Database


async def test_what_stands_still_in_a_transaction_is_ended(db: Database, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """F4: also where the database's own timer says nothing; work that goes on is left alone, and so is everything on SQLite."""
    assert await db.write(leases.end_stuck) == 0
    if db.kind == "sqlite":
        return
    assert await db.write(leases.acquire, "admit", "frozen", 0) is not None
    with psycopg.connect(database_url.replace("+psycopg", ""), options="-c idle_in_transaction_session_timeout=0") as frozen:
        frozen.execute("SELECT 1 FROM leases WHERE name = 'admit' FOR UPDATE")
        monkeypatch.setattr(leases, "STUCK", 0)
        assert await db.write(leases.end_stuck) == 1
        monkeypatch.undo()
        assert await db.write(leases.acquire, "admit", "other", 10) is not None
        with pytest.raises(psycopg.OperationalError):
            frozen.execute("SELECT 1")
        frozen.close()


async def test_somebody_watches_for_it(db: Database, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """F4: whatever the frozen process had locked, not only leases, is let go though nobody happens to ask for a lease."""
    if db.kind == "sqlite":
        return
    monkeypatch.setattr(leases, "STUCK", 0.05)
    watching = asyncio.create_task(leases.watch_stuck(db))
    with psycopg.connect(database_url.replace("+psycopg", ""), options="-c idle_in_transaction_session_timeout=0") as frozen:
        frozen.execute("SELECT 1")
        pid = frozen.info.backend_pid
        alive = sa.text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid").bindparams(pid=pid)
        while await db.read(lambda tx: tx.value(alive)):
            pass
        with pytest.raises(psycopg.OperationalError):
            frozen.execute("SELECT 1")
        frozen.close()
    watching.cancel()
