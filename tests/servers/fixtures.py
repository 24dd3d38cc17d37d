"""The fixtures that the package's docstring lists, and what pytest must know about them."""

import shutil
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.servers.certificate import Certificate, make_certificate
from tests.servers.chromium import NewPage, run_chromium
from tests.servers.dovecot import Dovecot, run_dovecot
from tests.servers.outside import refuse_outside
from tests.servers.postfix import Postfix, run_postfix
from tests.servers.postgres import Postgres, run_postgres
from tests.servers.program import folder
from tests.servers.proxy import FaultProxy

SERVERS = {"postgres", "dovecot", "postfix"}
DATABASES = ("database_url", "empty_database_url")
Prepare = Callable[[str], None]
_files: dict[Prepare, Path] = {}
_started: list[Postgres | Dovecot | Postfix] = []


def pytest_configure() -> None:
    sys.addaudithook(refuse_outside)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        names: set[str] = set(getattr(item, "fixturenames", ()))
        chosen = getattr(item, "callspec", None)
        if names & SERVERS or (chosen and any(chosen.params.get(name) == "postgresql" for name in DATABASES)):
            item.add_marker("servers")
        if "browser" in names:
            item.add_marker("browser")


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """A test that failed between stop and start shall not take the next ones with it."""
    for server in _started:
        if not server.running:
            server.start()


@pytest.fixture
def prepare_database() -> Prepare | None:
    """What lays the schema of `database_url`: run once on each database, then copied. tests/conftest.py puts the migrations here."""
    return None


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/sluss.db"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    url = postgres.fresh()
    yield url
    postgres.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(
    request: pytest.FixtureRequest, tmp_path: Path, prepare_database: Prepare | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    if request.param == "sqlite":
        path = tmp_path / "sluss.db"
        if prepare_database:
            shutil.copyfile(_prepared_file(tmp_path_factory, prepare_database), path)
        yield f"sqlite:///{path}"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    url = postgres.fresh(postgres.prepared(prepare_database) if prepare_database else "template0")
    yield url
    postgres.drop(url)


def _prepared_file(factory: pytest.TempPathFactory, prepare: Prepare) -> Path:
    """Made once per test process; closed by then, so that it stands alone without its write-ahead log."""
    path = _files.get(prepare)
    if path is None:
        path = _files[prepare] = factory.mktemp("prepared") / "sluss.db"
        prepare(f"sqlite:///{path}")
        left = [other.name for other in path.parent.iterdir() if other != path and other.stat().st_size and other.suffix != ".lock"]
        assert not left, f"prepare_database left its database open: {left}"
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with run_postgres() as server, _kept_running(server):
        yield server


@pytest.fixture(scope="session")
def certificate() -> Iterator[Certificate]:
    with folder("certificate") as home:
        yield make_certificate(home)


@pytest.fixture(scope="session")
def dovecot(certificate: Certificate) -> Iterator[Dovecot]:
    with run_dovecot(certificate) as server, _kept_running(server):
        yield server


@pytest.fixture(scope="session")
def postfix(dovecot: Dovecot, certificate: Certificate) -> Iterator[Postfix]:
    with run_postfix(dovecot, certificate) as server, _kept_running(server):
        yield server


@contextmanager
def _kept_running(server: Postgres | Dovecot | Postfix) -> Generator[None]:
    _started.append(server)
    yield
    _started.remove(server)


@pytest.fixture
def fault_proxy() -> Iterator[Callable[[int], FaultProxy]]:
    with ExitStack() as running:
        yield lambda port: running.enter_context(FaultProxy(port).running())


# Per module, not per session: Playwright's plain interface holds an event loop in this thread, where async tests want theirs.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with run_chromium() as started:
        yield started


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    opened = NewPage(browser)
    yield opened
    opened.close()
