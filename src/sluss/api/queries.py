"""Reads of the API, filled into its shapes."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.api.shapes import (
    AgentOut,
    CaseOut,
    CasePage,
    CaseState,
    ContactOut,
    IdentityOut,
    InboxOut,
    MessageOut,
    MessagePage,
    NoteOut,
    WholeCase,
    instant,
)
from sluss.cases.access import CaseRow, access_case_no, visible_to
from sluss.cases.contacts import access_contact, known_identities
from sluss.cases.models import case_tags, cases, conversations, messages, notes, tags
from sluss.channels.inboxes import list_inboxes
from sluss.contacts.attributes import list_attributes, values_of
from sluss.contacts.models import identities
from sluss.kernel.actors import Actor
from sluss.kernel.schema import fields
from sluss.kernel.search import find_cases
from sluss.kernel.tx import Tx
from sluss.people.models import agents
from sluss.replies.news import mark_of

NEWEST = 200
MENTIONS = 1_000
MENTIONS_OF_SOME = 5_000
"""Whoever sees a part of the workspace has the others' mentions filtered out, so more are looked at."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which cases: equalities on columns, words that occur in them, and where the page before ended."""

    equal: dict[str, Any]
    words: str = ""
    after: int | None = None
    limit: int = 50


def page_of_cases(tx: Tx, who: Actor, wanted: Wanted) -> CasePage:
    """Cases that the actor may see, newest first."""
    chosen = sa.select(*fields(CaseRow, cases)).where(visible_to(who))
    for name, value in wanted.equal.items():
        chosen = chosen.where(cases.c[name] == value)
    if wanted.words:
        mentions = MENTIONS if who.inbox_ids is None else MENTIONS_OF_SOME
        chosen = chosen.where(cases.c.id.in_(find_cases(tx, who, wanted.words, mentions)))
    if wanted.after is not None:
        chosen = chosen.where(cases.c.id < wanted.after)
    found = tx.structs(CaseRow, chosen.order_by(cases.c.id.desc()).limit(wanted.limit + 1))
    page = found[: wanted.limit]
    return CasePage([case_out(one) for one in page], str(page[-1].id) if len(found) > wanted.limit else None)


def whole_case(tx: Tx, who: Actor, number: int) -> WholeCase:
    """One case with what was said in it."""
    case = access_case_no(tx, who, number)
    seen = mark_of(tx, who, case.id)
    return WholeCase(case_out(case), _tags(tx, who, case.id), _messages(tx, who, case.id)[::-1], _notes(tx, who, case.id), seen)


def page_of_messages(tx: Tx, who: Actor, number: int, after: int | None, limit: int) -> MessagePage:
    """Messages of one case, newest first."""
    case = access_case_no(tx, who, number)
    found = _messages(tx, who, case.id, after, limit + 1)
    page = found[:limit]
    return MessagePage(page, page[-1].id if len(found) > limit else None)


def state_of(tx: Tx, who: Actor, number: int) -> CaseState:
    """How a case stands."""
    case = access_case_no(tx, who, number)
    return CaseState(
        number=case.number,
        status=case.status,
        snoozed_until=instant(case.snoozed_until) if case.snoozed_until else None,
        priority=case.priority,
        assignee_id=str(case.assignee_id) if case.assignee_id else None,
        tags=_tags(tx, who, case.id),
    )


def contact_out(tx: Tx, who: Actor, contact_id: int) -> ContactOut:
    """A customer whom the actor may see."""
    row = access_contact(tx, who, contact_id)
    values = values_of(tx, who, contact_id)
    return ContactOut(
        id=str(row.id),
        name=row.name,
        language=row.language,
        time_zone=row.zone,
        created_at=instant(row.created_at),
        identities=[
            IdentityOut(str(one.id), one.network, one.address, one.name, one.level) for one in known_identities(tx, who, [contact_id])
        ],
        attributes={one.name: values[one.id] for one in list_attributes(tx, who) if one.id in values},
    )


def everybody(tx: Tx, who: Actor) -> list[AgentOut]:
    """Agents who are not disabled, by name."""
    mine = (agents.c.workspace_id == who.workspace_id) & agents.c.disabled_at.is_(None)
    return [
        AgentOut(str(row.id), row.name, row.role) for row in tx.rows(sa.select(agents).where(mine).order_by(agents.c.name, agents.c.id))
    ]


def inboxes_out(tx: Tx, who: Actor) -> list[InboxOut]:
    """Inboxes that the actor may see."""
    return [InboxOut(str(one.id), one.name, one.address, one.channel, one.receiving) for one in list_inboxes(tx, who)]


def case_out(case: CaseRow) -> CaseOut:
    """A stored case in the API's words."""
    return CaseOut(
        number=case.number,
        subject=case.subject,
        preview=case.preview,
        status=case.status,
        priority=case.priority,
        contact_id=str(case.contact_id),
        inbox_id=str(case.inbox_id),
        assignee_id=str(case.assignee_id) if case.assignee_id else None,
        opened_at=instant(case.opened_at),
        active_at=instant(case.active_at),
        waiting_since=instant(case.waiting_since) if case.waiting_since else None,
        snoozed_until=instant(case.snoozed_until) if case.snoozed_until else None,
    )


def _tags(tx: Tx, who: Actor, case_id: int) -> list[str]:
    joined = case_tags.join(tags, (tags.c.workspace_id == case_tags.c.workspace_id) & (tags.c.id == case_tags.c.tag_id))
    mine = (case_tags.c.workspace_id == who.workspace_id) & (case_tags.c.case_id == case_id)
    return [row.name for row in tx.rows(sa.select(tags.c.name).select_from(joined).where(mine).order_by(tags.c.name))]


def _messages(tx: Tx, who: Actor, case_id: int, after: int | None = None, limit: int = NEWEST) -> list[MessageOut]:
    """Newest first."""
    m, v = messages.c, conversations.c
    joined = (
        messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
        .outerjoin(identities, (identities.c.workspace_id == m.workspace_id) & (identities.c.id == m.identity_id))
        .outerjoin(agents, (agents.c.workspace_id == m.workspace_id) & (agents.c.id == m.agent_id))
    )
    chosen = sa.select(messages, sa.func.coalesce(identities.c.name, agents.c.name, m.author).label("said_by")).select_from(joined)
    mine = chosen.where(m.workspace_id == who.workspace_id, v.case_id == case_id)
    before = mine if after is None else mine.where(m.id < after)
    return [_message_out(row) for row in tx.rows(before.order_by(m.id.desc()).limit(limit))]


def _message_out(row: sa.Row[Any]) -> MessageOut:
    return MessageOut(
        id=str(row.id),
        direction=row.direction,
        author=row.said_by,
        at=instant(row.at),
        subject=row.subject,
        text=row.fresh or row.text,
        automatic=row.automatic,
    )


def _notes(tx: Tx, who: Actor, case_id: int) -> list[NoteOut]:
    mine = (notes.c.workspace_id == who.workspace_id) & (notes.c.case_id == case_id)
    rows = tx.rows(sa.select(notes).where(mine).order_by(notes.c.id.desc()).limit(NEWEST))
    return [NoteOut(str(row.id), str(row.agent_id), instant(row.at), row.text) for row in reversed(rows)]
