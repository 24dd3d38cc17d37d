"""Fresh proof: what matters most asks once more who acts, and goes on where one was."""

import json
import re
from html import unescape
from typing import Any

import sqlalchemy as sa

from sluss.kernel.audit import list_deeds
from sluss.kernel.clock import MINUTE, TestClock
from sluss.people.actions import NewAgent
from sluss.people.invitations import invite
from sluss.people.models import credentials, factors
from sluss.people.throttle import PAIR
from tests.people.keys import Device, add_app, add_passkey, options_on
from tests.world import PASSWORD, Browser, Web

KEPT = re.compile(r'name="kept" value="([^"]*)"')


async def stale(web: Web, key: str, clock: TestClock) -> Browser:
    """A browser whose proof is eleven minutes old."""
    browser = await web.sign_in(key)
    clock.move(11 * MINUTE)
    return browser


def held(web: Web) -> int:
    return int(web.db.read_now(lambda tx: tx.value(sa.select(sa.func.count()).select_from(factors))))


async def test_every_change_of_factors_wants_fresh_proof(web: Web, clock: TestClock) -> None:
    """T28: a stolen session alone adds, renames, removes and replaces nothing."""
    johan = await web.sign_in("johan")
    await add_app(johan, clock)
    factor_id = web.db.read_now(lambda tx: tx.value(sa.select(factors.c.id)))
    clock.move(11 * MINUTE)
    for path in ("/me/apps/new", "/me/passkeys/new"):
        assert (await johan.get(path)).status_code == 403
    for path in ("/me/apps", "/me/passkeys", f"/me/factors/{factor_id}", f"/me/factors/{factor_id}/remove", "/me/recovery-codes"):
        answer = await johan.post(path, wrapped="x", code="1", answer="{}", name="Mine")
        assert answer.status_code == 403, path
        assert 'action="/me/fresh"' in answer.text
    assert "Phone" in (await johan.get("/me")).text
    assert held(web) == 1


async def test_administrators_prove_themselves_before_they_change_the_rule_or_reset_somebody(web: Web, clock: TestClock) -> None:
    """T28"""
    ewa = await stale(web, "ewa", clock)
    johan = web.world.norrsken.agents["johan"]
    assert (await ewa.post("/settings/second-step", factor_for="nobody", grace_days="1")).status_code == 403
    assert (await ewa.post(f"/settings/agents/{johan}/factors/reset")).status_code == 403


async def test_a_stolen_session_of_an_administrator_makes_no_way_in(web: Web, clock: TestClock) -> None:
    """T28: neither a link for anybody's password (one's own would be fresh proof), nor an account, nor another address or role."""
    ewa = await stale(web, "ewa", clock)
    names = web.world.norrsken.agents
    invited = NewAgent(name="Sara Lind", email="sara@norrsken.test")
    waiting = web.db.write_now(invite, web.world.who("ewa"), invited, by_mail=False)
    given: dict[str, Any] = {"name": "X", "email": "x@evil.test", "role": "admin", "locale": "en", "by": "link"}
    for path in ("new", f"{names['johan']}", f"{names['johan']}/reset", f"{names['ewa']}/reset"):
        answer = await ewa.post(f"/settings/agents/{path}", **given)
        assert (answer.status_code, 'action="/me/fresh"' in answer.text) == (403, True), path
    assert (await ewa.post(f"/settings/invitations/{waiting}/link")).status_code == 403
    await ewa.post("/me/fresh", password=PASSWORD)
    assert "/password/" in (await ewa.post(f"/settings/agents/{names['johan']}/reset", by="link")).text
    assert "/invitation/" in (await ewa.post(f"/settings/invitations/{waiting}/link")).text


async def test_after_the_password_one_is_where_one_was(web: Web, clock: TestClock) -> None:
    johan = await stale(web, "johan", clock)
    page = await johan.get("/me/apps/new?next=/inbox/mine")
    assert page.status_code == 403
    assert 'name="next" value="/me/apps/new?next=/inbox/mine"' in page.text
    done = await johan.post("/me/fresh", password=PASSWORD, next="/me/apps/new?next=/inbox/mine")
    assert (done.status_code, done.headers["location"]) == (303, "/me/apps/new?next=/inbox/mine")
    assert (await johan.get("/me/apps/new")).status_code == 200
    assert "agent.proof" in [deed.action for deed in web.db.read_now(list_deeds, web.world.who("ewa"))]


