"""Passkeys: made, used to sign in alone, as the second step and as fresh proof; and everything that must not open."""

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluss.kernel.actors import Actor
from sluss.kernel.audit import list_deeds
from sluss.kernel.clock import MINUTE, TestClock
from sluss.kernel.db import Database
from sluss.kernel.sealing import Sealer
from sluss.kernel.tx import Tx
from sluss.people.actions import disable_agent
from sluss.people.factors import add_factor, credential_of
from sluss.people.letters import list_letters
from sluss.people.models import factors, passkeys, sessions
from sluss.people.passkeys import Answered, Asking, Site, Used, new_challenge, site_of, use_passkey
from sluss.people.passkeys import add_passkey as add_passkey_row
from tests.people.keys import ORIGIN, PRESENT, VERIFIED, Device, add_passkey, begin, options_on, word
from tests.world import PASSWORD, Browser, Web, World

JOHAN = "johan@norrsken.test"


@pytest.fixture
async def device(web: Web) -> Device:
    """Johan's, with one passkey; nobody is signed in any more."""
    browser = await web.sign_in("johan")
    device = await add_passkey(browser)
    await browser.post("/sign-out")
    return device


def count(web: Web, table: sa.Table) -> int:
    return int(web.db.read_now(lambda tx: tx.value(sa.select(sa.func.count()).select_from(table))))


async def enter(browser: Browser, device: Device, **instead: Any):
    """Sign in with a passkey alone, as the button does."""
    options = options_on(await browser.get("/sign-in"))
    return await browser.post("/sign-in/passkey", answer=device.answer(options, **instead), next="/me?x=1")


async def test_a_passkey_is_made_and_listed(web: Web) -> None:
    johan = await web.sign_in("johan")
    await add_passkey(johan, name="Blå nyckel")
    page = (await johan.get("/me")).text
    assert "Blå nyckel" in page
    assert "10 recovery codes are left" in page
    row = web.db.read_now(lambda tx: tx.row(sa.select(passkeys)))
    assert row is not None
    assert (row.transports, row.sign_count, row.backed_up) == (["internal"], 0, False)


async def test_a_passkey_alone_signs_in(web: Web, device: Device) -> None:
    browser = web.browser()
    answer = await enter(browser, device)
    assert (answer.status_code, answer.headers["location"]) == (303, "/me?x=1")
    assert "Johan Falk" in (await browser.get("/me")).text
    signed_in = next(deed for deed in web.db.read_now(list_deeds, web.world.who("ewa")) if deed.action == "agent.sign_in")
    assert signed_in.data["how"] == ["passkey"]


async def test_a_passkey_is_the_second_step(web: Web, device: Device) -> None:
    browser = web.browser()
    await begin(browser, JOHAN, PASSWORD)
    answer = device.answer(options_on(await browser.get("/sign-in/second")))
    assert (await browser.post("/sign-in/second", answer=answer)).status_code == 303
    assert (await browser.get("/me")).status_code == 200


async def test_everybody_is_asked_alike(web: Web, device: Device) -> None:
    """T32: before anybody has said who they are, no passkey is named, whoever comes."""
    asked = [options_on(await web.browser().get("/sign-in")) for _ in range(2)]
    asked.append(options_on(await web.browser().sign_in(JOHAN, "not this one")))
    for options in asked:
        assert options.pop("challenge")
    assert asked[0] == asked[1] == asked[2]
    assert not asked[0].get("allowCredentials")
    assert asked[0]["userVerification"] == "required"


async def test_nothing_else_opens(web: Web, device: Device) -> None:
    """T28: another origin, another host, an owner who was not asked, a forged signature, somebody else's handle, an unknown passkey."""
    stranger, other = Device(), Device()
    stranger.user, other.id = device.user, device.id
    other.user = device.user
    answers = [
        await enter(web.browser(), stranger),
        await enter(web.browser(), other),
        await enter(web.browser(), device, signature="MEUCIQ" + "A" * 90),
        await enter(web.browser(), device, userHandle="AAAAAAAAAAE"),
    ]
    for change in ({"origin": "http://evil.test"}, {"rp_id": "evil.test"}, {"flags": PRESENT}, {"flags": VERIFIED}, {"flags": 0}):
        kept = {name: getattr(device, name) for name in change}
        for name, value in change.items():
            setattr(device, name, value)
        answers.append(await enter(web.browser(), device))
        for name, value in kept.items():
            setattr(device, name, value)
    assert {answer.status_code for answer in answers} == {422}
    assert all("This passkey is not known here" in answer.text for answer in answers)
    assert count(web, sessions) == 0
    assert (await enter(web.browser(), device)).status_code == 303


