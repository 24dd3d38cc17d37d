"""The read log: written after the fact, together, and never in the way of a page."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from sluss.config import Config
from sluss.kernel.clock import DAY, MINUTE, TestClock
from sluss.kernel.tokens import hash_of
from sluss.kernel.writer import StorageFailed
from sluss.people.scopes import CASES_READ, CONTACTS_READ
from sluss.people.tokens import NewToken, create_token, new_word
from sluss.privacy.models import reads
from sluss.privacy.reading import MOST, ReadLog, Sight, reads_of, write_sights
from sluss.privacy.work import some_work
from tests.matrix.test_matrix import all_routes
from tests.privacy.conftest import HER, Scene
from tests.world import Web, run_web

SHOWS_NOTHING_OF_ANYBODY = {
    "GET /c/{no}",
    "GET /files/{file_id}/thumb",
    "GET /chat/{key}/files/{file_id}",  # a visitor's own, to the visitor
    "GET /settings/privacy/contacts/{contact_id}/erase",
    "GET /cases/{no}/callable",
}
"""A way on; a small picture within a case that is logged itself; counts behind a page that is logged itself; names of colleagues."""


async def test_who_opened_what_is_in_it(everywhere: Scene) -> None:
    """Case, file and mail as it was sent, each once however often within ten minutes."""
    scene = everywhere
    her = scene.contact_of(HER)
    number = scene.cases_of(her)[0].number
    [file] = scene.rows(sa.text("SELECT id, message_id FROM attachments WHERE name = 'zqfile.bin'"))
    async with run_web(scene.db, scene.world, Config(data=str(scene.folder))) as web:
        johan = await web.sign_in("johan")
        for path in (
            f"/inbox/open/{number}",
            f"/cases/{number}/fresh",
            f"/files/{file.id}",
            f"/messages/{file.message_id}/frame",
            "/inbox/open/1",
        ):
            await johan.get(path)
        await web.edge.reads.flush()
        ewa = await web.sign_in("ewa")
        page = await ewa.get(f"/settings/privacy/contacts/{her}")
    seen = {(one.agent, one.kind, one.case_no, one.times) for one in scene.db.read_now(reads_of, scene.who, her)}
    assert {("Johan Falk", "case", number, 2), ("Johan Falk", "file", number, 1), ("Johan Falk", "message", number, 1)} <= seen
    assert "Johan Falk" in page.text
    assert f"#{number}" in page.text


async def test_what_a_program_read_is_in_it(everywhere: Scene) -> None:
    """Nobody reads unseen by making a token for it."""
    scene = everywhere
    her = scene.contact_of(HER)
    number, johan = scene.cases_of(her)[0].number, scene.world.who("johan")
    word = new_word()
    made = NewToken(token_hash=hash_of(word), hint="", name="x", scopes=(CASES_READ, CONTACTS_READ), agent_id=johan.id)
    scene.db.write_now(create_token, johan, made)
    async with run_web(scene.db, scene.world, Config(data=str(scene.folder))) as web:
        for path in (f"/api/v1/cases/{number}", f"/api/v1/contacts/{her}"):
            answer = await web.browser().client.get(path, headers={"Authorization": f"Bearer {word}"})
            assert answer.status_code == 200
        await web.edge.reads.flush()
    seen = {(one.agent, one.kind, one.case_no) for one in scene.db.read_now(reads_of, scene.who, her)}
    assert {("Johan Falk", "case", number), ("Johan Falk", "contact", None)} <= seen


def test_every_page_that_shows_somebody_says_so(web: Web) -> None:
    """A new page about one case, message, file or contact is logged, or this fails."""
    about = {"no", "number", "message_id", "file_id", "contact_id"}
    logged = {
        f"{method} {route.path}"
        for route in web.app.litestar.routes
        for handler in getattr(route, "route_handlers", ())
        if "reads" in handler.opt
        for method in handler.http_methods
    }
    shown = {f"{one.method} {one.path}" for one in all_routes(web) if one.method == "GET" and about & set(one.names)}
    plain = {name.replace(":str", "").replace(":int", "") for name in logged}
    assert shown - plain <= SHOWS_NOTHING_OF_ANYBODY


def test_one_line_for_ten_minutes(everywhere: Scene) -> None:
    scene = everywhere
    number = scene.cases_of(scene.contact_of(HER))[0].number
    sight = Sight(scene.who.workspace_id, scene.world.who("johan").id, "case", number)
    for at in (0, 5 * MINUTE, 11 * MINUTE):
        scene.db.write_now(write_sights, scene.who, {sight: (at + 1, at + 1, 1)})
    assert [(row.at, row.last_at, row.times) for row in scene.rows(sa.select(reads).order_by(reads.c.id))] == [
        (1, 5 * MINUTE + 1, 2),
        (11 * MINUTE + 1, 11 * MINUTE + 1, 1),
    ]


async def test_a_full_disk_costs_no_page_and_loses_no_sight(everywhere: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """F8: what cannot be written waits; beyond a limit it is counted as lost."""
    scene = everywhere
    log = ReadLog(scene.db)
    agent = scene.world.who("johan")
    number = scene.cases_of(scene.contact_of(HER))[0].number
    write = scene.db.write_grouped

    async def full(*_: Any, **__: Any) -> None:
        raise StorageFailed("no space left")

    monkeypatch.setattr(scene.db, "write_grouped", full)
    log.saw(Sight(agent.workspace_id, agent.id, "case", number))
    await log.flush()
    for key in range(MOST + 3):
        log.saw(Sight(agent.workspace_id, agent.id, "case", 10**9 + key))
    assert log.lost == 4
    monkeypatch.setattr(scene.db, "write_grouped", write)
    await log.flush()
    assert len(scene.rows(sa.select(reads))) == 1


async def test_it_is_forgotten_when_its_time_is_over(everywhere: Scene, clock: TestClock) -> None:
    scene = everywhere
    number = scene.cases_of(scene.contact_of(HER))[0].number
    for at in (clock(), clock() + 300 * DAY):
        scene.db.write_now(
            write_sights, scene.who, {Sight(scene.who.workspace_id, scene.world.who("johan").id, "case", number): (at, at, 1)}
        )
    clock.move(400 * DAY)
    while some_work(scene.room):
        pass
    assert len(scene.rows(sa.select(reads))) == 1
