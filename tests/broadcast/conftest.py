"""A page at a double of Facebook, the inbox that publishes on it, and whoever writes to the company."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sluss.broadcast.models import publications
from sluss.broadcast.publisher import Publisher
from sluss.channels.contract import Connection
from sluss.channels.facebook.channel import FacebookChannel
from sluss.channels.inboxes import InboxFields, connection_of, create_inbox
from sluss.channels.registry import use_channel
from sluss.kernel.actors import system
from sluss.kernel.clock import TestClock
from sluss.kernel.db import Database
from sluss.kernel.leases import Lease, acquire
from sluss.kernel.sealing import Sealer
from sluss.sandbox.graph.page import PageDouble
from sluss.sandbox.graph.server import APP_SECRET, TOKEN, GraphDouble
from tests.desk.conftest import Customers
from tests.world import World

PAGE = "104512345678901"


class Stage:
    """`await stage.go()` publishes what is due; `stage.standing()` is how each stands."""

    def __init__(self, db: Database, world: World, sealer: Sealer, page: PageDouble) -> None:
        self.db, self.world, self._sealer, self.page = db, world, sealer, page
        self.graph: GraphDouble = page.double
        settings = {"page_id": PAGE, "api": self.graph.url, "handle": "Norrsken Air"}
        secrets = {"token": TOKEN, "app_secret": APP_SECRET, "verify_token": "v"}
        fields = InboxFields(name="Sidan", address=f"facebook-{PAGE}", settings=settings, secrets=secrets)
        self.inbox_id = db.write_now(create_inbox, system(world.norrsken.id), sealer, "facebook", fields)
        self.publisher = Publisher(db, self.connect)
        self.lease = self.take()

    async def connect(self, workspace_id: int, inbox_id: int) -> Connection:
        return await self.db.read(connection_of, system(workspace_id), inbox_id, self._sealer)

    def take(self) -> Lease:
        """The right to publish, for this process."""
        lease = self.db.write_now(acquire, "notices", f"stage{id(self)}", 10_000_000)
        assert lease is not None
        return lease

    async def go(self) -> int:
        return await self.publisher.publish_due(self.lease)

    def rows(self) -> list[sa.Row[Any]]:
        return self.db.read_now(lambda tx: list(tx.rows(sa.select(publications).order_by(publications.c.id))))

    def standing(self) -> list[str]:
        return [row.state for row in self.rows()]


@pytest.fixture
async def stage(db: Database, world: World, tmp_path: Path, clock: TestClock) -> AsyncIterator[Stage]:
    graph = GraphDouble(now=clock)
    await graph.start()
    channel = FacebookChannel(allow_private=True, now=clock)
    use_channel(channel)
    yield Stage(db, world, Sealer.of(tmp_path), PageDouble(graph))
    await channel.close()
    use_channel(FacebookChannel())
    await graph.stop()


@pytest.fixture
def customers(db: Database, world: World, clock: TestClock) -> Customers:
    return Customers(db, world, clock)
