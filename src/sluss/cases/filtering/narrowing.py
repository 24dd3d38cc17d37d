"""Few cases that a filter can hold at all, found by an index. In: a tree. Out: their ids, or None where no term of it is rare.

A filter over everything that was ever solved would walk years to find three cases of one customer; so what is rare is asked first. What is
common is found soon by walking. Either way no statement reads a whole table.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sluss.cases.filtering.conditions import DONE, Reader, addresses_of, begun_by
from sluss.cases.filtering.terms import STATUSES, UNFINISHED, Not, Part, Term, parts_of
from sluss.cases.filtering.times import stretch_of
from sluss.cases.models import case_tags, cases
from sluss.contacts.models import identities
from sluss.kernel.schema import metadata
from sluss.kernel.tx import Tx

FEW = 1_000


def statuses_in(tree: Part, statuses: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the statuses that the filter leaves."""
    left = statuses
    for part in parts_of(tree):
        term, wanted = (part.part, False) if isinstance(part, Not) else (part, True)
        if isinstance(term, Term) and term.field == "is" and all(one in _MEANT for one in term.values):
            named = {status for one in term.values for status in _MEANT[str(one)]}
            left = tuple(status for status in left if (status in named) is wanted)
    return left


def narrow(tx: Tx, tree: Part, reader: Reader) -> tuple[int, ...] | None:
    """The only cases that the filter can hold, where at most `FEW` of the workspace can; without regard to who may see them."""
    fewest: tuple[int, ...] | None = None
    for part in parts_of(tree):
        wanted = _ids(part, reader) if isinstance(part, Term) else None
        found = None if wanted is None else tuple(row.id for row in tx.rows(wanted.limit(FEW + 1)))
        if found is not None and len(found) <= FEW and (fewest is None or len(found) < len(fewest)):
            fewest = found
    return fewest


def _ids(term: Term, reader: Reader) -> sa.Select[Any] | None:
    """Ids of the cases for which a term holds, by an index of its own; None for a term that has none."""
    c, mine = cases.c, cases.c.workspace_id == reader.who.workspace_id
    if term.field == "number":
        return sa.select(c.id).where(mine, c.number.in_(term.values))
    if term.field == "tag":
        t = case_tags.c
        return sa.select(t.case_id.label("id")).where(t.workspace_id == reader.who.workspace_id, t.tag_id.in_(term.values))
    if term.field == "from" and not any(str(one).startswith("@") for one in term.values):
        return sa.select(c.id).where(mine, c.contact_id.in_(_writers(term, reader)))
    if term.field == "has" and term.values == ("draft",):
        d = metadata.tables["drafts"].c
        return sa.select(d.case_id.label("id")).where(d.workspace_id == reader.who.workspace_id, begun_by(reader.who)).distinct()
    if term.field == "opened" and len(term.values) == 1:
        low, high = stretch_of(str(term.values[0]), reader.zone, reader.now)
        return sa.select(c.id).where(mine, c.opened_at >= (low or 0), c.opened_at < (high or 1 << 62))
    return None


def _writers(term: Term, reader: Reader) -> sa.Select[Any]:
    """Contacts by whole addresses: networks are named one by one, so that the key of identities serves."""
    i = identities.c
    networks = sorted({*reader.names.channels, "email"})
    return sa.select(i.contact_id).where(
        i.workspace_id == reader.who.workspace_id, i.network.in_(networks), i.address.in_(addresses_of(term))
    )


_MEANT: dict[str | int, tuple[str, ...]] = {**{one: (one,) for one in STATUSES}, "unfinished": UNFINISHED, "done": DONE}
