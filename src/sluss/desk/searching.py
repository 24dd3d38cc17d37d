"""Finding cases. In: what somebody typed: words, a name, an address, `#10482`, a filter. Out: cases with the words around the match.

Only what the reader may see is found, counted or quoted. Mentions are walked from the newest; after a bounded number of them the search
says that it looked no further.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec
import sqlalchemy as sa

from sluss.cases.access import visible_to
from sluss.cases.filtering.names import read_names
from sluss.cases.models import cases
from sluss.cases.reindexing import is_rebuilding
from sluss.contacts.models import contacts
from sluss.desk.around import Around
from sluss.desk.asking import Asked, understand_search
from sluss.desk.excerpts import Looked, excerpts_of
from sluss.desk.facets import facets_of
from sluss.desk.marking import marked_where
from sluss.desk.rows import LISTED, Listed, show_rows
from sluss.desk.search_screens import Found, Hit
from sluss.desk.suggesting import found_contacts
from sluss.kernel.clock import SECOND
from sluss.kernel.search import Mention, Stretch, find_mentions, mentions_among
from sluss.kernel.text import fold
from sluss.kernel.tx import Tx

PAGE = 25
AT_ONCE, AT_ONCE_WITHOUT = 1_000, 200
"""Mentions that are fetched at a time; fewer where each case is looked through for what must not be in it."""
MOST = 3
"""Times that mentions are fetched, four times as many from the second on, where a filter leaves too few for a page."""
SELECTED = 300
NEWEST_LISTED = 500

Sort = Literal["relevance", "newest"]


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A case that was found, as far as it is needed to put it in order and to count it."""

    id: int
    number: int
    status: str
    inbox_id: int
    subject: str
    name: str
    mentions: tuple[Mention, ...] = ()


class Walked(msgspec.Struct, frozen=True):
    """Cases found, most recent mention first; `whole` unless older mentions were left unread."""

    cases: list[Candidate]
    whole: bool


def search(tx: Tx, around: Around, query: str, after: str, sort: Sort = "newest") -> Found:
    """One page of what was found."""
    asked = understand_search(tx, around.who, read_names(tx, around.who), query)
    if asked.problem or not asked.typed:
        return Found(query=asked.typed, problem=asked.problem)
    walked = find(tx, around, asked)
    found = walked.cases if sort == "newest" else sorted(walked.cases, key=lambda one: -_weight(asked, one))
    page, cursor = _page(found, after)
    return Found(
        query=asked.typed,
        sort=sort,
        hits=_hits(tx, around, asked, page),
        total=len(found),
        whole=walked.whole,
        after=cursor,
        contacts=() if after else found_contacts(tx, around.who, asked.question),
        facets=facets_of(around, asked, [(one.status, one.inbox_id) for one in found], datetime.fromtimestamp(tx.now / SECOND, UTC)),
        rebuilding=is_rebuilding(tx, around.who),
        straight=next((one.number for one in found if one.number == asked.number), 0),
    )


def find(tx: Tx, around: Around, asked: Asked, enough: int = PAGE) -> Walked:
    """Cases that hold all that was asked for; a case of the number that was typed comes first."""
    exact = [] if asked.number is None else _seen(tx, around, asked, cases.c.number == asked.number)
    walked = _walk(tx, around, asked, enough)
    known = {one.id for one in exact}
    return Walked([*exact, *(one for one in walked.cases if one.id not in known)], walked.whole)


def _walk(tx: Tx, around: Around, asked: Asked, enough: int) -> Walked:
    if not asked.question.wanted:
        listed = _seen(tx, around, asked, sa.true(), NEWEST_LISTED)
        return Walked(_without(tx, around, asked, listed), len(listed) < NEWEST_LISTED)
    if asked.selective:
        few = _seen(tx, around, asked, sa.true(), SELECTED)
        if len(few) < SELECTED:
            return Walked(_said_in(tx, around, asked, few), whole=True)
    return _walk_mentions(tx, around, asked, enough)


