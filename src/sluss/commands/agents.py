"""`sluss agent`: the staff. Passwords come from a prompt, a file, or a one-time link; never from the words of a command."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import msgspec

from sluss.channels.postbox import has_letter_way
from sluss.commands.house import Deed, House, carry_out, settings_of
from sluss.commands.outcome import CONFLICT, NOT_FOUND, OK, USAGE, Stopped
from sluss.commands.terminal import Terminal
from sluss.config import Config
from sluss.kernel.actors import ROLES, Actor, system
from sluss.kernel.errors import Invalid
from sluss.kernel.tx import Tx
from sluss.people.actions import NewAgent, create_agent, disable_agent, enable_agent, normal_address, reset_password, set_password
from sluss.people.factors import reset_factors
from sluss.people.invitations import Invitation, invitation_link, invite, list_invitations, withdraw_invitation
from sluss.people.oidc_providers import allow_passwords
from sluss.people.own_keys import load_keys, own_keys
from sluss.people.passwords import fault_of, hash_password
from sluss.people.queries import AgentRow, list_agents, list_teams
from sluss.web.locale import LOCALES

HOURS = 72


class AddAgent(Deed, frozen=True, tag="agent add"):
    """An agent with a password, or else an invitation: by letter, or with a link to hand over."""

    name: str
    email: str
    role: str
    language: str
    teams: tuple[str, ...] = ()
    password: str = ""
    by_mail: bool = False
    workspace: str = ""

    async def carry_out(self, house: House) -> dict[str, Any]:
        who = system((await house.workspace(self.workspace)).id)
        team_ids = await house.db.read(teams_named, who, self.teams)
        new = NewAgent(name=self.name, email=self.email, role=self.role, language=self.language, team_ids=team_ids)
        told = {"email": normal_address(self.email), "role": self.role}
        if self.password:
            return {"id": str(await house.db.write(create_agent, who, new, await _hashed(self.password, self.email)))} | told
        if self.by_mail and not await house.db.read(has_letter_way, who, house.config):
            raise Stopped(
                "Letters cannot leave yet: connect a mail inbox, or set SLUSS_MAIL_HOST. Without --by-mail you get a link.", CONFLICT
            )
        invitation_id = await house.db.write(invite, who, new, by_mail=self.by_mail)
        link = {} if self.by_mail else {"url": house.url(f"/invitation/{await house.db.write(invitation_link, who, invitation_id)}")}
        return {"id": str(invitation_id)} | told | link


class WithdrawInvitation(Deed, frozen=True, tag="agent withdraw"):
    """Somebody is invited no more."""

    email: str
    workspace: str = ""

    async def carry_out(self, house: House) -> None:
        who = system((await house.workspace(self.workspace)).id)
        found = [one for one in await house.db.read(list_invitations, who) if one.email == normal_address(self.email)]
        if not found:
            raise Stopped(f"Nobody is invited as {self.email}. `sluss agent list` shows everybody.", NOT_FOUND)
        for one in found:
            await house.db.write(withdraw_invitation, who, one.id)


class AllowPasswords(Deed, frozen=True, tag="agent passwords"):
    """The way back in when the identity provider is gone: passwords work again."""

    workspace: str = ""

    async def carry_out(self, house: House) -> bool:
        who = system((await house.workspace(self.workspace)).id)
        return await house.db.write(allow_passwords, who)


class ListAgents(Deed, frozen=True, tag="agent list"):
    """Everybody on the staff."""

    workspace: str = ""

    async def carry_out(self, house: House) -> list[dict[str, Any]]:
        who = system((await house.workspace(self.workspace)).id)
        names = {team.id: team.name for team in await house.db.read(list_teams, who)}
        invited = [_shown_invitation(one, names) for one in await house.db.read(list_invitations, who)]
        return [*(_shown(one, names) for one in await house.db.read(list_agents, who)), *invited]


class ResetAgent(Deed, frozen=True, tag="agent reset"):
    """A new password, or a link to set one."""

    email: str
    password: str = ""
    workspace: str = ""

    async def carry_out(self, house: House) -> dict[str, Any]:
        who = system((await house.workspace(self.workspace)).id)
        agent = await house.db.read(agent_at, who, self.email)
        if not self.password:
            return {"url": house.url(f"/password/{await house.db.write(reset_password, who, agent.id)}")}
        await house.db.write(set_password, who, agent.id, await _hashed(self.password, self.email))
        return {}


class ResetFactors(Deed, frozen=True, tag="agent reset-factors"):
    """Take the second steps of somebody who lost theirs away."""

    email: str
    workspace: str = ""

    async def carry_out(self, house: House) -> None:
        who = system((await house.workspace(self.workspace)).id)
        await house.db.write(reset_factors, who, (await house.db.read(agent_at, who, self.email)).id)


class DisableAgent(Deed, frozen=True, tag="agent disable"):
    """Shut somebody out at once."""

    email: str
    workspace: str = ""

    async def carry_out(self, house: House) -> None:
        who = system((await house.workspace(self.workspace)).id)
        await house.db.write(disable_agent, who, (await house.db.read(agent_at, who, self.email)).id)


class EnableAgent(Deed, frozen=True, tag="agent enable"):
    """Let somebody in again."""

    email: str
    workspace: str = ""

    async def carry_out(self, house: House) -> None:
        who = system((await house.workspace(self.workspace)).id)
        await house.db.write(enable_agent, who, (await house.db.read(agent_at, who, self.email)).id)


class AgentKeys(Deed, frozen=True, tag="agent keys"):
    """The keys somebody has chosen; with `load` these take their place."""

    email: str
    load: dict[str, str] | None = None
    workspace: str = ""

    async def carry_out(self, house: House) -> dict[str, str]:
        who = system((await house.workspace(self.workspace)).id)
        agent = await house.db.read(agent_at, who, self.email)
        if self.load is not None:
            await house.db.write(load_keys, who, agent.id, self.load)
        return await house.db.read(own_keys, who, agent.id)


DEEDS: dict[str, tuple[Any, str]] = {
    "disable": (DisableAgent, "is shut out."),
    "enable": (EnableAgent, "is let in again."),
    "reset-factors": (ResetFactors, "signs in with the password alone now, and can set up new second steps."),
}


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what `agent` takes."""
    parser.description = "The people who work with Sluss."
    verbs = parser.add_subparsers(dest="verb", metavar="add | list | reset | disable | enable | withdraw | keys | passwords", required=True)
    add = verbs.add_parser("add", help="somebody new; without a password they are invited")
    add.add_argument("email", nargs="?", help="their mail address, which they sign in with")
    add.add_argument("--name", help="their full name")
    add.add_argument("--role", choices=ROLES, default="agent", help="what they may do (default: agent)")
    add.add_argument("--language", choices=tuple(LOCALES), default="en", help="of their screens (default: en)")
    add.add_argument("--team", action="append", default=[], help="a team they belong to; may be repeated")
    add.add_argument("--by-mail", action="store_true", help="write them a letter, instead of a link for you to hand over")
    verbs.add_parser("list", help="everybody")
    reset = verbs.add_parser("reset", help="a new password, or a link to set one")
    reset.add_argument("email")
    for one in (add, reset):
        how = one.add_mutually_exclusive_group()
        how.add_argument("--password-file", metavar="FILE", help="a file that holds the password; - reads standard input")
        how.add_argument("--ask-password", action="store_true", help="ask for the password here")
    verbs.add_parser("reset-factors", help="remove the second steps of somebody who lost theirs").add_argument("email")
    verbs.add_parser("disable", help="shut somebody out at once").add_argument("email")
    verbs.add_parser("enable", help="let somebody in again").add_argument("email")
    verbs.add_parser("withdraw", help="take an invitation back").add_argument("email")
    keys = verbs.add_parser("keys", help="the keys somebody has chosen, as JSON")
    keys.add_argument("email")
    keys.add_argument("--load", metavar="FILE", help="take the keys of such a file instead; - reads standard input, {} is the usual ones")
    passwords = verbs.add_parser("passwords", help="let passwords in again where only the identity provider was")
    passwords.add_argument("switch", choices=("on",))
    for one in verbs.choices.values():
        one.add_argument("--workspace", default="", help="the company, where there are several")


