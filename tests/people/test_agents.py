"""What administrators do with agents and teams."""

import asyncio

import pytest

from sluss.kernel.actors import Actor
from sluss.kernel.audit import list_deeds
from sluss.kernel.clock import HOUR, TestClock
from sluss.kernel.db import Database
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing
from sluss.people.actions import NewAgent, change_agent, create_agent, disable_agent, enable_agent, reset_password, set_password
from sluss.people.door import find_person
from sluss.people.passwords import fits_now
from sluss.people.queries import get_agent, get_team, list_agents, list_assignable, list_teams
from sluss.people.teams import TeamChange, change_team, create_team, delete_team
from tests.world import PASSWORD_HASH, Web, World


def newcomer(**more: object) -> NewAgent:
    return NewAgent(**{"name": "Sara Lind", "email": "sara@norrsken.test"} | more)  # type: ignore[arg-type]


def as_admin(world: World, agent_id: int) -> Actor:
    return Actor(world.norrsken.id, "agent", agent_id, role="admin", inbox_ids=None)


async def test_a_newcomer_sets_a_password_by_a_link_and_signs_in(web: Web) -> None:
    ewa, browser = web.world.who("ewa"), web.browser()
    agent_id = web.db.write_now(create_agent, ewa, newcomer())
    assert web.db.read_now(get_agent, ewa, agent_id).invited
    token = web.db.write_now(reset_password, ewa, agent_id)
    assert "sara@norrsken.test" in (await browser.get(f"/password/{token}")).text
    assert (await browser.post(f"/password/{token}", password="kort")).status_code == 422
    assert (await browser.post(f"/password/{token}", password="ett riktigt lösenord")).headers["location"] == "/sign-in"
    assert (await browser.sign_in("sara@norrsken.test", "ett riktigt lösenord")).status_code == 303
    assert (await browser.get(f"/password/{token}")).status_code == 410


async def test_a_link_is_good_once_for_three_days_and_until_the_next(web: Web, clock: TestClock) -> None:
    """T14"""
    ewa, johan = web.world.who("ewa"), web.world.who("johan")
    old, late = (web.db.write_now(reset_password, ewa, johan.id) for _ in range(2))
    assert (await web.browser().post(f"/password/{old}", password="ett riktigt lösenord")).status_code == 410
    clock.move(73 * HOUR)
    assert (await web.browser().post(f"/password/{late}", password="ett riktigt lösenord")).status_code == 410
    assert (await web.sign_in("johan")).csrf


@pytest.mark.parametrize("token", ["x", "%20", "%00", "0", "[]", "null", "x" * 5000])
async def test_a_made_up_link_opens_nothing(web: Web, token: str) -> None:
    """T15"""
    web.db.write_now(reset_password, web.world.who("ewa"), web.world.who("johan").id)
    assert (await web.browser().get(f"/password/{token}")).status_code == 410
    assert (await web.browser().post(f"/password/{token}", password="ett riktigt lösenord")).status_code == 410


def test_an_invited_agent_without_a_password_cannot_sign_in(db: Database, world: World) -> None:
    """T15: an empty hash fits no password."""
    db.write_now(create_agent, world.who("ewa"), newcomer())
    person = db.read_now(find_person, "sara@norrsken.test", "norrsken.test")
    assert person is not None
    assert not fits_now("", person.password_hash or None)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("email", {"email": "no address"}),
        ("email", {"email": "a@b@c.test"}),
        ("email", {"email": "Johan@Norrsken.test"}),
        ("email", {"email": "marek@ferries.test"}),
        ("name", {"name": " "}),
        ("role", {"role": "owner"}),
        ("locale", {"language": "xx"}),
        ("team", {"team_ids": (1,)}),
    ],
)
def test_what_cannot_be_accepted_is_named_and_nothing_is_kept(db: Database, world: World, field: str, change: dict[str, object]) -> None:
    ewa = world.who("ewa")
    before = len(db.read_now(list_agents, ewa))
    with pytest.raises(Invalid) as refused:
        db.write_now(create_agent, ewa, newcomer(**change))
    assert set(refused.value.fields) == {field}
    assert len(db.read_now(list_agents, ewa)) == before


