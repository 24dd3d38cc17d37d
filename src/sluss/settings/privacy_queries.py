"""Privacy as the settings show it. In: rows. Out: screens."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import sqlalchemy as sa

from sluss.channels.handles import is_handle, shown_address
from sluss.channels.inboxes import access_inbox, list_inboxes
from sluss.channels.registry import channel_named, channel_names
from sluss.contacts.models import contacts, identities
from sluss.kernel.actors import Actor
from sluss.kernel.text import clean_line
from sluss.kernel.tx import Tx
from sluss.people.queries import list_agents
from sluss.privacy.erasing import PHASES
from sluss.privacy.exporting import Export, list_exports
from sluss.privacy.orders import Erasure, Person, Rules, access_person, active_erasure, extent_of, list_erasures, rules_of
from sluss.privacy.reading import Read, reads_of
from sluss.privacy.retention import Rule, list_runs, preview, rule_of
from sluss.settings.privacy_screens import (
    ContactPage,
    DueFigures,
    ErasePage,
    ErasureLine,
    ExportLine,
    Figures,
    FoundContact,
    KeepingLine,
    KeepingPage,
    Privacy,
    Proven,
    ReadLine,
    RunLine,
)
from sluss.web.formats import number
from sluss.web.locale import gettext as _
from sluss.web.locale import ngettext
from sluss.web.shell import Form

FOUND = 20
READS = 30


def privacy_screen(tx: Tx, who: Actor, query: str, form: Form | None = None) -> Privacy:
    """The first page."""
    rules = rules_of(tx, who)
    runs = [one for one in list_runs(tx, who, 30) if one.counts]
    return Privacy(
        query=query,
        found=_find(tx, who, clean_line(query)),
        erasures=tuple(_erasure_line(tx, who, one) for one in list_erasures(tx, who)),
        keeping=tuple(_keeping(tx, who, one.id, one.name) for one in list_inboxes(tx, who)),
        runs=tuple(RunLine(at=one.started_at, figures=_figures(one.counts)) for one in runs[:7]),
        rules=form or _rules_form(rules),
    )


def contact_screen(tx: Tx, who: Actor, contact_id: int, after: int | None) -> ContactPage:
    """One contact."""
    person = access_person(tx, who, contact_id)
    erasure = active_erasure(tx, who, contact_id)
    seen = reads_of(tx, who, contact_id, after, READS + 1)
    return ContactPage(
        id=str(person.id),
        name=person.name,
        first_seen=person.created_at,
        addresses=_addresses(person),
        figures=_extent(tx, who, contact_id),
        held=person.held,
        exports=tuple(_export_line(tx, who, one) for one in list_exports(tx, who, contact_id)),
        erasure=_erasure_line(tx, who, erasure) if erasure is not None else None,
        reads=tuple(_read_line(one) for one in seen[:READS]),
        after=str(seen[READS - 1].id) if len(seen) > READS else "",
    )


def erase_screen(tx: Tx, who: Actor, contact_id: int, form: Form | None = None) -> ErasePage:
    """The dry run, and the form."""
    person = access_person(tx, who, contact_id)
    return ErasePage(
        id=str(person.id),
        name=person.name,
        addresses=_addresses(person),
        figures=_extent(tx, who, contact_id),
        two_admins=rules_of(tx, who).two_admins,
        held=person.held,
        form=form or Form(),
    )


def keeping_screen(tx: Tx, who: Actor, inbox_id: int, form: Form | None = None, rule: Rule | None = None) -> KeepingPage:
    """How long an inbox keeps things; with a rule, what would go by it."""
    inbox = access_inbox(tx, who, inbox_id)
    stored = msgspec.structs.asdict(rule_of(tx, who, inbox_id))
    due = preview(tx, who, inbox_id, rule) if rule is not None else None
    return KeepingPage(
        inbox_id=str(inbox.id),
        inbox=inbox.name,
        form=form or Form(values={name: "" if days is None else str(days) for name, days in stored.items()}),
        due=DueFigures(**msgspec.structs.asdict(due)) if due is not None else None,
    )


def _find(tx: Tx, who: Actor, query: str) -> tuple[FoundContact, ...]:
    """Contacts by the beginning of an address or of a word of the name."""
    if not query:
        return ()
    c, i = contacts.c, identities.c
    name = sa.literal(" ") + sa.func.lower(c.name)
    named = sa.or_(*(name.contains(f" {one}", autoescape=True) for one in _cases_of(query)))
    reached = sa.select(i.contact_id).where(i.workspace_id == who.workspace_id, i.address.startswith(query.casefold(), autoescape=True))
    mine = (c.workspace_id == who.workspace_id) & (named | c.id.in_(reached.limit(FOUND)))
    rows = tx.rows(sa.select(c.id, c.name).where(mine).order_by(c.id.desc()).limit(FOUND))
    known = tx.rows(
        sa.select(i.contact_id, i.address).where(i.workspace_id == who.workspace_id, i.contact_id.in_([row.id for row in rows]))
    )
    by_contact: dict[int, list[str]] = {}
    for row in known:
        by_contact.setdefault(row.contact_id, []).append(row.address)
    return tuple(FoundContact(id=str(row.id), name=row.name, addresses=tuple(by_contact.get(row.id, ()))) for row in rows)


def _cases_of(query: str) -> list[str]:
    """The words as lower() may have left them: SQLite's knows no letter beyond ASCII."""
    spelt = (query, query.lower(), query.title(), query.upper())
    return sorted({"".join(letter.lower() if letter.isascii() else letter for letter in one) for one in spelt})


