"""Invitations: who gets in by one, and who does not."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
import sqlalchemy as sa

from sluss.kernel.actors import system
from sluss.kernel.clock import HOUR, TestClock
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing
from sluss.kernel.tx import Tx
from sluss.people.actions import NewAgent, change_agent, create_agent
from sluss.people.invitations import invitation_link, invite, list_invitations, renew_invitation, withdraw_invitation
from sluss.people.models import credentials, factors, one_time_links
from sluss.people.queries import AgentRow, list_agents
from tests.people.post_office import PostOffice
from tests.world import PASSWORD, PASSWORD_HASH, Browser, Web

SARA = "sara@norrsken.test"
NEW = "fyra nya ord räcker"


@pytest.fixture
def office(web: Web) -> PostOffice:
    return PostOffice(web.db)


def newcomer(**more: object) -> NewAgent:
    return NewAgent(**{"name": "Sara Lind", "email": SARA, "role": "agent", "language": "sv"} | more)  # type: ignore[arg-type]


def invite_sara(web: Web, **more: object) -> int:
    return web.db.write_now(invite, web.world.who("ewa"), newcomer(**more), by_mail=True)


async def accept(browser: Browser, link: str, **more: Any) -> int:
    filled: dict[str, Any] = {"name": "Sara Lind", "locale": "sv", "password": NEW} | more
    answer = await browser.post(link, **filled)
    return answer.status_code


def staff(web: Web, key: str = "ewa") -> dict[str, AgentRow]:
    return {one.email: one for one in web.db.read_now(list_agents, web.world.who(key))}


async def test_a_letter_leads_to_a_desk(web: Web, office: PostOffice) -> None:
    """T25: until the yes there is no agent and no credential."""
    team = web.world.norrsken.teams["gdansk"]
    invite_sara(web, team_ids=(team,), role="lead")
    link = await office.link_to(SARA)
    mail = office.mails[0]
    assert (mail.company, mail.email) == ("Norrsken Air", SARA)
    assert "https://norrsken.test/invitation/" in mail.text
    assert "Ewa Nowak" in mail.text
    assert SARA not in staff(web)
    assert credential(web, SARA) is None
    sara = web.browser()
    page = await sara.get(link)
    assert "Norrsken Air" in page.text
    assert "Ewa Nowak" in page.text
    assert 'data-zone="Europe/Stockholm"' in page.text
    assert await accept(sara, link) == 303
    assert SARA in (await sara.get("/me")).text
    found = staff(web)[SARA]
    assert (found.role, found.language, found.team_ids, found.invited) == ("lead", "sv", (team,), False)
    assert credential(web, SARA).confirmed_at is not None


async def test_a_link_is_good_for_one_workspace(web: Web, office: PostOffice) -> None:
    """T14: an invitation of one workspace at another's host."""
    invite_sara(web)
    link = await office.link_to(SARA)
    stranger = web.browser("ferries.test")
    assert (await stranger.get(link)).status_code == 410
    assert await accept(stranger, link) == 410
    assert SARA not in staff(web) | staff(web, "marek")


async def test_a_link_is_good_once(web: Web, office: PostOffice) -> None:
    """T14: also of two at the same moment."""
    invite_sara(web)
    link = await office.link_to(SARA)
    answers = await asyncio.gather(*(accept(web.browser(), link) for _ in range(2)))
    assert sorted(answers) == [303, 410]
    assert await accept(web.browser(), link) == 410


async def test_a_link_is_good_for_three_days(web: Web, office: PostOffice, clock: TestClock) -> None:
    """T14: after expiry; however late the letter left, the invitation ends when it ends."""
    invite_sara(web)
    clock.move(71 * HOUR)
    link = await office.link_to(SARA)
    assert (await web.browser().get(link)).status_code == 200
    clock.move(HOUR)
    assert await accept(web.browser(), link) == 410


async def test_a_role_cannot_be_chosen_by_the_invited(web: Web, office: PostOffice) -> None:
    """T3, T4, T14: with the role edited."""
    invite_sara(web)
    link = await office.link_to(SARA)
    for field in ("role", "email", "workspace_id", "team", "team_ids"):
        assert await accept(web.browser(), link, **{field: "admin"}) == 422
    assert await accept(web.browser(), link) == 303
    assert staff(web)[SARA].role == "agent"


async def test_a_link_that_was_withdrawn_or_replaced_opens_nothing(web: Web, office: PostOffice) -> None:
    """T14"""
    ewa = web.world.who("ewa")
    first = invite_sara(web)
    old = await office.link_to(SARA)
    second = invite_sara(web, name="Sara Maria Lind")
    assert [one.id for one in web.db.read_now(list_invitations, ewa)] == [second]
    new = await office.link_to(SARA)
    assert await accept(web.browser(), old) == 410
    web.db.write_now(withdraw_invitation, ewa, second)
    web.db.write_now(withdraw_invitation, ewa, first)
    assert await accept(web.browser(), new) == 410
    with pytest.raises(Conflict):
        web.db.write_now(renew_invitation, ewa, second, by_mail=True)


