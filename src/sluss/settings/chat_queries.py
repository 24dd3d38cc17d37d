"""Chats as the settings show them. In: rows, forms as typed. Out: screens."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

import msgspec
import sqlalchemy as sa

from sluss.channels.contract import Check
from sluss.channels.hours import HoursWrong, opening_sentence, read_day, weekly_minutes, write_day, zones
from sluss.channels.inboxes import Inbox, access_inbox, letter_inboxes, teams_of
from sluss.channels.looking import look_at
from sluss.channels.oauth.grants import list_grants
from sluss.channels.registry import placed_form
from sluss.channels.sites import Site, list_sites
from sluss.channels.trials import last_trial
from sluss.channels.webchat import form as chat_form
from sluss.channels.webchat.colours import DARK, WHITE, contrast, is_colour, text_on
from sluss.channels.webchat.origins import allows
from sluss.channels.webchat.settings import ChatSettings, hours_of, in_language, read_settings
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Conflict
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import brands, get_workspace, the_brand
from sluss.outbox.queries import waiting_by_inbox
from sluss.people.queries import list_teams
from sluss.settings.changing import seen_of
from sluss.settings.chat_screens import ChatForm, ChatPage, ChatSites, Day, Look, SiteLine, Texts
from sluss.settings.inbox_queries import checks_of, inbox_line, team_choices
from sluss.settings.screens import CheckLine, Setting
from sluss.settings.wanted import Wanted
from sluss.web.formats import number
from sluss.web.locale import LOCALES, Voice, speaking, voice
from sluss.web.locale import gettext as _
from sluss.web.shell import Form

ON_SITES = {"Web sites", "Installed", "Refused"}
"""What the list of web sites shows by itself."""
TELL = 3.0
"""How far a button must stand out from the page around it (WCAG 2.2, 1.4.11)."""


def chat_form_screen(tx: Tx, who: Actor, wanted: Wanted) -> ChatForm:
    """The form of a new or a stored chat."""
    brand = _brand(tx, who, wanted.inbox_id)
    texts = _texts(brand)
    letters = tuple((str(one.id), one.name) for one in letter_inboxes(tx, who))
    stored: dict[str, str] = {}
    seen = ""
    if wanted.inbox_id:
        inbox = access_chat(tx, who, wanted.inbox_id)
        chosen = "\n".join(str(one) for one in teams_of(tx, who, inbox.id))
        stored = chat_form.show_fields(inbox.settings) | {"name": inbox.name, "team": chosen}
        seen = seen_of(tx, who, inbox)
    elif wanted.form is None:
        zone = get_workspace(tx, who.workspace_id).time_zone
        stored = chat_form.DEFAULTS | {"zone": zone, "mail_inbox": letters[0][0] if letters else "0"}
    form = wanted.form or Form(values=stored)
    return ChatForm(
        form=form,
        id=str(wanted.inbox_id or ""),
        seen=seen,
        kinds=wanted.kinds,
        teams=team_choices(tx, who),
        mail_inboxes=(("0", _("None: whoever has left gets no answer")), *letters),
        zones=tuple(sorted(one for one in zones() if "/" in one and not one.startswith("Etc/"))),
        days=_days(form),
        texts=texts,
        look=look_of(form, tx.now, brand),
        says=_says(form, tx.now),
        weekly=_weekly(form),
    )


def chat_screen(tx: Tx, who: Actor, inbox_id: int, origin: str) -> ChatPage:
    """One chat: what to put where, where it was seen, how it stands. `origin` is how browsers reach Sluss."""
    inbox = access_chat(tx, who, inbox_id)
    settings, sites = read_settings(inbox.settings), list_sites(tx, who, inbox_id)
    names = {one.id: one.name for one in list_teams(tx, who)}
    trial = last_trial(tx, who, inbox_id)
    texts = chat_form.paste(origin, inbox.address)
    return ChatPage(
        line=inbox_line(tx, inbox, waiting_by_inbox(tx, who), list_grants(tx, who)),
        says=opening_sentence(hours_of(settings), tx.now),
        snippet=texts["snippet"],
        policy=texts["policy"],
        sites=_sites(inbox, settings, sites),
        standing=tuple(_check(one) for one in look_at(tx, who, inbox, origin) if one.state != "ok" and one.name not in ON_SITES),
        settings=_settings(settings, {one.id: one.name for one in letter_inboxes(tx, who)}),
        teams=tuple(names[one] for one in teams_of(tx, who, inbox_id) if one in names),
        checks=checks_of(trial) if trial is not None else None,
        proves=settings.identify,
    )


def sites_screen(tx: Tx, who: Actor, inbox_id: int) -> ChatSites:
    """Where a chat was seen."""
    inbox = access_chat(tx, who, inbox_id)
    return _sites(inbox, read_settings(inbox.settings), list_sites(tx, who, inbox_id))


def access_chat(tx: Tx, who: Actor, inbox_id: int) -> Inbox:
    """The chat of an id. Raises `Missing`, and `Conflict` for an inbox that is none."""
    inbox = access_inbox(tx, who, inbox_id)
    if placed_form(inbox.channel) is None:
        raise Conflict("This inbox is no chat.")
    return inbox


def look_screen(tx: Tx, who: Actor, form: Form) -> Look:
    """How a chat will look while its form is written."""
    return look_of(form, tx.now, _brand(tx, who, inbox_of(form)))


def look_of(form: Form, now: int, brand: str) -> Look:
    """The same, in the reader's language, for a brand."""
    accent, language = form.value("accent").strip().lower(), voice().locale
    on = text_on(accent) if is_colour(accent) else ""
    usual = next(one for one in _texts(brand) if one.language == language)
    theme = form.value("theme", "auto")
    return Look(
        accent=accent if is_colour(accent) else "",
        on={WHITE: "light", DARK: "dark"}.get(on, ""),
        ratio=number(round(contrast(on, accent), 1)) if on else "",
        wrong=_wrong(accent),
        faint=bool(on) and contrast(accent, WHITE) < TELL,
        side="left" if form.value("side") == "left" else "right",
        themes=(theme,) if theme in {"light", "dark"} else ("light", "dark"),
        title=in_language(_written(form, "title"), language)[:80] or usual.title,
        welcome=in_language(_written(form, "welcome"), language)[:400] or usual.welcome,
        says=_says(form, now),
    )


