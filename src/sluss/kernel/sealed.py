"""Where sealed values lie, and sealing them anew. In: columns that models name, a keyring. Out: values closed with the newest key.

Whoever makes a table with a sealed column says so beside it, with the place that its values are sealed for; a test finds one that was
forgotten. Renewing changes a value only if nobody else did meanwhile, so that it runs while everything else does.
"""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from sluss.kernel.db import Database
from sluss.kernel.sealing import Place, Sealer, SealError
from sluss.kernel.tx import Tx
from sluss.kernel.types import Blob

SECONDS = 60


class SealedColumn(NamedTuple):
    """A column of sealed values. A value's place is `word` and the `parts` of its row; `source` joins what the parts come from."""

    word: str
    column: sa.Column[Any]
    parts: tuple[sa.Column[Any], ...]
    source: sa.FromClause


class Renewed(msgspec.Struct, frozen=True):
    """What one round did: values closed anew, and those that do not open (their key is lost, or they were changed)."""

    renewed: int
    stuck: int


_COLUMNS: list[SealedColumn] = []


def sealed_column(word: str, column: sa.Column[Any], *parts: sa.Column[Any], source: sa.FromClause | None = None) -> None:
    """Say that a column holds sealed values: `sealed_column("inbox", inboxes.c.sealed, inboxes.c.workspace_id, inboxes.c.id)`."""
    _COLUMNS.append(SealedColumn(word, column, parts, source if source is not None else column.table))


def sealed_columns() -> tuple[SealedColumn, ...]:
    """All that were named."""
    return tuple(_COLUMNS)


def keys_in_use(tx: Tx) -> dict[str, int]:
    """How many values each key closes, by its id."""
    found: dict[str, int] = {}
    for one in _COLUMNS:
        key = _key(one)
        for row in tx.rows(sa.select(key.label("key"), sa.func.count().label("number")).where(_filled(one)).group_by(key)):
            found[row.key.hex()] = found.get(row.key.hex(), 0) + row.number
    return found


def reseal_some(tx: Tx, sealer: Sealer, skip: int = 0, limit: int = 100) -> Renewed:
    """Close some values anew that older keys close; `skip` passes over so many that did not open before."""
    newest = bytes.fromhex(sealer.key_ids()[-1])
    done: list[bool] = []
    for one in _COLUMNS:
        old = _count_old(tx, one, newest)
        if old > skip and len(done) < limit:
            rows = tx.rows(_old(one, newest).offset(skip).limit(limit - len(done)))
            done += [_reseal(tx, sealer, one, row) for row in rows]
        skip = max(0, skip - old)
    return Renewed(done.count(True), done.count(False))


async def reseal_forever(db: Database, sealer: Sealer) -> None:
    """Finish what a rotation began, should whoever began it have gone away."""
    while True:
        stuck = 0
        while (done := await db.write(reseal_some, sealer, stuck)) != Renewed(0, 0):
            stuck += done.stuck
        await asyncio.sleep(SECONDS)


def _reseal(tx: Tx, sealer: Sealer, one: SealedColumn, row: sa.Row[Any]) -> bool:
    parts, key = row[1 : 1 + len(one.parts)], row[1 + len(one.parts) :]
    place: Place = (one.word, *parts)
    keys = one.column.table.primary_key.columns
    try:
        fresh = sealer.seal(sealer.unseal(row.value, place), place)
    except SealError:
        return False
    same = sa.and_(one.column == row.value, *(column == value for column, value in zip(keys, key, strict=True)))
    tx.run(sa.update(one.column.table).where(same).values({one.column.name: fresh}))
    return True


def _old(one: SealedColumn, newest: bytes) -> sa.Select[Any]:
    keys = one.column.table.primary_key.columns
    numbered = [column.label(f"c{number}") for number, column in enumerate((*one.parts, *keys))]
    return sa.select(one.column.label("value"), *numbered).select_from(one.source).where(_filled(one), _key(one) != newest).order_by(*keys)


def _count_old(tx: Tx, one: SealedColumn, newest: bytes) -> int:
    return int(tx.value(sa.select(sa.func.count()).select_from(one.column.table).where(_filled(one), _key(one) != newest)))


def _filled(one: SealedColumn) -> sa.ColumnElement[bool]:
    return one.column.is_not(None) & (sa.func.length(one.column) > 0)


def _key(one: SealedColumn) -> sa.ColumnElement[bytes]:
    """The key's id, which stands in each value after its first byte."""
    return sa.func.substr(one.column, 2, 8, type_=Blob())
