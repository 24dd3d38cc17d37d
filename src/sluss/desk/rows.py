"""Rows of lists, in sets: fifty take the same handful of statements as one. In: a view, an order, a cursor. Out: rows, the next cursor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow, other_inboxes
from sluss.cases.filtering.facts import facts_of
from sluss.cases.models import case_tags, cases, tags
from sluss.contacts.models import contacts
from sluss.customers.screens import Person
from sluss.desk.around import Around, people
from sluss.desk.list_screens import Row
from sluss.desk.order import Place, Sort, Stretch, cursor_of, number_of, place_of, read_cursor, stretches
from sluss.desk.presence import show_colleagues
from sluss.desk.sides import Mark, marks_of
from sluss.desk.views import Scope
from sluss.desk.visiting import RECENT, visits_at
from sluss.kernel.actors import Actor
from sluss.kernel.schema import fields
from sluss.kernel.tx import Tx
from sluss.outbox.queries import troubles_of
from sluss.proposals.queries import proposed_cases
from sluss.replies.models import drafts

PAGE = 50


class Listed(CaseRow, frozen=True, kw_only=True):
    """A case with its customer's name, as lists show it."""

    contact_name: str
    woken_at: int | None


LISTED = sa.select(*fields(Listed, cases, contact_name=contacts.c.name)).select_from(
    cases.join(contacts, (contacts.c.workspace_id == cases.c.workspace_id) & (contacts.c.id == cases.c.contact_id))
)


class Beside(msgspec.Struct, frozen=True):
    """What stands beside cases, by their ids. `drafters` are agents with an unsent reply or note, `inboxes` those it came to, too.

    `marks` are of cases that others read along in.
    """

    tags: Mapping[int, tuple[str, ...]]
    troubles: Mapping[int, Literal["failed", "unknown"]]
    drafters: Mapping[int, frozenset[int]]
    people: Mapping[int, Person]
    inboxes: Mapping[int, frozenset[int]]
    marks: Mapping[int, Mark] = {}


def list_page(tx: Tx, around: Around, scope: Scope, sort: Sort, after: str) -> tuple[list[Listed], str]:
    """One page of a view, and the cursor of the next (empty at the end)."""
    found = stretches(scope, sort)
    start = read_cursor(after, found) if after else ()
    wanted = LISTED.where(scope.condition(around.who))
    listed = _walk(tx, wanted, (found, sort), start, PAGE + 1)
    page = listed[:PAGE]
    return page, cursor_of(place_of(page[-1], sort)) if len(listed) > PAGE else ""


def neighbours(tx: Tx, around: Around, scope: Scope, sort: Sort, case: CaseRow) -> tuple[int | None, int | None]:
    """Numbers of the cases before and after one; where it has left the view, the first one comes after it."""
    found, wanted = stretches(scope, sort), LISTED.where(scope.condition(around.who))
    facts = facts_of(tx, around.who, [case])[case.id] if scope.reader else None
    others = facts.inboxes if facts else other_inboxes(tx, around.who, [case.id]).get(case.id, ())
    if not scope.holds(case, others, facts):
        first = _walk(tx, wanted, (found, sort), (), 1)
        return None, first[0].number if first else None
    place = place_of(case, sort)
    before = _walk(tx, wanted, (found, sort), place, 1, backwards=True)
    after = _walk(tx, wanted, (found, sort), place, 1)
    return before[0].number if before else None, after[0].number if after else None


def stand_beside(tx: Tx, around: Around, listed: Sequence[CaseRow]) -> Beside:
    """Tags, troubles, drafts, names and further inboxes for a set of cases: five statements, and one where some may be public."""
    ids, who = [case.id for case in listed], around.who
    if not ids:
        return Beside({}, {}, {}, {}, {})
    names, others = people(tx, who, (case.assignee_id for case in listed)), other_inboxes(tx, who, ids)
    seen = [case.id for case in listed if case.id in others or around.face(case.inbox_id).can_at("public").visibility == "public"]
    return Beside(_tags(tx, who, ids), troubles_of(tx, who, ids), _drafters(tx, who, ids), names, others, marks_of(tx, who, seen))


