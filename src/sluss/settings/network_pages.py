"""The pages of an account of a network whose fields are declared: one form and one page for all of them."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response

from sluss.channels.registry import form_of
from sluss.kernel.actors import Actor
from sluss.settings.network_queries import network_form_screen, network_screen
from sluss.settings.wanted import Wanted
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _


class NetworkPages:
    """The pages of one channel."""

    def __init__(self, channel: str) -> None:
        self._channel = channel

    def what(self) -> str:
        """One line for whoever chooses among channels."""
        form: Any = form_of(self._channel)
        return _(str(getattr(form, "WHAT", ""))) or _("An account that customers write to.")

    async def form_page(self, edge: Edge, asked: Asked, who: Actor, wanted: Wanted) -> Response[str]:
        """The form of a new or a stored account."""
        screen = await edge.db.read(network_form_screen, who, self._channel, wanted)
        title = _("Change inbox") if screen.id else _("Add inbox")
        screen = msgspec.structs.replace(screen, back=f"{asked.origin}/settings/networks/back")
        return asked.answer("settings/network_form.html", asked.page(title, "settings"), wanted.status, screen=screen)

    async def inbox_page(self, edge: Edge, asked: Asked, who: Actor, inbox_id: int) -> Response[str]:
        """One account."""
        screen = await edge.db.read(network_screen, who, (edge.keyring, edge.config), inbox_id)
        return asked.answer("settings/network_inbox.html", asked.page(screen.line.name, "settings"), screen=screen)
