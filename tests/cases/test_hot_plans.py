"""What is done for every mail reads by an index, however much the workspace holds. T108; F20."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from sluss.cases.models import cases, threads
from sluss.cases.reactions import release_cases
from sluss.cases.recording import Recorded
from sluss.channels.contract import Address
from sluss.kernel import events
from sluss.kernel.actors import system
from sluss.kernel.db import Database
from sluss.people.events import AgentDisabled
from tests.desk.test_plans import SCAN
from tests.world import World


@pytest.fixture
def walks(db: Database) -> list[str]:
    """Statements that walk a large table, from here on (of SQLite, whose planner asks no statistics)."""
    found: list[str] = []

    def explain(_conn: Any, cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if db.kind == "sqlite" and not many and statement.split(maxsplit=1)[0] in {"SELECT", "UPDATE", "DELETE", "WITH"}:
            steps = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
            plan = "\n".join(step[-1] for step in steps)
            found.extend([f"{statement}\n{plan}"] if SCAN.search(plan) else [])

    event.listen(db._engine, "before_cursor_execute", explain)
    return found


def test_a_mail_that_joins_walks_nothing(db: Database, arrive: Callable[..., list[Recorded]], walks: list[str]) -> None:
    arrive({"external_id": "a@kund.example"}, {})
    token = db.read_now(lambda tx: tx.value(sa.select(threads.c.token).limit(1)))
    arrive({"references": ("a@kund.example",)}, {"thread_token": token}, {})
    assert len(db.read_now(lambda tx: tx.rows(sa.select(cases.c.id)))) == 3
    assert walks == []


def test_a_mail_that_refers_to_nothing_walks_nothing(arrive: Callable[..., list[Recorded]], walks: list[str]) -> None:
    arrive({})
    assert walks == []


def test_a_chat_that_goes_on_walks_nothing(arrive: Callable[..., list[Recorded]], walks: list[str]) -> None:
    arrive({"thread_key": "1", "subject": ""}, {"thread_key": "2", "subject": ""})
    arrive({"thread_key": "1", "subject": ""}, {"thread_key": "1", "subject": "", "sender": Address("visitor-1", "Åsa")})
    assert walks == []


def test_whoever_leaves_is_looked_up_by_their_own_cases(db: Database, world: World, walks: list[str]) -> None:
    who = system(world.norrsken.id)
    left = events.Recorded(1, who.workspace_id, 1, "system", 0, AgentDisabled(agent_id=world.who("ola").id))
    db.write_now(release_cases, left)
    assert walks == []
