"""A process that was frozen in the middle of a transaction does not keep its locks for ever. F4."""

from __future__ import annotations

import psycopg
import pytest

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
