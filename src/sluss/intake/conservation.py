"""The conservation check: acknowledged = processed + queued + quarantined + erased by order.

In: counters and rows. Out: one line each minute, and an alarm when it does not add up.

Counting every envelope takes long where there are many. So each minute only what can have changed is counted, on top of what the last
whole count found; once an hour, and whenever that does not add up, all are counted.
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
PROMISED, ERASED = "acknowledged", "erased"
UNDECIDED = ("received", "quarantined", "discarded")


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """One check. `missing` is what was acknowledged and is in no state; `orphans` are envelopes whose message is not there.

    Both must be 0. `settled` counts the processed ones before the id `settled_to`, as found at `full_at`.
    """

    at: int
    acknowledged: int
    processed: int
    queued: int
    quarantined: int
    erased: int
    missing: int
    orphans: int
    settled: int = 0
    settled_to: int = 0
    full_at: int = 0


def check_conservation(tx: Tx, who: Actor) -> Balance:
    """Take the balance and keep it, in one transaction."""
    return keep_balance(tx, who, take_balance(tx, who))


def take_balance(tx: Tx, who: Actor) -> Balance:
    """Count both sides as they are at one moment. Changes nothing."""
    last = last_balance(tx, who)
    if last is not None and last.full_at > tx.now - HOUR:
        quick = _count(tx, who, last)
        if not quick.missing and not quick.orphans:
            return quick
    return _count(tx, who, None)


def keep_balance(tx: Tx, who: Actor, line: Balance) -> Balance:
    """Keep the line, and complain where the sides differ."""
    tx.run(sa.insert(conservation_checks), {"workspace_id": who.workspace_id, "id": tx.new_id()} | msgspec.structs.asdict(line))
    c = conservation_checks.c
    tx.run(sa.delete(conservation_checks).where(c.workspace_id == who.workspace_id, c.at < tx.now - KEPT))
    tx.after_commit(lambda: metrics.envelopes_missing(line.missing + line.orphans))
    if line.missing or line.orphans:
        log.error("conservation_broken", workspace=who.workspace_id, missing=line.missing, orphans=line.orphans)
    return line


def last_balance(tx: Tx, who: Actor) -> Balance | None:
    """The newest check."""
    c = conservation_checks.c
    mine = sa.select(*fields(Balance, conservation_checks)).where(c.workspace_id == who.workspace_id)
    return tx.struct(Balance, mine.order_by(c.id.desc()).limit(1))


def _count(tx: Tx, who: Actor, known: Balance | None) -> Balance:
    """All of it, or what can have changed since the balance that is known."""
    counted = {row.state: int(row.number) for row in tx.rows(_both_sides(who, known.settled_to if known else 0))}
    promised, erased = counted[PROMISED], counted[ERASED]
    processed, queued = counted.get("done", 0) + (known.settled if known else 0), counted.get("received", 0)
    aside = counted.get("quarantined", 0) + counted.get("discarded", 0)
    sides = {"acknowledged": promised, "processed": processed, "queued": queued, "quarantined": aside, "erased": erased}
    missing = promised - processed - queued - aside - erased
    if known is not None:
        settled = {name: getattr(known, name) for name in ("settled", "settled_to", "full_at")}
    else:
        settled = _settled(tx, who, processed)
    return Balance(at=tx.now, missing=missing, orphans=_orphans(tx, who), **sides, **settled)


def _both_sides(who: Actor, settled_to: int) -> sa.CompoundSelect[*tuple[Any, ...]]:
    """One statement, so that both sides are of one moment while envelopes come in."""
    e, a = envelopes.c, acknowledged.c
    counted: list[Any] = [
        sa.select(sa.literal(name).label("state"), sa.func.coalesce(sa.func.sum(column), 0).label("number")).where(
            a.workspace_id == who.workspace_id
        )
        for name, column in ((PROMISED, a.envelopes), (ERASED, a.erased))
    ]
    mine = sa.select(e.state, sa.func.count()).where(e.workspace_id == who.workspace_id).group_by(e.state)
    counted += [mine.where(e.state.in_(UNDECIDED)), mine.where(e.state == "done", e.id >= settled_to)]
    return sa.union_all(*counted)


def _settled(tx: Tx, who: Actor, processed: int) -> dict[str, int]:
    """What need not be counted again soon: everything before the oldest envelope that is still to be processed."""
    e = envelopes.c
    mine = e.workspace_id == who.workspace_id
    waiting = tx.value(sa.select(sa.func.min(e.id)).where(mine, e.state == "received"))
    end = waiting if waiting is not None else int(tx.value(sa.select(sa.func.coalesce(sa.func.max(e.id), 0)).where(mine))) + 1
    later = int(tx.value(sa.select(sa.func.count()).select_from(envelopes).where(mine, e.state == "done", e.id >= end)))
    return {"settled": processed - later, "settled_to": end, "full_at": tx.now}


def _orphans(tx: Tx, who: Actor) -> int:
    """Of the last hour's recorded envelopes, those whose message is gone."""
    e, m = envelopes.c, messages.c
    there = sa.exists().where(m.workspace_id == e.workspace_id, m.id == e.message_id)
    recent = (e.workspace_id == who.workspace_id) & (e.state == "done") & (e.id >= first_id_at(tx.now - HOUR)) & (e.outcome == "message")
    return int(tx.value(sa.select(sa.func.count()).select_from(envelopes).where(recent, ~there)))
