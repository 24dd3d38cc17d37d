"""The database behind two verbs. In: plain functions that take a transaction. Out: their results, durable once `write` has returned.

SQLite: one writer thread with group commit (`kernel/writer.py`), a few read-only connections. PostgreSQL: a bounded pool of threads, and
the same group
commit for hot paths through `write_grouped`.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar

import psycopg
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import NullPool

from sluss.kernel.chain import chain_lines
from sluss.kernel.clock import Clock, system_clock
from sluss.kernel.ids import IdMaker
from sluss.kernel.tx import Host, Tx
from sluss.kernel.walls import Cursor, bound, wall_around
from sluss.kernel.writer import GroupWriter, StorageFailed

P = ParamSpec("P")
R = TypeVar("R")
Action = Callable[Concatenate[Tx, P], R]

READERS = 4
READ_SECONDS = 30
POOL = 8
RETRIED = {"40001", "40P01"}
AWAY = {"55P03", "57P01", "57P02", "57P03"}
SQLITE_AWAY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN}
TRIES = 6


class Database:
    """One database of either kind. Made by `open_database`; closed once by `close`."""

    def __init__(self, url: str, clock: Clock = system_clock, node: int = 0) -> None:
        self.url = url
        self.clock = clock
        self.kind: Literal["sqlite", "postgresql"] = "sqlite" if url.startswith("sqlite") else "postgresql"
        self.host = Host(clock, IdMaker(clock, node))
        self._engine = _sqlite_engine(self.path) if self.kind == "sqlite" else _postgres_engine(url)
        self._reading = _sqlite_readers(self.path) if self.kind == "sqlite" else self._engine
        self._readers = ThreadPoolExecutor(READERS if self.kind == "sqlite" else POOL, "db-read")
        self._writers = ThreadPoolExecutor(POOL, "db-write")
        self._local = threading.local()
        self._kept: list[sa.Connection] = []
        self._group = GroupWriter(self._engine, self.host, one_writer=self.kind == "sqlite")

    @property
    def path(self) -> Path:
        """The database file (SQLite only)."""
        return Path(self.url.removeprefix("sqlite:///"))

    async def write(self, action: Action[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run an action in a transaction; returns after the commit.

        Raises what the action raises, and `StorageFailed` when nothing was stored.
        """
        if self.kind == "sqlite":
            return await asyncio.wrap_future(self._group.submit(action, args, kwargs))
        return await asyncio.get_running_loop().run_in_executor(self._writers, lambda: self._write_alone(action, args, kwargs))

    async def write_grouped(self, action: Action[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """As `write`, sharing its commit with whoever else is waiting: for short calls on hot paths."""
        try:
            return await asyncio.wrap_future(self._group.submit(action, args, kwargs))
        except DBAPIError as error:
            if not _was_in_the_way(error):
                raise
        return await self.write(action, *args, **kwargs)

    def write_now(self, action: Action[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """As `write`, for callers outside the event loop."""
        if self.kind == "sqlite":
            return self._group.submit(action, args, kwargs).result()
        return self._write_alone(action, args, kwargs)

    async def read(self, query: Action[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a query in a read-only transaction of its own, bounded in time, which sees one moment of the database.

        It speaks the language of whoever asked.
        """
        query_here = partial(copy_context().run, self.read_now, query, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._readers, query_here)

    def read_now(self, query: Action[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """As `read`, on the caller's thread."""
        conn = self._read_connection()
        wall = self._wall(conn, args, kwargs)
        try:
            return query(Tx(conn, self.host, wall), *args, **kwargs)
        finally:
            conn.rollback()

    def close(self) -> None:
        """Finish what is waiting, then let go of every connection."""
        self._group.close()
        self._writers.shutdown()
        self._readers.shutdown()
        for conn in self._kept:
            conn.close()
        self._reading.dispose()
        self._engine.dispose()

    def with_connection(self, work: Callable[[sa.Connection], R]) -> R:
        """Run something on a connection of its own before anybody else uses the database: migrations. Commits."""
        with self._engine.connect() as conn:
            result = work(conn)
            conn.commit()
        return result

    def backup_to(self, target: Path) -> None:
        """Copy the whole database to a file while it is used (SQLite only)."""
        source = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, isolation_level=None)
        copy = sqlite3.connect(target)
        # Without a snapshot of its own the copy begins anew at each commit, and under steady writes never ends.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        with copy:
            source.backup(copy, pages=512)
        source.close()
        copy.close()

    def scrub(self, tables: Iterable[str]) -> bool:
        """Let nothing of deleted rows stay in the database's files. False when somebody reads an older state: then try again later.

        SQLite: the log of changes is written back and cut to nothing. PostgreSQL: the named tables are vacuumed.
        """
        if self.kind == "postgresql":
            with psycopg.connect(self.url.replace("+psycopg", "", 1), autocommit=True) as conn:
                for table in tables:
                    conn.execute(sql.SQL("VACUUM {}").format(sql.Identifier(table)))
            return True
        with contextlib.closing(sqlite3.connect(self.path, isolation_level=None, timeout=2)) as conn:
            busy, _log, _done = conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def _read_connection(self) -> sa.Connection:
        conn: sa.Connection | None = getattr(self._local, "conn", None)
        if conn is None or conn.closed or conn.invalidated:
            conn = self._local.conn = self._reading.connect().execution_options(looking=True)
            self._kept.append(conn)
        if self.kind == "sqlite":
            deadline = time.monotonic() + READ_SECONDS
            raw: Any = conn.connection.driver_connection
            raw.set_progress_handler(lambda: time.monotonic() > deadline, 100_000)
        return conn

    def _wall(self, conn: sa.Connection, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        """The workspace that the transaction to come is kept to, if any."""
        if self.kind == "sqlite":
            return ""
        wall = wall_around(args, kwargs)
        conn.execution_options(wall=wall)
        return wall

    def _write_alone(self, action: Callable[..., R], args: tuple[Any, ...], kwargs: dict[str, Any]) -> R:
        for attempt in range(1, TRIES + 1):
            try:
                return self._attempt(action, args, kwargs)
            except DBAPIError as error:
                if not _was_in_the_way(error) or attempt == TRIES:
                    raise
                time.sleep(random.uniform(0.005, 0.02) * 2**attempt)  # noqa: S311 - spreads retries, guards nothing
        raise AssertionError

    def _attempt(self, action: Callable[..., R], args: tuple[Any, ...], kwargs: dict[str, Any]) -> R:
        with self._engine.connect() as conn:
            tx = Tx(conn, self.host, self._wall(conn, args, kwargs))
            try:
                result = action(tx, *args, **kwargs)
                tx.store_events()
                chain_lines(conn, tx.deeds, tx.traces)
                conn.commit()
            except BaseException:
                conn.rollback()
                tx.undone()
                raise
        tx.committed()
        return result


def open_database(url: str, clock: Clock = system_clock, node: int = 0) -> Database:
    """Open `sqlite:///path` or `postgresql+psycopg://…`; the schema must already be migrated."""
    return Database(url, clock, node)


def is_passing(error: BaseException) -> bool:
    """Whether the storing failed and not what was to be stored: a full or failing disk, a lost connection, somebody in the way."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, (StorageFailed, PoolTimeout))
    state = getattr(error.orig, "sqlstate", None) or ""
    code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
    return error.connection_invalidated or state in RETRIED | AWAY or state[:2] in {"08", "53"} or code in SQLITE_AWAY


def _was_in_the_way(error: DBAPIError) -> bool:
    """Whether another transaction was, so that the same may succeed now: a deadlock, or a change at the same moment."""
    return getattr(error.orig, "sqlstate", None) in RETRIED


def _sqlite_engine(path: Path) -> sa.Engine:
    """The one connection that writes and checkpoints."""

    def connect() -> sqlite3.Connection:
        raw = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "trusted_schema=OFF",
            "cache_size=-32000",
            "wal_autocheckpoint=4000",
            "temp_store=MEMORY",
            # What is deleted is gone from the file as well, not only from its index of contents.
            "secure_delete=ON",
        ):
            raw.execute(f"PRAGMA {pragma}")
        return raw

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=NullPool)
    _begin_with(engine, "BEGIN IMMEDIATE")
    return engine


def _sqlite_readers(path: Path) -> sa.Engine:
    def connect() -> sqlite3.Connection:
        raw = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None, check_same_thread=False, timeout=10)
        for pragma in ("query_only=ON", "trusted_schema=OFF", "cache_size=-8000", "mmap_size=268435456"):
            raw.execute(f"PRAGMA {pragma}")
        return raw

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=NullPool)
    _begin_with(engine, "BEGIN")
    return engine


def _begin_with(engine: sa.Engine, words: str) -> None:
    """The driver is told to begin nothing by itself; the library asks for it here."""

    def begin(conn: sa.Connection) -> None:
        conn.exec_driver_sql(words)

    event.listen(engine, "begin", begin)


def _postgres_engine(url: str) -> sa.Engine:
    options = "-c statement_timeout=30000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=10000"
    how: dict[str, Any] = {"options": options, "autocommit": True, "cursor_factory": Cursor}
    engine = sa.create_engine(url, pool_size=2 * POOL, max_overflow=4, pool_timeout=5, pool_pre_ping=True, connect_args=how)

    def begin(conn: sa.Connection) -> None:
        chosen = conn.get_execution_options()
        words = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if chosen.get("looking") else "BEGIN"
        wall = chosen.get("wall")
        conn.exec_driver_sql(bound(words, wall) if wall else words)

    event.listen(engine, "begin", begin)
    return engine