async def test_a_challenge_is_good_once_for_its_browser_and_for_a_while(web: Web, device: Device, clock: TestClock) -> None:
    """T28: replayed, carried to another browser, made for another purpose, kept too long."""
    browser, thief, late = web.browser(), web.browser(), web.browser()
    answer = device.answer(options_on(await browser.get("/sign-in")))
    await thief.get("/sign-in")
    assert (await thief.post("/sign-in/passkey", answer=answer)).status_code == 422
    assert (await browser.post("/sign-in/passkey", answer=answer)).status_code == 303
    await browser.get("/me")
    await browser.post("/sign-out")
    await browser.get("/sign-in")
    assert (await browser.post("/sign-in/passkey", answer=answer)).status_code == 422
    await begin(late, JOHAN, PASSWORD)
    alone = device.answer(options_on(await late.get("/sign-in/second")))
    assert (await late.post("/sign-in/passkey", answer=alone)).status_code == 422
    options = options_on(await late.get("/sign-in"))
    clock.move(10 * MINUTE)
    assert (await late.post("/sign-in/passkey", answer=device.answer(options))).status_code == 422
    assert count(web, sessions) == 0


async def test_an_answer_of_the_first_step_is_none_for_the_second(web: Web, device: Device) -> None:
    """T28"""
    browser = web.browser()
    await begin(browser, JOHAN, PASSWORD)
    answer = device.answer(options_on(await browser.get("/sign-in")))
    assert (await browser.post("/sign-in/second", answer=answer)).status_code == 422


async def test_the_passkey_of_somebody_else_is_no_second_step(web: Web, device: Device) -> None:
    maja = await web.sign_in("maja")
    theirs = await add_passkey(maja)
    browser = web.browser()
    await begin(browser, JOHAN, PASSWORD)
    answer = theirs.answer(options_on(await browser.get("/sign-in/second")))
    assert (await browser.post("/sign-in/second", answer=answer)).status_code == 422


async def test_a_passkey_that_exists_twice_opens_nothing_and_everybody_is_told(web: Web, device: Device) -> None:
    """T28: the counter of the copy is behind."""
    assert (await enter(web.browser(), device)).status_code == 303
    device.count = 0
    answer = await enter(web.browser(), device)
    assert answer.status_code == 422
    assert "seems to exist twice" in answer.text
    assert "factor.copied" in [deed.action for deed in web.db.read_now(list_deeds, web.world.who("ewa"))]
    assert any("twice" in str(one) for one in web.db.read_now(list_letters, web.world.who("ewa")) if one.kind == "factors")
    device.count = 5
    assert (await enter(web.browser(), device)).status_code == 303


async def test_a_passkey_that_does_not_count_works_again_and_again(web: Web) -> None:
    browser = await web.sign_in("johan")
    device = await add_passkey(browser, Device(counts=False))
    for _ in range(2):
        assert (await enter(web.browser(), device)).status_code == 303


async def test_a_passkey_of_nobody_who_works_here_opens_nothing(web: Web, device: Device) -> None:
    """T1, T12: shut out, or an agent of another workspace."""
    browser = web.browser("ferries.test")
    assert (await enter(browser, device)).status_code == 422
    web.db.write_now(disable_agent, web.world.who("ewa"), web.world.who("johan").id)
    assert (await enter(web.browser(), device)).status_code == 422
    assert count(web, sessions) == 0


async def test_the_session_before_ends_when_a_passkey_opens_another(web: Web, device: Device) -> None:
    """T26, T35"""
    browser = web.browser()
    await enter(browser, device)
    before = browser.client.cookies["sluss"]
    other = web.browser()
    options = options_on(await other.get("/sign-in"))
    other.client.cookies.set("sluss-pending", "planted", domain="norrsken.test", path="/")
    assert (await other.post("/sign-in/passkey", answer=device.answer(options))).status_code == 303
    assert other.client.cookies["sluss"] != before
    assert "sluss-pending" not in other.client.cookies


