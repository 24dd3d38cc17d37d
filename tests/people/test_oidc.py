"""Signing in by an identity provider, through the pages, against the double."""

from __future__ import annotations

import io
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa

from sluss.kernel.actors import system
from sluss.kernel.clock import HOUR, MINUTE, TestClock
from sluss.kernel.errors import Invalid
from sluss.kernel.log import configure
from sluss.people.actions import NewAgent, disable_agent
from sluss.people.factors import has_factor
from sluss.people.invitations import invite
from sluss.people.models import agent_identities, agents, credentials, oidc_providers, one_time_links, sessions
from sluss.people.oidc_providers import ProviderFields, Told, allow_passwords, link_identity, save_provider
from sluss.people.queries import list_agents
from sluss.sandbox.oidc.provider import OidcProvider
from tests.people.post_office import PostOffice, connect_provider, path_of, there_and_back
from tests.world import PASSWORD, Web

JOHAN = "johan@norrsken.test"


@pytest.fixture
async def keycloak(clock: TestClock) -> AsyncIterator[OidcProvider]:
    provider = OidcProvider(now=lambda: clock() / 1_000_000)
    await provider.start()
    yield provider
    await provider.stop()


@pytest.fixture
async def linked(web: Web, keycloak: OidcProvider) -> Web:
    """Norrsken signs in with the double, where Johan is 4711."""
    await connect_provider(web, web.world.norrsken, keycloak)
    who = web.world.who("johan")
    web.db.write_now(link_identity, system(who.workspace_id), who.id, Told(keycloak.issuer, "4711", JOHAN))
    return web


async def test_whoever_is_linked_signs_in_with_one_click(linked: Web, keycloak: OidcProvider) -> None:
    browser = linked.browser()
    page = await browser.get("/sign-in?next=/me")
    assert "Keycloak" in page.text
    back = await there_and_back(browser, keycloak)
    assert (back.status_code, back.headers["location"]) == (303, "/me")
    assert JOHAN in (await browser.get("/me")).text
    asked = keycloak.asked[0]
    assert asked["redirect_uri"].endswith("/sign-in/oidc/callback")
    assert min(len(asked["state"]), len(asked["nonce"]), len(asked["code_challenge"])) >= 43


async def test_an_address_alone_opens_nothing(linked: Web, keycloak: OidcProvider) -> None:
    """T24: the provider says that another subject has the victim's address, confirmed."""
    keycloak.person = {"sub": "evil", "email": "ewa@norrsken.test", "email_verified": True}
    browser = linked.browser()
    back = await there_and_back(browser, keycloak)
    assert back.status_code == 422
    assert "no account here is linked" in back.text
    assert (await browser.get("/me")).status_code == 303


async def test_another_workspace_s_provider_says_nothing_here(linked: Web, keycloak: OidcProvider) -> None:
    """T24: an administrator who runs a provider of their own, and says it is somebody of another workspace."""
    await connect_provider(linked, linked.world.ferries, keycloak)
    browser = linked.browser("ferries.test")
    back = await there_and_back(browser, keycloak)
    assert back.status_code == 422
    assert (await browser.get("/me")).status_code == 303


async def test_a_disabled_agent_stays_out(linked: Web, keycloak: OidcProvider) -> None:
    """T12"""
    linked.db.write_now(disable_agent, linked.world.who("ewa"), linked.world.who("johan").id)
    assert "disabled" in (await there_and_back(linked.browser(), keycloak)).text


async def test_a_state_is_good_once_in_its_own_browser_and_for_ten_minutes(linked: Web, keycloak: OidcProvider, clock: TestClock) -> None:
    """T38: no state, somebody else's state, a state used twice, a state kept too long."""
    browser, thief = linked.browser(), linked.browser()
    away = (await browser.get("/sign-in/oidc")).headers["location"]
    answer = path_of(keycloak.come_back(away))
    assert "not begun in this browser" in (await thief.get(answer)).text
    assert "not begun in this browser" in (await browser.get("/sign-in/oidc/callback?code=x")).text
    away = (await browser.get("/sign-in/oidc")).headers["location"]
    kept = browser.client.cookies["sluss-oidc"]
    answer = path_of(keycloak.come_back(away))
    assert (await browser.get(answer)).status_code == 303
    again = linked.browser()
    again.client.cookies.set("sluss-oidc", kept)
    assert "not begun in this browser" in (await again.get(answer)).text
    late = linked.browser()
    answer = path_of(keycloak.come_back((await late.get("/sign-in/oidc")).headers["location"]))
    clock.move(11 * MINUTE)
    assert "too long ago" in (await late.get(answer)).text


