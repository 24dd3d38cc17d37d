"""No list is ever a scan: every statement of a list goes by an index. T108; F20."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from sluss.cases.actions import set_tags
from sluss.cases.models import cases
from sluss.desk.around import look_around
from sluss.desk.desk import Look, read_desk
from sluss.desk.order import SORTS, Sort, stretches
from sluss.desk.rows import LISTED
from sluss.desk.view_counts import count_saved
from sluss.desk.views import scope_of
from sluss.kernel.db import Database
from sluss.kernel.tx import Tx
from sluss.web.locale import Voice
from tests.desk.conftest import Customers
from tests.world import World

LARGE = (
    "cases",
    "messages",
    "message_references",
    "conversations",
    "threads",
    "notes",
    "events",
    "operations",
    "attachments",
    "contacts",
    "identities",
    "search",
)
BY_INDEX = {
    "sqlite": re.compile(r"SEARCH cases USING (?:COVERING )?INDEX ix_cases_"),
    "postgresql": re.compile(r"Index (?:Only )?Scan (?:Backward )?using \w+ on cases"),
}
# Walking a whole workspace by the key of a table is a scan by another name.
WALK = r"USING (?:COVERING )?INDEX \w+ \(workspace_id=\?(?: AND (?:row)?id[<>]\?)?\)"
SCAN = re.compile(rf"SCAN (?:{'|'.join(LARGE)})\b|SEARCH (?:{'|'.join(LARGE)}) {WALK}|Seq Scan on (?:{'|'.join(LARGE)})\b")


@pytest.fixture
def many(db: Database, world: World, customers: Customers) -> list[int]:
    """Enough cases for a planner to have a choice, most of them solved."""
    ids = customers.messages([{"subject": f"Sak {n}"} for n in range(300)])
    solved = sa.update(cases).where(cases.c.number < customers.case_of(ids[270]).number)
    db.write_now(lambda tx: tx.run(solved.values(status="solved", waiting_since=None, solved_at=tx.now)).rowcount)
    db.write_now(lambda tx: tx.run(sa.text("ANALYZE cases")).rowcount if db.kind == "postgresql" else 0)
    return ids


def plan(tx: Tx, statement: sa.Select[Any]) -> str:
    """How the database would go about it."""
    if tx.conn.dialect.name == "postgresql":
        # Small tables are scanned and sorted rightly; what matters is whether an index serves.
        for way in ("seqscan", "bitmapscan", "sort"):
            tx.run(sa.text(f"SET LOCAL enable_{way} = off"))
    compiled = statement.compile(tx.conn, compile_kwargs={"literal_binds": True})
    words = "EXPLAIN QUERY PLAN" if tx.conn.dialect.name == "sqlite" else "EXPLAIN"
    rows = tx.conn.exec_driver_sql(f"{words} {compiled}".replace("%", "%%")).all()
    return "\n".join(str(row[-1]) for row in rows)


@pytest.mark.parametrize("view", ["mine", "unassigned", "open", "solved", "inbox"])
def test_every_order_of_every_view_goes_by_an_index(db: Database, world: World, many: list[int], view: str) -> None:
    key = f"inbox:{world.norrsken.inboxes['kundtjanst'].id}" if view == "inbox" else view

    def plans(tx: Tx) -> list[str]:
        around = look_around(tx, world.who("maja"))
        scope = scope_of(around, key)
        rows = LISTED.where(scope.condition(around.who))
        return [plan(tx, one.page(rows, ()).limit(51)) for sort in SORTS for one in stretches(scope, sort)]

    for found in db.read_now(plans):
        assert not SCAN.search(found), found
        assert BY_INDEX[db.kind].search(found), found


FILTERS = (
    *("tag:vip", "is:solved tag:vip", "-tag:vip is:open", "from:asa@kund.example", "is:open waiting:>2h", "is:solved solved:<7d"),
    *("assignee:me is:open", "assignee:maja", "inbox:kundtjanst priority:high,urgent", "team:stockholm is:open", "opened:today"),
    *("has:file is:open", "has:draft", "lang:sv is:open", "number:10001", "is:open (tag:vip OR is:mine)", "channel:email is:unfinished"),
)


@pytest.mark.parametrize("who", ["maja", "johan"])
def test_no_filter_makes_a_list_or_a_count_scan(db: Database, world: World, many: list[int], customers: Customers, who: str) -> None:
    """T108, F20: pages in every order, the number in the title, and what finds the rare ones first."""
    db.write_now(set_tags, world.who("maja"), customers.case_of(many[-1]).id, ["VIP"])
    seen: dict[str, tuple[str, Any]] = {}

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        seen.setdefault(statement, (statement, parameters))

    event.listen(db._reading, "before_cursor_execute", note)
    for text in FILTERS:
        for sort in SORTS:
            db.read_now(read_desk, world.who(who), Look(voice=Voice(), view="all", f=text, sort=sort))
    db.read_now(count_saved, world.who(who), "UTC")
    event.remove(db._reading, "before_cursor_execute", note)
    plans = {
        statement: db.read_now(explain, statement, parameters) for statement, parameters in seen.values() if statement.startswith("SELECT")
    }
    assert [f"{statement}\n{found}" for statement, found in plans.items() if SCAN.search(found)] == []
    tally = next(found for statement, found in plans.items() if "count(cases.waiting_since)" in statement)
    assert "ix_cases_unfinished" in tally or db.kind == "postgresql"


EVERYDAY: tuple[tuple[str, Sort], ...] = (
    ("open", "oldest"),
    ("open", "newest"),
    ("solved", "newest"),
    ("unassigned", "oldest"),
    ("mine", "oldest"),
)


def test_the_everyday_lists_are_not_even_sorted(db: Database, world: World, many: list[int]) -> None:
    """The index has the order: the first page costs the same however long the list is."""

    def first(tx: Tx, view: str, sort: Sort) -> str:
        around = look_around(tx, world.who("maja"))
        scope = scope_of(around, view)
        return plan(tx, stretches(scope, sort)[0].page(sa.select(cases.c.id).where(scope.condition(around.who)), ()).limit(51))

    for view, sort in EVERYDAY:
        found = db.read_now(first, view, sort)
        assert "TEMP B-TREE FOR ORDER BY" not in found, (view, sort, found)
        assert not re.search(r"(?:->\s+|^)Sort\s+\(", found), (view, sort, found)


def test_no_statement_of_the_desk_scans(db: Database, world: World, many: list[int], customers: Customers) -> None:
    """T108, F20: The list, the case beside it, its timeline, its neighbours and every count."""
    seen: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        seen.append((statement, parameters))

    event.listen(db._reading, "before_cursor_execute", note)
    look = Look(voice=Voice(), view="open", no=customers.case_of(many[-1]).number)
    db.read_now(read_desk, world.who("johan"), look)
    event.remove(db._reading, "before_cursor_execute", note)
    plans = {statement: db.read_now(explain, statement, parameters) for statement, parameters in seen if statement.startswith("SELECT")}
    assert [f"{statement}\n{found}" for statement, found in plans.items() if SCAN.search(found)] == []


def explain(tx: Tx, statement: str, parameters: Any) -> str:
    if tx.conn.dialect.name == "postgresql":
        tx.run(sa.text("SET LOCAL enable_seqscan = off"))
    words = "EXPLAIN QUERY PLAN" if tx.conn.dialect.name == "sqlite" else "EXPLAIN"
    return "\n".join(str(row[-1]) for row in tx.conn.exec_driver_sql(f"{words} {statement}", parameters).all())
