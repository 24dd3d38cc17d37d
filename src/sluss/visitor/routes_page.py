"""The page in the frame. In: a chat's key, a language, a theme. Out: HTML that only the web sites on the inbox's list may show (T70)."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from litestar import Response, get

from sluss.channels.webchat.colours import DARK, text_on
from sluss.channels.webchat.settings import in_language
from sluss.channels.webchat.understanding import FILES, TEXT
from sluss.visitor.chats import Chat
from sluss.visitor.meeting import meet, visitors_of
from sluss.visitor.receiving import FILE_BYTES, FILES_BYTES
from sluss.visitor.screens import Frame
from sluss.visitor.staffed import State
from sluss.web.edge import Asked, Call, Edge
from sluss.web.locale import gettext as _
from sluss.web.policy import VISITOR

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; connect-src 'self'; "
    "media-src 'self' blob: data:; base-uri 'none'; form-action 'none'; frame-ancestors {sites}"
)


@get("/chat/{key:str}", may=VISITOR)
async def frame(edge: Edge, asked: Asked, request: Call, key: str) -> Response[str]:
    """One chat, in one language."""
    hub = visitors_of(edge)
    meeting = await meet(edge, request, key, hub.limits.looks)
    state = await hub.state(meeting.chat)
    chosen = request.query_params.get("theme", "")
    screen = show_frame(meeting.chat, meeting.language, chosen, state)
    shell = asked.page(screen.title, locale=meeting.language, zone=meeting.chat.settings.zone, csrf="", theme=_THEMES[screen.theme])
    answer = asked.answer("visitor/frame.html", shell, chat=screen)
    answer.headers.update(headers_of(meeting.chat))
    return answer


def show_frame(chat: Chat, language: str, theme: str, state: State) -> Frame:
    """What the page is given."""
    settings = chat.settings
    chosen: Literal["auto", "light", "dark"] = "light" if theme == "light" else "dark" if theme == "dark" else settings.theme
    return Frame(
        key=chat.key,
        language=language,
        theme=chosen,
        title=in_language(settings.title, language) or _("Chat with %(name)s") % {"name": chat.brand},
        welcome=in_language(settings.welcome, language),
        brand=chat.brand,
        accent=settings.accent,
        on_accent=text_on(settings.accent) or DARK,
        origins=settings.origins,
        ask_name=settings.ask_name,
        ask_email=settings.ask_email,
        files=settings.files,
        preview=settings.preview,
        mail=settings.mail_inbox_id > 0,
        identify=settings.identify,
        state=msgspec.to_builtins(state),
        most_text=TEXT,
        most_files=FILES,
        most_bytes=FILE_BYTES,
        most_bytes_together=FILES_BYTES,
    )


def headers_of(chat: Chat, *, alone: bool = False) -> dict[str, str]:
    """Exactly the sites on the list may show the page, those among them, too, whose own pages are kept apart from all others.

    What stands `alone` is shown by none.
    """
    sites = "'none'" if alone else " ".join(chat.settings.origins) or "'none'"
    return {
        "Content-Security-Policy": POLICY.format(sites=sites),
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Cache-Control": "no-store",
    }


_THEMES = {"auto": "system", "light": "light", "dark": "dark"}

ROUTES: list[Any] = [frame]
