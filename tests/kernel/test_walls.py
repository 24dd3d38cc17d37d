"""The second wall: what a query forgets, PostgreSQL remembers. T1.

On SQLite there is no such wall; there the same tests show that nothing else changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from sluss.cases.models import tags
from sluss.kernel.actors import Actor, system
from sluss.kernel.db import Database
from sluss.kernel.schema import metadata
from sluss.kernel.tx import Tx
from sluss.kernel.walls import OPEN, raise_walls, unwalled, walks_through
from sluss.people.models import agents
from sluss.people.once import once
from tests.servers.postgres import Postgres
from tests.world import World


@pytest.fixture
def walled(db: Database, world: World) -> Database:
    """The database where it has walls."""
    return db


def forgetful(tx: Tx, who: Actor) -> list[int]:
    """Whose agents a query sees that names no workspace."""
    return sorted({row.workspace_id for row in tx.rows(sa.select(agents.c.workspace_id))})


def asked_in_passing(tx: Tx, _op: str, *, who: Actor) -> list[int]:
    return forgetful(tx, who)


def everywhere(tx: Tx, who: Actor) -> tuple[list[int], list[int]]:
    with tx.over_the_wall():
        whole = forgetful(tx, who)
    return whole, forgetful(tx, who)


def write_into(tx: Tx, who: Actor, workspace_id: int) -> int:
    tx.run(sa.insert(tags), {"workspace_id": workspace_id, "id": tx.new_id(), "name": "stolen"})
    return who.id


def change_everything(tx: Tx, _who: Actor) -> int:
    return tx.run(sa.update(agents).values(theme="dark")).rowcount


def named(tx: Tx, who: Actor) -> list[int]:
    return forgetful(tx, who)


async def test_a_query_that_forgets_the_workspace_sees_its_own_alone(db: Database, world: World) -> None:
    """T1: by reading, writing, writing together, through a form, as an agent and as a contact; the system's own work is unbound."""
    both = sorted((world.norrsken.id, world.ferries.id))
    ewa, marek = world.who("ewa"), world.who("marek")
    own = [marek.workspace_id] if db.kind == "postgresql" else both
    contact = Actor(marek.workspace_id, "contact", 1)
    for read in (db.read, db.write, db.write_grouped):
        assert await read(forgetful, marek) == own
        assert await read(forgetful, contact) == own
        assert await read(asked_in_passing, "x", who=marek) == own
        assert await read(forgetful, system(marek.workspace_id)) == both
    assert await db.write(once, marek, "a form", named) == own
    assert await db.read(forgetful, ewa) == ([ewa.workspace_id] if db.kind == "postgresql" else both)


async def test_a_wall_ends_with_its_transaction(db: Database, world: World) -> None:
    """T1: connections are shared; whoever comes next is bound as they are, and not as the one before."""
    both = sorted((world.norrsken.id, world.ferries.id))
    ewa, marek = world.who("ewa"), world.who("marek")
    for _ in range(30):
        for who in (ewa, marek):
            assert set(await db.read(forgetful, who)) <= ({who.workspace_id} if db.kind == "postgresql" else set(both))
            assert set(await db.write_grouped(forgetful, who)) <= ({who.workspace_id} if db.kind == "postgresql" else set(both))
        assert await db.read(lambda tx: forgetful(tx, ewa)) == both
    assert db.with_connection(lambda conn: len(conn.execute(sa.select(agents.c.workspace_id).distinct()).all())) == 2


async def test_over_the_wall_and_back(db: Database, world: World) -> None:
    """T1: a question about every workspace is asked on purpose, and only in its block."""
    whole, after = await db.read(everywhere, world.who("marek"))
    assert whole == sorted((world.norrsken.id, world.ferries.id))
    assert after == ([world.ferries.id] if db.kind == "postgresql" else whole)


async def test_nothing_is_written_over_the_wall(postgres: Postgres, db: Database, world: World) -> None:
    """T1, T3: neither a new row of another workspace, nor a change of one."""
    if db.kind == "sqlite":
        return
    for write in (db.write, db.write_grouped):
        with pytest.raises(DBAPIError):
            await write(write_into, world.who("marek"), world.norrsken.id)
        assert await write(change_everything, world.who("marek")) == len(world.ferries.agents)
    assert not walks_through_as_us(db)
    assert postgres.running


def walks_through_as_us(db: Database) -> bool:
    return db.with_connection(walks_through)


def scoped() -> set[str]:
    """Tables of one workspace's rows, as the code declares them."""
    return {table.name for table in metadata.sorted_tables if next(iter(table.primary_key.columns)).name == "workspace_id"}


def test_no_table_is_without_its_wall(db: Database) -> None:
    """T1: every table of workspaces' rows has a policy that binds its owner too; a new one gets it with its migration."""
    if db.kind == "sqlite":
        assert {"cases", "agents", "inboxes", "audit"} <= scoped()
        return
    rows: Sequence[Any] = db.with_connection(
        lambda conn: conn.exec_driver_sql(
            "SELECT c.relname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid"
            " WHERE p.polname = 'one_workspace' AND c.relrowsecurity AND c.relforcerowsecurity"
        ).all()
    )
    assert scoped() <= {row[0] for row in rows}
    assert db.with_connection(unwalled) == []
    assert {"search"} == OPEN


def test_a_new_table_is_walled_and_one_that_lost_it_is_found(db: Database) -> None:
    """T1"""
    if db.kind == "sqlite":
        return

    def make(conn: sa.Connection) -> tuple[list[str], list[str]]:
        conn.exec_driver_sql("CREATE TABLE fresh (workspace_id bigint NOT NULL, id bigint NOT NULL, PRIMARY KEY (workspace_id, id))")
        conn.exec_driver_sql("ALTER TABLE cases DISABLE ROW LEVEL SECURITY")
        return raise_walls(conn), unwalled(conn)

    assert db.with_connection(make) == (["cases", "fresh"], [])
