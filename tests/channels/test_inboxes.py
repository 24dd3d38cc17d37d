"""Inboxes: claimed addresses, sealed secrets, who may change them, and adapters that are kept listening. T1, T22; F4, F54."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
import sqlalchemy as sa

from sluss.channels.contract import Connection, Surroundings
from sluss.channels.hosting import Hosting
from sluss.channels.inboxes import (
    InboxFields,
    access_inbox,
    archive_inbox,
    change_inbox,
    connection_of,
    create_inbox,
    inbox_at,
    list_inboxes,
    pause_inbox,
    resume_inbox,
    teams_of,
)
from sluss.channels.models import inboxes
from sluss.channels.progress import get_cursor, put_cursor, record_progress
from sluss.kernel.actors import Actor, system
from sluss.kernel.audit import list_deeds
from sluss.kernel.clock import MINUTE, TestClock
from sluss.kernel.db import Database
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing
from sluss.kernel.events import events
from sluss.kernel.leases import LeaseLost, acquire
from sluss.kernel.sealing import SealBroken, Sealer
from sluss.kernel.signals import Signals
from sluss.kernel.workspaces import NewWorkspace, create_workspace
from sluss.people.models import teams

SETTINGS = {"imap_host": "imap.norrsken.example", "smtp_host": "smtp.norrsken.example", "user": "support"}
FIELDS = InboxFields(name="Support", address=" Support@Norrsken.example ", settings=SETTINGS, secrets={"password": "kanelbulle"})


def admin_of(db: Database, name: str) -> Actor:
    workspace_id = db.write_now(create_workspace, NewWorkspace(name, host=name.split(maxsplit=1)[0].lower()))
    return Actor(workspace_id, "agent", 1, "Ewa Nowak", "admin", inbox_ids=None)


@pytest.fixture
def ewa(db: Database) -> Actor:
    return admin_of(db, "Norrsken Air")


@pytest.fixture
def sealer(tmp_path: Path) -> Sealer:
    return Sealer.of(tmp_path)


@pytest.fixture
def inbox_id(db: Database, ewa: Actor, sealer: Sealer) -> int:
    return db.write_now(create_inbox, ewa, sealer, "email", FIELDS)


def test_a_new_inbox_is_there_and_its_address_leads_to_it(db: Database, ewa: Actor, inbox_id: int) -> None:
    found = db.read_now(access_inbox, ewa, inbox_id)
    assert (found.name, found.address, found.enabled, found.receiving) == ("Support", "support@norrsken.example", True, "starting")
    assert db.read_now(inbox_at, "SUPPORT@norrsken.example") == (ewa.workspace_id, inbox_id)


def test_secrets_come_out_only_for_the_adapter(db: Database, ewa: Actor, sealer: Sealer, inbox_id: int) -> None:
    assert db.read_now(connection_of, ewa, inbox_id, sealer).secrets == {"password": "kanelbulle"}
    everything = [db.read_now(lambda tx, table=table: tx.rows(sa.select(table))) for table in inboxes.metadata.sorted_tables]
    shown = db.read_now(list_inboxes, ewa)
    assert "kanelbulle" not in repr((everything, shown))


def test_sealed_secrets_do_not_open_in_another_inbox(db: Database, ewa: Actor, sealer: Sealer, inbox_id: int) -> None:
    other = db.write_now(create_inbox, ewa, sealer, "email", msgspec.structs.replace(FIELDS, address="press@norrsken.example"))
    sealed = sa.select(inboxes.c.sealed).where(inboxes.c.id == inbox_id).scalar_subquery()
    db.write_now(lambda tx: tx.run(sa.update(inboxes).where(inboxes.c.id == other).values(sealed=sealed)))
    with pytest.raises(SealBroken):
        db.read_now(connection_of, ewa, other, sealer)


def test_an_address_belongs_to_one_inbox_of_one_workspace(db: Database, ewa: Actor, sealer: Sealer, inbox_id: int) -> None:
    """T22."""
    for who in (ewa, admin_of(db, "Other Air")):
        with pytest.raises(Invalid) as wrong:
            db.write_now(create_inbox, who, sealer, "email", FIELDS)
        assert list(wrong.value.fields) == ["address"]
    alias = msgspec.structs.replace(FIELDS, address="x@norrsken.example", settings=SETTINGS | {"aliases": ["support@norrsken.example"]})
    with pytest.raises(Invalid) as wrong:
        db.write_now(create_inbox, ewa, sealer, "email", alias)
    assert list(wrong.value.fields) == ["aliases"]


async def test_of_two_claims_at_once_one_wins(db: Database, ewa: Actor, sealer: Sealer) -> None:
    """T22."""
    claims = [db.write(create_inbox, who, sealer, "email", FIELDS) for who in (ewa, admin_of(db, "Other Air"))]
    results = await asyncio.gather(*claims, return_exceptions=True)
    assert sorted(isinstance(one, Invalid) for one in results) == [False, True]


def test_every_wrong_field_is_named_at_once(db: Database, ewa: Actor, sealer: Sealer) -> None:
    wrong_fields = InboxFields(
        name=" ", address="support@norrsken.example", settings={"imap_port": "many"}, team_ids=(4711,), reopen_days=-1
    )
    with pytest.raises(Invalid) as wrong:
        db.write_now(create_inbox, ewa, sealer, "email", wrong_fields)
    assert {"name", "imap_port", "team", "reopen_days"} <= set(wrong.value.fields)
    assert db.read_now(list_inboxes, ewa) == []


def test_an_empty_secret_keeps_the_stored_one(db: Database, ewa: Actor, sealer: Sealer, inbox_id: int, clock: TestClock) -> None:
    clock.move(MINUTE)
    changed = msgspec.structs.replace(FIELDS, name="Kundtjänst", address="hej@norrsken.example", secrets={"password": ""})
    db.write_now(change_inbox, ewa, sealer, inbox_id, changed)
    connection = db.read_now(connection_of, ewa, inbox_id, sealer)
    assert (connection.name, connection.secrets) == ("Kundtjänst", {"password": "kanelbulle"})
    assert (db.read_now(inbox_at, "support@norrsken.example"), db.read_now(inbox_at, "hej@norrsken.example")) == (
        None,
        (ewa.workspace_id, inbox_id),
    )


def test_teams_that_handle_it(db: Database, ewa: Actor, sealer: Sealer) -> None:
    team = db.write_now(lambda tx: tx.run(sa.insert(teams), {"workspace_id": ewa.workspace_id, "id": 7, "name": "Desk"}) and 7)
    inbox_id = db.write_now(create_inbox, ewa, sealer, "email", msgspec.structs.replace(FIELDS, team_ids=(team, team)))
    assert db.read_now(teams_of, ewa, inbox_id) == (7,)


def test_a_paused_inbox_takes_nothing_until_it_is_resumed(db: Database, ewa: Actor, inbox_id: int) -> None:
    db.write_now(pause_inbox, ewa, inbox_id)
    assert db.read_now(inbox_at, "support@norrsken.example") is None
    db.write_now(resume_inbox, ewa, inbox_id)
    assert db.read_now(inbox_at, "support@norrsken.example") is not None


def test_an_archived_inbox_forgets_its_secrets_and_frees_its_address(db: Database, ewa: Actor, sealer: Sealer, inbox_id: int) -> None:
    db.write_now(archive_inbox, ewa, inbox_id)
    assert (db.read_now(list_inboxes, ewa), db.read_now(connection_of, ewa, inbox_id, sealer).secrets) == ([], {})
    assert db.write_now(create_inbox, ewa, sealer, "email", FIELDS)
    with pytest.raises(Conflict):
        db.write_now(resume_inbox, ewa, inbox_id)


def test_only_administrators_change_and_strangers_see_nothing(db: Database, ewa: Actor, sealer: Sealer, inbox_id: int) -> None:
    """T1: another workspace's inbox is missing, not forbidden."""
    with pytest.raises(Forbidden):
        db.write_now(pause_inbox, msgspec.structs.replace(ewa, role="lead"), inbox_id)
    stranger = admin_of(db, "Other Air")
    for act in (pause_inbox, resume_inbox, archive_inbox):
        with pytest.raises(Missing):
            db.write_now(act, stranger, inbox_id)
    with pytest.raises(Missing):
        db.read_now(connection_of, stranger, inbox_id, sealer)


