"""Outside systems that know something of customers: who they are, what they are told, how they do."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar import Response, get, post

from sluss.cards.answers import Shown, note_health
from sluss.cards.asking import Outcome
from sluss.cards.sources import Source, SourceFields, access_source, limits_of, list_sources, remove_source, save_source
from sluss.cards.trying import trial_of
from sluss.channels.inboxes import list_inboxes
from sluss.customers.reading import show_source_view
from sluss.customers.routes import client_of
from sluss.kernel.actors import Actor
from sluss.kernel.clock import MINUTE
from sluss.kernel.errors import Invalid
from sluss.kernel.tx import Tx
from sluss.people.fresh import require_fresh
from sluss.people.once import once
from sluss.people.queries import list_teams
from sluss.people.sessions import Session
from sluss.settings.customer_screens import SourceForm, SourceLine, Sources, Tried
from sluss.settings.forms import ids_of, typed_form, with_faults
from sluss.settings.screens import Choice
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.locale import ngettext
from sluss.web.policy import ADMINS
from sluss.web.shell import Form

PATH = "/settings/cards"


@get(PATH, may=ADMINS)
async def sources(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """All of them, and how they do."""
    screen = await edge.db.read(_list, who)
    return asked.answer("settings/cards.html", asked.page(_("Context cards"), "settings"), screen=screen)


@get(f"{PATH}/new", may=ADMINS)
async def new_source(edge: Edge, asked: Asked, who: Actor, session: Session) -> Response[str]:
    """The form of a new one."""
    await require_fresh(asked, session)
    return await _answer(edge, asked, who, 0, Form(values={"enabled": "1", "patience": "3000", "minutes": "5"}))


@post(f"{PATH}/new", may=ADMINS)
async def connect(edge: Edge, asked: Asked, who: Actor, session: Session) -> Response[Any]:
    """Connect it."""
    return await _save(edge, asked, who, session, 0)


@get(f"{PATH}/{{source_id:int}}", may=ADMINS)
async def source(edge: Edge, asked: Asked, who: Actor, source_id: int) -> Response[str]:
    """One of them."""
    return await _answer(edge, asked, who, source_id, None)


@post(f"{PATH}/{{source_id:int}}", may=ADMINS)
async def save(edge: Edge, asked: Asked, who: Actor, session: Session, source_id: int) -> Response[Any]:
    """Change it."""
    await edge.db.read(access_source, who, source_id)
    return await _save(edge, asked, who, session, source_id)


@post(f"{PATH}/{{source_id:int}}/check", may=ADMINS, status_code=200)
async def check(edge: Edge, asked: Asked, who: Actor, source_id: int) -> Response[str]:
    """Ask it about somebody who does not exist."""
    await edge.db.read(access_source, who, source_id)
    asking = await edge.db.read(trial_of, who, edge.keyring, source_id)
    outcome = await client_of(edge).ask(asking)
    await edge.db.write(note_health, who, source_id, outcome)
    return await _answer(edge, asked, who, source_id, None, tried=_tried(who, outcome))


@post(f"{PATH}/{{source_id:int}}/remove", may=ADMINS)
async def remove(edge: Edge, asked: Asked, who: Actor, source_id: int) -> Response[Any]:
    """Ask it no more."""
    await edge.db.write(once, who, await asked.op(), remove_source, source_id)
    return asked.go(PATH)


async def _save(edge: Edge, asked: Asked, who: Actor, session: Session, source_id: int) -> Response[Any]:
    await require_fresh(asked, session)
    typed = await typed_form(asked)
    place = (edge.keyring, edge.config.private_servers)
    try:
        saved = await edge.db.write(once, who, typed.value("op"), save_source, place, source_id, _fields(typed))
    except Invalid as error:
        return await _answer(edge, asked, who, source_id, with_faults(typed, error), secret=typed.value("secret"))
    return asked.go(f"{PATH}/{saved}")


async def _answer(
    edge: Edge, asked: Asked, who: Actor, source_id: int, form: Form | None, *, tried: Tried | None = None, secret: str = ""
) -> Response[str]:
    screen = await edge.db.read(_form, who, source_id, form)
    proposal = secret or ("" if source_id else secrets.token_urlsafe(32))
    screen = msgspec.structs.replace(screen, tried=tried, secret=proposal)
    title = screen.line.name if screen.line is not None else _("Connect a system")
    status = 422 if screen.form.errors else 200
    return asked.answer("settings/card_form.html", asked.page(title, "settings"), status, screen=screen)


def _list(tx: Tx, who: Actor) -> Sources:
    return Sources(lines=tuple(_line(tx.now, one) for one in list_sources(tx, who)))


def _form(tx: Tx, who: Actor, source_id: int, form: Form | None) -> SourceForm:
    found = access_source(tx, who, source_id) if source_id else None
    return SourceForm(
        form=form or (_stored(tx, who, found) if found is not None else Form()),
        inboxes=tuple(Choice(id=str(one.id), label=one.name) for one in list_inboxes(tx, who)),
        teams=tuple(Choice(id=str(one.id), label=one.name) for one in list_teams(tx, who)),
        line=_line(tx.now, found) if found is not None else None,
    )


def _line(now: int, one: Source) -> SourceLine:
    paused = one.paused_until is not None and one.paused_until > now
    state, says = "ok", _("Works")
    if not one.enabled:
        state, says = "warn", _("Switched off")
    elif paused:
        state, says = "fail", _("Left alone for a minute after %(number)s failures") % {"number": one.failures}
    elif one.failures:
        state, says = "warn", ngettext("%(num)s failure in a row", "%(num)s failures in a row", one.failures)
    elif one.answered_at is None:
        state, says = "warn", _("Not asked yet")
    return SourceLine(
        id=str(one.id),
        name=one.name,
        host=urlsplit(one.url).netloc,
        state=state,
        says=says,
        enabled=one.enabled,
        answered_at=one.answered_at,
        took=one.took,
        failed_at=one.failed_at,
        reason=_(one.error) if one.error else "",
    )


def _stored(tx: Tx, who: Actor, one: Source) -> Form:
    limits = limits_of(tx, who, [one.id])[one.id]
    values = {"name": one.name, "url": one.url, "patience": str(one.patience), "minutes": str(one.fresh_for // MINUTE)}
    values |= {"inbox": "\n".join(map(str, sorted(limits.inbox_ids))), "team": "\n".join(map(str, sorted(limits.team_ids)))}
    return Form(values=values | {"enabled": "1" if one.enabled else "", "claimed": "1" if one.claimed_too else ""})


def _fields(typed: Form) -> SourceFields:
    return SourceFields(
        name=typed.value("name"),
        url=typed.value("url"),
        secret=typed.value("secret"),
        patience=typed.value("patience"),
        minutes=typed.value("minutes"),
        claimed_too=typed.value("claimed") == "1",
        enabled=typed.value("enabled") == "1",
        inbox_ids=ids_of(typed, "inbox"),
        team_ids=ids_of(typed, "team"),
    )


def _tried(who: Actor, outcome: Outcome) -> Tried:
    if outcome.trouble:
        return Tried(good=False, text=_(outcome.reason))
    shown = Shown(source_id=0, name="", state="ok", cards=outcome.cards, doubtful=(False,) * len(outcome.cards))
    took = {"took": outcome.took}
    text = _("It answered in %(took)s ms and knows nobody of that name, which is right.") % took
    if outcome.cards:
        text = _("It answered in %(took)s ms with the cards below.") % took
    return Tried(good=True, text=text, cards=show_source_view(who, shown).cards)


ROUTES = [sources, new_source, connect, source, save, check, remove]
