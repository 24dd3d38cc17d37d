"""The audit log as the settings show it. In: rows of deeds. Out: one line each, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from sluss.kernel.actors import Actor
from sluss.kernel.audit import Entry, audit, list_deeds, traces_of
from sluss.kernel.tx import Tx
from sluss.people.queries import list_agents
from sluss.settings.screens import Audit, AuditLine, Choice
from sluss.web.locale import gettext as _

PAGE = 50


class Known(NamedTuple):
    """What lines do not hold themselves: how agents are called now, and from where somebody came, while that is kept."""

    names: dict[int, str]
    traces: dict[int, tuple[str, str]]

    def name_of(self, one: Entry) -> str:
        """Who did it."""
        return one.actor_name or self.names.get(one.actor_id, "") or _("Somebody who is no longer known")


def audit_screen(tx: Tx, who: Actor, wanted: tuple[str, str], after: int | None) -> Audit:
    """The audit log, newest first; `wanted` is who (an agent's id) and what (an area)."""
    by, area = wanted
    found = _deeds(tx, who, by, area, after)
    agents = list_agents(tx, who)
    people = tuple(Choice(id=str(one.id), label=one.name) for one in agents)
    known = Known({one.id: one.name for one in agents}, traces_of(tx, who, [one.id for one in found[:PAGE]]))
    areas = tuple(Choice(id=key, label=label) for key, label in _areas().items())
    more = str(found[PAGE - 1].id) if len(found) > PAGE else ""
    return Audit(lines=tuple(_audit_line(one, known) for one in found[:PAGE]), after=more, who=by, what=area, people=people, areas=areas)


def _deeds(tx: Tx, who: Actor, by: str, area: str, after: int | None) -> list[Entry]:
    if not by and not area:
        return list_deeds(tx, who, after, PAGE + 1)
    c = audit.c
    chosen = sa.select(*(c[name] for name in Entry.__struct_fields__)).where(c.workspace_id == who.workspace_id)
    if by.isdecimal() and len(by) < 19:
        chosen = chosen.where(c.actor_kind == "agent", c.actor_id == int(by))
    if area in _areas():
        chosen = chosen.where(c.object_kind == area)
    if after is not None:
        chosen = chosen.where(c.id < after)
    return tx.structs(Entry, chosen.order_by(c.id.desc()).limit(PAGE + 1))


def _areas() -> dict[str, str]:
    return {
        "case": _("Cases"),
        "contact": _("Contacts"),
        "inbox": _("Inboxes"),
        "application": _("Mail sign-in"),
        "agent": _("Agents"),
        "team": _("Teams"),
        "invitation": _("Invitations"),
        "letter": _("Letters"),
        "envelope": _("Quarantine"),
        "operation": _("Deliveries"),
        "attribute": _("Customer details"),
        "purpose": _("Consent"),
        "card source": _("Context cards"),
    }


def _audit_line(one: Entry, known: Known) -> AuditLine:
    number = one.data.get("number")
    target = f"#{number}" if number else str(one.data.get("name", ""))
    address, device = known.traces.get(one.id, ("", ""))
    details = _details({**one.data, "device": device})
    text = _deed(one.action) + (f" ({details})" if details else "")
    return AuditLine(at=one.at, who=known.name_of(one), text=text, target=target, href=f"/c/{number}" if number else "", address=address)


def _details(data: Mapping[str, Any]) -> str:
    """What a line says besides its deed; ids say nothing to people."""
    labels = {"before": _("before"), "was": _("before"), "after": _("after"), "added": _("added"), "removed": _("removed")}
    labels |= {"role": _("role"), "recipients": _("recipients"), "messages": _("messages")}
    labels |= {"address": _("address"), "device": _("browser")}
    labels |= {"how": _("by"), "factor": _("kind")}
    labels |= {"agents": _("agents"), "inboxes": _("inboxes")}
    told = ((label, data.get(name)) for name, label in labels.items())
    return ", ".join(f"{label}: {_value(value)}" for label, value in told if value not in ("", None, []))


def _value(value: Any) -> str:
    words = {"open": _("Open"), "pending": _("Waiting"), "snoozed": _("Snoozed"), "solved": _("Solved"), "closed": _("Closed")}
    words |= {"spam": _("Spam"), "low": _("Low"), "normal": _("Normal"), "high": _("High"), "urgent": _("Urgent")}
    words |= {"queued": _("Queued"), "failed": _("Not delivered"), "unknown": _("Delivery not known")}
    words |= {"admin": _("Administrator"), "lead": _("Lead"), "agent": _("Agent"), "reviewer": _("Reviewer"), "field": _("Field staff")}
    words |= {"password": _("Password"), "app": _("Authenticator app"), "passkey": _("Passkey"), "recovery": _("Recovery code")}
    words |= {"nobody": _("Nobody"), "admins": _("Administrators"), "everyone": _("Everyone")}
    many: list[Any] = [*value] if isinstance(value, list) else [value]
    return ", ".join(words.get(str(one), str(one)) for one in many)


def _deed(action: str) -> str:
    known = (
        _deeds_on_people()
        | _deeds_on_cases()
        | _deeds_on_customers()
        | {
            "inbox.create": _("connected an inbox"),
            "inbox.change": _("changed an inbox"),
            "inbox.pause": _("paused an inbox"),
            "inbox.resume": _("resumed an inbox"),
            "inbox.pause_history": _("paused the bringing in of earlier messages"),
            "inbox.resume_history": _("resumed the bringing in of earlier messages"),
            "inbox.archive": _("archived an inbox"),
            "inbox.key": _("made a new identity key"),
            "inbox.connect": _("connected an inbox at its provider"),
            "inbox.access_lost": _("noticed that an inbox has to be connected again"),
            "application.register": _("entered the application at a mail provider"),
            "application.remove": _("removed the application at a mail provider"),
            "inbox.resume_sending": _("had sending tried again"),
            "operation.cancel": _("gave up a delivery"),
            "operation.retry": _("had a delivery sent again"),
            "outbox.hold": _("put sending on hold"),
            "outbox.release": _("let held messages go"),
            "workspace.setup": _("set up Sluss"),
            "intake.replay": _("had a set-aside message read again"),
            "intake.discard": _("took a set-aside message off the list"),
        }
    )
    return known.get(action, action)


def _deeds_on_cases() -> dict[str, str]:
    return {
        "case.assign": _("assigned a case"),
        "case.status": _("changed a case’s status"),
        "case.priority": _("changed a case’s priority"),
        "case.tags": _("changed a case’s tags"),
        "case.reply": _("answered a case"),
        "case.undo_reply": _("took back an answer"),
        "case.reply_privately": _("answered a public message in private"),
        "message.deed": _("had something done with a message at its network"),
        "contact.hold": _("put a contact under a legal hold"),
        "contact.let_go": _("ended a contact’s legal hold"),
        "contact.export": _("had a contact’s data packed"),
        "contact.export_taken": _("took an export"),
        "contact.erase": _("ordered a contact erased"),
        "contact.erase_agreed": _("agreed to an erasure"),
        "contact.erase_cancelled": _("called an erasure back"),
        "contact.erase_held": _("left out an erasure because of a legal hold"),
        "contact.erased": _("erased a contact"),
        "inbox.retention": _("changed how long an inbox keeps things"),
        "privacy.change": _("changed the rules of privacy"),
        "case.merge": _("merged two cases"),
        "case.split": _("made a part of a case a case of its own"),
        "case.link": _("moved a part of a case to another"),
        "case.move_undone": _("took back what was merged or moved"),
        "case.begin": _("wrote first"),
        "case.forward": _("passed a message on"),
        "case.side": _("asked somebody aside"),
        "case.undo_side": _("took back a question before it left"),
        "case.undo_forward": _("took back a message that was passed on"),
    }


def _deeds_on_customers() -> dict[str, str]:
    return {
        "contact.make": _("wrote down a customer"),
        "contact.rename": _("renamed a customer"),
        "contact.language": _("changed a customer’s language"),
        "contact.zone": _("changed a customer’s time zone"),
        "contact.identity_added": _("added a customer’s address"),
        "contact.identity_removed": _("removed a customer’s address"),
        "contact.identity_verified": _("verified a customer’s address"),
        "contact.identity_doubted": _("took back that an address is verified"),
        "contact.note": _("wrote a note about a customer"),
        "contact.note_changed": _("changed a note about a customer"),
        "contact.note_pinned": _("pinned a note about a customer, or let it sink"),
        "contact.note_removed": _("removed a note about a customer"),
        "contact.note_restored": _("brought back a note about a customer"),
        "contact.merge": _("merged two customers"),
        "contact.part": _("made an address a customer of its own"),
        "contact.move_undone": _("took back what was merged of customers"),
        "contact.attribute": _("changed a detail of a customer"),
        "contact.consent": _("wrote down what a customer agreed to"),
        "attribute.save": _("changed what is noted of customers"),
        "attribute.move": _("changed the order of customers’ details"),
        "attribute.archive": _("had a detail of customers asked for no more"),
        "attribute.restore": _("had a detail of customers asked for again"),
        "consent.purpose": _("added a purpose of consent"),
        "consent.archive": _("had a consent asked for no more"),
        "consent.restore": _("had a consent asked for again"),
        "cards.save": _("changed a system of context cards"),
        "cards.remove": _("disconnected a system of context cards"),
        "cards.put": _("put context cards beside a customer"),
    }


def _deeds_on_people() -> dict[str, str]:
    return {
        "agent.create": _("added an agent"),
        "agent.change": _("changed an agent"),
        "agent.disable": _("disabled an agent"),
        "agent.enable": _("enabled an agent"),
        "agent.sign_in": _("signed in"),
        "agent.sign_out": _("signed out"),
        "agent.reset": _("made a link for a new password"),
        "agent.password": _("set a new password"),
        "token.create": _("made a token for a program"),
        "token.revoke": _("revoked a token"),
        "agent.proof": _("showed once more that it is them"),
        "invitation.create": _("invited somebody"),
        "invitation.renew": _("renewed an invitation"),
        "invitation.link": _("made the link of an invitation"),
        "invitation.withdraw": _("withdrew an invitation"),
        "invitation.accept": _("accepted an invitation"),
        "letter.retry": _("had a letter sent again"),
        "letter.inbox": _("chose the inbox for letters"),
        "provider.save": _("changed the identity provider"),
        "provider.remove": _("disconnected the identity provider"),
        "provider.passwords": _("switched passwords on again"),
        "identity.link": _("linked an account at the identity provider"),
        "identity.unlink": _("unlinked an account at the identity provider"),
        "agent.provision": _("came in by the identity provider for the first time"),
        "factor.add": _("added a second step"),
        "factor.remove": _("removed a second step"),
        "factor.rename": _("renamed a second step"),
        "factor.reset": _("removed all second steps of an agent"),
        "factor.codes": _("made new recovery codes"),
        "factor.code_used": _("signed in with a recovery code"),
        "factor.copied": _("refused a passkey that seems to exist twice"),
        "workspace.factors": _("changed who needs a second step"),
        "team.create": _("made a team"),
        "team.change": _("changed a team"),
        "team.delete": _("removed a team"),
    }
