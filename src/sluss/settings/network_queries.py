"""Accounts of networks as the settings show them. In: rows, forms as typed. Out: screens."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sluss.channels.contract import Capabilities
from sluss.channels.costs import cap_of, costs_since, day_of, next_day
from sluss.channels.fields import MICROS, Field
from sluss.channels.hosting import at_home
from sluss.channels.inboxes import Inbox, access_inbox, connection_of, list_inboxes, teams_of
from sluss.channels.looking import PASTED, hook_way
from sluss.channels.models import templates
from sluss.channels.oauth.grants import list_grants
from sluss.channels.registry import (
    DeclaredForm,
    capabilities_of,
    channel_named,
    consent_of,
    declared_form,
    placed_form,
)
from sluss.channels.trials import last_trial
from sluss.config import Config
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Missing
from sluss.kernel.sealing import Sealer
from sluss.kernel.tx import Tx
from sluss.outbox.breaker import FAILURES
from sluss.outbox.queries import waiting_by_inbox
from sluss.people.queries import list_teams
from sluss.settings.changing import seen_of
from sluss.settings.inbox_queries import checks_of, inbox_line, team_choices
from sluss.settings.network_screens import Cost, Costs, FieldLine, Hook, NetworkForm, NetworkPage, SignIn, TemplateLine
from sluss.settings.screens import Setting
from sluss.settings.wanted import Wanted
from sluss.web.locale import gettext as _
from sluss.web.locale import ngettext
from sluss.web.shell import Form

DAYS = 30
HOURS_OF_DAY = 24
APPROVED, WAITING = {"approved", "active"}, {"pending", "in_appeal", "paused", "submitted"}


def declared(channel: str) -> DeclaredForm:
    """The declared form of a channel. Raises `Missing` for a channel that has none."""
    form = declared_form(channel)
    if form is None:
        raise Missing
    return form


def network_form_screen(tx: Tx, who: Actor, channel: str, wanted: Wanted) -> NetworkForm:
    """The form of a new or a stored account."""
    form, inbox = declared(channel), access_inbox(tx, who, wanted.inbox_id) if wanted.inbox_id else None
    consent = consent_of(channel) if inbox is None else None
    shown = wanted.form or (_stored(tx, who, form, inbox) if inbox else Form(values={**form.DEFAULTS, "how": "consent" if consent else ""}))
    lines = tuple(_field(tx, who, one, inbox, consent.NEEDS if consent else None) for one in form.FIELDS)
    folded = {one.name for one in form.FIELDS if one.group == "advanced"}
    return NetworkForm(
        form=shown,
        channel=channel,
        label=_(capabilities_of(channel, "public").label),
        id=str(wanted.inbox_id or ""),
        seen=seen_of(tx, who, inbox) if inbox else "",
        what=_(str(getattr(form, "WHAT", ""))),
        steps=() if inbox else tuple(_(one) for one in getattr(form, "STEPS", ())),
        kinds=wanted.kinds,
        teams=team_choices(tx, who),
        lines=tuple(one for one in lines if one.name not in folded),
        advanced=tuple(one for one in lines if one.name in folded),
        signs_in=consent is not None,
    )


def network_screen(tx: Tx, who: Actor, place: tuple[Sealer, Config], inbox_id: int) -> NetworkPage:
    """One account: how it does, what to paste at the network, what may be sent, what it cost."""
    inbox = access_inbox(tx, who, inbox_id)
    form, sides = declared(inbox.channel), [capabilities_of(inbox.channel, side) for side in ("public", "private")]
    names = {one.id: one.name for one in list_teams(tx, who)}
    trial = last_trial(tx, who, inbox_id)
    open_breaker = inbox.send_failures >= FAILURES and inbox.paused_until is not None
    approved = _templates(tx, who, inbox_id)
    return NetworkPage(
        line=inbox_line(tx, inbox, waiting_by_inbox(tx, who), list_grants(tx, who)),
        handle=str(inbox.settings.get("handle") or ""),
        sign_in=SignIn(label=_(sides[0].label), ready=consent_of(inbox.channel) is not None, reason=_(_lost(tx, who, inbox))),
        hook=_hook(tx, who, form, inbox, place),
        opens_at=inbox.paused_until if open_breaker else None,
        news=_(inbox.receiving_error) if inbox.receiving == "ok" else "",
        allowed=tuple(_allowed(*sides)),
        costs=_costs(tx, who, inbox),
        templates=tuple(_template(row) for row in approved),
        has_templates=any(one.has_templates for one in sides),
        templates_at=max((row.seen_at for row in approved), default=None),
        settings=_settings(tx, who, form, inbox),
        teams=tuple(names[one] for one in teams_of(tx, who, inbox_id) if one in names),
        checks=checks_of(trial) if trial is not None else None,
    )


def _lost(tx: Tx, who: Actor, inbox: Inbox) -> str:
    """Why a person has to connect the account again."""
    grant = list_grants(tx, who).get(inbox.id)
    return inbox.reconnect or (grant.reason if grant is not None and grant.state == "lost" else "")


def _stored(tx: Tx, who: Actor, form: DeclaredForm, inbox: Inbox) -> Form:
    chosen = "\n".join(str(one) for one in teams_of(tx, who, inbox.id))
    return Form(values=form.show_fields(inbox.settings) | {"name": inbox.name, "team": chosen})


def _field(tx: Tx, who: Actor, field: Field, inbox: Inbox | None, needs: tuple[str, ...] | None) -> FieldLine:
    return FieldLine(
        name=field.name,
        kind=field.kind,
        label=_(field.label),
        hint=_(field.hint) if field.hint else "",
        required=field.required and inbox is None and not field.made,
        options=_options(tx, who, field),
        example=field.example,
        kept=field.stored == "secret" and inbox is not None,
        made=field.made,
        optional=not (field.required or field.made or inbox is not None or field.name in (needs or ())),
        pasted=needs is not None and field.name not in needs and (field.required or field.stored == "secret"),
    )


def _options(tx: Tx, who: Actor, field: Field) -> tuple[tuple[str, str], ...]:
    if field.kind not in {"mail_inbox", "chat_inbox"}:
        return tuple((value, _(label)) for value, label in field.choices)
    return (("0", _("None")), *((str(one.id), one.name) for one in _onward(tx, who, field)))


def _onward(tx: Tx, who: Actor, field: Field) -> list[Inbox]:
    there = list_inboxes(tx, who)
    if field.kind == "chat_inbox":
        return [one for one in there if placed_form(one.channel) is not None]
    return [one for one in there if channel_named(one.channel).capabilities.is_letter]


def _hook(tx: Tx, who: Actor, form: DeclaredForm, inbox: Inbox, place: tuple[Sealer, Config]) -> Hook | None:
    sealer, config = place
    way = hook_way(inbox.channel)
    if not way or inbox.archived_at is not None:
        return None
    connection = connection_of(tx, who, inbox.id, sealer)
    copied = tuple(
        Setting(label=_(one.label), value=connection.secrets[one.name])
        for one in form.FIELDS
        if one.made and way == PASTED and connection.secrets.get(one.name)
    )
    address = at_home(connection, config.base_url).hook
    return Hook(way=way, address=address, copied=copied, greeted_at=inbox.hook_greeted_at, received_at=inbox.hook_received_at)


def _allowed(public: Capabilities, private: Capabilities) -> list[str]:
    """What may be sent when, as sentences."""
    said: list[str] = []
    if public.visibility == "public" and public.max_length:
        said.append(_("In public: at most %(most)s characters.") % {"most": public.max_length})
    if private.visibility != "private":
        return said
    if private.window_hours is None:
        said.append(_("In private: at any time, once the customer has written."))
    else:
        said.append(_("In private: freely for %(span)s after the customer’s last word.") % {"span": _span(private.window_hours)})
    if private.late_hours:
        said.append(_("After that a person may still write until %(span)s have passed.") % {"span": _span(private.late_hours)})
    if private.has_templates:
        said.append(_("Later only texts that the network approved beforehand."))
    if public.can_reply_privately or private.can_reply_privately:
        hours = public.private_reply_hours or private.private_reply_hours
        said.append(_("A public message can be answered in private once, within %(span)s.") % {"span": _span(hours)} if hours else "")
    return [one for one in said if one]


def _span(hours: int) -> str:
    days, rest = divmod(hours, HOURS_OF_DAY)
    if rest or days < 2:
        return ngettext("%(num)s hour", "%(num)s hours", hours) % {"num": hours}
    return ngettext("%(num)s day", "%(num)s days", days) % {"num": days}


def _costs(tx: Tx, who: Actor, inbox: Inbox) -> Costs | None:
    found, cap, today = costs_since(tx, who, inbox.id, DAYS), cap_of(inbox.settings), day_of(tx.now)
    if not found and not cap:
        return None
    spent = sum(one.micros for one in found if one.day == today)
    kinds: dict[str, tuple[int, int]] = {}
    for one in found:
        times, micros = kinds.get(one.what, (0, 0))
        kinds[one.what] = times + one.times, micros + one.micros
    ordered = sorted(kinds.items(), key=lambda kind: -kind[1][1])
    return Costs(
        today=_dollars(spent),
        cap=_dollars(cap) if cap else "",
        share=min(spent * 100 // cap, 100) if cap else 0,
        full=bool(cap) and spent >= cap,
        next_at=next_day(tx.now),
        month=_dollars(sum(one.micros for one in found)),
        lines=tuple(Cost(what=_(what), times=times, amount=_dollars(micros)) for what, (times, micros) in ordered),
    )


def _dollars(micros: int) -> str:
    """To a cent; what is less than a cent to its last digit, because calls cost fractions."""
    return f"${micros / MICROS:,.2f}" if micros >= MICROS // 100 or not micros else f"${micros / MICROS:.6f}".rstrip("0")


def _templates(tx: Tx, who: Actor, inbox_id: int) -> list[sa.Row[Any]]:
    t = templates.c
    return list(
        tx.rows(sa.select(templates).where(t.workspace_id == who.workspace_id, t.inbox_id == inbox_id).order_by(t.name, t.language))
    )


def _template(row: sa.Row[Any]) -> TemplateLine:
    status = row.status.lower()
    words = {"approved": _("Approved"), "pending": _("In review"), "rejected": _("Rejected"), "paused": _("Paused")}
    words |= {"disabled": _("Disabled"), "active": _("Approved")}
    return TemplateLine(
        name=row.name,
        language=row.language,
        category=row.category.lower(),
        state="ok" if status in APPROVED else "warn" if status in WAITING else "fail",
        status=words.get(status, str(row.status)),
        preview="\n".join(part for part in (row.header, row.body, row.footer) if part),
    )


def _settings(tx: Tx, who: Actor, form: DeclaredForm, inbox: Inbox) -> tuple[Setting, ...]:
    shown, found = form.show_fields(inbox.settings), list[Setting]()
    for field in form.FIELDS:
        value = shown.get(field.name, "")
        if field.stored == "secret" or not value or value == "0":
            continue
        if options := dict(_options(tx, who, field)):
            value = options.get(value, value)
        elif field.kind == "check":
            value = _("Yes")
        found.append(Setting(label=_(field.label), value=value))
    return tuple(found)
