"""How an inbox stands, as far as can be seen without trying. In: an inbox, and how browsers reach Sluss. Out: lines of checks."""

from __future__ import annotations

from collections.abc import Iterator

from sluss.channels.contract import Check
from sluss.channels.costs import cap_reached
from sluss.channels.inboxes import Inbox, letter_inboxes
from sluss.channels.powers import Greeted
from sluss.channels.registry import channel_named, declared_form, placed_form
from sluss.channels.seen import Seen, SeenSite
from sluss.channels.sites import list_sites
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.kernel.words import say

PASTED, TOLD = "pasted", "told"
"""Who enters the hook's address at the network: a person, or Sluss."""


def look_at(tx: Tx, who: Actor, inbox: Inbox, origin: str) -> list[Check]:
    """What is well and what is not with an inbox that a web site shows, and with an account whose network posts to us."""
    form = placed_form(inbox.channel)
    if form is None:
        return list(_account(tx, who, inbox, origin)) if declared_form(inbox.channel) is not None else []
    sites = tuple(SeenSite(one.origin, one.last_seen_at, one.refused) for one in list_sites(tx, who, inbox.id))
    letters = frozenset(one.id for one in letter_inboxes(tx, who) if one.enabled)
    return form.look(inbox.settings, Seen(origin=origin, sites=sites, mail_inbox_ids=letters))


def hook_way(channel: str) -> str:
    """Who enters the hook's address at a network: `pasted`, `told`, or empty where it posts nothing."""
    form = declared_form(channel)
    if isinstance(channel_named(channel), Greeted):
        return PASTED
    return TOLD if form is not None and any(one.made for one in form.FIELDS) else ""


def _account(tx: Tx, who: Actor, inbox: Inbox, origin: str) -> Iterator[Check]:
    if inbox.reconnect:
        yield Check("Account", "fail", inbox.reconnect, say("Open the inbox and connect it again."))
    if cap_reached(tx, who, inbox.id, inbox.settings):
        detail = say("Today’s limit is spent: answers wait until midnight UTC.")
        yield Check("Costs", "warn", detail, say("Raise the limit in the inbox’s settings, if they shall leave now."))
    if not hook_way(inbox.channel):
        return
    if not origin.startswith("https://"):
        detail = say("The network cannot post here: Sluss asks it again and again instead.")
        yield Check("Webhook", "warn", detail, say("Give this installation a public https address, and set SLUSS_BASE_URL to it."))
    elif inbox.hook_received_at is None and inbox.hook_greeted_at is None:
        detail = say("The network has not called the inbox’s address yet.")
        yield Check("Webhook", "warn", detail, say("Enter the address that the inbox’s page shows in the settings of your app there."))
    else:
        yield Check("Webhook", "ok", say("The network has called the inbox’s address."))
