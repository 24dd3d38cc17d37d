"""The audit log cannot be changed unseen: the database refuses, and the chain tells when its rules were taken away. T18."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from sluss.kernel.actors import Actor
from sluss.kernel.audit import Entry, audit_heads, audit_traces, list_deeds, note_deed, note_visit, traces_of, verify_audit
from sluss.kernel.chain import Looked, audit
from sluss.kernel.db import Database
from sluss.kernel.errors import Conflict
from sluss.kernel.tx import Tx
from tests.world import World

TRIGGERS = {
    "sqlite": ["DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete"],
    "postgresql": ["DROP TRIGGER audit_no_change ON audit", "DROP TRIGGER audit_no_truncate ON audit"],
}
THIRD = sa.update(audit).where(audit.c.seq == 3)


def deed(tx: Tx, who: Actor, number: int) -> None:
    note_deed(tx, who, "case.assign", ("case", number), number=number, to="Łódź")
    if number < 0:
        raise Conflict("no")


def chain_of(db: Database, world: World) -> Looked:
    return next(one for one in db.with_connection(verify_audit) if one.workspace_id == world.norrsken.id)


def run(db: Database, *statements: str) -> None:
    for statement in statements:
        db.with_connection(lambda conn, words=statement: conn.exec_driver_sql(words))


async def test_lines_written_at_once_are_one_chain(db: Database, world: World) -> None:
    """T18: forty writers, some of whom fail, on two workspaces: every line has its place, and none is lost."""
    ewa, marek = world.who("ewa"), world.who("marek")
    before = {one.workspace_id: one.line for one in db.with_connection(verify_audit)}
    calls = [db.write(deed, ewa, n) for n in range(1, 21)] + [db.write_grouped(deed, marek, n) for n in range(1, 11)]
    calls += [db.write_grouped(deed, ewa, -n) for n in range(1, 6)] + [db.write(deed, marek, -1)]
    await asyncio.gather(*calls, return_exceptions=True)
    after = {one.workspace_id: one for one in db.with_connection(verify_audit)}
    assert [one.broken for one in after.values()] == ["", ""]
    assert after[ewa.workspace_id].line == before[ewa.workspace_id] + 20
    assert after[marek.workspace_id].line == before[marek.workspace_id] + 10


def test_what_a_savepoint_takes_back_leaves_no_line(db: Database, world: World) -> None:
    def half(tx: Tx, who: Actor) -> None:
        deed(tx, who, 1)
        with pytest.raises(Conflict), tx.attempt():
            deed(tx, who, -2)

    db.write_now(half, world.who("ewa"))
    assert [one.object_id for one in db.read_now(list_deeds, world.who("ewa"), None, 1)] == [1]
    assert not chain_of(db, world).broken


@pytest.mark.parametrize("words", ["UPDATE audit SET action = 'x'", "DELETE FROM audit", "TRUNCATE audit CASCADE"])
def test_the_database_refuses_to_change_lines(db: Database, world: World, words: str) -> None:
    """T18: by the account that Sluss itself uses."""
    if db.kind == "sqlite" and words.startswith("TRUNCATE"):
        words = "DELETE FROM audit WHERE 1"
    with pytest.raises(DBAPIError):
        run(db, words)
    assert not chain_of(db, world).broken


CHANGES: dict[str, tuple[sa.Update | sa.Delete, str]] = {
    "another deed": (THIRD.values(action="case.nothing"), "line 3"),
    "another time": (THIRD.values(at=audit.c.at + 1), "line 3"),
    "somebody else": (THIRD.values(actor_id=audit.c.actor_id + 1), "line 3"),
    "other data": (THIRD.values(data={}), "line 3"),
    "taken out": (sa.delete(audit).where(audit.c.seq == 3), "line 3 is missing"),
    "outside": (THIRD.values(seq=None), "outside the chain"),
    "moved": (THIRD.values(seq=9000), "line 3 is missing"),
    "another hash": (THIRD.values(hash=None), "line 3"),
    "cut off": (sa.delete(audit).where(audit.c.seq >= 3), "line 3 is missing, and whatever followed"),
    "all of it": (sa.delete(audit), "line 1 is missing"),
}


@pytest.mark.parametrize("how", CHANGES)
def test_what_was_changed_behind_its_back_is_named(db: Database, world: World, how: str) -> None:
    """T18: somebody with the database's own rights takes the triggers away and changes a line; the first wrong one is told."""
    change, told = CHANGES[how]
    assert chain_of(db, world).line > 4
    run(db, *TRIGGERS[db.kind])
    assert db.with_connection(lambda conn: conn.execute(change.where(audit.c.workspace_id == world.norrsken.id)).rowcount)
    assert told in chain_of(db, world).broken


def test_a_chain_made_anew_does_not_hold_what_was_noted_of_the_old(db: Database, world: World) -> None:
    """T18: whoever makes the whole chain anew is found by a hash that was kept elsewhere."""
    from sluss.kernel.chain import START, hash_at, link  # noqa: PLC0415

    noted = chain_of(db, world)

    def forge(conn: sa.Connection) -> None:
        last, mine = START, audit.c.workspace_id == world.norrsken.id
        for row in conn.execute(sa.select(audit).where(mine).order_by(audit.c.seq)).mappings().all():
            changed = dict(row) | ({"action": "case.nothing"} if row["seq"] == 3 else {})
            last = link(last, row["seq"], changed)
            conn.execute(sa.update(audit).where(mine, audit.c.seq == row["seq"]).values(action=changed["action"], hash=last))
        conn.execute(sa.update(audit_heads).where(audit_heads.c.workspace_id == world.norrsken.id).values(hash=last))

    run(db, *TRIGGERS[db.kind])
    db.with_connection(forge)
    assert not chain_of(db, world).broken
    assert db.with_connection(lambda conn: hash_at(conn, world.norrsken.id, noted.line)) != noted.hash


def test_lines_hold_nobody_s_name(db: Database, world: World) -> None:
    """T18: erasing what tells who a person is needs no change of the log, and leaves the chain whole."""
    johan = world.who("johan")
    db.write_now(lambda tx, who: note_visit(tx, who, "agent.sign_in", ("192.0.2.7", "Firefox, Linux")), johan)
    [line] = db.read_now(list_deeds, johan, None, 1)
    assert b"Johan" not in msgspec.json.encode(line)
    assert b"192.0.2.7" not in msgspec.json.encode(line)
    assert db.read_now(traces_of, johan, [line.id]) == {line.id: ("192.0.2.7", "Firefox, Linux")}
    db.write_now(lambda tx: tx.run(sa.delete(audit_traces)))
    assert not chain_of(db, world).broken
    assert isinstance(line, Entry)


def test_every_line_of_the_cast_is_in_the_chain(db: Database, world: World) -> None:
    outside: Callable[[Tx], int] = lambda tx: tx.value(sa.select(sa.func.count()).where(audit.c.seq.is_(None)))  # noqa: E731
    assert db.read_now(outside) == 0
    assert chain_of(db, world).line == db.read_now(
        lambda tx: tx.value(sa.select(sa.func.count()).where(audit.c.workspace_id == world.norrsken.id))
    )
