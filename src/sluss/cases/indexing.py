"""Messages and notes in the search. In: their ids. Out: one document for each, headed by its case and its contact.

So that a word of an answer and the name of whom it went to are found together, each document bears the case's number, its subject, and the
contact's names and addresses. What changes these, or moves documents to another case, has the case indexed again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from sluss.cases.access import other_inboxes
from sluss.cases.models import attachments, cases, conversations, messages, notes
from sluss.channels.handles import own_key
from sluss.contacts.indexing import names_and_addresses
from sluss.contacts.models import contacts, identities
from sluss.kernel.actors import Actor
from sluss.kernel.jobs import schedule
from sluss.kernel.search import index_documents
from sluss.kernel.spelling import KEPT, Document
from sluss.kernel.tx import Tx

AT_ONCE = 200
INDEX_CASE = "index_case"


def index_messages(tx: Tx, who: Actor, message_ids: Sequence[int]) -> None:
    """Let messages be found, as they are now."""
    for start in range(0, len(message_ids), AT_ONCE):
        _index(tx, who, _messages(tx, who, messages.c.id.in_(message_ids[start : start + AT_ONCE])))


def index_notes(tx: Tx, who: Actor, note_ids: Sequence[int]) -> None:
    """Let notes be found, as they are now."""
    for start in range(0, len(note_ids), AT_ONCE):
        _index(tx, who, _notes(tx, who, notes.c.id.in_(note_ids[start : start + AT_ONCE])))


def index_case(tx: Tx, who: Actor, case_id: int) -> None:
    """Let all that stands in a case be found under what it is headed by now: soon, since it may be much."""
    schedule(tx, who, (INDEX_CASE, str(case_id)), tx.now, {"case_id": case_id, "message": 0, "note": 0})


def index_some_of_case(tx: Tx, who: Actor, args: Any) -> None:
    """The next stretch of a case, and a timer for the rest."""
    case_id = args["case_id"]
    said = _messages(tx, who, (conversations.c.case_id == case_id) & (messages.c.id > args["message"]))
    noted = _notes(tx, who, (notes.c.case_id == case_id) & (notes.c.id > args["note"]))
    _index(tx, who, [*said, *noted])
    if max(len(said), len(noted)) == AT_ONCE:
        rest = {"case_id": case_id, "message": _last(said, args["message"]), "note": _last(noted, args["note"])}
        schedule(tx, who, (INDEX_CASE, str(case_id)), tx.now, rest)


def _last(rows: Sequence[sa.Row[Any]], before: int) -> int:
    return rows[-1].id if rows else before


def _messages(tx: Tx, who: Actor, wanted: sa.ColumnElement[bool]) -> Sequence[sa.Row[Any]]:
    m, v, c, k, i = messages.c, conversations.c, cases.c, contacts.c, identities.c
    joined = messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    joined = joined.join(cases, (c.workspace_id == v.workspace_id) & (c.id == v.case_id))
    joined = joined.join(contacts, (k.workspace_id == c.workspace_id) & (k.id == c.contact_id))
    joined = joined.outerjoin(identities, (i.workspace_id == m.workspace_id) & (i.id == m.identity_id))
    text = sa.func.substr(sa.case((m.fresh != "", m.fresh), else_=m.text), 1, KEPT).label("text")
    of_case = (c.id.label("case_id"), c.number, c.inbox_id, c.subject.label("heading"), k.id.label("contact_id"), k.name)
    chosen = sa.select(m.id, m.at, m.subject, m.files, text, i.name.label("by"), i.address, *of_case).select_from(joined)
    return tx.rows(chosen.where(m.workspace_id == who.workspace_id, wanted).order_by(m.id).limit(AT_ONCE))


def _notes(tx: Tx, who: Actor, wanted: sa.ColumnElement[bool]) -> Sequence[sa.Row[Any]]:
    n, c, k = notes.c, cases.c, contacts.c
    joined = notes.join(cases, (c.workspace_id == n.workspace_id) & (c.id == n.case_id))
    joined = joined.join(contacts, (k.workspace_id == c.workspace_id) & (k.id == c.contact_id))
    nothing = (sa.literal("").label("subject"), sa.literal(0).label("files"), sa.literal("").label("by"), sa.literal("").label("address"))
    of_case = (c.id.label("case_id"), c.number, c.inbox_id, c.subject.label("heading"), k.id.label("contact_id"), k.name)
    chosen = sa.select(n.id, n.at, n.text, *nothing, *of_case).select_from(joined)
    return tx.rows(chosen.where(n.workspace_id == who.workspace_id, wanted).order_by(n.id).limit(AT_ONCE))


def _index(tx: Tx, who: Actor, rows: Sequence[sa.Row[Any]]) -> None:
    if not rows:
        return
    known = names_and_addresses(tx, who, sorted({row.contact_id for row in rows}))
    also = other_inboxes(tx, who, {row.case_id for row in rows})
    files = _file_names(tx, who, rows)
    index_documents(
        tx,
        who,
        [
            Document(
                id=row.id,
                at=row.at,
                case_id=row.case_id,
                inbox_ids=(row.inbox_id, *sorted(also.get(row.case_id, ()))),
                fields=(*_heading(row, known.get(row.contact_id, ())), row.text, *files.get(row.id, ())),
            )
            for row in rows
        ],
    )


def _heading(row: sa.Row[Any], known: tuple[str, ...]) -> list[str]:
    """Each thing once."""
    said = (str(row.number), row.heading, row.subject, row.name, row.by or "", own_key(row.address or ""), *known)
    return list(dict.fromkeys(one for one in said if one))


def _file_names(tx: Tx, who: Actor, rows: Sequence[sa.Row[Any]]) -> dict[int, tuple[str, ...]]:
    a = attachments.c
    ids = [row.id for row in rows]
    # Apart, and put in order here: otherwise no index serves.
    hung = [
        row
        for column in (a.message_id, a.note_id)
        for row in tx.rows(sa.select(column.label("on"), a.id, a.name).where(a.workspace_id == who.workspace_id, column.in_(ids)))
    ]
    found: dict[int, tuple[str, ...]] = {}
    for row in sorted(hung, key=lambda row: row.id):
        found[row.on] = (*found.get(row.on, ()), row.name)
    return found
