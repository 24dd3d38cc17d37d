"""A whole Sluss for the browser tests, in a process of its own. In: a setting as JSON. Out: one JSON line when it is ready, then it serves.

With `consent_port` Google and Microsoft have a double there, and its tokens open `bokning@norrsken.example` at the mail double.
With `staff` the workspace Norrsken Air is made at the first start: Ewa Nowak (admin), Maja Ek (lead) and Johan Falk (agent) of the team
Stockholm. With `inbox` the team has Kundtjänst, whose mail comes by LMTP and leaves to a double that takes everything. With `chat_on`,
the web sites that show it, the team has a chat, too, which goes on by the mail of Kundtjänst. With `graph_port` it has a Facebook Page,
whose Meta is a double there.
"""

from __future__ import annotations

import asyncio
import json
import sys
from functools import partial
from typing import Any

import msgspec

from sluss.channels.email.channel import EmailChannel
from sluss.channels.facebook.channel import FacebookChannel
from sluss.channels.inboxes import InboxFields, change_inbox, create_inbox, list_inboxes, teams_of
from sluss.channels.registry import use_channel
from sluss.config import load
from sluss.kernel.actors import system
from sluss.kernel.clock import SECOND
from sluss.kernel.log import configure
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import NewWorkspace, all_workspaces, create_workspace
from sluss.people.actions import NewAgent, create_agent
from sluss.people.teams import create_team
from sluss.replies import sluice
from sluss.sandbox.graph.server import APP_ID, APP_SECRET, TOKEN, VERIFY
from sluss.sandbox.mail.servers import MailWorld
from sluss.sandbox.oauth.server import ConsentServer
from sluss.serving import Host, Work, open_host, serve
from sluss.visitor import continuing
from tests.world import PASSWORD_HASH

ADDRESS = "help@norrsken.example"
BOOKING = "bokning@norrsken.example"
CHAT = "chat-norrsken00000001"
PAGE = "104512345678901"
IDENTITY_KEY = "an-identity-key-of-the-browser-tests-0123456789"
CLIENT = ("4711-sluss.apps.googleusercontent.com", "hemligt-ord-1")
CUSTOMERS = ("asa", "lukasz", "malgorzata")
STAFF = {"ewa": ("Ewa Nowak", "admin"), "maja": ("Maja Ek", "lead"), "johan": ("Johan Falk", "agent")}


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """How one server runs."""

    data: str
    port: int
    lmtp_port: int
    database_url: str = ""
    staff: bool = True
    inbox: bool = True
    chat_on: tuple[str, ...] = ()
    undo_seconds: int = 10
    follow_seconds: int = 180
    consent_port: int = 0
    imap_port: int = 0
    smtp_port: int = 0
    graph_port: int = 0


def main() -> None:
    setting = msgspec.json.decode(sys.argv[1], type=Setting)
    configure("warning", "console")
    EmailChannel.capabilities = msgspec.structs.replace(EmailChannel.capabilities, undo_seconds=setting.undo_seconds)
    facebook = FacebookChannel(allow_private=True)
    facebook.public_capabilities = msgspec.structs.replace(facebook.public_capabilities, undo_seconds=setting.undo_seconds)
    use_channel(facebook)
    sluice.SECONDS = setting.undo_seconds
    continuing.WAIT = setting.follow_seconds * SECOND
    given = {"data": setting.data, "database_url": setting.database_url, "port": setting.port, "lease_seconds": 3}
    given |= {"oauth_stand_in": f"http://127.0.0.1:{setting.consent_port}" if setting.consent_port else ""}
    config = load(given | {"lmtp_listen": f"127.0.0.1:{setting.lmtp_port}"}, environ={})
    with open_host(config) as host:
        asyncio.run(serve(host, extra=partial(_beside, setting)))


async def _beside(setting: Setting, host: Host, work: Work) -> None:
    world = MailWorld()
    for name in CUSTOMERS:
        world.add(f"{name}@customer.example")
    await world.start(imap_port=setting.imap_port, smtp_port=setting.smtp_port)
    if setting.consent_port:
        await _double_providers(setting, world)
    if setting.staff:
        await host.db.write(_found, host, world.smtp_port, setting)
    while "lmtp" not in work.ports:  # noqa: ASYNC110 - a start, not a loop of the product
        await asyncio.sleep(0)
    sys.stdout.write(json.dumps({"ready": True}) + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


async def _double_providers(setting: Setting, world: MailWorld) -> None:
    double = ConsentServer()
    double.register("google", CLIENT[0], CLIENT[1], f"http://127.0.0.1:{setting.port}/settings/mail-sign-in/back")
    await double.start(port=setting.consent_port)
    world.add(BOOKING)
    world.accepts_token = double.accepts


def _found(tx: Tx, host: Host, smtp_port: int, setting: Setting) -> None:
    known = all_workspaces(tx)
    if not known:
        _make(tx, host, smtp_port, setting)
        return
    who = system(known[0].id)
    for inbox in list_inboxes(tx, who):
        if inbox.address == ADDRESS:
            change_inbox(tx, who, host.sealer, inbox.id, _inbox(smtp_port, teams_of(tx, who, inbox.id)))


def _make(tx: Tx, host: Host, smtp_port: int, setting: Setting) -> None:
    who = system(create_workspace(tx, NewWorkspace("Norrsken Air", language="en", time_zone="Europe/Stockholm")))
    team_id = create_team(tx, who, "Stockholm")
    for key, (name, role) in STAFF.items():
        new: Any = NewAgent(name=name, email=f"{key}@norrsken.example", role=role, language="en", team_ids=(team_id,))
        create_agent(tx, who, new, PASSWORD_HASH)
    mail_inbox_id = create_inbox(tx, who, host.sealer, "email", _inbox(smtp_port, (team_id,))) if setting.inbox else 0
    if setting.chat_on:
        create_inbox(tx, who, host.sealer, "webchat", _chat(setting.chat_on, mail_inbox_id, (team_id,)))
    if setting.graph_port:
        create_inbox(tx, who, host.sealer, "facebook", _page(setting.graph_port, (team_id,)))


def _inbox(smtp_port: int, team_ids: tuple[int, ...]) -> InboxFields:
    settings: dict[str, Any] = {"way_in": "listener", "smtp_host": "127.0.0.1", "smtp_port": smtp_port, "smtp_security": "plain"}
    return InboxFields(name="Kundtjänst", address=ADDRESS, settings=settings, secrets={}, team_ids=team_ids)


def _page(port: int, team_ids: tuple[int, ...]) -> InboxFields:
    settings: dict[str, Any] = {"page_id": PAGE, "app_id": APP_ID, "handle": "Norrsken Air", "api": f"http://127.0.0.1:{port}"}
    secrets = {"token": TOKEN, "app_secret": APP_SECRET, "verify_token": VERIFY}
    return InboxFields(name="Facebook", address=f"facebook-{PAGE}", settings=settings, secrets=secrets, team_ids=team_ids)


def _chat(sites: tuple[str, ...], mail_inbox_id: int, team_ids: tuple[int, ...]) -> InboxFields:
    settings: dict[str, Any] = {"origins": sites, "mail_inbox_id": mail_inbox_id, "preview": True, "identify": "optional"}
    return InboxFields(name="Webbchatt", address=CHAT, settings=settings, secrets={"identity_key": IDENTITY_KEY}, team_ids=team_ids)


if __name__ == "__main__":
    main()