def _walk_mentions(tx: Tx, around: Around, asked: Asked, enough: int) -> Walked:
    found: dict[int, Candidate] = {}
    said: dict[int, list[Mention]] = {}
    below, size = asked.below, AT_ONCE_WITHOUT if asked.question.unwanted else AT_ONCE
    for _time in range(MOST):
        mentions = find_mentions(tx, around.who, asked.question, Stretch(size, below, asked.since))
        fresh = list(dict.fromkeys(one.case_id for one in mentions if one.case_id not in said))
        for one in mentions:
            said.setdefault(one.case_id, []).append(one)
        some = [one for start in range(0, len(fresh), 500) for one in _seen(tx, around, asked, cases.c.id.in_(fresh[start : start + 500]))]
        found |= {one.id: one for one in _without(tx, around, asked, some)}
        if len(mentions) < size:
            return Walked(_with(said, found), whole=True)
        if len(found) > enough:
            break
        below, size = mentions[-1].place, 4 * AT_ONCE
    return Walked(_with(said, found), whole=False)


def _seen(tx: Tx, around: Around, asked: Asked, which: sa.ColumnElement[bool], limit: int = AT_ONCE) -> list[Candidate]:
    """Those of some cases that the reader may see and the filter holds."""
    c, k = cases.c, contacts.c
    joined = cases.join(contacts, (k.workspace_id == c.workspace_id) & (k.id == c.contact_id))
    chosen = sa.select(*(c[name] for name in ("id", "number", "status", "inbox_id", "subject")), k.name).select_from(joined)
    wanted = chosen.where(visible_to(around.who), which, *asked.conditions)
    return tx.structs(Candidate, wanted.order_by(c.id.desc()).limit(limit) if limit < AT_ONCE else wanted)


def _said_in(tx: Tx, around: Around, asked: Asked, few: Sequence[Candidate]) -> list[Candidate]:
    """Those of a few cases in which the words occur."""
    said: dict[int, list[Mention]] = {}
    for one in mentions_among(tx, around.who, asked.question, [case.id for case in few]):
        if asked.since <= one.place < asked.below:
            said.setdefault(one.case_id, []).append(one)
    known = {one.id: one for one in few if one.id in said}
    return _with(said, {one.id: one for one in _without(tx, around, asked, list(known.values()))})


def _without(tx: Tx, around: Around, asked: Asked, found: list[Candidate]) -> list[Candidate]:
    """Those in which nothing unwanted is said anywhere."""
    if not asked.question.unwanted or not found:
        return found
    said: set[int] = set()
    for term in asked.question.unwanted:
        question = msgspec.structs.replace(asked.question, wanted=(term,), unwanted=())
        said |= {one.case_id for one in mentions_among(tx, around.who, question, [one.id for one in found])}
    return [one for one in found if one.id not in said]


def _with(said: dict[int, list[Mention]], found: dict[int, Candidate]) -> list[Candidate]:
    """Cases with their mentions, in the order of the newest of these."""
    return [msgspec.structs.replace(found[one], mentions=tuple(mentions)) for one, mentions in said.items() if one in found]


def _weight(asked: Asked, one: Candidate) -> int:
    """Words in the subject or the name count most, then how often a case says it; the newest stays first among equals."""
    heading = f" {fold(one.subject)} {fold(one.name)}"
    named = sum(f" {word}" in heading for word in asked.question.starts)
    return 100 * named + min(len(one.mentions), 20) + (10_000 if one.number == asked.number else 0)


def _page(found: list[Candidate], after: str) -> tuple[list[Candidate], str]:
    """From just after the case that the cursor names; from the start where it is not found any more."""
    start = next((index + 1 for index, one in enumerate(found) if str(one.id) == after), 0)
    page = found[start : start + PAGE]
    return page, str(page[-1].id) if start + PAGE < len(found) else ""


def _hits(tx: Tx, around: Around, asked: Asked, page: Sequence[Candidate]) -> tuple[Hit, ...]:
    listed = {case.id: case for case in tx.structs(Listed, LISTED.where(visible_to(around.who), cases.c.id.in_([one.id for one in page])))}
    rows = show_rows(tx, around, [listed[one.id] for one in page if one.id in listed])
    quoted = excerpts_of(tx, around, asked.question, [Looked(one.id, one.number, one.mentions) for one in page])
    return tuple(
        Hit(
            row=row,
            name=marked_where(row.contact.name, asked.question),
            subject=marked_where(row.subject, asked.question),
            excerpts=quoted.get(int(row.id), ()),
        )
        for row in rows
    )
