"""A PostgreSQL database in and out of a backup, by its own programs. In: its address and a file. Out: the file, or the database.

The programs are given the password in their environment, where other users of the machine cannot read it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import sqlalchemy as sa
from psycopg import sql

from sluss.commands.outcome import FAILED, Stopped

TRIED = "postgresql-client"


@contextmanager
def snapshot(address: str) -> Generator[tuple[psycopg.Connection, str]]:
    """A connection that sees one moment for as long as it is open, and the name by which the dump sees the same."""
    with psycopg.connect(_plain(address)) as conn:
        conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        yield conn, str(_value(conn, "SELECT pg_export_snapshot()"))


def dump(address: str, moment: str, target: Path) -> None:
    """Write the database as it is at a moment. Raises `Stopped` with what the program said."""
    # Every table is walled in by workspace; for whoever names none, as here, all rows are there.
    ways = ["--format=custom", "--no-owner", "--no-privileges", "--enable-row-security", f"--snapshot={moment}", f"--file={target}"]
    _run("pg_dump", address, ways)


def is_empty(address: str) -> bool:
    """Whether nothing is in the database yet."""
    with psycopg.connect(_plain(address)) as conn:
        return _value(conn, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0


def is_served(address: str) -> bool:
    """Whether a process of Sluss works on the database, or was killed there a moment ago."""
    with psycopg.connect(_plain(address)) as conn:
        if _value(conn, "SELECT to_regclass('public.leases')") is None:
            return False
        return bool(_value(conn, "SELECT count(*) FROM leases WHERE expires_at > extract(epoch FROM now()) * 1000000"))


def move_aside(address: str) -> str:
    """Put what is in the database into a schema of its own, where it stays until somebody drops it. Returns the schema's name."""
    aside = f"replaced_{datetime.now(UTC):%Y%m%d_%H%M%S}"
    with psycopg.connect(_plain(address)) as conn:
        conn.execute(sql.SQL("ALTER SCHEMA public RENAME TO {}").format(sql.Identifier(aside)))
        conn.execute("CREATE SCHEMA public")
    return aside


def load(address: str, source: Path) -> None:
    """Fill an empty database from a dump, all of it or nothing. Raises `Stopped`."""
    name = sa.make_url(address).database or ""
    _run(
        "pg_restore", address, ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", f"--dbname={name}", str(source)]
    )


def _value(conn: psycopg.Connection, question: LiteralString) -> Any:
    row = conn.execute(question).fetchone()
    return None if row is None else row[0]


def _run(program: str, address: str, ways: list[str]) -> None:
    found = _program(program)
    ended = subprocess.run([found, *ways], env=_environment(address), capture_output=True, text=True, check=False)  # noqa: S603 - a list, no shell
    if ended.returncode != 0:
        said = " ".join(ended.stderr.split())[-500:] or f"it ended with {ended.returncode}"
        raise Stopped(f"{program} could not do it: {said}", FAILED)


def _environment(address: str) -> dict[str, str]:
    url = sa.make_url(address)
    given = {"PGHOST": url.host, "PGPORT": url.port, "PGUSER": url.username, "PGPASSWORD": url.password, "PGDATABASE": url.database}
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"} or name.startswith("PGSSL")}
    return kept | {name: str(value) for name, value in given.items() if value}


def _program(name: str) -> str:
    """The newest on this machine: it reads older servers, and an old one refuses newer ones. Debian keeps them out of PATH."""
    versions = [path for path in Path("/usr/lib/postgresql").glob(f"*/bin/{name}") if path.parts[-3].isdigit()]
    newest = max(versions, key=lambda path: int(path.parts[-3]), default=None)
    found = str(newest) if newest else shutil.which(name)
    if not found:
        raise Stopped(f"The program {name} is missing. Install the package {TRIED}, and try again.", FAILED)
    return found


def _plain(address: str) -> str:
    return re.sub(r"^postgresql\+\w+:", "postgresql:", address)
