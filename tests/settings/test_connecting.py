"""Connecting an inbox at Google or Microsoft, through the pages, against the double. T38, T41, T81; F31."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
import sqlalchemy as sa

from sluss.channels.inboxes import archive_inbox, connection_of
from sluss.channels.models import inboxes
from sluss.channels.oauth.grants import list_grants, open_grant
from sluss.channels.oauth.models import consents
from sluss.channels.oauth.providers import use_stand_in
from sluss.config import Config
from sluss.kernel.audit import list_deeds
from sluss.kernel.clock import MINUTE, TestClock
from sluss.kernel.db import Database
from sluss.outbox.breaker import note_unreachable
from sluss.sandbox.oauth.server import ConsentServer
from tests.settings.consenting import ADDRESS, BACK, BASE, IDS, SECRET, add, consented, enter, inbox_id_of, signed_in, walk, way_of
from tests.world import Browser, Web, World, run_web


@pytest.mark.parametrize("name", ["google", "microsoft"])
async def test_an_inbox_is_connected_and_nothing_secret_is_shown(ewa: Browser, desk: Web, provider: ConsentServer, name: str) -> None:
    """T81: tokens lie sealed, and no page shows them."""
    db, world = desk.db, desk.world
    assert (await enter(ewa, name)).status_code == 303
    page = await walk(ewa, await add(ewa, name))
    assert f"Connected as {ADDRESS}." in page.text
    inbox_id = inbox_id_of(db)
    held = db.read_now(open_grant, world.who("ewa"), desk.edge.keyring, inbox_id)
    assert held is not None
    assert (held.grant.account, held.grant.state) == (ADDRESS, "good")
    assert provider.accepts(ADDRESS, held.access)
    rows = db.read_now(lambda tx: repr([tuple(row) for row in tx.conn.exec_driver_sql("SELECT * FROM oauth_grants")]))
    for secret in (held.access, held.renewal, SECRET):
        assert secret not in page.text + rows
    deeds = [one.action for one in db.read_now(list_deeds, world.who("ewa"))]
    assert "inbox.connect" in deeds
    settings = db.read_now(connection_of, world.who("ewa"), inbox_id, desk.edge.keyring).settings
    assert (settings["auth"], settings["sent_copy"]) == (name, False)


async def test_the_provider_is_asked_as_the_standard_has_it(ewa: Browser, provider: ConsentServer) -> None:
    """T38, T41: PKCE, a state, and the way back by the settings, whatever host the request names."""
    await enter(ewa)
    fields: dict[str, Any] = {"name": "Bokning", "address": ADDRESS, "auth": "google"}
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    page = await ewa.post("/settings/inboxes/new", headers=headers, **fields)
    asked = {key: values[0] for key, values in parse_qs(urlsplit(way_of(page)).query).items()}
    assert asked["redirect_uri"] == BACK
    assert (asked["response_type"], asked["code_challenge_method"], asked["login_hint"]) == ("code", "S256", ADDRESS)
    assert len(asked["code_challenge"]) == 43
    assert len(asked["state"]) >= 40
    assert "https://mail.google.com/" in asked["scope"].split()
    assert "evil" not in page.text


async def test_a_state_is_good_once(ewa: Browser, provider: ConsentServer) -> None:
    """T38: single use."""
    await enter(ewa)
    back = await consented(way_of(await add(ewa)))
    assert "consent=" in (await ewa.get(back)).headers["location"]
    again = await ewa.get(back)
    assert again.headers["location"] == "/settings/inboxes?consent=expired"
    assert "longer than ten minutes" in (await ewa.get(again.headers["location"])).text


async def test_a_state_is_good_for_ten_minutes(ewa: Browser, db: Database, world: World, clock: TestClock, provider: ConsentServer) -> None:
    """T38: ten minutes."""
    await enter(ewa)
    back = await consented(way_of(await add(ewa)))
    clock.move(10 * MINUTE)
    assert (await ewa.get(back)).headers["location"].endswith("expired")
    assert db.read_now(list_grants, world.who("ewa")) == {}


async def test_a_state_is_good_for_its_own_session_alone(
    ewa: Browser, desk: Web, db: Database, world: World, provider: ConsentServer
) -> None:
    """T38: what an attacker began is not finished by a victim's browser; and it is not used up by the attempt."""
    await enter(ewa)
    back = await consented(way_of(await add(ewa)))
    other = await signed_in(desk)
    assert (await other.get(back)).headers["location"].endswith("expired")
    marek = desk.browser("desk.norrsken.test", scheme="https")
    await marek.sign_in("marek@ferries.test")
    assert (await marek.get(back)).headers["location"].endswith("expired")
    assert (await desk.browser("desk.norrsken.test", scheme="https").get(back)).headers["location"].startswith("/sign-in")
    assert db.read_now(list_grants, world.who("ewa")) == {}
    assert not (await ewa.get(back)).headers["location"].endswith("expired")