@pytest.mark.parametrize("token", ["", "x", "%20", "%00", "0", "[]", "null", "undefined", "x" * 10_000])
async def test_a_made_up_token_matches_no_row(web: Web, token: str) -> None:
    """T15: also none without a token, and none of another purpose."""
    invite_sara(web)
    for path in (f"/invitation/{token}", f"/invitation/{token}/provider", f"/invitation/{token}/oidc"):
        assert (await web.browser().get(path)).status_code in {404, 410}
    for path in (f"/invitation/{token}", f"/invitation/{token}/join"):
        assert (await web.browser().post(path, name="Sara", locale="sv", password=NEW)).status_code in {404, 405, 410, 422}
    assert SARA not in staff(web)


async def test_tokens_are_long_and_kept_as_hashes(web: Web, office: PostOffice) -> None:
    """T14, T27: before the letter leaves there is none at all."""
    links = sa.select(one_time_links)
    for n in range(50):
        web.db.write_now(invite, web.world.who("ewa"), newcomer(email=f"a{n}@norrsken.test"), by_mail=True)
    assert web.db.read_now(lambda tx: len(tx.rows(links))) == 0
    await office.deliver()
    tokens = {re.search(r"/invitation/(\S+)", mail.text).group(1) for mail in office.mails}  # type: ignore[union-attr]
    assert len(tokens) == 50
    assert min(map(len, tokens)) >= 43
    stored = web.db.read_now(lambda tx: repr([tuple(row) for row in tx.rows(links)]))
    assert not any(token in stored for token in tokens)


async def test_shown_links_make_older_ones_worthless_and_lapse_with_the_invitation(web: Web, clock: TestClock) -> None:
    ewa = web.world.who("ewa")
    invitation_id = web.db.write_now(invite, ewa, newcomer(), by_mail=False)
    old, new = (web.db.write_now(invitation_link, ewa, invitation_id) for _ in range(2))
    assert (await web.browser().get(f"/invitation/{old}")).status_code == 410
    assert (await web.browser().get(f"/invitation/{new}")).status_code == 200
    clock.move(72 * HOUR)
    assert (await web.browser().get(f"/invitation/{new}")).status_code == 410
    web.db.write_now(renew_invitation, ewa, invitation_id, by_mail=False)
    again = web.db.write_now(invitation_link, ewa, invitation_id)
    assert await accept(web.browser(), f"/invitation/{again}") == 303
    assert credential(web, SARA).confirmed_at is None  # whoever was shown the link proved nothing about the address


async def test_a_weak_password_is_named_and_the_rest_is_kept(web: Web, office: PostOffice) -> None:
    invite_sara(web)
    link = await office.link_to(SARA)
    for weak in ("kort", "Norrsken2026!!", "sara lind 19", "password1234!"):
        answer = await web.browser().post(link, name="Sara Maria", locale="sv", password=weak)
        assert (answer.status_code, "Sara Maria" in answer.text) == (422, True)
        assert "f-password-error" in answer.text
    assert await accept(web.browser(), link) == 303


async def test_somebody_of_another_workspace_joins_with_the_account_they_have(web: Web, office: PostOffice) -> None:
    """T14, T25: by their own consent, which is their password; the account stays one."""
    confirm(web, "marek@ferries.test")
    web.db.write_now(invite, web.world.who("ewa"), newcomer(email="Marek@Ferries.test", name="Marek Zych", role="reviewer"), by_mail=True)
    link = await office.link_to("marek@ferries.test")
    browser = web.browser()
    assert "account with this address already" in (await browser.get(link)).text
    assert await accept(web.browser(), link) == 409
    assert (await browser.post(f"{link}/join", password="wrong password")).status_code == 422
    assert "marek@ferries.test" not in staff(web)
    assert (await browser.post(f"{link}/join", password=PASSWORD)).headers["location"] == "/"
    assert staff(web)["marek@ferries.test"].role == "reviewer"
    assert staff(web, "marek")["marek@ferries.test"].role == "admin"
    assert (await web.browser().sign_in("marek@ferries.test")).status_code == 303
    assert (await web.browser("ferries.test").sign_in("marek@ferries.test")).status_code == 303


async def test_whoever_is_signed_in_says_yes(web: Web, office: PostOffice) -> None:
    """T35: a session of somebody else is no yes."""
    confirm(web, "marek@ferries.test")
    web.db.write_now(invite, web.world.who("ewa"), newcomer(email="marek@ferries.test"), by_mail=True)
    link = await office.link_to("marek@ferries.test")
    marek, johan = await web.sign_in("marek"), await web.sign_in("johan")
    for browser in (marek, johan):  # one browser, as where several host names lead to one
        browser.client.headers["Host"] = "desk.example"
    assert (await johan.post(f"{link}/join")).status_code == 422
    assert "signed in with the account of this address" in (await marek.get(link)).text
    assert (await marek.post(f"{link}/join")).headers["location"] == "/"


