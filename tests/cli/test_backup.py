"""`backup` and `restore`: consistent while Sluss writes, checked on the way back, and nothing is sent twice. F49, T98."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
import tarfile
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from sluss.cases.actions import add_note
from sluss.cases.models import cases
from sluss.commands.house import House, open_house
from sluss.config import load
from sluss.kernel.actors import Actor
from sluss.kernel.db import Database
from sluss.kernel.files import FileStore, as_digest
from sluss.outbox.claiming import claim_due
from sluss.outbox.claims import hand_over
from sluss.outbox.models import operations
from sluss.replies.sending import SendReply, send_reply
from sluss.sandbox.customers.company import Company, known_company
from sluss.sandbox.customers.founding import found_demo
from tests.cli.conftest import Cli

Serving = Callable[[], AbstractContextManager[House]]
COUNTED = ("cases", "messages", "notes", "attachments", "operations", "envelopes", "events", "audit", "agents")


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Norrsken Air with its past, made once."""
    folder = tmp_path_factory.mktemp("founded") / "data"
    found_demo(load({"data": str(folder)}), seed=7, password="norrsken-demo")
    return folder


@pytest.fixture
def company(cli: Cli, data: Path, founded: Path) -> Cli:
    shutil.copytree(founded, data)
    return cli


def counts(folder: Path) -> dict[str, int]:
    with closing(sqlite3.connect(f"file:{folder}/sluss.sqlite3?mode=ro", uri=True)) as database:
        return {name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in COUNTED}  # noqa: S608 - names from above


