"""What every test can ask for. Servers, databases and pages: tests/servers. The named cast: tests/world.py."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sluss.config import Config
from sluss.kernel.clock import TestClock
from sluss.kernel.db import Database, open_database
from sluss.migrations import bring_up_to_date

if TYPE_CHECKING:
    from tests.world import Web, World

pytest_plugins = ["tests.servers.fixtures", "tests.browser.fixtures"]


@pytest.fixture(scope="session")
def prepare_database() -> Callable[[str], None]:
    """Lays the schema of `database_url`, once on each kind of database."""

    def prepare(url: str) -> None:
        db = open_database(url)
        db.with_connection(bring_up_to_date)
        db.close()

    return prepare


@pytest.fixture
def clock() -> TestClock:
    """Time that stands still until the test moves it."""
    return TestClock()


@pytest.fixture
def db(database_url: str, clock: TestClock) -> Iterator[Database]:
    """A migrated database of the test's own, on SQLite and on PostgreSQL, telling the time by `clock`."""
    db = open_database(database_url, clock)
    yield db
    db.close()


@pytest.fixture
def world(db: Database) -> World:
    """The named cast, in the database of the test."""
    from tests.world import build_world  # noqa: PLC0415 - the web framework loads slowly, and most tests need none of it

    return db.write_now(build_world)


@pytest.fixture
async def web(db: Database, world: World, tmp_path: Path) -> AsyncIterator[Web]:
    """The real application on the test's database, and browsers for the cast: `johan = await web.sign_in("johan")`."""
    from tests.world import run_web  # noqa: PLC0415 - as above

    async with run_web(db, world, Config(data=str(tmp_path))) as web:
        yield web
