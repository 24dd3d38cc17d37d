"""Making the demo's database, before the server opens it. In: settings, a seed. Out: a company with a past, and who still waits."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Generator

from sluss.channels.email.channel import EmailChannel
from sluss.config import Config
from sluss.kernel.clock import DAY, TestClock, system_clock
from sluss.kernel.db import Database, open_database
from sluss.kernel.files import FileStore
from sluss.kernel.folder import DataFolder
from sluss.kernel.sealing import Sealer
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import all_workspaces
from sluss.migrations import bring_up_to_date
from sluss.people.passwords import hash_now
from sluss.sandbox.customers.company import Servers, found_company
from sluss.sandbox.customers.history import tell_history
from sluss.sandbox.customers.memory import Memory, keep_memory
from sluss.sandbox.customers.scripts import load_scripts
from sluss.sandbox.customers.telling import Telling
from sluss.wiring import INSIDE

UNKNOWN_PORTS = Servers(1, 1)
"""Until the mail world has opened its servers."""


class FolderInUse(Exception):
    """The data folder holds a company that is not the demo's."""


def found_demo(config: Config, seed: int, password: str) -> Memory:
    """Fill an empty data folder, in one transaction. Raises `FolderInUse` where a company is set up already."""
    folder = DataFolder(config.folder)
    folder.claim()
    clock = TestClock(system_clock() - 6 * DAY)
    try:
        with _opened(config, clock) as db:
            if db.read_now(all_workspaces):
                raise FolderInUse
            sealer, files = Sealer.of(folder.path), FileStore(folder.files)
            memory = db.write_now(_tell, (clock, files, sealer), seed, password)
    finally:
        folder.let_go()
    keep_memory(folder.path, memory)
    return memory


def _tell(tx: Tx, ground: tuple[TestClock, FileStore, Sealer], seed: int, password: str) -> Memory:
    clock, files, sealer = ground
    company = found_company(tx, sealer, UNKNOWN_PORTS, hash_now(password))
    telling = Telling(tx, clock, files, company, EmailChannel())
    matters = tell_history(telling, load_scripts(), random.Random(seed), system_clock())  # noqa: S311 - customers, not secrets
    return Memory(workspace_id=company.workspace_id, password=password, seed=seed, matters=matters, sights=telling.sights)


@contextlib.contextmanager
def _opened(config: Config, clock: TestClock) -> Generator[Database]:
    db = open_database(config.database, clock)
    db.host.inside = INSIDE
    try:
        db.with_connection(bring_up_to_date)
        yield db
    finally:
        db.close()