async def test_a_way_back_without_a_state_of_ours_leads_to_the_inboxes(ewa: Browser) -> None:
    """T38."""
    unknown = ["", "?state=", "?state=x&code=y", "?code=y", f"?state={'a' * 60}&code=y", f"?state={'%00' * 30}", "?error=access_denied"]
    for query in unknown:
        answer = await ewa.get(f"/settings/mail-sign-in/back{query}")
        assert (answer.status_code, answer.headers["location"]) == (303, "/settings/inboxes?consent=expired")


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [
        ({"deny": True}, "permission was not given"),
        ({"unchecked": True}, "without reading and sending mail"),
        ({"without_renewal": True}, "no lasting access"),
        ({"wrong_nonce": True}, "cannot be used"),
        ({"broken": 1}, "could not be reached"),
        ({"html": 1}, "could not be reached"),
        ({"busy": 1}, "could not be reached"),
    ],
)
async def test_what_goes_wrong_is_said_and_nothing_is_kept(
    ewa: Browser, desk: Web, provider: ConsentServer, trouble: dict[str, Any], sentence: str
) -> None:
    db, world = desk.db, desk.world
    await enter(ewa)
    for name, value in trouble.items():
        setattr(provider.faults, name, value)
    page = await walk(ewa, await add(ewa))
    assert sentence in page.text
    assert "Connect with Google" in page.text
    assert db.read_now(list_grants, world.who("ewa")) == {}
    provider.faults.heal()
    assert "Connected as" in (await walk(ewa, await ewa.post(f"/settings/inboxes/{inbox_id_of(db)}/connect"))).text


async def test_a_provider_that_is_away_keeps_nobody(ewa: Browser, db: Database, world: World, provider: ConsentServer) -> None:
    await enter(ewa)
    back = await consented(way_of(await add(ewa)))
    await provider.stop()
    page = await ewa.get((await ewa.get(back)).headers["location"])
    assert "could not be reached" in page.text
    assert db.read_now(list_grants, world.who("ewa")) == {}


async def test_another_account_than_the_inboxs_is_named_and_not_kept(
    ewa: Browser, db: Database, world: World, provider: ConsentServer
) -> None:
    await enter(ewa)
    provider.signed_in = "ewa.privat@norrsken.test"
    page = await walk(ewa, await add(ewa))
    assert f"as ewa.privat@norrsken.test, but this inbox is {ADDRESS}. Nothing was kept." in page.text
    assert db.read_now(list_grants, world.who("ewa")) == {}


async def test_an_alias_is_connected_by_the_account_it_names(ewa: Browser, provider: ConsentServer) -> None:
    await enter(ewa)
    provider.signed_in = "kontoret@norrsken.test"
    assert "Connected as kontoret@norrsken.test." in (await walk(ewa, await add(ewa, imap_username="Kontoret@norrsken.test"))).text


async def test_a_wrong_secret_is_said_at_the_inbox(ewa: Browser, provider: ConsentServer) -> None:
    await enter(ewa, client_secret="nobody-knows-it")
    assert "does not accept the application" in (await walk(ewa, await add(ewa))).text


WRONG = [
    ("google", "client_id", "4711", ".apps.googleusercontent.com"),
    ("google", "client_secret", "", "Paste the client secret"),
    ("google", "client_secret", "two words", "Paste the client secret"),
    ("microsoft", "client_id", "4711-sluss.apps.googleusercontent.com", "application (client) ID"),
    ("microsoft", "client_secret", "11111111-2222-3333-4444-555555555555", "Copy what stands under Value"),
    ("microsoft", "tenant", "evil.example/../..", "directory"),
    ("microsoft", "tenant", "evil.example?x=", "directory"),
    ("microsoft", "tenant", "https://evil.example", "directory"),
]


async def test_a_wrong_application_is_refused_with_a_sentence(ewa: Browser) -> None:
    """T81: what is entered can lead to no other host."""
    for name, field, wrong, sentence in WRONG:
        answer = await enter(ewa, name, **{field: wrong})
        assert answer.status_code == 422, wrong
        assert sentence in answer.text
        assert SECRET not in answer.text
    assert "Nothing entered yet" in (await ewa.get("/settings/mail-sign-in")).text


async def test_a_secret_is_replaced_and_an_empty_one_kept(ewa: Browser, provider: ConsentServer) -> None:
    await enter(ewa, client_secret="an-old-secret")
    assert "an-old-secret" not in (await ewa.get("/settings/mail-sign-in/google")).text
    await enter(ewa)
    assert (await enter(ewa, client_secret="")).status_code == 303
    assert "Connected as" in (await walk(ewa, await add(ewa))).text


async def test_an_application_is_removed_and_the_way_closed(ewa: Browser, db: Database, provider: ConsentServer) -> None:
    await enter(ewa)
    await add(ewa)
    assert (await ewa.post("/settings/mail-sign-in/remove", provider="google")).status_code == 303
    page = await ewa.get(f"/settings/inboxes/{inbox_id_of(db)}")
    assert "has to be entered first" in page.text
    refused = await ewa.post(f"/settings/inboxes/{inbox_id_of(db)}/connect")
    assert refused.status_code == 409


