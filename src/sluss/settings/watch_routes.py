"""Pages about how things stand: home, quarantine, health, audit."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import QueryParameter

from sluss.intake.quarantine import access_quarantined, discard_envelope, replay_envelope
from sluss.intake.store import read_raw
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid
from sluss.people.once import once
from sluss.settings.audit_queries import audit_screen
from sluss.settings.screens import Health
from sluss.settings.watch_queries import (
    balance_of,
    conservation_of,
    envelope_screen,
    health_groups,
    home_screen,
    quarantine_screen,
)
from sluss.version import VERSION
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.policy import ADMINS

By = Annotated[str, QueryParameter(name="who")]


@get("/settings", may=ADMINS)
async def home(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """The first page."""
    return asked.answer("settings/home.html", asked.page(_("Settings"), "settings"), screen=await edge.db.read(home_screen, who))


@get("/settings/quarantine", may=ADMINS)
async def quarantine(edge: Edge, asked: Asked, who: Actor, after: int | None = None) -> Response[str]:
    """What could not be understood."""
    screen = await edge.db.read(quarantine_screen, who, after, edge.files)
    return asked.answer("settings/quarantine.html", asked.page(_("Set-aside messages"), "settings"), screen=screen)


@get("/settings/quarantine/{envelope_id:int}", may=ADMINS)
async def envelope(edge: Edge, asked: Asked, who: Actor, envelope_id: int) -> Response[str]:
    """One set-aside message."""
    screen = await edge.db.read(envelope_screen, who, envelope_id, edge.files)
    return asked.answer("settings/envelope.html", asked.page(screen.line.subject or _("Set-aside message"), "settings"), screen=screen)


@get("/settings/quarantine/{envelope_id:int}/raw", may=ADMINS)
async def raw_envelope(edge: Edge, who: Actor, envelope_id: int) -> Response[bytes]:
    """The raw bytes, as a download that no browser opens."""
    one = await edge.db.read(access_quarantined, who, envelope_id)
    headers = {"Content-Disposition": f'attachment; filename="message-{envelope_id}.eml"', "Content-Security-Policy": "sandbox"}
    return Response(read_raw(edge.files, one.raw, one.digest), media_type="application/octet-stream", headers=headers)


@post("/settings/quarantine/{envelope_id:int}/replay", may=ADMINS)
async def replay(edge: Edge, asked: Asked, who: Actor, envelope_id: int) -> Response[Any]:
    """Read it once more."""
    await edge.db.write(once, who, await asked.op(), replay_envelope, envelope_id)
    return await asked.back("/settings/quarantine")


@post("/settings/quarantine/{envelope_id:int}/discard", may=ADMINS)
async def discard(edge: Edge, asked: Asked, who: Actor, envelope_id: int) -> Response[Any]:
    """Take it off the list; the raw bytes stay."""
    if await asked.field("sure") != "1":
        raise Invalid({"sure": "Confirm that this message shall not be read again."})
    await edge.db.write(once, who, await asked.op(), discard_envelope, envelope_id)
    return asked.go("/settings/quarantine")


@get("/settings/health", may=ADMINS)
async def health(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """How the whole system is."""
    screen = Health(
        at=edge.db.clock(),
        version=VERSION,
        conservation=conservation_of(await edge.db.read(balance_of, who)),
        groups=await edge.db.read(health_groups, who, edge.config.folder),
    )
    template = "settings/health_body.html" if asked.partial else "settings/health.html"
    return asked.answer(template, asked.page(_("Health"), "settings"), screen=screen)


@get("/settings/audit", may=ADMINS)
async def audit(edge: Edge, asked: Asked, who: Actor, by: By = "", what: str = "", after: int | None = None) -> Response[str]:  # noqa: PLR0917
    """Who did what."""
    screen = await edge.db.read(audit_screen, who, (by, what), after)
    return asked.answer("settings/audit.html", asked.page(_("Audit log"), "settings"), screen=screen)


ROUTES = [home, quarantine, envelope, raw_envelope, replay, discard, health, audit]
