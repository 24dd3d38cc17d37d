"""PostgreSQL in the newest version on the machine. A commit outlives the server (`crash`), not the machine: fsync is off."""

import shutil
import signal
import subprocess
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.servers.program import HOST, MEMORY, Program, as_account, folder, free_port

OWNER = "postgres"
ADMINISTRATOR = "postgres"
"""The server's superuser. Databases belong to `sluss`, who is none: row-level security binds it as it would in service."""
SETTINGS = {
    "listen_addresses": HOST,
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    "jit": "off",
    "timezone": "UTC",
    "lc_messages": "C",
}


class Postgres:
    """The running server. Databases are made per test, from a template where one was prepared."""

    def __init__(self, home: Path, settings: Mapping[str, str] = {}) -> None:
        self.port = free_port()
        self._home = home
        self._numbers = count(1)
        self._templates: dict[Callable[[str], None], str] = {}
        options = [part for name, value in (SETTINGS | dict(settings)).items() for part in ("-c", f"{name}={value}")]
        command = [_binary("postgres"), "-D", str(home / "data"), "-p", str(self.port), "-k", str(home), *options]
        self._program = Program(command, home / "postgres.log", OWNER, end=signal.SIGINT)

    def make(self) -> None:
        options = [f"--username={ADMINISTRATOR}", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
        command = [*as_account(OWNER), _binary("initdb"), "-D", str(self._home / "data"), *options]
        subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL)

    def start(self) -> None:
        self._program.start(self._answers)
        if not self.sql("SELECT 1 FROM pg_roles WHERE rolname = 'sluss'"):
            self.sql("CREATE ROLE sluss LOGIN")

    @property
    def running(self) -> bool:
        return self._program.running

    def stop(self) -> None:
        """As an administrator does: clients are sent away, what was committed is kept."""
        self._program.stop()

    def crash(self) -> None:
        """At once and without a checkpoint; `start` recovers."""
        self._program.stop(signal.SIGQUIT)

    def restart(self) -> None:
        self.stop()
        self.start()

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://sluss@{HOST}:{self.port}/{database}"

    def fresh(self, template: str = "template0") -> str:
        """The URL of a new database, a copy of the template."""
        name = f"test_{next(self._numbers)}"
        self._copy(template, name)
        return self.url(name)

    def prepared(self, prepare: Callable[[str], None]) -> str:
        """The name of a template on which `prepare(url)` ran, once for this server and function."""
        if prepare not in self._templates:
            database = f"prepared_{len(self._templates) + 1}"
            self._copy("template0", database)
            prepare(self.url(database))
            self._templates[prepare] = database
        return self._templates[prepare]

    def drop(self, url: str) -> None:
        """Remove a database of this server, also under the feet of whoever still holds a connection."""
        self.sql(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(url.rpartition("/")[2])))

    def sql(self, statement: str | sql.Composed, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run one statement as the server's superuser, outside a transaction; its rows, if it has any."""
        with psycopg.connect(self._address(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode() if isinstance(statement, str) else statement)
            return cursor.fetchall() if cursor.description else []

    def _copy(self, template: str, name: str) -> None:
        # Copying files takes half the time in memory, and five times the time on a disk.
        strategy = sql.SQL("FILE_COPY" if self._home.is_relative_to(MEMORY) else "WAL_LOG")
        names = (sql.Identifier(name), sql.Identifier(template), strategy)
        self.sql(sql.SQL("CREATE DATABASE {} OWNER sluss TEMPLATE {} STRATEGY {}").format(*names))

    def _address(self, database: str) -> str:
        return f"postgresql://{ADMINISTRATOR}@{HOST}:{self.port}/{database}"

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._address("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def run_postgres(**settings: str) -> Generator[Postgres]:
    with folder("postgres", OWNER, in_memory=True) as home:
        server = Postgres(home, settings)
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.crash()


def _binary(name: str) -> str:
    """Debian keeps the server's programs out of PATH, in a folder per version."""
    newest = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    found = str(newest[-1]) if newest else shutil.which(name)
    assert found, "PostgreSQL is missing: apt-get install postgresql"
    return found