async def test_an_answer_of_another_issuer_is_none(linked: Web, keycloak: OidcProvider) -> None:
    """T38: mix-up."""
    browser = linked.browser()
    answer = path_of(keycloak.come_back((await browser.get("/sign-in/oidc")).headers["location"]))
    assert (await browser.get(answer.replace("%2Frealm", "%2Felse"))).status_code == 422


async def test_the_way_back_is_the_configured_one_whatever_the_host_says(linked: Web, keycloak: OidcProvider) -> None:
    """T38, T41"""
    browser = linked.browser()
    away = await browser.get("/sign-in/oidc", headers={"Host": "norrsken.test", "X-Forwarded-Host": "evil.example"})
    assert "evil" not in away.headers["location"]
    assert (await linked.browser("evil.example").get("/sign-in/oidc")).headers["location"] == "/sign-in"


async def test_onward_never_leads_to_another_host(linked: Web, keycloak: OidcProvider) -> None:
    """T73"""
    back = await there_and_back(linked.browser(), keycloak, "/sign-in/oidc?next=https://evil.example/")
    assert back.headers["location"] == "/"


async def test_keys_that_change_are_fetched_again_but_not_for_every_made_up_name(
    linked: Web, keycloak: OidcProvider, clock: TestClock
) -> None:
    assert (await there_and_back(linked.browser(), keycloak)).status_code == 303
    clock.move(2 * MINUTE)
    keycloak.keys.rotate("RS256")
    assert (await there_and_back(linked.browser(), keycloak)).status_code == 303
    fetched = keycloak.fetched.count("/realm/keys")
    keycloak.keys.rotate()
    for _ in range(5):
        assert (await there_and_back(linked.browser(), keycloak)).status_code == 422
    assert keycloak.fetched.count("/realm/keys") == fetched
    clock.move(2 * MINUTE)
    assert (await there_and_back(linked.browser(), keycloak)).status_code == 303


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"deny": "access_denied"}, "did not let you in"),
        ({"deny": "server_error"}, "problem of its own"),
        ({"deny": "invalid_scope"}, "has to look at its settings"),
        ({"no_token": True}, "no ID token"),
    ],
)
async def test_what_went_wrong_is_said_in_plain_words(linked: Web, keycloak: OidcProvider, fault: dict[str, Any], words: str) -> None:
    for name, value in fault.items():
        setattr(keycloak.faults, name, value)
    back = await there_and_back(linked.browser(), keycloak)
    assert back.status_code in {422, 502}
    assert words in back.text


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"issuer": "https://evil.example"}, "calls itself https://evil.example"),
        ({"html": True}, "not what OpenID Connect says"),
        ({"broken": True}, "answered 500"),
        ({"far_endpoint": "http://evil.example/token"}, "not safe to use"),
    ],
)
async def test_a_provider_that_cannot_be_used_is_told_before_anybody_leaves(
    linked: Web, keycloak: OidcProvider, fault: dict[str, Any], words: str
) -> None:
    for name, value in fault.items():
        setattr(keycloak.faults, name, value)
    answer = await linked.browser().get("/sign-in/oidc")
    assert answer.status_code == 502
    assert words in answer.text
    ewa = await linked.sign_in("ewa")
    assert words in (await ewa.post("/settings/provider/test")).text


async def test_a_provider_that_is_away_is_told(linked: Web, keycloak: OidcProvider) -> None:
    await keycloak.stop()
    assert "cannot be reached" in (await linked.browser().get("/sign-in/oidc")).text


async def test_a_wrong_secret_is_for_an_administrator(linked: Web, keycloak: OidcProvider) -> None:
    keycloak.secret = "another"
    assert "client id or secret" in (await there_and_back(linked.browser(), keycloak)).text


