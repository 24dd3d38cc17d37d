"""`sluss doctor`: each fault is found, named, and comes with its fix; nothing is changed."""

from __future__ import annotations

import json
import socket
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec
import pytest

from sluss.commands import examine_machine
from sluss.commands.examine_data import examine_data
from sluss.commands.house import House
from tests.cli.conftest import Cli, Said

Doctor = Callable[[], dict[str, dict[str, str]]]
Serving = Callable[[], AbstractContextManager[House]]


def findings(said: Said) -> dict[str, dict[str, str]]:
    return {line["check"]: line for line in map(json.loads, said.out.splitlines())}


@pytest.fixture
def doctor(set_up: Cli, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("SLUSS_PORT", str(free.getsockname()[1]))
    return lambda: findings(set_up("doctor", "--json"))


def test_a_healthy_folder_is_well(set_up: Cli, doctor: Doctor) -> None:
    assert {line["state"] for line in doctor().values()} == {"ok"}
    said = set_up("doctor")
    assert said.code == 0
    assert "All is well." in said.err


def test_a_chat_is_added_and_examined(set_up: Cli, doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    """No site, no https, no mailbox to go on by: each with its fix. What a script reads is the line for the pages alone."""
    added = set_up("inbox", "add", "webchat", "--name", "Webb", "--site", "https://www.norrsken.example", "--team", "Bokning")
    assert (added.code, added.out.count("\n"), added.out.startswith("<script async src=")) == (0, 1, True)
    assert "Content-Security-Policy adds: script-src http://127.0.0.1" in added.err
    lines = [line for line in map(json.loads, set_up("doctor", "--json").out.splitlines()) if line["check"] == "inbox"]
    assert [line["state"] for line in lines] == ["ok", "warn", "fail", "warn"]
    assert all(line["fix"] for line in lines if line["state"] != "ok")
    monkeypatch.setenv("SLUSS_BASE_URL", "https://desk.norrsken.example")
    assert doctor()["inbox"]["state"] == "warn"
    shown = json.loads(set_up("inbox", "snippet", "webb", "--json").out)
    assert shown["policy"].startswith("script-src https://desk.norrsken.example;")
    assert set_up("inbox", "add", "webchat").err == "Web site that shows it is missing. Give it with --site https://www.example.com.\n"
    assert set_up("inbox", "add", "x@norrsken.example", "--site", "https://www.norrsken.example").code == 2


def test_where_nothing_is_set_up_it_says_what_to_do(cli: Cli) -> None:
    said = cli("doctor")
    assert said.code == 1
    assert "sluss init" in said.out


def test_each_line_that_is_not_well_has_a_fix(cli: Cli, data: Path) -> None:
    data.mkdir(mode=0o755)
    lines = findings(cli("doctor", "--json"))
    assert lines["folder"]["state"] == "warn"
    assert "chmod 700" in lines["folder"]["fix"]
    assert all(line["fix"] for line in lines.values() if line["state"] != "ok")


def test_a_key_that_others_can_read(doctor: Doctor, data: Path) -> None:
    (data / "sealing.key").chmod(0o644)
    assert "chmod 600" in doctor()["sealing key"]["detail"]


def test_a_missing_key(doctor: Doctor, data: Path) -> None:
    (data / "sealing.key").unlink()
    assert doctor()["sealing key"]["state"] == "fail"
    assert not (data / "sealing.key").exists()


def test_a_taken_port(set_up: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("SLUSS_PORT", str(taken.getsockname()[1]))
        said = set_up("doctor", "--json")
    assert said.code == 1
    assert findings(said)["port"]["state"] == "fail"


def test_an_old_schema(doctor: Doctor, data: Path) -> None:
    with sqlite3.connect(data / "sluss.sqlite3") as database:
        database.execute("UPDATE alembic_version SET version_num = '0000'")
    database.close()
    assert "sluss migrate" in doctor()["schema"]["fix"]


def test_a_database_that_is_none(doctor: Doctor, data: Path) -> None:
    for name in ("sluss.sqlite3", "sluss.sqlite3-wal", "sluss.sqlite3-shm"):
        (data / name).unlink(missing_ok=True)
    (data / "sluss.sqlite3").write_bytes(b"a letter to my aunt, and no database at all. " * 100)
    line = doctor()["database"]
    assert line["state"] == "fail"
    assert "sluss restore" in line["fix"]


def test_a_clock_that_is_wrong(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examine_machine, "BUILT", 4_000_000_000)
    assert doctor()["clock"]["state"] == "fail"


def test_a_network_disk(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    """F12: locks do not hold over NFS."""
    monkeypatch.setattr(examine_machine, "_file_system", lambda _path: "nfs4")
    assert doctor()["disk kind"]["state"] == "fail"


def test_a_setting_that_cannot_be_used(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUSS_ROLE", "boss")
    said = cli("doctor", "--json")
    assert said.code == 1
    assert findings(said)["settings"]["state"] == "fail"


def test_plain_http_for_others_is_a_warning(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUSS_BASE_URL", "http://desk.norrsken.example")
    assert doctor()["https"]["state"] == "warn"


def test_a_running_server_is_well(doctor: Doctor, serving: Serving) -> None:
    with serving():
        assert doctor()["server"]["detail"] == "runs here"


def test_the_database_of_either_kind_is_examined(house: House, database_url: str) -> None:
    config = msgspec.structs.replace(house.config, database_url=database_url if house.db.kind == "postgresql" else "")
    if house.db.kind == "sqlite":
        house.db.backup_to(house.folder.database)
    states = {line.check: line.state for line in examine_data(config)}
    assert states["database"] == states["schema"] == states["intake"] == "ok"


def test_a_postgresql_that_is_away(house: House) -> None:
    config = msgspec.structs.replace(house.config, database_url="postgresql+psycopg://sluss@127.0.0.1:1/sluss")
    (line,) = examine_data(config)
    assert line.state == "fail"
    assert "SLUSS_DATABASE_URL" in line.fix