def _erasure_line(tx: Tx, who: Actor, one: Erasure) -> ErasureLine:
    name = tx.value(sa.select(contacts.c.name).where(contacts.c.workspace_id == who.workspace_id, contacts.c.id == one.contact_id))
    phases = [*PHASES, "over"]
    done = phases.index(one.phase) if one.phase in phases else phases.index("person")
    return ErasureLine(
        id=str(one.id),
        contact_id=str(one.contact_id),
        contact=name if name and one.state in {"asked", "waiting", "cancelled"} else "",
        state=one.state,
        erases=one.mode == "erase",
        asked_by=_agents(tx, who).get(one.agent_id or 0, "Sluss"),
        asked_at=one.asked_at,
        starts_at=one.starts_at,
        ended_at=one.ended_at,
        percent=100 * done // len(phases),
        figures=_figures(one.counts) if one.state == "done" else "",
        mine=one.agent_id == who.id,
    )


def _export_line(tx: Tx, who: Actor, one: Export) -> ExportLine:
    about = {name: getattr(one, name) for name in ("state", "at", "expires_at", "size", "notes")}
    return ExportLine(id=str(one.id), asked_by=_agents(tx, who).get(one.agent_id or 0, "Sluss"), mine=one.agent_id == who.id, **about)


def _read_line(one: Read) -> ReadLine:
    words = {"case": _("opened case"), "message": _("looked at a mail as it was sent"), "file": _("opened a file")}
    words |= {"contact": _("looked at this page"), "export": _("took an export")}
    what = words.get(one.kind, one.kind) + (f" #{one.case_no}" if one.case_no else "")
    return ReadLine(
        agent=one.agent, what=what, href=f"/c/{one.case_no}" if one.case_no else "", at=one.at, last_at=one.last_at, times=one.times
    )


def _addresses(person: Person) -> tuple[Proven, ...]:
    return tuple(
        Proven(channel=_channel(network), address=shown_address(address), level=level, made=is_handle(address))
        for network, address, level in person.identities
    )


def _channel(network: str) -> str:
    return _(channel_named(network).capabilities.label) if network in channel_names() else network


def _extent(tx: Tx, who: Actor, contact_id: int) -> Figures:
    return Figures(**msgspec.structs.asdict(extent_of(tx, who, contact_id)))


def _keeping(tx: Tx, who: Actor, inbox_id: int, name: str) -> KeepingLine:
    return KeepingLine(inbox_id=str(inbox_id), inbox=name, rules=keeping_words(rule_of(tx, who, inbox_id)))


def keeping_words(rule: Rule) -> tuple[str, ...]:
    """A rule in words."""
    days: Mapping[str, int | None] = msgspec.structs.asdict(rule)
    labels = {"case_days": _("Solved cases"), "spam_days": _("Spam"), "file_days": _("Files"), "raw_days": _("Raw messages")}
    return tuple(f"{label}: {_days(days[name] or 0)}" for name, label in labels.items() if days[name] is not None)


def _days(days: int) -> str:
    return ngettext("%(num)s day", "%(num)s days", days) % {"num": number(days)}


def _figures(counts: Mapping[str, int]) -> str:
    """A proof in words: what people know by name, and the rest together."""
    labels = {
        "cases": _("cases"),
        "cases emptied": _("cases emptied"),
        "messages": _("messages"),
        "messages emptied": _("messages emptied"),
    }
    labels |= {"notes": _("notes"), "notes emptied": _("notes emptied"), "attachments": _("files"), "envelopes": _("envelopes")}
    labels |= {
        "raw": _("raw messages"),
        "answers cancelled": _("answers cancelled"),
        "contacts": _("contacts"),
        "reads": _("lines of the read log"),
    }
    return ", ".join(f"{label}: {number(counts[name])}" for name, label in labels.items() if counts.get(name))


def _agents(tx: Tx, who: Actor) -> dict[int, str]:
    return {one.id: one.name for one in list_agents(tx, who)}


def _rules_form(rules: Rules) -> Form:
    return Form(values={"read_months": str(rules.read_months), "two_admins": "1" if rules.two_admins else ""})
