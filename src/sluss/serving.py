"""One process of Sluss: database, screens, and the loops behind them. In: settings. Out: a running server, until a signal ends it.

`role=web` serves screens, `role=worker` does the work behind them, `all` does both. What only one process may do is held by a lease.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import resource
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import partial
from typing import Any

import uvloop

from sluss.app import Server, make_app, make_server
from sluss.broadcast.publisher import Publisher
from sluss.channels.contract import Connection, Delivered
from sluss.channels.email.listener import ListenerOptions, MailListener
from sluss.channels.hosting import Hosting, at_home
from sluss.channels.inboxes import connection_of
from sluss.channels.oauth.access import TokenSource
from sluss.channels.oauth.providers import use_stand_in
from sluss.channels.postbox import Postbox
from sluss.channels.registry import channel_named, open_channels
from sluss.config import Config
from sluss.intake.admit import Reader, admit_forever
from sluss.intake.fetching import Fetcher
from sluss.intake.store import Reception
from sluss.kernel.actors import system
from sluss.kernel.clock import Clock, system_clock
from sluss.kernel.db import Database
from sluss.kernel.files import FileStore
from sluss.kernel.folder import DataFolder
from sluss.kernel.ids import IdMaker
from sluss.kernel.leases import Lease, acquire, claim_node, hold, release_all, watch_stuck
from sluss.kernel.log import get_log
from sluss.kernel.loops import place_forever, react_forever, tick_forever
from sluss.kernel.sealed import reseal_forever
from sluss.kernel.sealing import Sealer
from sluss.kernel.signals import Signals
from sluss.kernel.supervision import Supervisor
from sluss.migrations import bring_up_to_date
from sluss.outbox.claiming import expire_claims
from sluss.outbox.runner import Outbox
from sluss.people.postman import Postman
from sluss.privacy.exporting import rendered_by
from sluss.privacy.journal import Journal
from sluss.privacy.work import Room, work_forever
from sluss.web.edge import Edge
from sluss.wiring import AFTER, EVERY, INSIDE, JOBS, TELLERS

FILES = 65_536
REMEMBERED = 2.0
YOUNG = 10_000
"""New objects between two looks for cycles among them."""

log = get_log("serving")
NODE_SECONDS = 60


class Host:
    """The parts of one process, opened. `holder` is its name in leases."""

    def __init__(self, config: Config, clock: Clock = system_clock) -> None:
        self.config, self.clock = config, clock
        self.folder = DataFolder(config.folder)
        self.port = config.port
        self.holder = config.node or f"{socket.gethostname()}:{os.getpid()}"
        self.folder.make()
        if self.folder.database.exists() and not config.sealing_key.exists():
            log.warning(
                "sealing_key_missing",
                made_new=str(config.sealing_key),
                to_do="Put the old key back, or enter the inboxes' passwords again.",
            )
        self.sealer = Sealer.at(config.sealing_key)
        self.files = FileStore(self.folder.files)
        self.db = Database(config.database, clock)
        self.db.host.inside = INSIDE
        open_channels(allow_private=config.private_servers)
        use_stand_in(config.oauth_stand_in)
        self.db.host.secret = self.sealer.derived("erasures")
        self.edge = Edge(config, self.db, files=self.files, keyring=self.sealer, channels=channel_named)

    def prepare(self) -> None:
        """Migrate, take a node number, and on SQLite take over what a killed predecessor held."""
        self.db.with_connection(bring_up_to_date)
        if self.db.kind == "sqlite":
            self.db.write_now(release_all)
            self.db.write_now(expire_claims)
            return
        self.take_node(self.db.write_now(claim_node, self.holder, NODE_SECONDS))

    def take_node(self, node: Lease) -> None:
        """From now on ids are made under this number, which is no other process's."""
        self.node = node
        self.db.host.new_id = IdMaker(self.clock, int(node.name.partition(":")[2]))

    async def keep_node(self) -> None:
        """Renew the number for ids; after a pause so long that another process may have it, take a new one."""
        while True:
            await asyncio.sleep(NODE_SECONDS / 3)
            renewed = await self.db.write(acquire, self.node.name, self.holder, NODE_SECONDS)
            if renewed is None or renewed.fence != self.node.fence:
                self.take_node(await self.db.write(claim_node, self.holder, NODE_SECONDS))


@contextlib.contextmanager
def open_host(config: Config, clock: Clock = system_clock) -> Generator[Host]:
    """Open everything for one process. On SQLite the data folder is this process's alone; raises `FolderTaken` when another has it."""
    folder = DataFolder(config.folder)
    if not config.database_url:
        folder.claim()
    host = Host(config, clock)
    try:
        host.prepare()
        yield host
    finally:
        host.db.close()
        folder.let_go()


