"""News that comes before what it is about. In: happenings by key. Out: rows that wait, and are taken when the message comes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.models import early_news
from sluss.cases.named import Key
from sluss.channels.happenings import Changed, Opened, Reacted
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx

_KINDS: dict[str, type[Changed | Reacted | Opened]] = {"changed": Changed, "reacted": Reacted, "opened": Opened}


class Early(msgspec.Struct, frozen=True):
    """What was told of something that an inbox does not know yet."""

    inbox_id: int
    external_id: str
    value: Changed | Reacted | Opened


def keep_early(tx: Tx, who: Actor, early: Sequence[Early]) -> None:
    """Keep news until what it is about comes; each once."""
    if not early:
        return
    waiting = {
        (one.inbox_id, one.external_id, _encoded(one)) for one in _known(tx, who, {(one.inbox_id, one.external_id) for one in early})
    }
    fresh = {(one.inbox_id, one.external_id, _encoded(one)): one for one in early}
    rows = [_row(tx, who, one) for key, one in fresh.items() if key not in waiting]
    if rows:
        tx.run(sa.insert(early_news), rows)


def take_early(tx: Tx, who: Actor, came: Collection[Key]) -> list[Early]:
    """What waited for these keys; it waits no longer."""
    if not came:
        return []
    found = _known(tx, who, came)
    if found:
        c = early_news.c
        keys = sa.tuple_(c.inbox_id, c.external_id).in_([(one.inbox_id, one.external_id) for one in found])
        tx.run(sa.delete(early_news).where(c.workspace_id == who.workspace_id, keys))
    return found


def _known(tx: Tx, who: Actor, wanted: Collection[Key]) -> list[Early]:
    c = early_news.c
    here = (c.workspace_id == who.workspace_id) & c.inbox_id.in_({one for one, _ in wanted}) & c.external_id.in_({key for _, key in wanted})
    rows = tx.rows(sa.select(c.inbox_id, c.external_id, c.value).where(here).order_by(c.id))
    return [_early(row) for row in rows if (row.inbox_id, row.external_id) in wanted]


def _early(row: sa.Row[Any]) -> Early:
    value = dict(row.value)
    return Early(row.inbox_id, row.external_id, msgspec.convert(value, _KINDS[value.pop("is")]))


def _row(tx: Tx, who: Actor, one: Early) -> dict[str, Any]:
    named = next(name for name, kind in _KINDS.items() if isinstance(one.value, kind))
    row = {"workspace_id": who.workspace_id, "id": tx.new_id(), "inbox_id": one.inbox_id, "external_id": one.external_id, "at": tx.now}
    return row | {"value": msgspec.to_builtins(one.value) | {"is": named}}


def _encoded(one: Early) -> bytes:
    return msgspec.json.encode(one.value)
