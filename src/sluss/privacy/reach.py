"""Removing rows together with everything that hangs on them, however many slices keep something there.

In: a table and ids. Out: fewer rows, and how many went of each table. What must refer to a removed row goes with it; what may refer to it
is cut loose. References are those of the tables' own declarations, so that a new table is reached without being named here; what is kept
outside of references (words in the search, bytes, keys, timers, events) has its own line in `BESIDE`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.actions import WAKE
from sluss.cases.models import attachments, cases, erased_keys, message_keys, messages, notes
from sluss.intake.forgetting import forget_envelopes
from sluss.intake.models import envelopes
from sluss.kernel.actors import Actor
from sluss.kernel.blobs import loosen
from sluss.kernel.events import events
from sluss.kernel.jobs import cancel
from sluss.kernel.schema import metadata
from sluss.kernel.search import remove_texts
from sluss.kernel.tx import Tx
from sluss.privacy.models import exports, reads

MANY = 400
"""Ids in one statement."""
BLANKED = "erased"
"""The kind of an event of which nothing is left but its place in the log: no release reads it, and readers of the log miss nothing."""
PARTS = {("attachments", "message_id"), ("attachments", "note_id"), ("fetches", "message_id"), ("fetches", "identity_id")}
"""Optional references that still mean belonging."""
TRAITS = frozenset({"identity_profiles", "thread_posts", "thread_standings", "fetches"})
"""Tables whose rows say something about another row, and keep none alive."""


class Order(msgspec.Struct, frozen=True):
    """By whose order rows go. `erasure_id` is None where their time was over."""

    who: Actor
    erasure_id: int | None
    tally: Counter[str]


def remove(tx: Tx, order: Order, table: sa.Table, ids: Sequence[int]) -> None:
    """Remove rows of a table with an id, and what hangs on them."""
    for some in _in_parts(ids):
        for child, column in children(table.name):
            part_from(tx, order, child, column, some)
        beside = BESIDE.get(table.name)
        if beside is not None:
            beside(tx, order, some)
        gone = tx.run(sa.delete(table).where(table.c.workspace_id == order.who.workspace_id, table.c.id.in_(some))).rowcount
        order.tally[table.name] += gone


def hangs(tx: Tx, who: Actor, table: sa.Table, ids: Sequence[int]) -> set[int]:
    """Those of the ids to which any row must refer."""
    found: set[int] = set()
    for child, column in children(table.name):
        if child.name in TRAITS:
            continue
        if not column.nullable or (child.name, column.name) in PARTS or child.name == "messages":
            mine = (child.c.workspace_id == who.workspace_id) & column.in_(ids)
            found |= {row[0] for row in tx.rows(sa.select(column).where(mine).distinct())}
    return found


def forget_keys(tx: Tx, order: Order, message_ids: Sequence[int]) -> None:
    """Keep of a message's key only a mark, by which the same message is known if it is delivered again."""
    c = message_keys.c
    these = (c.workspace_id == order.who.workspace_id) & c.message_id.in_(message_ids)
    marks = {tx.host.mark(row.dedupe_key) for row in tx.rows(sa.select(c.dedupe_key).where(these))}
    known = {row.mark for row in tx.rows(sa.select(erased_keys.c.mark).where(erased_keys.c.mark.in_(marks)))}
    key = {"workspace_id": order.who.workspace_id, "erasure_id": order.erasure_id, "at": tx.now}
    if marks - known:
        tx.run(sa.insert(erased_keys), [key | {"mark": mark} for mark in sorted(marks - known)])
    tx.run(sa.delete(message_keys).where(these))


def forget_bytes(tx: Tx, order: Order, message_ids: Sequence[int]) -> None:
    """The envelopes that messages came in, whichever of the two knows of the other."""
    e, m = envelopes.c, messages.c
    mine = (m.workspace_id == order.who.workspace_id) & m.id.in_(message_ids) & m.envelope_id.is_not(None)
    ids = {row.envelope_id for row in tx.rows(sa.select(m.envelope_id).where(mine))}
    theirs = (e.workspace_id == order.who.workspace_id) & e.message_id.in_(message_ids)
    ids |= {row.id for row in tx.rows(sa.select(e.id).where(theirs))}
    order.tally["envelopes"] += forget_envelopes(tx, order.who, sorted(ids), order.erasure_id)


