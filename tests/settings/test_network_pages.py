"""Accounts of networks in the settings: entered, signed in for, tried, connected again, and how they stand. T1, T38, T41, T81."""

from __future__ import annotations

import html
import urllib.parse
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sluss.channels.costs import note_cost
from sluss.channels.hooked import note_greeted, note_hooked
from sluss.channels.inboxes import InboxFields, access_inbox, connection_of, create_inbox, list_inboxes
from sluss.channels.looking import look_at
from sluss.channels.models import inboxes, templates
from sluss.channels.oauth.models import visits
from sluss.channels.reconnecting import ask_reconnect
from sluss.channels.templating import Template, keep_templates
from sluss.config import Config
from sluss.kernel.actors import system
from sluss.kernel.clock import DAY, MINUTE, TestClock
from sluss.kernel.db import Database
from sluss.kernel.sealing import Sealer
from sluss.sandbox.wire import Answer, Asked, Double, told
from tests.settings.consenting import BASE, signed_in, way_of
from tests.world import Browser, Web, World, run_web

APP: dict[str, Any] = {"app_id": "998877665544332", "app_secret": "appens-hemlighet-1"}
PASTED: dict[str, Any] = {"channel": "facebook", "name": "Sidan", "page_id": "104512345678901", "token": "EAAhemligt", **APP}


class Meta(Double):
    """As much of Meta as signing in takes: two pages, of which the person manages one with a token."""

    def __init__(self) -> None:
        super().__init__()
        self.door("POST", "/v[0-9.]+/oauth/access_token", self._token)
        self.door("GET", "/v[0-9.]+/me/accounts", self._accounts)

    async def _token(self, asked: Asked) -> Answer:
        form = asked.form
        if form["client_secret"] != APP["app_secret"]:
            return told({"error": {"message": "Error validating client secret."}}, 400)
        return told(
            {"access_token": "lang" if form.get("grant_type") == "fb_exchange_token" and form["fb_exchange_token"] == "kort" else "kort"}
        )

    async def _accounts(self, asked: Asked) -> Answer:
        assert asked.headers["authorization"] == "Bearer lang"
        assert len(asked.query["appsecret_proof"]) == 64
        first = {"id": "104512345678901", "name": "Norrsken Air", "category": "Airline", "access_token": "EAAett"}
        second = {"id": "204512345678902", "name": "Norrsken Cargo", "access_token": "EAAtva"}
        if "after" not in asked.query:
            return told({"data": [first], "paging": {"cursors": {"after": "c1"}, "next": "https://…"}})
        return told({"data": [second, {"id": "3", "name": "Not ours"}], "paging": {"cursors": {"after": "c2"}}})


@pytest.fixture
async def meta() -> AsyncIterator[Meta]:
    meta = Meta()
    await meta.start()
    yield meta
    await meta.stop()


@pytest.fixture
async def desk(db: Database, world: World, tmp_path: Path) -> AsyncIterator[Web]:
    async with run_web(db, world, Config(data=str(tmp_path), base_url=BASE, private_servers=True)) as desk:
        yield desk


@pytest.fixture
async def ewa(desk: Web) -> Browser:
    return await signed_in(desk)


def page_of(answer: Any) -> str:
    return html.unescape(answer.text)


async def test_an_account_is_entered_changed_and_shown_without_its_secrets(
    ewa: Browser, db: Database, world: World, tmp_path: Path
) -> None:
    """T81: what is wrong is told field by field; a secret is kept when it is left empty, and another account is another inbox."""
    offered = page_of(await ewa.get("/settings/inboxes/new?channel=facebook"))
    assert 'formaction="/settings/networks/connect"' in offered
    assert f"{BASE}/settings/networks/back" in offered
    wrong = await ewa.post("/settings/inboxes/new", **dict[str, Any](PASTED, page_id="Norrsken", token="", private_mail_inbox_id="12"))
    assert wrong.status_code == 422
    assert "EAAhemligt" not in wrong.text
    assert 'value="Norrsken"' in wrong.text
    made = await ewa.post("/settings/inboxes/new", **PASTED)
    assert made.status_code == 303
    at, who = made.headers["location"], system(world.norrsken.id)
    inbox_id = int(at.rpartition("/")[2])
    inbox = db.read_now(access_inbox, who, inbox_id)
    assert (inbox.address, inbox.settings["page_id"]) == ("facebook-104512345678901", "104512345678901")
    secrets = db.read_now(connection_of, who, inbox_id, Sealer.of(tmp_path)).secrets
    assert len(secrets["verify_token"]) > 30
    page = page_of(await ewa.get(at))
    assert f'value="{BASE}/hooks/{world.norrsken.id}/{inbox_id}"' in page
    assert secrets["verify_token"] in page
    assert "has not called yet" in page
    assert not any(secrets[name] in page for name in ("token", "app_secret"))
    change = dict[str, Any](PASTED, token="", app_secret="", name="Sidan 2", handle="Norrsken Air", seen="")
    assert (await ewa.post(f"{at}/edit", **change)).status_code == 303
    assert db.read_now(connection_of, who, inbox_id, Sealer.of(tmp_path)).secrets["token"] == "EAAhemligt"
    other = await ewa.post(f"{at}/edit", **dict[str, Any](change, page_id="204512345678902"))
    assert other.status_code == 422
    assert "Norrsken Air" in page_of(await ewa.get(at))
    taken = await ewa.post("/settings/inboxes/new", **PASTED)
    assert (taken.status_code, "already connected" in taken.text) == (422, True)
    assert page_of(await ewa.get("/settings/inboxes")).count("facebook-104512345678901") == 1


