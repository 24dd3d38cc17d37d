"""Saved views: a filter with a name, one's own or shared. In: what somebody typed. Out: rows, and the views that a reader has.

A shared view is read with the reader's eyes: it never shows a case that they may not see, and `me` is whoever looks.
"""

from __future__ import annotations

from typing import Literal, get_args

import msgspec
import sqlalchemy as sa

from sluss.cases.filtering.names import Names, read_names
from sluss.cases.filtering.reading import read_filter
from sluss.cases.filtering.writing import keep_filter
from sluss.desk.models import saved_views, view_places, view_sorts
from sluss.desk.order import SORTS, Sort
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.errors import Forbidden, Invalid, Missing
from sluss.kernel.schema import fields
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.people.models import team_members

Share = Literal["me", "team", "all"]
ICONS = ("star", "tag", "flag", "clock", "inbox", "users", "route", "shield-alert", "message-circle", "timer")
NAME = 60
MOST = 50
SHARERS = {"admin", "lead"}
"""Who may put a view into everybody's column."""


class SavedView(msgspec.Struct, frozen=True, kw_only=True):
    """A saved view as stored; `filter` names things by their ids."""

    id: int
    agent_id: int
    name: str
    icon: str
    filter: str
    sort: str
    share: Share
    team_id: int | None

    @property
    def key(self) -> str:
        """As addresses say it."""
        return f"v:{self.id}"


