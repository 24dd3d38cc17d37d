"""`sluss restore`: lay a backup into a data folder. Wants the server stopped.

The outbox of every workspace is put on hold, and whatever had not certainly left becomes `unknown` until a person decides: since the backup
was made it may have been sent, and nothing is sent twice.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.commands import postgres
from sluss.commands.archive import DATABASE, DUMP, SECRETS, Manifest, unpack
from sluss.commands.house import settings_of
from sluss.commands.outcome import CONFLICT, NOT_FOUND, OK, Stopped
from sluss.commands.terminal import Terminal
from sluss.kernel.db import Database, open_database
from sluss.kernel.files import FileStore
from sluss.kernel.folder import DataFolder, FolderTaken
from sluss.kernel.leases import release_all
from sluss.kernel.sealing import Sealer
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import all_workspaces, hold_outbox
from sluss.migrations import UnknownRevision, bring_up_to_date
from sluss.outbox.models import operations
from sluss.outbox.settling import move_operation
from sluss.outbox.states import NEVER, OPEN, Move
from sluss.privacy.journal import NAME, Journal
from sluss.privacy.work import Room, reapply

DOUBT = "Sluss was restored from a backup; this may have been sent since it was made."
REPLACED: tuple[str, ...] = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", "files", *SECRETS)


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what `restore` takes."""
    parser.description = "Lay a backup into an empty data folder. Sluss must not run there. Nothing is sent until `sluss outbox release`."
    parser.add_argument("file", help="a backup made by `sluss backup`")
    parser.add_argument("--yes", action="store_true", help="replace what the data folder holds (it is moved aside, not deleted)")


def run(asked: argparse.Namespace, terminal: Terminal) -> int:
    """Restore."""
    source = Path(asked.file).absolute()
    if not source.exists():
        raise Stopped(f"There is no backup {source}.", NOT_FOUND)
    config = settings_of(asked)
    folder = DataFolder(config.folder)
    try:
        folder.claim()
    except FolderTaken as error:
        raise Stopped(str(error), CONFLICT) from error
    try:
        manifest, aside = _replace(Place(folder, config.database_url), source, yes=asked.yes, terminal=terminal)
        doubtful, erased = _settle(config.database, folder)
    finally:
        folder.let_go()
    _report(terminal, folder, manifest, (aside, doubtful))
    _tell_erased(terminal, folder, erased)
    return OK


def put_on_hold(tx: Tx) -> int:
    """Hold every workspace, and leave to people whatever may have left since. Returns how many operations that are."""
    for workspace in all_workspaces(tx):
        hold_outbox(tx, workspace.id, held=True)
    doubtful = tx.rows(sa.select(operations).where(operations.c.state.in_(OPEN)))
    for row in doubtful:
        move_operation(tx, row, Move(state="unknown", due_at=NEVER, waits=row.waits, unknowns=row.unknowns + 1, reason=DOUBT))
    release_all(tx)
    return len(doubtful)


class Place(msgspec.Struct, frozen=True):
    """Where a backup goes: a folder, and the address of a PostgreSQL database, empty for SQLite."""

    folder: DataFolder
    server: str

    @property
    def is_free(self) -> bool:
        """Whether no database is there yet."""
        return postgres.is_empty(self.server) if self.server else not self.folder.database.exists()


def _replace(place: Place, source: Path, *, yes: bool, terminal: Terminal) -> tuple[Manifest, Path | None]:
    """Unpack beside, look, and only then put in place."""
    folder = place.folder
    if not place.is_free:
        where = "The PostgreSQL database" if place.server else str(folder.path)
        terminal.confirm(f"{where} holds a database already. It will be moved aside.", "replace", yes=yes)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=folder.path) as beside:
        manifest = unpack(source, Path(beside))
        _require_kind(Path(beside), place)
        if place.server:
            _fill(place, Path(beside) / DUMP, terminal)
        else:
            _require_whole(Path(beside) / DATABASE)
        aside = _move_aside(folder, set(REPLACED) - (set[str]() if manifest.with_key else set(SECRETS)))
        for path in Path(beside).iterdir():
            if manifest.with_key or path.name not in SECRETS:
                shutil.move(path, folder.path / path.name)
    folder.make()
    return manifest, aside


