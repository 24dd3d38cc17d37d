"""Notifications as they are read: grouped by case, each a sentence. In: an agent's rows. Out: structs, and words in the current voice.

Everything is asked for with what the agent may see now: a case that has gone to others is neither shown nor counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.access import visible_to
from sluss.cases.actions import preview_of
from sluss.cases.models import cases, messages, notes
from sluss.contacts.models import contacts
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.notifications.kinds import KINDS
from sluss.notifications.models import UNREAD_SQL, notifications
from sluss.people.models import agents
from sluss.web.locale import gettext as _
from sluss.web.locale import ngettext


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of news about one case. `by` is the colleague or the customer, empty for Sluss; `excerpt` the newest words, if any."""

    case_id: int
    no: int
    subject: str
    customer: str
    kind: str
    times: int
    at: int
    by: str
    by_id: int
    detail: str
    item_id: int
    unread: bool
    excerpt: str = ""


class About(msgspec.Struct, frozen=True):
    """All news about one case, the newest first."""

    case_id: int
    no: int
    subject: str
    customer: str
    at: int
    unread: bool
    news: tuple[Told, ...]


def count_unread(tx: Tx, who: Actor, agents_: Iterable[Actor]) -> dict[int, int]:
    """In how many cases something is unread, for each of some agents."""
    n = notifications.c
    found: dict[int, int] = {}
    for one in agents_:
        mine = (n.workspace_id == who.workspace_id) & (n.agent_id == one.id) & sa.text(UNREAD_SQL)
        found[one.id] = int(tx.value(sa.select(sa.func.count(n.case_id.distinct())).select_from(_joined()).where(mine, visible_to(one))))
    return found


def told_of(tx: Tx, agent: Actor, these: sa.ColumnElement[bool], limit: int) -> list[Told]:
    """An agent's news, the newest first."""
    n, c, a = notifications.c, cases.c, agents.c
    columns = (n.case_id, n.kind, n.times, n.at, n.actor_id, n.actor_kind, n.detail, n.item_id, n.read_at, c.number, c.subject)
    source = _joined().join(contacts, (contacts.c.workspace_id == c.workspace_id) & (contacts.c.id == c.contact_id))
    source = source.outerjoin(agents, (a.workspace_id == n.workspace_id) & (a.id == n.actor_id) & (n.actor_kind == "agent"))
    mine = (n.workspace_id == agent.workspace_id) & (n.agent_id == agent.id)
    wanted = sa.select(*columns, contacts.c.name.label("customer"), a.name.label("colleague")).select_from(source)
    rows = tx.rows(wanted.where(mine, these, visible_to(agent)).order_by(n.at.desc(), n.case_id, n.kind).limit(limit))
    words = _excerpts(tx, agent, [row.item_id for row in rows if row.item_id])
    return [_told(row, words.get(row.item_id, "")) for row in rows]


def by_case(told: Sequence[Told]) -> list[About]:
    """News grouped by case, the case with the newest first, unread ones before others within it."""
    newest = {one: max(each.at for each in told if each.case_id == one) for one in {one.case_id for one in told}}
    ordered = sorted(told, key=lambda one: (-newest[one.case_id], one.case_id, not one.unread, -one.at, KINDS.index(one.kind)))
    return [_about(list(group)) for _id, group in groupby(ordered, key=lambda one: one.case_id)]


def sentence_of(one: Told) -> str:
    """What happened, in the current voice: “Maja Ek mentioned you”."""
    return _SENTENCES[one.kind](one) % {"who": one.by or _("Somebody"), "num": one.times, "customer": one.customer or _("The customer")}


ICONS: Mapping[str, str] = {
    "mentioned": "at-sign",
    "assigned": "user-check",
    "taken": "user-x",
    "message": "message-circle",
    "side": "forward",
    "note": "lock",
    "status": "circle-dot",
    "woke": "alarm-clock",
    "failed": "circle-alert",
}


def _joined() -> sa.Join:
    n, c = notifications.c, cases.c
    return notifications.join(cases, (c.workspace_id == n.workspace_id) & (c.id == n.case_id))


def _told(row: sa.Row[Any], excerpt: str) -> Told:
    said: dict[str, Any] = {"case_id": row.case_id, "no": row.number, "subject": row.subject, "customer": row.customer}
    said |= {"kind": row.kind, "times": row.times, "at": row.at, "detail": row.detail, "item_id": row.item_id}
    said |= {"unread": row.read_at is None, "excerpt": excerpt}
    return Told(by=row.colleague or "", by_id=row.actor_id if row.colleague else 0, **said)


def _about(group: list[Told]) -> About:
    first = group[0]
    newest = max(one.at for one in group)
    return About(first.case_id, first.no, first.subject, first.customer, newest, any(one.unread for one in group), tuple(group))


def _excerpts(tx: Tx, who: Actor, ids: Sequence[int]) -> dict[int, str]:
    if not ids:
        return {}
    found: dict[int, str] = {}
    for table, words in ((messages, messages.c.fresh), (notes, notes.c.text)):
        mine = (table.c.workspace_id == who.workspace_id) & table.c.id.in_(ids)
        found |= {row.id: preview_of(row.words) for row in tx.rows(sa.select(table.c.id, words.label("words")).where(mine))}
    return found


def _status(one: Told) -> str:
    return {
        "open": _("%(who)s opened this again"),
        "pending": _("%(who)s answered and waits for the customer"),
        "snoozed": _("%(who)s snoozed this"),
        "solved": _("%(who)s solved this"),
        "closed": _("%(who)s closed this"),
        "spam": _("%(who)s marked this as spam"),
    }.get(one.detail, _("%(who)s changed the status"))


_SENTENCES: Mapping[str, Callable[[Told], str]] = {
    "mentioned": lambda one: ngettext("%(who)s mentioned you", "You were mentioned %(num)s times, last by %(who)s", one.times),
    "assigned": lambda _one: _("%(who)s assigned this to you") if _one.by else _("This was assigned to you"),
    "taken": lambda _one: _("%(who)s took this over from you") if _one.by else _("This is no longer yours"),
    "message": lambda one: ngettext("%(customer)s wrote", "%(num)s new messages from %(customer)s", one.times),
    "side": lambda one: ngettext("An answer to what was passed on", "%(num)s answers to what was passed on", one.times),
    "note": lambda one: ngettext("%(who)s wrote a note", "%(num)s new notes, the last by %(who)s", one.times),
    "status": _status,
    "woke": lambda _one: _("The time is up: this is open again"),
    "failed": lambda one: _("Your answer was not delivered") if one.detail == "failed" else _("Not known whether your answer arrived"),
}
