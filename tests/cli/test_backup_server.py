"""`backup` and `restore` of a PostgreSQL database, by its own programs. F49."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from sluss.commands import postgres as programs
from sluss.commands.house import open_house
from sluss.commands.outcome import CONFLICT, Stopped
from sluss.config import Config, load
from sluss.kernel.db import Database
from sluss.kernel.files import FileStore, as_digest
from sluss.kernel.leases import acquire
from sluss.kernel.tx import Tx
from sluss.outbox.claiming import claim_due
from sluss.sandbox.customers.founding import found_demo
from tests.cli.conftest import Cli
from tests.cli.test_backup import COUNTED, _keep_writing, _leave_one_waiting_and_one_under_way
from tests.servers.postgres import Postgres


class Place:
    """A data folder and a database for it."""

    def __init__(self, cli: Cli, folder: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self._cli, self.folder, self.url, self._monkeypatch = cli, folder, url, monkeypatch

    @property
    def config(self) -> Config:
        return load({"data": str(self.folder), "database_url": self.url})

    def cli(self, *words: str) -> tuple[int, str, str]:
        self._monkeypatch.setenv("SLUSS_DATABASE_URL", self.url)
        said = self._cli(*words, "--data", str(self.folder))
        return said.code, said.out, said.err

    def counts(self) -> dict[str, int]:
        with open_house(self.config) as house:
            return house.db.read_now(lambda tx: {name: tx.value(sa.text(f"SELECT count(*) FROM {name}")) for name in COUNTED})  # noqa: S608


@pytest.fixture
def here(cli: Cli, tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Norrsken Air with its past."""
    place = Place(cli, tmp_path / "here", postgres.fresh(), monkeypatch)
    found_demo(place.config, seed=7, password="norrsken-demo")
    yield place
    postgres.drop(place.url)


@pytest.fixture
def elsewhere(cli: Cli, tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    place = Place(cli, tmp_path / "elsewhere", postgres.fresh(), monkeypatch)
    yield place
    postgres.drop(place.url)


def test_a_backup_under_writes_is_one_moment_and_sends_nothing(here: Place, elsewhere: Place, tmp_path: Path) -> None:
    """F49, T115: rows and files belong together, nothing leaves after a restore, and the key stays at home."""
    with open_house(here.config) as house:
        _leave_one_waiting_and_one_under_way(house.db)
        over = threading.Event()
        writer = threading.Thread(target=_keep_writing, args=(house.db, over))
        writer.start()
        made = here.cli("backup", str(tmp_path / "b.tar"), "--json")
        over.set()
        writer.join(20)
    assert (made[0], json.loads(made[1])["missing"]) == (0, 0)
    restored = elsewhere.cli("restore", str(tmp_path / "b.tar"), "--json")
    assert restored[0] == 0, restored
    assert json.loads(restored[1])["unknown"] >= 3
    assert not (elsewhere.folder / "sealing.key").exists()
    before, after = here.counts(), elsewhere.counts()
    assert {name: after[name] for name in ("cases", "messages", "attachments", "envelopes", "agents")} == {
        name: before[name] for name in ("cases", "messages", "attachments", "envelopes", "agents")
    }
    assert 0 < after["notes"] <= before["notes"]
    with open_house(elsewhere.config) as house:
        assert house.db.write_now(claim_due, "test", 100) == []
        _require_files(house.db, elsewhere.folder)


def test_what_was_in_the_database_stays_beside(here: Place, tmp_path: Path) -> None:
    """F49: a restore deletes nothing."""
    here.cli("backup", str(tmp_path / "b.tar"))
    before = here.counts()
    assert here.cli("restore", str(tmp_path / "b.tar"))[0] != 0
    said = here.cli("restore", str(tmp_path / "b.tar"), "--yes")
    assert said[0] == 0, said
    assert here.counts()["cases"] == before["cases"]
    with closing(psycopg.connect(here.url.replace("+psycopg", ""))) as conn:
        (aside,) = conn.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'replaced_%'").fetchall()
        found = conn.execute(sql.SQL("SELECT count(*) FROM {}.cases").format(sql.Identifier(aside[0]))).fetchone()
    assert found == (before["cases"],)
    assert aside[0] in said[2]


def test_a_database_in_use_is_left_alone(here: Place, tmp_path: Path) -> None:
    """F12, F49: whoever serves on it would write into what is being replaced."""
    here.cli("backup", str(tmp_path / "b.tar"))
    with open_house(here.config) as house:
        assert house.db.write_now(acquire, "clock", "another:1", 60)
    said = here.cli("restore", str(tmp_path / "b.tar"), "--yes")
    assert said[0] == CONFLICT
    assert "Stop every process" in said[2]
    assert here.counts()["cases"] > 0


def test_backups_of_the_other_database_are_refused(here: Place, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here.cli("backup", str(tmp_path / "b.tar"))
    monkeypatch.delenv("SLUSS_DATABASE_URL")
    said = cli("restore", str(tmp_path / "b.tar"))
    assert said.code == CONFLICT
    assert "SLUSS_DATABASE_URL" in said.err


def test_the_password_is_in_no_argument(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """T96, T39: arguments of a program can be read by everybody on the machine."""
    seen: list[list[str]] = []

    def note(words: list[str], **_: object) -> None:
        seen.append(words)
        raise Stopped("enough")

    monkeypatch.setattr(subprocess, "run", note)
    with pytest.raises(Stopped, match="enough"):
        programs.dump("postgresql+psycopg://sluss:top%20secret@db.example:5433/sluss", "00000003-1", tmp_path / "; rm -rf $HOME")
    (words,) = seen
    assert "secret" not in " ".join(words)
    assert words[-1] == f"--file={tmp_path}/; rm -rf $HOME"


def _require_files(db: Database, folder: Path) -> None:
    store = FileStore(folder / "files", reserve=0)
    digests = db.read_now(_digests)
    assert digests
    assert {store.verify(as_digest(digest)) for digest in digests} == {"good"}


def _digests(tx: Tx) -> list[str]:
    return [row.digest for row in tx.rows(sa.text("SELECT digest FROM attachments"))]
