"""How the system stands: quarantine, health, and what the settings' first page says of them. In: rows. Out: screens."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import sqlalchemy as sa

from sluss.channels.inboxes import list_inboxes
from sluss.intake.conservation import Balance, last_balance
from sluss.intake.models import envelopes
from sluss.intake.quarantine import Quarantined, access_quarantined, count_quarantined, list_quarantined
from sluss.intake.store import read_raw
from sluss.kernel.actors import Actor
from sluss.kernel.clock import MINUTE
from sluss.kernel.files import FileStore
from sluss.kernel.jobs import jobs
from sluss.kernel.leases import leases
from sluss.kernel.loops import last_runs
from sluss.kernel.reactions import parked
from sluss.kernel.text import clean_text
from sluss.kernel.tx import Tx
from sluss.outbox.queries import held_operations, paused_inboxes, standing
from sluss.people.letters import letters_standing
from sluss.people.queries import list_agents, list_teams
from sluss.settings.inbox_queries import inboxes_screen
from sluss.settings.screens import (
    Conservation,
    EnvelopeLine,
    EnvelopePage,
    HealthGroup,
    HealthLine,
    Home,
    Quarantine,
    Trouble,
)
from sluss.web.formats import number, size
from sluss.web.locale import gettext as _
from sluss.web.locale import ngettext

SHOWN = 64 * 1024
PAGE = 50


def home_screen(tx: Tx, who: Actor) -> Home:
    """What needs a hand, and figures beside each area."""
    aside = count_quarantined(tx, who)
    return Home(
        troubles=(*_inbox_troubles(tx, who), *_intake_troubles(tx, who, aside), *_outbox_troubles(tx, who), *_letter_troubles(tx, who)),
        inboxes=len(list_inboxes(tx, who)),
        agents=sum(not one.disabled for one in list_agents(tx, who)),
        teams=len(list_teams(tx, who)),
        quarantined=aside,
    )


def quarantine_screen(tx: Tx, who: Actor, after: int | None, files: FileStore) -> Quarantine:
    """What could not be understood, newest first."""
    found = list_quarantined(tx, who, after, PAGE + 1)
    lines = tuple(envelope_line(one, _beginning(one, files, 4096)) for one in found[:PAGE])
    return Quarantine(lines=lines, total=count_quarantined(tx, who), after=str(found[PAGE - 1].id) if len(found) > PAGE else "")


def envelope_screen(tx: Tx, who: Actor, envelope_id: int, files: FileStore) -> EnvelopePage:
    """One of them, with its beginning as text."""
    one = access_quarantined(tx, who, envelope_id)
    raw = _beginning(one, files, SHOWN)
    text = clean_text(raw.decode("utf-8", "replace"))
    return EnvelopePage(line=envelope_line(one, raw), raw=text, shown=len(raw), tries=one.attempts, last_try=one.settled_at)


def envelope_line(one: Quarantined, beginning: bytes) -> EnvelopeLine:
    """One line; sender and subject as far as the first lines tell."""
    return EnvelopeLine(
        id=str(one.id),
        inbox=one.inbox,
        received_at=one.received_at,
        size=one.size,
        reason=_(one.reason),
        sender=_header(beginning, b"from:"),
        subject=_header(beginning, b"subject:"),
        discarded_at=one.settled_at if one.state == "discarded" else None,
    )


def conservation_of(balance: Balance | None) -> Conservation:
    """The last balance in the screen's words."""
    if balance is None:
        return Conservation(acknowledged=0, processed=0, queued=0, quarantined=0, missing=0, checked_at=0)
    return Conservation(
        acknowledged=balance.acknowledged,
        processed=balance.processed,
        queued=balance.queued,
        quarantined=balance.quarantined,
        missing=balance.missing + balance.orphans,
        checked_at=balance.at,
        erased=balance.erased,
    )


def health_groups(tx: Tx, who: Actor, folder: Path) -> tuple[HealthGroup, ...]:
    """Queues, inboxes, leases and system, each line with what to do when it is not fine."""
    return (
        HealthGroup(label=_("Queues"), lines=_queues(tx, who)),
        HealthGroup(label=_("Inboxes"), lines=_inbox_lines(tx, who)),
        HealthGroup(label=_("Work that only one process does"), lines=_leases(tx)),
        HealthGroup(label=_("Recurring work"), lines=_recurring(tx)),
        HealthGroup(label=_("System"), lines=_system(tx, folder)),
    )


def balance_of(tx: Tx, who: Actor) -> Balance | None:
    """The newest conservation check."""
    return last_balance(tx, who)


def _inbox_troubles(tx: Tx, who: Actor) -> list[Trouble]:
    failing = [one for one in inboxes_screen(tx, who).lines if one.state == "fail"]
    return [Trouble(text=f"{one.name}: {one.state_text}", href=f"/settings/inboxes/{one.id}", state="fail") for one in failing]


def _intake_troubles(tx: Tx, who: Actor, aside: int) -> list[Trouble]:
    troubles: list[Trouble] = []
    if aside:
        text = ngettext("%(num)d message could not be understood.", "%(num)d messages could not be understood.", aside) % {"num": aside}
        troubles.append(Trouble(text=text, href="/settings/quarantine"))
    balance = last_balance(tx, who)
    if balance is not None and (balance.missing or balance.orphans):
        troubles.append(Trouble(text=_("The balance of messages does not add up."), href="/settings/health", state="fail"))
    return troubles


def _outbox_troubles(tx: Tx, who: Actor) -> list[Trouble]:
    held = held_operations(tx, who)
    if held is None:
        return []
    text = ngettext("%(num)d delivery is on hold.", "%(num)d deliveries are on hold.", held) % {"num": held}
    return [Trouble(text=text, href="/settings/health")]


