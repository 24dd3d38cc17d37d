"""`sluss inbox`: connected accounts. `test` tries every way in and out for real, with a mail from the mailbox to itself."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

import msgspec

from sluss.channels.hosting import at_home
from sluss.channels.inboxes import Inbox, InboxFields, access_inbox, connection_of, found_inbox, list_inboxes, pause_inbox, resume_inbox
from sluss.channels.looking import PASTED, hook_way, look_at
from sluss.channels.oauth.access import TokenSource
from sluss.channels.oauth.grants import Grant, list_grants
from sluss.channels.registry import DeclaredForm, channel_named, channel_names, declared_form, form_of, placed_form
from sluss.channels.trials import joined
from sluss.commands.agents import read_password, read_secret, teams_named
from sluss.commands.house import Deed, House, carry_out, settings_of
from sluss.commands.outcome import FAILED, NOT_FOUND, OK, USAGE, Stopped
from sluss.commands.terminal import Terminal
from sluss.config import Config
from sluss.kernel.actors import Actor, system
from sluss.kernel.tx import Tx


class AddInbox(Deed, frozen=True, tag="inbox add"):
    """Connect an account."""

    name: str
    address: str = ""
    channel: str = "email"
    settings: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    secrets: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    teams: tuple[str, ...] = ()
    workspace: str = ""

    async def carry_out(self, house: House) -> dict[str, Any]:
        who = system((await house.workspace(self.workspace)).id)
        team_ids = await house.db.read(teams_named, who, self.teams)
        settings = await house.db.read(_with_onward, who, form_of(self.channel).read_words(self.settings))
        fields = InboxFields(name=self.name, address=self.address, settings=settings, secrets=self.secrets, team_ids=team_ids)
        inbox_id = await house.db.write(found_inbox, who, house.sealer, self.channel, fields)
        found = await house.db.read(access_inbox, who, inbox_id)
        made = {"id": str(inbox_id), "address": found.address, **_pasted(house, found)}
        by_consent = self.settings.get("auth", "password") != "password"
        made |= {"hook": await house.db.read(_hook_lines, who, house, found)} if declared_form(self.channel) else {}
        return made | ({"connect": house.url(f"/settings/inboxes/{inbox_id}")} if by_consent else {})


class ListInboxes(Deed, frozen=True, tag="inbox list"):
    """Every connected account."""

    workspace: str = ""

    async def carry_out(self, house: House) -> list[dict[str, Any]]:
        who = system((await house.workspace(self.workspace)).id)
        given = await house.db.read(list_grants, who)
        return [_shown(house, one, given.get(one.id)) for one in await house.db.read(list_inboxes, who)]


class TestInbox(Deed, frozen=True, tag="inbox test"):
    """Try an account, in and out."""

    __test__ = False

    inbox: str
    workspace: str = ""

    async def carry_out(self, house: House) -> list[dict[str, Any]]:
        who = system((await house.workspace(self.workspace)).id)
        found = await house.db.read(inbox_named, who, self.inbox)
        connection = await house.db.read(connection_of, who, found.id, house.sealer)
        tokens = TokenSource(house.db, house.sealer, house.config)
        checks = await channel_named(found.channel).test(at_home(tokens.attach(connection), house.config.base_url))
        seen = await house.db.read(look_at, who, found, house.url(""))
        return [msgspec.to_builtins(check) for check in joined(checks, seen)]


class ShowSnippet(Deed, frozen=True, tag="inbox snippet"):
    """What goes into the pages of a web site."""

    inbox: str
    workspace: str = ""

    async def carry_out(self, house: House) -> dict[str, str]:
        who = system((await house.workspace(self.workspace)).id)
        found = await house.db.read(inbox_named, who, self.inbox)
        texts = _pasted(house, found)
        if not texts:
            raise Stopped(f"{found.name} is put into no web site: only chats are.", USAGE)
        return {"address": found.address, **texts}


class PauseInbox(Deed, frozen=True, tag="inbox pause"):
    """Neither receive nor send."""

    inbox: str
    workspace: str = ""

    async def carry_out(self, house: House) -> None:
        who = system((await house.workspace(self.workspace)).id)
        await house.db.write(pause_inbox, who, (await house.db.read(inbox_named, who, self.inbox)).id)


class ResumeInbox(Deed, frozen=True, tag="inbox resume"):
    """Receive and send again."""

    inbox: str
    workspace: str = ""

    async def carry_out(self, house: House) -> None:
        who = system((await house.workspace(self.workspace)).id)
        await house.db.write(resume_inbox, who, (await house.db.read(inbox_named, who, self.inbox)).id)


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what `inbox` takes."""
    parser.description = "Accounts that customers write to."
    verbs = parser.add_subparsers(dest="verb", metavar="add | list | test | snippet | pause | resume", required=True)
    add = verbs.add_parser("add", help="connect one", epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    add.add_argument("address", nargs="?", help="the address that customers write to; or webchat, facebook, telegram, …")
    add.add_argument("--channel", choices=channel_names(), default="email", help="the network (default: email)")
    add.add_argument("--name", help="what the desk calls it (default: the address)")
    add.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the account; may be repeated")
    add.add_argument("--secret", action="append", default=[], metavar="NAME=FILE", help="a token of a network, in a file; - reads a line")
    add.add_argument("--site", action="append", default=[], metavar="URL", help="a web site that may show a chat; may be repeated")
    add.add_argument("--team", action="append", default=[], help="a team that handles it; may be repeated")
    add.add_argument("--password-file", metavar="FILE", help="a file that holds the password; - reads standard input")
    add.add_argument("--no-test", action="store_true", help="do not try it right away")
    verbs.add_parser("list", help="all of them")
    for verb, words in _VERBS.items():
        verbs.add_parser(verb, help=words).add_argument("inbox", help="its address or name, of a chat its key")
    for one in verbs.choices.values():
        one.add_argument("--workspace", default="", help="the company, where there are several")


_VERBS = {
    "test": "try every way in and out",
    "snippet": "the line that goes into the pages of a web site",
    "pause": "neither receive nor send",
    "resume": "receive and send again",
}
_EPILOG = """\
Examples:
  sluss inbox add support@example.com --name Support --set imap_host=imap.example.com \\
    --set smtp_host=smtp.example.com --set user=support@example.com --password-file -
  sluss inbox add support@example.com --set auth=google    (or microsoft; then connect it on its page)
  sluss inbox add webchat --name Site --site https://www.example.com --set "hours=mon-fri 08:00-17:00"
  sluss inbox add facebook --name Page --set page_id=1045123 --set app_id=9988 --secret token=page.txt --secret app_secret=app.txt
  sluss inbox add telegram --secret token=bot.txt      (instagram, whatsapp, x and mastodon likewise)\
"""


def run(asked: argparse.Namespace, terminal: Terminal) -> int:
    """Carry out what was asked about inboxes."""
    config = settings_of(asked)
    if asked.verb == "list":
        rows = carry_out(config, ListInboxes(workspace=asked.workspace))
        terminal.give_rows(rows, ("name", "address", "channel", "state", "sign_in", "detail"))
        return OK
    if asked.verb == "add":
        return _add(config, asked, terminal)
    if asked.verb == "snippet":
        _show_snippet(carry_out(config, ShowSnippet(inbox=asked.inbox, workspace=asked.workspace)), terminal)
        return OK
    if asked.verb == "test":
        return _test(config, asked.inbox, asked.workspace, terminal)
    deed = PauseInbox if asked.verb == "pause" else ResumeInbox
    carry_out(config, deed(inbox=asked.inbox, workspace=asked.workspace))
    terminal.say(f"{asked.inbox} is {'paused' if asked.verb == 'pause' else 'at work again'}.")
    return OK


def inbox_named(tx: Tx, who: Actor, name: str) -> Inbox:
    """The inbox of an address or a name. Raises `Stopped`."""
    wanted = name.strip().casefold()
    found = [one for one in list_inboxes(tx, who) if wanted in {one.address, one.name.casefold()}]
    if not found:
        raise Stopped(f"There is no inbox {name}. `sluss inbox list` shows them all.", NOT_FOUND)
    return found[0]


def _add(config: Config, asked: argparse.Namespace, terminal: Terminal) -> int:
    channel = asked.address if asked.address in channel_names() else asked.channel
    if placed_form(channel) is not None:
        return _place(config, channel, asked, terminal)
    if (form := declared_form(channel)) is not None:
        return _connect(config, (channel, form), asked, terminal)
    if asked.secret:
        raise Stopped("--secret is for networks; the password of a mailbox comes with --password-file.", USAGE)
    if asked.site:
        raise Stopped("--site is for chats: sluss inbox add webchat --site https://www.example.com", USAGE)
    address = asked.address or terminal.ask("Address that customers write to", "ADDRESS (the word after `add`)")
    settings = _settings(asked, address, terminal)
    asked.ask_password = terminal.asks and settings.get("auth", "password") == "password"
    password = read_password(asked, terminal)
    secrets = {"password": password} if password else {}
    new: dict[str, Any] = {
        "name": asked.name or address,
        "address": address,
        "channel": asked.channel,
        "teams": tuple(asked.team),
        "workspace": asked.workspace,
    }
    made = carry_out(config, AddInbox(settings=settings, secrets=secrets, **new))
    terminal.give(made, made["address"])
    if made.get("connect"):
        terminal.say(f"Saved. To connect it, sign in as an administrator and open {made['connect']}")
        return OK
    if asked.no_test:
        terminal.say(f"Connected. Try it: sluss inbox test {made['address']}")
        return OK
    return _test(config, made["address"], asked.workspace, terminal)


def _place(config: Config, channel: str, asked: argparse.Namespace, terminal: Terminal) -> int:
    """An inbox that a web site shows: nobody's account, so nothing to sign in to."""
    settings = _words(asked)
    sites = asked.site or ([] if settings.get("origins") else [terminal.ask("Web site that shows it", "--site https://www.example.com")])
    settings["origins"] = ",".join([*filter(None, [settings.get("origins", "")]), *sites])
    name = asked.name or channel_named(channel).capabilities.label
    deed = AddInbox(name=name, channel=channel, settings=settings, teams=tuple(asked.team), workspace=asked.workspace)
    made = carry_out(config, deed)
    _show_snippet(made, terminal)
    terminal.say(f"When it is there: sluss inbox test {made['address']}")
    return OK


def _connect(config: Config, network: tuple[str, DeclaredForm], asked: argparse.Namespace, terminal: Terminal) -> int:
    """An account of a network: what its form declares is given by words and files, or asked for."""
    channel, form = network
    settings, secrets = _words(asked), {name: read_secret(file) for name, file in _pairs(asked.secret, "--secret", "token=token.txt")}
    unknown = sorted(set(secrets) - {one.name for one in form.FIELDS if one.stored == "secret"})
    if unknown:
        names = ", ".join(one.name for one in form.FIELDS if one.stored == "secret")
        raise Stopped(f"{channel} has no secret {unknown[0]!r}. It has: {names}.", USAGE)
    for field in form.FIELDS:
        given = secrets if field.stored == "secret" else settings
        if field.required and not field.made and not given.get(field.name):
            flag = f"--secret {field.name}=FILE" if field.stored == "secret" else f"--set {field.name}=…"
            given[field.name] = (terminal.ask_secret if field.stored == "secret" else terminal.ask)(field.label, flag)
    name = asked.name or str(settings.get("handle") or channel_named(channel).capabilities.label)
    deed = AddInbox(name=name, channel=channel, settings=settings, secrets=secrets, teams=tuple(asked.team), workspace=asked.workspace)
    made = carry_out(config, deed)
    terminal.give(made, made["address"])
    for line in made.get("hook", ()):
        terminal.say(line)
    if asked.no_test:
        terminal.say(f"Connected. Try it: sluss inbox test {made['address']}")
        return OK
    return _test(config, made["address"], asked.workspace, terminal)


def _show_snippet(made: dict[str, str], terminal: Terminal) -> None:
    terminal.say("Put this line into every page that shall show the chat, best into its <head>:")
    terminal.give(made, made["snippet"])
    terminal.say(f"A site with a Content-Security-Policy adds: {made['policy']}")


def _words(asked: argparse.Namespace) -> dict[str, str]:
    return dict(_pairs(asked.set, "--set", "imap_host=imap.example.com"))


def _pairs(written: list[str], flag: str, example: str) -> Iterator[tuple[str, str]]:
    for pair in written:
        name, equals, value = pair.partition("=")
        if not equals:
            raise Stopped(f"{flag} takes NAME=VALUE, not {pair!r}, as in {flag} {example}.", USAGE)
        yield name.strip(), value.strip()


def _settings(asked: argparse.Namespace, address: str, terminal: Terminal) -> dict[str, Any]:
    """What was set by words, and for a person the three things that every mailbox needs."""
    settings: dict[str, Any] = {**_words(asked)}
    if terminal.asks and not settings:
        domain = address.rpartition("@")[2]
        settings["imap_host"] = terminal.ask("Incoming server (IMAP)", "--set imap_host=…", f"imap.{domain}")
        settings["smtp_host"] = terminal.ask("Outgoing server (SMTP)", "--set smtp_host=…", f"smtp.{domain}")
        settings["user"] = terminal.ask("User name", "--set user=…", address)
    return settings


def _test(config: Config, inbox: str, workspace: str, terminal: Terminal) -> int:
    terminal.say(f"Trying {inbox}; this takes up to half a minute.")
    checks: list[dict[str, str]] = carry_out(config, TestInbox(inbox=inbox, workspace=workspace))
    if terminal.as_json:
        terminal.give_rows(checks, ("name", "state", "detail", "fix"))
    for check in checks if not terminal.as_json else ():
        terminal.tell(f"{terminal.coloured(check['state'].ljust(4), check['state'])}  {check['name']}: {check['detail']}")
        if check["fix"]:
            terminal.tell(f"      -> {check['fix']}")
    return FAILED if any(check["state"] == "fail" for check in checks) else OK


def _pasted(house: House, inbox: Inbox) -> dict[str, str]:
    form = placed_form(inbox.channel)
    return form.paste(house.url(""), inbox.address) if form is not None else {}


def _hook_lines(tx: Tx, who: Actor, house: House, inbox: Inbox) -> list[str]:
    """What a person enters at the network, where Sluss does not tell it itself."""
    form, connection = declared_form(inbox.channel), connection_of(tx, who, inbox.id, house.sealer)
    hook = at_home(connection, house.config.base_url).hook
    if form is None or hook_way(inbox.channel) != PASTED:
        return []
    if not hook:
        return ["The network cannot post here: set SLUSS_BASE_URL to a public https address. Until then Sluss asks it again and again."]
    made = [f"{one.label}: {connection.secrets[one.name]}" for one in form.FIELDS if one.made and connection.secrets.get(one.name)]
    return [f"Enter this at the network as the webhook’s address: {hook}", *made]


def _with_onward(tx: Tx, who: Actor, settings: dict[str, Any]) -> dict[str, Any]:
    """The inboxes by which another goes on may be named as they are called."""
    named = {name: str(settings.get(name, "")) for name in ("mail_inbox_id", "private_mail_inbox_id", "private_chat_inbox_id")}
    return settings | {name: inbox_named(tx, who, said).id for name, said in named.items() if said and not said.isdecimal()}


def _shown(house: House, one: Inbox, grant: Grant | None) -> dict[str, Any]:
    state = "paused" if not one.enabled else "held back" if one.paused_reason else one.receiving
    shown = {"id": str(one.id), "name": one.name, "address": one.address, "channel": one.channel, "state": state}
    return shown | {
        "sign_in": _sign_in(house, one, grant),
        "detail": one.paused_reason or one.receiving_error,
        "last_received_at": one.last_received_at,
        "last_sent_at": one.last_sent_at,
    }


def _sign_in(house: House, one: Inbox, grant: Grant | None) -> str:
    """With what the inbox signs in, and where that is mended."""
    if placed_form(one.channel) is not None:
        return ""
    auth = one.settings.get("auth", "password")
    if auth == "password" or (grant is not None and grant.state == "good"):
        return str(auth)
    return f"{auth}, {'connect again' if grant else 'not connected yet'}: {house.url(f'/settings/inboxes/{one.id}')}"
