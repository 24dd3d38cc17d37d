"""From a filter to a condition of the database. In: a tree, who reads. Out: a condition on `cases`, all values bound.

What is true of it is true of `holding.holds`, case by case: a comparison with nothing is false, never unknown. Questions about other tables
look at nothing of the statement around them but its case, whatever else that statement reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.access import at_inboxes
from sluss.cases.filtering.names import Names
from sluss.cases.filtering.terms import AHEAD, ME, NOBODY, UNFINISHED, All, Not, Part, Some, Term
from sluss.cases.filtering.times import stretch_of
from sluss.cases.models import case_tags, cases, conversations, messages, notes
from sluss.contacts.models import contacts, identities
from sluss.kernel.actors import Actor
from sluss.kernel.schema import metadata

DONE = ("solved", "closed")
INSTANTS = {
    "waiting": "waiting_since",
    "opened": "opened_at",
    "active": "active_at",
    "solved": "solved_at",
    "snoozed": "snoozed_until",
}

Condition = sa.ColumnElement[bool]


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """For whom a filter is read: `me` is them, `today` is theirs, and names are those they know."""

    who: Actor
    names: Names
    now: int
    zone: str = "UTC"


def condition(tree: Part, reader: Reader) -> Condition:
    """Which cases a filter holds. It does not say which of them the reader may see."""
    if isinstance(tree, All):
        return sa.and_(sa.true(), *(condition(part, reader) for part in tree.parts))
    if isinstance(tree, Some):
        return sa.or_(*(condition(part, reader) for part in tree.parts))
    if isinstance(tree, Not):
        return sa.not_(condition(tree.part, reader))
    return _CONDITIONS[tree.field](tree, reader)


def addresses_of(term: Term) -> list[str]:
    """Whole addresses of a term, as typed and in small letters."""
    return sorted({form for one in map(str, term.values) if not one.startswith("@") for form in (one, one.lower())})


def inboxes_of(term: Term, names: Names) -> list[int]:
    """The inboxes that a term on inbox, team or channel means, as far as the reader sees them."""
    if term.field == "inbox":
        return [int(one) for one in term.values if one in names.of("inbox")]
    if term.field == "team":
        return sorted({inbox for one in term.values for inbox in names.handled.get(int(one), ())})
    return sorted({inbox for one in term.values for inbox in names.channels.get(str(one), ())})


def agents_of(term: Term, reader: Reader) -> list[int]:
    """The agents that a term names, the reader by `me`."""
    return [reader.who.id if one == ME else int(one) for one in term.values if one != NOBODY]


def _is(term: Term, reader: Reader) -> Condition:
    c, held = cases.c, _unindexed(cases.c.assignee_id)
    meant: dict[str, Condition] = {
        "unfinished": c.status.in_(UNFINISHED),
        "done": c.status.in_(DONE),
        "waiting": c.waiting_since.is_not(None),
        "mine": held.is_not(None) & (held == reader.who.id),
        "assigned": held.is_not(None),
        "unassigned": held.is_(None),
    }
    statuses = [str(one) for one in term.values if one not in meant]
    found = [meant[str(one)] for one in term.values if one in meant]
    return sa.or_(*([c.status.in_(statuses)] if statuses else []), *found)


def _assignee(term: Term, reader: Reader) -> Condition:
    c = _unindexed(cases.c.assignee_id)
    held = agents_of(term, reader)
    nobody = [c.is_(None)] if NOBODY in term.values else []
    return sa.or_(*nobody, *([c.is_not(None) & c.in_(held)] if held else []))


def _at_inboxes(term: Term, reader: Reader) -> Condition:
    found = inboxes_of(term, reader.names)
    return at_inboxes(found) if found else sa.false()


def _channel(term: Term, reader: Reader) -> Condition:
    return _unindexed(cases.c.inbox_id).in_(inboxes_of(term, reader.names))


def _tag(term: Term, _reader: Reader) -> Condition:
    return _beside(case_tags, case_tags.c.tag_id.in_([int(one) for one in term.values]))


def _priority(term: Term, _reader: Reader) -> Condition:
    return cases.c.priority.in_(term.values)


def _number(term: Term, _reader: Reader) -> Condition:
    return cases.c.number.in_(term.values)


def _language(term: Term, _reader: Reader) -> Condition:
    c = contacts.c
    spoken = sa.func.lower(c.language)
    meant = sa.or_(*((spoken == one) | spoken.startswith(f"{one}-", autoescape=True) for one in map(str, term.values)))
    return sa.exists().where(c.workspace_id == cases.c.workspace_id, c.id == cases.c.contact_id, meant).correlate(cases)


def _from(term: Term, _reader: Reader) -> Condition:
    c = identities.c
    domains = [one for one in map(str, term.values) if one.startswith("@")]
    meant = sa.or_(c.address.in_(addresses_of(term)), *(sa.func.lower(c.address).endswith(one, autoescape=True) for one in domains))
    return sa.exists().where(c.workspace_id == cases.c.workspace_id, c.contact_id == cases.c.contact_id, meant).correlate(cases)


def _has(term: Term, reader: Reader) -> Condition:
    meant: Mapping[str, Callable[[], Condition]] = {
        "draft": lambda: drafted(reader.who),
        "note": lambda: _beside(notes, sa.true()),
        "tag": lambda: _beside(case_tags, sa.true()),
        "file": _filed,
    }
    return sa.or_(*(meant[str(one)]() for one in term.values))


def _filed() -> Condition:
    v, m = conversations.c, messages.c
    # One within the other: of a join, SQLite would begin with every message that there is.
    carried = sa.exists().where(m.workspace_id == v.workspace_id, m.conversation_id == v.id, m.files > 0).correlate(conversations)
    return sa.exists().where(v.workspace_id == cases.c.workspace_id, v.case_id == cases.c.id, carried).correlate(cases)


def drafted(who: Actor) -> Condition:
    """Cases in which the reader has begun to write. Drafts belong to a slice above this one, so their table is found by its name."""
    c = metadata.tables["drafts"].c
    return sa.exists().where(c.workspace_id == cases.c.workspace_id, c.case_id == cases.c.id, begun_by(who)).correlate(cases)


def begun_by(who: Actor) -> Condition:
    """Drafts of an agent in which something stands."""
    c = metadata.tables["drafts"].c
    return (c.agent_id == who.id) & ((c.text != "") | (c.attachment_ids != []))


def _instant(term: Term, reader: Reader) -> Condition:
    c = cases.c[INSTANTS[term.field]] if term.field == "waiting" else _unindexed(cases.c[INSTANTS[term.field]])
    found: list[Condition] = []
    for one in term.values:
        low, high = stretch_of(str(one), reader.zone, reader.now, ahead=term.field in AHEAD)
        bounds = [*([c >= low] if low is not None else []), *([c < high] if high is not None else [])]
        found.append(sa.and_(c.is_not(None), *bounds))
    return sa.or_(*found)


def _unindexed(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The same value, by which no index is chosen: a list is walked in its own order, and what is rare is found by `narrowing`."""
    return column + 0


def _beside(table: sa.Table, more: Condition) -> Condition:
    c: Any = table.c
    return sa.exists().where(c.workspace_id == cases.c.workspace_id, c.case_id == cases.c.id, more).correlate(cases)


_CONDITIONS: Mapping[str, Callable[[Term, Reader], Condition]] = {
    "is": _is,
    "assignee": _assignee,
    "team": _at_inboxes,
    "inbox": _at_inboxes,
    "channel": _channel,
    "tag": _tag,
    "priority": _priority,
    "lang": _language,
    "from": _from,
    "has": _has,
    "number": _number,
} | dict.fromkeys(INSTANTS, _instant)
