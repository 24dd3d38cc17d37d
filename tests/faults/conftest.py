"""What tests of faults ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.faults.ground import Ground
from tests.faults.post import Ledger, open_mailboxes
from tests.faults.server import open_nursery
from tests.servers.program import free_port


@pytest.fixture
async def ground(empty_database_url: str, tmp_path: Path) -> AsyncIterator[Ground]:
    """An installation on each database, with nothing running yet."""
    ledger = Ledger()
    world = await open_mailboxes(ledger)
    setting = {"folder": str(tmp_path), "database": "" if empty_database_url.startswith("sqlite") else empty_database_url}
    setting |= {"http_port": free_port(), "lmtp_port": free_port(), "smtp_port": world.smtp_port}
    async with open_nursery() as nursery:
        yield Ground(nursery, ledger, world, setting)
    await world.stop()
