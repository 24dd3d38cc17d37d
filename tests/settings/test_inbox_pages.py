"""Inboxes in the settings. T22, T82, T115."""

from __future__ import annotations

from typing import Any

import pytest

from sluss.channels.inboxes import connection_of, list_inboxes
from sluss.kernel.db import Database
from tests.world import Web, World

GOOD: dict[str, Any] = {
    "name": "Bokning",
    "address": "bokning@norrsken.test",
    "sender_name": "Norrsken Air",
    "ways": "imap",
    "imap_host": "imap.example.com",
    "imap_port": "993",
    "imap_security": "tls",
    "imap_username": "bokning@norrsken.test",
    "imap_password": "hemligt-ord-1",
    "imap_folder": "INBOX",
    "smtp_host": "smtp.example.com",
    "smtp_port": "587",
    "smtp_security": "starttls",
}


async def test_an_inbox_is_connected_and_its_secret_never_shown(web: Web, db: Database, world: World) -> None:
    ewa = await web.sign_in("ewa")
    made = await ewa.post("/settings/inboxes/new", **GOOD)
    assert made.status_code == 303
    for path in (made.headers["location"], f"{made.headers['location']}/edit", "/settings/inboxes", "/settings/audit"):
        page = await ewa.get(path)
        assert page.status_code == 200
        assert "hemligt-ord-1" not in page.text
    inbox_id = int(made.headers["location"].rpartition("/")[2])
    assert db.read_now(connection_of, world.who("ewa"), inbox_id, web.edge.keyring).secrets["password"] == "hemligt-ord-1"


async def test_an_empty_secret_keeps_the_stored_one(web: Web, db: Database, world: World) -> None:
    ewa = await web.sign_in("ewa")
    made = (await ewa.post("/settings/inboxes/new", **GOOD)).headers["location"]
    changed: dict[str, Any] = GOOD | {"name": "Bokningar", "imap_password": ""}
    answer = await ewa.post(f"{made}/edit", **changed)
    assert answer.status_code == 303
    connection = db.read_now(connection_of, world.who("ewa"), int(made.rpartition("/")[2]), web.edge.keyring)
    assert (connection.name, connection.secrets["password"]) == ("Bokningar", "hemligt-ord-1")


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("name", ""),
        ("address", "no address"),
        ("imap_host", ""),
        ("imap_host", "http://x"),
        ("imap_port", "many"),
        ("imap_security", "none"),
        ("smtp_host", "a b"),
        ("smtp_port", "70000"),
        ("team", "4711"),
        ("ways", "pigeon"),
    ],
)
async def test_a_wrong_field_is_named_and_the_rest_is_kept(web: Web, db: Database, world: World, field: str, wrong: str) -> None:
    ewa = await web.sign_in("ewa")
    before = db.read_now(list_inboxes, world.who("ewa"))
    bad: dict[str, Any] = GOOD | {field: wrong}
    answer = await ewa.post("/settings/inboxes/new", **bad)
    assert answer.status_code == 422
    assert field == "name" or "Bokning" in answer.text
    assert "hemligt-ord-1" not in answer.text
    assert db.read_now(list_inboxes, world.who("ewa")) == before


async def test_one_address_leads_to_one_inbox_of_the_whole_installation(web: Web) -> None:
    """T22: also from another workspace."""
    for person in ("ewa", "ewa", "marek"):
        browser = await web.sign_in(person)
        answer = await browser.post("/settings/inboxes/new", **GOOD)
        last = (answer.status_code, "already connected" in answer.text)
    assert last == (422, True)


async def test_an_inbox_is_paused_and_resumed(web: Web, db: Database, world: World) -> None:
    ewa = await web.sign_in("ewa")
    inbox_id = world.norrsken.inboxes["kundtjanst"].id
    for act, enabled in (("pause", False), ("resume", True)):
        assert (await ewa.post(f"/settings/inboxes/{inbox_id}/{act}")).status_code == 303
        assert [one.enabled for one in db.read_now(list_inboxes, world.who("ewa")) if one.id == inbox_id] == [enabled]
