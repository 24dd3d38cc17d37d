"""Notifications as rows: one for each agent, case and kind, however often it happens. In: news. Out: rows, a hint to open desks, a timer.

What comes again while it is unread is counted, what comes again after that is unread once more. Each row knows the position of the newest
event in it, so that an event that is told twice counts once.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.following import forget_near
from sluss.kernel.actors import Actor
from sluss.kernel.clock import DAY
from sluss.kernel.events import Recorded
from sluss.kernel.tx import Tx
from sluss.notifications.digest import expect_digest
from sluss.notifications.events import BellChanged
from sluss.notifications.kinds import Kind
from sluss.notifications.models import notifications
from sluss.notifications.preferences import Preferences, preferences_of

KEPT = 90 * DAY


class Notice(msgspec.Struct, frozen=True):
    """One piece of news about a case."""

    recorded: Recorded
    kind: Kind
    case_id: int
    item_id: int = 0
    detail: str = ""


def notify(tx: Tx, who: Actor, notice: Notice, agent_ids: Collection[int]) -> None:
    """Note the news for agents, each as they want it. Their desks are told only where it is new to them."""
    if not agent_ids:
        return
    chosen = preferences_of(tx, who, agent_ids)
    known = _known(tx, who, notice, agent_ids)
    fresh = [one for one in sorted(agent_ids) if _note(tx, who, notice, (one, chosen[one], known.get(one)))]
    if fresh:
        tx.emit(who, BellChanged(agent_ids=tuple(fresh), about=notice.case_id, told=notice.kind))


def read_case(tx: Tx, who: Actor, case_id: int) -> int:
    """The agent has opened a case: all that was to be told of it is read. Returns how many rows were unread."""
    return _read(tx, who, notifications.c.case_id == case_id)


def has_unread(tx: Tx, who: Actor, case_id: int) -> bool:
    """Whether anything of a case is still to be told to the actor."""
    c = notifications.c
    mine = (c.workspace_id == who.workspace_id) & (c.agent_id == who.id) & (c.case_id == case_id) & c.read_at.is_(None)
    return tx.row(sa.select(c.case_id).where(mine).limit(1)) is not None


def hush(tx: Tx, who: Actor, case_id: int, kind: Kind, *, besides: Collection[int]) -> None:
    """Somebody sees to it: what of one kind was to be told of a case is over for all others, but those near the case."""
    c = notifications.c
    unread = (c.workspace_id == who.workspace_id) & (c.case_id == case_id) & (c.kind == kind) & c.read_at.is_(None)
    others = [row.agent_id for row in tx.rows(sa.select(c.agent_id).where(unread)) if row.agent_id not in besides]
    if others:
        tx.run(sa.update(notifications).where(unread, c.agent_id.in_(others)).values(read_at=tx.now))
        tx.emit(who, BellChanged(agent_ids=tuple(sorted(others))))


def read_all(tx: Tx, who: Actor) -> int:
    """The agent wants the bell empty. Returns how many rows were unread."""
    return _read(tx, who, sa.true())


def forget_old(tx: Tx, who: Actor) -> int:
    """Remove what is older than ninety days, read or not, and who was near what was put away long ago."""
    forget_near(tx, who)
    c = notifications.c
    return tx.run(sa.delete(notifications).where(c.workspace_id == who.workspace_id, c.at < tx.now - KEPT)).rowcount


def _known(tx: Tx, who: Actor, notice: Notice, agent_ids: Collection[int]) -> dict[int, sa.Row[Any]]:
    c = notifications.c
    mine = (c.workspace_id == who.workspace_id) & c.agent_id.in_(agent_ids) & (c.case_id == notice.case_id) & (c.kind == notice.kind)
    return {row.agent_id: row for row in tx.rows(sa.select(c.agent_id, c.position, c.times, c.read_at).where(mine))}


def _note(tx: Tx, who: Actor, notice: Notice, whom: tuple[int, Preferences, sa.Row[Any] | None]) -> bool:
    """Whether this is new to the agent: not wanted, counted before and waiting already are not."""
    agent_id, preferences, known = whom
    ways, recorded = preferences.ways[notice.kind], notice.recorded
    if not ways.any or (known is not None and known.position >= recorded.position):
        return False
    values: dict[str, Any] = {"at": recorded.at, "position": recorded.position, "item_id": notice.item_id, "detail": notice.detail}
    values |= {"actor_kind": recorded.actor_kind, "actor_id": recorded.actor_id}
    if known is not None and known.read_at is None:
        tx.run(sa.update(notifications).where(_this(who, notice, agent_id)).values(values | {"times": known.times + 1}))
        return False
    values |= {"times": 1, "by_mail": ways.mail, "letter_id": None, "read_at": None}
    if known is not None:
        tx.run(sa.update(notifications).where(_this(who, notice, agent_id)).values(values))
    else:
        key = {"workspace_id": who.workspace_id, "agent_id": agent_id, "case_id": notice.case_id, "kind": notice.kind}
        tx.run(sa.insert(notifications), key | values)
    if ways.mail:
        expect_digest(tx, who, agent_id, preferences, mentioned=notice.kind == "mentioned")
    return True


def _this(who: Actor, notice: Notice, agent_id: int) -> sa.ColumnElement[bool]:
    c = notifications.c
    mine = (c.workspace_id == who.workspace_id) & (c.agent_id == agent_id)
    return mine & (c.case_id == notice.case_id) & (c.kind == notice.kind)


def _read(tx: Tx, who: Actor, these: sa.ColumnElement[bool]) -> int:
    c = notifications.c
    mine = (c.workspace_id == who.workspace_id) & (c.agent_id == who.id) & c.read_at.is_(None)
    count = tx.run(sa.update(notifications).where(mine, these).values(read_at=tx.now)).rowcount
    if count:
        tx.emit(who, BellChanged(agent_ids=(who.id,)))
    return count
