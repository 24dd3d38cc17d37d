"""Pages and forms of inboxes: list, add, change, try, pause."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

import msgspec
from litestar import Response, get, post

from sluss.channels.contract import Connection, Unreachable
from sluss.channels.history import pause_history, resume_history
from sluss.channels.hosting import at_home
from sluss.channels.inboxes import (
    InboxFields,
    access_inbox,
    archive_inbox,
    connection_of,
    found_inbox,
    pause_inbox,
    resume_inbox,
)
from sluss.channels.looking import look_at
from sluss.channels.oauth.access import TokenSource
from sluss.channels.powers import Choosing
from sluss.channels.registry import channel_named, check_settings, form_of
from sluss.channels.trials import start_trial
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid, Missing
from sluss.kernel.sealing import Sealer
from sluss.kernel.tx import Tx
from sluss.outbox.breaker import resume_sending
from sluss.people.once import once
from sluss.people.sessions import Session
from sluss.settings.changing import InboxChange, save_fields
from sluss.settings.consent_queries import connect_of, expired_sentence
from sluss.settings.consent_routes import lead_to_provider, redirect_uri_of
from sluss.settings.forms import ids_of, typed_form, with_faults
from sluss.settings.inbox_queries import (
    confirmation_screens,
    edit_inbox_screen,
    folder_choices,
    history_screen,
    inboxes_screen,
    new_inbox_screen,
    signature_screen,
    trial_screen,
)
from sluss.settings.mail_pages import mail_form
from sluss.settings.pages import Pages, kinds, pages_of
from sluss.settings.screens import Folders, InboxForm
from sluss.settings.wanted import CHANNEL, Wanted
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.policy import ADMINS
from sluss.web.shell import Form

LONGEST = 4_000

_running: set[asyncio.Task[None]] = set()


@get("/settings/inboxes", may=ADMINS)
async def inboxes(edge: Edge, asked: Asked, who: Actor, consent: str = "") -> Response[str]:
    """All inboxes and how they do."""
    screen = await edge.db.read(inboxes_screen, who)
    if consent == "expired":
        screen = msgspec.structs.replace(screen, says=expired_sentence())
    return asked.answer("settings/inboxes.html", asked.page(_("Inboxes"), "settings"), screen=screen)


@get("/settings/inboxes/new", may=ADMINS)
async def new_inbox(edge: Edge, asked: Asked, who: Actor, channel: str = CHANNEL, preset: str = "") -> Response[str]:
    """The form of a new inbox of a channel."""
    return await pages_of(channel).form_page(edge, asked, who, Wanted(preset=preset, kinds=kinds(channel)))


@post("/settings/inboxes/new", may=ADMINS)
async def add_inbox(edge: Edge, asked: Asked, who: Actor, session: Session) -> Response[Any]:
    """Connect an inbox; one that signs in by consent leads on to its provider."""
    typed = await typed_form(asked)
    channel = typed.value("channel", CHANNEL)
    pages = pages_of(channel)
    try:
        inbox_id = await edge.db.write(once, who, typed.value("op"), _create, edge.keyring, channel, _fields(channel, typed))
    except Invalid as error:
        wanted = Wanted(preset=typed.value("preset"), form=with_faults(typed, error, channel), kinds=kinds(channel), status=422)
        return await pages.form_page(edge, asked, who, wanted)
    connect = await edge.db.read(connect_of, who, edge.config, inbox_id, None)
    if connect is not None and connect.ready and redirect_uri_of(asked):
        return await lead_to_provider(edge, asked, (who, session), inbox_id, secrets.token_hex(13))
    return asked.go(f"/settings/inboxes/{inbox_id}")


@get("/settings/inboxes/{inbox_id:int}", may=ADMINS)
async def inbox(edge: Edge, asked: Asked, who: Actor, inbox_id: int) -> Response[str]:
    """One inbox."""
    return await (await _pages(edge, who, inbox_id)).inbox_page(edge, asked, who, inbox_id)


@get("/settings/inboxes/{inbox_id:int}/edit", may=ADMINS)
async def edit_inbox(edge: Edge, asked: Asked, who: Actor, inbox_id: int) -> Response[str]:
    """The form of a stored inbox."""
    return await (await _pages(edge, who, inbox_id)).form_page(edge, asked, who, Wanted(inbox_id=inbox_id))


@post("/settings/inboxes/{inbox_id:int}/edit", may=ADMINS)
async def save_inbox(edge: Edge, asked: Asked, who: Actor, inbox_id: int) -> Response[Any]:
    """Change an inbox; an empty secret keeps the stored one. What somebody else changed meanwhile is not overwritten unseen."""
    typed = await typed_form(asked)
    channel = (await edge.db.read(access_inbox, who, inbox_id)).channel
    change = InboxChange(inbox_id=inbox_id, seen=typed.value("seen"), fields=_fields(channel, typed))
    try:
        await edge.db.write(once, who, typed.value("op"), save_fields, edge.keyring, change)
    except Invalid as error:
        wanted = Wanted(inbox_id=inbox_id, form=with_faults(typed, error, channel), status=422)
        return await pages_of(channel).form_page(edge, asked, who, wanted)
    return asked.go(f"/settings/inboxes/{inbox_id}")


@post("/settings/inboxes/{inbox_id:int}/test", may=ADMINS, status_code=200)
async def try_inbox(edge: Edge, asked: Asked, who: Actor, inbox_id: int) -> Response[Any]:
    """Begin a test of a stored inbox."""
    connection = await edge.db.read(connection_of, who, inbox_id, edge.keyring)
    connection = at_home(TokenSource(edge.db, edge.keyring, edge.config).attach(connection), edge.config.base_url)
    inbox = await edge.db.read(access_inbox, who, inbox_id)
    seen = await edge.db.read(look_at, who, inbox, asked.origin)
    trial_id = await start_trial(edge.db, who, connection, _running, seen)
    return await _show_trial(edge, asked, who, trial_id, f"/settings/inboxes/{inbox_id}")


@post("/settings/inboxes/test", may=ADMINS, status_code=200)
async def try_form(edge: Edge, asked: Asked, who: Actor) -> Response[Any]:
    """Begin a test of what stands in the form, without saving it."""
    typed = await typed_form(asked)
    settings, secrets = form_of(CHANNEL).read_fields(typed.values)
    stored, faults = check_settings(CHANNEL, typed.value("address"), settings, secrets)
    if faults:
        screen = await edge.db.read(new_inbox_screen, who, "", with_faults(typed, Invalid(faults), CHANNEL))
        return await mail_form(edge, asked, who, screen, 422)
    connection = msgspec.structs.replace(_typed_connection(who, typed), settings=stored, secrets=secrets)
    return await _show_trial(edge, asked, who, await start_trial(edge.db, who, connection, _running), "/settings/inboxes/new")


@post("/settings/inboxes/folders", may=ADMINS, status_code=200)
async def look_up_folders(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """The folders of the account that stands in the form."""
    typed = await typed_form(asked)
    connection = _typed_connection(who, typed)
    folders = await _folders(connection, typed)
    return await _folders_page(edge, asked, who, await edge.db.read(new_inbox_screen, who, "", _shown_again(typed)), folders)


@post("/settings/inboxes/{inbox_id:int}/folders", may=ADMINS, status_code=200)
async def look_up_stored_folders(edge: Edge, asked: Asked, who: Actor, inbox_id: int) -> Response[str]:
    """The folders of a stored account, with what was changed in the form."""
    typed = await typed_form(asked)
    stored = await edge.db.read(connection_of, who, inbox_id, edge.keyring)
    changed = _typed_connection(who, typed)
    connection = msgspec.structs.replace(stored, settings=stored.settings | changed.settings, secrets=stored.secrets | changed.secrets)
    folders = await _folders(TokenSource(edge.db, edge.keyring, edge.config).attach(connection), typed)
    return await _folders_page(edge, asked, who, await edge.db.read(edit_inbox_screen, who, inbox_id, _shown_again(typed)), folders)


@get("/settings/inboxes/{inbox_id:int}/history", may=ADMINS)
async def earlier(edge: Edge, asked: Asked, who: Actor, inbox_id: int) -> Response[str]:
    """How the bringing in of earlier messages does."""
    screen = await edge.db.read(history_screen, who, inbox_id)
    return asked.answer("settings/history.html", asked.page(_("Earlier messages"), "settings"), earlier=screen)


@post("/settings/inboxes/confirmation", may=ADMINS, status_code=200)
async def show_confirmations(asked: Asked) -> Response[str]:
    """How confirmations will read while they are written."""
    typed = await typed_form(asked)
    values = {name: value[:LONGEST] for name, value in typed.values.items()}
    letters = confirmation_screens(values)
    return asked.answer("settings/confirmations.html", asked.page(_("Confirmation"), "settings"), confirmations=letters)


@post("/settings/inboxes/signature", may=ADMINS, status_code=200)
async def show_signature(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """How a signature will look while it is written."""
    typed = await typed_form(asked)
    signature = await edge.db.read(signature_screen, who, typed.value("signature")[:LONGEST], typed.value("address").strip())
    return asked.answer("settings/signature.html", asked.page(_("Signature"), "settings"), signature=signature)


@get("/settings/inboxes/tests/{trial_id:int}", may=ADMINS)
async def trial(edge: Edge, asked: Asked, who: Actor, trial_id: int) -> Response[str]:
    """How a test does."""
    return asked.answer("settings/checks.html", asked.page(_("Test"), "settings"), checks=await edge.db.read(trial_screen, who, trial_id))


@post("/settings/inboxes/{inbox_id:int}/{act:str}", may=ADMINS)
async def switch_inbox(edge: Edge, asked: Asked, who: Actor, inbox_id: int, act: str) -> Response[Any]:
    """Pause, resume, archive, or let sending be tried at once after the breaker opened."""
    acts = {"pause": pause_inbox, "resume": resume_inbox, "archive": archive_inbox, "resume-sending": resume_sending}
    acts |= {"pause-history": pause_history, "resume-history": resume_history}
    if act not in acts:
        raise Invalid({"act": "Choose pause, resume, archive, resume-sending, pause-history or resume-history."})
    await edge.db.write(once, who, await asked.op(), acts[act], inbox_id)
    return asked.go("/settings/inboxes") if act == "archive" else await asked.back(f"/settings/inboxes/{inbox_id}")


def _typed_connection(who: Actor, typed: Form) -> Connection:
    """The account that stands in the form, whether or not all of it is right."""
    settings, secrets = form_of(CHANNEL).read_fields(typed.values)
    stored, _faults = check_settings(CHANNEL, typed.value("address"), settings, secrets)
    return Connection(
        workspace_id=who.workspace_id,
        inbox_id=0,
        name=typed.value("name") or typed.value("address"),
        address=typed.value("address").strip().lower(),
        settings=stored or settings,
        secrets=secrets,
        channel=CHANNEL,
    )


async def _folders(connection: Connection, typed: Form) -> Folders:
    channel = channel_named(CHANNEL)
    if not isinstance(channel, Choosing):
        raise Missing
    try:
        found = await channel.choices(connection, "imap_folders")
    except Unreachable as error:
        return Folders(trouble=_(error.reason))
    return Folders(choices=folder_choices(found, typed))


async def _folders_page(edge: Edge, asked: Asked, who: Actor, screen: InboxForm, folders: Folders) -> Response[str]:
    screen = msgspec.structs.replace(screen, folders=folders)
    if asked.htmx:
        return asked.answer("settings/folders.html", asked.page(_("Folders"), "settings"), screen=screen)
    return await mail_form(edge, asked, who, screen)


def _shown_again(typed: Form) -> Form:
    """Without secrets, and with the folders that were written as those that are chosen."""
    kept = with_faults(typed, Invalid({}), CHANNEL)
    written = "\n".join(line.strip() for line in typed.value("imap_folders").splitlines())
    return msgspec.structs.replace(kept, values={**kept.values, "imap_folders": written})


def _fields(channel: str, typed: Form) -> InboxFields:
    settings, secrets = form_of(channel).read_fields(typed.values)
    return InboxFields(
        name=typed.value("name"), address=typed.value("address"), settings=settings, secrets=secrets, team_ids=ids_of(typed, "team")
    )


def _create(tx: Tx, who: Actor, sealer: Sealer, channel: str, fields: InboxFields) -> int:
    return found_inbox(tx, who, sealer, channel, fields)


async def _pages(edge: Edge, who: Actor, inbox_id: int) -> Pages:
    return pages_of((await edge.db.read(access_inbox, who, inbox_id)).channel)


async def _show_trial(edge: Edge, asked: Asked, who: Actor, trial_id: int, back: str) -> Response[Any]:
    if not asked.htmx:
        return asked.go(back)
    checks = await edge.db.read(trial_screen, who, trial_id)
    return asked.answer("settings/checks.html", asked.page(_("Test"), "settings"), checks=checks)


ROUTES = [
    inboxes,
    new_inbox,
    add_inbox,
    inbox,
    edit_inbox,
    save_inbox,
    try_inbox,
    try_form,
    show_confirmations,
    show_signature,
    trial,
    switch_inbox,
    look_up_folders,
    look_up_stored_folders,
    earlier,
]
