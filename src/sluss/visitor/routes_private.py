"""A private page that goes on from something public. In: the address that stood there. Out: the chat, for who came first or knows a code.

Whoever only looks (programs that draw a preview of every link do) changes nothing: coming in takes a press.
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post

from sluss.cases.models import conversations, messages, threads
from sluss.channels.models import inboxes
from sluss.channels.registry import channel_named
from sluss.channels.visitors import find_visitor
from sluss.kernel.actors import system
from sluss.kernel.errors import Conflict, Forbidden, Missing
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.replies.private_links import Entered, Link, enter, link_at, new_code
from sluss.visitor.limits import network_of
from sluss.visitor.meeting import Meeting, known_visitor, language_of, meet, require_bearer, visitors_of
from sluss.visitor.routes_page import headers_of, show_frame
from sluss.visitor.routes_self import BODY, told_json
from sluss.visitor.screens import Private
from sluss.web.edge import Asked, Call, Edge
from sluss.web.locale import Voice, speak
from sluss.web.locale import gettext as _
from sluss.web.policy import VISITOR
from sluss.web.proxies import client_address

SAID = 600
ANOTHER_DEVICE = say(
    "This conversation was opened on another device. Open it there, choose “Open on another device”, and write the code here."
)
OVER = say("This link has expired. Write to us again where you wrote before, and we send another.")


class Coming(msgspec.Struct, frozen=True):
    """Who wants to come in, with the code that another device shows, if any."""

    code: str = ""


class Door(msgspec.Struct, frozen=True):
    """A link with the web chat that stands behind it, and what it goes on from."""

    link: Link
    key: str
    said: str
    channel: str


@get("/private/{token:str}", may=VISITOR)
async def page(edge: Edge, asked: Asked, request: Call, token: str) -> Response[str]:
    """The page; nothing of the conversation is in it."""
    door, meeting = await _meet(edge, request, token, looking=True)
    state = await visitors_of(edge).state(meeting.chat)
    screen = show_frame(meeting.chat, meeting.language, request.query_params.get("theme", ""), state)
    network = _(channel_named(door.channel).capabilities.label)
    private = Private(path=f"/private/{token}", room=f"private-{door.link.id}", said=door.said, network=network)
    title = _("A private conversation with %(name)s") % {"name": meeting.chat.brand}
    screen = msgspec.structs.replace(screen, title=title, private=private, identify="no", preview=False)
    shell = asked.page(screen.title, locale=meeting.language, zone=meeting.chat.settings.zone, csrf="", theme="system")
    answer = asked.answer("visitor/frame.html", shell, chat=screen)
    answer.headers.update(headers_of(meeting.chat, alone=True))
    return answer


@post("/private/{token:str}/enter", may=VISITOR, status_code=200, request_max_body_size=BODY)
async def come_in(edge: Edge, asked: Asked, request: Call, token: str) -> Response[Any]:
    """Let a browser in: the first one, or one that knows a code. Says the word by which the author can prove to be in here."""
    door, meeting = await _meet(edge, request, token)
    told = await told_json(request, Coming)
    bearer = require_bearer(meeting)
    if bearer.proven:
        raise Forbidden(ANOTHER_DEVICE)

    def let(tx: Tx) -> Entered:
        who = system(door.link.workspace_id)
        known = find_visitor(tx, who, door.link.inbox_id, bearer.token_hash)
        mine = known is not None and known.id == door.link.visitor_id
        return enter(tx, link_at(tx, token), bearer.token_hash, known=mine, code=told.code)

    entered = await edge.db.write(let)
    if entered == "over":
        raise Conflict(OVER)
    if entered == "code":
        raise Forbidden(ANOTHER_DEVICE)
    visitors_of(edge).known.note(bearer.token_hash)
    return asked.json({"word": door.link.word, "proved": door.link.proved_at is not None})


@post("/private/{token:str}/device", may=VISITOR, status_code=200, request_max_body_size=BODY)
async def another_device(edge: Edge, asked: Asked, request: Call, token: str) -> Response[Any]:
    """A code by which one more device may come in."""
    door, meeting = await _meet(edge, request, token)
    visitor = await known_visitor(edge, meeting)
    if visitor.id != door.link.visitor_id:
        raise Missing
    return asked.json({"code": await edge.db.write(new_code, door.link)})


async def _meet(edge: Edge, request: Call, told: str, *, looking: bool = False) -> tuple[Door, Meeting]:
    """Count the request, and see which door it means. Raises `Missing` for an address that leads nowhere."""
    hub = visitors_of(edge)
    speak(Voice(language_of(request)))
    network = network_of(client_address(request.scope, edge.config))
    hub.limits.strangers.take(network)
    door = await edge.db.read(_door, told)
    hub.limits.strangers.give_back(network)
    return door, await meet(edge, request, door.key, hub.limits.looks if looking else hub.limits.requests)


def _door(tx: Tx, told: str) -> Door:
    link = link_at(tx, told)
    m, v, t, i = messages.c, conversations.c, threads.c, inboxes.c
    key = tx.value(sa.select(i.address).where(i.workspace_id == link.workspace_id, i.id == link.inbox_id))
    joined = messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    joined = joined.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
    joined = joined.join(inboxes, (i.workspace_id == t.workspace_id) & (i.id == t.inbox_id))
    this = (m.workspace_id == link.workspace_id) & (m.id == link.public_id) & (t.visibility == "public")
    public = tx.row(sa.select(m.fresh, i.channel).select_from(joined).where(this))
    if key is None or public is None:
        raise Missing
    return Door(link, key, public.fresh[:SAID], public.channel)


ROUTES: list[Any] = [page, come_in, another_device]