def with_copied_hours(form: Form) -> Form:
    """Tuesday to Friday as Monday."""
    monday = form.value("mon")
    return msgspec.structs.replace(form, values={**form.values, **dict.fromkeys(("tue", "wed", "thu", "fri"), monday), "when": "hours"})


def inbox_of(form: Form) -> int:
    """The stored chat that an unsaved form belongs to; 0 for a new one."""
    typed = form.value("id")
    return int(typed) if typed.isdecimal() and len(typed) < 19 else 0


def _wrong(accent: str) -> str:
    if not is_colour(accent):
        return _("Write a colour as # and six digits, such as #0b5cad.")
    if not text_on(accent):
        return _("Neither white nor dark text could be read on this colour. Choose a darker or a lighter one.")
    return ""


def _says(form: Form, now: int) -> str:
    """What visitors would read now; empty while the hours are not written out."""
    settings = _so_far(form)
    return opening_sentence(hours_of(settings), now) if settings is not None else ""


def _weekly(form: Form) -> str:
    settings = _so_far(form)
    return number(round(weekly_minutes(hours_of(settings)) / 60, 1)) if settings is not None and settings.hours else ""


def _so_far(form: Form) -> ChatSettings | None:
    try:
        days = tuple(read_day(form.value(day)) for day in chat_form.DAYS) if form.value("when") == chat_form.BY_HOURS else ()
    except HoursWrong:
        return None
    closed = tuple(line.strip() for line in form.value("closed_days").splitlines() if line.strip())
    return ChatSettings(hours=days, closed_days=closed, zone=form.value("zone", "UTC"))