def loosen_attachments(tx: Tx, order: Order, ids: Sequence[int]) -> None:
    """Have the files of attachments collected unless somebody else's row names them as well."""
    c = attachments.c
    mine = (c.workspace_id == order.who.workspace_id) & c.id.in_(ids)
    loosen(tx, [row.digest for row in tx.rows(sa.select(c.digest).where(mine))], order.erasure_id)


def _forget_message(tx: Tx, order: Order, ids: Sequence[int]) -> None:
    forget_keys(tx, order, ids)
    forget_bytes(tx, order, ids)
    remove_texts(tx, order.who, ids)


def _forget_note(tx: Tx, order: Order, ids: Sequence[int]) -> None:
    remove_texts(tx, order.who, ids)


def _forget_case(tx: Tx, order: Order, ids: Sequence[int]) -> None:
    led_here = (cases.c.workspace_id == order.who.workspace_id) & cases.c.merged_into_id.in_(ids)
    tx.run(sa.update(cases).where(led_here).values(merged_into_id=None))
    for case_id in ids:
        cancel(tx, order.who, WAKE, str(case_id))
    c = events.c
    mine = (c.workspace_id == order.who.workspace_id) & c.case_id.in_(ids) & (c.kind != BLANKED)
    tx.run(sa.update(events).where(mine).values(kind=BLANKED, data={}, actor_kind="system", actor_id=0))
    tx.run(sa.delete(reads).where(reads.c.workspace_id == order.who.workspace_id, reads.c.case_id.in_(ids)))


def _forget_contact(tx: Tx, order: Order, ids: Sequence[int]) -> None:
    remove_texts(tx, order.who, ids)
    tx.run(sa.delete(reads).where(reads.c.workspace_id == order.who.workspace_id, reads.c.contact_id.in_(ids)))


def _forget_export(tx: Tx, order: Order, ids: Sequence[int]) -> None:
    c = exports.c
    mine = (c.workspace_id == order.who.workspace_id) & c.id.in_(ids)
    loosen(tx, [row.digest for row in tx.rows(sa.select(c.digest).where(mine))], order.erasure_id)


BESIDE: Mapping[str, Callable[[Tx, Order, Sequence[int]], None]] = {
    messages.name: _forget_message,
    notes.name: _forget_note,
    attachments.name: loosen_attachments,
    cases.name: _forget_case,
    "contacts": _forget_contact,
    exports.name: _forget_export,
}


def part_from(tx: Tx, order: Order, child: sa.Table, column: sa.Column[Any], ids: Sequence[int]) -> None:
    """What refers to rows that go: goes with them, or stays and refers to nothing."""
    these = (child.c.workspace_id == order.who.workspace_id) & column.in_(ids)
    if column.nullable and (child.name, column.name) not in PARTS:
        if child is attachments:  # an upload that was never sent belongs to its case alone
            alone = these & child.c.message_id.is_(None) & child.c.note_id.is_(None)
            remove(tx, order, child, [row.id for row in tx.rows(sa.select(child.c.id).where(alone))])
        tx.run(sa.update(child).where(these).values({column.name: None}))
        return
    if child.name == "identity_profiles":
        shown = tx.rows(sa.select(child.c.picture_digest).where(these, child.c.picture_digest != ""))
        loosen(tx, [row.picture_digest for row in shown], order.erasure_id)
    if "id" in child.c:
        remove(tx, order, child, [row.id for row in tx.rows(sa.select(child.c.id).where(these))])
        return
    order.tally[child.name] += tx.run(sa.delete(child).where(these)).rowcount


@cache
def children(name: str) -> list[tuple[sa.Table, sa.Column[Any]]]:
    """Tables of workspaces' rows that refer to a table, each with the column that does."""
    return [
        (child, pair.parent)
        for child in metadata.sorted_tables
        for constraint in child.foreign_key_constraints
        if constraint.referred_table.name == name
        for pair in constraint.elements
        if pair.parent.name != "workspace_id"
    ]


def _in_parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), MANY):
        yield ids[start : start + MANY]
