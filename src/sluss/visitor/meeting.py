"""The beginning of every request of a visitor. In: address, headers. Out: which chat, whose request, in which language; or a refusal.

Everything that is known from memory is looked at before the database is asked (T91).
"""

from __future__ import annotations

from typing import Any

import msgspec

from sluss.channels.visitors import Visitor, find_visitor, get_visitor
from sluss.kernel.errors import Missing, Trouble
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.visitor.chats import Chat
from sluss.visitor.hub import Visitors
from sluss.visitor.limits import Buckets, network_of
from sluss.visitor.tokens import PURPOSE, Bearer, Seal, read_bearer
from sluss.web.edge import Call, Edge
from sluss.web.locale import LOCALES, Voice, choose, speak
from sluss.web.proxies import client_address

UNKNOWN = say("This conversation cannot be opened any more. Write again to begin a new one.")
SIGN_IN_FIRST = say("Please sign in on the web site first: this chat is for its customers.")


class Unknown(Trouble):
    """The token names nobody: the page forgets it and begins anew."""

    status = 401

    def __init__(self, sentence: str = UNKNOWN) -> None:
        super().__init__(sentence)


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """One request: the chat, where it comes from, and whom it names."""

    chat: Chat
    network: str
    bearer: Bearer | None
    language: str


def visitors_of(edge: Edge) -> Visitors:
    """The hub of this process."""
    hub: Any = edge.visits
    return hub


def seal_of(edge: Edge, chat: Chat) -> Seal:
    """What signs the tokens of a chat's proven visitors."""
    return Seal(edge.keyring.derived(PURPOSE), chat.inbox_id)


async def meet(edge: Edge, request: Call, key: str, count: Buckets) -> Meeting:
    """Count the request and see whose it is. Raises `TooMuch` or `Missing`.

    Whoever is known here is counted alone, so that a flood of strangers from the same network does not shut them out.
    """
    hub = visitors_of(edge)
    network = network_of(client_address(request.scope, edge.config))
    language = language_of(request)
    speak(Voice(language))
    chat = await hub.chats.find(key, network)
    speak(Voice(language, chat.settings.zone))
    bearer = read_bearer(request.headers.get("authorization", ""), seal_of(edge, chat), edge.db.clock())
    if count is hub.limits.requests and bearer is not None and (bearer.proven or bearer.token_hash in hub.known):
        hub.limits.visits.take(bearer.own)
    else:
        count.take(network)
    return Meeting(chat=chat, network=network, bearer=bearer, language=language)


async def known_visitor(edge: Edge, meeting: Meeting) -> Visitor:
    """The visitor whose request it is. Raises `Unknown` for whoever has written nothing yet, or is known no more."""
    bearer = require_bearer(meeting)
    found = await look_up(edge, meeting, bearer)
    if found is None:
        raise Unknown
    return found


def require_bearer(meeting: Meeting) -> Bearer:
    """Whom the request names. Raises `Unknown`, also for a stranger where only proven customers may talk."""
    if meeting.bearer is None:
        raise Unknown
    if meeting.chat.settings.identify == "required" and not meeting.bearer.proven:
        raise Unknown(SIGN_IN_FIRST)
    return meeting.bearer


async def look_up(edge: Edge, meeting: Meeting, bearer: Bearer) -> Visitor | None:
    """The visitor of a token. A look for one whom this process has not seen yet is counted, and costs nothing where it finds somebody."""
    hub = visitors_of(edge)
    stranger = not bearer.proven and bearer.token_hash not in hub.known
    if stranger:
        hub.limits.strangers.take(meeting.network)
    found = await edge.db.read(visitor_of, meeting.chat, bearer)
    if found is None:
        hub.known.forget(bearer.token_hash)
    elif stranger:
        hub.limits.strangers.give_back(meeting.network)
        hub.known.note(bearer.token_hash)
    return found


def visitor_of(tx: Tx, chat: Chat, bearer: Bearer) -> Visitor | None:
    """Whom a token opens: a stranger's only what is no proven person's, a proven one's only that person's."""
    if not bearer.proven:
        return find_visitor(tx, chat.who, chat.inbox_id, bearer.token_hash)
    try:
        found = get_visitor(tx, chat.who, chat.inbox_id, bearer.visitor_id)
    except Missing:
        return None
    return found if found.subject else None


def language_of(request: Call) -> str:
    """The language that the page asks for, else the browser's."""
    told = request.query_params.get("lang", "").lower()[:2]
    return choose(told if told in LOCALES else "", request.headers.get("accept-language", ""))
