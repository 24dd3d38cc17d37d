"""`sluss migrate`: bring the database to this release. Wants the server stopped."""

from __future__ import annotations

import argparse

from sluss.commands.house import settings_of
from sluss.commands.outcome import CONFLICT, OK, Stopped
from sluss.commands.terminal import Terminal
from sluss.config import Config
from sluss.kernel.db import open_database
from sluss.kernel.folder import DataFolder, FolderTaken
from sluss.migrations import UnknownRevision, bring_up_to_date, current, head


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what `migrate` takes."""
    parser.description = "Bring the database to the schema of this release. Stop the server first, and make a backup."
    parser.add_argument("--plan", action="store_true", help="only say what would be done")
    parser.add_argument("--database", metavar="URL", help="PostgreSQL instead of SQLite (SLUSS_DATABASE_URL)")


def run(asked: argparse.Namespace, terminal: Terminal) -> int:
    """Migrate, or say what migrating would do."""
    config = settings_of(asked, database_url=asked.database)
    before = revision_of(config)
    if before == head():
        terminal.give({"revision": before, "wanted": head(), "changed": False}, f"The database stands at revision {before}: nothing to do.")
        return OK
    if not asked.plan:
        bring(config)
    words = "would go" if asked.plan else "went"
    terminal.give(
        {"revision": before, "wanted": head(), "changed": not asked.plan},
        f"The database {words} from {before or 'nothing'} to revision {head()}.",
    )
    return OK


def bring(config: Config) -> None:
    """Migrate while holding the folder."""
    folder = DataFolder(config.folder)
    try:
        folder.claim()
    except FolderTaken as error:
        raise Stopped(str(error), CONFLICT) from error
    db = open_database(config.database)
    try:
        db.with_connection(bring_up_to_date)
    except UnknownRevision as error:
        raise Stopped(str(error), CONFLICT) from error
    finally:
        db.close()
        folder.let_go()


def revision_of(config: Config) -> str:
    """The revision that a database stands at; empty for one that is not there."""
    folder = DataFolder(config.folder)
    if not config.database_url and not folder.database.exists():
        return ""
    db = open_database(config.database)
    try:
        return db.with_connection(current)
    finally:
        db.close()
