"""`sluss backup`: a consistent copy while Sluss runs: the database first, then the files it names, which were durable before their rows."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sqlite3
import tempfile
from collections.abc import Generator, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, LiteralString, cast

import msgspec
from psycopg import sql

from sluss.commands import postgres
from sluss.commands.archive import DATABASE, DUMP, MANIFEST, SECRETS, Archive, Manifest, writing
from sluss.commands.house import Deed, House, carry_out, settings_of
from sluss.commands.outcome import CONFLICT, OK, PARTIAL, USAGE, Stopped
from sluss.commands.terminal import Terminal
from sluss.kernel.blobs import file_columns
from sluss.kernel.db import Database
from sluss.kernel.files import FileStore, as_digest
from sluss.migrations import every_table, head
from sluss.version import VERSION

Copied = tuple[Path, Iterable[tuple[Any, ...]]]
"""A copy of the database, and the digests of the files that it names."""


class MakeBackup(Deed, frozen=True, tag="backup"):
    """Write a backup to an absolute path that is free."""

    target: str
    with_key: bool = False

    async def carry_out(self, house: House) -> dict[str, Any]:
        return await asyncio.to_thread(make_backup, house, Path(self.target), with_key=self.with_key)


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what `backup` takes."""
    parser.description = "Copy database and files into one file, also while Sluss runs. The sealing key stays out unless asked for."
    parser.add_argument("file", nargs="?", help="name.tar, name.tar.gz, or a new folder (default: sluss-<time>.tar)")
    parser.add_argument(
        "--with-key", action="store_true", help="put the sealing key and the settings in; guard such a backup like a password"
    )


def run(asked: argparse.Namespace, terminal: Terminal) -> int:
    """Make a backup."""
    config = settings_of(asked)
    target = Path(asked.file or f"sluss-{datetime.now(UTC):%Y%m%d-%H%M%S}.tar").absolute()
    if target.exists():
        raise Stopped(f"{target} is there already; nothing was overwritten. Name another file.", CONFLICT)
    if not target.parent.is_dir():
        raise Stopped(f"There is no folder {target.parent}. Make it first, or name another file.", USAGE)
    made = carry_out(config, MakeBackup(target=str(target), with_key=asked.with_key))
    terminal.give(made, str(target))
    if not asked.with_key:
        terminal.say(f"Without the sealing key ({config.folder / 'sealing.key'}): keep a copy of it somewhere else.")
    if made["missing"]:
        terminal.say(
            f"{made['missing']} files that the database names are not in the store, and so not in the backup. `sluss doctor` says more."
        )
    return PARTIAL if made["missing"] else OK


def make_backup(house: House, target: Path, *, with_key: bool) -> dict[str, Any]:
    """Write the backup. Returns what its manifest says."""
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=house.folder.path) as aside:
        copying = _copied_file if house.db.kind == "sqlite" else _copied_server
        with copying(house.db, Path(aside)) as (copy, digests), writing(target) as archive:
            archive.add(copy.name, copy)
            files, missing = _add_files(archive, house.files, digests)
            if with_key:
                _add_secrets(archive, house.folder.path)
            manifest = Manifest(release=VERSION, revision=head(), made_at=house.db.clock(), files=files, missing=missing, with_key=with_key)
            archive.write(MANIFEST, msgspec.json.encode(manifest))
    return {"file": str(target), "files": files, "missing": missing, "with_key": with_key}


@contextlib.contextmanager
def _copied_file(db: Database, aside: Path) -> Generator[Copied]:
    db.backup_to(aside / DATABASE)
    with contextlib.closing(sqlite3.connect(aside / DATABASE)) as copy:
        yield aside / DATABASE, copy.execute(_named())


@contextlib.contextmanager
def _copied_server(db: Database, aside: Path) -> Generator[Copied]:
    """The dump and the names of the files are of one moment, however much is written meanwhile."""
    with postgres.snapshot(db.url) as (conn, moment):
        postgres.dump(db.url, moment, aside / DUMP)
        yield aside / DUMP, conn.execute(sql.SQL(cast("LiteralString", _named())))


def _named() -> str:
    """Every column in which a table of any slice names a file."""
    every_table()
    return " UNION ".join(
        f"SELECT {column.name} FROM {column.table.name} WHERE {column.name} <> ''{f' AND {condition}' if condition else ''}"  # noqa: S608 - our own tables
        for column, condition in file_columns()
    )


def _add_files(archive: Archive, store: FileStore, digests: Iterable[tuple[Any, ...]]) -> tuple[int, int]:
    """How many files the copied database names that went in, and how many are not there."""
    added = missing = 0
    for (text,) in digests:
        digest = as_digest(text)
        if store.size(digest) is None:
            missing += 1
            continue
        archive.add(str(Path("files") / store.path(digest).relative_to(store.folder)), store.path(digest))
        added += 1
    return added, missing


def _add_secrets(archive: Archive, folder: Path) -> None:
    for name in SECRETS:
        if (folder / name).exists():
            archive.add(name, folder / name)
