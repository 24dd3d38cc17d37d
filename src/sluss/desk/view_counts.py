"""How many cases stand in saved views, up to a hundred. In: who looks. Out: counts by key of a view.

Asked for by the browser once the page stands, never by the page. A count is kept until the log of events has grown; one that depends on the
time is also made anew after half a minute. Readers who see alike share it, unless the filter speaks of `me`.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import msgspec

from sluss.cases.filtering.terms import FIELDS, ME, Part, terms_of
from sluss.desk.around import Around, look_around
from sluss.desk.chosen import choose
from sluss.desk.saved import SavedView, saved_for
from sluss.desk.tallies import read_tally
from sluss.desk.views import Counts, Scope, count_scope
from sluss.kernel.actors import Actor
from sluss.kernel.clock import SECOND
from sluss.kernel.tx import Host, Tx

BOUND = 100
MOST = 60
AGES = 30 * SECOND
KEPT = 10_000


class Kept(msgspec.Struct, frozen=True):
    """A count, and up to when it is true."""

    mark: tuple[int, int]
    until: int
    count: int


_kept: WeakKeyDictionary[Host, dict[Any, Kept]] = WeakKeyDictionary()


def count_saved(tx: Tx, who: Actor, zone: str) -> dict[str, int]:
    """Counts of the reader's saved views; `BOUND` stands for that many or more."""
    around, mark = look_around(tx, who), read_tally(tx, who).mark
    known = _kept.setdefault(tx.host, {})
    if len(known) > KEPT:
        known.clear()
    return {view.key: _count(tx, around, (view, zone, mark), known) for view in saved_for(tx, who)[:MOST]}


def _count(tx: Tx, around: Around, of: tuple[SavedView, str, tuple[int, int]], known: dict[Any, Kept]) -> int:
    view, zone, mark = of
    # What a view's text means depends on these alone; a view that is changed has another text.
    shared = (around.who.workspace_id, view.id, view.filter, zone, around.who.inbox_ids)
    for key in (shared, (*shared, around.who.id)):
        kept = known.get(key)
        if kept is not None and kept.mark == mark and tx.now < kept.until:
            return kept.count
    scope = choose(tx, around, view.key, "", zone).scope
    count = count_scope(tx, around, scope, Counts({}, 0), BOUND)
    key = (*shared, around.who.id) if _is_personal(scope.tree) else shared
    known[key] = Kept(mark, tx.now + AGES if _ages(scope) else 1 << 62, count)
    return count


def _is_personal(tree: Part) -> bool:
    return any(ME in term.values or "mine" in term.values or "draft" in term.values for term in terms_of(tree))


def _ages(scope: Scope) -> bool:
    """Whether the time alone changes it, or what leaves no event: a draft."""
    return any(FIELDS[term.field].kind == "time" or "draft" in term.values for term in terms_of(scope.tree))
