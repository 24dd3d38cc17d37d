"""Routes of the API, version 1.

Its document is at `/api/openapi.json`. A program signs in as an agent does, and sends `X-CSRF-Token` with what it writes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, patch, post
from litestar.params import Parameter

from sluss.api.document import document
from sluss.api.queries import everybody, inboxes_out, page_of_cases, whole_case
from sluss.api.shapes import DIGITS, AgentOut, CaseChange, CasePage, Created, InboxOut, NewNote, WholeCase, microseconds
from sluss.api.strict import StrictCall
from sluss.cases.access import access_case_no
from sluss.cases.actions import add_note, assign_case, set_priority, set_status, set_tags
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid
from sluss.kernel.tx import Tx
from sluss.web.edge import Asked, Edge
from sluss.web.policy import AGENTS, EVERYONE, READERS

Number = Annotated[int, Parameter(ge=1, le=2**53 - 1, description="The case's number.")]
After = Annotated[str | None, Parameter(pattern=DIGITS, description="`after` of the page before.")]
Limit = Annotated[int, Parameter(ge=1, le=100, description="At most so many.")]
Key = Annotated[str | None, Parameter(pattern=DIGITS, description="An id: digits.")]
CaseStatus = Literal["open", "pending", "snoozed", "solved", "closed", "spam"]


@get("/api/v1/cases", may=READERS, operation_id="listCases")
async def list_cases(
    edge: Edge,
    who: Actor,
    *,
    status: CaseStatus | None = None,
    assignee_id: Key = None,
    inbox_id: Key = None,
    after: After = None,
    limit: Limit = 50,
) -> CasePage:
    """Cases that you may see, newest first."""
    ids = {name: int(key) for name, key in (("assignee_id", assignee_id), ("inbox_id", inbox_id)) if key is not None}
    wanted = ids if status is None else ids | {"status": status}
    return await edge.db.read(page_of_cases, who, wanted, None if after is None else int(after), limit)


@get("/api/v1/cases/{number:int}", may=READERS, operation_id="getCase")
async def get_case(edge: Edge, who: Actor, number: Number) -> WholeCase:
    """One case with its messages and notes."""
    return await edge.db.read(whole_case, who, number)


@patch("/api/v1/cases/{number:int}", may=AGENTS, operation_id="changeCase", request_class=StrictCall)
async def change_case(edge: Edge, who: Actor, number: Number, data: CaseChange) -> WholeCase:
    """Change status, priority, assignee or tags: all of it or nothing."""
    return await edge.db.write(_change_case, who, number, data)


@post("/api/v1/cases/{number:int}/notes", may=READERS, operation_id="addNote", status_code=201, request_class=StrictCall)
async def write_note(edge: Edge, who: Actor, number: Number, data: NewNote) -> Created:
    """Write an internal note; the customer never sees it."""
    return Created(str(await edge.db.write(_add_note, who, number, data.text)))


@get("/api/v1/agents", may=READERS, operation_id="listAgents")
async def list_agents(edge: Edge, who: Actor) -> list[AgentOut]:
    """Agents of the workspace who are not disabled."""
    return await edge.db.read(everybody, who)


@get("/api/v1/inboxes", may=READERS, operation_id="listInboxes")
async def list_all_inboxes(edge: Edge, who: Actor) -> list[InboxOut]:
    """Connected inboxes that you may see."""
    return await edge.db.read(inboxes_out, who)


@get("/api/openapi.json", may=EVERYONE)
async def openapi(asked: Asked) -> Response[Any]:
    """This API's own description."""
    return asked.json(document(ROUTES))


def _change_case(tx: Tx, who: Actor, number: int, change: CaseChange) -> WholeCase:
    case = access_case_no(tx, who, number)
    if change.assignee_id is not msgspec.UNSET:
        assign_case(tx, who, case.id, None if change.assignee_id is None else int(change.assignee_id))
    if change.priority is not msgspec.UNSET:
        set_priority(tx, who, case.id, change.priority)
    if change.tags is not msgspec.UNSET:
        set_tags(tx, who, case.id, change.tags)
    if change.status is not msgspec.UNSET:
        _set_status(tx, who, case.id, change.status, change.snoozed_until)
    elif change.snoozed_until is not msgspec.UNSET:
        raise Invalid({"snoozed_until": "Only a snoozed case has a time to wake. Send status as well."})
    return whole_case(tx, who, number)


def _set_status(tx: Tx, who: Actor, case_id: int, status: CaseStatus, until: datetime | msgspec.UnsetType) -> None:
    try:
        set_status(tx, who, case_id, status, None if until is msgspec.UNSET else microseconds(until))
    except Invalid as error:
        raise Invalid({"snoozed_until" if name == "until" else name: text for name, text in error.fields.items()}) from error


def _add_note(tx: Tx, who: Actor, number: int, text: str) -> int:
    return add_note(tx, who, access_case_no(tx, who, number).id, text)


ROUTES = [list_cases, get_case, change_case, write_note, list_agents, list_all_inboxes, openapi]
