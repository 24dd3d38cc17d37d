"""The text of a chat by mail, as its visitor asks for it. In: a wish, later perhaps a code. Out: JSON that says what comes by mail."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, post

from sluss.channels.postbox import has_letter_way
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Conflict, Invalid
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.visitor.meeting import meet, visitors_of
from sluss.visitor.routes_self import BODY, marked_visitor, told_json
from sluss.visitor.transcript import Wish, ask_transcript, enter_code
from sluss.web.edge import Asked, Call, Edge
from sluss.web.policy import VISITOR

NO_WAY = say("No mail can be sent from here at the moment.")
WRONG = say("This is not the code of the newest letter, or its time is over. Look again, or ask for another.")


class Asking(msgspec.Struct, frozen=True):
    """Where to; empty is the address that is known."""

    email: str = ""


class Typed(msgspec.Struct, frozen=True):
    """The code as typed."""

    code: str


@post("/chat/{key:str}/transcript", may=VISITOR, status_code=202, request_max_body_size=BODY)
async def transcript(edge: Edge, asked: Asked, request: Call, key: str) -> Response[Any]:
    """Send the text to a proven address, a code to any other."""
    meeting = await meet(edge, request, key, visitors_of(edge).limits.requests)
    told = await told_json(request, Asking)
    visitor = await marked_visitor(edge, meeting)
    wish = Wish(visitor, told.email, meeting.network)

    def ask(tx: Tx, who: Actor) -> str:
        if not has_letter_way(tx, who, edge.config):
            raise Conflict(NO_WAY)
        return ask_transcript(tx, who, wish)

    return asked.json({await edge.db.write(ask, meeting.chat.who): True}, 202)


@post("/chat/{key:str}/transcript/code", may=VISITOR, status_code=202, request_max_body_size=BODY)
async def code(edge: Edge, asked: Asked, request: Call, key: str) -> Response[Any]:
    """The code that came by mail: the address is the visitor's, and the text goes there."""
    meeting = await meet(edge, request, key, visitors_of(edge).limits.requests)
    told = await told_json(request, Typed)
    visitor = await marked_visitor(edge, meeting)
    if not await edge.db.write(enter_code, meeting.chat.who, Wish(visitor, "", meeting.network), told.code):
        raise Invalid({"code": WRONG})
    return asked.json({"sent": True}, 202)


ROUTES: list[Any] = [transcript, code]
