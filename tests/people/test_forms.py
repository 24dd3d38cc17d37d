"""Forms that are not ours are refused, and a form sent twice does its work once."""

import asyncio
import hashlib
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from sluss.channels.inboxes import InboxFields
from sluss.kernel.actors import Actor
from sluss.kernel.db import Database
from sluss.kernel.errors import Conflict, Invalid
from sluss.kernel.tx import Tx
from sluss.people.models import form_results, teams
from sluss.people.once import Reused, once
from sluss.people.teams import create_team
from tests.world import Web, World

CROSS = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.test"},
    {"Origin": "http://norrsken.test.evil.test"},
    {"Origin": "http://evilnorrsken.test"},
    {"Origin": "http://norrsken.test:8080"},
]


@pytest.mark.parametrize("headers", CROSS, ids=lambda headers: next(iter(headers.values())))
async def test_a_form_from_another_site_is_refused(web: Web, headers: dict[str, str]) -> None:
    """T33, T34"""
    johan = await web.sign_in("johan")
    assert (await johan.post("/me/theme", theme="dark", headers=headers)).status_code == 403
    assert 'data-theme="system"' in (await johan.get("/me")).text


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://norrsken.test"}, {"Origin": "null"}, {}])
async def test_a_form_of_ours_is_taken(web: Web, headers: dict[str, str]) -> None:
    johan = await web.sign_in("johan")
    assert (await johan.post("/me/theme", theme="dark", headers=headers)).status_code == 204


@pytest.mark.parametrize("csrf", ["", " ", "x" * 32, "null"])
async def test_a_form_without_its_token_is_refused(web: Web, csrf: str) -> None:
    """T15, T33"""
    johan = await web.sign_in("johan")
    assert (await johan.post("/me/theme", theme="dark", csrf=csrf)).status_code == 403


async def test_another_session_s_token_is_refused(web: Web) -> None:
    johan, maja = await web.sign_in("johan"), await web.sign_in("maja")
    assert (await johan.post("/me/theme", theme="dark", csrf=maja.csrf)).status_code == 403


async def test_the_token_may_come_as_a_header(web: Web) -> None:
    johan = await web.sign_in("johan")
    answer = await johan.post("/me/theme", theme="dark", csrf="", headers={"X-CSRF-Token": johan.csrf})
    assert answer.status_code == 204


async def test_signing_in_for_somebody_else_is_refused(web: Web) -> None:
    """T35: a form on another site cannot sign a browser in to the attacker's account."""
    browser = web.browser()
    answer = await browser.post("/sign-in", email="johan@norrsken.test", password="x", csrf="made up")
    assert answer.status_code == 403


async def test_unknown_fields_are_refused(web: Web) -> None:
    """T3, T4"""
    johan = await web.sign_in("johan")
    for field in ("role", "workspace_id", "agent_id", "email", "password_hash", "disabled_at", "created_at"):
        fields: dict[str, Any] = {"name": "Johan Falk", "locale": "en", field: "admin"}
        answer = await johan.post("/me", **fields)
        assert (answer.status_code, field in answer.text) == (422, True)


def _count_teams(db: Database) -> int:
    return db.read_now(lambda tx: int(tx.value(sa.select(sa.func.count()).select_from(teams))))


def test_the_same_form_twice_does_its_work_once(db: Database, world: World) -> None:
    ewa, before = world.who("ewa"), _count_teams(db)
    first = db.write_now(once, ewa, "op1", create_team, "Nätter")
    assert db.write_now(once, ewa, "op1", create_team, "Nätter") == first
    assert _count_teams(db) == before + 1


async def test_the_same_form_twenty_times_at_once_does_its_work_once(db: Database, world: World) -> None:
    ewa, before = world.who("ewa"), _count_teams(db)
    found = await asyncio.gather(*(db.write(once, ewa, "op1", create_team, "Nätter") for _ in range(20)))
    assert len(set(found)) == 1
    assert _count_teams(db) == before + 1


def test_a_form_that_failed_can_be_sent_again(db: Database, world: World) -> None:
    ewa = world.who("ewa")
    with pytest.raises(Invalid):
        db.write_now(once, ewa, "op1", create_team, " ")
    assert db.write_now(once, ewa, "op1", create_team, "Nätter")


def test_a_key_of_another_agent_or_another_form_means_nothing(db: Database, world: World) -> None:
    ewa, marek = world.who("ewa"), world.who("marek")
    db.write_now(once, ewa, "op1", create_team, "Nätter")
    assert db.write_now(once, marek, "op1", create_team, "Noce")
    with pytest.raises(Conflict):
        db.write_now(once, ewa, "op1", _something_else)


@pytest.mark.parametrize("op", ["", "x" * 33])
def test_a_form_without_a_key_is_refused(db: Database, world: World, op: str) -> None:
    with pytest.raises(Invalid):
        db.write_now(once, world.who("ewa"), op, create_team, "Nätter")


def _something_else(tx: Tx, who: Actor) -> None:
    """Another action."""


def test_the_same_form_with_other_words_is_not_said_to_be_done(db: Database, world: World) -> None:
    """A form found with Back and filled in anew: nothing is done, and nobody is told that it was."""
    ewa = world.who("ewa")
    first = db.write_now(once, ewa, "op1", create_team, "Nätter")
    with pytest.raises(Reused):
        db.write_now(once, ewa, "op1", create_team, "Dagar")
    assert db.write_now(once, ewa, "op1", create_team, "Nätter") == first


def test_what_is_kept_of_a_form_tells_no_secret(db: Database, world: World) -> None:
    """T115: a digest of a password could be guessed at."""
    ewa = world.who("ewa")
    fields = InboxFields(name="Ny", address="ny@norrsken.test", secrets={"password": "hemligt"})
    db.write_now(once, ewa, "op1", _noted, fields)
    plain = hashlib.blake2b(msgspec.json.encode(msgspec.to_builtins(fields), order="sorted"), digest_size=16).hexdigest()
    kept = db.read_now(lambda tx: tx.value(sa.select(form_results.c.result)))
    assert plain not in str(kept)
    with pytest.raises(Reused):
        db.write_now(once, ewa, "op1", _noted, msgspec.structs.replace(fields, secrets={"password": "annat"}))


def _noted(_tx: Tx, _who: Actor, _fields: InboxFields) -> None:
    """Does nothing."""
