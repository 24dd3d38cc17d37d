"""What is done with a proposal. In: forms. Out: two cases made one, or never proposed again; both with the way back."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, post

from sluss.cases.access import access_case, access_case_no
from sluss.desk.answers import changed
from sluss.desk.shapes import Number, number
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Missing
from sluss.kernel.tx import Tx
from sluss.merging.merge import merge_cases
from sluss.people.access import AGENTS
from sluss.people.once import once
from sluss.proposals.actions import access_proposal, refuse_proposal, reopen_proposal
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.shell import Toast

PIECES: Any = ("head", "timeline", "composer", "side")


class ProposalForm(msgspec.Struct, frozen=True):
    """The case that is looked at."""

    no: Number


class Linked(msgspec.Struct, frozen=True):
    """The move that made two cases one, and the number of the one that went."""

    move_id: int
    goes: int


@post("/proposals/{proposal:str}/link", may=AGENTS, status_code=200)
async def link(edge: Edge, asked: Asked, who: Actor, proposal: str) -> Response[Any]:
    """Bring the other case into the one that is looked at."""
    form = await asked.form(ProposalForm)
    linked = await edge.db.write(once, who, await asked.op(), _link, number(proposal), form.no)
    toast = Toast(text=_("#%(goes)s is part of this now") % {"goes": linked.goes}, undo_url=f"/moves/{linked.move_id}/undo")
    return await changed(edge, asked, who, form.no, PIECES, toasts=[toast])


@post("/proposals/{proposal:str}/refuse", may=AGENTS, status_code=200)
async def refuse(edge: Edge, asked: Asked, who: Actor, proposal: str) -> Response[Any]:
    """They are not the same."""
    form = await asked.form(ProposalForm)
    await edge.db.write(once, who, await asked.op(), _refuse, number(proposal))
    undo = Toast(text=_("Not proposed again"), undo_url=f"/proposals/{proposal}/reopen", fields={"no": str(form.no)})
    return await changed(edge, asked, who, form.no, ("head",), toasts=[undo])


@post("/proposals/{proposal:str}/reopen", may=AGENTS, status_code=200)
async def reopen(edge: Edge, asked: Asked, who: Actor, proposal: str) -> Response[Any]:
    """They may be the same after all."""
    form = await asked.form(ProposalForm)
    await edge.db.write(once, who, await asked.op(), _reopen, number(proposal))
    return await changed(edge, asked, who, form.no, ("head",))


def _link(tx: Tx, who: Actor, proposal_id: int, no: int) -> Linked:
    found, keep = access_proposal(tx, who, proposal_id), access_case_no(tx, who, no)
    if keep.id not in {found.case_id, found.other_id}:
        raise Missing
    goes = access_case(tx, who, found.other_id if keep.id == found.case_id else found.case_id)
    return Linked(merge_cases(tx, who, keep.id, goes.id), goes.number)


def _refuse(tx: Tx, who: Actor, proposal_id: int) -> bool:
    refuse_proposal(tx, who, proposal_id)
    return True


def _reopen(tx: Tx, who: Actor, proposal_id: int) -> bool:
    reopen_proposal(tx, who, proposal_id)
    return True


ROUTES: list[Any] = [link, refuse, reopen]