async def test_an_application_of_another_workspace_is_not_used(desk: Web, ewa: Browser, provider: ConsentServer) -> None:
    """T1."""
    marek = desk.browser("desk.norrsken.test", scheme="https")
    await marek.sign_in("marek@ferries.test")
    assert (await enter(marek)).status_code == 303
    assert "Nothing entered yet" in (await ewa.get("/settings/mail-sign-in")).text
    assert (await add(ewa)).status_code == 303


async def test_the_installation_can_bring_the_application(db: Database, world: World, tmp_path: Path, provider: ConsentServer) -> None:
    """T81: its secret goes to the provider alone and is on no page."""
    config = Config(data=str(tmp_path), base_url=BASE, google_client_id=IDS["google"], google_client_secret=SECRET)
    async with run_web(db, world, config) as desk:
        ewa = await signed_in(desk)
        pages = [await ewa.get(f"/settings/mail-sign-in{path}") for path in ("", "/google")]
        assert "Ready, by this installation" in pages[0].text
        assert all(SECRET not in page.text for page in pages)
        assert "Connected as" in (await walk(ewa, await add(ewa))).text


async def test_no_server_but_the_providers_can_be_entered(ewa: Browser, desk: Web) -> None:
    """T81: servers of the form that are not the provider's own are not taken, so that no token goes there."""
    use_stand_in("")
    await add(ewa)
    inbox_id = inbox_id_of(desk.db)
    for host in ("evil.example", "imap.gmail.com.evil.example", "127.0.0.1", "[::1]", "imap.gmail.com@evil.example"):
        fields: dict[str, Any] = {"name": "Bokning", "address": ADDRESS, "auth": "google", "imap_host": host, "smtp_host": host}
        assert (await ewa.post(f"/settings/inboxes/{inbox_id}/edit", **fields)).status_code == 303
        settings = desk.db.read_now(connection_of, desk.world.who("ewa"), inbox_id, desk.edge.keyring).settings
        assert (settings["imap_host"], settings["smtp_host"]) == ("imap.gmail.com", "smtp.gmail.com")


async def test_reaching_the_inbox_again_lets_waiting_mail_go(ewa: Browser, db: Database, world: World, provider: ConsentServer) -> None:
    """F31: sending goes on by itself after the inbox was connected again."""
    await enter(ewa)
    await walk(ewa, await add(ewa))
    inbox_id = inbox_id_of(db)
    for _ in range(5):
        db.write_now(note_unreachable, world.who("ewa"), inbox_id, "not connected")
    await walk(ewa, await ewa.post(f"/settings/inboxes/{inbox_id}/connect"))
    row = db.read_now(lambda tx: tx.row(sa.select(inboxes.c.send_failures, inboxes.c.paused_until).where(inboxes.c.id == inbox_id)))
    assert row is not None
    assert tuple(row) == (0, None)


async def test_access_is_forgotten_with_what_it_was_for(ewa: Browser, db: Database, world: World, provider: ConsentServer) -> None:
    await enter(ewa)
    await walk(ewa, await add(ewa))
    inbox_id = inbox_id_of(db)
    kept: dict[str, Any] = {"name": "Bokning 2", "address": ADDRESS, "auth": "google"}
    await ewa.post(f"/settings/inboxes/{inbox_id}/edit", **kept)
    assert inbox_id in db.read_now(list_grants, world.who("ewa"))
    moved: dict[str, Any] = kept | {"address": "annan@norrsken.test"}
    await ewa.post(f"/settings/inboxes/{inbox_id}/edit", **moved)
    assert db.read_now(list_grants, world.who("ewa")) == {}
    await ewa.post(f"/settings/inboxes/{inbox_id}/edit", **kept)
    await walk(ewa, await ewa.post(f"/settings/inboxes/{inbox_id}/connect"))
    db.write_now(archive_inbox, world.who("ewa"), inbox_id)
    assert db.read_now(list_grants, world.who("ewa")) == {}


async def test_only_administrators_connect(desk: Web, ewa: Browser, db: Database, provider: ConsentServer) -> None:
    await enter(ewa)
    await add(ewa)
    maja = desk.browser("desk.norrsken.test", scheme="https")
    await maja.sign_in("maja@norrsken.test")
    assert (await maja.post(f"/settings/inboxes/{inbox_id_of(db)}/connect")).status_code == 403


async def test_the_verifier_lies_sealed(ewa: Browser, db: Database, provider: ConsentServer) -> None:
    """T38: nobody who reads the database can finish a consent."""
    await enter(ewa)
    state = parse_qs(urlsplit(way_of(await add(ewa))).query)["state"][0]
    rows = db.read_now(lambda tx: [row._asdict() for row in tx.rows(sa.select(consents))])
    assert state not in repr(rows)
    assert not re.search(rb"verifier|nonce", bytes(rows[0]["sealed"]))
    assert msgspec.json.encode({name: str(value) for name, value in rows[0].items()})