def _letter_troubles(tx: Tx, who: Actor) -> list[Trouble]:
    failed = letters_standing(tx, who).failed
    text = ngettext("%(num)d letter to an agent did not arrive.", "%(num)d letters to agents did not arrive.", failed) % {"num": failed}
    return [Trouble(text=text, href="/settings/letters")] if failed else []


def _queues(tx: Tx, who: Actor) -> tuple[HealthLine, ...]:
    states, _breakers = standing(tx)
    mine = (envelopes.c.workspace_id == who.workspace_id) & (envelopes.c.state == "received")
    oldest = tx.value(sa.select(sa.func.min(envelopes.c.received_at)).where(mine))
    late = oldest is not None and oldest < tx.now - MINUTE
    waiting = tx.value(sa.select(sa.func.count()).select_from(envelopes).where(mine))
    stuck = int(tx.value(sa.select(sa.func.count()).select_from(jobs).where(jobs.c.workspace_id == who.workspace_id, jobs.c.attempts > 0)))
    behind = int(tx.value(sa.select(sa.func.count()).select_from(parked).where(parked.c.workspace_id == who.workspace_id)))
    return (
        HealthLine(
            name=_("Messages waiting to be read"),
            state="warn" if late else "ok",
            value=number(waiting),
            fix=_("Look at the log: the reader may be stopped.") if late else "",
        ),
        HealthLine(name=_("Deliveries waiting"), state="ok", value=number(states.get("queued", 0) + states.get("sending", 0))),
        HealthLine(
            name=_("Deliveries with an unknown result"),
            state="warn" if states.get("unknown") else "ok",
            value=number(states.get("unknown", 0)),
        ),
        _letters(tx, who),
        _retried(_("Timers that failed"), stuck),
        _retried(_("Reactions that failed"), behind),
    )


def _letters(tx: Tx, who: Actor) -> HealthLine:
    standing = letters_standing(tx, who)
    return HealthLine(
        name=_("Letters to agents"),
        state="fail" if standing.failed else "warn" if standing.reason else "ok",
        value=number(standing.waiting + standing.failed),
        detail=_(standing.reason) if standing.reason else "",
        fix=_("Look under Letters: by which way they leave, and what became of each.") if standing.reason else "",
    )


def _retried(name: str, count: int) -> HealthLine:
    detail = _("They are tried again by themselves.") if count else ""
    return HealthLine(name=name, state="warn" if count else "ok", value=number(count), detail=detail)


def _inbox_lines(tx: Tx, who: Actor) -> tuple[HealthLine, ...]:
    paused = {one.inbox_id for one in paused_inboxes(tx, who)}
    lines = inboxes_screen(tx, who).lines
    words = {"ok": _("Receiving"), "warn": _("Waits"), "fail": _("Failing")}
    return tuple(
        HealthLine(
            name=one.name, state=one.state, value=_("Sending paused") if int(one.id) in paused else words[one.state], detail=one.state_text
        )
        for one in lines
    )


def _leases(tx: Tx) -> tuple[HealthLine, ...]:
    names = {"admit": _("Reading messages"), "fetch": _("Fetching files"), "clock": _("Timers")}
    names |= {"reactions": _("Reactions"), "places": _("Places in the event log")}
    rows = {row.name: row for row in tx.rows(sa.select(leases).where(leases.c.name.in_(names)))}
    return tuple(
        HealthLine(
            name=label,
            state="ok" if rows[name].expires_at > tx.now else "fail",
            value=rows[name].holder,
            fix="" if rows[name].expires_at > tx.now else _("No process does this. Start one with the role worker or all."),
        )
        for name, label in names.items()
        if name in rows
    )


def _recurring(tx: Tx) -> tuple[HealthLine, ...]:
    names = {"conservation": _("Balance of messages"), "tidy people": _("Tidying sign-ins"), "tidy trials": _("Tidying inbox tests")}
    names |= {"tidy uploads": _("Tidying unsent files"), "tidy consents": _("Tidying permissions under way")}
    names |= {"tidy answers": _("Tidying answers of the API"), "tidy tokens": _("Tidying API tokens")}
    names |= {"tidy mail begun elsewhere": _("Tidying mail begun elsewhere"), "tidy automatic answers": _("Tidying automatic answers")}
    return tuple(
        HealthLine(name=names.get(name, name), state="fail" if error else "ok", value=_("Failed") if error else _("Done"), detail=error)
        for name, (_at, error) in sorted(last_runs(tx).items())
    )


def _system(tx: Tx, folder: Path) -> tuple[HealthLine, ...]:
    usage = shutil.disk_usage(folder)
    low = usage.free < max(usage.total // 100, 1_000_000_000)
    embedded = tx.conn.dialect.name == "sqlite"
    library = sqlite3.sqlite_version if embedded else ".".join(str(one) for one in tx.conn.dialect.server_version_info or ())
    return (
        HealthLine(
            name=_("Free disk space"),
            state="fail" if low else "ok",
            value=size(usage.free),
            fix=_("Make room: new messages are refused before the disk is full.") if low else "",
        ),
        HealthLine(name=_("Database"), state="ok", value=f"{'SQLite' if embedded else 'PostgreSQL'} {library}"),
    )


def _beginning(one: Quarantined, files: FileStore, size: int) -> bytes:
    try:
        return read_raw(files, one.raw, one.digest)[:size]
    except OSError:
        return b""


def _header(raw: bytes, name: bytes) -> str:
    for line in raw.split(b"\n\n", 1)[0].split(b"\r\n\r\n", 1)[0].splitlines():
        if line.lower().startswith(name):
            return clean_text(line[len(name) :].decode("utf-8", "replace")).strip()[:200]
    return ""
