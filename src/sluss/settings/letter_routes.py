"""Letters that Sluss writes to agents: by which way they leave, and what became of them."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from sluss.channels.postbox import letter_carrier, letter_carriers
from sluss.config import Config
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.notifications.preferences import allow_quotes, may_quote
from sluss.people.letters import choose_letter_inbox, chosen_letter_inbox, list_letters, notify_agent, retry_letter
from sluss.people.once import once
from sluss.settings.screens import Choice, LetterLine, Letters
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.policy import ADMINS
from sluss.web.shell import Form


@get("/settings/letters", may=ADMINS)
async def letters(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """The newest letters, and the way they leave."""
    screen = await edge.db.read(_screen, who, edge.config)
    return asked.answer("settings/letters.html", asked.page(_("Letters"), "settings"), screen=screen)


@post("/settings/letters/way", may=ADMINS)
async def choose_way(edge: Edge, asked: Asked, who: Actor) -> Response[Any]:
    """By which inbox."""
    told = await asked.field("inbox")
    inbox_id = int(told) if told.isdecimal() and len(told) < 19 else None
    await edge.db.write(once, who, await asked.op(), choose_letter_inbox, inbox_id)
    return asked.go("/settings/letters")


@post("/settings/letters/excerpts", may=ADMINS)
async def choose_excerpts(edge: Edge, asked: Asked, who: Actor) -> Response[Any]:
    """Whether digests may hold what was written."""
    excerpts = await asked.field("excerpts") == "on"
    await edge.db.write(once, who, await asked.op(), allow_quotes, excerpts=excerpts)
    return asked.go("/settings/letters")


@post("/settings/letters/trial", may=ADMINS)
async def try_way(edge: Edge, asked: Asked, who: Actor) -> Response[Any]:
    """One letter to oneself."""
    await edge.db.write(once, who, await asked.op(), _write_trial)
    return asked.go("/settings/letters")


@post("/settings/letters/{letter_id:int}/retry", may=ADMINS)
async def retry(edge: Edge, asked: Asked, who: Actor, letter_id: int) -> Response[Any]:
    """Send one again."""
    await edge.db.write(once, who, await asked.op(), retry_letter, letter_id)
    return asked.go("/settings/letters")


def _write_trial(tx: Tx, who: Actor) -> None:
    notify_agent(tx, who, who.id, "trial")


def _screen(tx: Tx, who: Actor, config: Config) -> Letters:
    kinds = {
        "invitation": _("Invitation"),
        "reset": _("New password"),
        "no-password": _("How to sign in"),
        "password": _("Password changed"),
        "device": _("New browser"),
        "factors": _("Way of signing in changed"),
        "alarm": _("Alarm"),
        "trial": _("Trial"),
        "digest": _("News for who is away"),
        "chat-code": _("Code for a visitor"),
        "chat-text": _("Text of a chat"),
    }
    lines = tuple(
        LetterLine(
            id=str(one.id),
            kind=kinds.get(one.kind, one.kind),
            name=one.name,
            email=one.email,
            state=one.state,
            written_at=one.created_at,
            tries=one.attempts,
            next_at=one.due_at if one.state == "queued" and one.attempts else None,
            reason=_(one.error) if one.error else "",
        )
        for one in list_letters(tx, who)
    )
    carrier, chosen = letter_carrier(tx, who), chosen_letter_inbox(tx, who)
    carriers = tuple(Choice(id=str(one.id), label=f"{one.name} · {one.address}") for one in letter_carriers(tx, who))
    way = config.mail_host or (f"{carrier.name} · {carrier.address}" if carrier is not None else "")
    form = Form(values={"inbox": str(chosen or ""), "excerpts": "on" if may_quote(tx, who) else ""})
    return Letters(lines=lines, form=form, way=way, by_server=bool(config.mail_host), inboxes=carriers, has_address=bool(config.base_url))


ROUTES = [letters, choose_way, choose_excerpts, try_way, retry]
