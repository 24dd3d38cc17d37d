"""Whether anybody is there. In: a chat's hours, open desks of all processes. Out: a standing, and what a visitor is told of it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.broadcast.shown import Shown, notices_at
from sluss.channels.hours import is_open, opening_sentence
from sluss.kernel.clock import MINUTE
from sluss.kernel.tx import Tx
from sluss.notifications.models import desks_open
from sluss.people.models import agents, inbox_teams, team_members
from sluss.visitor.chats import Chat
from sluss.web.locale import gettext as _

FRESH = 2 * MINUTE + MINUTE // 6
"""A process notes every minute whose desks are open."""
MILLISECOND = 1_000


class Standing(msgspec.Struct, frozen=True):
    """Whether the chat is within its hours, whether somebody sits at a desk who answers it, and what everybody is told there."""

    open: bool
    staffed: bool
    notices: tuple[Shown, ...] = ()


class Told(msgspec.Struct, frozen=True):
    """A notice to everybody: what it is, in the visitor's language, and what it says."""

    label: str
    text: str
    solved: bool


class State(msgspec.Struct, frozen=True):
    """The same in the visitor's language; `now` in milliseconds UTC."""

    open: bool
    staffed: bool
    says: str
    now: int
    notices: tuple[Told, ...] = ()


def standing_of(tx: Tx, chat: Chat, present: Collection[int]) -> Standing:
    """How a chat stands; `present` are agents of its workspace whose desks are open in this process."""
    within = is_open(chat.hours, tx.now)
    told = tuple(notices_at(tx, chat.workspace_id, chat.inbox_id))
    return Standing(within, staffed=within and _somebody(tx, chat, present), notices=told)


def say_standing(chat: Chat, standing: Standing, now: int) -> State:
    """What a visitor is told, in the voice of the moment."""
    says = opening_sentence(chat.hours, now)
    if standing.open and not standing.staffed:
        says = _("Nobody is at the desk just now. Write to us: your message is kept, and you get an answer.")
    told = tuple(Told(_label(one), one.text, one.solved) for one in standing.notices)
    return State(standing.open, standing.staffed, says, now // MILLISECOND, told)


def _label(one: Shown) -> str:
    if one.solved:
        return _("Solved")
    return _("Something does not work") if one.kind == "outage" else _("For your information")


def _somebody(tx: Tx, chat: Chat, present: Collection[int]) -> bool:
    a, d, m, i = agents.c, desks_open.c, team_members.c, inbox_teams.c
    here: sa.Select[Any] = sa.select(d.agent_id).where(d.workspace_id == chat.workspace_id, d.seen_at > tx.now - FRESH)
    handled = sa.select(m.agent_id).join(inbox_teams, (i.workspace_id == m.workspace_id) & (i.team_id == m.team_id))
    handled = handled.where(m.workspace_id == chat.workspace_id, i.inbox_id == chat.inbox_id)
    answers = a.role.in_(("admin", "lead")) | ((a.role == "agent") & a.id.in_(handled))
    mine = (a.workspace_id == chat.workspace_id) & a.disabled_at.is_(None) & answers
    return tx.value(sa.select(a.id).where(mine, a.id.in_(here) | a.id.in_(present)).limit(1)) is not None
