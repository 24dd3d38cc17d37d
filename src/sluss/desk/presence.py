"""Who is at a case now: reads it, or writes in it. In: what a browser tab says of itself. Out: colleagues by case, each once.

A mark is of one tab and lives for seconds unless it is renewed; no event and no audit line tells of it. Who may not see the case can
neither leave a mark there nor learn of one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sluss.cases.access import access_case_no, other_inboxes
from sluss.cases.models import cases
from sluss.customers.screens import Person
from sluss.desk.list_screens import Here
from sluss.desk.models import presences
from sluss.kernel.actors import Actor, system
from sluss.kernel.clock import SECOND
from sluss.kernel.errors import Forbidden
from sluss.kernel.tx import Tx
from sluss.people.models import agents

Doing = Literal["reading", "reply", "note", "side"]
TOPIC = "presence"
LIFE = 28 * SECOND
"""How long a mark lasts that nobody renews; an open tab does every 12 seconds, so one lost request shows nothing."""
WRITING = 8 * SECOND
"""How long somebody counts as writing after saying so; while letters come, the tab says it every 4 seconds."""
TABS = 20
"""Marks that one agent can have."""
_STRENGTH: Mapping[str, int] = {"reading": 0, "note": 1, "side": 2, "reply": 3}


class Presence(msgspec.Struct, frozen=True):
    """A colleague at a case, in the strongest of what their tabs do there."""

    agent_id: int
    name: str
    doing: Doing


class Gathering(msgspec.Struct, frozen=True):
    """Who is at one case, and the inboxes whose people may know of the case."""

    inbox_ids: frozenset[int]
    people: tuple[Presence, ...]


def mark_presence(tx: Tx, who: Actor, no: int, tab: str, doing: Doing) -> None:
    """A tab of the agent's is at this case, and at no other any more. Raises `Missing` as the case itself would."""
    case = access_case_no(tx, who, no)
    if who.kind != "agent":
        raise Forbidden("Only agents are at a case.")
    this = _tab(who, tab)
    before = tx.row(sa.select(presences.c.case_id, presences.c.doing, presences.c.doing_until, presences.c.until).where(this))
    values = {"case_id": case.id, "doing": doing, "doing_until": tx.now + WRITING, "until": tx.now + LIFE}
    if before is None:
        _insert(tx, who, tab, values)
    else:
        tx.run(sa.update(presences).where(this).values(**values))
    if before is None or (before.case_id, _now(before, tx.now)) != (case.id, doing):
        tx.hint(TOPIC)


def leave_case(tx: Tx, who: Actor, no: int, tab: str) -> None:
    """The tab was closed, or shows something else."""
    case = access_case_no(tx, who, no)
    if tx.run(sa.delete(presences).where(_tab(who, tab), presences.c.case_id == case.id)).rowcount:
        tx.hint(TOPIC)


def colleagues_at(tx: Tx, who: Actor, case_ids: Collection[int]) -> dict[int, tuple[Presence, ...]]:
    """Everybody but the reader at cases that the reader was found to see."""
    if not case_ids:
        return {}
    mine = (presences.c.workspace_id == who.workspace_id) & presences.c.case_id.in_(case_ids) & (presences.c.agent_id != who.id)
    return {case_id: people for (_, case_id), people in _gathered(tx, tx.rows(_LIVE.where(mine, presences.c.until > tx.now))).items()}


def show_colleagues(tx: Tx, who: Actor, case_ids: Collection[int]) -> dict[int, tuple[Here, ...]]:
    """The same, as the screens show it."""
    found = colleagues_at(tx, who, case_ids)
    return {case_id: tuple(Here(Person(str(one.agent_id), one.name), one.doing) for one in people) for case_id, people in found.items()}


def writers(tx: Tx) -> list[tuple[int, int, str]]:
    """Who writes an answer just now, anywhere: workspace, case, first name. Customers are told no more: not who reads, nor of a note."""
    c = presences.c
    rows = tx.rows(_LIVE.where(c.until > tx.now, c.doing == "reply", c.doing_until > tx.now).order_by(c.doing_until))
    return [(row.workspace_id, row.case_id, row.name.split()[0]) for row in rows if row.name.strip()]


def everybody(tx: Tx) -> dict[tuple[int, int], Gathering]:
    """Who is at any case, by workspace and case: what open desks are told."""
    rows = tx.rows(_LIVE.where(presences.c.until > tx.now))
    homes = {(row.workspace_id, row.case_id): row.inbox_id for row in rows}
    shared = {
        workspace_id: other_inboxes(tx, system(workspace_id), [case for owner, case in homes if owner == workspace_id])
        for workspace_id in {owner for owner, _ in homes}
    }
    return {key: Gathering(shared[key[0]].get(key[1], frozenset()) | {homes[key]}, people) for key, people in _gathered(tx, rows).items()}


def forget_presences(tx: Tx) -> None:
    """Marks that were over long ago: their tabs said nothing when they went."""
    tx.run(sa.delete(presences).where(presences.c.until < tx.now - LIFE))


_LIVE = sa.select(*presences.c, agents.c.name, cases.c.inbox_id).select_from(
    presences.join(agents, (agents.c.workspace_id == presences.c.workspace_id) & (agents.c.id == presences.c.agent_id)).join(
        cases, (cases.c.workspace_id == presences.c.workspace_id) & (cases.c.id == presences.c.case_id)
    )
)


def _gathered(tx: Tx, rows: Iterable[sa.Row[Any]]) -> dict[tuple[int, int], tuple[Presence, ...]]:
    """Several tabs are one person."""
    found: dict[tuple[int, int], dict[int, Presence]] = {}
    for row in rows:
        here, doing = found.setdefault((row.workspace_id, row.case_id), {}), _now(row, tx.now)
        known = here.get(row.agent_id)
        if known is None or _STRENGTH[doing] > _STRENGTH[known.doing]:
            here[row.agent_id] = Presence(row.agent_id, row.name, doing)
    return {key: tuple(sorted(here.values(), key=lambda one: (-_STRENGTH[one.doing], one.name))) for key, here in found.items()}


def _now(row: sa.Row[Any], now: int) -> Doing:
    """What a mark says at this moment; one that is over says nothing stronger than reading."""
    return row.doing if row.doing_until > now and row.doing in _STRENGTH else "reading"


def _insert(tx: Tx, who: Actor, tab: str, values: Mapping[str, Any]) -> None:
    c = presences.c
    mine = (c.workspace_id == who.workspace_id) & (c.agent_id == who.id)
    kept = [row.tab for row in tx.rows(sa.select(c.tab).where(mine).order_by(c.until.desc()))]
    if len(kept) >= TABS:
        tx.run(sa.delete(presences).where(mine, c.tab.in_(kept[TABS - 1 :])))
    try:
        with tx.attempt():
            tx.run(sa.insert(presences), {"workspace_id": who.workspace_id, "agent_id": who.id, "tab": tab, **values})
    except IntegrityError:  # the same tab said it twice at once
        return


def _tab(who: Actor, tab: str) -> sa.ColumnElement[bool]:
    return (presences.c.workspace_id == who.workspace_id) & (presences.c.agent_id == who.id) & (presences.c.tab == tab)
