"""Colleagues around a case: who follows it, who can be called to it by name. In: a case's number. Out: its head again; names as JSON."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from litestar import Response, get, post

from sluss.cases.access import access_case_no
from sluss.cases.audience import Called, can_be_called
from sluss.cases.following import add_follower
from sluss.desk.answers import changed
from sluss.desk.shapes import Number, number
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.people.access import READERS
from sluss.people.once import once
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.locale import ngettext
from sluss.web.shell import Toast


class FollowForm(msgspec.Struct, frozen=True):
    """Whether to follow; `agent` is a colleague, 0 oneself."""

    follow: Literal["", "1"] = ""
    agent: Number = 0


@post("/cases/{no:str}/follow", may=READERS, status_code=200)
async def follow(edge: Edge, asked: Asked, who: Actor, no: str) -> Response[Any]:
    """Follow a case, or no longer; leads for colleagues as well."""
    form = await asked.form(FollowForm)
    agent_id, following = form.agent or who.id, form.follow == "1"
    name = await edge.db.write(once, who, await asked.op(), _follow, number(no), agent_id, following)
    undo: dict[str, Any] = {"undo_url": f"/cases/{no}/follow", "fields": {"follow": "" if following else "1", "agent": str(form.agent)}}
    return await changed(edge, asked, who, number(no), ("head",), toasts=[Toast(text=_told(name, following=following), **undo)])


@get("/cases/{no:str}/callable", may=READERS)
async def callable_colleagues(edge: Edge, asked: Asked, who: Actor, no: str) -> Response[Any]:
    """Who can be called to the case in a note: oneself not."""
    found = await edge.db.read(_callable, who, number(no))
    return asked.json([{"kind": one.kind, "name": one.name, "detail": _detail(one)} for one in found])


def _follow(tx: Tx, who: Actor, no: int, agent_id: int, following: bool) -> str:  # noqa: FBT001 - `once` passes arguments by position
    """Returns the colleague's name, or nothing when it was oneself."""
    case = access_case_no(tx, who, no)
    add_follower(tx, who, case.id, agent_id, following=following)
    if agent_id == who.id:
        return ""
    return next((one.name for one in can_be_called(tx, case) if (one.kind, one.id) == ("agent", agent_id)), "")


def _told(name: str, *, following: bool) -> str:
    if name:
        return (_("%(name)s follows this case") if following else _("%(name)s no longer follows this case")) % {"name": name}
    return _("You follow this case") if following else _("You no longer follow this case")


def _callable(tx: Tx, who: Actor, no: int) -> list[Called]:
    return [one for one in can_be_called(tx, access_case_no(tx, who, no)) if (one.kind, one.id) != ("agent", who.id)]


def _detail(one: Called) -> str:
    return ngettext("%(num)s person", "%(num)s people", len(one.agent_ids)) % {"num": len(one.agent_ids)} if one.kind == "team" else ""


ROUTES: list[Any] = [follow, callable_colleagues]
