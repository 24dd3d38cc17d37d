"""Reading canned answers. In: who asks. Out: rows that exist for them, in which languages, by whom, how often used."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.kernel.actors import Actor
from sluss.kernel.clock import DAY
from sluss.kernel.errors import Missing
from sluss.kernel.schema import fields
from sluss.kernel.text import fold
from sluss.kernel.tx import Tx
from sluss.people.models import agents
from sluss.replies.canned.audience import Whom, reach_of, require_change
from sluss.replies.canned.models import canned_answers, canned_files, canned_texts, canned_uses, canned_versions

MOST = 2000
"""Answers that one workspace keeps, archived ones too."""
ALIKE = 0.85
_WORDS_TO_COMPARE = 4
_WORD = re.compile(r"\w+")


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A canned answer as stored, without its texts; instants in microseconds UTC."""

    id: int
    name: str
    shortcut: str | None
    folder: str
    original: str
    whom: Whom
    holder: int
    team_ids: list[int]
    inbox_ids: list[int]
    owner_id: int | None
    reviewed_at: int | None
    review_due_at: int | None
    source: Any
    revision: int
    created_at: int
    changed_at: int
    changed_by: int | None
    archived_at: int | None


class Use(msgspec.Struct, frozen=True):
    """How often and when last."""

    count: int = 0
    last_at: int = 0


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer was. `by` is who made it so, empty for Sluss itself."""

    revision: int
    at: int
    by: str
    content: Any


class CannedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that goes along with an answer."""

    answer_id: int
    id: int
    name: str
    media_type: str
    size: int
    digest: str


_CHOSEN = sa.select(*fields(Answer, canned_answers))


def access_answer(tx: Tx, who: Actor, answer_id: int) -> Answer:
    """The answer of an id. One that is not for the actor is `Missing`, exactly as one that does not exist."""
    this = _CHOSEN.where(canned_answers.c.workspace_id == who.workspace_id, canned_answers.c.id == answer_id)
    return _seen(tx, who, tx.struct(Answer, this))


def hold_answer(tx: Tx, who: Actor, answer_id: int) -> Answer:
    """The answer of an id, for a change, held until the transaction ends."""
    this = _CHOSEN.where(canned_answers.c.workspace_id == who.workspace_id, canned_answers.c.id == answer_id)
    found = _seen(tx, who, tx.struct(Answer, this.with_for_update()))
    require_change(who, found)
    return found


def list_answers(tx: Tx, who: Actor, *, archived: bool = False) -> list[Answer]:
    """All that exist for the actor, by name."""
    c = canned_answers.c
    kept = c.archived_at.is_not(None) if archived else c.archived_at.is_(None)
    mine = (c.workspace_id == who.workspace_id) & c.holder.in_({0, who.id}) & kept
    reach = reach_of(tx, who)
    found = tx.structs(Answer, _CHOSEN.where(mine).order_by(c.folder, c.name, c.id).limit(MOST))
    return [one for one in found if reach.covers(one)]


def texts_of(tx: Tx, who: Actor, answer_ids: Collection[int]) -> dict[int, dict[str, str]]:
    """Texts by answer and language. The ids are of answers that the actor has been given."""
    c = canned_texts.c
    mine = (c.workspace_id == who.workspace_id) & c.answer_id.in_(answer_ids)
    found: dict[int, dict[str, str]] = {one: {} for one in answer_ids}
    for row in tx.rows(sa.select(c.answer_id, c.language, c.text).where(mine).order_by(c.language)) if answer_ids else ():
        found[row.answer_id][row.language] = row.text
    return found


def files_of(tx: Tx, who: Actor, answer_ids: Collection[int]) -> dict[int, list[CannedFile]]:
    """Files by answer, in the order in which they were added."""
    c = canned_files.c
    mine = (c.workspace_id == who.workspace_id) & c.answer_id.in_(answer_ids)
    found: dict[int, list[CannedFile]] = {one: [] for one in answer_ids}
    for one in tx.structs(CannedFile, sa.select(*fields(CannedFile, canned_files)).where(mine).order_by(c.id)) if answer_ids else ():
        found[one.answer_id].append(one)
    return found


def uses_of(tx: Tx, who: Actor, *, since: int = 0, by_me: bool = False) -> dict[int, Use]:
    """Uses by answer, since a day of the epoch; only those by the actor with `by_me`."""
    c = canned_uses.c
    mine = (c.workspace_id == who.workspace_id) & (c.day >= since // DAY)
    mine &= (c.agent_id == who.id) if by_me else sa.true()
    counted = sa.select(c.answer_id, sa.func.sum(c.count).label("uses"), sa.func.max(c.last_at).label("last_at"))
    return {row.answer_id: Use(int(row.uses), int(row.last_at)) for row in tx.rows(counted.where(mine).group_by(c.answer_id))}


def versions_of(tx: Tx, who: Actor, answer_id: int) -> list[Version]:
    """What an answer has been, the newest first."""
    found = access_answer(tx, who, answer_id)
    c, a = canned_versions.c, agents.c
    joined = canned_versions.outerjoin(agents, (a.workspace_id == c.workspace_id) & (a.id == c.agent_id))
    columns: list[sa.ColumnElement[Any]] = [c.revision, c.at, sa.func.coalesce(a.name, "").label("by"), c.content]
    chosen = sa.select(*columns).select_from(joined)
    mine = (c.workspace_id == who.workspace_id) & (c.answer_id == found.id)
    return tx.structs(Version, chosen.where(mine).order_by(c.revision.desc()).limit(50))


def similar_answers(tx: Tx, who: Actor, texts: Mapping[str, str], but_id: int = 0) -> list[Answer]:
    """Those that say the same or nearly the same in some language; at most three."""
    mine = [found for one in texts.values() if len(found := _words(one)) >= _WORDS_TO_COMPARE]
    if not mine:
        return []
    answers = {one.id: one for one in list_answers(tx, who) if one.id != but_id}
    said = texts_of(tx, who, list(answers))
    alike = [one for one in answers.values() if any(_alike(ours, text) for ours in mine for text in said[one.id].values())]
    return alike[:3]


def fitting(texts: Mapping[str, str], original: str, wanted: Sequence[str]) -> str:
    """The language to take: the first wanted one that there is, a relative of it, else the original."""
    for language in filter(None, wanted):
        if language in texts:
            return language
        near = [one for one in texts if one.partition("-")[0] == language.partition("-")[0]]
        if near:
            return near[0]
    return original if original in texts else next(iter(texts), "")


def _alike(ours: frozenset[str], text: str) -> bool:
    theirs = _words(text)
    return len(ours & theirs) >= ALIKE * len(ours | theirs)


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(fold(text)))


def _seen(tx: Tx, who: Actor, found: Answer | None) -> Answer:
    if found is None or not reach_of(tx, who).covers(found):
        raise Missing
    return found
