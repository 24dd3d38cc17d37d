"""Writing first to somebody: a form of its own, reached from everywhere by a key, and from a customer's page with the address filled in."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post

from sluss.channels.inboxes import list_inboxes
from sluss.channels.registry import channel_named, channel_names
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid
from sluss.kernel.tx import Tx
from sluss.replies.beginning import Begin, begin_conversation
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.policy import AGENTS
from sluss.web.shell import Form

Number = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
Line = Annotated[str, msgspec.Meta(max_length=2_000)]


class BeginForm(msgspec.Struct, frozen=True):
    """A first message."""

    inbox: Number = 0
    to: Line = ""
    subject: Line = ""
    body: Annotated[str, msgspec.Meta(max_length=200_000)] = ""


@get("/conversations/new", may=AGENTS)
async def new_conversation(edge: Edge, asked: Asked, who: Actor, *, to: str = "") -> Response[str]:
    """The form."""
    return await _answer(edge, asked, who, Form(values={"to": to[:254]}))


@post("/conversations/new", may=AGENTS)
async def begin(edge: Edge, asked: Asked, who: Actor) -> Response[Any]:
    """Send it."""
    given = await asked.form(BeginForm)
    wanted = Begin(op=await asked.op(), inbox_id=given.inbox, to=given.to, subject=given.subject, text=given.body)
    try:
        begun = await edge.db.write(begin_conversation, who, wanted)
    except Invalid as error:
        values = {"inbox": str(given.inbox), "to": given.to, "subject": given.subject, "body": given.body}
        return await _answer(edge, asked, who, Form(values, {name: _(text) for name, text in error.fields.items()}), 422)
    return asked.go(f"/c/{begun.number}")


async def _answer(edge: Edge, asked: Asked, who: Actor, form: Form, status: int = 200) -> Response[str]:
    ways = await edge.db.read(_ways, who)
    return asked.answer("customers/begin.html", asked.page(_("New conversation"), "inbox"), status, form_of=form, ways=ways)


def _ways(tx: Tx, who: Actor) -> list[tuple[str, str]]:
    """Inboxes by which mail can be written."""
    letters = {name for name in channel_names() if channel_named(name).capabilities.is_letter}
    return [(str(one.id), f"{one.name} · {one.address}") for one in list_inboxes(tx, who) if one.channel in letters]


ROUTES: list[Any] = [new_conversation, begin]