async def test_linking_wants_the_agent_s_own_yes(web: Web, keycloak: OidcProvider) -> None:
    """T24, T25: nothing is linked by coming back; the yes is, and an unconfirmed address keeps no password."""
    await connect_provider(web, web.world.norrsken, keycloak)
    johan, elsewhere = await web.sign_in("johan"), await web.sign_in("johan")
    back = await there_and_back(johan, keycloak, "/me/identity/new")
    assert back.headers["location"] == "/me/identity"
    assert web.db.read_now(lambda tx: tx.value(sa.select(sa.func.count()).select_from(agent_identities))) == 0
    assert "never confirmed" in (await johan.get("/me/identity")).text
    assert (await johan.post("/me/identity")).headers["location"] == "/me?saved=identity"
    assert (await johan.get("/me")).status_code == 200
    assert (await elsewhere.get("/me")).status_code == 303
    assert (await web.browser().sign_in(JOHAN, PASSWORD)).status_code == 422
    assert (await there_and_back(web.browser(), keycloak)).headers["location"] == "/me"


async def test_a_confirmed_address_keeps_its_password(web: Web, keycloak: OidcProvider) -> None:
    await connect_provider(web, web.world.norrsken, keycloak)
    confirm(web, JOHAN)
    johan = await web.sign_in("johan")
    await there_and_back(johan, keycloak, "/me/identity/new")
    assert "never confirmed" not in (await johan.get("/me/identity")).text
    await johan.post("/me/identity")
    assert (await web.browser().sign_in(JOHAN)).status_code == 303


async def test_what_came_back_links_only_in_the_session_that_asked(web: Web, keycloak: OidcProvider) -> None:
    """T24, T35: another session in the same browser finds nothing to say yes to."""
    await connect_provider(web, web.world.norrsken, keycloak)
    browser = await web.sign_in("johan")
    await there_and_back(browser, keycloak, "/me/identity/new")
    await browser.sign_in("petra@norrsken.test")
    await browser.post("/me/identity")
    assert web.db.read_now(lambda tx: tx.value(sa.select(sa.func.count()).select_from(agent_identities))) == 0


async def test_one_identity_is_one_agent(linked: Web, keycloak: OidcProvider) -> None:
    petra = await linked.sign_in("petra")
    await there_and_back(petra, keycloak, "/me/identity/new")
    assert (await petra.post("/me/identity")).status_code == 409


async def test_an_invitation_is_accepted_with_the_provider(web: Web, keycloak: OidcProvider) -> None:
    """T14, T24, T25"""
    office = PostOffice(web.db)
    await connect_provider(web, web.world.norrsken, keycloak)
    new = NewAgent(name="Sara Lind", email="sara@norrsken.test", role="reviewer")
    await web.db.write(invite, web.world.who("ewa"), new, by_mail=True)
    link = await office.link_to("sara@norrsken.test")
    sara = web.browser()
    assert "Keycloak" in (await sara.get(link)).text
    keycloak.person = {"sub": "sara", "name": "Sara Maria Lind", "email": "other@gmail.test"}
    back = await there_and_back(sara, keycloak, f"{link}/oidc")
    page = await sara.get(back.headers["location"])
    assert "Sara Maria Lind" in page.text
    assert len(list_agents_of(web)) == 7
    assert (await sara.post(f"{link}/provider", name="Sara Lind", locale="sv")).headers["location"] == "/"
    assert "sara@norrsken.test" in (await sara.get("/me")).text
    found = next(one for one in list_agents_of(web) if one.email == "sara@norrsken.test")
    assert (found.role, found.language, found.invited) == ("reviewer", "sv", False)
    assert (await there_and_back(web.browser(), keycloak)).headers["location"] == "/me"
    assert (await web.browser().get(link)).status_code == 410


async def test_nobody_comes_in_unasked_unless_the_workspace_wants_it(web: Web, keycloak: OidcProvider) -> None:
    """T19, T24: the least role, of a confirmed address of the domains alone; a role that the provider names is nothing."""
    await connect_provider(web, web.world.norrsken, keycloak, provision=True, domains="norrsken.test")
    for wrong in (
        {"email": "new@norrsken.test"},
        {"email": "new@norrsken.test", "email_verified": False},
        {"email": "new@norrsken.test", "email_verified": 1},
        {"email": "new@evil.test", "email_verified": True},
        {"email": "new@norrsken.test.evil.test", "email_verified": True},
        {"email": "ewa@norrsken.test", "email_verified": True},
        {"email": "marek@ferries.test", "email_verified": True},
        {"email": "x y@norrsken.test", "email_verified": True},
    ):
        keycloak.person = {"sub": "new"} | wrong
        assert (await there_and_back(web.browser(), keycloak)).status_code == 422, wrong
    keycloak.person = {
        "sub": "new",
        "email": "New@Norrsken.test",
        "email_verified": True,
        "name": "Nils Ny",
        "role": "admin",
        "roles": ["admin"],
    }
    assert (await there_and_back(web.browser(), keycloak)).headers["location"] == "/me"
    found = next(one for one in list_agents_of(web) if one.name == "Nils Ny")
    assert (found.role, found.email, found.team_ids, found.invited) == ("agent", "new@norrsken.test", (), False)


