"""What tests of faults ask for."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.faults.ground import Ground
from tests.faults.post import Ledger, open_mailboxes
from tests.faults.server import open_nursery
from tests.servers.postgres import Postgres
from tests.servers.program import free_port


@pytest.fixture
async def ground(empty_database_url: str, tmp_path: Path) -> AsyncIterator[Ground]:
    """An installation on each database, with nothing running yet."""
    async with _ground(tmp_path, "" if empty_database_url.startswith("sqlite") else empty_database_url) as made:
        yield made


@pytest.fixture
async def shared_ground(postgres: Postgres, tmp_path: Path) -> AsyncIterator[Ground]:
    """An installation that several processes may share."""
    url = postgres.fresh()
    async with _ground(tmp_path, url) as made:
        yield made
    postgres.drop(url)


@asynccontextmanager
async def _ground(folder: Path, database: str) -> AsyncGenerator[Ground]:
    ledger = Ledger()
    world = await open_mailboxes(ledger)
    setting: dict[str, Any] = {"folder": str(folder), "database": database}
    setting |= {"http_port": free_port(), "lmtp_port": free_port(), "smtp_port": world.smtp_port}
    async with open_nursery() as nursery:
        yield Ground(nursery, ledger, world, setting)
    await world.stop()
