"""`sluss key` and `sluss audit`: what a person sees, beside a server and without; and what a stolen database shows. T18, T115, F59."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pyotp.totp import TOTP

from sluss.channels.inboxes import InboxFields, create_inbox
from sluss.commands.examine_data import examine_data
from sluss.commands.house import House, open_house
from sluss.config import Config, load
from sluss.kernel.actors import system
from sluss.kernel.clock import MINUTE, SECOND
from sluss.kernel.db import Database
from sluss.kernel.sealing import Sealer
from sluss.kernel.tokens import hash_of
from sluss.kernel.workspaces import all_workspaces
from sluss.people import totp
from sluss.people.links import Whose, new_link
from sluss.people.sessions import Browser, open_session
from sluss.people.tokens import NewToken, create_token, hint_of, new_word
from tests.cli.conftest import Cli
from tests.servers.postgres import Postgres, _binary
from tests.world import World

SETTINGS = {"way_in": "listener", "smtp_host": "smtp.norrsken.test", "smtp_port": 587, "smtp_security": "starttls", "smtp_user": "help"}
SECRET = "Marsvin-i-hängmattan-7"
Serving = Callable[[], AbstractContextManager[House]]


def connect(db: Database, sealer: Sealer) -> None:
    who = system(db.read_now(all_workspaces)[0].id)
    fields = InboxFields(name="Bokning", address="bokning@norrsken.example", settings=SETTINGS, secrets={"smtp_password": SECRET})
    db.write_now(create_inbox, who, sealer, "email", fields)


def with_an_inbox(data: Path) -> None:
    with open_house(load({"data": str(data)})) as house:
        connect(house.db, house.sealer)


def listed(cli: Cli) -> list[dict[str, Any]]:
    return [json.loads(line) for line in cli("key", "list", "--json").out.splitlines()]


def test_a_key_is_made_used_and_retired(set_up: Cli, data: Path) -> None:
    """F59: without a server."""
    with_an_inbox(data)
    [before] = listed(set_up)
    assert (before["values"], before["seals"]) == (1, True)
    said = set_up("key", "rotate", "--json")
    assert (said.code, json.loads(said.out)) == (0, {"renewed": 1, "stuck": 0})
    assert [(one["values"], one["seals"]) for one in listed(set_up)] == [(0, False), (1, True)]
    early = set_up("key", "retire", before["key"])
    assert (early.code, "not a minute old" in early.err) == (5, True)
    grow_old(data)
    assert set_up("key", "retire", before["key"]).code == 0
    assert len(listed(set_up)) == 1
    assert set_up("key", "retire", before["key"]).code == 3
    assert set_up("key", "retire", listed(set_up)[0]["key"]).code == 5


def test_a_key_that_is_needed_stays(set_up: Cli, data: Path) -> None:
    """F59: a rotation that was cut off is finished before its key can go."""
    with_an_inbox(data)
    Sealer.of(data).rotate()
    grow_old(data)
    old = listed(set_up)[0]["key"]
    refused = set_up("key", "retire", old)
    assert (refused.code, "1 values still need the key" in refused.err) == (5, True)
    assert set_up("key", "rotate", "--resume").code == 0
    assert len(listed(set_up)) == 2
    assert set_up("key", "retire", old).code == 0


def test_the_running_server_does_it(set_up: Cli, data: Path, serving: Serving) -> None:
    """F59"""
    with_an_inbox(data)
    with serving() as house:
        assert set_up("key", "rotate").code == 0
        assert house.sealer.key_ids()[-1] == listed(set_up)[-1]["key"]
        assert [one["values"] for one in listed(set_up)] == [0, 1]


def grow_old(data: Path) -> None:
    path = data / "sealing.key"
    path.write_text(re.sub(r'"made_at":(\d+)', lambda found: f'"made_at":{int(found[1]) - 2 * MINUTE}', path.read_text()))


def test_the_audit_log_is_followed_and_its_seal_holds(set_up: Cli, data: Path) -> None:
    """T18"""
    said = set_up("audit", "verify")
    assert (said.code, "none changed" in said.out) == (0, True)
    seal = said.out.split()[-1]
    with_an_inbox(data)
    assert set_up("audit", "verify", "--holds", seal).code == 0
    forged = set_up("audit", "verify", "--holds", seal[:-1] + ("0" if seal[-1] != "0" else "1"))
    assert (forged.code, "does not hold" in forged.out) == (1, True)
    assert set_up("audit", "verify", "--holds", "nonsense").code == 2


def test_a_changed_line_is_named_by_the_command_and_by_the_doctor(set_up: Cli, data: Path) -> None:
    """T18"""
    with open_house(load({"data": str(data)})) as house:
        for words in ("DROP TRIGGER audit_no_update", "UPDATE audit SET action = 'x' WHERE seq = 2"):
            house.db.with_connection(lambda conn, words=words: conn.exec_driver_sql(words))
    said = set_up("audit", "verify")
    assert (said.code, "line 2 (x, id" in said.out) == (1, True)
    doctor = set_up("doctor")
    assert re.search(r"FAIL\s+audit log", doctor.out)


def walls_of(url: str, folder: Path) -> list[tuple[str, str]]:
    return [(one.state, one.detail) for one in examine_data(Config(data=str(folder), database_url=url)) if one.check == "walls"]


def test_the_doctor_looks_at_the_walls(postgres: Postgres, db: Database, tmp_path: Path) -> None:
    """T1: a role that sees over them, and a table without one."""
    if db.kind == "sqlite":
        return
    assert walls_of(db.url, tmp_path) == [("ok", "row-level security keeps companies apart")]
    assert walls_of(db.url.replace("//sluss@", "//postgres@"), tmp_path)[0][0] == "warn"
    postgres.sql("ALTER TABLE cases DISABLE ROW LEVEL SECURITY", db.url.rpartition("/")[2])
    assert walls_of(db.url, tmp_path) == [("fail", "no row-level security on cases")]


def sow(db: Database, world: World, sealer: Sealer) -> list[str]:
    """Secrets of every kind, through the actions that store them."""
    ewa, config = world.who("ewa"), Config()
    word, seed = new_word(), totp.new_seed()
    connect(db, sealer)
    new = NewToken(token_hash=hash_of(word), hint=hint_of(word), name="Export", scopes=("cases:read",), agent_id=ewa.id)
    db.write_now(create_token, ewa, new)
    session = db.write_now(open_session, ewa.workspace_id, ewa.id, Browser("Firefox", "192.0.2.1"), config)
    link = db.write_now(new_link, "password", Whose(ewa.workspace_id, ewa.id))
    code = TOTP(seed).generate_otp(db.clock() // SECOND // totp.STEP)
    assert db.write_now(totp.add_app, ewa, sealer, totp.First(seed, code, "App"))
    return [SECRET, word, seed, session, link]


@pytest.fixture
def sown(db: Database, world: World, tmp_path: Path) -> list[str]:
    return sow(db, world, Sealer.of(tmp_path))


def test_a_stolen_database_shows_no_secret(postgres: Postgres, db: Database, sown: list[str]) -> None:
    """T115: the bytes of the SQLite file and its log, and what pg_dump writes, as the owner bound by the walls."""
    dumped = _dump_of(db, postgres)
    assert b"bokning@norrsken.example" in dumped
    for secret in sown:
        for form in (secret.encode(), secret.encode().hex().encode(), json.dumps(secret)[1:-1].encode()):
            assert form not in dumped, secret
    assert db.read_now(lambda tx: tx.value(sa.text("SELECT count(*) FROM totp_seeds"))) == 1


def _dump_of(db: Database, postgres: Postgres) -> bytes:
    if db.kind == "sqlite":
        return b"".join(path.read_bytes() for path in db.path.parent.glob(f"{db.path.name}*"))
    assert postgres.running
    command = [_binary("pg_dump"), "--enable-row-security", db.url.replace("+psycopg", "")]
    return subprocess.run(command, check=True, capture_output=True).stdout