class NewView(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be saved. `filter` is as typed."""

    name: str
    filter: str
    icon: str = "star"
    sort: str = ""
    share: str = "me"
    team_id: int | None = None


def saved_for(tx: Tx, who: Actor) -> tuple[SavedView, ...]:
    """Every view that the actor has, in the order of their column."""
    c, p = saved_views.c, view_places.c
    placed = saved_views.outerjoin(view_places, (p.workspace_id == c.workspace_id) & (p.view_id == c.id) & (p.agent_id == who.id))
    order = (p.place.is_(None), p.place, sa.func.lower(c.name), c.id)
    wanted = sa.select(*fields(SavedView, saved_views)).select_from(placed).where(_theirs(who)).order_by(*order)
    return tuple(tx.structs(SavedView, wanted.limit(4 * MOST)))


def access_view(tx: Tx, who: Actor, view_id: int) -> SavedView:
    """A view that the actor has. Raises `Missing`."""
    found = tx.struct(SavedView, sa.select(*fields(SavedView, saved_views)).where(_theirs(who), saved_views.c.id == view_id))
    if found is None:
        raise Missing
    return found


def save_view(tx: Tx, who: Actor, new: NewView) -> int:
    """Save a view. Returns its id."""
    values = _checked(tx, who, new)
    c = saved_views.c
    own = sa.select(sa.func.count()).where(c.workspace_id == who.workspace_id, c.agent_id == who.id, c.deleted_at.is_(None))
    if int(tx.value(own)) >= MOST:
        raise Invalid({"name": "You have 50 views already. Delete one that you no longer need."})
    view_id = tx.new_id()
    row = {"workspace_id": who.workspace_id, "id": view_id, "agent_id": who.id, "created_at": tx.now, "changed_at": tx.now}
    tx.run(sa.insert(saved_views), row | values)
    note_deed(tx, who, "view.save", ("view", view_id), share=new.share)
    return view_id


def change_view(tx: Tx, who: Actor, view_id: int, new: NewView) -> int:
    """Change a view for everybody who has it. Returns its id."""
    view = _own(tx, who, view_id)
    tx.run(sa.update(saved_views).where(_this(who, view.id)).values(**_checked(tx, who, new), changed_at=tx.now))
    note_deed(tx, who, "view.change", ("view", view.id), share=new.share)
    return view.id


def delete_view(tx: Tx, who: Actor, view_id: int) -> str:
    """Take a view out of every column; `restore_view` brings it back. Returns its name."""
    view = _own(tx, who, view_id)
    tx.run(sa.update(saved_views).where(_this(who, view.id)).values(deleted_at=tx.now))
    note_deed(tx, who, "view.delete", ("view", view.id))
    return view.name


def restore_view(tx: Tx, who: Actor, view_id: int) -> str:
    """Bring a deleted view of the actor's back. Returns its name."""
    c = saved_views.c
    row = tx.row(sa.select(c.name, c.agent_id).where(_this(who, view_id), c.deleted_at.is_not(None)))
    if row is None or (row.agent_id != who.id and who.role != "admin"):
        raise Missing
    tx.run(sa.update(saved_views).where(_this(who, view_id)).values(deleted_at=None))
    note_deed(tx, who, "view.restore", ("view", view_id))
    return str(row.name)


def move_view(tx: Tx, who: Actor, view_id: int, way: Literal["up", "down"]) -> None:
    """One place up or down in the actor's own column."""
    order = [view.id for view in saved_for(tx, who)]
    if view_id not in order:
        raise Missing
    here = order.index(view_id)
    there = max(0, min(len(order) - 1, here + (-1 if way == "up" else 1)))
    order.insert(there, order.pop(here))
    p = view_places.c
    tx.run(sa.delete(view_places).where(p.workspace_id == who.workspace_id, p.agent_id == who.id))
    key = {"workspace_id": who.workspace_id, "agent_id": who.id}
    tx.run(sa.insert(view_places), [key | {"view_id": one, "place": place} for place, one in enumerate(order)])


def keep_sort(tx: Tx, who: Actor, view: str, sort: Sort) -> None:
    """The order in which the actor wants to see a view from now on."""
    c = view_sorts.c
    this = (c.workspace_id == who.workspace_id) & (c.agent_id == who.id) & (c.view == view)
    tx.run(sa.delete(view_sorts).where(this))
    tx.run(sa.insert(view_sorts), {"workspace_id": who.workspace_id, "agent_id": who.id, "view": view, "sort": sort})


def kept_sort(tx: Tx, who: Actor, view: str) -> str:
    """The order that the actor chose for a view, or nothing."""
    c = view_sorts.c
    found = tx.value(sa.select(c.sort).where(c.workspace_id == who.workspace_id, c.agent_id == who.id, c.view == view))
    return str(found or "")


def may_change(who: Actor, view: SavedView) -> bool:
    """Whose it is, and administrators what is shared."""
    return view.agent_id == who.id or (who.role == "admin" and view.share != "me")


def teams_of_agent(tx: Tx, who: Actor) -> frozenset[int]:
    """The teams that the actor is in."""
    t = team_members.c
    return frozenset(row.team_id for row in tx.rows(sa.select(t.team_id).where(t.workspace_id == who.workspace_id, t.agent_id == who.id)))


def _checked(tx: Tx, who: Actor, new: NewView) -> dict[str, object]:
    name, wrong = " ".join(new.name.split()), dict[str, str]()
    if not 0 < len(name) <= NAME:
        wrong["name"] = "Give the view a name of at most 60 characters."
    if new.icon not in ICONS:
        wrong["icon"] = "Choose one of the icons."
    if new.sort and new.sort not in SORTS:
        wrong["sort"] = "Choose due, oldest, newest or priority."
    wrong |= _unshareable(tx, who, new)
    names = read_names(tx, who)
    kept = _read(new.filter, names, wrong)
    if wrong:
        raise Invalid(wrong)
    team_id = new.team_id if new.share == "team" else None
    return {"name": name, "icon": new.icon, "filter": kept, "sort": new.sort, "share": new.share, "team_id": team_id}


def _read(text: str, names: Names, wrong: dict[str, str]) -> str:
    try:
        found = read_filter(text, names)
    except Invalid as error:
        wrong |= error.fields
        return ""
    if not found:
        wrong["f"] = "Write what the view shall hold, as in is:open tag:bagage."
    return keep_filter(found.tree)


def _unshareable(tx: Tx, who: Actor, new: NewView) -> dict[str, str]:
    if new.share not in get_args(Share):
        return {"share": say("Choose who shall have this view.")}
    if new.share == "all" and who.role not in SHARERS:
        return {"share": say("Views for everybody are made by leads and administrators. Share it with your team instead.")}
    if new.share == "team" and new.team_id not in teams_of_agent(tx, who):
        return {"share": say("Choose a team that you are in.")}
    return {}


def _own(tx: Tx, who: Actor, view_id: int) -> SavedView:
    view = access_view(tx, who, view_id)
    if not may_change(who, view):
        sentence = "This view is somebody else's. Save a copy under a name of your own."
        raise Forbidden(sentence)
    return view


def _theirs(who: Actor) -> sa.ColumnElement[bool]:
    c, t = saved_views.c, team_members.c
    member = sa.select(t.team_id).where(t.workspace_id == who.workspace_id, t.agent_id == who.id)
    shared = (c.share == "all") | ((c.share == "team") & c.team_id.in_(member))
    return (c.workspace_id == who.workspace_id) & c.deleted_at.is_(None) & ((c.agent_id == who.id) | shared)


def _this(who: Actor, view_id: int) -> sa.ColumnElement[bool]:
    return (saved_views.c.workspace_id == who.workspace_id) & (saved_views.c.id == view_id)
