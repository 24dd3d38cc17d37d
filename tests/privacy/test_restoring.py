"""What was erased stays erased: after a restore of an older backup, and after a kill at any point of the work."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from sluss.cases.models import cases, messages
from sluss.commands.house import open_house
from sluss.config import load
from sluss.contacts.models import contacts, identities
from sluss.kernel.db import Database
from sluss.privacy.journal import NAME, Begun, Journal, marked
from sluss.privacy.models import erasures
from sluss.sandbox.customers.founding import found_demo
from tests.cli.conftest import Cli

ERASE = "from sluss.cli import main; import sys; sys.exit(main(sys.argv[1:]))"


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Norrsken Air with its past, made once."""
    folder = tmp_path_factory.mktemp("founded") / "data"
    found_demo(load({"data": str(folder)}), seed=7, password="norrsken-demo")
    return folder


@pytest.fixture
def company(founded: Path, data: Path, cli: Cli) -> Cli:
    shutil.copytree(founded, data)
    return cli


def busiest(folder: Path) -> tuple[int, str]:
    """The contact with the most cases, and an address."""

    def find(db: Database) -> tuple[int, str]:
        many = sa.select(cases.c.contact_id).group_by(cases.c.contact_id).order_by(sa.func.count().desc(), cases.c.contact_id).limit(1)
        contact_id = db.read_now(lambda tx: tx.value(many))
        return contact_id, db.read_now(lambda tx: tx.value(sa.select(identities.c.address).where(identities.c.contact_id == contact_id)))

    with open_house(load({"data": str(folder)})) as house:
        return find(house.db)


def left_of(folder: Path, contact_id: int) -> tuple[int, int, int]:
    """Cases, contacts, and erasures that are not over."""
    with open_house(load({"data": str(folder)})) as house:
        counts = [
            (sa.select(sa.func.count()).select_from(cases).where(cases.c.contact_id == contact_id)),
            (sa.select(sa.func.count()).select_from(contacts).where(contacts.c.id == contact_id)),
            (sa.select(sa.func.count()).select_from(erasures).where(erasures.c.phase.not_in(("files", "over")))),
        ]
        return tuple(house.db.read_now(lambda tx: [int(tx.value(one)) for one in counts]))  # type: ignore[return-value]


def test_an_older_backup_does_not_bring_anybody_back(company: Cli, data: Path, tmp_path: Path) -> None:
    """The journal of erasures is kept beside the database, and applied to what is restored; it names nobody."""
    contact_id, address = busiest(data)
    assert company("backup", str(tmp_path / "before.tar")).code == 0
    counted = json.loads(company("contact", "erase", "--contact", address, "--dry-run", "--json").out)
    assert counted["cases"] > 0
    assert company("contact", "erase", "--contact", address, "--yes").code == 0
    assert left_of(data, contact_id) == (0, 0, 0)
    assert address.encode() not in (data / NAME).read_bytes()
    restored = company("restore", str(tmp_path / "before.tar"), "--yes")
    assert restored.code == 0
    assert "1 contacts" in restored.err
    assert left_of(data, contact_id) == (0, 0, 0)
    assert company("contact", "erase", "--contact", address, "--dry-run").code == 3


def test_elsewhere_the_journal_has_to_be_brought(company: Cli, data: Path, tmp_path: Path) -> None:
    contact_id, address = busiest(data)
    company("backup", str(tmp_path / "before.tar"))
    company("contact", "erase", "--contact", address, "--yes")
    elsewhere = tmp_path / "elsewhere"
    said = company("restore", str(tmp_path / "before.tar"), "--data", str(elsewhere))
    assert "journal of erasures" in said.err
    assert left_of(elsewhere, contact_id)[0] > 0
    shutil.copy(data / NAME, elsewhere / NAME)
    assert company("contact", "reapply", "--data", str(elsewhere)).code == 0
    assert left_of(elsewhere, contact_id) == (0, 0, 0)


def test_an_export_by_command(company: Cli, data: Path, tmp_path: Path) -> None:
    _, address = busiest(data)
    assert company("contact", "export", str(tmp_path / "out.zip"), "--contact", address).code == 0
    assert (tmp_path / "out.zip").stat().st_mode & 0o777 == 0o600
    assert company("contact", "export", str(tmp_path / "out.zip"), "--contact", address).code == 5
    assert company("contact", "export", str(tmp_path / "two.zip"), "--contact", "nobody@kund.example").code == 3


@pytest.mark.parametrize("passes", [1, 2, 4, 9, 14])
def test_killed_in_the_midst_it_is_finished_by_the_next(company: Cli, data: Path, passes: int) -> None:
    """F2: SIGKILL after one transaction or another; whoever starts next goes on, and nobody is half erased for good."""
    contact_id, address = busiest(data)
    words = ["contact", "--data", str(data), "erase", "--contact", address, "--yes"]
    killed = subprocess.run(
        [sys.executable, "-c", ERASE, *words],
        env=os.environ | {"SLUSS_FAULT": f"erased-some:kill:{passes}"},
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert company("contact", "reapply").code == 0
    assert left_of(data, contact_id) == (0, 0, 0)
    with open_house(load({"data": str(data)})) as house:
        assert house.db.read_now(lambda tx: tx.value(sa.text("PRAGMA integrity_check"))) == "ok"
        assert not house.db.read_now(lambda tx: tx.rows(sa.text("PRAGMA foreign_key_check")))
        assert house.db.read_now(lambda tx: tx.value(sa.select(sa.func.count()).select_from(messages))) > 0


def test_a_torn_line_ends_no_journal(tmp_path: Path) -> None:
    """F5: a power cut in the midst of a line."""
    journal = Journal(tmp_path)
    journal.add(Begun(erasure=1, workspace=2, contact=3, mode="erase", at=4))
    with journal.path.open("ab") as file:
        file.write(b'{"type":"begun","era')
    journal.add(marked(2, 1, [b"x"]), Begun(erasure=5, workspace=2, contact=6, mode="erase", at=4))
    assert sorted(journal.begun()) == [1, 5]
    assert len(list(journal.lines())) == 3
    assert journal.path.stat().st_mode & 0o777 == 0o600
