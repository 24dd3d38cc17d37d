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


@pytest.fixture
def prepare_database(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Lays the schema of `database_url`, and the named cast for whoever asks for it: once on each kind of database, then copied."""
    return _lay_world if "world" in request.fixturenames else _lay_schema


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
def world(database_url: str) -> World:
    """The named cast, in the database of the test."""
    return _worlds[_kind(database_url)]


@pytest.fixture
async def web(db: Database, world: World, tmp_path: Path) -> AsyncIterator[Web]:
    """The real application on the test's database, and browsers for the cast: `johan = await web.sign_in("johan")`."""
    from tests.world import run_web  # noqa: PLC0415 - as above

    async with run_web(db, world, Config(data=str(tmp_path))) as web:
        yield web


def _lay_schema(url: str) -> None:
    db = open_database(url)
    db.with_connection(bring_up_to_date)
    db.close()


def _lay_world(url: str) -> None:
    """A moment before the tests begin, so that ids made then are not made again."""
    from tests.world import build_world  # noqa: PLC0415 - the web framework loads slowly, and most tests need none of it

    _lay_schema(url)
    db = open_database(url, TestClock(TestClock().now - MILLISECOND))
    _worlds[_kind(url)] = db.write_now(build_world)
    db.close()


def _kind(url: str) -> str:
    return url.partition(":")[0]


MILLISECOND = 1_000
_worlds: dict[str, World] = {}
