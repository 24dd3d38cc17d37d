"""The pages of a chat: its form with how it will look, and where it is installed."""

from __future__ import annotations

from litestar import Response

from sluss.kernel.actors import Actor
from sluss.settings.chat_queries import chat_form_screen, chat_screen
from sluss.settings.chat_screens import ChatForm, ChatPage
from sluss.settings.wanted import Wanted
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _


def what() -> str:
    """One line for whoever chooses among channels."""
    return _("A window on your web site, answered live.")


async def form_page(edge: Edge, asked: Asked, who: Actor, wanted: Wanted) -> Response[str]:
    """The form of a new or a stored chat."""
    return show_form(asked, await edge.db.read(chat_form_screen, who, wanted), wanted.status)


async def inbox_page(edge: Edge, asked: Asked, who: Actor, inbox_id: int) -> Response[str]:
    """One chat."""
    return show_chat(asked, await edge.db.read(chat_screen, who, inbox_id, asked.origin))


def show_form(asked: Asked, screen: ChatForm, status: int = 200) -> Response[str]:
    """The form as a page."""
    title = _("Change inbox") if screen.id else _("Add inbox")
    return asked.answer("settings/chat_form.html", asked.page(title, "settings"), status, screen=screen)


def show_chat(asked: Asked, screen: ChatPage) -> Response[str]:
    """The chat as a page."""
    return asked.answer("settings/chat.html", asked.page(screen.line.name, "settings"), screen=screen)
