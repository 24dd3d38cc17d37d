"""Erasing one person: nothing of them is left anywhere, everything of others is; the books balance; they can come back."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from sluss.cases.models import cases, messages, notes
from sluss.contacts.models import contacts
from sluss.intake.conservation import check_conservation
from sluss.intake.models import envelopes
from sluss.kernel.audit import audit
from sluss.kernel.blobs import collect_loose
from sluss.kernel.clock import HOUR, MINUTE, SECOND, TestClock
from sluss.kernel.errors import Conflict, Forbidden, Invalid
from sluss.kernel.schema import metadata
from sluss.kernel.search import find_cases
from sluss.outbox.models import operations
from sluss.privacy.models import erasures
from sluss.privacy.orders import Rules, approve_erasure, cancel_erasure, change_rules, extent_of, hold_contact, order_erasure
from sluss.privacy.work import run_erasure, some_work
from tests.privacy.conftest import HER, MARKS, OTHER, SHARED, Scene, mail


def told_in_tables(scene: Scene) -> list[str]:
    """Every place in every table, the search included, where one of her words still stands."""
    names = [table.name for table in metadata.sorted_tables] + ["search"]
    found: list[str] = []
    for name in names:
        for row in scene.rows(sa.text(f"SELECT * FROM {name}")):  # noqa: S608 - names of our own tables
            text = " ".join(bytes(one).decode("latin-1") if isinstance(one, bytes | memoryview) else str(one) for one in row).lower()
            found += [f"{name}: {mark}: {text[:200]}" for mark in MARKS if mark in text]
    return found


def told_in_files(folder: Path) -> list[str]:
    """Every file under a folder that holds one of her words."""
    data = ((path, path.read_bytes().lower()) for path in folder.rglob("*") if path.is_file())
    return [f"{path.name}: {mark}" for path, content in data for mark in MARKS if mark.encode() in content]


async def grow_old_and_collect(scene: Scene) -> None:
    """An hour passes for the files; the test's clock and the disk's are not the same."""
    for path in scene.files.folder.rglob("*"):
        if path.is_file():
            os.utime(path, (0, 0))
    await collect_loose(scene.db, scene.files)


@pytest.mark.parametrize("mode", ["erase", "pseudonymise"])
async def test_nothing_of_her_is_left_anywhere(everywhere: Scene, tmp_path: Path, mode: str) -> None:
    """T119: every field and channel, the search, the raw mails, the quarantine, the outbox, files, the database's own file and a backup."""
    scene = everywhere
    assert {mark for mark in MARKS if any(mark in one for one in told_in_tables(scene))} >= set(MARKS) - {"zqfile"}
    scene.erase(scene.contact_of(HER), mode)
    assert told_in_tables(scene) == []
    await grow_old_and_collect(scene)
    assert told_in_files(scene.folder) == []
    if scene.db.kind == "sqlite":
        assert told_in_files(scene.db.path.parent) == []
        scene.db.backup_to(tmp_path / "copy.sqlite3")
        assert told_in_files(tmp_path) == []
        with closing(sqlite3.connect(tmp_path / "copy.sqlite3")) as copy:
            assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert copy.execute("PRAGMA foreign_key_check").fetchall() == []


async def test_what_is_others_stays(everywhere: Scene) -> None:
    scene = everywhere
    bo = scene.contact_of(OTHER)
    scene.erase(scene.contact_of(HER))
    await grow_old_and_collect(scene)
    assert [row.name for row in scene.rows(sa.select(contacts).where(contacts.c.id == bo))] == ["Bo"]
    [case] = scene.cases_of(bo)
    said = [row.fresh for row in scene.rows(sa.select(messages).order_by(messages.c.id))]
    assert said == ["Bos text", "Vi ser på det", "fråga [–] om det"]
    assert [row.text for row in scene.rows(sa.select(notes))] == ["ring [–]"]
    assert case.preview == "fråga [–] om det"
    [file] = scene.rows(sa.text("SELECT digest FROM attachments"))
    assert scene.files.read(file.digest) == SHARED
    assert scene.db.read_now(find_cases, scene.who, "fråga") == [case.id]
    assert scene.db.read_now(find_cases, scene.who, "zqtext") == []


async def test_the_books_balance(everywhere: Scene) -> None:
    """I1: acknowledged is processed, queued, quarantined, or erased by order."""
    scene = everywhere
    scene.erase(scene.contact_of(HER))
    balance = scene.db.write_now(check_conservation, scene.who)
    assert (balance.acknowledged, balance.missing, balance.orphans, balance.quarantined) == (6, 0, 0, 0)
    assert balance.erased == 4


async def test_a_pseudonymised_contact_leaves_its_figures(everywhere: Scene) -> None:
    scene = everywhere
    her = scene.contact_of(HER)
    before = len(scene.rows(sa.select(messages)))
    numbers = [row.number for row in scene.cases_of(her)]
    scene.erase(her, "pseudonymise")
    assert len(scene.rows(sa.select(messages))) == before
    assert [row.number for row in scene.cases_of(her)] == numbers
    assert {row.subject for row in scene.cases_of(her)} == {"[–]"}


async def test_answers_that_wait_do_not_leave(everywhere: Scene) -> None:
    """F52: what is in the outbox is given up before anything is removed."""
    scene = everywhere
    her = scene.contact_of(HER)
    assert scene.db.read_now(extent_of, scene.who, her).pending == 1
    scene.erase(her, "pseudonymise")
    states = {row.state for row in scene.rows(sa.select(operations)) if row.recipient.startswith("erased:")}
    assert states == {"cancelled"}


