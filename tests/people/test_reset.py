"""Forgotten passwords: what is answered, who gets a letter, what the link does."""

from __future__ import annotations

import re
from typing import Self

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from sluss.kernel.actors import system
from sluss.kernel.clock import HOUR, MINUTE, TestClock
from sluss.kernel.db import Database
from sluss.people import passwords
from sluss.people.actions import NewAgent, change_agent, create_agent, disable_agent
from sluss.people.models import credentials, factors, letters, reset_requests
from sluss.people.oidc_providers import Told, link_identity
from sluss.people.reset import ask_reset, canonical
from tests.people.post_office import PostOffice
from tests.world import PASSWORD, Web, World

JOHAN = "johan@norrsken.test"
NEW = "fyra nya ord räcker"


@pytest.fixture
def office(web: Web) -> PostOffice:
    return PostOffice(web.db)


async def ask(web: Web, email: str, address: str = "198.51.100.7", host: str = "norrsken.test", **headers: str) -> str:
    browser = web.browser(host, address)
    await browser.get("/forgotten")
    answer = await browser.post("/forgotten", email=email, headers=headers)
    assert answer.status_code == 200
    return answer.text


async def test_a_letter_brings_a_new_password_and_ends_every_session(web: Web, office: PostOffice) -> None:
    johan, elsewhere = await web.sign_in("johan"), await web.sign_in("johan")
    await ask(web, "Johan@Norrsken.test ")
    link = await office.link_to(JOHAN)
    assert (await web.browser().get(link)).status_code == 200
    assert (await web.browser().post(link, password=NEW)).headers["location"] == "/sign-in"
    for browser in (johan, elsewhere):
        assert (await browser.get("/me")).status_code == 303
    assert (await web.browser().sign_in(JOHAN)).status_code == 422
    assert (await web.browser().sign_in(JOHAN, NEW)).status_code == 303
    notices = await office.deliver()
    assert [mail.email for mail in notices] == [JOHAN, JOHAN]
    assert ["was changed" in mail.text for mail in notices].count(True) == 1


async def test_a_reset_link_is_good_once_and_for_one_hour(web: Web, office: PostOffice, clock: TestClock) -> None:
    """T14, T27"""
    await ask(web, JOHAN)
    link = await office.link_to(JOHAN)
    clock.move(61 * MINUTE)
    assert (await web.browser().post(link, password=NEW)).status_code == 410
    await ask(web, JOHAN)
    link = await office.link_to(JOHAN)
    assert (await web.browser().post(link, password=NEW)).status_code == 303
    assert (await web.browser().post(link, password="noch vier andere Worte")).status_code == 410


async def test_a_letter_is_written_only_to_who_may_come_in(web: Web, office: PostOffice) -> None:
    """T12, T32: to nobody, to the disabled, to people of another host's workspace no letter; the page says the same to all."""
    told = {
        without_tokens(await ask(web, email))
        for email in ("nobody@norrsken.test", "ola@norrsken.test", "marek@ferries.test", JOHAN, "no address")
    }
    assert len(told) == 1
    assert [mail.email for mail in await office.deliver()] == [JOHAN]


async def test_the_same_work_is_done_for_every_address(db: Database, world: World) -> None:
    """T32: over two hundred requests the statements and the hashes are the same, whoever has the address."""
    known = [f"{key}@norrsken.test" for key in ("johan", "petra", "maja", "karin", "erik")]
    work: dict[str, list[tuple[str, ...]]] = {"known": [], "unknown": []}
    for n in range(100):
        for kind, email in (("known", known[n % 5]), ("unknown", f"nobody{n % 5}@norrsken.test")):
            with Counted(db) as counted:
                await db.write(ask_reset, email, "norrsken.test", f"198.51.{n}.0/24 {kind}")
            work[kind].append(tuple(counted.statements))
    assert work["known"] == work["unknown"]
    assert {len(one) for one in work["known"][:15]} != {0}


