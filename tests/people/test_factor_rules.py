"""Who has to have a second factor, from when on, and how somebody who lost theirs comes in again."""

import pytest
import sqlalchemy as sa

from sluss.config import Config
from sluss.kernel.actors import system
from sluss.kernel.audit import list_deeds
from sluss.kernel.clock import DAY, HOUR, TestClock
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing
from sluss.kernel.tokens import hash_of
from sluss.people.actions import NewAgent, create_agent
from sluss.people.factors import add_factor, change_rule, list_factors, reset_factors
from sluss.people.models import agents, factors, recovery_codes, sessions
from sluss.people.scopes import CASES_READ
from sluss.people.sessions import find_many
from sluss.people.tokens import NewToken, create_token, hint_of, new_word
from tests.people.keys import add_app, add_passkey, begin
from tests.world import PASSWORD, Web, World

JOHAN = "johan@norrsken.test"


def demand(web: Web, whom: str, days: int = 7) -> None:
    web.db.write_now(change_rule, web.world.who("ewa"), whom, days)


async def test_whoever_needs_one_is_led_to_set_it_up_at_sign_in_and_may_wait_for_days(web: Web, clock: TestClock) -> None:
    demand(web, "everyone", 3)
    browser = web.browser()
    answer = await browser.sign_in(JOHAN, then="/inbox/mine")
    assert answer.headers["location"] == "/me/protect?next=%2Finbox%2Fmine"
    page = (await browser.get("/me/protect?next=/inbox/mine")).text
    assert 'href="/inbox/mine"' in page
    assert "/me/apps/new?next=%2Finbox%2Fmine" in page
    assert (await browser.get("/inbox/mine")).status_code == 200


async def test_after_the_days_of_grace_nothing_else_opens_until_there_is_one(web: Web, clock: TestClock) -> None:
    """T28: pages, forms, the API and live streams; also where somebody is signed in already."""
    demand(web, "everyone", 1)
    clock.move(DAY - HOUR)
    johan = await web.sign_in("johan")
    clock.move(HOUR)
    answer = await johan.get("/inbox/mine")
    assert (answer.status_code, answer.headers["location"]) == (303, "/me/protect?next=%2Finbox%2Fmine")
    assert (await johan.post("/cases/10001/note", body="x")).status_code == 403
    assert (await johan.client.get("/api/v1/cases")).status_code == 403
    assert (await johan.get("/live/ping")).status_code == 403
    ids = web.db.read_now(lambda tx: [row.id for row in tx.rows(sa.select(sessions.c.id))])
    assert web.db.read_now(find_many, ids, Config()) == {}
    assert "Later" not in (await johan.get("/me/protect")).text
    await johan.get("/me/fresh")
    await johan.post("/me/fresh", password=PASSWORD)
    await add_app(johan, clock)
    assert (await johan.get("/inbox/mine")).status_code == 200


@pytest.mark.parametrize("part", ["frame", "raw", "headers"])
async def test_what_only_begins_like_one_s_own_page_stays_shut(web: Web, part: str) -> None:
    """T28: messages lie at `/messages/`, which begins as `/me` does."""
    johan = await web.sign_in("johan")
    assert (await johan.get(f"/messages/4711/{part}")).status_code == 404
    demand(web, "everyone", 0)
    answer = await johan.get(f"/messages/4711/{part}")
    assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/me/protect")


async def test_a_program_is_no_way_around_the_rule(web: Web, clock: TestClock) -> None:
    """T28: neither by a token made when the days are over, nor by one made before; a program's own agent goes on."""
    demand(web, "everyone", 1)
    own, robot = (token_for(web, "johan", by) for by in ("johan", "ewa"))
    assert await ask_api(web, own) == 200
    clock.move(DAY)
    johan = await web.sign_in("johan")
    assert (await johan.get("/me/tokens")).headers["location"].startswith("/me/protect")
    assert (await johan.post("/me/tokens", name="Export", scope=CASES_READ, days="90")).status_code == 403
    assert (await ask_api(web, own), await ask_api(web, robot)) == (403, 200)
    await johan.post("/me/fresh", password=PASSWORD)
    await add_app(johan, clock)
    assert await ask_api(web, own) == 200


def token_for(web: Web, key: str, by: str) -> str:
    word, agent_id = new_word(), web.world.norrsken.agents[key]
    made = NewToken(token_hash=hash_of(word), hint=hint_of(word), name="Export", scopes=(CASES_READ,), agent_id=agent_id)
    web.db.write_now(create_token, web.world.who(by), made)
    return word


async def ask_api(web: Web, word: str) -> int:
    answer = await web.browser().client.get("/api/v1/cases", headers={"Authorization": f"Bearer {word}"})
    return answer.status_code


async def test_of_administrators_alone(web: Web) -> None:
    demand(web, "admins", 0)
    ewa, johan = await web.sign_in("ewa"), await web.sign_in("johan")
    assert (await ewa.get("/settings")).headers["location"].startswith("/me/protect")
    assert (await johan.get("/inbox/mine")).status_code == 200