def show_row(around: Around, case: Listed, beside: Beside, sort: Sort = "oldest") -> Row:
    """One row for the reader."""
    face, mark = around.face(case.inbox_id), beside.marks.get(case.id, "")
    side = "public" if mark == "public" else "private"
    return Row(
        id=str(case.id),
        no=case.number,
        contact=Person(str(case.contact_id), case.contact_name),
        subject=case.subject,
        preview=case.preview,
        at=case.active_at,
        sort=number_of(case, sort),
        channel_icon=face.can_at(side).icon,
        channel_label=face.label_at(side),
        inbox=face.name,
        status=case.status,
        priority=case.priority,
        unread=case.waiting_since is not None,
        drafted=around.who.id in beside.drafters.get(case.id, ()),
        waiting_since=case.waiting_since,
        assignee=beside.people.get(case.assignee_id or 0),
        tags=beside.tags.get(case.id, ()),
        trouble=beside.troubles.get(case.id, ""),
        woken=case.status == "open" and (case.woken_at or 0) >= case.active_at,
        live=face.can.is_live,
        public=mark,
    )


def show_rows(tx: Tx, around: Around, listed: Sequence[Listed], sort: Sort = "oldest") -> tuple[Row, ...]:
    """Rows for the reader."""
    beside = stand_beside(tx, around, listed)
    ids = [case.id for case in listed]
    here, visits, proposed = show_colleagues(tx, around.who, ids), visits_at(tx, around, ids), proposed_cases(tx, around.who, ids)
    visits = {one: visit for one, visit in visits.items() if visit.state != "gone" or visit.at > tx.now - RECENT}
    near = ({"here": here.get(one, ()), "visit": visits.get(one), "proposed": one in proposed} for one in ids)
    return tuple(msgspec.structs.replace(show_row(around, case, beside, sort), **now) for case, now in zip(listed, near, strict=True))


def tags_of(tx: Tx, who: Actor, case_id: int) -> tuple[str, ...]:
    """Tags of one case, by name."""
    return _tags(tx, who, [case_id]).get(case_id, ())


def _walk(
    tx: Tx, wanted: sa.Select[Any], ordered: tuple[list[Stretch], Sort], start: Place, count: int, *, backwards: bool = False
) -> list[Listed]:
    """So many cases from a place on, over as many stretches as it takes."""
    found, sort = ordered
    listed: list[Listed] = []
    numbers = sorted({one.number for one in found}, reverse=backwards)
    for number in numbers:
        if start and (number > start[0] if backwards else number < start[0]):
            continue
        beyond = start[1:] if start and number == start[0] else ()
        beside = [one for one in found if one.number == number]
        rows = [
            row for one in beside for row in tx.structs(Listed, one.page(wanted, beyond, backwards=backwards).limit(count - len(listed)))
        ]
        if len(beside) > 1:
            rows.sort(key=lambda row: place_of(row, sort), reverse=beside[0].descending != backwards)
        listed += rows[: count - len(listed)]
        if len(listed) >= count:
            break
    return listed


def _tags(tx: Tx, who: Actor, case_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    joined = case_tags.join(tags, (tags.c.workspace_id == case_tags.c.workspace_id) & (tags.c.id == case_tags.c.tag_id))
    mine = (case_tags.c.workspace_id == who.workspace_id) & case_tags.c.case_id.in_(case_ids)
    found: dict[int, tuple[str, ...]] = {}
    for row in tx.rows(sa.select(case_tags.c.case_id, tags.c.name).select_from(joined).where(mine).order_by(tags.c.name)):
        found[row.case_id] = (*found.get(row.case_id, ()), row.name)
    return found


def _drafters(tx: Tx, who: Actor, case_ids: Sequence[int]) -> dict[int, frozenset[int]]:
    c = drafts.c
    unsent = (c.workspace_id == who.workspace_id) & c.case_id.in_(case_ids) & ((c.text != "") | (c.attachment_ids != []))
    found: dict[int, frozenset[int]] = {}
    for row in tx.rows(sa.select(c.case_id, c.agent_id).where(unsent)):
        found[row.case_id] = found.get(row.case_id, frozenset()) | {row.agent_id}
    return found
