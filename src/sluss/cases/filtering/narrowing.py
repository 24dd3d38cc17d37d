"""Few cases that a filter can hold at all, found by an index. In: a tree. Out: their ids, or None where no term of it is rare.

A filter over everything that was ever solved would walk years to find three cases of one customer; so what is rare is asked first. What is
common is found soon by walking. Either way no statement reads a whole table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from sluss.cases.filtering.conditions import DONE, Reader, addresses_of, agents_of, begun_by
from sluss.cases.filtering.terms import NOBODY, STATUSES, UNFINISHED, All, Not, Part, Term, joined, parts_of
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
        inner, wanted = (part.part, False) if isinstance(part, Not) else (part, True)
        named = _statuses_of(inner)
        if named is not None:
            left = tuple(status for status in left if (status in named) is wanted)
    return left


def beyond_statuses(tree: Part) -> Part:
    """The filter without what `statuses_in` has taken from it."""
    return joined(All, [part for part in parts_of(tree) if _statuses_of(part.part if isinstance(part, Not) else part) is None])


def narrow(tx: Tx, tree: Part, reader: Reader) -> tuple[int, ...] | None:
    """The only cases that the filter can hold, where at most `FEW` of the workspace can; without regard to who may see them."""
    fewest: tuple[int, ...] | None = None
    for part in parts_of(tree):
        wanted = _ids(part, reader) if isinstance(part, Term) else None
        found = None if wanted is None else tuple(row.id for row in tx.rows(wanted.limit(FEW + 1)))
        if found is not None and len(found) <= FEW and (fewest is None or len(found) < len(fewest)):
            fewest = found
    return fewest


def _statuses_of(part: Part) -> set[str] | None:
    """The statuses that a term names, if it names nothing else."""
    if isinstance(part, Term) and part.field == "is" and all(one in _MEANT for one in part.values):
        return {status for one in part.values for status in _MEANT[str(one)]}
    return None


def _ids(term: Term, reader: Reader) -> sa.Select[Any] | None:
    """Ids of the cases for which a term holds, by an index of its own; None for a term that has none."""
    find = _FINDERS.get(term.field)
    return find(term, reader) if find else None


def _numbered(term: Term, reader: Reader) -> sa.Select[Any]:
    return _cases(reader).where(cases.c.number.in_(term.values))


def _tagged(term: Term, reader: Reader) -> sa.Select[Any]:
    t = case_tags.c
    return sa.select(t.case_id.label("id")).where(t.workspace_id == reader.who.workspace_id, t.tag_id.in_(term.values))


def _written(term: Term, reader: Reader) -> sa.Select[Any] | None:
    if any(str(one).startswith("@") for one in term.values):
        return None
    return _cases(reader).where(cases.c.contact_id.in_(_writers(term, reader)))


def _held(term: Term, reader: Reader) -> sa.Select[Any] | None:
    return None if NOBODY in term.values else _cases(reader).where(cases.c.assignee_id.in_(agents_of(term, reader)))


def _begun(term: Term, reader: Reader) -> sa.Select[Any] | None:
    d = metadata.tables["drafts"].c
    mine = sa.select(d.case_id.label("id")).where(d.workspace_id == reader.who.workspace_id, begun_by(reader.who)).distinct()
    return mine if term.values == ("draft",) else None


def _opened(term: Term, reader: Reader) -> sa.Select[Any] | None:
    low, high = stretch_of(str(term.values[0]), reader.zone, reader.now)
    found = _cases(reader).where(cases.c.opened_at >= (low or 0), cases.c.opened_at < (high or 1 << 62))
    return found if len(term.values) == 1 else None


def _cases(reader: Reader) -> sa.Select[Any]:
    return sa.select(cases.c.id).where(cases.c.workspace_id == reader.who.workspace_id)


def _writers(term: Term, reader: Reader) -> sa.Select[Any]:
    """Contacts by whole addresses: networks are named one by one, so that the key of identities serves."""
    i = identities.c
    networks = sorted({*reader.names.channels, "email"})
    return sa.select(i.contact_id).where(
        i.workspace_id == reader.who.workspace_id, i.network.in_(networks), i.address.in_(addresses_of(term))
    )


_MEANT: dict[str | int, tuple[str, ...]] = {**{one: (one,) for one in STATUSES}, "unfinished": UNFINISHED, "done": DONE}
_FINDERS: Mapping[str, Callable[[Term, Reader], sa.Select[Any] | None]] = {
    "number": _numbered,
    "tag": _tagged,
    "from": _written,
    "assignee": _held,
    "has": _begun,
    "opened": _opened,
}
