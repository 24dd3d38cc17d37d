"""Whether one case in hand stands in a filter, without asking the database. In: a tree, facts, who reads. Out: yes or no.

Agrees with `conditions.condition` for every case; a property test holds the two together on both databases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from sluss.cases.access import CaseRow
from sluss.cases.filtering.conditions import DONE, INSTANTS, Reader, addresses_of, agents_of, inboxes_of
from sluss.cases.filtering.terms import AHEAD, NOBODY, UNFINISHED, All, Not, Part, Some, Term
from sluss.cases.filtering.times import stretch_of


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """A case and what filters ask about it. `inboxes` are those it came to besides its own, `drafters` who has begun to write."""

    case: CaseRow
    inboxes: frozenset[int] = frozenset()
    tags: frozenset[int] = frozenset()
    drafters: frozenset[int] = frozenset()
    addresses: frozenset[str] = frozenset()
    language: str = ""
    noted: bool = False
    filed: bool = False


def holds(tree: Part, facts: Facts, reader: Reader) -> bool:
    """Whether the case stands in the filter."""
    if isinstance(tree, All):
        return all(holds(part, facts, reader) for part in tree.parts)
    if isinstance(tree, Some):
        return any(holds(part, facts, reader) for part in tree.parts)
    if isinstance(tree, Not):
        return not holds(tree.part, facts, reader)
    return _HOLDS[tree.field](tree, facts, reader)


def _is(term: Term, facts: Facts, reader: Reader) -> bool:
    case = facts.case
    meant = {
        "unfinished": case.status in UNFINISHED,
        "done": case.status in DONE,
        "waiting": case.waiting_since is not None,
        "mine": case.assignee_id == reader.who.id,
        "assigned": case.assignee_id is not None,
        "unassigned": case.assignee_id is None,
    }
    return any(meant.get(str(one), case.status == one) for one in term.values)


def _assignee(term: Term, facts: Facts, reader: Reader) -> bool:
    held = facts.case.assignee_id
    return NOBODY in term.values if held is None else held in agents_of(term, reader)


def _at_inboxes(term: Term, facts: Facts, reader: Reader) -> bool:
    return not facts.inboxes.union({facts.case.inbox_id}).isdisjoint(inboxes_of(term, reader.names))


def _channel(term: Term, facts: Facts, reader: Reader) -> bool:
    return facts.case.inbox_id in inboxes_of(term, reader.names)


def _tag(term: Term, facts: Facts, _reader: Reader) -> bool:
    return any(one in facts.tags for one in term.values)


def _priority(term: Term, facts: Facts, _reader: Reader) -> bool:
    return facts.case.priority in term.values


def _number(term: Term, facts: Facts, _reader: Reader) -> bool:
    return facts.case.number in term.values


def _language(term: Term, facts: Facts, _reader: Reader) -> bool:
    spoken = facts.language.lower()
    return any(spoken == one or spoken.startswith(f"{one}-") for one in map(str, term.values))


def _from(term: Term, facts: Facts, _reader: Reader) -> bool:
    domains = tuple(one for one in map(str, term.values) if one.startswith("@"))
    whole = addresses_of(term)
    return any(one in whole or one.lower().endswith(domains) for one in facts.addresses)


def _has(term: Term, facts: Facts, reader: Reader) -> bool:
    meant = {"draft": reader.who.id in facts.drafters, "note": facts.noted, "tag": bool(facts.tags), "file": facts.filed}
    return any(meant[str(one)] for one in term.values)


def _instant(term: Term, facts: Facts, reader: Reader) -> bool:
    at: int | None = getattr(facts.case, INSTANTS[term.field])
    if at is None:
        return False
    found = [stretch_of(str(one), reader.zone, reader.now, ahead=term.field in AHEAD) for one in term.values]
    return any((low is None or at >= low) and (high is None or at < high) for low, high in found)


_HOLDS: Mapping[str, Callable[[Term, Facts, Reader], bool]] = {
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
