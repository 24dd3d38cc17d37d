"""Many at once, hints that get lost, and a migration that is cut off."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from sluss.kernel import workspaces as w
from sluss.kernel.actors import Actor, system
from sluss.kernel.db import Database, open_database
from sluss.kernel.signals import Signals
from sluss.kernel.tx import Tx
from sluss.migrations import bring_up_to_date, current, head

AT_ONCE = 1_000


def take(tx: Tx, who: Actor) -> int:
    return w.take_number(tx, who)


async def test_a_thousand_at_once_are_all_served(db: Database) -> None:
    """F15, F19: nobody is told that the database is busy, and no number is handed out twice."""
    who = system(db.write_now(w.create_workspace, w.NewWorkspace("Norrsken Air")))
    calls = [db.write(take, who) if n % 2 else db.read(w.all_workspaces) for n in range(AT_ONCE)]
    answers = await asyncio.gather(*calls)
    numbers = [one for one in answers if isinstance(one, int)]
    assert len(set(numbers)) == AT_ONCE // 2


async def test_lost_hints_cost_a_pause_and_no_more(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """F23, F24: nothing tells the loop that there is work, and it looks all the same."""
    signals = Signals(db.host)
    monkeypatch.setattr(db.host, "tell", lambda _topics: None)
    turns = 0
    async with asyncio.timeout(10):
        async for _ in signals.rounds("envelopes", 0.01):
            turns += 1
            if turns == 5:
                break
    assert turns == 5


async def test_doubled_hints_are_one_turn(db: Database) -> None:
    """F24: a loop that is told a hundred times looks once."""
    signals, turns = Signals(db.host), 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.3):
            async for _ in signals.rounds("envelopes", 60):
                turns += 1
                for _ in range(100 if turns == 1 else 0):
                    db.host.tell({"envelopes"})
    assert turns in {2, 3}


class CutOff(Exception):
    """The power went."""


def schema_of(url: str) -> list[str]:
    """Every table with its columns, and every index."""
    engine = sa.create_engine(url)
    seen = sa.inspect(engine)
    tables = sorted(seen.get_table_names())
    found = [f"{table}.{column['name']} {column['nullable']}" for table in tables for column in seen.get_columns(table)]
    found += sorted(f"{table}: {index['name']}" for table in tables for index in seen.get_indexes(table))
    engine.dispose()
    return found


def cut_at(number: int) -> Callable[[sa.Connection], bool]:
    """A migration whose power goes at its so-many-th statement."""

    def migrate(conn: sa.Connection) -> bool:
        count = iter(range(number))

        def look(*_: object) -> None:
            if next(count, None) is None:
                raise CutOff

        event.listen(conn, "before_cursor_execute", look)
        try:
            return bring_up_to_date(conn)
        finally:
            event.remove(conn, "before_cursor_execute", look)

    return migrate


@pytest.mark.parametrize(("empty_database_url", "database_url"), [("sqlite", "sqlite"), ("postgresql", "postgresql")], indirect=True)
@pytest.mark.parametrize("number", [5, 40, 120, 170, 210, 240])
def test_a_migration_that_is_cut_off_is_done_again(empty_database_url: str, database_url: str, number: int) -> None:
    """F48, F2: whatever statement the power goes at, the next start finds a whole step and goes on from there."""
    db = open_database(empty_database_url)
    try:
        db.with_connection(cut_at(number))
    except CutOff:
        assert db.with_connection(current) < head()
    db.with_connection(bring_up_to_date)
    assert db.with_connection(current) == head()
    db.close()
    assert schema_of(empty_database_url) == schema_of(database_url)
