"""Envelopes that are erased by order: their bytes, their rows and their keys go; how many they were is kept, so that the books balance.

In: ids. Out: fewer rows, and the digests of files that nobody may need any more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import sqlalchemy as sa

from sluss.intake.models import acknowledged, envelope_keys, envelopes
from sluss.kernel.actors import Actor
from sluss.kernel.blobs import loosen
from sluss.kernel.tx import Tx


def forget_envelopes(tx: Tx, who: Actor, ids: Sequence[int], erasure_id: int | None = None) -> int:
    """Erase envelopes. Returns how many there were."""
    e, k, a = envelopes.c, envelope_keys.c, acknowledged.c
    these = (e.workspace_id == who.workspace_id) & e.id.in_(ids)
    found = tx.rows(sa.select(e.id, e.inbox_id, e.digest, e.raw.is_(None).label("outside")).where(these).with_for_update())
    if not found:
        return 0
    loosen(tx, [row.digest for row in found if row.outside], erasure_id)
    tx.run(sa.delete(envelope_keys).where(k.workspace_id == who.workspace_id, k.envelope_id.in_([row.id for row in found])))
    tx.run(sa.delete(envelopes).where(these))
    for inbox_id, number in Counter(row.inbox_id for row in found).items():
        mine = (a.workspace_id == who.workspace_id) & (a.inbox_id == inbox_id)
        tx.run(sa.update(acknowledged).where(mine).values(erased=a.erased + number))
    return len(found)


def drop_raw(tx: Tx, who: Actor, ids: Sequence[int], erasure_id: int | None = None) -> int:
    """Forget the raw bytes of envelopes and keep the rest. Returns how many had any."""
    e = envelopes.c
    these = (e.workspace_id == who.workspace_id) & e.id.in_(ids) & (e.size > 0)
    found = tx.rows(sa.select(e.id, e.digest, e.raw.is_(None).label("outside")).where(these))
    loosen(tx, [row.digest for row in found if row.outside], erasure_id)
    tx.run(sa.update(envelopes).where(these).values(raw=b"", digest="", size=0, recipients=[], reason=""))
    return len(found)
