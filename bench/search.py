"""Finding something among a million messages of 200,000 cases, on either database.

Limit: the rarest of the words asked of the index alone, in the same run.
"""

from __future__ import annotations

import contextlib
import statistics
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path

from bench.databases import postgresql
from bench.figures import Figure
from bench.many import SAID, fill, vocabulary
from sluss.desk.desk import Look, read_search
from sluss.kernel.actors import Actor
from sluss.kernel.db import Database, open_database
from sluss.kernel.search import Stretch, find_mentions
from sluss.kernel.terms import question_of
from sluss.kernel.workspaces import NewWorkspace, create_workspace
from sluss.migrations import bring_up_to_date
from sluss.web.locale import Voice

CASES = 200_000
AGAIN = 9
BOUND_MS = 150
QUERIES = (
    "{common}",
    "{rare}",
    "{rare} {common}",
    "{common} {other}",
    '"{common} {other}"',
    "a",
    "ko",
    "{common} a",
    "{common} ko",
    "{begun}",
    "kund777 lind",
    "070-555 01 23",
    "{rare} -{common}",
    "{common} -{rare}",
    "is:open {common}",
    "is:solved {rare}",
    "assignee:nobody is:pending {common}",
    "before:2026-01-01 {common}",
    "nothinglikethis {common}",
)


def measure(divide: int) -> list[Figure]:
    """What a search takes on the server, over questions that are hard in one way each, for one who sees all and one who sees little."""
    figures = measure_sqlite(divide)
    return [*figures, *measure_postgresql(divide)]


def measure_sqlite(divide: int) -> list[Figure]:
    """On SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        return _measure(f"sqlite:///{Path(folder) / 'sluss.db'}", CASES // divide, "SQLite")


def measure_postgresql(divide: int) -> list[Figure]:
    """On PostgreSQL."""
    with postgresql() as url:
        return _measure(url, CASES // divide, "PostgreSQL")


def _measure(url: str, count: int, name: str) -> list[Figure]:
    with _filled(url, count) as (db, who, some):
        words = vocabulary()
        values = {"common": words[2], "other": words[5], "rare": words[-2], "begun": words[3][:5]}
        queries = [query.format(**values) for query in QUERIES]
        took = {(query, one.name): _times(lambda q=query, w=one: _search(db, w, q)) for query in queries for one in (who, some)}
        alone = _times(lambda: db.read_now(find_mentions, who, question_of(values["rare"]), Stretch(1)))
    for (query, reader), times in sorted(took.items(), key=lambda one: -max(one[1])):
        print(f"  {name}: {max(times):7.1f} ms at most, {statistics.median(times):7.1f} ms usually: {query} ({reader})", flush=True)
    everything = sorted(time for times in took.values() for time in times)
    p95 = everything[int(len(everything) * 0.95)]
    return [
        Figure(
            f"Search among {count * SAID:,} messages, p95 ({name})",
            p95,
            "ms",
            statistics.median(alone),
            "one rare word of the index",
            f"<= {BOUND_MS} ms",
            p95 <= BOUND_MS,
        )
    ]


def _search(db: Database, who: Actor, query: str) -> None:
    found, _shell = db.read_now(read_search, who, Look(voice=Voice()), query)
    assert not found.problem, f"{query}: {found.problem}"


def _times(call: Callable[[], object]) -> list[float]:
    times: list[float] = []
    for _ in range(AGAIN):
        started = time.perf_counter()
        call()
        times.append((time.perf_counter() - started) * 1000)
    return times[1:]


@contextlib.contextmanager
def _filled(url: str, count: int) -> Generator[tuple[Database, Actor, Actor]]:
    db = open_database(url)
    db.with_connection(bring_up_to_date)
    workspace_id = db.write_now(create_workspace, NewWorkspace("Norrsken Air"))
    started = time.perf_counter()
    inbox_ids = db.with_connection(lambda conn: fill(conn, workspace_id, count))
    print(f"  {count * SAID:,} messages made in {time.perf_counter() - started:.0f} s", flush=True)
    try:
        everybody = Actor(workspace_id, "agent", 1, "sees all", "admin", None)
        yield db, everybody, Actor(workspace_id, "agent", 2, "sees 1 %", "agent", frozenset({inbox_ids[-1]}))
    finally:
        db.close()
