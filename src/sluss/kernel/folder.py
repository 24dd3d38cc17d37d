"""The data folder: one process owns it. In: a path. Out: a lock, and the places of the database, files, key and control socket."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO


class FolderTaken(Exception):
    """Another process owns the data folder."""


class DataFolder:
    """Names of everything that is kept, all under one folder of mode 0700."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = path / "sluss.sqlite3"
        self.files = path / "files"
        self.key = path / "sealing.key"
        self.socket = path / "control.sock"
        self._lock: IO[str] | None = None

    @property
    def exists(self) -> bool:
        """Whether anything was ever set up here."""
        return self.key.exists()

    def make(self) -> None:
        """Create the folder where it is missing."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.files.mkdir(mode=0o700, exist_ok=True)

    def claim(self) -> None:
        """Become the owner until the process ends.

        The lock is on a file of its own: locks on the database file vanish when any handle closes.
        """
        self.make()
        lock = (self.path / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            owner = lock.read().strip() or "unknown"
            lock.close()
            message = (
                f"The folder {self.path} is in use by a running Sluss (process {owner})."
                " Stop that one first, or choose another folder with --data."
            )
            raise FolderTaken(message) from error
        lock.seek(0)
        lock.truncate()
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def let_go(self) -> None:
        """Give the folder back."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None
