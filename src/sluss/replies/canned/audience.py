"""For whom a canned answer or a macro is. In: who asks, what was chosen. Out: whether it exists for them, and whether they may change it.

Shared ones are kept by leads and administrators; anybody who answers may have some of their own, which nobody else sees.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol, get_args

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow, other_inboxes
from sluss.channels.models import inboxes
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Forbidden, Invalid
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.people.models import agents, team_members, teams

Whom = Literal["everybody", "chosen", "owner"]
MOST_CHOSEN = 100
KEEPERS = frozenset({"admin", "lead"})
WRITERS = KEEPERS | {"agent"}
NOT_YOURS = say("Shared ones are kept by leads and administrators. You may make one of your own.")


class Audience(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody, the chosen teams and inboxes, or its owner alone. `owner_id` is who answers for it."""

    whom: Whom = "everybody"
    team_ids: tuple[int, ...] = ()
    inbox_ids: tuple[int, ...] = ()
    owner_id: int | None = None


class Kept(Protocol):
    """What a row says of its audience; `holder` is 0 for a shared one, else the only agent who sees it."""

    @property
    def whom(self) -> Whom: ...
    @property
    def holder(self) -> int: ...
    @property
    def team_ids(self) -> Sequence[int]: ...
    @property
    def inbox_ids(self) -> Sequence[int]: ...
    @property
    def owner_id(self) -> int | None: ...


class Reach(msgspec.Struct, frozen=True):
    """What somebody belongs to."""

    who: Actor
    team_ids: frozenset[int] = frozenset()

    def covers(self, kept: Kept) -> bool:
        """Whether it exists for them."""
        if kept.holder:
            return kept.holder == self.who.id
        if self.who.kind == "agent" and self.who.role not in WRITERS | {"reviewer"}:
            return False
        if kept.whom == "everybody" or self.who.inbox_ids is None:
            return True
        return bool(self.team_ids & set(kept.team_ids)) or any(map(self.who.may_see_inbox, kept.inbox_ids))


def reach_of(tx: Tx, who: Actor) -> Reach:
    """What the actor belongs to."""
    c = team_members.c
    mine = tx.rows(sa.select(c.team_id).where(c.workspace_id == who.workspace_id, c.agent_id == who.id)) if who.kind == "agent" else ()
    return Reach(who, frozenset(row.team_id for row in mine))


def is_for(tx: Tx, who: Actor, kept: Kept, case: CaseRow) -> bool:
    """What is for chosen inboxes alone is offered in their cases; what is for teams, wherever its people are."""
    if kept.whom != "chosen" or not kept.inbox_ids or kept.team_ids:
        return True
    return bool(set(kept.inbox_ids) & ({case.inbox_id} | other_inboxes(tx, who, [case.id]).get(case.id, frozenset())))


def audience_of(kept: Kept) -> Audience:
    """The audience of a row, to be chosen again."""
    return Audience(whom=kept.whom, team_ids=tuple(kept.team_ids), inbox_ids=tuple(kept.inbox_ids), owner_id=kept.owner_id)


def may_change(who: Actor, kept: Kept) -> bool:
    """Whether the actor keeps it."""
    return kept.holder == who.id if kept.holder else who.kind == "system" or who.role in KEEPERS


def require_change(who: Actor, kept: Kept) -> None:
    """Raise `Forbidden` with what to do instead."""
    if not may_change(who, kept):
        raise Forbidden(NOT_YOURS)


def fit_audience(tx: Tx, who: Actor, wanted: Audience) -> dict[str, Any]:
    """The columns of an audience. Raises `Invalid` for what does not exist here, `Forbidden` for what is not the actor's to give."""
    if wanted.whom not in get_args(Whom):
        raise Invalid({"whom": "Choose from the list."})
    if wanted.whom == "owner":
        if who.kind != "agent" or who.role not in WRITERS:
            raise Forbidden(NOT_YOURS)
        return {"whom": "owner", "holder": who.id, "team_ids": [], "inbox_ids": [], "owner_id": who.id}
    if who.kind == "agent" and who.role not in KEEPERS:
        raise Forbidden(NOT_YOURS)
    chosen = wanted.whom == "chosen"
    team_ids = _existing(tx, who, (teams, "team"), wanted.team_ids if chosen else ())
    inbox_ids = _existing(tx, who, (inboxes, "inbox"), wanted.inbox_ids if chosen else ())
    if chosen and not team_ids and not inbox_ids:
        raise Invalid({"team": "Choose at least one team or inbox."})
    values: dict[str, Any] = {"whom": wanted.whom, "holder": 0, "team_ids": team_ids, "inbox_ids": inbox_ids}
    return values | {"owner_id": _owner(tx, who, wanted.owner_id)}


def _existing(tx: Tx, who: Actor, where: tuple[sa.Table, str], ids: tuple[int, ...]) -> list[int]:
    table, field = where
    if not ids:
        return []
    wanted = sorted(set(ids))[: MOST_CHOSEN + 1]
    known = {row.id for row in tx.rows(sa.select(table.c.id).where(table.c.workspace_id == who.workspace_id, table.c.id.in_(wanted)))}
    if len(wanted) > MOST_CHOSEN or known != set(wanted):
        raise Invalid({field: "Choose from the list."})
    return wanted


def _owner(tx: Tx, who: Actor, agent_id: int | None) -> int | None:
    if agent_id is None:
        return None
    mine = (agents.c.workspace_id == who.workspace_id) & (agents.c.id == agent_id) & agents.c.disabled_at.is_(None)
    if tx.row(sa.select(agents.c.id).where(mine, agents.c.role.in_(WRITERS))) is None:
        raise Invalid({"owner": "Choose an agent of this workspace who is not disabled."})
    return agent_id