async def test_signing_in_brings_accounts_and_those_ticked_become_inboxes(
    ewa: Browser, desk: Web, db: Database, world: World, meta: Meta
) -> None:
    """T38: a visit is good once, for the session that began it, and its tokens lie sealed until the choice is made."""
    form: dict[str, Any] = {"channel": "facebook", "how": "consent", **APP, "api": meta.url}
    missing = await ewa.post("/settings/networks/connect", **dict[str, Any](form, app_id=""))
    assert (missing.status_code, APP["app_secret"] in missing.text) == (422, False)
    way = urllib.parse.urlsplit(way_of(await ewa.post("/settings/networks/connect", **form)))
    asked = dict(urllib.parse.parse_qsl(way.query))
    assert (way.path, asked["redirect_uri"]) == ("/v26.0/dialog/oauth", f"{BASE}/settings/networks/back")
    back = f"/settings/networks/back?code=kod&state={asked['state']}"
    karin = desk.browser("desk.norrsken.test", scheme="https")
    await karin.sign_in("ewa@norrsken.test")
    assert (await karin.get(back)).headers["location"] == "/settings/inboxes?consent=expired"
    came = await ewa.get(back)
    assert came.headers["location"].startswith("/settings/networks/accounts?visit=")
    assert (await ewa.get(back)).headers["location"] == "/settings/inboxes?consent=expired"
    assert (await karin.get(came.headers["location"])).headers["location"] == "/settings/inboxes?consent=expired"
    page = page_of(await ewa.get(came.headers["location"]))
    assert [name in page for name in ("Norrsken Air", "Norrsken Cargo", "Not ours", "EAAett")] == [True, True, False, False]
    visit = came.headers["location"].partition("=")[2]
    assert (await ewa.post("/settings/networks/accounts", consent=visit)).status_code == 422
    choice: dict[str, Any] = {"consent": visit, "account": ["facebook-104512345678901", "facebook-204512345678902"]}
    assert (await ewa.post("/settings/networks/accounts", **choice)).headers["location"] == "/settings/inboxes"
    assert (await ewa.post("/settings/networks/accounts", **choice)).status_code == 409
    found = {one.address: one for one in db.read_now(list_inboxes, system(world.norrsken.id)) if one.channel == "facebook"}
    assert {one.settings["handle"] for one in found.values()} == {"Norrsken Air", "Norrsken Cargo"}
    assert db.read_now(lambda tx: tx.value(sa.select(visits.c.sealed).where(visits.c.id == int(visit)))) == b""


async def test_an_account_is_connected_again_only_as_itself(ewa: Browser, db: Database, world: World, meta: Meta, tmp_path: Path) -> None:
    """T38, T81: whoever signs in for another account changes nothing; a no is told, and fresh tokens take the place of the old ones."""
    who, sealer = system(world.norrsken.id), Sealer.of(tmp_path)
    made = await ewa.post("/settings/inboxes/new", **dict[str, Any](PASTED, api=meta.url))
    inbox_id = int(made.headers["location"].rpartition("/")[2])
    db.write_now(ask_reconnect, who, inbox_id, "The page’s password was changed.")
    page = page_of(await ewa.get(made.headers["location"]))
    assert ["password was changed" in page, "Connect again" in page] == [True, True]

    async def again() -> str:
        url = way_of(await ewa.post("/settings/networks/connect", inbox=str(inbox_id)))
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))["state"]

    denied = page_of(await ewa.get(f"/settings/networks/back?error=access_denied&state={await again()}"))
    assert "permission was not given" in denied
    meta.trouble("status", path="/me/accounts", answer=told({"data": []}))
    assert "Nothing was kept" in page_of(await ewa.get(f"/settings/networks/back?code=kod&state={await again()}"))
    meta.trouble("status", path="/oauth", answer=told({"error": {"message": "This code has been used."}}, 400))
    assert "This code has been used." in page_of(await ewa.get(f"/settings/networks/back?code=kod&state={await again()}"))
    assert db.read_now(connection_of, who, inbox_id, sealer).secrets["token"] == "EAAhemligt"
    good = await ewa.get(f"/settings/networks/back?code=kod&state={await again()}")
    assert good.headers["location"] == made.headers["location"]
    assert db.read_now(connection_of, who, inbox_id, sealer).secrets["token"] == "EAAett"
    assert db.read_now(access_inbox, who, inbox_id).reconnect == ""


