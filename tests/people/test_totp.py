"""Signing in with an authenticator app or a recovery code as the second step."""

import asyncio
import re
from typing import Any

import pytest
import sqlalchemy as sa

from sluss.kernel.audit import list_deeds
from sluss.kernel.clock import MINUTE, SECOND, TestClock
from sluss.kernel.sealing import SealError
from sluss.people.actions import disable_agent
from sluss.people.letters import list_letters
from sluss.people.models import factors, pending_sign_ins, recovery_codes, sessions, totp_seeds
from sluss.people.pending import TRIES
from tests.people.keys import Phone, add_app, begin, codes_on
from tests.world import PASSWORD, Browser, Web

JOHAN = "johan@norrsken.test"


@pytest.fixture
async def phone(web: Web, clock: TestClock) -> Phone:
    """Johan's, set up; nobody is signed in any more."""
    browser = await web.sign_in("johan")
    phone = await add_app(browser, clock)
    await browser.post("/sign-out")
    return phone


def count(web: Web, table: sa.Table) -> int:
    return int(web.db.read_now(lambda tx: tx.value(sa.select(sa.func.count()).select_from(table))))


async def give(browser: Browser, **proof: Any):
    return await browser.post("/sign-in/second", **proof)


async def test_an_app_is_set_up_and_its_recovery_codes_are_shown_once(web: Web, clock: TestClock) -> None:
    johan = await web.sign_in("johan")
    phone = await add_app(johan, clock, "Telefon")
    assert len(set(phone.recovery)) == 10
    page = (await johan.get("/me")).text
    assert "Telefon" in page
    assert "10 recovery codes are left" in page
    assert not re.search(r"[a-z2-7]{4}(-[a-z2-7]{4}){3}", page)
    told = [(deed.action, deed.data.get("factor")) for deed in web.db.read_now(list_deeds, web.world.who("ewa"))]
    assert ("factor.add", "app") in told


async def test_a_picture_and_the_same_as_text_are_shown_under_our_own_policy(web: Web) -> None:
    johan = await web.sign_in("johan")
    answer = await johan.get("/me/apps/new")
    assert 'src="data:image/svg+xml' in answer.text
    assert "img-src 'self' data:" in answer.headers["content-security-policy"]
    assert "no-store" in answer.headers["cache-control"]


async def test_a_wrong_first_code_keeps_the_same_seed(web: Web, clock: TestClock) -> None:
    johan = await web.sign_in("johan")
    page = (await johan.get("/me/apps/new")).text
    [seed] = re.findall(r'class="mono seed">([A-Z2-7 ]+)<', page)
    [wrapped] = re.findall(r'name="wrapped" value="([^"]+)"', page)
    again = await johan.post("/me/apps", wrapped=wrapped, code=Phone(seed.replace(" ", ""), clock).wrong_code(), name="Telefon")
    assert again.status_code == 422
    assert seed in again.text
    assert 'value="Telefon"' in again.text
    assert count(web, factors) == 0


async def test_a_seed_of_another_session_is_not_taken(web: Web, clock: TestClock) -> None:
    """T28: what one browser was shown cannot become the factor of another."""
    johan, maja = await web.sign_in("johan"), await web.sign_in("maja")
    page = (await maja.get("/me/apps/new")).text
    [seed] = re.findall(r'class="mono seed">([A-Z2-7 ]+)<', page)
    [wrapped] = re.findall(r'name="wrapped" value="([^"]+)"', page)
    for tried in (wrapped, "", "å", "AAAA"):
        answer = await johan.post("/me/apps", wrapped=tried, code=Phone(seed.replace(" ", ""), clock).code())
        assert answer.status_code == 422
    assert count(web, factors) == 0


async def test_the_password_alone_opens_nothing(web: Web, phone: Phone) -> None:
    """T28"""
    browser = web.browser()
    answer = await begin(browser, JOHAN, PASSWORD, "/me?x=1")
    assert answer.headers["location"] == "/sign-in/second"
    assert "sluss" not in browser.client.cookies
    assert (await browser.get("/me")).status_code == 303
    assert count(web, sessions) == 0
    done = await give(browser, code=phone.code())
    assert (done.status_code, done.headers["location"]) == (303, "/me?x=1")
    assert (await browser.get("/me")).status_code == 200
    assert "sluss-pending" not in browser.client.cookies


@pytest.mark.parametrize("steps", [-1, 0, 1])
async def test_the_clock_of_a_phone_may_be_half_a_minute_off(web: Web, phone: Phone, clock: TestClock, steps: int) -> None:
    clock.move(MINUTE)
    browser = web.browser()
    await begin(browser, JOHAN, PASSWORD)
    assert (await give(browser, code=f" {phone.code(steps)[:3]} {phone.code(steps)[3:]} ")).status_code == 303


@pytest.mark.parametrize("steps", [-2, 2])
async def test_a_code_of_another_time_is_refused(web: Web, phone: Phone, clock: TestClock, steps: int) -> None:
    clock.move(2 * MINUTE)
    browser = web.browser()
    await begin(browser, JOHAN, PASSWORD)
    assert (await give(browser, code=phone.code(steps))).status_code == 422