async def test_what_was_typed_is_kept_and_sent_after_the_proof(web: Web, clock: TestClock) -> None:
    ewa = await stale(web, "ewa", clock)
    asked = await ewa.post("/settings/second-step", factor_for="admins", grace_days="21", back="/settings/second-step")
    [kept] = KEPT.findall(asked.text)
    wrong = await ewa.post("/me/fresh", password="not this one", kept=unescape(kept), next="/settings/second-step")
    assert wrong.status_code == 422
    assert KEPT.findall(wrong.text) == [kept]
    resume = await ewa.post("/me/fresh", password=PASSWORD, kept=unescape(kept), next="/settings/second-step")
    assert 'action="/settings/second-step"' in resume.text
    fields: dict[str, Any] = {
        name: unescape(value) for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', resume.text)
    }
    assert fields["factor_for"] == "admins"
    assert (await ewa.post("/settings/second-step", **fields)).headers["location"] == "/settings/second-step?saved=1"
    assert 'value="21"' in (await ewa.get("/settings/second-step")).text


async def test_a_form_for_another_host_never_waits(web: Web, clock: TestClock) -> None:
    """T73"""
    ewa = await stale(web, "ewa", clock)
    for kept in ('{"action":"https://evil.test/","fields":[]}', '{"action":"//evil.test","fields":[]}', "{}", "x", "[1]"):
        done = await ewa.post("/me/fresh", password=PASSWORD, kept=kept, next="//evil.test")
        assert (done.status_code, done.headers["location"]) == (303, "/me")


async def test_the_proof_brings_a_new_token_and_the_one_before_opens_nothing(web: Web, clock: TestClock) -> None:
    """T26"""
    johan = await stale(web, "johan", clock)
    thief = web.browser()
    thief.client.cookies.set("sluss", johan.client.cookies["sluss"])
    assert (await thief.get("/me")).status_code == 200
    await johan.post("/me/fresh", password=PASSWORD)
    assert (await johan.get("/me/apps/new")).status_code == 200
    assert (await thief.get("/me")).status_code == 303


async def test_a_passkey_is_proof_too(web: Web, clock: TestClock) -> None:
    johan = await web.sign_in("johan")
    device = await add_passkey(johan)
    clock.move(11 * MINUTE)
    page = await johan.get("/me/fresh?next=/me/apps/new")
    forged = await johan.post("/me/fresh", answer=device.answer(options_on(page), signature="AAAA"))
    assert forged.status_code == 422
    theirs = Device()
    theirs.user, theirs.id = device.user, device.id
    assert (await johan.post("/me/fresh", answer=theirs.answer(options_on(await johan.get("/me/fresh"))))).status_code == 422
    done = await johan.post("/me/fresh", answer=device.answer(options_on(await johan.get("/me/fresh"))), next="/me/apps/new")
    assert done.headers["location"] == "/me/apps/new"
    assert (await johan.get("/me/apps/new")).status_code == 200


async def test_guesses_at_the_proof_are_slowed_as_at_the_door(web: Web, clock: TestClock) -> None:
    """T30"""
    johan = await stale(web, "johan", clock)
    for _ in range(PAIR.free):
        assert (await johan.post("/me/fresh", password="guess")).status_code == 422
    slowed = await johan.post("/me/fresh", password=PASSWORD)
    assert (slowed.status_code, slowed.headers["retry-after"]) == (429, "1")
    assert (await johan.get("/me/apps/new")).status_code == 403


async def test_whoever_has_no_password_signs_in_again_instead(web: Web, clock: TestClock) -> None:
    johan = await stale(web, "johan", clock)
    web.db.write_now(lambda tx: tx.run(sa.update(credentials).values(password_hash="")))
    page = (await johan.get("/me/apps/new")).text
    assert "Sign out and in again" in page
    assert 'name="password"' not in page


async def test_programs_are_told_in_words(web: Web, clock: TestClock) -> None:
    johan = await stale(web, "johan", clock)
    answer = await johan.post("/me/recovery-codes", headers={"X-Requested-With": "sluss"})
    assert answer.status_code == 403
    assert json.loads(answer.text)["error"] == "Please show once more that it is you."


async def test_other_browsers_are_signed_out_where_wanted(web: Web, clock: TestClock) -> None:
    """T26"""
    here, there = await web.sign_in("johan"), await web.sign_in("johan")
    device, options = Device(), options_on(await here.get("/me/passkeys/new"))
    before = here.client.cookies["sluss"]
    await here.post("/me/passkeys", answer=device.make(options), others="on")
    assert here.client.cookies["sluss"] != before
    assert ((await there.get("/me")).status_code, (await here.get("/me")).status_code) == (303, 200)