def test_every_change_is_audited(db: Database, ewa: Actor, inbox_id: int) -> None:
    db.write_now(pause_inbox, ewa, inbox_id)
    assert [(one.action, one.actor_id) for one in db.read_now(list_deeds, ewa)] == [
        ("inbox.pause", ewa.id),
        ("inbox.create", ewa.id),
    ]


def test_progress_is_told_when_it_changes(db: Database, ewa: Actor, inbox_id: int, clock: TestClock) -> None:
    for state, reason in (("ok", ""), ("ok", ""), ("failing", "No route"), ("failing", "Refused"), ("ok", "")):
        clock.move(MINUTE)
        db.write_now(record_progress, system(ewa.workspace_id), inbox_id, state, reason)
    told = db.read_now(lambda tx: tx.rows(sa.select(events.c.data).where(events.c.kind == "inbox_receiving").order_by(events.c.id)))
    assert [row.data["state"] for row in told] == ["ok", "failing", "ok"]
    assert db.read_now(access_inbox, ewa, inbox_id).receiving_since == clock.now


def test_a_paused_reader_cannot_move_a_cursor(db: Database, ewa: Actor, inbox_id: int, clock: TestClock) -> None:
    """F4."""
    who = system(ewa.workspace_id)
    stale = db.write_now(acquire, f"inbox:{inbox_id}", "a", 10)
    clock.move(MINUTE)
    fresh = db.write_now(acquire, f"inbox:{inbox_id}", "b", 10)
    assert stale is not None
    assert fresh is not None
    db.write_now(put_cursor, who, fresh, inbox_id, ("INBOX", {"uid": 8}))
    with pytest.raises(LeaseLost):
        db.write_now(put_cursor, who, stale, inbox_id, ("INBOX", {"uid": 7}))
    assert db.read_now(get_cursor, who, inbox_id, "INBOX") == {"uid": 8}


