"""A PostgreSQL of our own at full durability, for one measurement."""

from __future__ import annotations

import contextlib
from collections.abc import Generator

from tests.servers.postgres import run_postgres


@contextlib.contextmanager
def postgresql() -> Generator[str]:
    """The URL of an empty database whose commits are synced to the disk."""
    with run_postgres(fsync="on", full_page_writes="on", synchronous_commit="on") as server:
        yield server.fresh()
