"""One installation under fault. In: a nursery, a database. Out: servers that come and go on it, customers who never stop writing."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sluss.kernel.db import Database, open_database
from sluss.kernel.tx import Tx
from sluss.sandbox.mail.servers import MailWorld
from tests.faults.checks import check_all, check_intake, what_is_left
from tests.faults.post import Customers, Ledger
from tests.faults.server import Nursery, Server

P = ParamSpec("P")
T = TypeVar("T")


class Ground:
    """The installation, its customers and their mailboxes."""

    def __init__(self, nursery: Nursery, ledger: Ledger, world: MailWorld, setting: dict[str, Any]) -> None:
        self.nursery, self.ledger, self.world, self.setting = nursery, ledger, world, setting
        self.customers = Customers(ledger, setting["lmtp_port"], random.Random(7))  # noqa: S311 - chance of a seed
        self.folder = Path(setting["folder"])

    @property
    def kind(self) -> str:
        return "postgresql" if self.setting["database"] else "sqlite"

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.setting['http_port']}"

    async def start(self, **more: Any) -> Server:
        """A server that is ready, unless a fault was quicker."""
        server = await self.nursery.start(**self.setting | more)
        if server.known:
            self.customers.hook = f"{self.address}/hooks/{server.known['workspace_id']}/{server.known['inbox_id']}"
        return server

    async def until(self, condition: Callable[[Tx], bool], seconds: float = 60) -> None:
        """Look into the database until the condition holds."""
        db = self._open()
        try:
            async with asyncio.timeout(seconds):
                while not await db.read(condition):  # noqa: ASYNC110 - another process's database tells nobody
                    await asyncio.sleep(0.05)
        except TimeoutError:
            message = f"still not so after {seconds} s; {await db.read(what_is_left)}"
            raise AssertionError(message) from None
        finally:
            db.close()

    async def read(self, query: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Ask the database something."""
        db = self._open()
        try:
            return await db.read(query, *args, **kwargs)
        finally:
            db.close()

    def use_folder(self, path: Path) -> None:
        """Keep the data elsewhere, from the next start on."""
        self.folder, self.setting["folder"] = path, str(path)

    def check_intake(self) -> None:
        """What came in, where nobody answered."""
        db = self._open()
        try:
            check_intake(db, self.folder, self.ledger)
        finally:
            db.close()

    def check(self, *, retried: bool = False) -> None:
        """Every invariant, on a database that no server uses."""
        db = self._open()
        try:
            check_all(db, self.folder, self.ledger, retried=retried)
        finally:
            db.close()

    def _open(self) -> Database:
        return open_database(self.setting["database"] or f"sqlite:///{self.folder / 'sluss.sqlite3'}")