def _written(form: Form, name: str) -> dict[str, str]:
    return {language: text for language in LOCALES if (text := form.value(f"{name}_{language}").strip())}


def _texts(brand: str) -> tuple[Texts, ...]:
    return tuple(_usual(language, label, brand) for language, label in LOCALES.items())


def _usual(language: str, label: str, brand: str) -> Texts:
    """What a visitor of a language reads where nobody wrote anything."""
    with speaking(Voice(language, voice().zone)):
        title = _("Chat with %(name)s") % {"name": brand}
        return Texts(language=language, label=label, title=title, welcome=_("Hello! How can we help you?"))


def _brand(tx: Tx, who: Actor, inbox_id: int) -> str:
    brand_id = access_inbox(tx, who, inbox_id).brand_id if inbox_id else the_brand(tx, who)
    return str(tx.value(sa.select(brands.c.name).where(brands.c.workspace_id == who.workspace_id, brands.c.id == brand_id)))


def _days(form: Form) -> tuple[Day, ...]:
    asked = "hours" in form.errors
    return tuple(
        Day(name=name, label=label, wrong=asked and not _reads(form.value(name)))
        for name, label in zip(chat_form.DAYS, _weekdays(), strict=True)
    )


def _reads(written: str) -> bool:
    try:
        read_day(written)
    except HoursWrong:
        return False
    return True


def _weekdays() -> tuple[str, ...]:
    return _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")


def _check(one: Check) -> CheckLine:
    return CheckLine(name=_(one.name), state=one.state, detail=_(one.detail), fix=_(one.fix))


def _sites(inbox: Inbox, settings: ChatSettings, sites: list[Site]) -> ChatSites:
    listed = [SiteLine(origin=one.origin, path=one.path, seen_at=one.last_seen_at) for one in sites if allows(settings.origins, one.origin)]
    known = {one.origin for one in listed}
    waiting = [SiteLine(origin=one) for one in settings.origins if "*" not in one and one not in known]
    strangers = [one for one in sites if not allows(settings.origins, one.origin)]
    refused = (SiteLine(origin=one.origin, path=one.path, seen_at=one.last_seen_at) for one in strangers)
    return ChatSites(id=str(inbox.id), listed=(*listed, *waiting), refused=tuple(refused))


def _settings(settings: ChatSettings, letters: Mapping[int, str]) -> tuple[Setting, ...]:
    asked = {"no": _("not asked for"), "optional": _("asked for, may be left out"), "required": _("asked for, must be given")}
    proven = {
        "no": _("Nobody is proven"),
        "optional": _("Who signed in there is known"),
        "required": _("Only who signed in there may write"),
    }
    yes_no = {True: _("Yes"), False: _("No")}
    return (
        Setting(label=_("Web sites"), value=", ".join(settings.origins) or _("None yet")),
        Setting(label=_("Opening hours"), value=_hours(settings)),
        Setting(label=_("Name"), value=asked[settings.ask_name]),
        Setting(label=_("E-mail"), value=asked[settings.ask_email]),
        Setting(label=_("Files may be sent"), value=yes_no[settings.files]),
        Setting(label=_("Agents see what is being typed"), value=yes_no[settings.preview]),
        Setting(label=_("Signed-in customers"), value=proven[settings.identify]),
        Setting(label=_("Goes on by e-mail from"), value=letters.get(settings.mail_inbox_id, _("nowhere"))),
    )


def _hours(settings: ChatSettings) -> str:
    """The week in one line, days with the same hours together: `Monday – Friday 08:00–17:00, Saturday 10:00–14:00`."""
    if not settings.hours:
        return _("Always")
    days = zip(_weekdays(), map(write_day, settings.hours), strict=True)
    told: list[str] = []
    for spans, some in groupby(days, key=lambda day: day[1]):
        names = [label for label, _spans in some]
        told += [f"{' – '.join(dict.fromkeys((names[0], names[-1])))} {spans}"] if spans else []
    return "; ".join(told)