def _require_kind(beside: Path, place: Place) -> None:
    if place.server and not (beside / DUMP).exists():
        raise Stopped("This backup is of an SQLite database. Restore it without SLUSS_DATABASE_URL. Nothing was changed.", CONFLICT)
    if not place.server and not (beside / DATABASE).exists():
        sentence = "This backup is of a PostgreSQL database. Set SLUSS_DATABASE_URL to an empty one. Nothing was changed."
        raise Stopped(sentence, CONFLICT)


def _fill(place: Place, dump: Path, terminal: Terminal) -> None:
    """All of the dump or nothing; what was in the database before stays beside it."""
    if postgres.is_served(place.server):
        raise Stopped("Sluss runs on this database, or ended less than a minute ago. Stop every process of it first.", CONFLICT)
    if not place.is_free:
        aside = postgres.move_aside(place.server)
        terminal.say(f"What was in the database before lies in its schema {aside}; drop it when all is well.")
    postgres.load(place.server, dump)
    dump.unlink()


def _require_whole(database: Path) -> None:
    try:
        with closing(sqlite3.connect(database)) as opened:
            said = opened.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        said = str(error)
    if said != "ok":
        raise Stopped(f"The database in the backup is damaged ({said}). Nothing was changed. Use another backup.")


def _move_aside(folder: DataFolder, names: set[str]) -> Path | None:
    found = [folder.path / name for name in sorted(names) if (folder.path / name).exists()]
    if not any(path.is_file() or any(path.iterdir()) for path in found):
        for path in found:
            path.rmdir()
        return None
    aside = folder.path / f"replaced-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    aside.mkdir(mode=0o700)
    for path in found:
        shutil.move(path, aside / path.name)
    return aside


def _settle(address: str, folder: DataFolder) -> tuple[int, int]:
    """How many operations are in doubt, and how many contacts were erased again, since the backup is older than their erasure."""
    db = open_database(address)
    try:
        doubtful = _migrate_and_hold(db)
        if folder.key.exists():
            db.host.secret = Sealer.of(folder.path).derived("erasures")
        return doubtful, reapply(Room(db, FileStore(folder.files), Journal(folder.path), lambda _language, _told: ""))
    finally:
        db.close()


def _tell_erased(terminal: Terminal, folder: DataFolder, erased: int) -> None:
    if erased:
        terminal.say(f"Erased again, as the journal of erasures asks: {erased} contacts.")
    elif not (folder.path / NAME).exists():
        terminal.say(
            f"There is no journal of erasures here. If contacts were erased since the backup was made, put the {NAME} of the old folder"
            f" into {folder.path} and run: sluss contact reapply --data {folder.path}"
        )


def _migrate_and_hold(db: Database) -> int:
    try:
        db.with_connection(bring_up_to_date)
    except UnknownRevision as error:
        raise Stopped(f"{error} The restored data lie in place, untouched.", CONFLICT) from error
    return db.write_now(put_on_hold)


def _report(terminal: Terminal, folder: DataFolder, manifest: Manifest, became: tuple[Path | None, int]) -> None:
    aside, doubtful = became
    made = datetime.fromtimestamp(manifest.made_at / 1_000_000, UTC)
    result: dict[str, Any] = {"data": str(folder.path), "made_at": f"{made:%Y-%m-%dT%H:%M:%SZ}", "files": manifest.files}
    terminal.give(result | {"held": True, "unknown": doubtful, "replaced": str(aside or "")}, f"Restored into {folder.path}.")
    terminal.say(f"The backup was made at {made:%Y-%m-%d %H:%M} UTC by release {manifest.release}.")
    if aside is not None:
        terminal.say(f"What was there before lies in {aside}; remove it when all is well.")
    if not folder.key.exists():
        terminal.say(f"The backup holds no sealing key. Put yours at {folder.key} (mode 600), or enter the passwords of the inboxes again.")
    terminal.say(f"Nothing is sent: the outbox is on hold. Messages that may have left since: {doubtful}; agents decide about each.")
    terminal.say(f"Start Sluss, look, then: sluss outbox release --data {folder.path}")