async def test_only_the_provider_and_one_administrator(linked: Web, keycloak: OidcProvider) -> None:
    """Passwords are off for all but the one who comes in when the provider cannot be reached; the command line switches them on again."""
    ewa = linked.world.who("ewa")
    await connect_provider(linked, linked.world.norrsken, keycloak, only=True, break_glass_id=ewa.id)
    assert (await linked.browser().sign_in(JOHAN)).status_code == 422
    assert (await linked.browser().sign_in(JOHAN, "wrong")).text.count("not right") == (await linked.browser().sign_in(JOHAN)).text.count(
        "not right"
    )
    assert (await linked.browser().sign_in("ewa@norrsken.test")).status_code == 303
    assert (await linked.browser("ferries.test").sign_in("marek@ferries.test")).status_code == 303
    assert (await there_and_back(linked.browser(), keycloak)).status_code == 303
    await keycloak.stop()
    assert linked.db.write_now(allow_passwords, system(ewa.workspace_id))
    assert (await linked.browser().sign_in(JOHAN)).status_code == 303


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("issuer", {"issuer": "ftp://login.example.com"}),
        ("issuer", {"issuer": "http://login.example.com"}),
        ("issuer", {"issuer": "https://user:password@login.example.com"}),
        ("issuer", {"issuer": "https://login.example.com/?a=b"}),
        ("issuer", {"issuer": "not an address"}),
        ("client_id", {"client_id": " "}),
        ("label", {"label": "x" * 41}),
        ("domains", {"provision": True}),
        ("domains", {"domains": "norrsken"}),
        ("break_glass", {"only": True}),
    ],
)
async def test_settings_that_would_open_or_shut_too_much_are_refused(web: Web, field: str, wrong: dict[str, Any]) -> None:
    """T19, T36"""
    good: dict[str, Any] = {"issuer": "https://login.example.com", "client_id": "sluss", "secret": "s", "label": "SSO"}
    with pytest.raises(Invalid) as refused:
        web.db.write_now(save_provider, web.world.who("ewa"), web.edge.keyring, ProviderFields(**good | wrong), private=True)
    assert set(refused.value.fields) == {field}


async def test_break_glass_is_an_administrator_of_one_s_own(web: Web) -> None:
    """T1"""
    for key in ("johan", "marek", "ola"):
        given = ProviderFields(issuer="https://login.example.com", client_id="sluss", only=True, break_glass_id=web.world.who(key).id)
        with pytest.raises(Invalid):
            web.db.write_now(save_provider, web.world.who("ewa"), web.edge.keyring, given, private=True)


async def test_the_form_is_kept_and_the_secret_is_not_shown(web: Web) -> None:
    """T115: the secret lies sealed; T3: fields that are not the form's change nothing."""
    ewa = await web.sign_in("ewa")
    given: dict[str, Any] = {"client_id": "sluss", "secret": "s3cret-s3cret", "label": "Entra"}
    await ewa.post("/settings/provider", issuer="https://login.example.com", role="admin", **given)
    page = await ewa.get("/settings/provider")
    assert "login.example.com" in page.text
    assert "s3cret-s3cret" not in page.text
    sealed = web.db.read_now(lambda tx: tx.value(sa.select(oidc_providers.c.sealed)))
    assert b"s3cret" not in sealed
    wrong = await ewa.post("/settings/provider", issuer="nowhere", **given)
    assert (wrong.status_code, "nowhere" in wrong.text, "s3cret-s3cret" in wrong.text) == (422, True, False)


