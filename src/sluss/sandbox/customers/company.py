"""Norrsken Air: the demo's workspace, staff and inboxes. In: an empty database, ports of the mail world. Out: who acts, and where."""

from __future__ import annotations

from typing import Any

import msgspec

from sluss.channels.inboxes import InboxFields, change_inbox, create_inbox, list_inboxes, teams_of
from sluss.kernel.actors import Actor, Role, system
from sluss.kernel.sealing import Sealer
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import NewWorkspace, create_workspace
from sluss.people.actions import NewAgent, create_agent
from sluss.people.queries import list_agents
from sluss.people.teams import create_team
from sluss.sandbox.customers.canned import keep_answers

NAME = "Norrsken Air"
DOMAIN = "norrsken.example"
PASSWORD = "norrsken-demo"  # noqa: S105 - printed for everybody; `demo` makes another one where strangers can reach the server
AUTHSERV = f"mx.{DOMAIN}"
"""The name under which the mailboxes' server says what it found out about senders."""
SIGNATURE = "{{agent.name}}\n*{{brand.name}}* · {{inbox.address}}"
MAILBOX_PASSWORD = "sandbox"  # noqa: S105 - of a mailbox that exists in this process only


class Colleague(msgspec.Struct, frozen=True):
    """Somebody on the staff. `speaks` are the languages they answer in, the best first."""

    name: str
    role: Role
    language: str
    teams: tuple[str, ...]
    speaks: tuple[str, ...]

    @property
    def email(self) -> str:
        """What they sign in with."""
        return f"{self.name.split()[0].lower()}@{DOMAIN}"


STAFF = (
    Colleague("Ewa Nowak", "admin", "en", ("Kundrelationer",), ("pl", "en")),
    Colleague("Maja Ek", "lead", "en", ("Bokning", "Bagage", "Kundrelationer"), ("sv", "en")),
    Colleague("Johan Falk", "agent", "en", ("Bokning", "Bagage", "International"), ("sv", "en")),
    Colleague("Klara Sundin", "agent", "sv", ("Bagage",), ("sv", "en")),
    Colleague("Tomasz Sikora", "agent", "pl", ("Bokning", "International"), ("pl", "en")),
    Colleague("Freja Holm", "agent", "en", ("Kundrelationer", "International"), ("en", "sv")),
)
TEAMS = ("Bokning", "Bagage", "Kundrelationer", "International")
INBOXES: dict[str, tuple[str, tuple[str, ...]]] = {
    "bokning": ("Bokning", ("Bokning", "International")),
    "bagage": ("Bagage", ("Bagage", "International")),
    "kund": ("Kundrelationer", ("Kundrelationer", "International")),
}
"""By the part before the @: its name and the teams that handle it."""


class Company(msgspec.Struct, frozen=True):
    """The company as it stands in a database: agents by name, inbox ids by the part before the @."""

    workspace_id: int
    agents: dict[str, Actor]
    inboxes: dict[str, int]

    @property
    def who(self) -> Actor:
        """Sluss itself, acting here."""
        return system(self.workspace_id)


def is_staff(address: str) -> bool:
    """Whether somebody of the company reads what is sent there: no customer, and no inbox."""
    local, _, domain = address.partition("@")
    return domain == DOMAIN and local not in INBOXES


class Servers(msgspec.Struct, frozen=True):
    """Where the mail world listens, on this machine."""

    imap_port: int
    smtp_port: int


def found_company(tx: Tx, sealer: Sealer, servers: Servers, password_hash: str) -> Company:
    """Make the workspace with everybody and everything in it."""
    workspace_id = create_workspace(tx, NewWorkspace(name=NAME, language="sv", time_zone="Europe/Stockholm", demo=True))
    who = system(workspace_id)
    teams = {name: create_team(tx, who, name) for name in TEAMS}
    for one in STAFF:
        team_ids = tuple(teams[name] for name in one.teams)
        new = NewAgent(name=one.name, email=one.email, role=one.role, language=one.language, team_ids=team_ids)
        create_agent(tx, who, new, password_hash)
    for local, (name, handlers) in INBOXES.items():
        fields = _fields(local, name, servers, tuple(teams[team] for team in handlers))
        fields.settings.update(authserv_id=AUTHSERV, signature=SIGNATURE)
        create_inbox(tx, who, sealer, "email", fields)
    company = known_company(tx, workspace_id)
    keep_answers(tx, who, teams, company.agents)
    return company


def known_company(tx: Tx, workspace_id: int) -> Company:
    """The company of an earlier start."""
    who = system(workspace_id)
    agents = {one.name: _actor(workspace_id, one.id, one.name, one.role) for one in list_agents(tx, who) if not one.disabled}
    inboxes = {one.address.partition("@")[0]: one.id for one in list_inboxes(tx, who) if one.address.endswith(f"@{DOMAIN}")}
    return Company(workspace_id, agents, inboxes)


def connect_servers(tx: Tx, sealer: Sealer, company: Company, servers: Servers) -> None:
    """Tell the inboxes where the mail world listens this time."""
    for one in list_inboxes(tx, company.who):
        local = one.address.partition("@")[0]
        if local not in INBOXES or not one.address.endswith(f"@{DOMAIN}"):
            continue
        wanted = _fields(local, one.name, servers, teams_of(tx, company.who, one.id))
        wanted = msgspec.structs.replace(wanted, settings={**one.settings, "imap_port": servers.imap_port, "smtp_port": servers.smtp_port})
        if wanted.settings != one.settings:
            change_inbox(tx, company.who, sealer, one.id, wanted)


def _fields(local: str, name: str, servers: Servers, team_ids: tuple[int, ...]) -> InboxFields:
    address = f"{local}@{DOMAIN}"
    settings: dict[str, Any] = {"way_in": "imap", "from_name": NAME, "user": address}
    settings |= {"imap_host": "127.0.0.1", "imap_port": servers.imap_port, "imap_security": "plain"}
    settings |= {"smtp_host": "127.0.0.1", "smtp_port": servers.smtp_port, "smtp_security": "plain"}
    return InboxFields(name=name, address=address, settings=settings, secrets={"password": MAILBOX_PASSWORD}, team_ids=team_ids)


def _actor(workspace_id: int, agent_id: int, name: str, role: Any) -> Actor:
    return Actor(workspace_id, "agent", agent_id, name, role, inbox_ids=None)
