"""What a chat has beside other inboxes: where it is seen, a key for proofs, and how it will look."""

from __future__ import annotations

import msgspec
from litestar import Response, get, post
from litestar.response.redirect import Redirect

from sluss.channels.inboxes import InboxFields, change_inbox, connection_of, teams_of, turn_secrets
from sluss.channels.webchat.identity import KEY, turned_key
from sluss.channels.webchat.origins import OriginWrong, read_origin
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid
from sluss.kernel.sealing import Sealer
from sluss.kernel.tx import Tx
from sluss.people.fresh import require_fresh
from sluss.people.once import once, was_used
from sluss.people.sessions import Session
from sluss.settings.chat_pages import show_chat, show_form
from sluss.settings.chat_queries import access_chat, chat_form_screen, chat_screen, inbox_of, look_screen, sites_screen, with_copied_hours
from sluss.settings.forms import typed_form
from sluss.settings.wanted import Wanted
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.policy import ADMINS


@get("/settings/chats/{chat_id:int}/sites", may=ADMINS)
async def sites(edge: Edge, asked: Asked, who: Actor, chat_id: int) -> Response[str]:
    """Where the chat was seen."""
    found = await edge.db.read(sites_screen, who, chat_id)
    return asked.answer("settings/chat_sites.html", asked.page(_("Web sites"), "settings"), sites=found)


@post("/settings/chats/{chat_id:int}/sites", may=ADMINS, status_code=303)
async def list_site(edge: Edge, asked: Asked, who: Actor, chat_id: int) -> Redirect:
    """Put a site that was refused on the list."""
    await edge.db.write(once, who, await asked.op(), _add_site, edge.keyring, chat_id, await asked.field("origin"))
    return asked.go(f"/settings/inboxes/{chat_id}")


@post("/settings/chats/{chat_id:int}/key", may=ADMINS, status_code=200)
async def turn_key(edge: Edge, asked: Asked, who: Actor, session: Session, chat_id: int) -> Response[str]:
    """Make a new key for proofs, and show it this once. The one before is good for another day."""
    await require_fresh(asked, session)
    op = await asked.op()
    twice = await edge.db.read(was_used, who, op)
    await edge.db.write(once, who, op, _turn_key, edge.keyring, chat_id)
    screen = await edge.db.read(chat_screen, who, chat_id, asked.origin)
    key = "" if twice else (await edge.db.read(connection_of, who, chat_id, edge.keyring)).secrets[KEY]
    return show_chat(asked, msgspec.structs.replace(screen, key=key, twice=twice))


@post("/settings/chats/look", may=ADMINS, status_code=200)
async def show_look(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """How the chat will look while its form is written."""
    look = await edge.db.read(look_screen, who, await typed_form(asked))
    return asked.answer("settings/chat_look.html", asked.page(_("Preview"), "settings"), look=look)


@post("/settings/chats/hours", may=ADMINS, status_code=200)
async def show_hours(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """What visitors would read now while the hours are written; or Monday's hours on every working day."""
    typed = await typed_form(asked)
    form = with_copied_hours(typed) if typed.value("copy") else typed
    screen = await edge.db.read(chat_form_screen, who, Wanted(inbox_id=inbox_of(form), form=form))
    if asked.htmx:
        return asked.answer("settings/chat_hours.html", asked.page(_("Opening hours"), "settings"), screen=screen)
    return show_form(asked, screen)


def _add_site(tx: Tx, who: Actor, sealer: Sealer, chat_id: int, origin: str) -> None:
    inbox = access_chat(tx, who, chat_id)
    try:
        listed = [*inbox.settings.get("origins", ()), read_origin(origin)]
    except OriginWrong as error:
        raise Invalid({"origin": error.sentence}) from None
    fields = InboxFields(
        name=inbox.name,
        address=inbox.address,
        settings=inbox.settings | {"origins": listed},
        team_ids=teams_of(tx, who, chat_id),
        reopen_days=inbox.reopen_days,
    )
    change_inbox(tx, who, sealer, chat_id, fields)


def _turn_key(tx: Tx, who: Actor, sealer: Sealer, chat_id: int) -> None:
    access_chat(tx, who, chat_id)
    turn_secrets(tx, who, sealer, chat_id, turned_key(connection_of(tx, who, chat_id, sealer).secrets, tx.now))


ROUTES = [sites, list_site, turn_key, show_look, show_hours]
