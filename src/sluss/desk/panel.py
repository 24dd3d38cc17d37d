"""What is special about a case, and whom and what it can be given. In: a case. Out: its banners, agents, teams, tags."""

from __future__ import annotations

import sqlalchemy as sa

from sluss.cases.access import CaseRow, visible_to
from sluss.cases.models import cases, tags
from sluss.customers.screens import Person
from sluss.desk.around import Around
from sluss.desk.screens import CaseBanner
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.people.models import agents, inbox_teams, teams
from sluss.web.locale import gettext as _

ALL_TAGS = 200


def case_banners(tx: Tx, around: Around, case: CaseRow) -> tuple[CaseBanner, ...]:
    """What an agent should know before answering here."""
    face = around.face(case.inbox_id)
    found = [*_continued(tx, around, case)]
    if face.archived_at is not None:
        found.append(
            CaseBanner(kind="warn", text=_("The inbox %(inbox)s was disconnected. Nothing can be sent from here.") % {"inbox": face.name})
        )
    elif not face.enabled:
        found.append(
            CaseBanner(
                kind="warn", text=_("The inbox %(inbox)s is paused. What you send waits until it is resumed.") % {"inbox": face.name}
            )
        )
    elif face.failing:
        found.append(
            CaseBanner(
                kind="warn", text=_("Nothing comes in by %(inbox)s just now: newer answers may be missing here.") % {"inbox": face.name}
            )
        )
    return tuple(found)


def assignable(tx: Tx, who: Actor) -> tuple[Person, ...]:
    """Agents who can be given a case, by name."""
    c = agents.c
    mine = (c.workspace_id == who.workspace_id) & c.disabled_at.is_(None) & c.role.in_(("admin", "lead", "agent"))
    return tuple(Person(str(row.id), row.name) for row in tx.rows(sa.select(c.id, c.name).where(mine).order_by(c.name)))


def all_tags(tx: Tx, who: Actor) -> tuple[str, ...]:
    """Tags of the workspace, by name."""
    return tuple(
        row.name
        for row in tx.rows(sa.select(tags.c.name).where(tags.c.workspace_id == who.workspace_id).order_by(tags.c.name).limit(ALL_TAGS))
    )


def teams_of(tx: Tx, who: Actor, inbox_id: int) -> str:
    """Names of the teams that handle an inbox."""
    joined = inbox_teams.join(teams, (teams.c.workspace_id == inbox_teams.c.workspace_id) & (teams.c.id == inbox_teams.c.team_id))
    mine = (inbox_teams.c.workspace_id == who.workspace_id) & (inbox_teams.c.inbox_id == inbox_id)
    return ", ".join(row.name for row in tx.rows(sa.select(teams.c.name).select_from(joined).where(mine).order_by(teams.c.name)))


def _continued(tx: Tx, around: Around, case: CaseRow) -> list[CaseBanner]:
    """An older case of the same customer, or only a stranger's claim to belong to somebody's."""
    if case.continues_id is None:
        return []
    c = cases.c
    row = tx.row(sa.select(c.number, c.contact_id).where(visible_to(around.who), c.id == case.continues_id))
    if row is None:
        return []
    if row.contact_id == case.contact_id:
        text = _("This continues #%(no)s, which was solved before.") % {"no": row.number}
        return [CaseBanner(kind="info", text=text, action=_("Open #%(no)s") % {"no": row.number}, href=f"/c/{row.number}")]
    text = _("The sender quotes #%(no)s but takes no part in it. Check who this is before you tell anything from there.") % {
        "no": row.number
    }
    return [CaseBanner(kind="warn", text=text, action=_("Open #%(no)s") % {"no": row.number}, href=f"/c/{row.number}")]