def run(asked: argparse.Namespace, terminal: Terminal) -> int:
    """Carry out what was asked about agents."""
    config = settings_of(asked)
    if asked.verb == "list":
        rows = carry_out(config, ListAgents(workspace=asked.workspace))
        terminal.give_rows(rows, ("name", "email", "role", "teams", "state"))
    elif asked.verb in {"add", "reset"}:
        _with_password(config, asked, terminal)
    elif asked.verb == "keys":
        load = read_keys_file(asked.load) if asked.load else None
        chosen = carry_out(config, AgentKeys(email=asked.email, load=load, workspace=asked.workspace))
        terminal.give(chosen, msgspec.json.format(msgspec.json.encode(chosen)).decode())
    elif asked.verb == "passwords":
        changed = carry_out(config, AllowPasswords(workspace=asked.workspace))
        terminal.say("Passwords let people in again." if changed else "Passwords let people in already.")
    elif asked.verb == "withdraw":
        carry_out(config, WithdrawInvitation(email=asked.email, workspace=asked.workspace))
        terminal.say(f"{asked.email} is invited no more.")
    else:
        deed, said = DEEDS[asked.verb]
        carry_out(config, deed(email=asked.email, workspace=asked.workspace))
        terminal.say(f"{asked.email} {said}")
    return OK