def test_only_administrators_change_agents_and_teams(db: Database, world: World) -> None:
    """T5, T19"""
    for key in ("maja", "johan", "karin", "erik"):
        who = world.who(key)
        for action, given in ((create_agent, newcomer()), (disable_agent, who.id), (reset_password, who.id), (create_team, "Nätter")):
            with pytest.raises(Forbidden):
                db.write_now(action, who, given)  # type: ignore[arg-type]


def test_agents_of_another_workspace_do_not_exist(db: Database, world: World) -> None:
    """T1"""
    marek, johan = world.who("marek"), world.who("johan").id
    for action in (disable_agent, enable_agent, reset_password):
        with pytest.raises(Missing):
            db.write_now(action, marek, johan)
    with pytest.raises(Missing):
        db.write_now(change_agent, marek, johan, newcomer())
    with pytest.raises(Missing):
        db.write_now(set_password, marek, johan, PASSWORD_HASH)
    assert johan not in {agent.id for agent in db.read_now(list_agents, marek)}


def test_the_last_administrator_stays(db: Database, world: World) -> None:
    ewa = world.who("ewa")
    with pytest.raises(Conflict):
        db.write_now(disable_agent, ewa, ewa.id)
    with pytest.raises(Conflict):
        db.write_now(change_agent, ewa, ewa.id, NewAgent(name="Ewa Nowak", email="ewa@norrsken.test", role="agent"))


async def test_two_administrators_cannot_shut_each_other_out(db: Database, world: World) -> None:
    """F51"""
    second = await db.write(create_agent, world.who("ewa"), newcomer(role="admin"))
    pairs = [(world.who("ewa"), second), (as_admin(world, second), world.who("ewa").id)]
    await asyncio.gather(*(db.write(disable_agent, who, other) for who, other in pairs), return_exceptions=True)
    admins = [agent for agent in db.read_now(list_agents, world.who("ewa")) if agent.role == "admin" and not agent.disabled]
    assert len(admins) == 1


def test_every_change_of_an_agent_is_in_the_audit(db: Database, world: World) -> None:
    ewa, johan = world.who("ewa"), world.who("johan").id
    for action in (reset_password, disable_agent, enable_agent):
        db.write_now(action, ewa, johan)
    deeds = [(deed.action, deed.object_id, deed.actor_id) for deed in db.read_now(list_deeds, ewa, None, 3)]
    assert deeds == [(f"agent.{deed}", johan, ewa.id) for deed in ("enable", "disable", "reset")]


def test_cases_can_be_given_to_those_who_answer(db: Database, world: World) -> None:
    names = [agent.name for agent in db.read_now(list_assignable, world.who("johan"))]
    assert names == ["Ewa Nowak", "Johan Falk", "Maja Ek", "Petra Lund"]


def test_a_team_is_exactly_what_was_chosen(db: Database, world: World) -> None:
    ewa = world.who("ewa")
    team_id = db.write_now(create_team, ewa, "Nätter")
    change = TeamChange(name="Kvällar", agent_ids=(world.who("johan").id,), inbox_ids=(world.norrsken.inboxes["obsluga"].id,))
    for _ in range(2):
        db.write_now(change_team, ewa, team_id, change)
    team = db.read_now(get_team, ewa, team_id)
    assert (team.name, team.agent_ids, team.inbox_ids) == ("Kvällar", change.agent_ids, change.inbox_ids)
    db.write_now(delete_team, ewa, team_id)
    assert team_id not in {one.id for one in db.read_now(list_teams, ewa)}


def test_a_team_takes_nobody_from_another_workspace(db: Database, world: World) -> None:
    """T1: the database itself refuses."""
    ewa, team_id = world.who("ewa"), world.norrsken.teams["stockholm"]
    before = db.read_now(get_team, ewa, team_id)
    for foreign in (
        TeamChange(name="Stockholm", agent_ids=(world.who("marek").id,)),
        TeamChange(name="Stockholm", inbox_ids=(world.ferries.inboxes["ferries"].id,)),
    ):
        with pytest.raises(Invalid):
            db.write_now(change_team, ewa, team_id, foreign)
    assert db.read_now(get_team, ewa, team_id) == before


def test_two_teams_cannot_have_one_name(db: Database, world: World) -> None:
    ewa = world.who("ewa")
    with pytest.raises(Invalid):
        db.write_now(create_team, ewa, "Gdańsk")
    with pytest.raises(Invalid):
        db.write_now(change_team, ewa, world.norrsken.teams["stockholm"], TeamChange(name="Gdańsk"))