async def test_what_she_writes_afterwards_begins_anew(everywhere: Scene) -> None:
    """F52: a message during and after the erasure starts a fresh record; the old ones stay away when they are delivered again."""
    scene = everywhere
    her = scene.contact_of(HER)
    erasure_id = scene.db.write_now(order_erasure, scene.who, her, "erase", str(her))
    scene.db.write_now(lambda tx: tx.run(sa.update(erasures).values(starts_at=0)))
    some_work(scene.room)
    await scene.bring(mail(f"Åsa <{HER}>", "Hej igen", "mitt under", message_id="new1@zqkund.example"))
    run_erasure(scene.room, erasure_id)
    old = mail(f"Zqnamn Öst <{HER}>", "zqsubject två", "zqtext igen", message_id="zqraw2@zqkund.example")
    await scene.bring(mail(f"Åsa <{HER}>", "Hej igen", "efteråt", message_id="new2@zqkund.example"), old + b" ")
    fresh = scene.contact_of(HER)
    assert fresh != her
    assert [row.preview for row in scene.cases_of(fresh)] == ["mitt under", "efteråt"]
    assert scene.rows(sa.select(cases).where(cases.c.contact_id == her)) == []
    assert not any("zqtext" in row.raw.decode() for row in scene.rows(sa.select(envelopes)) if row.raw)
    assert scene.db.write_now(check_conservation, scene.who).missing == 0


async def test_nobody_is_erased_under_a_hold_unasked_or_at_once(everywhere: Scene, clock: TestClock) -> None:
    """T119: an order waits ten minutes and can be called back; a hold stops it; another role cannot give it."""
    scene = everywhere
    her, ewa = scene.contact_of(HER), scene.world.who("ewa")
    with pytest.raises(Invalid):
        scene.db.write_now(order_erasure, ewa, her, "erase", "somebody else")
    with pytest.raises(Forbidden):
        scene.db.write_now(order_erasure, scene.world.who("maja"), her, "erase", "Zqnamn Öst")
    first = scene.db.write_now(order_erasure, ewa, her, "erase", "Zqnamn Öst")
    some_work(scene.room)
    scene.db.write_now(cancel_erasure, ewa, first)
    second = scene.db.write_now(order_erasure, ewa, her, "erase", "zqnamn öst")
    scene.db.write_now(hold_contact, ewa, her, "A claim before the court")
    clock.move(11 * MINUTE)
    while some_work(scene.room):
        pass
    assert [row.state for row in scene.rows(sa.select(erasures).order_by(erasures.c.id))] == ["cancelled", "cancelled"]
    assert second
    assert scene.contact_of(HER) == her
    with pytest.raises(Conflict):
        scene.db.write_now(order_erasure, ewa, her, "erase", "Zqnamn Öst")
    assert not scene.room.journal.begun()


async def test_a_second_administrator_agrees(everywhere: Scene, clock: TestClock) -> None:
    """T119: where the workspace wants it, one alone cannot erase."""
    scene = everywhere
    her, ewa, maja = scene.contact_of(HER), scene.world.who("ewa"), scene.world.who("maja")
    scene.db.write_now(change_rules, ewa, Rules(two_admins=True))
    order = scene.db.write_now(order_erasure, ewa, her, "erase", "Zqnamn Öst")
    clock.move(HOUR)
    while some_work(scene.room):
        pass
    assert scene.contact_of(HER) == her
    with pytest.raises(Forbidden):
        scene.db.write_now(approve_erasure, ewa, order)
    from msgspec.structs import replace  # noqa: PLC0415

    scene.db.write_now(approve_erasure, replace(maja, role="admin"), order)
    clock.move(11 * MINUTE)
    while some_work(scene.room):
        pass
    assert told_in_tables(scene) == []


async def test_the_proof_counts_and_names_nobody(everywhere: Scene, clock: TestClock) -> None:
    scene = everywhere
    erasure_id = scene.erase(scene.contact_of(HER))
    await grow_old_and_collect(scene)
    clock.move(MINUTE + SECOND)
    while some_work(scene.room):
        pass
    [row] = scene.rows(sa.select(erasures))
    assert (row.state, row.addresses, row.counts["cases"]) == ("done", [], 2)
    [deed] = scene.rows(sa.select(audit).where(audit.c.action == "contact.erased"))
    assert deed.data["erasure"] == str(erasure_id)
    assert told_in_files(scene.folder) == []


@pytest.mark.parametrize("deaths", [1, 3])
async def test_it_goes_on_where_a_process_ended(everywhere: Scene, deaths: int) -> None:
    """F2: after any of its transactions another process takes it up and comes to the same end."""
    scene = everywhere
    her = scene.contact_of(HER)
    scene.db.write_now(order_erasure, scene.who, her, "erase", str(her))
    scene.db.write_now(lambda tx: tx.run(sa.update(erasures).values(starts_at=0)))
    steps = 0
    while some_work(scene.room) and steps < 200:
        steps += 1
        if steps % deaths == 0:
            scene.db.write_now(lambda tx: tx.run(sa.update(erasures).where(erasures.c.phase != "files").values(starts_at=0)))
    assert told_in_tables(scene) == []
    assert [row.phase for row in scene.rows(sa.select(erasures))] == ["files"]