async def test_a_code_is_good_once(web: Web, phone: Phone) -> None:
    """T28: also the one that set the app up, and none that is older than the last one used."""
    first, second = web.browser(), web.browser()
    await begin(first, JOHAN, PASSWORD)
    await begin(second, JOHAN, PASSWORD)
    code = phone.code()
    assert (await give(first, code=phone.code(-1))).status_code == 422
    assert (await give(first, code=code)).status_code == 303
    for again in (code, phone.code(-1)):
        assert (await give(second, code=again)).status_code == 422
    assert (await give(second, code=phone.code(1))).status_code == 303


async def test_of_the_same_code_at_the_same_moment_one_opens(web: Web, phone: Phone) -> None:
    """T28: replay in parallel."""
    browsers = [web.browser() for _ in range(4)]
    for browser in browsers:
        await begin(browser, JOHAN, PASSWORD)
    code = phone.code()
    answers = await asyncio.gather(*(give(browser, code=code) for browser in browsers))
    assert sorted(answer.status_code for answer in answers) == [303, 422, 422, 422]
    assert count(web, sessions) == 1


async def test_after_five_wrong_codes_one_begins_again_and_waits_longer_each_time(web: Web, phone: Phone, clock: TestClock) -> None:
    """T28, T30: beginning again brings no new tries."""
    browser = web.browser()
    await begin(browser, JOHAN, PASSWORD)
    for _ in range(TRIES - 1):
        assert (await give(browser, code=phone.wrong_code())).status_code == 422
    spent = await give(browser, code=phone.wrong_code())
    assert spent.headers["location"] == "/sign-in?again=spent"
    assert "wrong too often" in (await browser.get("/sign-in?again=spent")).text
    assert (await give(browser, code=phone.code())).headers["location"] == "/sign-in?again=late"
    for seconds in (1, 2, 4):
        other = web.browser(address=f"198.51.100.{seconds}")
        await begin(other, JOHAN, PASSWORD)
        slowed = await give(other, code=phone.code())
        assert (slowed.status_code, slowed.headers["retry-after"]) == (429, str(seconds))
        clock.move(seconds * SECOND)
        assert (await give(other, code=phone.wrong_code())).status_code == 422
    clock.move(8 * SECOND)
    patient = web.browser()
    await begin(patient, JOHAN, PASSWORD)
    assert (await give(patient, code=phone.code())).status_code == 303


async def test_many_tries_at_once_are_many(web: Web, phone: Phone) -> None:
    """T28: five guesses are five, however they arrive."""
    browser = web.browser()
    await begin(browser, JOHAN, PASSWORD)
    answers = await asyncio.gather(*(give(browser, code=f"{n:06}") for n in range(20)))
    assert {answer.status_code for answer in answers} <= {303, 422, 429}
    assert all(answer.headers.get("location", "/sign-in").startswith("/sign-in") for answer in answers)
    assert count(web, sessions) == 0


async def test_what_takes_longer_than_ten_minutes_begins_again(web: Web, phone: Phone, clock: TestClock) -> None:
    browser = web.browser()
    await begin(browser, JOHAN, PASSWORD)
    clock.move(10 * MINUTE)
    assert (await give(browser, code=phone.code())).headers["location"] == "/sign-in?again=late"
    assert count(web, sessions) == 0


async def test_each_step_has_a_token_of_its_own(web: Web, phone: Phone) -> None:
    """T26: what was seen or planted before a step is worth nothing after it."""
    browser = web.browser()
    await begin(browser, JOHAN, PASSWORD)
    first = browser.client.cookies["sluss-pending"]
    await give(browser, code=phone.wrong_code())
    second = browser.client.cookies["sluss-pending"]
    assert first != second
    thief = web.browser()
    await thief.get("/sign-in")
    thief.client.cookies.set("sluss-pending", first)
    assert (await give(thief, code=phone.code())).headers["location"] == "/sign-in?again=late"
    assert (await give(browser, code=phone.code())).status_code == 303
    assert browser.client.cookies["sluss"] not in {first, second}


async def test_a_recovery_code_opens_once(web: Web, phone: Phone) -> None:
    """T28"""
    first, second = web.browser(), web.browser()
    for browser in (first, second):
        await begin(browser, JOHAN, PASSWORD)
    code = phone.recovery[3]
    assert (await give(first, recovery=f" {code.upper().replace('-', ' ')} ")).status_code == 303
    assert (await give(second, recovery=code)).status_code == 422
    assert "9 recovery codes are left" in (await first.get("/me")).text
    assert "factor.code_used" in [deed.action for deed in web.db.read_now(list_deeds, web.world.who("ewa"))]