def require_whole(folder: Path) -> None:
    """No row points nowhere, and every file that a row names is there and is what its name says."""
    with closing(sqlite3.connect(folder / "sluss.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        digests = [row[0] for row in database.execute("SELECT digest FROM attachments")]
    store = FileStore(folder / "files", reserve=0)
    assert digests
    assert {store.verify(as_digest(digest)) for digest in digests} == {"good"}


@pytest.mark.parametrize("name", ["copy.tar", "copy.tar.gz", "copy"])
def test_a_backup_restored_elsewhere_is_the_same(company: Cli, data: Path, tmp_path: Path, name: str) -> None:
    made = company("backup", str(tmp_path / name), "--json")
    assert made.code == 0
    assert json.loads(made.out)["missing"] == 0
    before = counts(data)
    shutil.rmtree(data)
    assert company("restore", str(tmp_path / name)).code == 0
    assert {**counts(data), "events": 0} == {**before, "events": 0}
    require_whole(data)


def test_a_backup_under_writes_is_consistent(company: Cli, serving: Serving, tmp_path: Path) -> None:
    """F49: online, by the process that owns the folder, while it goes on writing."""
    with serving() as house:
        over = threading.Event()
        writer = threading.Thread(target=_keep_writing, args=(house.db, over))
        writer.start()
        codes = [company("backup", str(tmp_path / f"{number}.tar")).code for number in range(3)]
        over.set()
        writer.join(20)
    assert codes == [0, 0, 0]
    for number in range(3):
        elsewhere = tmp_path / f"elsewhere{number}"
        assert company("restore", str(tmp_path / f"{number}.tar"), "--data", str(elsewhere)).code == 0
        require_whole(elsewhere)
    notes = [counts(tmp_path / f"elsewhere{number}")["notes"] for number in range(3)]
    assert notes == sorted(notes)
    assert notes[0] < notes[2]


def test_after_a_restore_nothing_is_sent_and_open_deliveries_are_in_doubt(company: Cli, data: Path, tmp_path: Path) -> None:
    """F49."""
    with open_house(load({"data": str(data)})) as house:
        _leave_one_waiting_and_one_under_way(house.db)
    company("backup", str(tmp_path / "copy.tar"))
    restored = company("restore", str(tmp_path / "copy.tar"), "--yes", "--json")
    assert restored.code == 0
    assert "sluss outbox release" in restored.err
    (row,) = [json.loads(line) for line in company("outbox", "show", "--json").out.splitlines()]
    assert row["held"] is True
    assert (row["queued"], row["sending"]) == (0, 0)
    assert row["unknown"] == json.loads(restored.out)["unknown"] >= 3
    with open_house(load({"data": str(data)})) as house:
        assert house.db.write_now(claim_due, "test", 100) == []


def test_release_lets_new_answers_go_and_leaves_the_doubtful_to_people(company: Cli, data: Path, tmp_path: Path) -> None:
    with open_house(load({"data": str(data)})) as house:
        _leave_one_waiting_and_one_under_way(house.db)
    company("backup", str(tmp_path / "copy.tar"))
    company("restore", str(tmp_path / "copy.tar"), "--yes")
    released = company("outbox", "release", "--json")
    assert json.loads(released.out)["held"] is False
    assert "not sent again by themselves" in released.err
    with open_house(load({"data": str(data)})) as house:
        assert house.db.write_now(claim_due, "test", 100) == []


def test_what_was_there_is_moved_aside_and_never_deleted(company: Cli, data: Path, tmp_path: Path) -> None:
    company("backup", str(tmp_path / "copy.tar"))
    assert company("restore", str(tmp_path / "copy.tar")).code == 2
    said = company("restore", str(tmp_path / "copy.tar"), "--yes", "--json")
    aside = Path(json.loads(said.out)["replaced"])
    assert (aside / "sluss.sqlite3").exists()
    assert (data / "sealing.key").exists()


def test_the_sealing_key_stays_out_unless_asked_for(company: Cli, data: Path, tmp_path: Path) -> None:
    company("backup", str(tmp_path / "without.tar"))
    company("backup", str(tmp_path / "with.tar"), "--with-key")
    key = (data / "sealing.key").read_bytes()
    assert stat.S_IMODE((tmp_path / "with.tar").stat().st_mode) == 0o600
    with tarfile.open(tmp_path / "without.tar") as without, tarfile.open(tmp_path / "with.tar") as complete:
        assert "sealing.key" not in without.getnames()
        assert "sealing.key" in complete.getnames()
    said = company("restore", str(tmp_path / "without.tar"), "--data", str(tmp_path / "a"))
    assert "holds no sealing key" in said.err
    company("restore", str(tmp_path / "with.tar"), "--data", str(tmp_path / "b"))
    assert (tmp_path / "b" / "sealing.key").read_bytes() == key


def test_nothing_is_overwritten_by_a_backup(company: Cli, tmp_path: Path) -> None:
    (tmp_path / "copy.tar").write_text("precious")
    assert company("backup", str(tmp_path / "copy.tar")).code == 5
    assert (tmp_path / "copy.tar").read_text() == "precious"
    assert company("backup", str(tmp_path / "no" / "copy.tar")).code == 2


def test_a_file_that_is_missing_is_told_and_the_rest_saved(company: Cli, data: Path, tmp_path: Path) -> None:
    next(path for path in (data / "files").rglob("*") if path.is_file()).unlink()
    said = company("backup", str(tmp_path / "copy.tar"))
    assert said.code == 6
    assert "1 files" in said.err


@pytest.mark.parametrize("fault", ["cut", "foreign", "outside", "damaged", "empty", "link"])
def test_what_is_no_whole_backup_changes_nothing(company: Cli, data: Path, tmp_path: Path, fault: str) -> None:
    """T98, T99, F10: no name leads outside, no link is followed, and every file is what its name says."""
    company("backup", str(tmp_path / "copy.tar"))
    before = {path: path.stat().st_mtime_ns for path in data.rglob("*") if path.is_file() and path.name != "lock"}
    _spoil(tmp_path / "copy.tar", fault)
    said = company("restore", str(tmp_path / "copy.tar"), "--yes")
    assert said.code == 1
    assert "backup" in said.err
    assert {path: path.stat().st_mtime_ns for path in data.rglob("*") if path.is_file() and path.name != "lock"} == before
    assert not list(data.glob(".restore-*"))


def test_a_backup_that_is_not_there(cli: Cli, tmp_path: Path) -> None:
    assert cli("restore", str(tmp_path / "no.tar")).code == 3


def test_a_restore_waits_for_nobody_but_refuses_a_running_server(company: Cli, serving: Serving, tmp_path: Path) -> None:
    company("backup", str(tmp_path / "copy.tar"))
    with serving():
        said = company("restore", str(tmp_path / "copy.tar"), "--yes")
    assert said.code == 5
    assert "Stop that one first" in said.err


def _company(db: Database) -> Company:
    return db.read_now(lambda tx: known_company(tx, tx.value(sa.text("SELECT id FROM workspaces"))))


def _open_cases(db: Database, number: int) -> list[int]:
    wanted = sa.select(cases.c.id).where(cases.c.status == "open").order_by(cases.c.id).limit(number)
    return [row.id for row in db.read_now(lambda tx: tx.rows(wanted))]


def _keep_writing(db: Database, over: threading.Event) -> None:
    maja: Actor = _company(db).agents["Maja Ek"]
    (case_id,) = _open_cases(db, 1)
    while not over.is_set():
        db.write_now(add_note, maja, case_id, "Skrivet medan kopian togs.")


def _leave_one_waiting_and_one_under_way(db: Database) -> None:
    """One answer waits to leave, one was handed over, and nobody knows how that ended."""
    maja = _company(db).agents["Maja Ek"]
    first, second = _open_cases(db, 2)
    db.write_now(send_reply, maja, SendReply(op="1", case_id=first, text="Vi tittar på det.", anyway=True))
    db.write_now(lambda tx: tx.run(sa.update(operations).where(operations.c.state == "queued").values(due_at=0)))
    (claim,) = db.write_now(claim_due, "a process that ended", 100)
    db.write_now(hand_over, claim)
    db.write_now(send_reply, maja, SendReply(op="2", case_id=second, text="Tack, vi återkommer.", anyway=True))


def _spoil(backup: Path, fault: str) -> None:
    if fault == "cut":
        backup.write_bytes(backup.read_bytes()[:200_000])
    elif fault == "empty":
        backup.write_bytes(b"")
    else:
        _write_again(backup, fault)


def _write_again(backup: Path, fault: str) -> None:
    """The same tar with one thing wrong."""
    folder = backup.parent / "again"
    with tarfile.open(backup) as tar:
        tar.extractall(folder, filter="data")
    if fault == "damaged":
        next(path for path in (folder / "files").rglob("*") if path.is_file()).write_bytes(b"other bytes")
    with tarfile.open(backup, "w") as tar:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            tar.add(path, str(path.relative_to(folder)))
        if fault in {"foreign", "outside"}:
            tar.add(folder / "manifest.json", "../outside.txt" if fault == "outside" else "notes.txt")
        if fault == "link":
            link = tarfile.TarInfo("sluss.toml")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            tar.addfile(link)
