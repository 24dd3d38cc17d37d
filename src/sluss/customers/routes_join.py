"""Merging two customers, giving an address a record of its own, and the way back. In: forms. Out: pages."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, post

from sluss.customers.joining import JoinScreen, read_join
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid
from sluss.kernel.tx import Tx
from sluss.merging.contacts import Choice, Returned, lead_on_contact, merge_contacts, part_identity, undo_contact_move
from sluss.people.once import once
from sluss.web.edge import Asked, Edge
from sluss.web.locale import Voice, speaking
from sluss.web.locale import gettext as _
from sluss.web.policy import AGENTS
from sluss.web.shell import Form, Toast

Number = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
Whose = Literal["kept", "other"]


class MergeForm(msgspec.Struct, frozen=True):
    """The other customer, and whose name, language and time zone stay. `swap`: the other's record is the one that stays."""

    other: Number = 0
    name: Whose = "kept"
    language: Whose = "kept"
    zone: Whose = "kept"


class PartForm(msgspec.Struct, frozen=True):
    """The address that gets a record of its own."""

    identity: Number = 0


class Nothing(msgspec.Struct, frozen=True):
    """A form that says all by being sent."""


@get("/customers/{contact_id:int}/merge", may=AGENTS, reads=("contact", "contact_id"))
async def join_page(edge: Edge, asked: Asked, who: Actor, contact_id: int, *, q: str = "", other: str = "") -> Response[Any]:
    """Whom this customer is to be merged with; then both side by side."""
    here = await edge.db.read(lead_on_contact, who, contact_id)
    if here != contact_id:
        return asked.go(f"/customers/{here}/merge")
    return _show(asked, await _read(edge, asked, who, contact_id, (q[:200], _number(other))))


@post("/customers/{contact_id:int}/merge", may=AGENTS, status_code=200)
async def join(edge: Edge, asked: Asked, who: Actor, contact_id: int) -> Response[Any]:
    """Make two records one."""
    form = await asked.form(MergeForm)
    try:
        move_id = await edge.db.write(once, who, await asked.op(), _join, contact_id, form)
    except Invalid as invalid:
        return await _again(edge, asked, who, contact_id, invalid)
    return await _done(edge, asked, who, contact_id, _("One customer now"), move_id)


@post("/customers/{contact_id:int}/part", may=AGENTS, status_code=200)
async def part(edge: Edge, asked: Asked, who: Actor, contact_id: int) -> Response[Any]:
    """Give one address a record of its own."""
    form = await asked.form(PartForm)
    try:
        move_id = await edge.db.write(once, who, await asked.op(), part_identity, contact_id, form.identity)
    except Invalid as invalid:
        return await _again(edge, asked, who, contact_id, invalid)
    return await _done(edge, asked, who, contact_id, _("The address has a customer of its own"), move_id)


@post("/contact-moves/{contact_move:int}/undo", may=AGENTS, status_code=200)
async def take_apart(edge: Edge, asked: Asked, who: Actor, contact_move: int) -> Response[Any]:
    """Two again, or one again."""
    await asked.form(Nothing)
    returned = await edge.db.write(once, who, await asked.op(), _undo, contact_move)
    here = await edge.db.read(lead_on_contact, who, returned.target_id)
    toast = Toast(text=_("As it was. The name was changed since and stays.") if returned.kept else _("As it was"))
    return await _shown(edge, asked, who, here, toast)


def _join(tx: Tx, who: Actor, contact_id: int, form: MergeForm) -> int:
    return merge_contacts(tx, who, contact_id, form.other, Choice(name=form.name, language=form.language, zone=form.zone))


def _undo(tx: Tx, who: Actor, move_id: int) -> Returned:
    return undo_contact_move(tx, who, move_id)


async def _done(edge: Edge, asked: Asked, who: Actor, contact_id: int, text: str, move_id: int) -> Response[Any]:  # noqa: PLR0917 - an answer
    return await _shown(edge, asked, who, contact_id, Toast(text=text, undo_url=f"/contact-moves/{move_id}/undo"))


async def _shown(edge: Edge, asked: Asked, who: Actor, contact_id: int, toast: Toast) -> Response[Any]:
    """The page of merging again, which lists what can be taken back."""
    return _show(asked, await _read(edge, asked, who, contact_id, ("", 0)), toast=toast, path=f"/customers/{contact_id}/merge")


async def _again(edge: Edge, asked: Asked, who: Actor, contact_id: int, invalid: Invalid) -> Response[Any]:
    screen = await _read(edge, asked, who, contact_id, ("", 0))
    faults = {"": " ".join(_(sentence) for sentence in invalid.fields.values())}
    return _show(asked, msgspec.structs.replace(screen, form=Form({}, faults)), 422)


async def _read(edge: Edge, asked: Asked, who: Actor, contact_id: int, wanted: tuple[str, int]) -> JoinScreen:
    return await edge.db.read(_speaking, Voice(asked.reader.locale, asked.reader.zone), who, contact_id, wanted)


def _speaking(tx: Tx, voice: Voice, who: Actor, contact_id: int, wanted: tuple[str, int]) -> JoinScreen:
    with speaking(voice):
        return read_join(tx, who, contact_id, *wanted)


def _show(asked: Asked, screen: JoinScreen, status: int = 200, *, toast: Toast | None = None, path: str = "") -> Response[Any]:
    page = asked.page(_("Merge customers"), "customers", toasts=(toast,) if toast else ())
    return asked.answer("customers/merge.html", msgspec.structs.replace(page, path=path or page.path), status, join=screen)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


ROUTES: list[Any] = [join_page, join, part, take_apart]