async def test_a_new_passkey_must_answer_what_was_asked(web: Web, clock: TestClock) -> None:
    """T28: another session's, another origin, without its owner, too old, sent twice, known already."""
    johan, maja = await web.sign_in("johan"), await web.sign_in("maja")
    for wrong in (Device("http://evil.test"), Device(flags=PRESENT)):
        options = options_on(await johan.get("/me/passkeys/new"))
        assert (await johan.post("/me/passkeys", answer=wrong.make(options))).status_code == 422
    theirs = Device().make(options_on(await maja.get("/me/passkeys/new")))
    assert (await johan.post("/me/passkeys", answer=theirs)).status_code == 422
    device = Device()
    answer = device.make(options_on(await johan.get("/me/passkeys/new")))
    assert (await johan.post("/me/passkeys", answer=answer)).status_code == 200
    assert (await johan.post("/me/passkeys", answer=answer)).status_code == 422
    again = await maja.post("/me/passkeys", answer=device.make(options_on(await maja.get("/me/passkeys/new"))))
    assert again.status_code == 422
    assert "registered already" in again.text
    options = options_on(await johan.get("/me/passkeys/new"))
    clock.move(9 * MINUTE + MINUTE)
    assert (await johan.post("/me/passkeys", answer=Device().make(options))).status_code in {403, 422}
    assert count(web, factors) == 1


_words = st.text(max_size=40) | st.binary(max_size=60).map(word)
_parts = st.dictionaries(
    st.sampled_from(["clientDataJSON", "authenticatorData", "signature", "userHandle", "attestationObject", "transports"]),
    _words | st.none() | st.integers() | st.lists(_words, max_size=2),
)


@pytest.fixture
def laptop(db: Database, world: World) -> tuple[Actor, Device]:
    """Johan and a passkey of his, written down without asking."""
    return world.who("johan"), db.write_now(stored_passkey, world.who("johan"))


@pytest.fixture
def sealer(tmp_path: Path) -> Sealer:
    return Sealer.of(tmp_path)


@given(parts=_parts, known=st.booleans(), ours=st.booleans())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_no_answer_of_an_authenticator_is_nobody_s(
    db: Database, laptop: tuple[Actor, Device], sealer: Sealer, parts: dict[str, Any], *, known: bool, ours: bool
) -> None:
    """T28: whatever is sent, about a passkey that exists and with our own challenge, it opens nothing, makes nothing, breaks nothing."""
    johan, device = laptop
    credential_id = db.read_now(credential_of, johan)
    for asking in (Asking("sign-in", "x"), Asking("register", "x", credential_id)):
        challenge = word(new_challenge(sealer, asking, db.clock()))
        kind = "webauthn.get" if asking.purpose == "sign-in" else "webauthn.create"
        response = parts | ({"clientDataJSON": word(device.client(kind, challenge))} if ours else {})
        handle = word(device.id if known else b"x")
        text = json.dumps({"id": handle, "rawId": handle, "type": "public-key", "response": response})
        answered = Answered(asking, Site("localhost", ORIGIN), text, sealer)
        assert db.write_now(use_passkey, answered) == Used()
        assert db.write_now(add_passkey_row, johan, answered, "x") is False


@given(text=st.text(max_size=200))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_text_is_no_answer(db: Database, sealer: Sealer, text: str) -> None:
    assert db.write_now(use_passkey, Answered(Asking("sign-in", "x"), Site("localhost", ORIGIN), text, sealer)) == Used()


def stored_passkey(tx: Tx, who: Actor) -> Device:
    device = Device()
    factor_id = add_factor(tx, who, "passkey", "Laptop")
    row = {
        "factor_id": factor_id,
        "handle": device.id,
        "public_key": device.public(),
        "sign_count": 0,
        "transports": [],
        "backed_up": False,
    }
    tx.run(sa.insert(passkeys), row | {"transports": []})
    return device


@pytest.mark.parametrize(
    ("home", "site"),
    [
        ("https://desk.example.com", Site("desk.example.com", "https://desk.example.com")),
        ("https://desk.example.com:8443", Site("desk.example.com", "https://desk.example.com:8443")),
        ("http://127.0.0.1:8000", Site("localhost", "http://localhost:8000")),
        ("http://[::1]:8000", Site("localhost", "http://localhost:8000")),
        ("http://192.168.1.5:8000", None),
        ("http://[2001:db8::1]", None),
        ("", None),
    ],
)
def test_passkeys_belong_to_the_address_where_people_reach_sluss(home: str, site: Site | None) -> None:
    """T41: never to what a request says."""
    assert site_of(home) == site


async def test_a_planted_host_name_is_not_what_passkeys_are_bound_to(web: Web) -> None:
    """T41"""
    page = (await web.browser("evil.test").get("/sign-in")).text
    assert "data-passkey" not in page
    assert "evil.test" not in page
