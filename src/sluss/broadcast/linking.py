"""Which cases are about a notice. In: cases that somebody links, open notices and what cases say. Out: links, and suggestions.

A suggestion is a case of the time of the notice that shares words with it; a person links it, by one press.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.broadcast.events import NoticeLinked
from sluss.broadcast.models import bulletins, notice_cases, notices
from sluss.broadcast.notices import access_notice
from sluss.cases.access import access_case, visible_to, work_on_case
from sluss.cases.models import cases
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.clock import HOUR
from sluss.kernel.errors import Conflict
from sluss.kernel.tx import Tx

BEFORE = 6 * HOUR
"""How long before a notice was written its cases may have come."""
LOOKED_AT = 1_000
SUGGESTED = 50
STEM = 5
"""Letters by which words are compared: what follows is grammar, in Swedish and Polish most of all."""
SHORTEST = 4
NAMED = 3
"""How many common words one that a person named is worth."""

_WORD = re.compile(r"[^\W_]{2,40}")


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """A case that may be about a notice. `common` are the words that say so."""

    case_id: int
    number: int
    subject: str
    preview: str
    opened_at: int
    common: tuple[str, ...]
    score: int


class About(msgspec.Struct, frozen=True, kw_only=True):
    """An open notice that a case may be about, or is (`linked`)."""

    notice_id: int
    title: str
    linked: bool = False


def link_case(tx: Tx, who: Actor, notice_id: int, case_id: int) -> None:
    """Say that a case is about a notice; saying it again changes nothing."""
    notice = access_notice(tx, who, notice_id)
    if notice.state == "withdrawn":
        raise Conflict("This notice was withdrawn.")
    case = work_on_case(tx, who, case_id)
    if tx.row(sa.select(notice_cases.c.case_id).where(_link(who, notice_id, case.id))) is not None:
        return
    row: dict[str, Any] = {"workspace_id": who.workspace_id, "notice_id": notice_id, "case_id": case.id, "linked_by": who.id}
    tx.run(sa.insert(notice_cases), row | {"linked_at": tx.now, "state": "linked", "why": "", "answer_by": None, "done_at": None})
    tx.emit(who, NoticeLinked(notice_id=notice_id, case_id=case.id, linked=True))
    note_deed(tx, who, "notice.link", ("case", case.id), number=case.number)


def unlink_case(tx: Tx, who: Actor, notice_id: int, case_id: int) -> None:
    """The case is about something else."""
    case = work_on_case(tx, who, case_id)
    free = _link(who, notice_id, case.id) & (notice_cases.c.state != "answered")
    if tx.run(sa.delete(notice_cases).where(free)).rowcount:
        tx.emit(who, NoticeLinked(notice_id=notice_id, case_id=case.id, linked=False))
        note_deed(tx, who, "notice.unlink", ("case", case.id), number=case.number)


def link_cases(tx: Tx, who: Actor, notice_id: int, numbers: Collection[int]) -> int:
    """Link several by their numbers; what the actor may not see is passed over. Returns how many there were."""
    wanted = sa.select(cases.c.id).where(visible_to(who), cases.c.number.in_(sorted(set(numbers))[:LOOKED_AT]))
    found = [row.id for row in tx.rows(wanted.order_by(cases.c.number))]
    for case_id in found:
        link_case(tx, who, notice_id, case_id)
    return len(found)


def suggest_cases(tx: Tx, who: Actor, notice_id: int) -> list[Suggestion]:
    """Open cases of its time that share words with a notice and are not linked, the likeliest first."""
    notice = access_notice(tx, who, notice_id)
    named, common = _words_of(tx, who, notice)
    c = cases.c
    linked = sa.select(notice_cases.c.case_id).where(_of(who, notice_id))
    wanted = sa.select(c.id, c.number, c.subject, c.preview, c.opened_at).where(
        visible_to(who), c.status.in_(("open", "pending")), c.opened_at >= notice.since - BEFORE, c.id.not_in(linked)
    )
    rows = tx.rows(wanted.order_by(c.opened_at.desc()).limit(LOOKED_AT))
    found = [one for row in rows if (one := _suggestion(row, named, common)) is not None]
    return sorted(found, key=lambda one: (-one.score, one.opened_at))[:SUGGESTED]


def notices_about(tx: Tx, who: Actor, case_id: int) -> list[About]:
    """The notices that a case is about, and those that are open and share words with it."""
    open_now = tx.rows(sa.select(notices).where(notices.c.workspace_id == who.workspace_id, notices.c.state == "open").limit(20))
    linked = {row.notice_id for row in tx.rows(sa.select(notice_cases.c.notice_id).where(_case(who, case_id)))}
    if not open_now and not linked:
        return []
    case = access_case(tx, who, case_id)
    found: list[About] = []
    for notice in open_now:
        near = case.status in {"open", "pending"} and case.opened_at >= notice.since - BEFORE
        if notice.id in linked or (near and _suggestion(case, *_words_of(tx, who, notice)) is not None):
            found.append(About(notice_id=notice.id, title=notice.title, linked=notice.id in linked))
    rest = linked - {one.notice_id for one in found}
    over = tx.rows(sa.select(notices.c.id, notices.c.title).where(notices.c.workspace_id == who.workspace_id, notices.c.id.in_(rest)))
    return [*found, *(About(notice_id=row.id, title=row.title, linked=True) for row in over)]


def stems(text: str) -> dict[str, str]:
    """The words of a text by what they are compared by; short ones say nothing."""
    return {word.casefold()[:STEM]: word for word in _WORD.findall(text) if len(word) >= SHORTEST}


def _words_of(tx: Tx, who: Actor, notice: sa.Row[Any]) -> tuple[set[str], set[str]]:
    """What a person named, which counts however short it is, and what the notice says."""
    named = {word.casefold()[:STEM] for part in notice.words.split(",") for word in _WORD.findall(part)}
    b = bulletins.c
    first = sa.select(b.text).where(b.workspace_id == who.workspace_id, b.notice_id == notice.id).order_by(b.id).limit(1)
    return named, set(stems(f"{notice.title} {tx.value(first) or ''}")) - named


def _suggestion(case: Any, named: set[str], common: set[str]) -> Suggestion | None:
    said = {word.casefold()[:STEM]: word for word in _WORD.findall(f"{case.subject} {case.preview}")}
    strong, weak = named & set(said), common & {stem for stem, word in said.items() if len(word) >= SHORTEST}
    score = NAMED * len(strong) + len(weak)
    if score < 2:
        return None
    known: dict[str, Any] = {"number": case.number, "subject": case.subject, "preview": case.preview, "opened_at": case.opened_at}
    return Suggestion(case_id=case.id, **known, common=tuple(_shown(said, (*sorted(strong), *sorted(weak)))), score=score)


def _shown(said: dict[str, str], found: Iterable[str]) -> Iterable[str]:
    return (said[stem] for stem in found)


def _of(who: Actor, notice_id: int) -> sa.ColumnElement[bool]:
    return (notice_cases.c.workspace_id == who.workspace_id) & (notice_cases.c.notice_id == notice_id)


def _case(who: Actor, case_id: int) -> sa.ColumnElement[bool]:
    return (notice_cases.c.workspace_id == who.workspace_id) & (notice_cases.c.case_id == case_id)


def _link(who: Actor, notice_id: int, case_id: int) -> sa.ColumnElement[bool]:
    return _of(who, notice_id) & (notice_cases.c.case_id == case_id)
