"""The chat of the demo's web site. In: its company, the web sites that show it. Out: an inbox of its own, made once and kept up to date."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sluss.channels.inboxes import InboxFields, change_inbox, connection_of, create_inbox, list_inboxes, teams_of
from sluss.channels.webchat.settings import new_chat_key
from sluss.kernel.sealing import Sealer
from sluss.kernel.tokens import new_secret
from sluss.kernel.tx import Tx
from sluss.people.queries import list_teams
from sluss.sandbox.customers.company import TEAMS, Company

NAME = "Webbchatt"
CHANNEL = "webchat"
WELCOME = {
    "sv": "Hej! Fråga oss om bokningar, bagage och resor med Norrsken Air.",
    "pl": "Dzień dobry! Proszę pytać o rezerwacje, bagaż i podróże z Norrsken Air.",
    "en": "Hello! Ask us about bookings, bags and journeys with Norrsken Air.",
}


class Chat(msgspec.Struct, frozen=True):
    """Where visitors write to; `identity_key` is what the company's own sign-in signs with."""

    inbox_id: int
    key: str
    identity_key: str


def connect_chat(tx: Tx, sealer: Sealer, company: Company, origins: Sequence[str]) -> Chat:
    """The chat, which shows itself on these web sites this time."""
    known = next((one for one in list_inboxes(tx, company.who) if one.channel == CHANNEL and not one.archived_at), None)
    if known is None:
        return _read(tx, sealer, company, create_inbox(tx, company.who, sealer, CHANNEL, _fields(tx, company, origins)))
    wanted = {**known.settings, "origins": list(origins)}
    if wanted != known.settings:
        team_ids = teams_of(tx, company.who, known.id)
        fields = InboxFields(name=known.name, address=known.address, settings=wanted, team_ids=team_ids, reopen_days=known.reopen_days)
        change_inbox(tx, company.who, sealer, known.id, fields)
    return _read(tx, sealer, company, known.id)


def _fields(tx: Tx, company: Company, origins: Sequence[str]) -> InboxFields:
    settings = {"origins": list(origins), "welcome": WELCOME, "zone": "Europe/Stockholm", "preview": True, "identify": "optional"}
    settings |= {"mail_inbox_id": company.inboxes["kund"]}
    team_ids = tuple(one.id for one in list_teams(tx, company.who) if one.name in TEAMS)
    secrets = {"identity_key": new_secret()}
    return InboxFields(name=NAME, address=new_chat_key(), settings=settings, secrets=secrets, team_ids=team_ids)


def _read(tx: Tx, sealer: Sealer, company: Company, inbox_id: int) -> Chat:
    connection = connection_of(tx, company.who, inbox_id, sealer)
    return Chat(inbox_id, connection.address, connection.secrets.get("identity_key", ""))
