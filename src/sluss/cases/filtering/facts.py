"""What filters ask about a set of cases, from the database. In: cases. Out: `Facts` by case id, in seven statements for all of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from sluss.cases.access import CaseRow, other_inboxes
from sluss.cases.filtering.holding import Facts
from sluss.cases.models import case_tags, conversations, messages, notes
from sluss.contacts.models import contacts, identities
from sluss.kernel.actors import Actor
from sluss.kernel.schema import metadata
from sluss.kernel.tx import Tx


def facts_of(tx: Tx, who: Actor, found: Sequence[CaseRow]) -> dict[int, Facts]:
    """What a filter may ask about each of these cases."""
    ids, people = [case.id for case in found], sorted({case.contact_id for case in found})
    if not ids:
        return {}
    others, tagged, drafted = other_inboxes(tx, who, ids), _pairs(tx, who, case_tags.c.tag_id, ids), _drafters(tx, who, ids)
    noted, filed = _noted(tx, who, ids), _filed(tx, who, ids)
    spoken, written = _languages(tx, who, people), _addresses(tx, who, people)
    none = frozenset[int]()
    return {
        case.id: Facts(
            case=case,
            inboxes=others.get(case.id, none),
            tags=tagged.get(case.id, none),
            drafters=drafted.get(case.id, none),
            addresses=written.get(case.contact_id, frozenset()),
            language=spoken.get(case.contact_id, ""),
            noted=case.id in noted,
            filed=case.id in filed,
        )
        for case in found
    }


def _pairs(tx: Tx, who: Actor, column: sa.Column[Any], ids: Collection[int], *more: sa.ColumnElement[bool]) -> dict[int, frozenset[int]]:
    c = column.table.c
    found: dict[int, frozenset[int]] = {}
    for row in tx.rows(sa.select(c.case_id, column.label("other")).where(c.workspace_id == who.workspace_id, c.case_id.in_(ids), *more)):
        found[row.case_id] = found.get(row.case_id, frozenset()) | {row.other}
    return found


def _drafters(tx: Tx, who: Actor, ids: Collection[int]) -> dict[int, frozenset[int]]:
    c = metadata.tables["drafts"].c
    return _pairs(tx, who, c.agent_id, ids, (c.text != "") | (c.attachment_ids != []))


def _noted(tx: Tx, who: Actor, ids: Collection[int]) -> set[int]:
    c = notes.c
    return {row.case_id for row in tx.rows(sa.select(c.case_id).distinct().where(c.workspace_id == who.workspace_id, c.case_id.in_(ids)))}


def _filed(tx: Tx, who: Actor, ids: Collection[int]) -> set[int]:
    v, m = conversations.c, messages.c
    carried = sa.exists().where(m.workspace_id == v.workspace_id, m.conversation_id == v.id, m.files > 0)
    return {row.case_id for row in tx.rows(sa.select(v.case_id).where(v.workspace_id == who.workspace_id, v.case_id.in_(ids), carried))}


def _languages(tx: Tx, who: Actor, ids: Collection[int]) -> dict[int, str]:
    c = contacts.c
    rows = tx.rows(sa.select(c.id, c.language).where(c.workspace_id == who.workspace_id, c.id.in_(ids)))
    return {row.id: row.language for row in rows}


def _addresses(tx: Tx, who: Actor, ids: Collection[int]) -> dict[int, frozenset[str]]:
    c = identities.c
    found: dict[int, frozenset[str]] = {}
    for row in tx.rows(sa.select(c.contact_id, c.address).where(c.workspace_id == who.workspace_id, c.contact_id.in_(ids))):
        found[row.contact_id] = found.get(row.contact_id, frozenset()) | {row.address}
    return found
