"""Routes of the API, version 1.

Its document is at `/api/openapi.json`, in words in docs/api.md. A program brings a token; `scope=` says what the token needs for a route.
A browser that is signed in may call too, and sends `X-CSRF-Token` with what it writes.
"""

from __future__ import annotations

from datetime import datetime
from secrets import token_hex
from typing import Annotated, Any, Literal, get_args

import msgspec
from litestar import Response, get, patch, post, put
from litestar.params import HeaderParameter, Parameter

from sluss.api.again import Answered, Asking, under_key
from sluss.api.document import document
from sluss.api.queries import Wanted, contact_out, everybody, inboxes_out, page_of_cases, page_of_messages, state_of, whole_case
from sluss.api.shapes import (
    DIGITS,
    AgentOut,
    CardsPut,
    CaseChange,
    CasePage,
    CaseState,
    ContactOut,
    Created,
    InboxOut,
    MergedOut,
    MessagePage,
    NewCards,
    NewMerge,
    NewNote,
    NewReply,
    NewsOut,
    Sent,
    UndoneOut,
    Unseen,
    WholeCase,
    instant,
    microseconds,
)
from sluss.api.strict import StrictCall
from sluss.cards import pushing
from sluss.cards.pushing import Push
from sluss.cases.access import access_case_no
from sluss.cases.actions import add_note, assign_case, set_priority, set_status, set_tags
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid
from sluss.kernel.terms import words_of
from sluss.kernel.tx import Tx
from sluss.merging.merge import merge_cases
from sluss.merging.undo import undo_move
from sluss.people.scopes import CARDS_WRITE, CASES_READ, CASES_WRITE, CONTACTS_READ, FREE, NOTES_WRITE, REPLIES_WRITE, SETTINGS_READ
from sluss.replies.sending import SendReply, Stopped, send_reply
from sluss.web.edge import Asked, Edge
from sluss.web.policy import AGENTS, EVERYONE, READERS

Number = Annotated[int, Parameter(ge=1, le=2**53 - 1, description="The case's number.")]
ContactId = Annotated[int, Parameter(ge=1, le=9 * 10**18, description="A contact's id.")]
MoveId = Annotated[int, Parameter(ge=1, le=9 * 10**18, description="The `id` of a merge.")]
Words = Annotated[str | None, Parameter(min_length=1, max_length=400, description="Words that occur in the case, or begin so.")]
After = Annotated[str | None, Parameter(pattern=DIGITS, description="`after` of the page before.")]
Limit = Annotated[int, Parameter(ge=1, le=100, description="At most so many.")]
Key = Annotated[str | None, Parameter(pattern=DIGITS, description="An id: digits.")]
Once = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        pattern="^[!-~]{1,255}$",
        description="A word of your own for this request. Sent again within 24 hours, it does nothing and has the same answer.",
    ),
]
CaseStatus = Literal["open", "pending", "snoozed", "solved", "closed", "spam"]
Kept = Literal["status", "owner", "priority"]
MADE: Any = {"status_code": 201}


@get("/api/v1/cases", may=READERS, scope=CASES_READ, operation_id="listCases")
async def list_cases(
    edge: Edge,
    who: Actor,
    *,
    q: Words = None,
    status: CaseStatus | None = None,
    assignee_id: Key = None,
    inbox_id: Key = None,
    after: After = None,
    limit: Limit = 50,
) -> CasePage:
    """Cases that you may see, newest first."""
    ids = {name: int(key) for name, key in (("assignee_id", assignee_id), ("inbox_id", inbox_id)) if key is not None}
    equal = ids if status is None else ids | {"status": status}
    if q is not None and not words_of(q):
        raise Invalid({"q": "Write letters or digits to search for."})
    wanted = Wanted(equal=equal, words=q or "", after=None if after is None else int(after), limit=limit)
    return await edge.db.read(page_of_cases, who, wanted)


@get("/api/v1/cases/{number:int}", may=READERS, scope=CASES_READ, operation_id="getCase", reads=("case", "number"))
async def get_case(edge: Edge, who: Actor, number: Number) -> WholeCase:
    """One case with its newest messages and notes."""
    return await edge.db.read(whole_case, who, number)


@get("/api/v1/cases/{number:int}/messages", may=READERS, scope=CASES_READ, operation_id="listMessages", reads=("case", "number"))
async def list_messages(edge: Edge, who: Actor, number: Number, *, after: After = None, limit: Limit = 50) -> MessagePage:
    """Messages of one case, newest first."""
    return await edge.db.read(page_of_messages, who, number, None if after is None else int(after), limit)


@patch("/api/v1/cases/{number:int}", may=AGENTS, scope=CASES_WRITE, operation_id="changeCase", request_class=StrictCall)
async def change_case(edge: Edge, who: Actor, number: Number, data: CaseChange) -> CaseState:
    """Change status, priority, assignee or tags: all of it or nothing."""
    return await edge.db.write(_change_case, who, number, data)


@post("/api/v1/cases/{number:int}/notes", may=READERS, scope=NOTES_WRITE, operation_id="addNote", request_class=StrictCall, **MADE)
async def write_note(edge: Edge, asked: Asked, who: Actor, number: Number, data: NewNote, key: Once = None) -> Response[Created]:  # noqa: PLR0917
    """Write an internal note; the customer never sees it."""
    return _answer(asked, await edge.db.write(under_key, who, Asking.of(key, "note", number, data), _add_note, number, data.text))


