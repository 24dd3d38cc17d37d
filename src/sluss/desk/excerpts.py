"""What is shown of a case that was found: who said it, when, and the words around. In: its mentions. Out: at most two excerpts for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.models import attachments, messages, notes
from sluss.contacts.models import identities
from sluss.desk.around import Around, people
from sluss.desk.marking import END, START, marked_around, marked_where
from sluss.desk.search_screens import Excerpt
from sluss.kernel.search import Mention
from sluss.kernel.spelling import KEPT
from sluss.kernel.terms import Question
from sluss.kernel.tx import Tx

SHOWN = 2
LOOKED_AT = 4
"""Mentions of one case that are read to choose from."""


class Looked(msgspec.Struct, frozen=True):
    """A case that was found, and where."""

    case_id: int
    number: int
    mentions: tuple[Mention, ...]


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    """A message or a note, as far as an excerpt needs it."""

    id: int
    kind: str
    by: str
    at: int
    text: str
    files: tuple[str, ...]


def excerpts_of(tx: Tx, around: Around, question: Question, found: Sequence[Looked]) -> dict[int, tuple[Excerpt, ...]]:
    """By case; the one with most of the words first. The caller may see the cases."""
    ids = [one.id for case in found for one in case.mentions[:LOOKED_AT]]
    said = _read(tx, around, ids) if ids else {}
    shown: dict[int, tuple[Excerpt, ...]] = {}
    for case in found:
        quoted = [_excerpt(said[one.id], question, case.number) for one in case.mentions[:LOOKED_AT] if one.id in said]
        best = sorted((one for one in quoted if one is not None), key=lambda one: -one.text.count(START))
        shown[case.case_id] = tuple({one.text: one for one in reversed(best)}.values())[::-1][:SHOWN]
    return shown


def _excerpt(said: _Said, question: Question, number: int) -> Excerpt | None:
    """Its words; else the name of a file. What matches only by the heading of its case needs none."""
    text, kind = marked_around(said.text, question), said.kind
    if not text:
        names = [marked for one in said.files if END in (marked := marked_where(one, question))]
        text, kind = ", ".join(names[:2]), "file"
    href = f"/c/{number}?m={said.id}"
    return Excerpt(kind=kind, text=text, by=said.by, at=said.at, href=href) if text else None


def _read(tx: Tx, around: Around, ids: Sequence[int]) -> dict[int, _Said]:
    m, n, i, ws = messages.c, notes.c, identities.c, around.who.workspace_id
    joined = messages.outerjoin(identities, (i.workspace_id == m.workspace_id) & (i.id == m.identity_id))
    text = sa.func.substr(sa.case((m.fresh != "", m.fresh), else_=m.text), 1, KEPT).label("text")
    whose = (m.direction, m.agent_id, m.author, i.name, i.address)
    said = tx.rows(sa.select(m.id, m.at, m.files, text, *whose).select_from(joined).where(m.workspace_id == ws, m.id.in_(ids)))
    noted = tx.rows(
        sa.select(n.id, n.at, n.agent_id, sa.func.substr(n.text, 1, KEPT).label("text")).where(n.workspace_id == ws, n.id.in_(ids))
    )
    names = {key: one.name for key, one in people(tx, around.who, [row.agent_id for row in (*said, *noted)]).items()}
    files = _files(tx, around, [row.id for row in said if row.files], [row.id for row in noted])
    found = [
        _Said(
            id=row.id,
            kind="message" if row.direction == "in" else "answer",
            by=_writer(row, names),
            at=row.at,
            text=row.text,
            files=files.get(row.id, ()),
        )
        for row in said
    ]
    found += [
        _Said(id=row.id, kind="note", by=names.get(row.agent_id, ""), at=row.at, text=row.text, files=files.get(row.id, ()))
        for row in noted
    ]
    return {one.id: one for one in found}


def _writer(row: sa.Row[Any], names: dict[int, str]) -> str:
    return names.get(row.agent_id, "") or row.name or row.address or row.author


def _files(tx: Tx, around: Around, message_ids: Sequence[int], note_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    a, ws = attachments.c, around.who.workspace_id
    found: dict[int, tuple[str, ...]] = {}
    for column, ids in ((a.message_id, message_ids), (a.note_id, note_ids)):
        for row in tx.rows(sa.select(column.label("on"), a.name).where(a.workspace_id == ws, column.in_(ids))) if ids else ():
            found[row.on] = (*found.get(row.on, ()), row.name)
    return found