class Ear:
    """An adapter that notes who listens, and fails when told to."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[str] = asyncio.Queue()
        self.left: asyncio.Queue[str] = asyncio.Queue()
        self.fail: set[str] = set()

    async def listen(self, connection: Connection, around: Surroundings) -> None:
        await around.progress("ok", "")
        await around.cursors.put("place", {"n": 1})
        await self.heard.put(connection.name)
        if connection.name in self.fail:
            self.fail.discard(connection.name)
            message = "the network said nonsense"
            raise ValueError(message)
        try:
            await asyncio.Event().wait()
        finally:
            self.left.put_nowait(connection.name)


@pytest.fixture
async def ear(db: Database, sealer: Sealer, inbox_id: int) -> AsyncIterator[Ear]:
    """The inbox is being listened for."""
    ear = Ear()
    hosting = host(db, sealer, ear)
    running = asyncio.create_task(hosting.run())
    yield ear
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def host(db: Database, sealer: Sealer, ear: Ear, holder: str = "here") -> Hosting:
    hosting = Hosting(db, sealer, Signals(db.host), cast("Any", None), holder)
    hosting._channel = lambda _: cast("Any", ear)
    hosting._first_wait = 0.01
    return hosting


async def test_a_crash_of_one_adapter_stops_no_other(db: Database, ewa: Actor, sealer: Sealer, ear: Ear) -> None:
    """F54: the one that crashed is started again, and the page says why it stood still."""
    assert await ear.heard.get() == "Support"
    ear.fail.add("Press")
    await db.write(create_inbox, ewa, sealer, "email", msgspec.structs.replace(FIELDS, name="Press", address="press@norrsken.example"))
    assert [await ear.heard.get(), await ear.heard.get()] == ["Press", "Press"]
    reasons = db.read_now(lambda tx: tx.rows(sa.select(events.c.data).where(events.c.kind == "inbox_receiving")))
    assert "the network said nonsense" in [row.data["reason"] for row in reasons]
    assert ear.heard.empty()


@pytest.fixture
def rename(db: Database, ewa: Actor, sealer: Sealer, inbox_id: int, clock: TestClock) -> Callable[[str], Awaitable[None]]:
    """An administrator gives the inbox another name, a minute later."""

    async def change(name: str) -> None:
        clock.move(MINUTE)
        await db.write(change_inbox, ewa, sealer, inbox_id, msgspec.structs.replace(FIELDS, name=name))

    return change


async def test_changed_settings_start_the_adapter_anew(ear: Ear, rename: Callable[[str], Awaitable[None]]) -> None:
    assert await ear.heard.get() == "Support"
    await rename("Kundtjänst")
    assert (await ear.left.get(), await ear.heard.get()) == ("Support", "Kundtjänst")


async def test_a_paused_inbox_is_not_listened_for(db: Database, ewa: Actor, inbox_id: int, ear: Ear) -> None:
    assert await ear.heard.get() == "Support"
    await db.write(pause_inbox, ewa, inbox_id)
    assert await ear.left.get() == "Support"


async def test_an_address_with_a_token_or_a_plus_leads_to_its_inbox(db: Database, ewa: Actor, sealer: Sealer, inbox_id: int) -> None:
    hosting = host(db, sealer, Ear())
    for local in ("support", "Support+c.abcdefgh", "support+vip", "support-c.abcd"):
        found = await hosting.resolve(f"{local}@norrsken.example")
        assert found is not None
        assert found.inbox_id == inbox_id
    assert await hosting.resolve("nobody@norrsken.example") is None
