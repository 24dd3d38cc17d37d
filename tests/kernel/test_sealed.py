"""Every sealed value is known to the rotation of keys, wherever it lies. F59, T115."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sluss.cards import sources
from sluss.channels.inboxes import InboxFields, change_inbox, connection_of
from sluss.channels.models import inboxes
from sluss.channels.oauth import applications, consents, grants, visits
from sluss.kernel.db import Database
from sluss.kernel.schema import metadata
from sluss.kernel.sealed import Renewed, keys_in_use, reseal_some, sealed_columns
from sluss.kernel.sealing import KeyLost, Sealer
from sluss.kernel.tx import Tx
from sluss.kernel.types import Blob
from sluss.people import oidc_providers
from sluss.people.models import factors, totp_seeds
from tests.world import World

SETTINGS = {"way_in": "listener", "smtp_host": "smtp.norrsken.test", "smtp_port": 587, "smtp_security": "starttls", "smtp_user": "help"}


@pytest.fixture
def sealer(tmp_path: Path) -> Sealer:
    return Sealer.of(tmp_path)


def test_no_sealed_column_is_forgotten() -> None:
    """F59: every column whose name says that it is sealed, of every table there is."""
    named = {one.column for one in sealed_columns()}
    found = {
        column
        for table in metadata.sorted_tables
        for column in table.c
        if isinstance(column.type, Blob) and column.name.startswith("sealed")
    }
    assert found == named
    assert len(named) == len(sealed_columns())


def test_places_are_those_that_the_slices_seal_for(world: World) -> None:
    """F59: a value opens after the rotation only if it is closed for the very same place."""
    who = world.who("ewa")
    places: dict[str, Any] = {
        "application": applications._place(who, "google"),
        "grant": grants._place(who, 7),
        "consent": consents._place(who, 7),
        "visit": visits._place(who, 7),
        "oidc": oidc_providers._place(who),
        "card source": sources._place(who, 7),
        "inbox": ("inbox", who.workspace_id, 7),
        "factor": ("factor", 7, 7),
    }
    assert {one.word for one in sealed_columns()} == set(places)
    for one in sealed_columns():
        word, *parts = places[one.word]
        assert word == one.word
        assert [isinstance(part, str) for part in parts] == [column.name == "provider" for column in one.parts]
        assert (one.parts[0].name == "workspace_id") == (parts[0] == who.workspace_id)


def connect(db: Database, world: World, sealer: Sealer, number: int) -> list[int]:
    """Inboxes with a password each."""
    made = [world.norrsken.inboxes["kundtjanst"].id, world.ferries.inboxes["ferries"].id]
    for inbox_id, key in zip(made[:number], ("ewa", "marek"), strict=False):
        fields = InboxFields(
            name="In", address=f"in{inbox_id}@norrsken.test", settings=SETTINGS, secrets={"smtp_password": f"secret {inbox_id}"}
        )
        db.write_now(change_inbox, world.who(key), sealer, inbox_id, fields)
    return made


def seed(tx: Tx, sealer: Sealer, number: int) -> None:
    """Factors of one person."""
    credential_id = tx.value(sa.select(sa.text("id FROM credentials LIMIT 1")))
    for n in range(number):
        factor_id = tx.new_id()
        row = {"id": factor_id, "credential_id": credential_id, "kind": "totp", "name": f"App {n}", "created_at": tx.now}
        tx.run(sa.insert(factors), row)
        sealed = sealer.seal(f"SEED{n}".encode(), ("factor", credential_id, factor_id))
        tx.run(sa.insert(totp_seeds), {"factor_id": factor_id, "sealed": sealed, "last_step": 0})


def renew_all(db: Database, sealer: Sealer, limit: int) -> list[Renewed]:
    rounds: list[Renewed] = []
    while True:
        done = db.write_now(reseal_some, sealer, sum(one.stuck for one in rounds), limit)
        if done == Renewed(0, 0):
            return rounds
        rounds.append(done)


@pytest.mark.parametrize("limit", [1, 3, 4, 100])
def test_everything_is_closed_anew_and_opens_still(db: Database, world: World, sealer: Sealer, limit: int) -> None:
    """F59: of both workspaces and of no workspace, in rounds of any size; a second time there is nothing to do."""
    made = connect(db, world, sealer, 2)
    db.write_now(seed, sealer, 5)
    old, fresh = sealer.key_ids()[0], sealer.rotate()
    assert db.read_now(keys_in_use) == {old: 7}
    assert sum(one.renewed for one in renew_all(db, sealer, limit)) == 7
    assert db.read_now(keys_in_use) == {fresh: 7}
    sealer.retire(old)
    alone = Sealer(sealer.path)
    assert alone.key_ids() == [fresh]
    assert db.read_now(connection_of, world.who("ewa"), made[0], alone).secrets == {"smtp_password": f"secret {made[0]}"}
    assert renew_all(db, sealer, limit) == []


def test_what_does_not_open_holds_nothing_up(db: Database, world: World, sealer: Sealer, tmp_path: Path) -> None:
    """F59: values under a lost key are told and passed over; all others are closed anew."""
    made = connect(db, world, sealer, 2)
    (tmp_path / "other").mkdir()
    foreign = Sealer.of(tmp_path / "other").seal(b"{}", ("inbox", world.norrsken.id, made[0]))
    db.write_now(lambda tx: tx.run(sa.update(inboxes).where(inboxes.c.id == made[0]).values(sealed=foreign)))
    db.write_now(seed, sealer, 3)
    fresh = sealer.rotate()
    rounds = renew_all(db, sealer, 2)
    assert (sum(one.renewed for one in rounds), sum(one.stuck for one in rounds)) == (4, 1)
    assert db.read_now(keys_in_use)[fresh] == 4


def test_what_was_changed_meanwhile_stays_as_it_was_changed(db: Database, world: World, sealer: Sealer) -> None:
    """F59: somebody stores a new password between the reading and the writing."""
    [inbox_id, _] = connect(db, world, sealer, 1)
    sealer.rotate()

    def change_in_between(data: bytes, about: tuple[str | int, ...]) -> bytes:
        blob = Sealer.seal(sealer, b'{"smtp_password": "newer"}', about)
        holding[0].run(sa.update(inboxes).where(inboxes.c.id == inbox_id).values(sealed=blob))
        return Sealer.seal(sealer, data, about)

    holding: list[Tx] = []

    class Interrupted(Sealer):
        def seal(self, data: bytes, about: tuple[str | int, ...]) -> bytes:
            return change_in_between(data, about)

    def renew(tx: Tx) -> None:
        holding.append(tx)
        reseal_some(tx, Interrupted(sealer.path))

    db.write_now(renew)
    assert db.read_now(connection_of, world.who("ewa"), inbox_id, sealer).secrets == {"smtp_password": "newer"}


def test_a_key_of_another_process_seals_here_at_once(sealer: Sealer) -> None:
    """F59: every process of a set changes over without a restart, and none closes anything with the old key any more."""
    other = Sealer(sealer.path)
    fresh = other.rotate()
    assert sealer.is_current(sealer.seal(b"x", ("inbox", 1, 1)))
    assert sealer.key_ids()[-1] == fresh
    sealed = sealer.seal(b"x", ("inbox", 1, 1))
    other.rotate()
    other.retire(fresh)
    with pytest.raises(KeyLost):
        other.unseal(sealed, ("inbox", 1, 1))


def test_derived_keys_outlive_the_key_they_come_from(sealer: Sealer) -> None:
    """F59"""
    before, old = sealer.derived("links"), sealer.key_ids()[0]
    sealer.rotate()
    sealer.retire(old)
    sealer.rotate()
    sealer.retire(sealer.key_ids()[0])
    assert sealer.derived("links") == Sealer(sealer.path).derived("links") == before
