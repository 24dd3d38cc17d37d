"""Group commit: one thread runs every waiting write in a savepoint of its own and commits once.

In: calls. Out: their results, after the commit.

An error rolls back only the call that raised it, unless the whole transaction fell (interrupted write, full disk): then each call is run
again alone,
and told when it fails again. A commit that fails is never believed: every call in it is told.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import sqlalchemy as sa

from sluss.kernel.chain import chain_lines
from sluss.kernel.events import last_position
from sluss.kernel.metrics import batch_written
from sluss.kernel.tx import Host, Tx
from sluss.kernel.walls import bound, wall_around

CALLS = 256
SECONDS = 0.05


class StorageFailed(Exception):
    """Nothing of this call was stored. Free space on the disk or bring the database back, then try again."""


class Call:
    """One waiting write and how it went."""

    def __init__(self, action: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.action, self.args, self.kwargs = action, args, kwargs
        self.future: Future[Any] = Future()
        self.tx: Tx | None = None
        self.result: Any = None
        self.error: BaseException | None = None

    def tell(self) -> None:
        """Hand the outcome to whoever waits."""
        if self.error is not None:
            self.future.set_exception(self.error)
            return
        if self.tx is not None:
            self.tx.committed()
        self.future.set_result(self.result)


class GroupWriter:
    """The writer thread of one database. With `one_writer` it also places events in the log, as its commits are the only ones."""

    def __init__(self, engine: sa.Engine, host: Host, *, one_writer: bool) -> None:
        self._engine, self._host, self._one_writer = engine, host, one_writer
        self._waiting: queue.SimpleQueue[Call | None] = queue.SimpleQueue()
        self._conn: sa.Connection | None = None
        self._position: int | None = None
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(self, action: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Future[Any]:
        """Queue one call; the future resolves after its commit. The thread starts with the first call."""
        call = Call(action, args, kwargs)
        with self._lock:
            if self._closed:
                message = "the database is closed"
                raise StorageFailed(message)
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="db-writer", daemon=True)
                self._thread.start()
            self._waiting.put(call)
        return call.future

    def close(self) -> None:
        """Run what is waiting, then stop."""
        with self._lock:
            self._closed = True
            self._waiting.put(None)
        if self._thread is not None:
            self._thread.join()
        if self._conn is not None:
            self._conn.close()

    def _loop(self) -> None:
        while (first := self._waiting.get()) is not None:
            calls = [first]
            stop = False
            while len(calls) < CALLS and not self._waiting.empty():
                call = self._waiting.get()
                if call is None:
                    stop = True
                    break
                calls.append(call)
            # Whoever was cancelled while waiting is left out; from here on a cancelled caller cannot spoil the commit of the others.
            self._run_all([call for call in calls if call.future.set_running_or_notify_cancel()])
            if stop:
                return

    def _run_all(self, calls: list[Call]) -> None:
        while calls:
            try:
                taken = self._run_batch(calls)
            except BaseException as error:  # noqa: BLE001 - the callers are told, the thread must live
                self._tell_failed(calls, error)
                return
            calls = calls[taken:]

    def _tell_failed(self, calls: list[Call], error: BaseException) -> None:
        self._drop_connection()
        for call in calls:
            if not call.future.done():
                call.error = StorageFailed(str(error))
                call.tell()

    def _run_batch(self, calls: list[Call]) -> int:
        """Run and commit as many calls as fit the time bound; returns how many were settled."""
        conn = self._connection()
        started = time.monotonic()
        settled: list[Call] = []
        for call in calls:
            if settled and time.monotonic() - started > SECONDS:
                break
            settled.append(call)
            if not self._run_in_savepoint(conn, call):
                conn.rollback()
                self._run_each_alone(settled)
                return len(settled)
        self._commit(conn, settled)
        batch_written(len(settled), time.monotonic() - started)
        for call in settled:
            call.tell()
        return len(settled)

    def _run_in_savepoint(self, conn: sa.Connection, call: Call) -> bool:
        """False when the transaction around the savepoint fell with the error."""
        wall = "" if self._one_writer else wall_around(call.args, call.kwargs)
        call.tx, call.error = Tx(conn, self._host, wall), None
        conn.exec_driver_sql(bound("SAVEPOINT one_call", wall) if wall else "SAVEPOINT one_call")
        try:
            call.result = call.action(call.tx, *call.args, **call.kwargs)
            conn.exec_driver_sql(bound("RELEASE SAVEPOINT one_call", "") if wall else "RELEASE SAVEPOINT one_call")
        except BaseException as error:  # noqa: BLE001 - handed to the caller
            call.error = error
            call.tx.undone()
            call.tx = None
            if not _stands(conn):
                return False
            conn.exec_driver_sql("ROLLBACK TO SAVEPOINT one_call")
            conn.exec_driver_sql("RELEASE SAVEPOINT one_call")
        return True

    def _run_each_alone(self, calls: list[Call]) -> None:
        for call in calls:
            if call.tx is not None:
                call.tx.undone()
            conn = self._connection()
            try:
                if self._run_in_savepoint(conn, call):
                    self._commit(conn, [call])
                else:
                    conn.rollback()
                    call.error = StorageFailed(str(call.error))
            except BaseException as error:  # noqa: BLE001 - told
                self._drop_connection()
                call.error = StorageFailed(str(error))
            call.tell()

    def _commit(self, conn: sa.Connection, calls: list[Call]) -> None:
        position = self._position
        try:
            for call in calls:
                if call.tx is not None and call.tx.emitted:
                    position = self._store_events(conn, call.tx, position)
            noting = [call.tx for call in calls if call.tx is not None]
            chain_lines(conn, [line for tx in noting for line in tx.deeds], [trace for tx in noting for trace in tx.traces])
            conn.commit()
        except BaseException:
            conn.rollback()
            self._position = None
            for call in calls:
                if call.tx is not None:
                    call.tx.undone()
            raise
        self._position = position

    def _store_events(self, conn: sa.Connection, tx: Tx, position: int | None) -> int | None:
        if not self._one_writer:
            tx.store_events()
            return None
        if position is None:
            position = conn.execute(last_position()).scalar_one()
        return position + tx.store_events(position + 1)

    def _connection(self) -> sa.Connection:
        if self._conn is None or self._conn.closed or self._conn.invalidated:
            self._conn = self._engine.connect()
        return self._conn

    def _drop_connection(self) -> None:
        conn, self._conn, self._position = self._conn, None, None
        if conn is not None:
            conn.invalidate()
            conn.close()


def _stands(conn: sa.Connection) -> bool:
    """Whether the database still holds the transaction open after an error in it."""
    raw: Any = conn.connection.driver_connection
    if hasattr(raw, "in_transaction"):
        return bool(raw.in_transaction)
    return not raw.closed and raw.info.transaction_status.name in {"INTRANS", "INERROR"}