class Work:
    """The loops behind the screens."""

    def __init__(self, host: Host, signals: Signals, supervisor: Supervisor) -> None:
        self.host, self.signals, self.supervisor = host, signals, supervisor
        self.ports: dict[str, int] = {}
        self._read: dict[tuple[int, int], tuple[float, Connection]] = {}
        self.reception = Reception(host.db, host.files)
        self.tokens = TokenSource(host.db, host.sealer, host.config)
        self.hosting = Hosting(host.db, host.sealer, signals, self.reception, host.holder, tokens=self.tokens, home=host.config.base_url)
        self.fetcher = Fetcher(
            host.db, host.files, channel_named, self.hosting.connection, self.reception.receive, largest=host.config.max_message_bytes
        )
        self.outbox = Outbox(host.db, host.files, self.hosting.connection, signals, host.holder)
        self.publisher = Publisher(host.db, self.hosting.connection)
        post = Postbox(host.db, host.config, self.hosting.connection).post
        self.postman = Postman(host.db, host.config, post, port=lambda: host.port, tellers=TELLERS)

    def start(self) -> None:
        """Set every loop going, each under its lease where only one process may."""
        reader = Reader(self.host.db, self.host.files, channel_named, self.hosting.connection)
        self._leased("clock", lambda lease: tick_forever(self.host.db, self.signals, JOBS, EVERY, lease))
        self._leased("reactions", lambda lease: react_forever(self.host.db, self.signals, AFTER, lease))
        self._leased("letters", lambda lease: self.postman.run(self.signals, lease))
        self._leased("admit", lambda lease: admit_forever(reader, self.signals, lease))
        self._leased("notices", lambda lease: self.publisher.run(self.signals, lease))
        self._leased("fetch", lambda lease: self.fetcher.run(self.signals, lease))
        self._leased("privacy", lambda lease: work_forever(self._privacy(lease), self.signals))
        self._leased("sealing", lambda _: reseal_forever(self.host.db, self.host.sealer))
        if self.host.db.kind == "postgresql":
            self._leased("places", lambda lease: place_forever(self.host.db, self.signals, lease))
        for protocol, place in (("lmtp", self.host.config.lmtp_listen), ("smtp", self.host.config.smtp_listen)):
            if place:
                self.supervisor.run(protocol, partial(self._take_mail, protocol, place))
        self.supervisor.run("hosting", self.hosting.run)
        self.supervisor.run("outbox", self.outbox.run)

    async def receive(self, connection: Connection, delivered: list[Delivered]) -> None:
        """What adapters hand bytes to."""
        await self.reception.receive(connection, delivered)

    async def connection(self, workspace_id: int, inbox_id: int) -> Connection:
        """An inbox for its adapter, at most two seconds old: a process that only serves screens is not told when one changes."""
        read_at, known = self._read.get((workspace_id, inbox_id), (-REMEMBERED, None))
        if known is None or time.monotonic() - read_at > REMEMBERED:
            read = await self.host.db.read(connection_of, system(workspace_id), inbox_id, self.host.sealer)
            known = at_home(read, self.host.config.base_url)
            self._read[workspace_id, inbox_id] = (time.monotonic(), known)
        return known

    async def _take_mail(self, protocol: str, place: str) -> None:
        """Listen for mail handed to us, until cancelled."""
        address, _, port = place.rpartition(":")
        options = ListenerOptions(protocol=protocol, host=address, port=int(port), largest=self.host.config.max_message_bytes)
        listener = MailListener(self.hosting.resolve, self.receive, self.host.clock, options)
        await listener.start()
        self.ports[protocol] = listener.port
        try:
            await asyncio.Event().wait()
        finally:
            await listener.stop()

    def _privacy(self, lease: Lease) -> Room:
        host = self.host
        return Room(host.db, host.files, Journal(host.folder.path), rendered_by(host.edge.templates), lease)

    def _leased(self, name: str, work: Callable[[Lease], Awaitable[None]]) -> None:
        seconds = self.host.config.lease_seconds
        self.supervisor.run(name, partial(hold, self.host.db, name, self.host.holder, work, seconds))


Ready = Callable[[str], None]
Extra = Callable[[Host, Work], Awaitable[None]]


def run(serving: Coroutine[Any, Any, None]) -> None:
    """Run a whole process on the fast event loop: `run(serve(host, …))`."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serving)


async def serve(host: Host, ready: Ready | None = None, extra: Extra | None = None) -> None:
    """Run until SIGTERM or SIGINT.

    `ready` is told the address once requests are answered; `extra` runs beside the loops (control socket, demo).
    """
    raise_file_limit()
    rest_what_stays()
    signals = host.edge.signals = Signals(host.db.host)
    supervisor = host.edge.supervisor = Supervisor(host.clock)
    work = Work(host, signals, supervisor)
    host.edge.receive = work.receive
    host.edge.connection = work.hosting.connection if host.config.role != "web" else work.connection
    if host.db.kind == "postgresql":
        supervisor.run("node", host.keep_node)
        supervisor.run("stuck", partial(watch_stuck, host.db))
    if host.config.role != "web":
        work.start()
    if extra is not None:
        supervisor.run("extra", partial(extra, host, work))
    try:
        await _serve_http(host, ready) if host.config.role != "worker" else await _wait_for_signal(ready)
    finally:
        await supervisor.stop()


async def _serve_http(host: Host, ready: Ready | None) -> None:
    listening = _listen(host.config.host, host.config.port)
    server = make_server(make_app(host.edge))
    host.port = int(listening.getsockname()[1])
    address = f"http://{host.config.host}:{host.port}"
    told = asyncio.create_task(_tell_when_started(server, ready, address))
    try:
        await server.serve(sockets=[listening])
    finally:
        told.cancel()


async def _tell_when_started(server: Server, ready: Ready | None, address: str) -> None:
    while not server.started:  # noqa: ASYNC110 - the library has a flag, no event
        await asyncio.sleep(0.01)
    if ready is not None:
        ready(address)


async def _wait_for_signal(ready: Ready | None) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, ended.set)
    if ready is not None:
        ready("")
    await ended.wait()


def _listen(host: str, port: int) -> socket.socket:
    """Bind before anything else is promised. Raises `OSError` when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((host, port))
    listening.listen(2048)
    return listening


def rest_what_stays() -> None:
    """Let the collector of cycles pass over what is loaded for good, and look seldom: walking all of it stopped everything for a while."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 50)


def raise_file_limit() -> int:
    """Open files up to what the system allows: each stream holds one. Returns the new limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(hard, FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted
