"""Pages and forms of privacy: one contact's data, how long inboxes keep things, the register of processing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from litestar import Response, get, post
from litestar.response import Stream
from litestar.response.redirect import Redirect

from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid
from sluss.kernel.files import FileStore, as_digest
from sluss.kernel.spreadsheet import csv_bytes
from sluss.people.fresh import require_fresh
from sluss.people.once import once
from sluss.people.sessions import Session
from sluss.privacy.exporting import Export, drop_export, order_export, take_export
from sluss.privacy.orders import Rules, access_person, approve_erasure, cancel_erasure, change_rules, hold_contact, order_erasure
from sluss.privacy.retention import Rule, set_rule
from sluss.settings.forms import typed_form, with_faults
from sluss.settings.privacy_queries import contact_screen, erase_screen, keeping_screen, privacy_screen
from sluss.settings.register_queries import register_screen
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.policy import ADMINS
from sluss.web.shell import Form

CHUNK = 1 << 16


@get("/settings/privacy", may=ADMINS)
async def privacy(edge: Edge, asked: Asked, who: Actor, q: str = "") -> Response[str]:
    """Search, orders, how long things are kept."""
    screen = await edge.db.read(privacy_screen, who, q[:200])
    return asked.answer("settings/privacy.html", asked.page(_("Privacy"), "settings"), screen=screen)


@post("/settings/privacy/rules", may=ADMINS)
async def save_rules(edge: Edge, asked: Asked, who: Actor, session: Session) -> Response[Any]:
    """What holds for the whole workspace."""
    await require_fresh(asked, session)
    typed = await typed_form(asked)
    try:
        rules = Rules(read_months=_number(typed, "read_months") or 0, two_admins=typed.value("two_admins") == "1")
        await edge.db.write(once, who, typed.value("op"), change_rules, rules)
    except Invalid as error:
        screen = await edge.db.read(privacy_screen, who, "", with_faults(typed, error))
        return asked.answer("settings/privacy.html", asked.page(_("Privacy"), "settings"), 422, screen=screen)
    return asked.go("/settings/privacy")


@get("/settings/privacy/contacts/{contact_id:int}", may=ADMINS, reads=("contact", "contact_id"))
async def contact(edge: Edge, asked: Asked, who: Actor, contact_id: int, after: int | None = None) -> Response[str]:
    """One contact."""
    screen = await edge.db.read(contact_screen, who, contact_id, after)
    return asked.answer("settings/privacy_contact.html", asked.page(screen.name, "settings"), screen=screen)


@post("/settings/privacy/contacts/{contact_id:int}/hold", may=ADMINS)
async def hold(edge: Edge, asked: Asked, who: Actor, contact_id: int) -> Redirect:
    """Put under a legal hold, or let go."""
    await edge.db.write(once, who, await asked.op(), hold_contact, contact_id, await asked.field("reason"))
    return asked.go(f"/settings/privacy/contacts/{contact_id}")


@post("/settings/privacy/contacts/{contact_id:int}/export", may=ADMINS)
async def export(edge: Edge, asked: Asked, who: Actor, session: Session, contact_id: int) -> Redirect:
    """Have everything packed."""
    await require_fresh(asked, session)
    await edge.db.write(once, who, await asked.op(), order_export, contact_id, await asked.field("notes") == "1")
    return asked.go(f"/settings/privacy/contacts/{contact_id}")


@get("/settings/privacy/contacts/{contact_id:int}/erase", may=ADMINS)
async def erase_form(edge: Edge, asked: Asked, who: Actor, session: Session, contact_id: int) -> Response[str]:
    """What would go."""
    await edge.db.read(access_person, who, contact_id)
    await require_fresh(asked, session)
    screen = await edge.db.read(erase_screen, who, contact_id)
    return asked.answer("settings/privacy_erase.html", asked.page(_("Erase a contact"), "settings"), screen=screen)


@post("/settings/privacy/contacts/{contact_id:int}/erase", may=ADMINS)
async def erase(edge: Edge, asked: Asked, who: Actor, session: Session, contact_id: int) -> Response[Any]:
    """Order it."""
    await require_fresh(asked, session)
    typed = await typed_form(asked)
    try:
        await edge.db.write(once, who, typed.value("op"), order_erasure, contact_id, typed.value("mode"), typed.value("typed"))
    except Invalid as error:
        screen = await edge.db.read(erase_screen, who, contact_id, with_faults(typed, error))
        return asked.answer("settings/privacy_erase.html", asked.page(_("Erase a contact"), "settings"), 422, screen=screen)
    return asked.go(f"/settings/privacy/contacts/{contact_id}")


@post("/settings/privacy/erasures/{erasure_id:int}/approve", may=ADMINS)
async def approve(edge: Edge, asked: Asked, who: Actor, session: Session, erasure_id: int) -> Redirect:
    """Agree to a colleague's order."""
    await require_fresh(asked, session)
    await edge.db.write(once, who, await asked.op(), approve_erasure, erasure_id)
    return await asked.back("/settings/privacy")


