"""Inboxes as the settings show them. In: rows. Out: screens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sluss.channels.bringing import History
from sluss.channels.contract import Check
from sluss.channels.history import history_of
from sluss.channels.inboxes import Inbox, access_inbox, list_inboxes, teams_of
from sluss.channels.oauth.grants import NOT_CONNECTED, Grant, list_grants
from sluss.channels.oauth.providers import NAMES, provider_named
from sluss.channels.registry import capabilities_of, form_of
from sluss.channels.trials import Trial, access_trial, last_trial
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.kernel.workspaces import the_brand
from sluss.outbox.breaker import FAILURES
from sluss.outbox.queries import Waiting, waiting_by_inbox
from sluss.people.queries import list_teams
from sluss.replies.confirmations import TEXTS, confirmation
from sluss.replies.signatures import Lines, read_signature, values_of
from sluss.settings.changing import seen_of
from sluss.settings.screens import (
    CheckLine,
    Checks,
    Choice,
    Confirmation,
    Earlier,
    Inboxes,
    InboxForm,
    InboxLine,
    InboxPage,
    Preset,
    Setting,
    State,
)
from sluss.settings.wanted import CHANNEL
from sluss.web.locale import gettext as _
from sluss.web.shell import Form

EXAMPLE = 10_482


def inboxes_screen(tx: Tx, who: Actor) -> Inboxes:
    """Every connected inbox with how it does."""
    waiting, given = waiting_by_inbox(tx, who), list_grants(tx, who)
    return Inboxes(lines=tuple(inbox_line(tx, one, waiting, given) for one in list_inboxes(tx, who)))


def inbox_screen(tx: Tx, who: Actor, inbox_id: int) -> InboxPage:
    """One inbox: state, settings without secrets, teams, last test."""
    inbox = access_inbox(tx, who, inbox_id)
    teams = {one.id: one.name for one in list_teams(tx, who)}
    trial = last_trial(tx, who, inbox_id)
    open_breaker = inbox.send_failures >= FAILURES and inbox.paused_until is not None
    return InboxPage(
        line=inbox_line(tx, inbox, waiting_by_inbox(tx, who), list_grants(tx, who)),
        settings=_settings(inbox),
        teams=tuple(teams[one] for one in teams_of(tx, who, inbox_id) if one in teams),
        checks=checks_of(trial) if trial is not None else None,
        opens_at=inbox.paused_until if open_breaker else None,
        earlier=_earlier(tx, who, inbox),
    )


def new_inbox_screen(tx: Tx, who: Actor, preset: str = "", form: Form | None = None) -> InboxForm:
    """An empty form, filled with what a known provider needs, or a form that came back."""
    known = {key: (label, note, values) for key, label, note, values in form_of(CHANNEL).presets()}
    values = known[preset][2] if preset in known else form_of(CHANNEL).DEFAULTS
    return InboxForm(
        form=form or Form(values=values),
        presets=tuple(Preset(key=key, label=label, help=_(note)) for key, (label, note, _values) in known.items()),
        preset=preset if preset in known else "",
        teams=team_choices(tx, who),
    )


def edit_inbox_screen(tx: Tx, who: Actor, inbox_id: int, form: Form | None = None) -> InboxForm:
    """The form of a stored inbox; secrets are named, never shown."""
    inbox = access_inbox(tx, who, inbox_id)
    chosen = "\n".join(str(one) for one in teams_of(tx, who, inbox_id))
    stored = form_of(inbox.channel).show_fields(inbox.settings) | {"name": inbox.name, "address": inbox.address, "team": chosen}
    return InboxForm(
        form=form or Form(values=stored),
        id=str(inbox.id),
        seen=seen_of(tx, who, inbox),
        teams=team_choices(tx, who),
        stored=("imap_password", "smtp_password"),
    )


def history_screen(tx: Tx, who: Actor, inbox_id: int) -> Earlier:
    """How the bringing in of earlier messages stands."""
    inbox = access_inbox(tx, who, inbox_id)
    return _earlier(tx, who, inbox) or Earlier(id=str(inbox.id), ended_at=inbox.changed_at)


def _earlier(tx: Tx, who: Actor, inbox: Inbox) -> Earlier | None:
    if form_of(inbox.channel).show_fields(inbox.settings).get("history", "new") == "new":
        return None
    known = history_of(tx, who, inbox.id) or History(total=0, done=0)
    left = known.left_at_rate
    return Earlier(
        id=str(inbox.id),
        total=known.total,
        done=known.done,
        per_second=round(known.rate),
        ends_at=tx.now + left if left and not known.paused else None,
        ended_at=known.ended_at,
        paused=known.paused,
        reason=_(known.reason),
    )


def folder_choices(found: Sequence[str], typed: Form) -> tuple[Choice, ...]:
    """What may be chosen beside the first folder; what was typed and is not there stays, and says so."""
    first, written = typed.value("imap_folder"), [line.strip() for line in typed.value("imap_folders").splitlines() if line.strip()]
    there = [Choice(id=name, label=name) for name in found if name != first]
    lost = [Choice(id=name, label=name, detail=_("Not found at the server.")) for name in dict.fromkeys(written) if name not in found]
    return (*there, *lost)


def confirmation_screens(values: Mapping[str, str]) -> tuple[Confirmation, ...]:
    """The confirmations of a form, with a number as an example."""
    name = values.get("sender_name", "").strip() or values.get("name", "").strip()
    labels = {"en": _("In English"), "sv": _("In Swedish"), "pl": _("In Polish")}
    letters = {language: confirmation(values, language, EXAMPLE, name) for language in labels}
    return tuple(
        Confirmation(language=language, label=labels[language], subject=subject, text=text, usual=TEXTS[language])
        for language, (subject, text) in letters.items()
    )


def signature_screen(tx: Tx, who: Actor, written: str, address: str, brand_id: int = 0) -> Lines:
    """A signature as it will be seen below an answer of the reader's."""
    if not written.strip():
        return ()
    return read_signature(written, values_of(tx, who, brand_id or the_brand(tx, who), address))


