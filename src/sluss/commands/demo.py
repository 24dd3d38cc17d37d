"""`sluss demo`: a living company to try things in, with customers who write by themselves; or with --empty the first set-up."""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import secrets
from functools import partial
from urllib.parse import urlsplit

import msgspec

from sluss.channels.email.channel import EmailChannel
from sluss.channels.registry import new_channel, use_channel
from sluss.commands.house import House, settings_of
from sluss.commands.outcome import CONFLICT, OK, Stopped
from sluss.commands.serve import Beside, serve_until_stopped
from sluss.commands.setup_link import make_setup_link, setup_path
from sluss.commands.terminal import Terminal
from sluss.config import Config
from sluss.kernel.db import Database, open_database
from sluss.kernel.folder import DataFolder, FolderTaken
from sluss.kernel.workspaces import all_workspaces
from sluss.migrations import bring_up_to_date
from sluss.people.setup import is_set_up
from sluss.sandbox.cards.server import CardServer
from sluss.sandbox.customers.bookings import bookings_of, connect_bookings
from sluss.sandbox.customers.company import NAME, PASSWORD, STAFF, Company, Servers, connect_servers, is_staff, known_company
from sluss.sandbox.customers.founding import FolderInUse, found_demo
from sluss.sandbox.customers.life import Life
from sluss.sandbox.customers.mails import read_link
from sluss.sandbox.customers.memory import Memory, keep_memory, load_memory
from sluss.sandbox.customers.scripts import load_scripts
from sluss.sandbox.customers.world import open_world
from sluss.sandbox.mail.servers import MailWorld
from sluss.sandbox.mail.world import StoredMail
from sluss.sandbox.rivers.connecting import connect_accounts
from sluss.sandbox.rivers.river import NETWORKS, River
from sluss.sandbox.site.doors import Door, open_door
from sluss.sandbox.site.server import ChatOf, Site
from sluss.sandbox.visitors.connecting import connect_chat
from sluss.sandbox.visitors.life import VisitorsLife, Web
from sluss.sandbox.visitors.stories import load_stories
from sluss.sandbox.visitors.talking import Luck
from sluss.sandbox.visitors.talks import load_talks

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what `demo` takes."""
    parser.description = f"Run {NAME}, a made-up airline: agents, inboxes, and customers who write in Swedish, Polish and English."
    parser.add_argument("--port", metavar="N", type=int, help="port of the web server, 0 for a free one (default: 8000)")
    parser.add_argument("--site-port", metavar="N", type=int, help="port of the airline's web site (default: that of last time, or any)")
    parser.add_argument("--empty", action="store_true", help="no demo: an empty Sluss and the link for its first set-up")
    parser.add_argument("--seed", metavar="N", type=int, help="other people and stories; the same number tells the same ones")


def run(asked: argparse.Namespace, terminal: Terminal) -> int:
    """Run the demo, or an empty Sluss."""
    config = _quieter(settings_of(asked, port=asked.port))
    try:
        if asked.empty:
            _run_empty(config, terminal)
        else:
            _run_demo(config, asked, terminal)
    except FolderTaken as error:
        raise Stopped(str(error), CONFLICT) from error
    return OK


def _quieter(config: Config) -> Config:
    """Without a line for every page, unless somebody wants to see them."""
    return msgspec.structs.replace(config, log_level="warning") if "SLUSS_LOG_LEVEL" not in os.environ else config


def _run_empty(config: Config, terminal: Terminal) -> None:
    link = _empty_link(config)

    def ready(address: str) -> None:
        base = config.base_url or address
        terminal.say(f"Sluss is ready. Open within 15 minutes, it works once:\n\n  {base}{link}\n" if link else f"Sluss is ready: {base}")
        terminal.say("Ctrl-C stops it.")

    serve_until_stopped(config, ready)


def _empty_link(config: Config) -> str:
    """A link for the first set-up; empty where somebody can sign in already."""
    folder = DataFolder(config.folder)
    folder.claim()
    db = open_database(config.database)
    try:
        db.with_connection(bring_up_to_date)
        _refuse_demo(folder, db)
        return "" if db.read_now(is_set_up) else setup_path(db.write_now(make_setup_link))
    finally:
        db.close()
        folder.let_go()


def _refuse_demo(folder: DataFolder, db: Database) -> None:
    if any(one.demo for one in db.read_now(all_workspaces)):
        raise Stopped(f"{folder.path} holds the demo. Choose another folder with --data for an empty Sluss.", CONFLICT)


def _run_demo(config: Config, asked: argparse.Namespace, terminal: Terminal) -> None:
    memory = load_memory(config.folder) or _found(config, asked.seed, terminal)
    use_channel(EmailChannel(allow_private=True))
    for name in NETWORKS:
        use_channel(new_channel(name, allow_private=True))
    wanted = _wanted_door(config, asked.site_port)
    doors: list[Door] = [wanted] if wanted else []

    def ready(address: str) -> None:
        if not doors:
            doors.append(_some_door(config, urlsplit(address).port or 80))
        _welcome(terminal, config.base_url or address, memory, doors[0].url)

    serve_until_stopped(config, ready, _customers(memory, terminal, doors))


def _wanted_door(config: Config, port: int | None) -> Door | None:
    """That of a port which was asked for; then no other will do."""
    if not port:
        return None
    try:
        return open_door(config.host, port)
    except OSError as error:
        raise Stopped(f"Nobody can listen on port {port}: {error.strerror}. Choose another one with --site-port.", CONFLICT) from error


def _some_door(config: Config, own_port: int) -> Door:
    """The port of last time, or the one beside Sluss's own, or any."""
    try:
        return open_door(config.host, load_talks(config.folder).site_port or own_port % 65_535 + 1)
    except OSError:
        return open_door(config.host, 0)


