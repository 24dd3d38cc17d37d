"""Where deeds are done. In: settings. Out: an open database, file store and keyring, in the running server or in this command.

A `Deed` is a frozen struct with a tag: it crosses the control socket as one JSON line, and is the same value when no server runs.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Generator
from typing import Any

import msgspec

from sluss.channels.oauth.providers import use_stand_in
from sluss.commands.outcome import CONFLICT, NOT_FOUND, TRY_AGAIN, Stopped, not_answered, stopped_by
from sluss.config import Config, load
from sluss.control import NotAnswered, NotRunning, ask
from sluss.kernel.db import Database, open_database
from sluss.kernel.files import FileStore
from sluss.kernel.folder import DataFolder, FolderTaken
from sluss.kernel.sealing import Sealer
from sluss.kernel.workspaces import Workspace, all_workspaces
from sluss.migrations import current, head
from sluss.wiring import INSIDE


class House(msgspec.Struct):
    """What a deed works with. `address` is where this process serves, once it does."""

    config: Config
    folder: DataFolder
    db: Database
    files: FileStore
    sealer: Sealer
    address: str = ""

    def url(self, path: str) -> str:
        """A link as people reach this server."""
        base = self.config.base_url or self.address or f"http://{self.config.host}:{self.config.port}"
        return base.rstrip("/") + path

    async def workspace(self, name: str = "") -> Workspace:
        """The workspace that is meant: the only one, or the one of a name or host."""
        found = await self.db.read(all_workspaces)
        chosen = [one for one in found if not name or name in {one.name, one.host}]
        if len(chosen) == 1:
            return chosen[0]
        if not found:
            raise Stopped("There is no company here yet. Run `sluss setup-link` and finish the set-up in a browser.", NOT_FOUND)
        known = ", ".join(one.name for one in found)
        raise Stopped(f"Which company? Name one with --workspace: {known}.", NOT_FOUND)


class Deed(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", forbid_unknown_fields=True):
    """Something a command does or looks up."""

    async def carry_out(self, house: House) -> Any:
        """Do it. Returns JSON values."""


def settings_of(asked: Any, **more: Any) -> Config:
    """The settings, those of the command line first."""
    return load({"data": asked.data, **more})


def carry_out(config: Config, deed: Deed) -> Any:
    """Have a deed done by the running server, else do it here while holding the folder."""
    folder = DataFolder(config.folder)
    if not config.database_url and not folder.exists and not folder.database.exists():
        raise Stopped(
            f"There is nothing in {folder.path} yet. Run `sluss init` or `sluss demo`, or choose a folder with --data.", NOT_FOUND
        )
    try:
        reply = ask(folder.socket, deed)
    except NotRunning:
        with open_house(config) as house:
            return msgspec.to_builtins(asyncio.run(deed.carry_out(house)))
    except NotAnswered as error:
        raise not_answered(error) from error
    if reply.fault is not None:
        raise stopped_by(reply.fault)
    return reply.value


@contextlib.contextmanager
def open_house(config: Config) -> Generator[House]:
    """Open what a stopped server would; the schema must be this release's."""
    folder = DataFolder(config.folder)
    if not config.database_url:
        _claim(folder)
    db = open_database(config.database)
    db.host.inside = INSIDE
    use_stand_in(config.oauth_stand_in)
    try:
        _require_schema(db)
        sealer = Sealer.at(config.sealing_key)
        db.host.secret = sealer.derived("erasures")
        yield House(config, folder, db, FileStore(folder.files), sealer)
    finally:
        db.close()
        folder.let_go()


def _claim(folder: DataFolder) -> None:
    try:
        folder.claim()
    except FolderTaken as error:
        raise Stopped(f"{error} It does not answer at {folder.socket} yet; if it has just started, try again.", TRY_AGAIN) from error


def _require_schema(db: Database) -> None:
    now = db.with_connection(current)
    if now != head():
        state = f"stands at revision {now}" if now else "is empty"
        raise Stopped(f"The database {state}, this release wants {head()}. Run `sluss migrate` first.", CONFLICT)
