"""Pages about macros. Everybody who answers keeps their own; shared ones are kept by leads and administrators."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post

from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid
from sluss.people.access import AGENTS
from sluss.people.once import once
from sluss.replies.canned.actions import Outdated
from sluss.replies.macros.actions import MacroContent, archive_macro, change_macro, create_macro, unarchive_macro
from sluss.replies.macros.queries import access_macro
from sluss.settings.audience_parts import chosen_audience
from sluss.settings.forms import typed_form, with_faults
from sluss.settings.macro_queries import read_macro_form, read_macros, typed_steps
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.shell import Form

LIST = "/settings/macros"


@get(LIST, may=AGENTS)
async def macros(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """The macros that exist for the reader."""
    told = asked.request.query_params
    screen = await edge.db.read(read_macros, who, told.get("archived") == "1")
    gone = str(told.get("gone", ""))
    if gone.isdecimal() and len(gone) < 19:
        found = await edge.db.read(access_macro, who, int(gone))
        screen = msgspec.structs.replace(screen, gone=(gone, found.name) if found.archived_at is not None else None)
    return asked.answer("settings/macros.html", asked.page(_("Macros"), "settings"), screen=screen)


@get(f"{LIST}/new", may=AGENTS)
async def new_macro(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """The form of a new macro."""
    return await _form(edge, asked, who, (0, None))


@post(f"{LIST}/new", may=AGENTS)
async def add_macro(edge: Edge, asked: Asked, who: Actor) -> Response[Any]:
    """Write a macro down."""
    typed = await typed_form(asked)
    try:
        await edge.db.write(once, who, typed.value("op"), create_macro, _content(who, typed))
    except Invalid as error:
        return await _form(edge, asked, who, (0, with_faults(typed, error)), 422)
    return asked.go(LIST)


@get(f"{LIST}/{{macro_id:int}}", may=AGENTS)
async def macro(edge: Edge, asked: Asked, who: Actor, macro_id: int) -> Response[str]:
    """One macro."""
    return await _form(edge, asked, who, (macro_id, None))


@post(f"{LIST}/{{macro_id:int}}", may=AGENTS)
async def save_macro(edge: Edge, asked: Asked, who: Actor, macro_id: int) -> Response[Any]:
    """Change a macro."""
    typed = await typed_form(asked)
    revision = typed.value("revision")
    try:
        at = int(revision) if revision.isdecimal() and len(revision) < 10 else 0
        await edge.db.write(once, who, typed.value("op"), change_macro, macro_id, _content(who, typed), at)
    except Invalid as error:
        return await _form(edge, asked, who, (macro_id, with_faults(typed, error)), 422)
    except Outdated as outdated:
        return await _form(edge, asked, who, (macro_id, Form(typed.values, {"": _(outdated.sentence)})), 409)
    return asked.go(LIST)


@post(f"{LIST}/{{macro_id:int}}/archive", may=AGENTS)
async def put_macro_away(edge: Edge, asked: Asked, who: Actor, macro_id: int) -> Response[Any]:
    """Put a macro away; the list offers the way back."""
    await edge.db.write(once, who, await asked.op(), archive_macro, macro_id)
    return asked.go(f"{LIST}?gone={macro_id}")


@post(f"{LIST}/{{macro_id:int}}/unarchive", may=AGENTS)
async def take_macro_out(edge: Edge, asked: Asked, who: Actor, macro_id: int) -> Response[Any]:
    """Offer it again."""
    await edge.db.write(once, who, await asked.op(), unarchive_macro, macro_id)
    return asked.go(LIST)


async def _form(edge: Edge, asked: Asked, who: Actor, shown: tuple[int, Form | None], status: int = 200) -> Response[str]:
    screen = await edge.db.read(read_macro_form, who, *shown)
    title = screen.form.value("name") if screen.id else _("New macro")
    return asked.answer("settings/macro_form.html", asked.page(title or _("Macro"), "settings"), status, screen=screen)


def _content(who: Actor, typed: Form) -> MacroContent:
    onward: Any = typed.value("onward") if typed.value("onward") in {"next", "list"} else "stay"
    return MacroContent(name=typed.value("name"), steps=typed_steps(typed), onward=onward, audience=chosen_audience(who, typed))


ROUTES: list[Any] = [macros, new_macro, add_macro, macro, save_macro, put_macro_away, take_macro_out]