async def test_a_second_factor_is_asked_for_unless_the_workspace_believes_the_provider(linked: Web, keycloak: OidcProvider) -> None:
    """T28"""
    johan = linked.world.who("johan")
    give_factor(linked, JOHAN)
    assert linked.db.read_now(has_factor, credential_of(linked, JOHAN))
    keycloak.person = {"sub": "4711", "amr": ["pwd", "mfa"]}
    assert (await there_and_back(linked.browser(), keycloak)).headers["location"] == "/sign-in/second"
    await connect_provider(linked, linked.world.norrsken, keycloak, trusts_factors=True)
    assert (await there_and_back(linked.browser(), keycloak)).headers["location"] == "/me"
    for amr in (["pwd"], [], "mfa", None, [["mfa"]]):
        keycloak.person = {"sub": "4711", "amr": amr}
        assert (await there_and_back(linked.browser(), keycloak)).headers["location"] == "/sign-in/second", amr
    assert johan.id


async def test_a_provider_of_one_workspace_does_not_reach_the_account_that_others_share(linked: Web, keycloak: OidcProvider) -> None:
    """T24: whoever comes by it into a shared account has shown nothing that would let them change how it is signed in with."""
    assert fresh_sessions(linked) == 0
    await there_and_back(linked.browser(), keycloak)
    assert fresh_sessions(linked) == 1
    make_colleague_of_ferries(linked, JOHAN)
    browser = linked.browser()
    await there_and_back(browser, keycloak)
    assert fresh_sessions(linked) == 1


async def test_no_secret_of_the_way_in_comes_into_the_log(linked: Web, keycloak: OidcProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    """T39: neither codes, states and tokens of addresses, nor what the provider gave; and no page tells another where it was."""
    stream, root = io.StringIO(), logging.getLogger()
    monkeypatch.setattr(root, "handlers", root.handlers)
    monkeypatch.setattr(root, "level", root.level)
    monkeypatch.setattr(logging, "raiseExceptions", logging.raiseExceptions)
    configure("info", "json", stream)
    office, browser = PostOffice(linked.db), linked.browser()
    await linked.db.write(invite, linked.world.who("ewa"), NewAgent(name="Sara", email="sara@norrsken.test"), by_mail=True)
    link = await office.link_to("sara@norrsken.test")
    page = await browser.get(link)
    assert page.headers["referrer-policy"] == "no-referrer"
    given: list[str] = []
    keycloak.forge = lambda token: given.append(token) or token
    await there_and_back(browser, keycloak)
    keycloak.forge = lambda token: given.append(token) or token + "x"
    await there_and_back(linked.browser(), keycloak)
    logging.captureWarnings(capture=False)
    log = stream.getvalue()
    assert "/sign-in/oidc/callback" in log
    asked = keycloak.asked[0]
    secrets = (link.rpartition("/")[2], asked["state"], asked["nonce"], asked["code_challenge"], keycloak.secret, *given)
    assert not [one for one in secrets if one in log]


async def test_states_are_forgotten(linked: Web, keycloak: OidcProvider, clock: TestClock) -> None:
    await there_and_back(linked.browser(), keycloak)
    used = sa.select(one_time_links.c.expires_at).where(one_time_links.c.purpose == "oidc")
    assert linked.db.read_now(lambda tx: tx.value(used)) < clock() + HOUR


def list_agents_of(web: Web) -> list[Any]:
    return web.db.read_now(list_agents, web.world.who("ewa"))


def confirm(web: Web, email: str) -> None:
    web.db.write_now(lambda tx: tx.run(sa.update(credentials).where(credentials.c.email == email).values(confirmed_at=tx.now)))


def credential_of(web: Web, email: str) -> int:
    return web.db.read_now(lambda tx: tx.value(sa.select(credentials.c.id).where(credentials.c.email == email)))


def give_factor(web: Web, email: str) -> None:
    from sluss.people.models import factors  # noqa: PLC0415 - a row is all that this test needs

    row = {"credential_id": credential_of(web, email), "kind": "app", "name": "Telefon", "used_at": None}
    web.db.write_now(lambda tx: tx.run(sa.insert(factors), row | {"id": tx.new_id(), "created_at": tx.now}))


def fresh_sessions(web: Web) -> int:
    wanted = sa.select(sa.func.count()).select_from(sessions).where(sessions.c.fresh_at.is_not(None))
    return web.db.read_now(lambda tx: tx.value(wanted))


def make_colleague_of_ferries(web: Web, email: str) -> None:
    row = {"workspace_id": web.world.ferries.id, "credential_id": credential_of(web, email), "name": "Johan Falk", "role": "agent"}
    row |= {"language": "en", "theme": "system", "keys_off": False, "disabled_at": None}
    web.db.write_now(lambda tx: tx.run(sa.insert(agents), row | {"id": tx.new_id(), "created_at": tx.now}))
