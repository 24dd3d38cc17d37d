"""What the page in the frame asks for: its chat's state, its messages, the live stream. In: requests with a visitor's token. Out: JSON."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Response, get, post

from sluss.channels.contract import Delivered
from sluss.channels.visitors import Mark, Newcomer, Visitor, find_or_make_visitor, same_person
from sluss.channels.webchat.understanding import ChatMessage, encode, external_key
from sluss.people.browser import describe
from sluss.visitor.chats import Chat
from sluss.visitor.continuing import take_profile
from sluss.visitor.hub import Visitors
from sluss.visitor.items import page_of
from sluss.visitor.meeting import Meeting, known_visitor, look_up, meet, require_bearer, visitors_of
from sluss.visitor.receiving import BODY_BYTES, MessageForm, Said, read_message, require_details
from sluss.visitor.streams import Stream
from sluss.visitor.tokens import LARGEST
from sluss.web.edge import Asked, Call, Edge
from sluss.web.headers import Receive, Scope, Send
from sluss.web.policy import VISITOR
from sluss.web.streaming import HEADERS


@get("/chat/{key:str}/state", may=VISITOR)
async def state(edge: Edge, asked: Asked, request: Call, key: str) -> Response[Any]:
    """Whether it is open, and whether somebody is there."""
    hub = visitors_of(edge)
    meeting = await meet(edge, request, key, hub.limits.looks)
    return asked.json(await hub.state(meeting.chat))


@post("/chat/{key:str}/messages", may=VISITOR, status_code=202, request_max_body_size=BODY_BYTES)
async def send(edge: Edge, asked: Asked, request: Call, key: str) -> Response[Any]:
    """Keep what a visitor wrote; the answer comes when it is durable. A repeat under the same key is kept once."""
    hub = visitors_of(edge)
    meeting = await meet(edge, request, key, hub.limits.requests)
    bearer = require_bearer(meeting)
    for count in (hub.limits.messages, hub.limits.messages_a_day):
        count.take(bearer.own)
    async with hub.limits.bodies.arriving(meeting.network, _announced(request)):
        said = await read_message(await asked.form(MessageForm), meeting.chat.settings)
    visitor = await _writer(edge, request, meeting, said)
    message = ChatMessage(
        visitor_id=visitor.id, key=said.key, text=said.text, name=said.name or visitor.name, subject=visitor.subject, files=said.files
    )
    raw = await asyncio.to_thread(encode, message)
    delivered = Delivered(external_key=external_key(message), raw=raw, received_at=edge.db.clock())
    await edge.receive(meeting.chat.connection, [delivered])
    hub.marks.note(Mark(visitor.workspace_id, visitor.id, page=said.page if said.page.url else None, typing=(0, "")))
    return asked.json({"stored": True, "key": said.key}, 202)


@get("/chat/{key:str}/messages", may=VISITOR)
async def earlier(edge: Edge, asked: Asked, request: Call, key: str, before: str = "") -> Response[Any]:
    """Messages before one, or the newest."""
    meeting = await meet(edge, request, key, visitors_of(edge).limits.requests)
    visitor = await known_visitor(edge, meeting)
    return asked.json(await edge.db.read(page_of, meeting.chat.who, visitor, number(before)))


@get("/chat/{key:str}/live", may=VISITOR)
async def live(edge: Edge, request: Call, key: str) -> Response[Any]:
    """How things stand, and from then on what happens, until the reader leaves."""
    hub = visitors_of(edge)
    meeting = await meet(edge, request, key, hub.limits.requests)
    visitor = await known_visitor(edge, meeting)
    rows = await edge.db.read(same_person, meeting.chat.who, visitor) if visitor.subject else (visitor.id,)
    stream = Stream(rows, (meeting.chat.inbox_id, meeting.language), meeting.network)
    if meeting.bearer is not None and meeting.bearer.proven:
        stream.proven, stream.until = True, meeting.bearer.until
    return LiveAnswer(hub, (meeting.chat, visitor), stream)


class LiveAnswer(Response[None]):
    """What `live` answers. While it is open there is one waiting task for it, and nothing else."""

    def __init__(self, hub: Visitors, whose: tuple[Chat, Visitor], stream: Stream) -> None:
        super().__init__(None)
        self._hub, self._whose, self._listening = hub, whose, stream

    def to_asgi_response(self, *_: Any, **__: Any) -> Any:
        """The stream itself; the framework's buffering answers know nothing of readers that leave."""
        return self._stream

    async def _stream(self, _: Scope, receive: Receive, send: Send) -> None:
        async with self._hub.opened(*self._whose, self._listening) as snapshot:
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            await send({"type": "http.response.body", "body": snapshot, "more_body": True})
            self._listening.begin(send)
            while (await receive())["type"] != "http.disconnect":
                pass


def number(told: str) -> int | None:
    """An id from an address; None for what is none."""
    return int(told) if told.isascii() and told.isdigit() and len(told) < 20 and int(told) <= LARGEST else None


def _announced(request: Call) -> str:
    """How long a body says it is; one that comes in pieces says nothing that holds."""
    return "" if "transfer-encoding" in request.headers else request.headers.get("content-length", "")


async def _writer(edge: Edge, request: Call, meeting: Meeting, said: Said) -> Visitor:
    """The visitor who writes; made where the token is new and its network has not made too many."""
    chat, bearer, hub = meeting.chat, require_bearer(meeting), visitors_of(edge)
    visitor = await look_up(edge, meeting, bearer)
    if visitor is None:
        if bearer.proven:
            return await known_visitor(edge, meeting)
        require_details(chat.settings, said.name, said.email)
        hub.limits.newcomers.take(meeting.network)
        browser = describe(request, edge.config).device
        new = Newcomer(bearer.token_hash, said.name, said.email, browser, said.page)
        visitor = await edge.db.write_grouped(find_or_make_visitor, chat.who, chat.inbox_id, new)
        hub.known.note(bearer.token_hash)
    require_details(chat.settings, said.name or visitor.name, said.email or visitor.email)
    if (said.name and said.name != visitor.name) or (said.email and said.email != visitor.email):
        await edge.db.write_grouped(take_profile, chat.who, chat.inbox_id, visitor.id, name=said.name, email=said.email)
    return visitor


ROUTES: list[Any] = [state, send, earlier, live]
