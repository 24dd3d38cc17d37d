"""What a visitor tells of themselves: typing, where they are, who they are, how far they have read; and files of their own talk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec
from litestar import Response, get, post
from litestar.response import Stream

from sluss.channels.contract import Delivered
from sluss.channels.visitors import Mark, Person, Visitor
from sluss.channels.webchat.identity import read_identity
from sluss.channels.webchat.understanding import ChatReceipt, encode
from sluss.kernel.clock import SECOND
from sluss.kernel.errors import Invalid, Missing
from sluss.kernel.files import FileStore, StoreError, as_digest, digest_of
from sluss.kernel.text import clean_text
from sluss.kernel.words import say
from sluss.visitor.chats import Chat
from sluss.visitor.continuing import follow_later, take_profile
from sluss.visitor.items import StoredFile, file_of, unread_of
from sluss.visitor.meeting import Meeting, Unknown, known_visitor, meet, require_bearer, seal_of, visitors_of
from sluss.visitor.proving import prove
from sluss.visitor.receiving import PREVIEW, PageTold, read_email, read_name, read_page
from sluss.visitor.routes import number
from sluss.visitor.tokens import proven_token
from sluss.web.edge import Asked, Call, Edge
from sluss.web.policy import VISITOR
from sluss.web.uploads import NEUTRAL, disposition

T = TypeVar("T", bound=msgspec.Struct)

TYPING = 8 * SECOND
"""How long somebody counts as typing after saying so; while letters come, the page says it every few seconds."""
BODY = 20_000
AT_ONCE = 100
CHUNK = 1 << 16
FILE_POLICY = "default-src 'none'; sandbox"
UNREADABLE = say("The request cannot be read.")


class Typing(msgspec.Struct, frozen=True):
    """Whether somebody types, and what."""

    on: bool
    text: str = ""


class Profile(msgspec.Struct, frozen=True):
    """What somebody says of themselves; empty is as before."""

    name: str = ""
    email: str = ""


class Receipts(msgspec.Struct, frozen=True):
    """Messages of ours that have come, and up to which they have been read."""

    delivered: tuple[str, ...] = ()
    read: str = ""


class Identity(msgspec.Struct, frozen=True):
    """A token that the company's own server signed."""

    jwt: str


@post("/chat/{key:str}/typing", may=VISITOR, status_code=204, request_max_body_size=100_000)
async def typing(edge: Edge, asked: Asked, request: Call, key: str) -> Response[None]:
    """Somebody types, or stopped. What is kept of the text only where the inbox allows that we see it."""
    meeting = await meet(edge, request, key, visitors_of(edge).limits.requests)
    told = await told_json(request, Typing)
    visitor = await marked_visitor(edge, meeting)
    text = clean_text(told.text[:PREVIEW]) if told.on and meeting.chat.settings.preview else ""
    until = edge.db.clock() + TYPING if told.on else 0
    visitors_of(edge).marks.note(Mark(visitor.workspace_id, visitor.id, typing=(until, text)))
    return asked.nothing()


@post("/chat/{key:str}/page", may=VISITOR, status_code=204, request_max_body_size=BODY)
async def page(edge: Edge, asked: Asked, request: Call, key: str) -> Response[None]:
    """The visitor looks at another page."""
    meeting = await meet(edge, request, key, visitors_of(edge).limits.requests)
    told = read_page(await told_json(request, PageTold))
    visitor = await marked_visitor(edge, meeting)
    if told.url:
        visitors_of(edge).marks.note(Mark(visitor.workspace_id, visitor.id, page=told))
    return asked.nothing()


@post("/chat/{key:str}/profile", may=VISITOR, status_code=204, request_max_body_size=BODY)
async def profile(edge: Edge, asked: Asked, request: Call, key: str) -> Response[None]:
    """Name and address, as the visitor gives them."""
    meeting = await meet(edge, request, key, visitors_of(edge).limits.requests)
    told = await told_json(request, Profile)
    name, email = read_name(told.name), read_email(told.email)
    visitor = await marked_visitor(edge, meeting)
    await edge.db.write_grouped(take_profile, meeting.chat.who, visitor.inbox_id, visitor.id, name=name, email=email)
    return asked.nothing()


