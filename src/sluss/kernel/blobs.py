"""Which stored files are still referred to, and the collection of those that are not.

In: digests. Out: fewer files. A column that holds digests of stored files says so where it is declared: `info={"file": ""}`, or with the
condition under which it does. A digest column in the database that says nothing stops the collection, since it may refer to anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from sluss.kernel.clock import DAY, HOUR
from sluss.kernel.db import Database
from sluss.kernel.files import Digest, FileStore, as_digest
from sluss.kernel.log import get_log
from sluss.kernel.schema import global_table, metadata
from sluss.kernel.tx import Host, Tx
from sluss.kernel.types import Id, Instant, Text
from sluss.kernel.workspaces import workspaces

log = get_log("files")

GRACE = HOUR
"""As long as a file may lie before its row is written, with much to spare: a row follows its file within seconds."""
SETTLED = DAY
AT_ONCE = 200

loose_files = global_table(
    "loose_files",
    sa.Column("digest", Text, primary_key=True),
    sa.Column("since", Instant, nullable=False),
    sa.Column("erasure_id", Id),
)
_checked: WeakKeyDictionary[Host, str] = WeakKeyDictionary()


class UnknownReferences(Exception):
    """A table has a digest column that this release does not know: nothing can be said to be referred to by nobody."""


def loosen(tx: Tx, digests: Iterable[str], erasure_id: int | None = None) -> None:
    """Rows that named these files are gone: have them collected as soon as nobody else refers to them."""
    wanted = {one for one in digests if one}
    if not wanted:
        return
    c = loose_files.c
    known = {row.digest for row in tx.rows(sa.select(c.digest).where(c.digest.in_(wanted)))}
    if known and erasure_id is not None:
        tx.run(sa.update(loose_files).where(c.digest.in_(known)).values(erasure_id=erasure_id))
    if wanted - known:
        tx.run(sa.insert(loose_files), [{"digest": one, "since": tx.now, "erasure_id": erasure_id} for one in sorted(wanted - known)])
    tx.hint("loose files")


def referred(tx: Tx, digests: Collection[str]) -> set[str]:
    """Those of the digests that any row of any workspace names. Raises `UnknownReferences`."""
    require_known(tx)
    spaces = [row.id for row in tx.rows(sa.select(workspaces.c.id))]
    found: set[str] = set()
    for column, condition in file_columns():
        wanted = sa.select(column).where(column.in_(digests))
        if "workspace_id" in column.table.c:
            wanted = wanted.where(column.table.c.workspace_id.in_(spaces))
        if condition:
            wanted = wanted.where(sa.text(condition))
        found |= {row[0] for row in tx.rows(wanted)}
    return found


def file_columns() -> list[tuple[sa.Column[Any], str]]:
    """Every column that holds digests of stored files, with its condition."""
    return [
        (column, column.info["file"]) for table in metadata.sorted_tables for column in table.columns if column.info.get("file") is not None
    ]


def require_known(tx: Tx) -> None:
    """Compare with what the database really holds, once for each opened database."""
    if tx.host not in _checked:
        declared = {(column.table.name, column.name) for column, _ in file_columns()} | {("loose_files", "digest")}
        look = sa.inspect(tx.conn)
        there = {
            (table, column["name"]) for table in look.get_table_names() for column in look.get_columns(table) if is_digest(column["name"])
        }
        _checked[tx.host] = ", ".join(sorted(f"{table}.{column}" for table, column in there - declared))
    if _checked[tx.host]:
        raise UnknownReferences(_checked[tx.host])


def is_digest(name: str) -> bool:
    """Whether a column of this name holds, or may hold, digests of stored files."""
    return name == "digest" or name.endswith("_digest")


async def collect_loose(db: Database, files: FileStore) -> int:
    """Remove the files whose rows are gone. Returns how many it settled; those stored within the last hour wait."""
    waiting = [as_digest(one) for one in await db.read(_loose)]
    if not waiting:
        return 0
    gone = await asyncio.to_thread(_collect, db, files, waiting, db.clock() - GRACE)
    await db.write(_settle, gone)
    return len(gone)


async def collect_unnamed(db: Database, files: FileStore) -> int:
    """Walk through the whole store, and remove what no row has named for a day. Returns how many files went."""
    return await asyncio.to_thread(_walk, db, files)


def count_unnamed(tx: Tx, files: FileStore) -> int:
    """How many files have lain for two days without a row that names them."""
    return sum(len(set(some) - referred(tx, some)) for some in _batches(files.digests(tx.now - 2 * SETTLED)))


def _walk(db: Database, files: FileStore) -> int:
    now, count = db.clock(), 0
    files.sweep(now - SETTLED)
    for some in _batches(files.digests(now - SETTLED)):
        named = db.read_now(referred, some)
        count += sum(files.collect(one, now - SETTLED) == "gone" for one in some if one not in named)
    if count:
        log.info("files_collected", files=count)
    return count


def _collect(db: Database, files: FileStore, waiting: Sequence[Digest], before: int) -> list[str]:
    """Those that need no further look: referred to by somebody after all, or removed."""
    named = db.read_now(referred, waiting)
    return [one for one in waiting if one in named or files.collect(one, before) == "gone"]


def _loose(tx: Tx) -> list[str]:
    """The oldest first; one that waits for its hour to be over does not keep the others."""
    c = loose_files.c
    return [row.digest for row in tx.rows(sa.select(c.digest).order_by(c.since, c.digest).limit(20 * AT_ONCE))]


def _settle(tx: Tx, digests: Sequence[str]) -> None:
    for start in range(0, len(digests), AT_ONCE):
        tx.run(sa.delete(loose_files).where(loose_files.c.digest.in_(digests[start : start + AT_ONCE])))


def _batches(digests: Iterable[Digest]) -> Iterable[list[Digest]]:
    left = iter(digests)
    while some := list(islice(left, AT_ONCE)):
        yield some
