"""First run: one link, three steps, and nothing of it afterwards."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sluss.config import Config
from sluss.kernel.actors import system
from sluss.kernel.clock import MINUTE, TestClock
from sluss.kernel.db import Database
from sluss.kernel.errors import Conflict
from sluss.kernel.workspaces import all_workspaces
from sluss.people.actions import NewAgent
from sluss.people.queries import list_agents
from sluss.people.setup import new_setup_link, set_up_you
from tests.world import PASSWORD, PASSWORD_HASH, Web, World, run_web

EWA: dict[str, Any] = {"name": "Ewa Nowak", "email": "ewa@norrsken.test", "password": PASSWORD, "locale": "pl"}
COMPANY: dict[str, Any] = {"company": "Norrsken Air", "zone": "Europe/Stockholm", "locale": "sv"}


@pytest.fixture
async def empty(db: Database, tmp_path: Path) -> AsyncIterator[Web]:
    nobody: World = None  # type: ignore[assignment]
    async with run_web(db, nobody, Config(data=str(tmp_path))) as web:
        yield web


async def test_three_steps_lead_to_a_signed_in_administrator(empty: Web) -> None:
    token, browser = empty.db.write_now(new_setup_link), empty.browser()
    assert (await browser.get(f"/setup/you?token={token}")).status_code == 200
    assert (await browser.post(f"/setup/you?token={token}", **EWA)).headers["location"] == f"/setup/company?token={token}"
    assert (await browser.get(f"/setup/company?token={token}")).status_code == 200
    assert (await browser.post(f"/setup/company?token={token}", **COMPANY)).headers["location"] == f"/setup/inbox?token={token}"
    assert (await browser.post(f"/setup/inbox?token={token}", choice="mail")).headers["location"] == "/settings/inboxes/new"
    page = (await browser.get("/me")).text
    assert "Ewa Nowak" in page
    assert "Norrsken Air" in page


async def test_afterwards_there_is_no_set_up(empty: Web) -> None:
    """T16"""
    token, browser = empty.db.write_now(new_setup_link), empty.browser()
    steps: tuple[tuple[str, dict[str, Any]], ...] = (("you", EWA), ("company", COMPANY), ("inbox", {"choice": "later"}))
    for step, fields in steps:
        await browser.post(f"/setup/{step}?token={token}", **fields)
    for step in ("you", "company", "inbox"):
        assert (await empty.browser().get(f"/setup/{step}?token={token}")).status_code == 404
        assert (await empty.browser().post(f"/setup/{step}?token={token}", **EWA)).status_code in (404, 422)
    with pytest.raises(Conflict):
        empty.db.write_now(new_setup_link)
    assert len(empty.db.read_now(all_workspaces)) == 1


@pytest.mark.parametrize("token", ["", "%20", "%00", "0", "[]", "x" * 10_000])
async def test_without_the_link_there_is_no_set_up(empty: Web, token: str) -> None:
    """T15, T16"""
    empty.db.write_now(new_setup_link)
    assert (await empty.browser().get(f"/setup/you?token={token}")).status_code == 404
    assert (await empty.browser().post(f"/setup/you?token={token}", **EWA)).status_code == 404


async def test_the_link_is_good_for_a_quarter_of_an_hour_and_a_new_one_goes_on(empty: Web, clock: TestClock) -> None:
    first, browser = empty.db.write_now(new_setup_link), empty.browser()
    await browser.post(f"/setup/you?token={first}", **EWA)
    clock.move(16 * MINUTE)
    assert (await browser.get(f"/setup/company?token={first}")).status_code == 404
    second = empty.db.write_now(new_setup_link)
    assert (await browser.get(f"/setup/inbox?token={second}")).headers["location"] == f"/setup/company?token={second}"
    await browser.post(f"/setup/company?token={second}", **COMPANY)
    assert (await browser.post(f"/setup/inbox?token={second}", choice="later")).headers["location"] == "/"


async def test_a_new_link_makes_the_old_one_worthless(empty: Web) -> None:
    old, _ = empty.db.write_now(new_setup_link), empty.db.write_now(new_setup_link)
    assert (await empty.browser().get(f"/setup/you?token={old}")).status_code == 404


async def test_of_two_first_administrators_one_is_refused(db: Database) -> None:
    """T16: the database itself decides."""
    token = db.write_now(new_setup_link)
    ewa, maja = NewAgent(name="Ewa Nowak", email="ewa@norrsken.test"), NewAgent(name="Maja Ek", email="maja@norrsken.test")
    both = await asyncio.gather(*(db.write(set_up_you, token, one, PASSWORD_HASH) for one in (ewa, maja)), return_exceptions=True)
    assert all(one is None or isinstance(one, Conflict) for one in both)
    [workspace] = db.read_now(all_workspaces)
    who = system(workspace.id)
    assert [agent.role for agent in db.read_now(list_agents, who)] == ["admin"]


async def test_wrong_fields_are_named_and_what_was_typed_is_kept(empty: Web) -> None:
    token, browser = empty.db.write_now(new_setup_link), empty.browser()
    answer = await browser.post(f"/setup/you?token={token}", **dict[str, Any](EWA, password="kort"))
    assert (answer.status_code, "Ewa Nowak" in answer.text, "kort" in answer.text) == (422, True, False)
    await browser.post(f"/setup/you?token={token}", **EWA)
    assert (await browser.post(f"/setup/company?token={token}", **dict[str, Any](COMPANY, zone="Europe/Atlantis"))).status_code == 422


async def test_the_sign_in_says_when_nothing_is_set_up(empty: Web) -> None:
    assert "not set up yet" in (await empty.browser().get("/sign-in")).text
