"""The register of processing that Art. 30 of the GDPR asks for, made from how the inboxes are set. In: inboxes, rules. Out: entries."""

from __future__ import annotations

from sluss.channels.inboxes import Inbox, list_inboxes, teams_of
from sluss.channels.registry import channel_named
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import get_workspace
from sluss.people.queries import list_teams
from sluss.privacy.orders import rules_of
from sluss.privacy.retention import rule_of
from sluss.settings.privacy_queries import keeping_words
from sluss.settings.privacy_screens import Register, RegisterEntry
from sluss.web.locale import gettext as _


def register_screen(tx: Tx, who: Actor) -> Register:
    """One entry for each inbox, and one for the staff."""
    workspace = get_workspace(tx, who.workspace_id)
    teams = {one.id: one.name for one in list_teams(tx, who)}
    entries = [_inbox_entry(tx, who, one, teams) for one in list_inboxes(tx, who)]
    return Register(controller=workspace.name, at=tx.now, entries=(*entries, _staff_entry(tx, who)))


def _inbox_entry(tx: Tx, who: Actor, inbox: Inbox, teams: dict[int, str]) -> RegisterEntry:
    kept = keeping_words(rule_of(tx, who, inbox.id))
    capabilities = channel_named(inbox.channel).capabilities
    channel = _(capabilities.label)
    seen_by = ", ".join(teams[one] for one in teams_of(tx, who, inbox.id) if one in teams)
    lines = (
        (_("Purpose"), _("Answering customers who write to %(address)s") % {"address": inbox.address}),
        (_("Persons concerned"), _("Customers, and whoever else writes or is written to")),
        (
            _("Categories of data"),
            _("Names, addresses on %(channel)s, what was written, files, when and by whom it was answered") % {"channel": channel},
        ),
        *(
            ((_("And of visitors"), _("The page they are on, where they came from, browser, language, time zone, when they were there")),)
            if capabilities.is_live
            else ()
        ),
        (_("Recipients"), seen_by or _("Administrators")),
        (_("Sent by way of"), str(inbox.settings.get("smtp_host", "")) or channel),
        (_("Kept for"), "; ".join(kept) or _("Until somebody erases it")),
        (_("Safeguards"), _("Access by role and inbox, audit log, read log, sealed passwords")),
    )
    return RegisterEntry(name=inbox.name, lines=lines)


def _staff_entry(tx: Tx, who: Actor) -> RegisterEntry:
    months = rules_of(tx, who).read_months
    lines = (
        (_("Purpose"), _("Signing in, and knowing who did and read what")),
        (_("Persons concerned"), _("Agents")),
        (_("Categories of data"), _("Name, address, role, sign-ins with address and browser, deeds, what was read")),
        (_("Recipients"), _("Administrators")),
        (_("Kept for"), _("Read log: %(months)s months") % {"months": months}),
        (_("Safeguards"), _("Passwords are kept as hashes; the audit log cannot be changed")),
    )
    return RegisterEntry(name=_("Staff"), lines=lines)