async def test_the_page_tells_of_hook_costs_and_what_stands_in_the_way(ewa: Browser, db: Database, world: World, clock: TestClock) -> None:
    """T72: a cap that is reached, a network that is silent, and an account that is lost are said on the page and by the doctor."""
    who = system(world.norrsken.id)
    made = await ewa.post("/settings/inboxes/new", **PASTED)
    at, inbox_id = made.headers["location"], int(made.headers["location"].rpartition("/")[2])

    def seen(origin: str) -> dict[str, str]:
        return db.read_now(lambda tx: {one.name: one.state for one in look_at(tx, who, access_inbox(tx, who, inbox_id), origin)})

    assert (seen(BASE), seen("http://127.0.0.1:1")) == ({"Webhook": "warn"}, {"Webhook": "warn"})
    db.write_now(note_greeted, who, inbox_id)
    assert "made sure of the address" in page_of(await ewa.get(at))
    db.write_now(note_hooked, who, inbox_id)
    first = db.read_now(access_inbox, who, inbox_id).hook_received_at
    clock.move(MINUTE // 2)
    db.write_now(note_hooked, who, inbox_id)
    assert db.read_now(access_inbox, who, inbox_id).hook_received_at == first
    assert seen(BASE) == {"Webhook": "ok"}
    db.write_now(note_cost, who, inbox_id, "Answers", 2_000_000, times=40)
    clock.move(DAY)
    db.write_now(note_cost, who, inbox_id, "Answers", 2_500)
    page = page_of(await ewa.get(at))
    assert ["$0.0025" in page, "$2.00" in page, ">41<" in page] == [True, True, True]
    db.write_now(
        lambda tx: tx.run(sa.update(inboxes).where(inboxes.c.id == inbox_id).values(settings={"page_id": "1", "daily_cap": 2_000}))
    )
    assert "are spent" in page_of(await ewa.get(at))
    db.write_now(ask_reconnect, who, inbox_id, "Lost.")
    assert seen(BASE) == {"Account": "fail", "Costs": "warn", "Webhook": "ok"}


async def test_approved_texts_are_what_the_network_listed_last(db: Database, world: World, tmp_path: Path) -> None:
    """A text keeps its id while it is listed, and goes when it is not."""
    who = system(world.norrsken.id)
    fields = InboxFields(
        name="Sidan",
        address="facebook-104512345678901",
        settings={"page_id": "104512345678901"},
        secrets={"token": "a", "app_secret": "b" * 16},
    )
    inbox_id = db.write_now(create_inbox, who, Sealer.of(tmp_path), "facebook", fields)
    one = Template(name="delay", language="sv", status="APPROVED", body="Hej {{1}}", variables=({"key": "1", "example": "Åsa"},))

    def listed() -> list[tuple[Any, ...]]:
        return db.read_now(
            lambda tx: [
                tuple(row)
                for row in tx.rows(sa.select(templates.c.id, templates.c.language, templates.c.body).order_by(templates.c.language))
            ]
        )

    db.write_now(keep_templates, who, inbox_id, [one, Template(name="delay", language="en", body="Hello")])
    before = listed()
    db.write_now(keep_templates, who, inbox_id, [Template(name="delay", language="sv", body="Hejsan")])
    assert listed() == [(before[1][0], "sv", "Hejsan")]


async def test_nobody_but_administrators_connects(desk: Web, meta: Meta) -> None:
    """T1, T2"""
    johan = desk.browser("desk.norrsken.test", scheme="https")
    await johan.sign_in("johan@norrsken.test")
    for path in ("/settings/networks/connect", "/settings/networks/accounts"):
        assert (await johan.post(path, channel="facebook", api=meta.url, **APP)).status_code in {403, 404}
    assert (await johan.get("/settings/networks/back?code=x&state=" + "x" * 43)).status_code in {403, 404}
    assert not meta.asked
