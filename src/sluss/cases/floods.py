"""Mail bombs. In: who opens how many cases within an hour. Out: one case for all that is too much.

A sender over the limit gets no further case of his own: what he writes stands together in his newest one, which is tagged. Nothing is
lost, and nobody else's mail waits for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import sqlalchemy as sa

from sluss.cases.access import CaseRow
from sluss.cases.actions import set_tags
from sluss.cases.models import case_tags, cases, tags
from sluss.kernel.actors import Actor
from sluss.kernel.clock import HOUR
from sluss.kernel.ids import first_id_at
from sluss.kernel.schema import fields
from sluss.kernel.tx import Tx

MOST = 300
"""Cases that one sender may open within an hour."""
FLOOD = "flood"


class Floods:
    """How many cases each contact of a set has opened within the last hour; counts on while the set is recorded."""

    def __init__(self, tx: Tx, who: Actor, contact_ids: Iterable[int]) -> None:
        self._opened = Counter(_opened(tx, who, contact_ids))
        self._newest = _newest(tx, who, [one for one, number in self._opened.items() if number >= MOST])
        self.flooded: set[int] = set()

    def case_of(self, contact_id: int) -> CaseRow | None:
        """The case that takes what a contact sends too much; None for everybody else."""
        return self._newest.get(contact_id) if self._opened[contact_id] >= MOST else None

    def note(self, case: CaseRow) -> None:
        """One more case."""
        self._opened[case.contact_id] += 1
        self._newest[case.contact_id] = case

    def mark(self, tx: Tx, who: Actor) -> None:
        """Tag the cases that took more than one sender's share."""
        for case_id in sorted(self.flooded):
            mine = (case_tags.c.workspace_id == who.workspace_id) & (case_tags.c.case_id == case_id)
            joined = case_tags.join(tags, (tags.c.workspace_id == case_tags.c.workspace_id) & (tags.c.id == case_tags.c.tag_id))
            names = [row.name for row in tx.rows(sa.select(tags.c.name).select_from(joined).where(mine))]
            set_tags(tx, who, case_id, [*names, FLOOD])


def _opened(tx: Tx, who: Actor, contact_ids: Iterable[int]) -> dict[int, int]:
    c = cases.c
    recent = _of(who, contact_ids) & (c.id >= first_id_at(tx.now - HOUR))
    return {
        row.contact_id: int(row.number)
        for row in tx.rows(sa.select(c.contact_id, sa.func.count().label("number")).where(recent).group_by(c.contact_id))
    }


def _newest(tx: Tx, who: Actor, contact_ids: list[int]) -> dict[int, CaseRow]:
    if not contact_ids:
        return {}
    last = sa.select(sa.func.max(cases.c.id)).where(_of(who, contact_ids)).group_by(cases.c.contact_id)
    wanted = sa.select(*fields(CaseRow, cases)).where(cases.c.workspace_id == who.workspace_id, cases.c.id.in_(last))
    return {case.contact_id: case for case in tx.structs(CaseRow, wanted.with_for_update(of=cases))}


def _of(who: Actor, contact_ids: Iterable[int]) -> sa.ColumnElement[bool]:
    return (cases.c.workspace_id == who.workspace_id) & cases.c.contact_id.in_(sorted(set(contact_ids)))