async def test_signing_in_does_the_same_work_for_every_address(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """T32: as many hashes are made for an address that nobody has."""
    hashed: list[str] = []
    verify = passwords.fits_now
    monkeypatch.setattr(passwords, "fits_now", lambda password, kept: hashed.append(password) or verify(password, kept))
    for n in range(3):
        for email in (JOHAN, f"nobody{n}@norrsken.test", "ola@norrsken.test"):
            await web.browser(address=f"198.51.{n}.{len(email)}").sign_in(email, f"guess {n}")
    assert len(hashed) == 9


async def test_a_thousand_ways_to_write_one_address_bring_three_letters_an_hour(web: Web, office: PostOffice, clock: TestClock) -> None:
    """T31: case, dots, plus, and another network each time."""
    variants = {
        f"{local}{plus}@{domain}"
        for local in ("johan", "Johan", "j.ohan", "jo.han", "JOHAN", "j.o.h.a.n", "ｊｏｈａｎ")
        for plus in ("", *(f"+{n}" for n in range(71)))
        for domain in ("norrsken.test", "Norrsken.TEST")
    }
    assert len(variants) >= 1000
    for n, email in enumerate(sorted(variants)):
        await web.db.write(ask_reset, email, "norrsken.test", f"198.51.{n % 250}.0/24 {n}")
    await web.db.write(ask_reset, JOHAN, "norrsken.test", "203.0.113.0/24")
    assert len(await office.deliver()) <= 3
    clock.move(HOUR)
    for _ in range(5):
        await ask(web, JOHAN)
    assert len(await office.deliver()) == 3


async def test_a_network_asks_so_often_and_no_more(web: Web, office: PostOffice) -> None:
    """T31"""
    for n in range(30):
        await ask(web, f"nobody{n}@norrsken.test")
    assert web.db.read_now(lambda tx: tx.value(sa.select(sa.func.count()).select_from(reset_requests))) == 20


async def test_links_begin_with_what_is_configured(web: Web, office: PostOffice) -> None:
    """T41: whatever the request says its host is."""
    browser = web.browser()
    await browser.get("/forgotten")
    headers = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example", "X-Forwarded-Proto": "http"}
    await browser.post("/forgotten", email=JOHAN, headers=headers)
    await ask(web, "ewa@norrsken.test", host="evil.example")
    mails = await office.deliver()
    assert sorted(mail.email for mail in mails) == ["ewa@norrsken.test", JOHAN]
    assert all("https://norrsken.test/password/" in mail.text for mail in mails)
    assert not any("evil" in mail.text for mail in mails)


async def test_a_second_factor_stays_and_is_asked_for(web: Web, office: PostOffice) -> None:
    """T28"""
    credential = sa.select(credentials.c.id).where(credentials.c.email == JOHAN)
    row = {"credential_id": web.db.read_now(lambda tx: tx.value(credential)), "kind": "app", "name": "Telefon", "used_at": None}
    web.db.write_now(lambda tx: tx.run(sa.insert(factors), row | {"id": tx.new_id(), "created_at": tx.now}))
    await ask(web, JOHAN)
    await web.browser().post(await office.link_to(JOHAN), password=NEW)
    browser = web.browser()
    assert (await browser.sign_in(JOHAN, NEW)).headers["location"] == "/sign-in/second"
    assert (await browser.get("/me")).status_code == 303


async def test_who_signs_in_by_a_provider_alone_is_told_so(web: Web, office: PostOffice) -> None:
    ewa = web.world.who("ewa")
    agent_id = web.db.write_now(create_agent, ewa, NewAgent(name="Sara Lind", email="sara@norrsken.test"))
    web.db.write_now(link_identity, system(ewa.workspace_id), agent_id, Told("https://login.example.com", "1"))
    await ask(web, "sara@norrsken.test")
    (mail,) = await office.deliver()
    assert "You have none here" in mail.text
    assert "/password/" not in mail.text


async def test_what_was_mailed_to_an_address_ends_with_it(web: Web, office: PostOffice) -> None:
    """T7, T25: a new address has proved nothing, and the old one opens nothing."""
    ewa, johan = web.world.who("ewa"), web.world.who("johan").id
    await ask(web, JOHAN)
    link = await office.link_to(JOHAN)
    web.db.write_now(change_agent, ewa, johan, NewAgent(name="Johan Falk", email="johan.falk@norrsken.test"))
    assert (await web.browser().get(link)).status_code == 410
    await ask(web, "johan.falk@norrsken.test")
    web.db.write_now(disable_agent, ewa, johan)
    assert await office.deliver() == []


async def test_a_letter_says_nothing_of_the_asker_s_choosing(web: Web, office: PostOffice) -> None:
    """T49"""
    await ask(web, f"{JOHAN}\r\nBcc: victim@example.com")
    await ask(web, JOHAN, **{"User-Agent": "buy at evil.example"})
    mails = await office.deliver()
    assert len(mails) == 1
    assert "evil" not in mails[0].text + mails[0].subject


@pytest.mark.parametrize("written", ["johan@norrsken.test", "Johan@norrsken.test", "jo.han+x@norrsken.test", "j.o.h.a.n+@Norrsken.Test."])
def test_one_mailbox_is_one_target(written: str) -> None:
    """T31"""
    assert canonical(written) == "johan@norrsken.test"


async def test_an_administrator_has_a_letter_written(web: Web, office: PostOffice) -> None:
    ewa, johan = await web.sign_in("ewa"), web.world.who("johan").id
    answer = await ewa.post(f"/settings/agents/{johan}/reset", by="mail")
    assert "is on its way" in answer.text
    link = await office.link_to(JOHAN)
    assert (await web.browser().post(link, password=NEW)).status_code == 303
    states = web.db.read_now(lambda tx: [row.state for row in tx.rows(sa.select(letters.c.state))])
    assert states[0] == "sent"
    assert PASSWORD != NEW


def without_tokens(page: str) -> str:
    """A page without what differs between any two."""
    return re.sub(r'value="[0-9a-f]{26}"|content="[0-9a-f]*"|value="[0-9a-f]{32}"', "", page)


class Counted:
    """The statements that a block runs, without their values."""

    def __init__(self, db: Database) -> None:
        self.db, self.statements = db, list[str]()

    def __enter__(self) -> Self:
        event.listen(self.db._engine, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(self.db._engine, "before_cursor_execute", self._note)

    def _note(self, _conn: object, _cursor: object, statement: str, *_: object) -> None:
        self.statements.append(re.sub(r"\d+", "", statement[:80]))
