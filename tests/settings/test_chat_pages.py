"""A chat in the settings: made, changed, seen on web sites, its key turned, its look and hours while they are written. T1, T71."""

from __future__ import annotations

import asyncio
import html
from typing import Any

import pytest
import sqlalchemy as sa

from sluss.channels.inboxes import Inbox, access_inbox, connection_of, list_inboxes
from sluss.channels.sites import note_site
from sluss.channels.webchat.identity import keys_of
from sluss.channels.webchat.settings import is_chat_key
from sluss.kernel.actors import system
from sluss.kernel.clock import HOUR, MINUTE, TestClock
from sluss.kernel.db import Database
from sluss.people.models import sessions
from sluss.settings import inbox_routes
from tests.world import Browser, Web, World

SITE = "https://www.norrsken.example"
CHAT: dict[str, Any] = {
    "channel": "webchat",
    "name": "Webbplatsen",
    "origins": f"{SITE}\r\nhttps://*.norrsken.example",
    "accent": "#0B5CAD",
    "title_sv": "Chatta med oss",
    "identify": "optional",
    "when": "hours",
    **dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "8-12, 13-17"),
    "closed_days": "2026-12-25\r\n2026-12-24\r\n2026-12-24",
    "zone": "Europe/Stockholm",
}


def but(**more: str) -> dict[str, Any]:
    """The form with some fields filled in otherwise."""
    return CHAT | more


@pytest.fixture
async def ewa(web: Web) -> Browser:
    return await web.sign_in("ewa")


@pytest.fixture
async def at(ewa: Browser) -> str:
    """The page of a new chat."""
    made = await ewa.post("/settings/inboxes/new", **CHAT)
    assert made.status_code == 303
    return made.headers["location"]


def chat_at(db: Database, world: World, at: str) -> Inbox:
    return db.read_now(access_inbox, world.who("ewa"), int(at.rpartition("/")[2]))


def seen(db: Database, world: World, at: str, origin: str, *, refused: bool) -> None:
    db.write_now(note_site, system(world.norrsken.id), int(at.rpartition("/")[2]), (origin, "/kontakt"), refused=refused)


async def test_a_chat_is_made_with_one_line_to_copy(ewa: Browser, at: str, db: Database, world: World) -> None:
    offered = (await ewa.get("/settings/inboxes/new?channel=webchat")).text
    assert 'href="/settings/inboxes/new?channel=email"' in offered
    assert 'value="08:00–17:00"' in offered
    assert (await ewa.get("/settings/inboxes/new?channel=pigeon")).status_code == 404
    chat = chat_at(db, world, at)
    assert is_chat_key(chat.address)
    assert chat.settings["hours"][0] == [[480, 720], [780, 1020]]
    assert (chat.settings["accent"], chat.settings["closed_days"]) == ("#0b5cad", ["2026-12-24", "2026-12-25"])
    page = html.unescape((await ewa.get(at)).text)
    assert f'/embed/v1.js" data-key="{chat.address}"></script>' in page
    assert "frame-src http" in page
    assert "Not seen yet" in page
    shown = html.unescape((await ewa.get(f"{at}/edit")).text)
    assert 'value="08:00–12:00, 13:00–17:00"' in shown
    assert "Chatta med oss" in shown
    assert (await ewa.get("/settings/inboxes")).text.count("Web chat") == 1


async def test_what_is_wrong_is_said_and_the_rest_kept(ewa: Browser, db: Database, world: World) -> None:
    """Every field on its own: first what has the wrong form, then what cannot be."""
    before = db.read_now(list_inboxes, world.who("ewa"))
    unread = await ewa.post("/settings/inboxes/new", **but(origins="http://www.norrsken.example", mon="8", offset_x="wide"))
    for said in ("must begin with https", "is no span of time", "number of pixels", 'value="wide"', "Chatta med oss"):
        assert said in html.unescape(unread.text)
    faults = {
        "accent": "#7c7c7c",
        "zone": "Mars/Olympus",
        "closed_days": "julafton",
        "mail_inbox": "4711",
        "title_pl": "x" * 61,
        "name": "",
    }
    wrong = await ewa.post("/settings/inboxes/new", **but(**faults))
    for said in ("Neither white nor", "Choose a time zone", "One date per line", "at most 60", "Give the inbox a name", "*.norrsken"):
        assert said in html.unescape(wrong.text)
    assert (unread.status_code, wrong.status_code, db.read_now(list_inboxes, world.who("ewa"))) == (422, 422, before)


async def test_it_goes_on_by_a_mailbox_of_its_own_company_only(ewa: Browser, world: World, db: Database) -> None:
    """T1: another company's inbox is none, and so is another chat."""
    foreign = next(iter(world.ferries.inboxes.values())).id
    assert (await ewa.post("/settings/inboxes/new", **but(mail_inbox=str(foreign)))).status_code == 422
    own = world.norrsken.inboxes["kundtjanst"].id
    made = (await ewa.post("/settings/inboxes/new", **but(mail_inbox=str(own)))).headers["location"]
    assert chat_at(db, world, made).settings["mail_inbox_id"] == own
    itself = await ewa.post(f"{made}/edit", **but(mail_inbox=made.rpartition("/")[2]))
    assert (itself.status_code, "Choose a mail inbox" in itself.text) == (422, True)