@post("/settings/privacy/erasures/{erasure_id:int}/cancel", may=ADMINS)
async def cancel(edge: Edge, asked: Asked, who: Actor, erasure_id: int) -> Redirect:
    """Call an order back before it begins."""
    await edge.db.write(once, who, await asked.op(), cancel_erasure, erasure_id)
    return await asked.back("/settings/privacy")


@post("/settings/privacy/exports/{export_id:int}/take", may=ADMINS, status_code=200)
async def take(edge: Edge, asked: Asked, who: Actor, session: Session, export_id: int) -> Response[Any]:
    """The zip, once."""
    await require_fresh(asked, session)
    found = await edge.db.write(take_export, who, export_id)
    headers = {
        "Content-Disposition": f'attachment; filename="contact-{found.contact_id}.zip"',
        "Content-Length": str(found.size),
        "Content-Security-Policy": "sandbox",
        "Cache-Control": "private, no-store",
    }
    return Stream(_pieces(edge.files, found), media_type="application/zip", headers=headers, status_code=200)


@post("/settings/privacy/exports/{export_id:int}/drop", may=ADMINS)
async def drop(edge: Edge, asked: Asked, who: Actor, export_id: int) -> Redirect:
    """Remove an export before its time."""
    await edge.db.write(once, who, await asked.op(), drop_export, export_id)
    return await asked.back("/settings/privacy")


@get("/settings/privacy/inboxes/{inbox_id:int}", may=ADMINS)
async def keeping(edge: Edge, asked: Asked, who: Actor, inbox_id: int) -> Response[str]:
    """How long an inbox keeps things."""
    screen = await edge.db.read(keeping_screen, who, inbox_id)
    return asked.answer("settings/privacy_inbox.html", asked.page(_("How long things are kept"), "settings"), screen=screen)


@post("/settings/privacy/inboxes/{inbox_id:int}", may=ADMINS, status_code=200)
async def save_keeping(edge: Edge, asked: Asked, who: Actor, session: Session, inbox_id: int) -> Response[Any]:
    """Count what would go, or have it go from tonight on."""
    typed = await typed_form(asked)
    page = asked.page(_("How long things are kept"), "settings")
    try:
        rule = Rule(**{name: _number(typed, name) for name in Rule.__struct_fields__})
        if typed.value("look") == "1":
            screen = await edge.db.read(keeping_screen, who, inbox_id, typed, rule)
            return asked.answer("settings/privacy_inbox.html", page, screen=screen)
        await require_fresh(asked, session)
        await edge.db.write(once, who, typed.value("op"), set_rule, inbox_id, rule)
    except Invalid as error:
        screen = await edge.db.read(keeping_screen, who, inbox_id, with_faults(typed, error))
        return asked.answer("settings/privacy_inbox.html", page, 422, screen=screen)
    return asked.go("/settings/privacy")


@get("/settings/privacy/register", may=ADMINS)
async def register(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """The register of processing, to read and to print."""
    screen = await edge.db.read(register_screen, who)
    return asked.answer("settings/privacy_register.html", asked.page(_("Register of processing"), "settings"), screen=screen)


@get("/settings/privacy/register/table", may=ADMINS)
async def register_table(edge: Edge, who: Actor) -> Response[bytes]:
    """The same for a spreadsheet."""
    screen = await edge.db.read(register_screen, who)
    rows = [(entry.name, label, value) for entry in screen.entries for label, value in entry.lines]
    headers = {"Content-Disposition": 'attachment; filename="register.csv"', "Content-Security-Policy": "sandbox"}
    return Response(csv_bytes((_("Processing"), _("What"), _("Value")), rows), media_type="text/csv", headers=headers)


def _pieces(files: FileStore, found: Export) -> Iterator[bytes]:
    with files.open(as_digest(found.digest)) as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _number(typed: Form, name: str) -> int | None:
    """A whole number, or nothing where nothing was written."""
    text = typed.value(name).strip()
    if not text:
        return None
    if not text.isdecimal() or len(text) > 9:
        raise Invalid({name: "Write a whole number, or leave it empty."})
    return int(text)


ROUTES: list[Any] = [
    *(privacy, save_rules, contact, hold, export, erase_form, erase, approve, cancel),
    *(take, drop, keeping, save_keeping, register, register_table),
]
