"""Which pages an inbox has. In: the name of its channel. Out: the form and the page of that channel.

A network whose fields are declared shares its pages with all others; a channel with pages of its own is one line here.
"""

from __future__ import annotations

from typing import Protocol

from litestar import Response

from sluss.channels.registry import capabilities_of, channel_names, declared_form
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Missing
from sluss.settings import chat_pages, mail_pages
from sluss.settings.network_pages import NetworkPages
from sluss.settings.wanted import CHANNEL, Kind, Wanted
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _


class Pages(Protocol):
    """What the settings show of an inbox."""

    def what(self) -> str: ...
    async def form_page(self, edge: Edge, asked: Asked, who: Actor, wanted: Wanted) -> Response[str]: ...
    async def inbox_page(self, edge: Edge, asked: Asked, who: Actor, inbox_id: int) -> Response[str]: ...


PAGES: dict[str, Pages] = {CHANNEL: mail_pages, "webchat": chat_pages}


def pages_of(channel: str) -> Pages:
    """The pages of a channel. Raises `Missing` for one that there is not."""
    if channel in PAGES:
        return PAGES[channel]
    if channel not in channel_names() or declared_form(channel) is None:
        raise Missing
    return NetworkPages(channel)


def kinds(chosen: str) -> tuple[Kind, ...]:
    """Every channel that can be added, the chosen one marked."""
    return tuple(_kind(name, chosen) for name in channel_names())


def _kind(name: str, chosen: str) -> Kind:
    about = capabilities_of(name, "public")
    return Kind(name=name, icon=about.icon, label=_(about.label), detail=pages_of(name).what(), chosen=name == chosen)