def trial_screen(tx: Tx, who: Actor, trial_id: int) -> Checks:
    """A test as far as it has come."""
    return checks_of(access_trial(tx, who, trial_id))


def checks_of(trial: Trial) -> Checks:
    """A test in the screen's words."""
    running = trial.ended_at is None
    lines = (CheckLine(name=_("Trying"), state="running"),) if running else tuple(_check(one) for one in trial.checks)
    return Checks(id=str(trial.id), lines=lines, running=running, at=trial.ended_at)


def _check(one: Check) -> CheckLine:
    return CheckLine(name=_(one.name), state=one.state, detail=_(one.detail), fix=_(one.fix))


def inbox_line(tx: Tx, inbox: Inbox, waiting: Mapping[int, Waiting], given: Mapping[int, Grant]) -> InboxLine:
    about = capabilities_of(inbox.channel, "public")
    state, text = _state(tx, inbox, given.get(inbox.id))
    mine = waiting.get(inbox.id, Waiting(0, 0))
    return InboxLine(
        id=str(inbox.id),
        name=inbox.name,
        address=inbox.address,
        channel_icon=about.icon,
        channel_label=_(about.label),
        state=state,
        paused=not inbox.enabled,
        state_text=text,
        received_at=inbox.last_received_at,
        sent_at=inbox.last_sent_at,
        queued=mine.queued,
        failed=mine.failed,
    )


def _state(tx: Tx, inbox: Inbox, grant: Grant | None) -> tuple[State, str]:
    if not inbox.enabled:
        return "warn", _("Paused. Nothing is received or sent.")
    if inbox.settings.get("auth") in NAMES and (grant is None or grant.state == "lost"):
        provider = provider_named(inbox.settings["auth"])
        return "fail", _(grant.reason if grant else say(NOT_CONNECTED, provider=provider.label))
    if inbox.receiving == "failing":
        return "fail", _(inbox.receiving_error)
    if inbox.send_failures >= FAILURES and (inbox.paused_until or 0) > tx.now:
        return "fail", _(inbox.paused_reason)
    if inbox.receiving == "starting":
        return "warn", _("Connecting.")
    return ("warn", _(inbox.receiving_error)) if inbox.receiving_error else ("ok", "")


def _settings(inbox: Inbox) -> tuple[Setting, ...]:
    shown = form_of(inbox.channel).show_fields(inbox.settings)
    ways = {"imap": _("Fetched by IMAP"), "lmtp": _("Handed over by LMTP or SMTP"), "http": _("Posted by HTTP")}
    shown["ways"] = ways.get(shown["ways"], shown["ways"])
    shown["auth"] = {name: provider_named(name).label for name in NAMES}.get(shown.get("auth", ""), "")
    shown["imap_folders"] = ", ".join(shown.get("imap_folders", "").splitlines())
    labels = {
        "ways": _("Mail arrives by"),
        "auth": _("Signs in with"),
        "sender_name": _("Sender’s name"),
        "imap_host": _("Incoming server"),
        "imap_username": _("User name"),
        "imap_folder": _("Folder"),
        "imap_folders": _("More folders"),
        "smtp_host": _("Outgoing server"),
    }
    return tuple(Setting(label=label, value=shown[name]) for name, label in labels.items() if shown.get(name))


def team_choices(tx: Tx, who: Actor) -> tuple[Choice, ...]:
    return tuple(Choice(id=str(one.id), label=one.name) for one in list_teams(tx, who))