def agent_at(tx: Tx, who: Actor, email: str) -> AgentRow:
    """The agent of an address. Raises `Stopped`."""
    found = [one for one in list_agents(tx, who) if one.email == normal_address(email)]
    if not found:
        raise Stopped(f"There is no agent {email}. `sluss agent list` shows everybody.", NOT_FOUND)
    return found[0]


def teams_named(tx: Tx, who: Actor, names: tuple[str, ...]) -> tuple[int, ...]:
    """Ids of teams by their names. Raises `Stopped` for one that is not there."""
    known = {team.name.casefold(): team.id for team in list_teams(tx, who)}
    missing = [name for name in names if name.casefold() not in known]
    if missing:
        raise Stopped(f"There is no team {missing[0]}. There are: {', '.join(sorted(known)) or 'none yet'}.", NOT_FOUND)
    return tuple(known[name.casefold()] for name in names)


def read_password(asked: argparse.Namespace, terminal: Terminal) -> str:
    """The password as it was offered, or an empty string when none was."""
    if asked.password_file == "-":  # noqa: S105 - a file name
        return sys.stdin.readline().rstrip("\r\n")
    if asked.password_file:
        try:
            return Path(asked.password_file).read_text(encoding="utf-8").splitlines()[0]
        except (OSError, UnicodeDecodeError, IndexError) as error:
            raise Stopped(f"No password can be read from {asked.password_file}: {error}.", USAGE) from error
    return terminal.ask_secret("Password", "--password-file") if asked.ask_password else ""


def read_secret(name: str) -> str:
    """The first line of a file that holds a secret; `-` reads one from standard input."""
    try:
        return (sys.stdin.readline() if name == "-" else Path(name).read_text(encoding="utf-8")).split("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Stopped(f"No secret can be read from {name}: {error}.", USAGE) from error


def read_keys_file(name: str) -> dict[str, str]:
    """Keys by action, as the command gave them."""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
        return msgspec.json.decode(text, type=dict[str, str])
    except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise Stopped(f"No keys can be read from {name}: {error}.", USAGE) from error


def _with_password(config: Config, asked: argparse.Namespace, terminal: Terminal) -> None:
    email = asked.email or terminal.ask("Mail address", "ADDRESS (the word after `add`)")
    password = read_password(asked, terminal)
    if asked.verb == "reset":
        made = carry_out(config, ResetAgent(email=email, password=password, workspace=asked.workspace))
    else:
        name = asked.name or terminal.ask("Full name", "--name")
        chosen: dict[str, Any] = {"role": asked.role, "language": asked.language, "teams": tuple(asked.team), "workspace": asked.workspace}
        made = carry_out(config, AddAgent(name=name, email=email, password=password, by_mail=asked.by_mail, **chosen))
    _show(email, made, terminal, invited=asked.verb == "add" and not password)


def _show(email: str, made: dict[str, Any], terminal: Terminal, *, invited: bool) -> None:
    terminal.give(made, made.get("url", ""))
    if "url" in made:
        terminal.say(f"Give {email} this link to choose a password; it is good once, for {HOURS} hours.")
    elif invited:
        terminal.say(f"A letter to {email} is on its way. `sluss agent withdraw {email}` takes the invitation back.")
    else:
        terminal.say(f"{email} can sign in with that password.")


def _shown(one: AgentRow, teams: dict[int, str]) -> dict[str, Any]:
    state = "disabled" if one.disabled else "invited" if one.invited else "active"
    shown = {"id": str(one.id), "name": one.name, "email": one.email, "role": one.role, "language": one.language}
    return shown | {"teams": [teams[team_id] for team_id in one.team_ids], "state": state}


def _shown_invitation(one: Invitation, teams: dict[int, str]) -> dict[str, Any]:
    shown = {"id": str(one.id), "name": one.name, "email": one.email, "role": one.role, "language": one.language}
    return shown | {"teams": [teams[team_id] for team_id in one.team_ids if team_id in teams], "state": "invited"}


async def _hashed(password: str, email: str) -> str:
    if not password:
        return ""
    fault = fault_of(password, email)
    if fault:
        raise Invalid({"password": fault})
    return await hash_password(password)
