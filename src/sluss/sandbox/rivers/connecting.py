"""The demo's accounts at the networks. In: where the doubles are this time. Out: inboxes, made once and kept up to date."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from sluss.channels.inboxes import InboxFields, change_inbox, create_inbox, list_inboxes, teams_of
from sluss.kernel.sealing import Sealer
from sluss.kernel.tx import Tx
from sluss.people.queries import list_teams
from sluss.sandbox.customers.company import TEAMS, Company


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One account at a network, as its inbox is connected."""

    channel: str
    name: str
    address: str
    settings: dict[str, Any]
    secrets: dict[str, str]


def connect_accounts(tx: Tx, sealer: Sealer, company: Company, accounts: Sequence[Account]) -> dict[str, int]:
    """The inboxes of the accounts, by channel; what somebody has changed about them stays, but for the address of the double."""
    known = {one.address: one for one in list_inboxes(tx, company.who)}
    team_ids = tuple(one.id for one in list_teams(tx, company.who) if one.name in TEAMS)
    found: dict[str, int] = {}
    for one in accounts:
        inbox = known.get(one.address)
        if inbox is None:
            fields = InboxFields(name=one.name, address=one.address, settings=one.settings, secrets=one.secrets, team_ids=team_ids)
            found[one.channel] = create_inbox(tx, company.who, sealer, one.channel, fields)
            continue
        found[one.channel] = inbox.id
        wanted = inbox.settings | {"api": one.settings["api"]}
        if wanted != inbox.settings and inbox.archived_at is None:
            kept = InboxFields(
                name=inbox.name,
                address=inbox.address,
                settings=wanted,
                team_ids=teams_of(tx, company.who, inbox.id),
                reopen_days=inbox.reopen_days,
            )
            change_inbox(tx, company.who, sealer, inbox.id, kept)
    return found
