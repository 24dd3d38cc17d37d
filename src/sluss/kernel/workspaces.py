"""Workspaces (tenants), their brands, and the numbers handed out per workspace. In: set-up. Out: rows that every other row belongs to."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from sluss.kernel.actors import Actor
from sluss.kernel.schema import fields, global_table, scoped_table
from sluss.kernel.tx import Tx
from sluss.kernel.types import Flag, Id, Instant, Text

FIRST_NUMBER = 10_001
BLOCK = 100

workspaces = global_table(
    "workspaces",
    sa.Column("id", Id, primary_key=True),
    sa.Column("name", Text, nullable=False),
    sa.Column("host", Text, nullable=False, unique=True),
    sa.Column("language", Text, nullable=False),
    sa.Column("time_zone", Text, nullable=False),
    sa.Column("outbox_held", Flag, nullable=False),
    sa.Column("demo", Flag, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
)
brands = scoped_table("brands", sa.Column("name", Text, nullable=False), sa.Column("created_at", Instant, nullable=False))
counters = scoped_table("counters", sa.Column("name", Text, nullable=False), sa.Column("value", Id, nullable=False), key=("name",))


class Workspace(msgspec.Struct, frozen=True):
    """One company using Sluss."""

    id: int
    name: str
    host: str
    language: str
    time_zone: str
    outbox_held: bool
    demo: bool


_CHOSEN = sa.select(*fields(Workspace, workspaces))


class NewWorkspace(msgspec.Struct, frozen=True):
    """What a workspace needs to begin. `host` is the name that leads to it, or empty for the only one."""

    name: str
    host: str = ""
    language: str = "en"
    time_zone: str = "UTC"
    demo: bool = False


def create_workspace(tx: Tx, new: NewWorkspace) -> int:
    """A workspace with its first brand and counters. Returns its id."""
    workspace_id = tx.new_id()
    row = {"id": workspace_id, "outbox_held": False, "created_at": tx.now} | msgspec.structs.asdict(new)
    tx.run(sa.insert(workspaces), row)
    tx.run(sa.insert(brands), {"workspace_id": workspace_id, "id": tx.new_id(), "name": new.name, "created_at": tx.now})
    tx.run(sa.insert(counters), {"workspace_id": workspace_id, "name": "case", "value": FIRST_NUMBER})
    return workspace_id


def the_brand(tx: Tx, who: Actor) -> int:
    """The workspace's first brand, which every new inbox shows until another is chosen."""
    found = tx.value(sa.select(brands.c.id).where(brands.c.workspace_id == who.workspace_id).order_by(brands.c.id).limit(1))
    return int(found)


def find_workspace(tx: Tx, host: str) -> Workspace | None:
    """The workspace that a host name leads to; where there is only one, that one."""
    named = tx.struct(Workspace, _CHOSEN.where(workspaces.c.host == host)) if host else None
    if named is not None:
        return named
    some = tx.structs(Workspace, _CHOSEN.order_by(workspaces.c.id).limit(2))
    return some[0] if len(some) == 1 else None


def get_workspace(tx: Tx, workspace_id: int) -> Workspace:
    """The workspace of an id that is known to exist."""
    found = tx.struct(Workspace, _CHOSEN.where(workspaces.c.id == workspace_id))
    if found is None:
        raise LookupError(workspace_id)
    return found


def all_workspaces(tx: Tx) -> list[Workspace]:
    """Every workspace of this installation."""
    return tx.structs(Workspace, _CHOSEN.order_by(workspaces.c.id))


def hold_outbox(tx: Tx, workspace_id: int, *, held: bool) -> None:
    """Stop (or let go) everything that would leave this workspace."""
    tx.run(sa.update(workspaces).where(workspaces.c.id == workspace_id).values(outbox_held=held))
    tx.hint("operations")


def take_number(tx: Tx, who: Actor) -> int:
    """The next case number. Taken from a block in memory; a number of a transaction that is rolled back stays unused."""
    mine = tx.numbers.get(who.workspace_id)
    if mine:
        return mine.pop(0)
    with tx.host.lock:
        shared = tx.host.numbers.get(who.workspace_id)
        if shared:
            return shared.pop(0)
    first = _reserve(tx, who)
    left = tx.numbers[who.workspace_id] = list(range(first + 1, first + BLOCK))
    tx.after_commit(lambda: _share(tx, who.workspace_id, left))
    return first


def _reserve(tx: Tx, who: Actor) -> int:
    mine = (counters.c.workspace_id == who.workspace_id) & (counters.c.name == "case")
    tx.run(sa.update(counters).where(mine).values(value=counters.c.value + BLOCK))
    return int(tx.value(sa.select(counters.c.value).where(mine))) - BLOCK


def _share(tx: Tx, workspace_id: int, numbers: list[int]) -> None:
    with tx.host.lock:
        tx.host.numbers.setdefault(workspace_id, []).extend(numbers)
