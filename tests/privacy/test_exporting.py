"""Exports: everything of one person, nothing of others, taken once by whoever asked."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa

from sluss.config import Config
from sluss.kernel.clock import DAY, TestClock
from sluss.kernel.spreadsheet import csv_bytes, safe_cell
from sluss.privacy.exporting import order_export, packed_name
from sluss.privacy.models import exports
from sluss.privacy.reading import Sight, write_sights
from sluss.privacy.work import some_work
from tests.privacy.conftest import HER, Scene
from tests.world import Web, run_web


def packed(scene: Scene, with_notes: bool = True) -> zipfile.ZipFile:
    export_id = scene.db.write_now(order_export, scene.who, scene.contact_of(HER), with_notes)
    while some_work(scene.room):
        pass
    [row] = scene.rows(sa.select(exports).where(exports.c.id == export_id))
    assert row.state == "ready"
    return zipfile.ZipFile(io.BytesIO(scene.files.read(row.digest)))


async def test_everything_of_her_is_in_it(everywhere: Scene) -> None:
    """T119: cases, messages with their html, notes, files, raw mails, deliveries, events, deeds, and what she wrote elsewhere."""
    scene = everywhere
    seen = {Sight(scene.who.workspace_id, scene.world.who("johan").id, "case", scene.cases_of(scene.contact_of(HER))[0].number): (1, 2, 3)}
    scene.db.write_now(write_sights, scene.who, seen)
    with packed(scene) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        person = json.loads(archive.read("contact.json"))
        whole = [json.loads(archive.read(name)) for name in sorted(names) if name.startswith("cases/")]
        elsewhere = json.loads(archive.read("elsewhere.json"))
        raw = b"".join(archive.read(name) for name in names if name.startswith("raw/"))
        files = {name: archive.read(name) for name in names if name.startswith("files/")}
        assert b"Johan Falk" in archive.read("read-log.csv")
    assert [one["address"] for one in person["identities"]] == [HER]
    assert [one["text"] for one in whole[0]["notes"]] == ["zqnote om henne"]
    assert {"zqtext zqhtml"} <= {one["fresh"].strip() for one in whole[0]["messages"]}
    assert whole[0]["deliveries"][0]["recipient"] == HER
    assert {"message_received", "note_added"} <= {one["kind"] for one in whole[0]["events"]}
    assert {"case.assign"} <= {one["action"] for one in whole[0]["audit"]}
    assert [one["fresh"].strip() for one in elsewhere["messages"]] == ["zqtext hos Bo"]
    assert b"zqraw1" in raw
    assert b"zqraw3" in raw
    assert any(name.endswith("-zqfile.bin") and data == b"zqfile " * 9_000 for name, data in files.items())
    assert "Bos text" not in json.dumps([person, whole, elsewhere])


async def test_notes_only_where_they_are_asked_for(everywhere: Scene) -> None:
    with packed(everywhere, with_notes=False) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"zqnote" not in everything


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\x", "/abs", "a\x00b", ".", "x" * 500])
def test_names_in_the_zip_lead_nowhere_else(name: str) -> None:
    """T98"""
    path = packed_name(7, name)
    assert path.startswith("files/7-")
    assert ".." not in Path(path).parts
    assert path.count("/") == 1
    assert len(path) < 120


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "|x", "%x", "＝1", " =1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    """T100"""
    assert safe_cell(cell) == "'" + cell
    assert safe_cell(-5) == "-5"
    assert csv_bytes(("a",), [(cell,)]).startswith(b"\xef\xbb\xbf")


async def test_it_is_taken_once_by_whoever_asked(everywhere: Scene, clock: TestClock) -> None:
    """T8: a signed-in administrator, their own order, once; afterwards its bytes go."""
    scene = everywhere
    async with run_web(scene.db, scene.world, Config(data=str(scene.folder))) as web:
        ewa = await web.sign_in("ewa")
        page = f"/settings/privacy/contacts/{scene.contact_of(HER)}"
        assert (await ewa.post(f"{page}/export", notes="1")).status_code == 303
        while some_work(scene.room):
            pass
        assert "Ready" in (await ewa.get(page)).text
        [row] = scene.rows(sa.select(exports))
        take = f"/settings/privacy/exports/{row.id}/take"
        await _refused(web, take)
        answer = await ewa.post(take)
        assert answer.status_code == 200
        assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None
        assert (await ewa.post(take)).status_code == 409
        assert (await ewa.get(take)).status_code == 405
    clock.move(2 * DAY)
    while some_work(scene.room):
        pass
    assert [one.state for one in scene.rows(sa.select(exports))] == ["expired"]
    assert len(scene.rows(sa.text("SELECT digest FROM loose_files"))) == 1


async def _refused(web: Web, take: str) -> None:
    maja, marek = await web.sign_in("maja"), await web.sign_in("marek")
    assert (await maja.post(take)).status_code == 403
    assert (await marek.post(take)).status_code == 404
    assert (await web.browser().post(take)).status_code in {401, 403}


async def test_an_old_proof_is_not_enough(everywhere: Scene, clock: TestClock) -> None:
    """T110: exporting and erasing want fresh proof of who asks."""
    scene = everywhere
    async with run_web(scene.db, scene.world, Config(data=str(scene.folder))) as web:
        ewa = await web.sign_in("ewa")
        page = f"/settings/privacy/contacts/{scene.contact_of(HER)}"
        await ewa.get(page)
        clock.move(DAY // 48)
        for form in ("export", "erase"):
            answer = await ewa.post(f"{page}/{form}", mode="erase", typed="Zqnamn Öst")
            assert "password" in answer.text
        assert scene.rows(sa.select(exports)) == []
