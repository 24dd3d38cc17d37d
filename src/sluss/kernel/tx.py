"""One transaction as actions and queries see it. In: statements, events, hints. Out: rows, and after the commit hints to whoever waits."""

from __future__ import annotations

import contextlib
import hmac
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa

from sluss.kernel.actors import Actor
from sluss.kernel.clock import Clock
from sluss.kernel.events import Event, Recorded, events
from sluss.kernel.ids import IdMaker
from sluss.kernel.log import get_log
from sluss.kernel.walls import SETTING

log = get_log("kernel")

S = TypeVar("S", bound=msgspec.Struct)
Inside = Callable[["Tx", Recorded], None]


class Host:
    """What transactions share within one process: time, ids, blocks of numbers, reactions inside the transaction, listeners for hints."""

    def __init__(self, clock: Clock, new_id: IdMaker) -> None:
        self.clock, self.new_id = clock, new_id
        self.inside: Mapping[type[Event], Sequence[Inside]] = {}
        self.numbers: dict[int, list[int]] = {}
        self.lock = threading.Lock()
        self.secret = b""
        """The key of `mark`; whoever opens the database for a data folder puts it here."""
        self._listeners: list[Callable[[set[str]], None]] = []

    def mark(self, text: str) -> bytes:
        """What is kept of a text that was erased: enough to recognise it, and only with this installation's key."""
        return hmac.digest(self.secret, text.encode(), "sha256")

    def listen(self, listener: Callable[[set[str]], None]) -> None:
        """Call `listener` with the topics of every commit that gave hints. It runs on a database thread and must return at once."""
        self._listeners.append(listener)

    def tell(self, topics: set[str]) -> None:
        """Pass hints on; losing one costs a short delay, never a row."""
        for listener in self._listeners:
            listener(topics)


class Tx:
    """A transaction. `now` stands still within it; `wall` is the workspace that the database keeps it to, if any."""

    def __init__(self, conn: sa.Connection, host: Host, wall: str = "") -> None:
        self.conn, self.host, self.wall = conn, host, wall
        self.now = host.clock()
        self.emitted: list[Recorded] = []
        self.deeds: list[dict[str, Any]] = []
        self.traces: list[dict[str, Any]] = []
        self.topics: set[str] = set()
        self.numbers: dict[int, list[int]] = {}
        self._after: list[Callable[[], None]] = []
        self._undo: list[Callable[[], None]] = []

    def new_id(self) -> int:
        """A fresh row id."""
        return self.host.new_id()

    def run(self, statement: sa.Executable, values: Sequence[Mapping[str, Any]] | Mapping[str, Any] | None = None) -> sa.CursorResult[Any]:
        """Execute one statement, with many rows of values where a list is given."""
        result: Any = self.conn.execute(statement, values)
        return result

    def rows(self, statement: sa.Executable) -> Sequence[sa.Row[Any]]:
        """All rows."""
        return self.conn.execute(statement).all()

    def row(self, statement: sa.Executable) -> sa.Row[Any] | None:
        """The first row, or None."""
        return self.conn.execute(statement).first()

    def structs(self, kind: type[S], statement: sa.Select[Any]) -> list[S]:
        """All rows as structs; the statement's columns bear the names of the fields (see `schema.fields`)."""
        return [kind(**row) for row in self.conn.execute(statement).mappings()]

    def struct(self, kind: type[S], statement: sa.Select[Any]) -> S | None:
        """The first row as a struct, or None."""
        row = self.conn.execute(statement).mappings().first()
        return None if row is None else kind(**row)

    def value(self, statement: sa.Executable) -> Any:
        """The first column of the first row, or None."""
        return self.conn.execute(statement).scalar()

    def emit(self, who: Actor, event: Event) -> Recorded:
        """Record what happened, in this transaction, and run the reactions that must be atomic with it."""
        recorded = Recorded(self.new_id(), who.workspace_id, self.now, who.kind, who.id, event)
        self.emitted.append(recorded)
        self.topics.add("events")
        for reaction in self.host.inside.get(type(event), ()):
            reaction(self, recorded)
        return recorded

    def hint(self, topic: str) -> None:
        """After the commit, tell whoever waits for `topic` to look."""
        self.topics.add(topic)

    def after_commit(self, call: Callable[[], None]) -> None:
        """Run something quick in memory once the commit is through."""
        self._after.append(call)

    def on_undo(self, call: Callable[[], None]) -> None:
        """Run something quick in memory if this call's work is rolled back."""
        self._undo.append(call)

    @contextlib.contextmanager
    def attempt(self) -> Generator[None]:
        """A savepoint: an error in the block takes back all that the block did, here too, and goes on to the caller."""
        emitted, after, undo, numbers = len(self.emitted), len(self._after), len(self._undo), dict(self.numbers)
        deeds, traces = len(self.deeds), len(self.traces)
        try:
            with self.conn.begin_nested():
                yield
        except BaseException:
            self.numbers = numbers
            del self.emitted[emitted:], self._after[after:], self.deeds[deeds:], self.traces[traces:]
            for call in self._undo[undo:]:
                call()
            del self._undo[undo:]
            raise

    @contextlib.contextmanager
    def over_the_wall(self) -> Generator[None]:
        """For the few questions that concern every workspace: the block sees all rows, also where an agent asked."""
        self._set_wall("")
        yield
        self._set_wall(self.wall)

    def store_events(self, first_position: int | None = None) -> int:
        """Write the events emitted so far; positions only where this process is the only writer. Returns how many there were."""
        positions = [None] * len(self.emitted) if first_position is None else range(first_position, first_position + len(self.emitted))
        if self.emitted:
            self.run(sa.insert(events), [one.as_row() | {"position": at} for one, at in zip(self.emitted, positions, strict=True)])
        return len(self.emitted)

    def committed(self) -> None:
        """The work is durable: run what waited for that, and pass the hints on. A fault in these cannot make it undone."""
        for call in [*self._after, lambda: self.host.tell(self.topics) if self.topics else None]:
            try:
                call()
            except Exception:
                log.exception("after_commit_failed")

    def undone(self) -> None:
        """The work is gone: let memory follow."""
        for call in self._undo:
            call()

    def _set_wall(self, wall: str) -> None:
        if self.wall and self.conn.dialect.name == "postgresql":
            self.run(sa.select(sa.func.set_config(SETTING, wall, sa.true())))
