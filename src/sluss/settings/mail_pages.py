"""The pages of a mailbox: its form, and how it does."""

from __future__ import annotations

import msgspec
from litestar import Response

from sluss.kernel.actors import Actor
from sluss.settings.consent_queries import connect_of, with_auths
from sluss.settings.inbox_queries import confirmation_screens, edit_inbox_screen, inbox_screen, new_inbox_screen, signature_screen
from sluss.settings.screens import InboxForm
from sluss.settings.wanted import Wanted
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _


def what() -> str:
    """One line for whoever chooses among channels."""
    return _("A mailbox that customers write to.")


async def form_page(edge: Edge, asked: Asked, who: Actor, wanted: Wanted) -> Response[str]:
    """The form of a new or a stored mailbox."""
    if wanted.inbox_id:
        screen = await edge.db.read(edit_inbox_screen, who, wanted.inbox_id, wanted.form)
    else:
        screen = await edge.db.read(new_inbox_screen, who, wanted.preset, wanted.form)
        screen = msgspec.structs.replace(screen, kinds=wanted.kinds)
    return await mail_form(edge, asked, who, screen, wanted.status)


async def inbox_page(edge: Edge, asked: Asked, who: Actor, inbox_id: int) -> Response[str]:
    """One mailbox; `consent` in the address names the one that just ended."""
    consent = str(asked.request.query_params.get("consent", ""))
    screen = await edge.db.read(inbox_screen, who, inbox_id)
    ended = int(consent) if consent.isdecimal() and len(consent) < 19 else None
    screen = msgspec.structs.replace(screen, connect=await edge.db.read(connect_of, who, edge.config, inbox_id, ended))
    return asked.answer("settings/inbox.html", asked.page(screen.line.name, "settings"), screen=screen)


async def mail_form(edge: Edge, asked: Asked, who: Actor, screen: InboxForm, status: int = 200) -> Response[str]:
    """The form, with what its fields lead to shown beside them."""
    screen = await edge.db.read(with_auths, who, edge.config, screen)
    written = screen.form.value("signature"), screen.form.value("address")
    screen = msgspec.structs.replace(
        screen,
        listen_at=edge.config.lmtp_listen,
        signature=await edge.db.read(signature_screen, who, *written),
        confirmations=confirmation_screens(screen.form.values),
    )
    title = _("Change inbox") if screen.id else _("Add inbox")
    return asked.answer("settings/inbox_form.html", asked.page(title, "settings"), status, screen=screen)