@post("/api/v1/cases/{number:int}/replies", may=AGENTS, scope=REPLIES_WRITE, operation_id="reply", request_class=StrictCall, **MADE)
async def reply(edge: Edge, asked: Asked, who: Actor, number: Number, data: NewReply, key: Once = None) -> Response[Sent]:  # noqa: PLR0917
    """Answer the customer, by the way the case came. It leaves when the time to take it back is over.

    With `seen`, 409 and `news` when others have said something in the case since; nothing is sent then.
    """
    try:
        return _answer(asked, await edge.db.write(under_key, who, Asking.of(key, "reply", number, data), _reply, number, data))
    except Stopped as stopped:
        return asked.json(_unseen(stopped), 409)


@post("/api/v1/cases/{number:int}/merge", may=AGENTS, scope=CASES_WRITE, operation_id="mergeCase", request_class=StrictCall, **MADE)
async def merge_case(edge: Edge, asked: Asked, who: Actor, number: Number, data: NewMerge, key: Once = None) -> Response[MergedOut]:  # noqa: PLR0917
    """Bring everything of another case into this one; its number then leads here. It can be undone."""
    return _answer(asked, await edge.db.write(under_key, who, Asking.of(key, "merge", number, data), _merge, number, data.other))


@post("/api/v1/moves/{move:int}/undo", may=AGENTS, scope=CASES_WRITE, operation_id="undoMove", status_code=200)
async def undo_case_move(edge: Edge, who: Actor, move: MoveId) -> UndoneOut:
    """Undo a merge, with what came since: what belongs to the other case goes back to it."""
    undone = await edge.db.write(undo_move, who, move)
    return UndoneOut(undone.source, [one for one in get_args(Kept) if one in undone.kept])


@get("/api/v1/contacts/{contact_id:int}", may=READERS, scope=CONTACTS_READ, operation_id="getContact", reads=("contact", "contact_id"))
async def get_contact(edge: Edge, who: Actor, contact_id: ContactId) -> ContactOut:
    """One customer, with the addresses that are known."""
    return await edge.db.read(contact_out, who, contact_id)


@put("/api/v1/cards", may=AGENTS, scope=CARDS_WRITE, operation_id="putCards", request_class=StrictCall)
async def put_cards(edge: Edge, who: Actor, data: NewCards) -> CardsPut:
    """Put context cards beside a customer, by an address of theirs (docs/context-cards.md)."""
    push = Push(network=data.network, address=data.address, source=data.source, cards=tuple(data.cards), seconds=data.lasts_seconds)
    done = await edge.db.write(pushing.put_cards, who, push)
    return CardsPut(str(done.contact_id), instant(done.expires_at))


@get("/api/v1/agents", may=READERS, scope=SETTINGS_READ, operation_id="listAgents")
async def list_agents(edge: Edge, who: Actor) -> list[AgentOut]:
    """Agents of the workspace who are not disabled."""
    return await edge.db.read(everybody, who)


@get("/api/v1/inboxes", may=READERS, scope=SETTINGS_READ, operation_id="listInboxes")
async def list_all_inboxes(edge: Edge, who: Actor) -> list[InboxOut]:
    """Connected inboxes that you may see."""
    return await edge.db.read(inboxes_out, who)


@get("/api/openapi.json", may=EVERYONE, scope=FREE)
async def openapi(asked: Asked) -> Response[Any]:
    """This API's own description."""
    return asked.json(document(ROUTES))


def _change_case(tx: Tx, who: Actor, number: int, change: CaseChange) -> CaseState:
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
    return state_of(tx, who, number)


def _set_status(tx: Tx, who: Actor, case_id: int, status: CaseStatus, until: datetime | msgspec.UnsetType) -> None:
    try:
        set_status(tx, who, case_id, status, None if until is msgspec.UNSET else microseconds(until))
    except Invalid as error:
        raise Invalid({"snoozed_until" if name == "until" else name: text for name, text in error.fields.items()}) from error


def _add_note(tx: Tx, who: Actor, number: int, text: str) -> Created:
    return Created(str(add_note(tx, who, access_case_no(tx, who, number).id, text)))


def _merge(tx: Tx, who: Actor, number: int, other: int) -> MergedOut:
    target, source = access_case_no(tx, who, number), access_case_no(tx, who, other)
    return MergedOut(str(merge_cases(tx, who, target.id, source.id)), target.number)


def _reply(tx: Tx, who: Actor, number: int, new: NewReply) -> Sent:
    case = access_case_no(tx, who, number)
    blind = new.seen is msgspec.UNSET
    seen = "" if new.seen is msgspec.UNSET else new.seen
    sending = SendReply(op=token_hex(13), case_id=case.id, text=new.text, cc=new.cc, then=new.then, seen=seen, anyway=blind, trust=True)
    try:
        departure = send_reply(tx, who, sending)
    except Invalid as error:
        raise Invalid({"text" if name == "body" else name: text for name, text in error.fields.items()}) from error
    return Sent(str(departure.message_id), instant(departure.leaves_at))


def _unseen(stopped: Stopped) -> Unseen:
    one = stopped.news
    told = NewsOut(id=str(one.id), kind=one.kind, by=one.by, at=instant(one.at), text=one.text)
    return Unseen(status=409, error="Not sent: others have said something in this case since it was read.", news=told, seen=stopped.mark)


def _answer(asked: Asked, answered: Answered) -> Response[Any]:
    return asked.json(answered.value, 201, {"Idempotent-Replayed": "true"} if answered.again else {})


ROUTES = [
    *(list_cases, get_case, list_messages, change_case, write_note, reply, merge_case, undo_case_move),
    *(get_contact, put_cards, list_agents, list_all_inboxes, openapi),
]
