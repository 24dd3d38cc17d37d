"""Transactions on both databases: what is told is stored, what fails leaves no trace, numbers and events come once. F6, F7, F21."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from sluss.kernel import workspaces as w
from sluss.kernel.actors import Actor, system
from sluss.kernel.db import Database
from sluss.kernel.events import Event, events
from sluss.kernel.tx import Tx
from sluss.kernel.writer import StorageFailed


class Tolled(Event, frozen=True, kw_only=True):
    """A bell, for these tests."""

    times: int


@pytest.fixture
def who(db: Database) -> Actor:
    return system(db.write_now(w.create_workspace, w.NewWorkspace("Norrsken Air")))


def ring(tx: Tx, who: Actor, times: int) -> int:
    tx.emit(who, Tolled(times=times))
    if times < 0:
        raise ValueError(times)
    return w.take_number(tx, who)


def rung(tx: Tx) -> list[int]:
    return [row.data["times"] for row in tx.rows(sa.select(events.c.data).where(events.c.kind == "tolled").order_by(events.c.id))]


async def test_one_failing_call_takes_back_only_itself(db: Database, who: Actor) -> None:
    results = await asyncio.gather(*(db.write_grouped(ring, who, n) for n in (1, -1, 2, -2, 3)), return_exceptions=True)
    assert [type(one) for one in results] == [int, ValueError, int, ValueError, int]
    assert db.read_now(rung) == [1, 2, 3]


async def test_numbers_never_repeat(db: Database, who: Actor) -> None:
    taken = await asyncio.gather(*(db.write(ring, who, n) for n in range(250)))
    assert len(set(taken)) == 250
    assert min(taken) == w.FIRST_NUMBER


async def test_a_number_of_a_rolled_back_call_is_not_handed_out_twice(db: Database, who: Actor) -> None:
    def take_and_fail(tx: Tx) -> None:
        w.take_number(tx, who)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await db.write(take_and_fail)
    first = await db.write(ring, who, 1)
    second = await db.write(ring, who, 2)
    assert first != second


async def test_a_fallen_transaction_runs_every_caller_again_alone(db: Database, who: Actor) -> None:
    """An error that ends the whole transaction (full disk, interrupted write) must not lose the others in the batch."""
    tries: list[int] = []

    def end_everything(tx: Tx) -> None:
        tries.append(1)
        tx.conn.exec_driver_sql("ROLLBACK")
        message = "disk full"
        raise OSError(message)

    results = await asyncio.gather(
        db.write_grouped(ring, who, 1), db.write_grouped(end_everything), db.write_grouped(ring, who, 2), return_exceptions=True
    )
    assert isinstance(results[1], StorageFailed)
    assert isinstance(results[0], int)
    assert isinstance(results[2], int)
    assert len(tries) >= 1
    assert db.read_now(rung) == [1, 2]


async def test_a_closed_database_says_so(db: Database, who: Actor) -> None:
    db.close()
    with pytest.raises((StorageFailed, RuntimeError)):
        await db.write_grouped(ring, who, 1)


async def test_hints_come_after_the_commit(db: Database, who: Actor) -> None:
    seen: list[list[int]] = []
    db.host.listen(lambda topics: seen.append(db.read_now(rung)) if "events" in topics else None)
    await db.write(ring, who, 7)
    assert seen == [[7]]


def test_a_reader_cannot_write(db: Database, who: Actor) -> None:
    with pytest.raises(DBAPIError):
        db.read_now(ring, who, 1) if db.kind == "postgresql" else db.read_now(w.hold_outbox, who.workspace_id, held=True)


def test_a_row_cannot_point_into_another_workspace(db: Database, who: Actor) -> None:
    """T1: the database itself refuses the reference."""
    other = system(db.write_now(w.create_workspace, w.NewWorkspace("Loipa", host="loipa.example")))
    brand = db.read_now(w.the_brand, other)

    def cross(tx: Tx) -> None:
        row = {"workspace_id": who.workspace_id, "name": "x", "value": brand}
        tx.run(sa.text("INSERT INTO team_members (workspace_id, team_id, agent_id) VALUES (:workspace_id, :value, :value)"), row)

    with pytest.raises(IntegrityError):
        db.write_now(cross)


async def test_numbers_of_an_attempt_that_failed_are_not_handed_out(db: Database, who: Actor) -> None:
    """A block that a savepoint took back belongs to nobody; the database would hand it out again."""

    def try_and_go_on(tx: Tx) -> None:
        with contextlib.suppress(ValueError), tx.attempt():
            ring(tx, who, -1) if w.take_number(tx, who) else None

    await db.write(try_and_go_on)
    taken = [await db.write(ring, who, n) for n in range(2 * w.BLOCK)]
    assert len(set(taken)) == len(taken)


async def test_what_waits_for_a_commit_is_forgotten_with_its_attempt(db: Database, who: Actor) -> None:
    heard: list[str] = []

    def try_and_go_on(tx: Tx) -> None:
        tx.after_commit(lambda: heard.append("kept"))
        with contextlib.suppress(ValueError), tx.attempt():
            tx.after_commit(lambda: heard.append("taken back"))
            tx.on_undo(lambda: heard.append("undone"))
            ring(tx, who, -1)

    await db.write(try_and_go_on)
    assert heard == ["undone", "kept"]


async def test_a_fault_after_the_commit_makes_nothing_unsaid(db: Database, who: Actor) -> None:
    """What is stored is told as stored, also to those whose calls shared the commit."""

    def stumble() -> None:
        raise ZeroDivisionError

    def ring_and_stumble(tx: Tx) -> int:
        tx.after_commit(stumble)
        return ring(tx, who, 1)

    results = await asyncio.gather(db.write_grouped(ring_and_stumble), db.write_grouped(ring, who, 2), db.write(ring_and_stumble))
    assert [type(one) for one in results] == [int, int, int]


async def test_a_deadlock_in_a_group_is_tried_again_unseen(db: Database, who: Actor) -> None:
    """F21: calls that share a commit hold each other's locks too."""
    tries: list[int] = []

    def lose_once(tx: Tx) -> int:
        tries.append(1)
        if db.kind == "postgresql" and len(tries) == 1:
            tx.conn.exec_driver_sql("DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$")
        return ring(tx, who, 1)

    await asyncio.gather(db.write_grouped(lose_once), db.write_grouped(ring, who, 2))
    assert sorted(db.read_now(rung)) == [1, 2]


async def test_a_read_sees_one_moment(db: Database, who: Actor) -> None:
    """A page is put together by many statements; what is written between two of them is not half on it."""

    def look_twice(tx: Tx) -> tuple[list[int], list[int]]:
        before = rung(tx)
        db.write_now(ring, who, 1)
        return before, rung(tx)

    assert await db.read(look_twice) == ([], [])
