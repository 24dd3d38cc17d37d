"""How an inbox stands, as far as can be seen without trying. In: an inbox, and how browsers reach Sluss. Out: lines of checks."""

from __future__ import annotations

from sluss.channels.contract import Check
from sluss.channels.inboxes import Inbox, letter_inboxes
from sluss.channels.registry import placed_form
from sluss.channels.seen import Seen, SeenSite
from sluss.channels.sites import list_sites
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx


def look_at(tx: Tx, who: Actor, inbox: Inbox, origin: str) -> list[Check]:
    """What is well and what is not with an inbox that a web site shows; nothing for an account elsewhere."""
    form = placed_form(inbox.channel)
    if form is None:
        return []
    sites = tuple(SeenSite(one.origin, one.last_seen_at, one.refused) for one in list_sites(tx, who, inbox.id))
    letters = frozenset(one.id for one in letter_inboxes(tx, who) if one.enabled)
    return form.look(inbox.settings, Seen(origin=origin, sites=sites, mail_inbox_ids=letters))
