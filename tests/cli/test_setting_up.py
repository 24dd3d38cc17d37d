"""`init`, `setup-link`, `migrate`, `config`: a folder from nothing."""

from __future__ import annotations

import json
import sqlite3
import stat
from pathlib import Path

import pytest

from sluss.migrations import head
from tests.cli.conftest import Cli


def test_init_makes_a_folder_for_its_owner_only(cli: Cli, data: Path) -> None:
    said = cli("init", "--base-url", "https://desk.norrsken.example", "--port", "8123")
    assert said.code == 0
    assert said.out.startswith("https://desk.norrsken.example/setup/you?token=")
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert {stat.S_IMODE((data / name).stat().st_mode) for name in ("sluss.toml", "sealing.key")} == {0o600}
    assert "port = 8123" in (data / "sluss.toml").read_text()


def test_init_never_overwrites(cli: Cli, data: Path) -> None:
    cli("init", "--port", "8123")
    before = {path.name: path.read_bytes() for path in data.iterdir() if path.is_file()}
    said = cli("init", "--port", "9000")
    assert said.code == 5
    assert "nothing was changed" in said.err
    assert {name: (data / name).read_bytes() for name in before} == before


def test_a_wrong_value_leaves_nothing_behind(cli: Cli, data: Path) -> None:
    assert cli("init", "--port", "700000").code == 2
    assert not (data / "sluss.toml").exists()


def test_a_new_link_makes_the_old_one_useless(cli: Cli) -> None:
    first, second = cli("init"), cli("setup-link", "--json")
    assert json.loads(second.out)["url"] != first.out.strip()
    assert json.loads(second.out)["minutes"] == 15


@pytest.mark.parametrize("words", [("agent", "list"), ("setup-link",), ("backup",), ("outbox", "show"), ("inbox", "list")])
def test_a_folder_with_nothing_in_it_is_said_and_not_made(cli: Cli, data: Path, words: tuple[str, ...]) -> None:
    said = cli(*words)
    assert said.code == 3
    assert "sluss init" in said.err
    assert not data.exists()


def test_before_anybody_is_there_the_set_up_is_pointed_at(cli: Cli) -> None:
    cli("init")
    said = cli("agent", "list")
    assert said.code == 3
    assert "sluss setup-link" in said.err


def test_migrate_plans_and_does(cli: Cli, data: Path) -> None:
    plan = cli("migrate", "--plan", "--json")
    assert json.loads(plan.out) == {"revision": "", "wanted": head(), "changed": False}
    assert not (data / "sluss.sqlite3").exists()
    assert json.loads(cli("migrate", "--json").out)["changed"] is True
    assert "nothing to do" in cli("migrate").out


def test_a_database_from_the_future_is_left_alone(set_up: Cli, data: Path) -> None:
    with sqlite3.connect(data / "sluss.sqlite3") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    said = set_up("migrate")
    assert said.code == 5
    assert "newer release" in said.err
    assert set_up("agent", "list").code == 5


def test_config_says_where_each_value_comes_from(cli: Cli, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("init", "--port", "8123")
    monkeypatch.setenv("SLUSS_HOST", "0.0.0.0")
    rows = {row["setting"]: row for row in map(json.loads, cli("config", "--json").out.splitlines())}
    assert rows["SLUSS_PORT"]["value"] == 8123
    origins = {name: rows[f"SLUSS_{name}"]["origin"] for name in ("DATA", "HOST", "PORT", "ROLE")}
    assert origins == {"DATA": "option", "HOST": "environment", "PORT": "file", "ROLE": "default"}


def test_config_shows_no_secret(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUSS_METRICS_TOKEN", "s3cret-token")
    monkeypatch.setenv("SLUSS_DATABASE_URL", "postgresql+psycopg://sluss:s3cret-word@db/sluss")
    said = cli("config")
    assert said.code == 0
    assert "s3cret" not in said.out


def test_one_setting_by_name(cli: Cli) -> None:
    assert "8000" in cli("config", "port").out
    assert cli("config", "colour").code == 3
