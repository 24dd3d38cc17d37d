"""Google and Microsoft as doubles, and a desk that they lead back to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sluss.channels.oauth.providers import use_stand_in
from sluss.config import Config
from sluss.kernel.clock import SECOND, TestClock
from sluss.kernel.db import Database
from sluss.sandbox.oauth.server import ConsentServer
from tests.settings.consenting import BACK, BASE, IDS, SECRET, signed_in
from tests.world import Browser, Web, World, run_web


@pytest.fixture
async def provider(clock: TestClock) -> AsyncIterator[ConsentServer]:
    """Both providers, telling the test's time, with our applications registered."""
    provider = ConsentServer(now=lambda: clock() / SECOND)
    await provider.start()
    for name, client_id in IDS.items():
        provider.register(name, client_id, SECRET, BACK)
    use_stand_in(provider.base)
    yield provider
    use_stand_in("")
    await provider.stop()


@pytest.fixture
async def desk(db: Database, world: World, tmp_path: Path) -> AsyncIterator[Web]:
    async with run_web(db, world, Config(data=str(tmp_path), base_url=BASE)) as desk:
        yield desk


@pytest.fixture
async def ewa(desk: Web) -> Browser:
    return await signed_in(desk)