async def test_new_recovery_codes_replace_the_old(web: Web, phone: Phone) -> None:
    browser = web.browser()
    await begin(browser, JOHAN, PASSWORD)
    await give(browser, code=phone.code())
    await browser.get("/me")
    fresh = codes_on(await browser.post("/me/recovery-codes"))
    assert len(fresh) == 10
    other = web.browser()
    await begin(other, JOHAN, PASSWORD)
    assert (await give(other, recovery=phone.recovery[0])).status_code == 422
    assert (await give(other, recovery=fresh[0])).status_code == 303


@pytest.mark.parametrize("proof", [{}, {"code": ""}, {"code": "٠٠٠٠٠٠"}, {"code": "1" * 5000}, {"recovery": "x" * 5000}, {"answer": "{}"}])
async def test_what_is_no_proof_is_refused_with_a_sentence(web: Web, phone: Phone, proof: dict[str, str]) -> None:
    browser = web.browser()
    await begin(browser, JOHAN, PASSWORD)
    assert (await give(browser, **proof)).status_code == 422
    assert count(web, sessions) == 0


async def test_nobody_learns_of_a_factor_who_does_not_know_the_password(web: Web, phone: Phone) -> None:
    """T32: with a factor, without one, and for an address that nobody has, a wrong password is answered alike."""
    told = set()
    for email in (JOHAN, "maja@norrsken.test", "nobody@norrsken.test"):
        answer = await web.browser().sign_in(email, "not this one")
        told.add((answer.status_code, re.sub(r'(value|content|data-passkey)="[^"]*"', "", answer.text).replace(email, "")))
    assert len(told) == 1


async def test_disabling_an_agent_ends_sign_ins_on_their_way(web: Web, phone: Phone) -> None:
    """T12"""
    browser = web.browser()
    await begin(browser, JOHAN, PASSWORD)
    web.db.write_now(disable_agent, web.world.who("ewa"), web.world.who("johan").id)
    assert count(web, pending_sign_ins) == 0
    assert (await give(browser, code=phone.code())).headers["location"] == "/sign-in?again=late"


async def test_a_new_password_ends_sign_ins_on_their_way(web: Web, phone: Phone) -> None:
    """T26"""
    thief, johan = web.browser(), web.browser()
    await begin(thief, JOHAN, PASSWORD)
    await begin(johan, JOHAN, PASSWORD)
    await give(johan, code=phone.code())
    await johan.get("/me")
    await johan.post("/me/password", current=PASSWORD, password="nytt lösenord för hösten")
    assert (await give(thief, code=phone.code(1))).headers["location"] == "/sign-in?again=late"


async def test_seeds_and_recovery_codes_are_not_readable_in_the_database(web: Web, phone: Phone) -> None:
    """T27, T115: a seed opens only in its own place."""
    row = web.db.read_now(lambda tx: tx.row(sa.select(totp_seeds.c.factor_id, totp_seeds.c.sealed)))
    assert row is not None
    credential_id = web.db.read_now(lambda tx: tx.value(sa.select(factors.c.credential_id)))
    assert web.edge.keyring.unseal(row.sealed, ("factor", credential_id, row.factor_id)).decode() == phone.seed
    for elsewhere in (("factor", credential_id, row.factor_id + 1), ("factor", credential_id + 1, row.factor_id)):
        with pytest.raises(SealError):
            web.edge.keyring.unseal(row.sealed, elsewhere)
    hashes = web.db.read_now(lambda tx: [bytes(one.code_hash) for one in tx.rows(sa.select(recovery_codes.c.code_hash))])
    assert all(code.encode() not in b"".join(hashes) for code in phone.recovery)


async def test_without_the_key_file_the_app_opens_nothing_and_a_recovery_code_still_does(web: Web, phone: Phone) -> None:
    web.db.write_now(lambda tx: tx.run(sa.update(totp_seeds).values(sealed=b"\x01" + bytes(80))))
    browser = web.browser()
    await begin(browser, JOHAN, PASSWORD)
    assert (await give(browser, code=phone.code())).status_code == 422
    assert (await give(browser, recovery=phone.recovery[0])).status_code == 303


async def test_the_agent_is_told_of_every_change_by_mail(web: Web, clock: TestClock) -> None:
    johan = await web.sign_in("johan")
    await add_app(johan, clock)
    told = [one for one in web.db.read_now(list_letters, web.world.who("ewa")) if one.kind == "factors"]
    assert {one.email for one in told} == {JOHAN}
    assert len(told) == 2


async def test_signed_out_in_the_middle_of_work_the_dialog_asks_for_the_second_step_too(web: Web, phone: Phone) -> None:
    browser = web.browser()
    await browser.get("/sign-in")
    first = await browser.post("/sign-in/again", email=JOHAN, password=PASSWORD)
    assert first.status_code == 200
    assert 'action="/sign-in/again/second"' in first.text
    assert count(web, sessions) == 0
    wrong = await browser.post("/sign-in/again/second", code=phone.wrong_code())
    assert wrong.status_code == 422
    assert (await browser.post("/sign-in/again/second", code=phone.code())).status_code == 204
    assert (await browser.get("/me")).status_code == 200
