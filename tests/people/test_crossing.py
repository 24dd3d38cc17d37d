"""Accounts that work in several workspaces: what the people who run one of them cannot do to the others."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from sluss.config import Config
from sluss.kernel.actors import system
from sluss.people.actions import NewAgent, create_agent, reset_password, set_password
from sluss.people.invitations import invite
from sluss.people.letters import list_letters
from sluss.people.models import credentials
from sluss.people.reset import mail_reset
from tests.people.post_office import HOME, PostOffice
from tests.world import PASSWORD, PASSWORD_HASH, Web

SARA = "sara@norrsken.test"
MAREK = "marek@ferries.test"
NEW = "fyra nya ord räcker"


@pytest.fixture
def office(web: Web) -> PostOffice:
    """No server of the installation's own: letters leave by a mailbox of the workspace, and its people can read them."""
    return PostOffice(web.db, Config(base_url=HOME))


def joins_norrsken(web: Web, credential_id: int) -> int:
    sara = NewAgent(name="Sara Lind", email=SARA)
    return web.db.write_now(lambda tx: create_agent(tx, system(web.world.norrsken.id), sara, credential_id=credential_id))


def sara_of_ferries(web: Web) -> tuple[int, int]:
    """Sara's agent at Ferries, and her credential."""
    agent_id = web.db.write_now(create_agent, web.world.who("marek"), NewAgent(name="Sara", email=SARA), PASSWORD_HASH)
    return agent_id, web.db.read_now(lambda tx: tx.value(sa.select(credentials.c.id).where(credentials.c.email == SARA)))


async def test_an_invitation_read_on_its_way_takes_over_no_account(web: Web, office: PostOffice) -> None:
    """T14, T25: an administrator invites somebody of another company, and takes the link out of the mailbox that carried it."""
    web.db.write_now(invite, web.world.who("ewa"), NewAgent(name="Marek", email=MAREK), by_mail=True)
    link = await office.link_to(MAREK)
    taken = await web.browser().post(link, name="Marek", locale="sv", password=NEW)
    assert taken.status_code == 409
    assert (await web.browser("ferries.test").sign_in(MAREK, NEW)).status_code == 422
    assert (await web.browser("ferries.test").sign_in(MAREK)).status_code == 303


async def test_a_link_kept_from_before_sets_no_password_of_who_works_elsewhere_now(web: Web) -> None:
    """T25: the administrator of the first company keeps a link to hand over until the person has joined a second one."""
    agent_id, credential_id = sara_of_ferries(web)
    token = web.db.write_now(reset_password, web.world.who("marek"), agent_id)
    web.db.write_now(lambda tx: tx.run(sa.update(credentials).where(credentials.c.id == credential_id).values(confirmed_at=1)))
    office = PostOffice(web.db)
    web.db.write_now(invite, web.world.who("ewa"), NewAgent(name="Sara Lind", email=SARA), by_mail=True)
    browser = web.browser()
    assert (await browser.post(f"{await office.link_to(SARA)}/join", password=PASSWORD)).status_code == 303
    assert (await web.browser("ferries.test").post(f"/password/{token}", password=NEW)).status_code == 410
    assert (await web.browser().sign_in(SARA)).status_code == 303


async def test_a_new_password_ends_the_links_of_every_workspace(web: Web) -> None:
    """T25: whoever changes a password after a mailbox was read is safe from what was mailed for their other company."""
    agent_id, credential_id = sara_of_ferries(web)
    token = web.db.write_now(reset_password, web.world.who("marek"), agent_id)
    there = joins_norrsken(web, credential_id)
    web.db.write_now(set_password, system(web.world.norrsken.id), there, PASSWORD_HASH)
    assert (await web.browser("ferries.test").get(f"/password/{token}")).status_code == 410


async def test_a_link_for_a_password_goes_by_no_mailbox_that_another_company_reads(web: Web, office: PostOffice) -> None:
    """T25: an administrator has a new password mailed by their own mailbox, for an account that opens another company, too."""
    agent_id, credential_id = sara_of_ferries(web)
    marek = web.world.who("marek")
    web.db.write_now(mail_reset, marek, agent_id)
    assert "/password/" in (await office.deliver())[-1].text
    joins_norrsken(web, credential_id)
    web.db.write_now(mail_reset, marek, agent_id)
    assert await office.deliver() == []
    refused = web.db.read_now(list_letters, marek)[0]
    assert (refused.state, "SLUSS_MAIL_HOST" in refused.error) == ("failed", True)
    trusted = PostOffice(web.db)
    web.db.write_now(mail_reset, marek, agent_id)
    assert "/password/" in (await trusted.deliver())[-1].text
