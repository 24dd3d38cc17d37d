"""The desk over years of work: a million messages in two hundred thousand cases.

In: a filled database. Out: waits for pages, and scans in plans.

Limit: a page of the same server that asks the database for nothing. Waits are taken at the client, one request after another.
"""

from __future__ import annotations

import contextlib
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from sqlalchemy import event

from bench.archive import Company, fill
from bench.databases import postgresql
from bench.figures import Figure
from bench.server import Running, running
from sluss.cases.access import visible_to
from sluss.cases.models import cases
from sluss.config import Config
from sluss.desk.around import look_around
from sluss.desk.desk import Look, read_desk
from sluss.desk.views import count_views
from sluss.kernel.actors import Actor
from sluss.kernel.db import Database, open_database
from sluss.kernel.tx import Tx
from sluss.migrations import bring_up_to_date
from sluss.people.queries import get_agent
from sluss.people.sessions import Browser, inboxes_of, open_session
from sluss.web.locale import Voice
from tests.desk.test_plans import SCAN

CASES = 200_000
TIMES = 40
LISTS = ("open", "unassigned", "mine", "solved", "open?sort=newest", "open?sort=priority")
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#panes"}
BOUNDS = {"List": 50, "Case opened": 50, "Counts of all views": 100}


def measure(divide: int) -> list[Figure]:
    """Both databases."""
    with tempfile.TemporaryDirectory() as folder:
        figures = _of_database("SQLite", Path(folder), f"sqlite:///{folder}/sluss.sqlite3", CASES // divide)
    with postgresql() as url, tempfile.TemporaryDirectory() as folder:
        return figures + _of_database("PostgreSQL", Path(folder), url, CASES // divide)


def _of_database(name: str, folder: Path, url: str, number_of_cases: int) -> list[Figure]:
    db = open_database(url)
    db.with_connection(bring_up_to_date)
    company = fill(db, number_of_cases)
    return measure_filled(name, folder, db, company)


def measure_filled(name: str, folder: Path, db: Database, company: Company) -> list[Figure]:
    """Figures of a database that is filled already; closes it."""
    who = db.read_now(_agent, company)
    counts = [_seconds(lambda: db.read_now(_count, who)) for _ in range(TIMES)]
    numbers = db.read_now(_numbers, who)
    scans = _scans(db, who, company, numbers)
    cookie = db.write_now(open_session, company.workspace_id, who.id, Browser("bench", "127.0.0.1"), Config(data=str(folder)))
    url = db.url
    db.close()
    with running(folder, "" if url.startswith("sqlite") else url) as server, _client(server, cookie) as client:
        waits = {kind: _worst(client, asked) for kind, asked in _pages(company, numbers).items()}
        bare = _p95([_wait(client, ("/healthz", {})) for _ in range(TIMES)])
    waits["Counts of all views"] = ("", _p95(counts))
    return [
        *(
            _figure(f"{kind}, p95, {name}" + (f" (slowest: {which})" if which else ""), wait, bare, BOUNDS[kind])
            for kind, (which, wait) in waits.items()
        ),
        Figure(f"Plans that scan a large table, {name}", len(scans), "", bound="0", fits=not scans),
    ]


def _figure(name: str, seconds: float, bare: float, bound: int) -> Figure:
    return Figure(name, seconds * 1000, "ms", bare * 1000, "an empty page", f"<= {bound} ms", seconds * 1000 <= bound)


def _pages(company: Company, numbers: Sequence[int]) -> dict[str, list[tuple[str, dict[str, str]]]]:
    inbox = f"inbox:{company.inbox_ids[0]}"
    return {
        "List": [(f"/inbox/{one}", {}) for one in (*LISTS, inbox)],
        "Case opened": [(f"/inbox/{inbox}/{one}", PARTIAL) for one in numbers],
    }


def _worst(client: httpx.Client, asked: Sequence[tuple[str, dict[str, str]]]) -> tuple[str, float]:
    """The page whose p95 is the largest; many pages that are asked for once are taken together."""
    if len(asked) >= TIMES:
        return "", _p95([_wait(client, one) for one in asked])
    waits = {one[0]: _p95([_wait(client, one) for _ in range(TIMES)]) for one in asked}
    path = max(waits, key=lambda one: waits[one])
    return path, waits[path]


def _wait(client: httpx.Client, asked: tuple[str, dict[str, str]]) -> float:
    path, headers = asked

    def ask() -> None:
        answer = client.get(path, headers=headers)
        if answer.status_code != 200:
            message = f"{path}: {answer.status_code}"
            raise RuntimeError(message)

    return _seconds(ask)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _p95(waits: Sequence[float]) -> float:
    return statistics.quantiles(waits, n=20)[-1]


@contextlib.contextmanager
def _client(server: Running, cookie: str) -> Generator[httpx.Client]:
    with httpx.Client(base_url=server.address, cookies={"sluss": cookie}, headers={"Accept": "text/html"}, timeout=30) as client:
        client.get("/inbox/open")
        yield client


def _agent(tx: Tx, company: Company) -> Actor:
    """One who sees the largest inbox and another, as most agents see some."""
    agent = get_agent(tx, Actor(company.workspace_id, "system"), company.agent_ids[0])
    seen = inboxes_of(tx, company.workspace_id, agent.id, "agent")
    return Actor(company.workspace_id, "agent", agent.id, agent.name, "agent", seen, "en")


def _count(tx: Tx, who: Actor) -> object:
    return count_views(tx, look_around(tx, who))


def _scans(db: Database, who: Actor, company: Company, numbers: Sequence[int]) -> list[str]:
    """Statements of the desk that the planner, with what it knows of the tables, would answer by reading one from end to end."""
    seen: list[tuple[str, Any]] = []

    def note(*told: Any) -> None:
        seen.append((told[2], told[3]))

    event.listen(sa.engine.Engine, "before_cursor_execute", note)
    try:
        for view in ("mine", "open", "unassigned", "solved", f"inbox:{company.inbox_ids[0]}"):
            db.read_now(read_desk, who, Look(voice=Voice(), view=view, no=None))
        db.read_now(read_desk, who, Look(voice=Voice(), no=numbers[0]))
    finally:
        event.remove(sa.engine.Engine, "before_cursor_execute", note)
    plans = {statement: db.read_now(_plan, statement, parameters) for statement, parameters in seen if statement.startswith("SELECT")}
    return [f"{statement}\n{plan}" for statement, plan in plans.items() if SCAN.search(plan)]


def _numbers(tx: Tx, who: Actor) -> list[int]:
    """Cases of all ages that the agent may see."""
    some = sa.select(cases.c.number).where(visible_to(who), cases.c.number % 17 == 0).order_by(cases.c.number)
    return random.Random(3).sample([row.number for row in tx.rows(some)], TIMES)  # noqa: S311 - the same each time


def _plan(tx: Tx, statement: str, parameters: Any) -> str:
    words = "EXPLAIN QUERY PLAN" if tx.conn.dialect.name == "sqlite" else "EXPLAIN"
    return "\n".join(str(row[-1]) for row in tx.conn.exec_driver_sql(f"{words} {statement}", parameters).all())