@post("/chat/{key:str}/receipts", may=VISITOR, status_code=202, request_max_body_size=BODY)
async def receipts(edge: Edge, asked: Asked, request: Call, key: str) -> Response[Any]:
    """What has come and what was read; it is kept like a message before it is acknowledged. What is no news leaves no trace."""
    meeting = await meet(edge, request, key, visitors_of(edge).limits.requests)
    told = await told_json(request, Receipts)
    visitor = await marked_visitor(edge, meeting)
    come = {one for one in map(number, told.delivered[:AT_ONCE]) if one}
    delivered, read = await edge.db.read(unread_of, meeting.chat.who, visitor, come, number(told.read) or 0)
    for thread in {int(row.external_key) for row in [*delivered, *read]}:
        news = [[row.external_id for row in rows if int(row.external_key) == thread] for rows in (delivered, read)]
        await _keep(edge, meeting.chat, ChatReceipt(visitor_id=thread, delivered=tuple(news[0]), read=tuple(news[1])))
    if read:
        newest = max(row.at for row in read)
        visitors_of(edge).marks.note(Mark(visitor.workspace_id, visitor.id, answered_seen_at=newest))
    return asked.json({"stored": True}, 202)


@post("/chat/{key:str}/identify", may=VISITOR, status_code=200, request_max_body_size=BODY)
async def identify(edge: Edge, asked: Asked, request: Call, key: str) -> Response[Any]:
    """The company's own server says who this is. What was said anonymously until now becomes part of that person's talk."""
    hub = visitors_of(edge)
    meeting = await meet(edge, request, key, hub.limits.identities)
    chat, told = meeting.chat, await told_json(request, Identity)
    if chat.settings.identify == "no":
        raise Unknown(say("This chat knows its visitors by what they write, and proves nobody."))
    now = edge.db.clock()
    proven = read_identity(told.jwt, chat.connection, now)
    before = meeting.bearer.token_hash if meeting.bearer is not None and not meeting.bearer.proven else None
    person = Person(proven.subject, read_name(proven.name), proven_email(proven.email), proven.locale[:35])
    visitor = await edge.db.write(prove, chat.who, chat.inbox_id, person, before)
    if visitor.email:
        await edge.db.write(follow_later, chat.who, chat.inbox_id, visitor.id)
    if before is not None:
        hub.known.forget(before)
        hub.end_of(visitor.id)
    return asked.json({"token": proven_token(seal_of(edge, chat), visitor.id, now), "name": visitor.name, "email": visitor.email})


@get("/chat/{key:str}/files/{file_id:str}", may=VISITOR)
async def file(edge: Edge, request: Call, key: str, file_id: str) -> Response[Any]:
    """A file of one's own talk, as a download that no browser opens."""
    meeting = await meet(edge, request, key, visitors_of(edge).limits.requests)
    visitor = await known_visitor(edge, meeting)
    found = await edge.db.read(file_of, meeting.chat.who, visitor, number(file_id) or 0)
    try:
        edge.files.open(as_digest(found.digest)).close()
    except StoreError:
        raise Missing from None
    headers = {
        "Content-Disposition": disposition(found.name, inline=False),
        "Content-Security-Policy": FILE_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
        "Content-Length": str(found.size),
    }
    return Stream(_pieces(edge.files, found), media_type=NEUTRAL, headers=headers)


def proven_email(told: str) -> str:
    """The address that the company's server names, where it is one."""
    try:
        return read_email(told)
    except Invalid:
        return ""


async def marked_visitor(edge: Edge, meeting: Meeting) -> Visitor:
    """Whoever tells something of themselves, counted."""
    bearer = require_bearer(meeting)
    visitors_of(edge).limits.marks.take(bearer.own)
    return await known_visitor(edge, meeting)


async def told_json(request: Call, shape: type[T]) -> T:
    """What a request says. Raises `Invalid`."""
    try:
        return msgspec.json.decode(await request.body(), type=shape)
    except (msgspec.DecodeError, UnicodeError):
        raise Invalid({"body": UNREADABLE}) from None


async def _keep(edge: Edge, chat: Chat, told: ChatReceipt) -> None:
    raw = encode(told)
    key = f"chat:{told.visitor_id}:news:{digest_of(raw)[:40]}"
    await edge.receive(chat.connection, [Delivered(external_key=key, raw=raw, received_at=edge.db.clock())])


def _pieces(files: FileStore, found: StoredFile) -> Iterator[bytes]:
    with files.open(as_digest(found.digest)) as opened:
        while chunk := opened.read(CHUNK):
            yield chunk


ROUTES: list[Any] = [typing, page, profile, receipts, identify, file]
