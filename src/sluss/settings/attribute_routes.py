"""What agents may note of every customer, in which order, and what customers are asked consent for."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from sluss.contacts.attributes import AttributeFields, archive_attribute, list_attributes, move_attribute, save_attribute
from sluss.contacts.consents import add_purpose, archive_purpose, list_purposes
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid
from sluss.kernel.tx import Tx
from sluss.people.once import once
from sluss.settings.customer_screens import AttributeLine, Attributes, PurposeLine
from sluss.settings.forms import typed_form, with_faults
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.policy import ADMINS
from sluss.web.shell import Form, Toast

PATH = "/settings/attributes"


@get(PATH, may=ADMINS)
async def attributes(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """Both lists."""
    return await _answer(edge, asked, who)


@post(PATH, may=ADMINS)
async def save(edge: Edge, asked: Asked, who: Actor) -> Response[Any]:
    """A new attribute, or one changed."""
    typed = await typed_form(asked)
    given = AttributeFields(
        label=typed.value("label"),
        type=typed.value("type", "text"),
        choices=typed.value("choices"),
        editors=typed.value("editors", "agents"),
        marks=typed.value("marks") == "1",
    )
    try:
        await edge.db.write(once, who, typed.value("op"), save_attribute, _id(typed, "attribute"), given)
    except Invalid as error:
        return await _answer(edge, asked, who, with_faults(typed, error), str(_id(typed, "attribute")), status=422)
    return asked.go(PATH)


@post(f"{PATH}/move", may=ADMINS)
async def move(edge: Edge, asked: Asked, who: Actor) -> Response[Any]:
    """One place up or down."""
    typed = await typed_form(asked)
    await edge.db.write(once, who, typed.value("op"), move_attribute, _id(typed, "attribute"), typed.value("up") == "1")
    return asked.go(PATH)


@post(f"{PATH}/archive", may=ADMINS, status_code=200)
async def archive(edge: Edge, asked: Asked, who: Actor) -> Response[Any]:
    """Ask for it no more, or again."""
    typed = await typed_form(asked)
    gone = typed.value("gone") == "1"
    await edge.db.write(once, who, typed.value("op"), archive_attribute, _id(typed, "attribute"), gone)
    return await _told(edge, asked, who, "archive", {"attribute": typed.value("attribute")}, gone=gone)


@post(f"{PATH}/purposes", may=ADMINS)
async def make_purpose(edge: Edge, asked: Asked, who: Actor) -> Response[Any]:
    """One more purpose."""
    typed = await typed_form(asked)
    try:
        await edge.db.write(once, who, typed.value("op"), add_purpose, typed.value("purpose"))
    except Invalid as error:
        return await _answer(edge, asked, who, with_faults(typed, error), "purpose", status=422)
    return asked.go(PATH)


@post(f"{PATH}/purposes/archive", may=ADMINS, status_code=200)
async def end_purpose(edge: Edge, asked: Asked, who: Actor) -> Response[Any]:
    """Ask for it no more, or again."""
    typed = await typed_form(asked)
    gone = typed.value("gone") == "1"
    await edge.db.write(once, who, typed.value("op"), archive_purpose, _id(typed, "id"), gone)
    return await _told(edge, asked, who, "purposes/archive", {"id": typed.value("id")}, gone=gone)


async def _told(edge: Edge, asked: Asked, who: Actor, path: str, fields: dict[str, str], *, gone: bool) -> Response[Any]:
    text = _("It is asked for no more. What was noted stays with the customers.") if gone else _("It is back")
    toast = Toast(text=text, undo_url=f"{PATH}/{path}", fields=fields | {"gone": "" if gone else "1"})
    return await _answer(edge, asked, who, toasts=(toast,))


async def _answer(
    edge: Edge, asked: Asked, who: Actor, form: Form | None = None, opened: str = "", *, status: int = 200, toasts: tuple[Toast, ...] = ()
) -> Response[str]:
    screen = await edge.db.read(_screen, who, form or Form(), opened)
    return asked.answer("settings/attributes.html", asked.page(_("Customer details"), "settings", toasts=toasts), status, screen=screen)


def _screen(tx: Tx, who: Actor, form: Form, opened: str) -> Attributes:
    lines = tuple(
        AttributeLine(
            id=str(one.id),
            name=one.name,
            label=one.label,
            type=one.type,
            choices="\n".join(one.choices),
            editors=one.editors,
            marks=one.marks,
        )
        for one in list_attributes(tx, who)
    )
    purposes = tuple(PurposeLine(id=str(one.id), label=one.label) for one in list_purposes(tx, who))
    return Attributes(lines=lines, purposes=purposes, form=form, open=opened)


def _id(typed: Form, name: str) -> int:
    text = typed.value(name)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


ROUTES = [attributes, save, move, archive, make_purpose, end_purpose]
