"""Agents and teams in the settings: what is typed is kept, what is wrong is named, what is done twice is done once. T3, T4, T12, T14."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sluss.kernel.db import Database
from sluss.people.invitations import list_invitations
from sluss.people.queries import list_agents, list_teams
from tests.people.post_office import PostOffice
from tests.world import Web, World


async def test_somebody_invited_gets_a_link_and_sets_a_password(web: Web, db: Database, world: World) -> None:
    ewa = await web.sign_in("ewa")
    team = str(world.norrsken.teams["gdansk"])
    answer = await ewa.post(
        "/settings/agents/new", name="Łukasz Wójcik", email="lukasz@norrsken.test", role="agent", locale="pl", team=(team,), by="link"
    )
    link = re.search(r"/invitation/[\w-]+", answer.text)
    assert link is not None
    stranger = web.browser()
    await stranger.get(link.group())
    accepted = await stranger.post(link.group(), name="Łukasz Wójcik", locale="pl", password="ett riktigt långt lösen")
    assert accepted.status_code == 303
    stranger = web.browser()
    assert (await stranger.sign_in("lukasz@norrsken.test", "ett riktigt långt lösen")).status_code == 303
    assert [one.team_ids for one in db.read_now(list_agents, world.who("ewa")) if one.name == "Łukasz Wójcik"] == [(int(team),)]


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("name", ""),
        ("email", "no address"),
        ("email", "johan@norrsken.test"),
        ("role", "owner"),
        ("locale", "xx"),
        ("team", "4711"),
        ("team", "x"),
    ],
)
async def test_a_wrong_field_is_named_and_the_rest_is_kept(web: Web, db: Database, world: World, field: str, wrong: str) -> None:
    ewa = await web.sign_in("ewa")
    before = db.read_now(list_agents, world.who("ewa"))
    good: dict[str, Any] = {"name": "Anna Nowak", "email": "anna@norrsken.test", "role": "agent", "locale": "sv"}
    bad: dict[str, Any] = good | {field: wrong}
    answer = await ewa.post("/settings/agents/new", **bad)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text or "error" in answer.text
    assert field == "name" or "Anna Nowak" in answer.text
    assert db.read_now(list_agents, world.who("ewa")) == before


async def test_an_invitation_by_letter_is_listed_and_taken_back(web: Web) -> None:
    """Undo of an invitation is to withdraw it; what became of the letter stands beside it."""
    ewa, office = await web.sign_in("ewa"), PostOffice(web.db)
    invited = await ewa.post("/settings/agents/new", name="Anna Nowak", email="anna@norrsken.test", role="agent", locale="pl")
    assert invited.headers["location"] == "/settings/agents"
    assert "On its way" in (await ewa.get("/settings/agents")).text
    (mail,) = await office.deliver()
    assert "Anna" in mail.text
    page = (await ewa.get("/settings/agents")).text
    assert "Sent" in page
    path = re.search(r"/settings/invitations/\d+", page)
    assert path is not None
    assert (await ewa.post(f"{path.group()}/renew")).status_code == 303
    assert len(await office.deliver()) == 1
    shown = await ewa.post(f"{path.group()}/link")
    assert "/invitation/" in shown.text
    assert (await ewa.post(f"{path.group()}/withdraw")).status_code == 303
    assert "Anna Nowak" not in (await ewa.get("/settings/agents")).text


async def test_the_same_form_twice_invites_once(web: Web, db: Database, world: World) -> None:
    ewa = await web.sign_in("ewa")
    for _ in range(2):
        fields: dict[str, Any] = {"name": "Anna Nowak", "email": "anna@norrsken.test", "role": "agent", "locale": "sv"}
        assert (await ewa.post("/settings/agents/new", op="0123456789abcdef0123456789", **fields)).status_code == 303
    assert [one.name for one in db.read_now(list_invitations, world.who("ewa"))].count("Anna Nowak") == 1


async def test_the_last_administrator_stays(web: Web, world: World) -> None:
    ewa = await web.sign_in("ewa")
    answer = await ewa.post(f"/settings/agents/{world.who('ewa').id}/disable")
    assert answer.status_code in {409, 422}


async def test_a_team_is_made_and_filled(web: Web, db: Database, world: World) -> None:
    ewa = await web.sign_in("ewa")
    made = await ewa.post("/settings/teams", name="Nattskiftet")
    johan, inbox = str(world.who("johan").id), str(world.norrsken.inboxes["obsluga"].id)
    answer = await ewa.post(made.headers["location"], name="Nattskiftet", agent=(johan,), inbox=(inbox,))
    assert answer.status_code == 303
    team = next(one for one in db.read_now(list_teams, world.who("ewa")) if one.name == "Nattskiftet")
    assert (team.agent_ids, team.inbox_ids) == ((int(johan),), (int(inbox),))


async def test_people_of_another_workspace_cannot_be_put_into_a_team(web: Web, world: World) -> None:
    """T1, T3."""
    ewa = await web.sign_in("ewa")
    team = world.norrsken.teams["stockholm"]
    answer = await ewa.post(f"/settings/teams/{team}", name="Stockholm", agent=(str(world.who("marek").id),))
    assert answer.status_code == 422
