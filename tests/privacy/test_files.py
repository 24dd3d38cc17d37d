"""Files that nobody names: collected when their time is over, never one that a row or a write under way needs."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from sluss.cases.models import attachments
from sluss.kernel.blobs import (
    UnknownReferences,
    collect_loose,
    collect_unnamed,
    count_unnamed,
    file_columns,
    is_digest,
    loose_files,
    loosen,
    referred,
)
from sluss.kernel.clock import DAY, HOUR, SECOND
from sluss.kernel.db import Database
from sluss.kernel.files import Digest, FileMissing, FileStore
from sluss.migrations import every_table
from tests.privacy.conftest import Scene
from tests.servers.program import until


def age(files: FileStore, digest: Digest, instant: int) -> None:
    os.utime(files.path(digest), (instant / SECOND, instant / SECOND))


def test_every_digest_column_says_whether_it_holds_files() -> None:
    """A new table that names files is known to the collector, or this fails."""
    named = {column for table in every_table().sorted_tables for column in table.columns if is_digest(column.name)}
    declared = {column for column, _ in file_columns()}
    assert {str(column) for column in named - declared} == {"loose_files.digest"}
    assert declared <= named, "a column that holds digests of files is called digest, or ends with _digest"


async def test_what_a_row_names_stays_and_what_none_does_goes(everywhere: Scene) -> None:
    files, db = everywhere.files, everywhere.db
    orphan = files.put(b"a file whose row was never written")
    for one in files.digests():
        age(files, one, db.clock() - 3 * DAY)
    named = {row.digest for row in everywhere.rows(sa.select(attachments.c.digest))}
    assert db.read_now(count_unnamed, files) == 1
    assert await collect_unnamed(db, files) == 1
    assert files.size(orphan) is None
    assert named <= set(files.digests())
    assert db.read_now(referred, list(named)) == named


async def test_the_young_wait_for_their_hour(scene: Scene) -> None:
    files, db = scene.files, scene.db
    digest = files.put(b"loose")
    db.write_now(loosen, [digest])
    age(files, digest, db.clock() - HOUR // 2)
    assert await collect_loose(db, files) == 0
    age(files, digest, db.clock() - 2 * HOUR)
    assert await collect_loose(db, files) == 1
    assert files.size(digest) is None
    assert scene.rows(sa.select(loose_files)) == []


def test_storing_the_same_again_counts_as_stored_now(scene: Scene) -> None:
    """A write in flight: the bytes were there, its row is not yet."""
    digest = scene.files.put(b"twice")
    age(scene.files, digest, scene.db.clock() - 9 * DAY)
    assert scene.files.put(b"twice") == digest
    with scene.files.writing(100) as writing:
        writing.write(b"twice")
        writing.finish()
    assert scene.files.collect(digest, scene.db.clock() - HOUR) == "kept"
    assert scene.files.read(digest) == b"twice"


def test_a_collector_and_a_writer_at_once_lose_nothing(tmp_path: Path) -> None:
    """Two processes share one store: whoever was told that the bytes are stored finds them there."""
    stores = [FileStore(tmp_path / "files", reserve=0) for _ in range(2)]
    data, over = b"the same bytes", threading.Event()
    digest = stores[0].put(data)

    def collect() -> None:
        while not over.is_set():
            stores[1].collect(digest, 10**15)

    thread = threading.Thread(target=collect)
    thread.start()
    for _ in range(300):
        stores[0].put(data)
        # While it is looked at aside it has no name, for a moment.
        until(lambda: stores[0].size(digest) == len(data), "the file to stand in its place", 20)
    over.set()
    thread.join()
    assert stores[0].put(data) == digest
    assert stores[0].read(digest) == data


def test_what_was_set_aside_at_a_death_comes_back(scene: Scene) -> None:
    """F2: killed between setting aside and removing."""
    files = scene.files
    digest = files.put(b"set aside")
    files.path(digest).rename(files.folder / "tmp" / f"gone-{digest}")
    with pytest.raises(FileMissing):
        files.read(digest)
    files.sweep(0)
    assert files.read(digest) == b"set aside"


def test_an_unknown_column_stops_the_collection(db: Database, scene: Scene) -> None:
    """A newer release may have added a table that names files: then nothing is removed."""
    db.write_now(lambda tx: tx.run(sa.text("CREATE TABLE newer (photo_digest text)")))
    with pytest.raises(UnknownReferences, match=r"newer\.photo_digest"):
        db.read_now(referred, ["0" * 64])