async def test_what_somebody_else_changed_is_not_overwritten_unseen(web: Web, ewa: Browser, at: str, db: Database, world: World) -> None:
    def seen_in(page: str) -> str:
        return page.partition('name="seen" value="')[2].partition('"')[0]

    mine = seen_in((await ewa.get(f"{at}/edit")).text)
    key = chat_at(db, world, at).address
    assert (await ewa.post(f"{at}/edit", **but(name="Nya", seen=mine, address="info@norrsken.example"))).status_code == 303
    assert (chat_at(db, world, at).name, chat_at(db, world, at).address) == ("Nya", key)
    late = await ewa.post(f"{at}/edit", **but(name="Mina", seen=mine))
    assert (late.status_code, "Somebody changed this inbox" in late.text, 'value="Mina"' in late.text) == (422, True, True)
    assert chat_at(db, world, at).name == "Nya"
    assert (await ewa.post(f"{at}/edit", **but(name="Mina", seen=seen_in(late.text)))).status_code == 303
    assert chat_at(db, world, at).name == "Mina"


async def test_where_it_is_seen_and_a_refused_site_put_on_the_list(ewa: Browser, at: str, db: Database, world: World) -> None:
    """A site is on the list when an administrator puts it there, and not by asking."""
    seen(db, world, at, SITE, refused=False)
    seen(db, world, at, "https://www.norrsken.shop", refused=True)
    page = (await ewa.get(f"/settings/chats/{at.rpartition('/')[2]}/sites")).text
    assert page.count("Installed") == page.count("Refused") == 1
    assert 'hx-trigger="every 5s"' in page
    listed = await ewa.post(f"/settings/chats/{at.rpartition('/')[2]}/sites", origin="https://www.norrsken.shop")
    assert listed.headers["location"] == at
    assert chat_at(db, world, at).settings["origins"] == [SITE, "https://*.norrsken.example", "https://www.norrsken.shop"]
    assert "Refused" not in (await ewa.get(at)).text
    wrong = await ewa.post(f"/settings/chats/{at.rpartition('/')[2]}/sites", origin="javascript:alert(1)")
    assert wrong.status_code == 422
    mail = world.norrsken.inboxes["kundtjanst"].id
    assert (await ewa.get(f"/settings/chats/{mail}/sites")).status_code == 409


async def test_a_key_is_shown_once_and_the_old_one_good_for_a_day(web: Web, ewa: Browser, at: str, world: World, clock: TestClock) -> None:
    """T71: the key is sealed, and only fresh proof makes a new one."""
    inbox_id, db = int(at.rpartition("/")[2]), web.db

    def stored() -> dict[str, str]:
        return db.read_now(connection_of, world.who("ewa"), inbox_id, web.edge.keyring).secrets

    first, where = stored()["identity_key"], f"/settings/chats/{inbox_id}/key"
    made = await ewa.post(where, op="turn")
    second = stored()["identity_key"]
    assert (second in made.text, first != second, first in made.text) == (True, True, False)
    assert keys_of(stored(), clock.now + 23 * HOUR) == (second, first)
    assert keys_of(stored(), clock.now + 25 * HOUR) == (second,)
    again = await ewa.post(where, op="turn")
    assert (second in again.text, "was shown already" in again.text, stored()["identity_key"]) == (False, True, second)
    for path in (at, f"{at}/edit", "/settings/audit"):
        assert second not in (await ewa.get(path)).text
    clock.move(11 * MINUTE)
    db.write_now(lambda tx: tx.run(sa.update(sessions).values(fresh_at=tx.now - HOUR)))
    asked = await ewa.post(where)
    assert ("once more that it is you" in asked.text, stored()["identity_key"]) == (True, second)


async def test_look_and_hours_are_shown_while_they_are_written(ewa: Browser, at: str, clock: TestClock) -> None:
    """A colour is a colour, whatever else is written there."""
    look = (await ewa.post("/settings/chats/look", **but(welcome_en="Hi <b>there</b>"))).text
    assert ('fill="#0b5cad"' in look, "White text on this colour: 6." in look, "Hi &lt;b&gt;there" in look) == (True, True, True)
    wrong = (await ewa.post("/settings/chats/look", **but(accent='"><script>'))).text
    assert ("<script" in wrong, "Write a colour" in wrong) == (False, True)
    now = (await ewa.post("/settings/chats/hours", headers={"HX-Request": "true"}, **CHAT)).text
    assert ("Closed until" in now, "40 hours a week" in now) == (True, True)
    copied = html.unescape((await ewa.post("/settings/chats/hours", **but(mon="9-10", copy="1"))).text)
    assert (copied.count('value="9-10"'), 'id="chat-form"' in copied) == (5, True)
    unfinished = await ewa.post("/settings/chats/hours", **but(mon="9-"))
    assert (unfinished.status_code, "Visitors would read now" in unfinished.text) == (200, False)


async def test_it_is_paused_resumed_and_archived(ewa: Browser, at: str, db: Database, world: World) -> None:
    for act, sentence in (("pause", "nobody can write"), ("resume", "Not seen yet")):
        assert (await ewa.post(f"{at}/{act}")).status_code == 303
        assert sentence in (await ewa.get(at)).text
    assert (await ewa.post(f"{at}/test")).headers["location"] == at
    await asyncio.gather(*inbox_routes._running)
    tested = (await ewa.get(at)).text
    assert ("The chat may be shown on" in tested, "No page has asked for it yet." in tested) == (True, True)
    assert (await ewa.post(f"{at}/archive")).headers["location"] == "/settings/inboxes"
    assert chat_at(db, world, at).archived_at is not None