async def test_guesses_at_that_account_are_slowed(web: Web, office: PostOffice) -> None:
    """T30"""
    confirm(web, "marek@ferries.test")
    web.db.write_now(invite, web.world.who("ewa"), newcomer(email="marek@ferries.test"), by_mail=True)
    link = await office.link_to("marek@ferries.test")
    answers = [(await web.browser().post(f"{link}/join", password=f"guess {n}")).status_code for n in range(7)]
    assert answers == [422] * 5 + [429] * 2


async def test_a_second_factor_is_asked_for_before_anything_opens(web: Web, office: PostOffice) -> None:
    """T28"""
    confirm(web, "marek@ferries.test")
    give_factor(web, "marek@ferries.test")
    web.db.write_now(invite, web.world.who("ewa"), newcomer(email="marek@ferries.test"), by_mail=True)
    link = await office.link_to("marek@ferries.test")
    browser = web.browser()
    assert (await browser.post(f"{link}/join", password=PASSWORD)).headers["location"] == "/sign-in/second"
    assert (await browser.get("/me")).status_code == 303


async def test_a_password_that_a_stranger_set_beforehand_is_gone(web: Web, office: PostOffice) -> None:
    """T25: an administrator of another workspace takes the victim's address first, with a password of their own, and stays signed in."""
    web.db.write_now(create_agent, web.world.who("marek"), NewAgent(name="Sara", email=SARA), PASSWORD_HASH)
    attacker = web.browser("ferries.test")
    assert (await attacker.sign_in(SARA)).status_code == 303
    invite_sara(web)
    link = await office.link_to(SARA)
    assert await accept(web.browser(), link) == 303
    assert (await attacker.get("/me")).status_code == 303
    for host in ("norrsken.test", "ferries.test"):
        assert (await web.browser(host).sign_in(SARA, PASSWORD)).status_code == 422
        assert (await web.browser(host).sign_in(SARA, NEW)).status_code == 303


async def test_a_link_that_was_shown_takes_over_no_account(web: Web) -> None:
    """T25: an administrator invites somebody of another workspace and uses the link themselves."""
    ewa = web.world.who("ewa")
    invitation_id = web.db.write_now(invite, ewa, newcomer(email="marek@ferries.test"), by_mail=False)
    link = f"/invitation/{web.db.write_now(invitation_link, ewa, invitation_id)}"
    assert await accept(web.browser(), link) == 409
    assert (await web.browser("ferries.test").sign_in("marek@ferries.test")).status_code == 303


async def test_an_address_of_a_shared_account_is_not_another_s_to_change(web: Web) -> None:
    """T7, T25: else “forgotten password” would go to whoever changed it."""
    ferries, norrsken = web.world.who("marek"), web.world.norrsken
    credential_id = credential(web, "johan@norrsken.test").id
    johan = NewAgent(name="Johan Falk", email="johan@norrsken.test")
    agent_id = web.db.write_now(lambda tx: create_agent(tx, system(ferries.workspace_id), johan, credential_id=credential_id))
    with pytest.raises(Conflict):
        web.db.write_now(change_agent, ferries, agent_id, NewAgent(name="Johan Falk", email="evil@ferries.test"))
    web.db.write_now(change_agent, ferries, agent_id, NewAgent(name="Johan F.", email="johan@norrsken.test"))
    assert credential(web, "johan@norrsken.test").id == credential_id
    assert norrsken.id != ferries.workspace_id


def test_who_may_invite_whom(web: Web) -> None:
    """T1, T5, T19"""
    ewa, marek = web.world.who("ewa"), web.world.who("marek")
    for key in ("maja", "johan", "karin", "erik"):
        with pytest.raises(Forbidden):
            web.db.write_now(invite, web.world.who(key), newcomer(), by_mail=True)
    invitation_id = invite_sara(web)
    for action in (withdraw_invitation, invitation_link):
        with pytest.raises(Missing):
            web.db.write_now(action, marek, invitation_id)
    for field, wrong in (
        ("email", {"email": "johan@norrsken.test"}),
        ("email", {"email": "x"}),
        ("role", {"role": "owner"}),
        ("team", {"team_ids": (web.world.ferries.teams["port"],)}),
        ("name", {"name": "\x00"}),
    ):
        with pytest.raises(Invalid) as refused:
            web.db.write_now(invite, ewa, newcomer(**wrong), by_mail=True)
        assert set(refused.value.fields) == {field}


def credential(web: Web, email: str) -> Any:
    wanted = sa.select(credentials).where(credentials.c.email == email)
    return web.db.read_now(lambda tx: tx.row(wanted))


def confirm(web: Web, email: str) -> None:
    web.db.write_now(lambda tx: tx.run(sa.update(credentials).where(credentials.c.email == email).values(confirmed_at=tx.now)))


def give_factor(web: Web, email: str) -> None:
    row = {"credential_id": credential(web, email).id, "kind": "app", "name": "Telefon", "used_at": None}

    def write(tx: Tx) -> None:
        tx.run(sa.insert(factors), row | {"id": tx.new_id(), "created_at": tx.now})

    web.db.write_now(write)
