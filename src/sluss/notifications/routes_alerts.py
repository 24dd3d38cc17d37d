"""How one wants to be told: kinds and ways, sounds, quiet hours, letters. In: the form of `/me/alerts`, the menu. Out: the page again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import available_timezones

from babel.dates import get_day_names
from litestar import Response, get, post
from litestar.response.redirect import Redirect

from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import get_workspace
from sluss.notifications.kinds import KINDS, WAYS, Kind
from sluss.notifications.preferences import Preferences, hush, preferences_of, save_alerts
from sluss.notifications.quiet import quiet_until, until_of
from sluss.notifications.screens import AlertsPage, Bell, Day, KindLine
from sluss.notifications.shapes import AlertsForm, QuietForm, alerts_of, ways_of, windows_of, written
from sluss.notifications.telling import ICONS
from sluss.people.access import SIGNED_IN
from sluss.people.once import once
from sluss.people.sessions import Session
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.locale import voice
from sluss.web.shell import Form


@get("/me/alerts", may=SIGNED_IN)
async def alerts_page(edge: Edge, asked: Asked, who: Actor, session: Session) -> Response[str]:
    return await _show(edge, asked, who, session)


@post("/me/alerts", may=SIGNED_IN, status_code=200)
async def save(edge: Edge, asked: Asked, who: Actor, session: Session) -> Response[str] | Redirect:
    form = await asked.form(AlertsForm)
    try:
        await edge.db.write(once, who, await asked.op(), save_alerts, alerts_of(form), ways_of(form), windows_of(form))
    except Invalid as error:
        return await _show(edge, asked, who, session, (form, {name: _(sentence) for name, sentence in error.fields.items()}))
    return asked.go("/me/alerts?saved=1")


@post("/me/quiet", may=SIGNED_IN, status_code=200)
async def be_quiet(edge: Edge, asked: Asked, who: Actor) -> Response[str] | Redirect:
    """Nothing is heard until then, whatever was chosen."""
    form = await asked.form(QuietForm)
    now = edge.db.clock()
    quiet = (await edge.db.read(_preferences, who))[0].quiet
    await edge.db.write(once, who, await asked.op(), hush, until_of(form.until, quiet.zone, now))
    if not asked.htmx:
        return await asked.back("/me/alerts")
    chosen, _home = await edge.db.read(_preferences, who)
    bell = Bell(unread=0, matters=(), quiet_until=quiet_until(chosen.quiet, now), hushed=chosen.quiet.until > now)
    return asked.answer("notifications/quiet.html", asked.page(_("Notifications")), bell=bell)


async def _show(
    edge: Edge, asked: Asked, who: Actor, session: Session, typed: tuple[AlertsForm, Mapping[str, str]] | None = None
) -> Response[str]:
    chosen, home = await edge.db.read(_preferences, who)
    now = edge.db.clock()
    screen = AlertsPage(
        form=_typed(*typed) if typed is not None else _stored(chosen),
        kinds=tuple(KindLine(key=kind, icon=ICONS[kind], label=label(), help=note()) for kind, (label, note) in _KINDS.items()),
        days=_days(chosen, typed[0] if typed is not None else None),
        zones=tuple(sorted(one for one in available_timezones() if "/" in one and not one.startswith(("Etc/", "posix/", "right/")))),
        home_zone=home,
        quiet_until=quiet_until(chosen.quiet, now),
        hushed=chosen.quiet.until > now,
        saved=typed is None and asked.request.query_params.get("saved") == "1",
        email=session.email,
    )
    return asked.answer("notifications/alerts.html", asked.page(_("Notifications"), "me"), 422 if typed is not None else 200, screen=screen)


def _preferences(tx: Tx, who: Actor) -> tuple[Preferences, str]:
    return preferences_of(tx, who, [who.id])[who.id], get_workspace(tx, who.workspace_id).time_zone


def _stored(chosen: Preferences) -> Form:
    alerts = chosen.alerts
    told = [f"{kind}:{way}" for kind in KINDS for way in WAYS if getattr(chosen.ways[kind], way)]
    ticks = {"at_once": alerts.mentions_at_once, "follow_mentions": alerts.follow_mentions, "follow_notes": alerts.follow_notes}
    values = {"tell": "\n".join(told), "sound": alerts.sound, "volume": str(alerts.volume), "repeat": str(alerts.repeat_seconds)}
    values |= {"when": "hidden" if alerts.only_hidden else "always", "zone": alerts.zone, "digest_pace": alerts.digest_pace}
    return Form(values | {"digest_hour": str(alerts.digest_hour)} | {name: "on" if on else "" for name, on in ticks.items()})


def _typed(form: AlertsForm, errors: Mapping[str, str]) -> Form:
    said: dict[str, Any] = {name: getattr(form, name) for name in AlertsForm.__struct_fields__ if name not in {"tell", "start", "stop"}}
    return Form({name: str(one) for name, one in said.items()} | {"tell": "\n".join(form.tell)}, errors)


def _days(chosen: Preferences, typed: AlertsForm | None) -> tuple[Day, ...]:
    names = get_day_names("wide", locale={"en": "en_GB"}.get(voice().locale, voice().locale))
    windows = chosen.quiet.windows
    ends = [(written(windows, day, 0), written(windows, day, 1)) for day in range(7)]
    if typed is not None:
        ends = list(zip((*typed.start, *[""] * 7), (*typed.stop, *[""] * 7), strict=False))
    return tuple(Day(key=day, name=names[day], start=ends[day][0], stop=ends[day][1]) for day in range(7))


def _nothing() -> str:
    return ""


_KINDS: Mapping[Kind, tuple[Callable[[], str], Callable[[], str]]] = {
    "mentioned": (lambda: _("I am mentioned"), lambda: _("In a note, by my name or my team’s.")),
    "assigned": (lambda: _("A case is assigned to me"), _nothing),
    "taken": (lambda: _("A case is taken over from me"), _nothing),
    "message": (lambda: _("A customer writes"), lambda: _("In a case that I hold or follow.")),
    "side": (lambda: _("Somebody else answers"), lambda: _("Whom something was passed on to.")),
    "note": (lambda: _("A colleague writes a note"), lambda: _("In a case that I hold or follow.")),
    "status": (lambda: _("A colleague changes the status"), lambda: _("Of a case that I hold or follow.")),
    "woke": (lambda: _("A snooze is over"), _nothing),
    "failed": (lambda: _("My answer does not arrive"), lambda: _("Or nobody knows whether it did.")),
}

ROUTES: list[Any] = [alerts_page, save, be_quiet]