def _found(config: Config, seed: int | None, terminal: Terminal) -> Memory:
    terminal.say(f"Founding {NAME} in {config.folder} …")
    password = PASSWORD if config.host in LOOPBACK else f"{PASSWORD}-{secrets.token_hex(4)}"
    try:
        return found_demo(config, random.randrange(1, 1 << 30) if seed is None else seed, password)  # noqa: S311 - stories, not secrets
    except FolderInUse as error:
        sentence = (
            f"{config.folder} holds a company already. Start it with `sluss serve`, or choose another folder for the demo with --data."
        )
        raise Stopped(sentence, CONFLICT) from error


def _customers(memory: Memory, terminal: Terminal, doors: list[Door]) -> Beside:
    """The outside world, beside the server."""

    async def live(house: House) -> None:
        world, bookings = await open_world(memory.servers), CardServer(find=bookings_of)
        memory.servers = Servers(world.imap_port, world.smtp_port)
        try:
            company = await house.db.read(known_company, memory.workspace_id)
            await house.db.write(connect_servers, house.sealer, company, memory.servers)
            await bookings.start()
            await house.db.write(connect_bookings, house.sealer, company.who, bookings.url)
            keep_memory(house.folder.path, memory)
            world.on_delivery(partial(_tell_letter, terminal))
            async with asyncio.TaskGroup() as lives:
                lives.create_task(Life(world, load_scripts(), memory, house.db.clock).live(house.folder.path))
                lives.create_task(_visit(house, company, world, doors))
                lives.create_task(_flow(house, company))
        finally:
            await bookings.stop()
            await world.stop()

    return live


async def _visit(house: House, company: Company, world: MailWorld, doors: list[Door]) -> None:
    """The web site with the chat on it, and its visitors. The door is open when the server is."""
    while not doors:  # noqa: ASYNC110 - a start, not a loop of the product
        await asyncio.sleep(0.05)
    memory, door = load_talks(house.folder.path), doors[0]
    memory.site_port = door.port
    chat = await house.db.write(connect_chat, house.sealer, company, door.origins)
    site = Site(ChatOf(house.config.base_url or f":{urlsplit(house.address).port or 80}", chat.key, chat.identity_key))
    await site.start(door.socket)
    web = Web(house.address, chat, door.url)
    life = VisitorsLife(web, load_stories(), memory, house.db.clock, Luck(house.db.clock()))
    world.on_delivery(partial(life.read_mail, world))
    try:
        await life.live(house.folder.path)
    finally:
        await site.stop()


async def _flow(house: House, company: Company) -> None:
    """The networks, and who lives on them."""
    river = River(house.db.clock)
    await river.start()
    try:
        connected = await house.db.write(connect_accounts, house.sealer, company, river.accounts)
        river.connect({name: f"{house.address}/hooks/{company.workspace_id}/{inbox_id}" for name, inbox_id in connected.items()})
        await river.live()
    finally:
        await river.stop()


def _tell_letter(terminal: Terminal, address: str, mail: StoredMail) -> None:
    """What Sluss writes to the staff, whose mailboxes nobody can open here: the link in it is told."""
    if is_staff(address) and (link := read_link(mail.raw)):
        terminal.tell(f"A letter to {address}:  {link}")


def _welcome(terminal: Terminal, address: str, memory: Memory, site: str) -> None:
    staff = [{"name": one.name, "role": one.role, "email": one.email, "password": memory.password} for one in STAFF]
    if terminal.as_json:
        terminal.give({"url": address, "site": site, "agents": staff})
        return
    worth = [f"  {address}/c/{number}  {what}" for what, number in memory.sights.items()]
    lines = [f"  {one['role']:<6}  {one['email']:<24}  {one['name']}" for one in staff]
    open_at = [f"\n{NAME} is open:  {address}", f"Its web site, with a chat:  {site}\n"]
    terminal.tell("\n".join([*open_at, f"Sign in as (password for all: {memory.password})", *lines, ""]))
    if worth:
        terminal.tell("\n".join(["Worth a look:", *worth, ""]))
    terminal.tell("Customers write every few seconds and react to your answers. Ctrl-C stops; the next start goes on from here.")
