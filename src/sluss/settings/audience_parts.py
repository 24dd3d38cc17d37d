"""Choosing for whom a canned answer or a macro is. In: who asks, a form. Out: choices as the form shows them, and what was chosen."""

from __future__ import annotations

from typing import Any

from sluss.channels.inboxes import list_inboxes
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.people.queries import list_assignable, list_teams
from sluss.replies.canned.audience import KEEPERS, Audience, Kept
from sluss.settings.forms import ids_of
from sluss.settings.screens import Choice
from sluss.web.locale import gettext as _
from sluss.web.shell import Form


def audience_choices(tx: Tx, who: Actor) -> dict[str, Any]:
    """What a form offers; agents keep only their own, so they choose nothing."""
    mine = Choice(id="owner", label=_("Only me"), detail=_("Nobody else sees it, administrators neither."))
    if who.role not in KEEPERS:
        return {"whoms": (mine,), "teams": (), "inboxes": ()}
    everybody = Choice(id="everybody", label=_("Everybody who answers"))
    chosen = Choice(id="chosen", label=_("Some teams or inboxes"), detail=_("Others do not see it at all."))
    return {
        "whoms": (everybody, chosen, mine),
        "teams": tuple(Choice(id=str(one.id), label=one.name) for one in list_teams(tx, who)),
        "inboxes": tuple(Choice(id=str(one.id), label=one.name, detail=one.address) for one in list_inboxes(tx, who)),
    }


def owner_choices(tx: Tx, who: Actor) -> tuple[tuple[str, str], ...]:
    """Who may answer for it."""
    return (("", _("Nobody")), *((str(one.id), one.name) for one in list_assignable(tx, who)))


def chosen_audience(who: Actor, typed: Form) -> Audience:
    """What was chosen; what is none of the choices is refused by the action."""
    whom: Any = typed.value("whom") or ("everybody" if who.role in KEEPERS else "owner")
    owner_id = next(iter(ids_of(typed, "owner")), None)
    return Audience(whom=whom, team_ids=ids_of(typed, "team"), inbox_ids=ids_of(typed, "inbox"), owner_id=owner_id)


def audience_values(kept: Kept) -> dict[str, str]:
    """An audience as a form shows it."""
    team_ids, inbox_ids = ("\n".join(map(str, ids)) for ids in (kept.team_ids, kept.inbox_ids))
    return {"whom": kept.whom, "team": team_ids, "inbox": inbox_ids, "owner": str(kept.owner_id or "")}


def audience_words(tx: Tx, who: Actor) -> Any:
    """A function that says in words for whom something is."""
    teams = {one.id: one.name for one in list_teams(tx, who)}
    inboxes = {one.id: one.name for one in list_inboxes(tx, who)}

    def told(kept: Kept) -> str:
        if kept.holder:
            return _("Only me")
        if kept.whom == "everybody":
            return _("Everybody")
        return ", ".join(
            [*(teams[one] for one in kept.team_ids if one in teams), *(inboxes[one] for one in kept.inbox_ids if one in inboxes)]
        )

    return told