async def test_a_new_agent_has_the_days_of_grace_too(web: Web, clock: TestClock) -> None:
    demand(web, "everyone", 3)
    clock.move(10 * DAY)
    late = await web.sign_in("johan")
    assert (await late.get("/inbox/mine")).status_code == 303
    web.db.write_now(lambda tx: tx.run(sa.update(agents).values(created_at=tx.now)))
    web.db.write_now(lambda tx: tx.hint("sessions"))
    assert (await late.get("/inbox/mine")).status_code == 200


async def test_another_workspace_has_its_own_rule(web: Web) -> None:
    """T1"""
    demand(web, "everyone", 0)
    marek = await web.sign_in("marek")
    assert (await marek.get("/inbox/mine")).status_code == 200


async def test_the_last_one_stays_where_the_workspace_demands_one(web: Web, clock: TestClock) -> None:
    johan = await web.sign_in("johan")
    await add_app(johan, clock)
    device = await add_passkey(johan)
    assert device.id
    demand(web, "everyone")
    first, second = web.db.read_now(lambda tx: [row.id for row in tx.rows(sa.select(factors.c.id).order_by(factors.c.id))])
    await johan.get("/me")
    assert (await johan.post(f"/me/factors/{first}/remove")).status_code == 303
    refused = await johan.post(f"/me/factors/{second}/remove")
    assert refused.status_code == 409
    assert "Add another one before you remove this one" in refused.text


async def test_with_the_last_one_the_recovery_codes_go(web: Web, clock: TestClock) -> None:
    johan = await web.sign_in("johan")
    await add_app(johan, clock)
    factor_id = web.db.read_now(lambda tx: tx.value(sa.select(factors.c.id)))
    await johan.get("/me")
    await johan.post(f"/me/factors/{factor_id}", name="Gammal telefon")
    assert "Gammal telefon" in (await johan.get("/me")).text
    await johan.post(f"/me/factors/{factor_id}/remove")
    assert web.db.read_now(lambda tx: tx.row(sa.select(recovery_codes))) is None
    assert (await web.browser().sign_in(JOHAN)).headers["location"] == "/me"


async def test_an_administrator_lets_in_who_lost_theirs(web: Web, clock: TestClock) -> None:
    johan, ewa = await web.sign_in("johan"), await web.sign_in("ewa")
    await add_app(johan, clock)
    on_the_way = web.browser()
    await begin(on_the_way, JOHAN, PASSWORD)
    agent_id = web.world.norrsken.agents["johan"]
    assert "Phone" in (await ewa.get(f"/settings/agents/{agent_id}")).text
    assert (await ewa.post(f"/settings/agents/{agent_id}/factors/reset")).status_code == 303
    assert (await johan.get("/me")).status_code == 303
    assert (await on_the_way.post("/sign-in/second", code="000000")).headers["location"] == "/sign-in?again=late"
    assert (await web.browser().sign_in(JOHAN)).headers["location"] == "/me"
    assert "factor.reset" in [deed.action for deed in web.db.read_now(list_deeds, web.world.who("ewa"))]


def test_who_may_reset_and_set_the_rule(world: World, db) -> None:
    """T5, T6"""
    maja, ewa, marek, agent_id = world.who("maja"), world.who("ewa"), world.who("marek"), world.norrsken.agents["johan"]
    for who, error in ((maja, Forbidden), (marek, Missing)):
        with pytest.raises(error):
            db.write_now(reset_factors, who, agent_id)
    with pytest.raises(Conflict):
        db.write_now(reset_factors, ewa, ewa.id)
    with pytest.raises(Forbidden):
        db.write_now(change_rule, maja, "nobody", 0)
    for whom, days in (("all", 1), ("admins", -1), ("admins", 91)):
        with pytest.raises(Invalid):
            db.write_now(change_rule, ewa, whom, days)


def test_who_works_in_two_workspaces_is_reset_by_neither(world: World, db) -> None:
    """T1: their factor guards the other workspace too."""
    johan, ewa = world.who("johan"), world.who("ewa")
    db.write_now(add_factor, johan, "app", "Telefon")
    other = db.write_now(create_agent, system(world.ferries.id), NewAgent(name="Johan", email="j@ferries.test"))
    credential_id = db.read_now(lambda tx: tx.value(sa.select(agents.c.credential_id).where(agents.c.id == johan.id)))
    db.write_now(lambda tx: tx.run(sa.update(agents).where(agents.c.id == other).values(credential_id=credential_id)))
    with pytest.raises(Conflict):
        db.write_now(reset_factors, ewa, johan.id)
    assert len(db.read_now(list_factors, credential_id)) == 1


async def test_the_rule_is_set_on_a_page_that_says_who_has_none(web: Web, clock: TestClock) -> None:
    ewa = await web.sign_in("ewa")
    await add_app(ewa, clock)
    page = (await ewa.get("/settings/second-step")).text
    assert "Johan Falk" in page
    assert "ewa@norrsken.test" not in page.split("Who has none yet")[1]
    wrong = await ewa.post("/settings/second-step", factor_for="everyone", grace_days="many")
    assert wrong.status_code == 422
    assert "Choose 0 to 90 days." in wrong.text
    assert (await ewa.post("/settings/second-step", factor_for="everyone", grace_days="0")).status_code == 303
    assert "App" in (await ewa.get("/settings/agents")).text
