"""How long a session lasts, how its token changes, and how it ends."""

import re

from sluss.config import Config
from sluss.kernel.clock import DAY, HOUR, MINUTE, SECOND, TestClock
from sluss.kernel.tokens import hash_of
from sluss.people.actions import NewAgent, change_agent, disable_agent
from sluss.people.models import sessions
from sluss.people.sessions import find_many, find_session
from sluss.people.teams import TeamChange, change_team
from sluss.web.edge import Edge
from tests.world import PASSWORD, Web


def token(browser) -> str:
    return browser.client.cookies["sluss"]


async def test_only_a_hash_of_the_token_is_stored(web: Web) -> None:
    """T27, T115"""
    johan = await web.sign_in("johan")
    stored = web.db.read_now(lambda tx: tx.value(sessions.select().with_only_columns(sessions.c.token_hash)))
    assert bytes(stored) == hash_of(token(johan))
    assert len(token(johan)) >= 43


async def test_the_token_changes_every_hour_and_requests_on_their_way_arrive(web: Web, clock: TestClock) -> None:
    johan, parallel = await web.sign_in("johan"), web.browser()
    before = token(johan)
    parallel.client.cookies.set("sluss", before)
    clock.move(HOUR + SECOND)
    await johan.get("/me")
    assert token(johan) != before
    assert (await parallel.get("/me")).status_code == 200
    assert token(parallel) == before
    await johan.get("/me")
    clock.move(2 * MINUTE)
    web.db.write_now(lambda tx: tx.hint("sessions"))
    assert (await parallel.get("/me")).status_code == 303
    assert (await johan.get("/me")).status_code == 200


async def test_a_browser_that_never_got_the_new_token_stays_signed_in(web: Web, clock: TestClock) -> None:
    """The answer that carried it was lost on the way: the old one is good until the new one has been seen."""
    johan, lost = await web.sign_in("johan"), web.browser()
    lost.client.cookies.set("sluss", token(johan), domain="norrsken.test", path="/")
    clock.move(HOUR + SECOND)
    await johan.get("/me")
    unseen = token(johan)
    clock.move(10 * MINUTE)
    web.db.write_now(lambda tx: tx.hint("sessions"))
    assert (await lost.get("/me")).status_code == 200
    assert token(lost) not in {unseen, ""}
    assert (await lost.get("/me")).status_code == 200
    assert (await johan.get("/me")).status_code == 303


async def test_a_session_ends_when_nobody_uses_it_and_after_two_weeks_in_any_case(web: Web, clock: TestClock) -> None:
    johan, config = await web.sign_in("johan"), Config()
    held = token(johan)
    clock.move(config.session_idle_hours * HOUR + SECOND)
    assert web.db.read_now(find_session, hash_of(held), config) is None
    maja = await web.sign_in("maja")
    for _ in range(config.session_days + 1):
        assert web.db.read_now(find_session, hash_of(token(maja)), config) is not None
        clock.move(DAY - HOUR)
        await maja.get("/me")
    assert web.db.read_now(find_session, hash_of(token(maja)), config) is None


async def test_one_s_own_browsers_are_listed_and_can_be_signed_out(web: Web) -> None:
    here, there = await web.sign_in("johan"), await web.sign_in("johan")
    page = (await here.get("/me")).text
    [other] = re.findall(r'action="/me/sessions/(\d+)/revoke"', page)
    assert (await here.post(f"/me/sessions/{other}/revoke")).status_code == 303
    assert (await there.get("/me")).status_code == 303
    assert (await here.get("/me")).status_code == 200


async def test_all_others_can_be_signed_out_at_once(web: Web) -> None:
    here, there = await web.sign_in("johan"), await web.sign_in("johan")
    await here.post("/me/sessions/revoke-others")
    assert ((await there.get("/me")).status_code, (await here.get("/me")).status_code) == (303, 200)


async def test_a_foreign_session_cannot_be_ended(web: Web) -> None:
    """T1: as if it did not exist."""
    await web.sign_in("maja")
    johan = await web.sign_in("johan")
    foreign = web.db.read_now(lambda tx: tx.value(sessions.select().with_only_columns(sessions.c.id).order_by(sessions.c.id)))
    assert (await johan.post(f"/me/sessions/{foreign}/revoke")).status_code == 404
    assert (await johan.post("/me/sessions/1/revoke")).status_code == 404


async def test_disabling_an_agent_ends_what_is_open(web: Web) -> None:
    """T12"""
    johan = await web.sign_in("johan")
    web.db.write_now(disable_agent, web.world.who("ewa"), web.world.who("johan").id)
    assert (await johan.get("/me")).status_code == 303
    assert (await johan.sign_in("johan@norrsken.test")).status_code == 422


async def test_a_new_role_holds_at_once_and_brings_a_new_token(web: Web) -> None:
    """T26"""
    johan, ewa = await web.sign_in("johan"), web.world.who("ewa")
    before = token(johan)
    new = NewAgent(name="Johan Falk", email="johan@norrsken.test", role="admin", team_ids=(web.world.norrsken.teams["stockholm"],))
    web.db.write_now(change_agent, ewa, web.world.who("johan").id, new)
    assert (await johan.get("/settings/agents")).status_code == 200
    assert token(johan) != before


async def test_what_an_agent_sees_follows_their_teams(web: Web) -> None:
    """T11: one statement for a page, one for all open streams; both say the same."""
    johan, world, config = await web.sign_in("johan"), web.world, Config()
    session = web.db.read_now(find_session, hash_of(token(johan)), config)
    assert session is not None
    assert session.inbox_ids == {world.norrsken.inboxes["kundtjanst"].id}
    team = TeamChange(name="Gdańsk", agent_ids=(world.who("johan").id,), inbox_ids=(world.norrsken.inboxes["obsluga"].id,))
    web.db.write_now(change_team, world.who("ewa"), world.norrsken.teams["gdansk"], team)
    again = web.db.read_now(find_many, [session.id], config)[session.id]
    assert again.inbox_ids == {inbox.id for inbox in world.norrsken.inboxes.values()}


async def test_changing_the_password_signs_every_other_browser_out(web: Web) -> None:
    here, there = await web.sign_in("johan"), await web.sign_in("johan")
    answer = await here.post("/me/password", current=PASSWORD, password="nytt lösenord för hösten")
    assert answer.headers["location"] == "/me?saved=password"
    assert ((await there.get("/me")).status_code, (await here.get("/me")).status_code) == (303, 200)
    assert (await there.sign_in("johan@norrsken.test", "nytt lösenord för hösten")).status_code == 303


async def test_over_https_cookies_are_bound_to_the_host(web: Web) -> None:
    """T26"""
    browser = web.browser(scheme="https")
    answer = await browser.sign_in("johan@norrsken.test")
    [cookie] = [one for one in answer.headers.get_list("set-cookie") if one.startswith("__Host-sluss=")]
    assert {"Path=/", "HttpOnly", "SameSite=Lax", "Secure"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


async def test_over_plain_http_cookies_have_names_that_browsers_take(web: Web) -> None:
    answer = await web.browser().sign_in("johan@norrsken.test")
    assert all(not one.startswith("__Host-") and "Secure" not in one for one in answer.headers.get_list("set-cookie"))
    assert isinstance(web.edge, Edge)
