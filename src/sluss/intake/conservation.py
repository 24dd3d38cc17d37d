"""The conservation check: acknowledged = processed + queued + quarantined.

In: counters and rows. Out: one line each minute, and an alarm when it does not add up.
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.models import messages
from sluss.intake.models import acknowledged, conservation_checks, envelopes
from sluss.kernel import metrics
from sluss.kernel.actors import Actor
from sluss.kernel.clock import DAY, HOUR
from sluss.kernel.ids import first_id_at
from sluss.kernel.log import get_log
from sluss.kernel.schema import fields
from sluss.kernel.tx import Tx

log = get_log("intake")

KEPT = 30 * DAY
PROMISED = "acknowledged"


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """One check. `missing` is what was acknowledged and is in no state; `orphans` are envelopes whose message is not there.

    Both must be 0.
    """

    at: int
    acknowledged: int
    processed: int
    queued: int
    quarantined: int
    missing: int
    orphans: int


def check_conservation(tx: Tx, who: Actor) -> Balance:
    """Count both sides in one transaction, keep the line, and complain where they differ."""
    counted = {row.state: int(row.number) for row in tx.rows(_both_sides(who))}
    promised = counted[PROMISED]
    processed, queued = counted.get("done", 0), counted.get("received", 0)
    aside = counted.get("quarantined", 0) + counted.get("discarded", 0)
    missing = promised - processed - queued - aside
    line = Balance(
        at=tx.now, acknowledged=promised, processed=processed, queued=queued, quarantined=aside, missing=missing, orphans=_orphans(tx, who)
    )
    tx.run(sa.insert(conservation_checks), {"workspace_id": who.workspace_id, "id": tx.new_id()} | msgspec.structs.asdict(line))
    tx.run(
        sa.delete(conservation_checks).where(
            conservation_checks.c.workspace_id == who.workspace_id, conservation_checks.c.at < tx.now - KEPT
        )
    )
    tx.after_commit(lambda: metrics.envelopes_missing(line.missing + line.orphans))
    if line.missing or line.orphans:
        log.error("conservation_broken", workspace=who.workspace_id, missing=line.missing, orphans=line.orphans)
    return line


def last_balance(tx: Tx, who: Actor) -> Balance | None:
    """The newest check."""
    c = conservation_checks.c
    mine = sa.select(*fields(Balance, conservation_checks)).where(c.workspace_id == who.workspace_id)
    return tx.struct(Balance, mine.order_by(c.id.desc()).limit(1))


def _both_sides(who: Actor) -> sa.CompoundSelect[*tuple[Any, ...]]:
    """One statement, so that both sides are of one moment while envelopes come in."""
    e, a = envelopes.c, acknowledged.c
    told = sa.select(sa.literal(PROMISED).label("state"), sa.func.coalesce(sa.func.sum(a.envelopes), 0).label("number"))
    there = sa.select(e.state, sa.func.count()).where(e.workspace_id == who.workspace_id).group_by(e.state)
    return sa.union_all(told.where(a.workspace_id == who.workspace_id), there)


def _orphans(tx: Tx, who: Actor) -> int:
    """Of the last hour's recorded envelopes, those whose message is gone."""
    e, m = envelopes.c, messages.c
    there = sa.exists().where(m.workspace_id == e.workspace_id, m.id == e.message_id)
    recent = (e.workspace_id == who.workspace_id) & (e.state == "done") & (e.id >= first_id_at(tx.now - HOUR)) & (e.outcome == "message")
    return int(tx.value(sa.select(sa.func.count()).select_from(envelopes).where(recent, ~there)))
