"""What of a mailbox is read: its folders looked up and chosen, earlier messages brought in, watched and paused. T22, T82."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from sluss.channels.bringing import HISTORY, WISH, History
from sluss.channels.email.channel import EmailChannel
from sluss.channels.inboxes import access_inbox
from sluss.channels.models import cursors, inboxes
from sluss.channels.registry import channel_named, use_channel
from sluss.kernel.clock import SECOND
from sluss.kernel.db import Database
from sluss.kernel.tx import Tx
from sluss.sandbox.mail.servers import MailWorld
from tests.settings.test_inbox_pages import GOOD
from tests.world import Web, World


@pytest.fixture
async def mailbox() -> AsyncIterator[dict[str, Any]]:
    """A mailbox with folders, and the form that leads to it."""
    world, before = MailWorld(), channel_named("email")
    use_channel(EmailChannel(allow_private=True))
    box = world.add("bokning@norrsken.test", "hemligt-ord-1")
    for name in ("Skr&AOQ-p", "Kunder", "arkiv"):
        box.make_folder(name)
    await world.start()
    yield GOOD | {"imap_host": "127.0.0.1", "imap_port": str(world.imap_port), "imap_security": "plain"}
    await world.stop()
    use_channel(before)


def but(mailbox: dict[str, Any], **more: str) -> dict[str, Any]:
    """The form with some fields filled in otherwise."""
    return mailbox | more


async def test_folders_are_looked_up_and_chosen(web: Web, db: Database, world: World, mailbox: dict[str, Any]) -> None:
    """The page works without scripts; with them only the field is exchanged."""
    ewa = await web.sign_in("ewa")
    found = await ewa.post("/settings/inboxes/folders", **mailbox, imap_folders="Kunder\r\nBorta")
    assert [found.text.count(f'value="{name}"') for name in ("Skräp", "arkiv", "Sent")] == [1, 1, 1]
    assert 'value="Kunder" checked' in found.text
    assert 'value="Borta" checked' in found.text
    assert "Not found at the server." in found.text
    assert ("hemligt" in found.text, 'id="inbox-form"' in found.text) == (False, True)
    made = (await ewa.post("/settings/inboxes/new", **mailbox, imap_folders="Kunder\r\nSkräp", history="days", history_days="30")).headers
    inbox_id = int(made["location"].rpartition("/")[2])
    settings = db.read_now(access_inbox, world.who("ewa"), inbox_id).settings
    assert (settings["folders"], settings["days_back"], settings["watch_sent"]) == (["Kunder", "Skräp"], 30, True)
    page = (await ewa.get(f"{made['location']}/edit")).text
    assert "Kunder\nSkräp" in page
    assert 'name="history_days" value="30"' in page.replace("  ", " ") or 'value="30"' in page
    again = await ewa.post(f"{made['location']}/folders", **but(mailbox, imap_password="", imap_folders="Kunder"))
    assert 'value="Skräp"' in again.text


async def test_a_server_that_does_not_answer_is_said(web: Web, mailbox: dict[str, Any]) -> None:
    ewa = await web.sign_in("ewa")
    wrong = await ewa.post("/settings/inboxes/folders", **but(mailbox, imap_password="no", imap_folders="Kunder"))
    assert "does not accept user name and password" in wrong.text
    assert ">\nKunder</textarea>" in wrong.text
    nowhere = await ewa.post("/settings/inboxes/folders", **but(mailbox, imap_host="", imap_folders="Kunder"))
    assert (nowhere.status_code, "was not found" in nowhere.text) == (200, True)


async def test_private_servers_are_not_looked_into(web: Web, mailbox: dict[str, Any]) -> None:
    """T82: looking up folders is a connection like any other."""
    use_channel(EmailChannel())
    ewa = await web.sign_in("ewa")
    closed = await ewa.post("/settings/inboxes/folders", **mailbox)
    assert "private address" in closed.text


@pytest.mark.parametrize(
    ("given", "kept"),
    [({"history": "all"}, -1), ({"history": "new", "history_days": "30"}, 0), ({}, 0), ({"history": "days", "history_days": "7"}, 7)],
)
async def test_how_far_back(web: Web, db: Database, world: World, given: dict[str, Any], kept: int) -> None:
    ewa = await web.sign_in("ewa")
    made = (await ewa.post("/settings/inboxes/new", **GOOD, **given)).headers["location"]
    assert db.read_now(access_inbox, world.who("ewa"), int(made.rpartition("/")[2])).settings["days_back"] == kept
    assert ("Earlier messages" in (await ewa.get(made)).text) == (kept != 0)


@pytest.mark.parametrize("days", ["", "many", "0x1", "99999", "-5"])
async def test_days_that_are_none_are_said_at_their_field(web: Web, days: str) -> None:
    ewa = await web.sign_in("ewa")
    answer = await ewa.post("/settings/inboxes/new", **GOOD, history="days", history_days=days)
    assert (answer.status_code, 'id="f-history_days-error"' in answer.text) == (422, True)


async def test_earlier_messages_are_watched_paused_and_resumed(web: Web, db: Database, world: World) -> None:
    ewa = await web.sign_in("ewa")
    made = (await ewa.post("/settings/inboxes/new", **GOOD, history="all")).headers["location"]
    inbox_id = int(made.rpartition("/")[2])
    assert "Looking at what is there." in (await ewa.get(made)).text
    told = History(total=200_000, done=12_000, rate=300.0, began_at=1)
    tell(db, world, inbox_id, told)
    running = (await ewa.get(f"{made}/history")).text
    assert ("12,000 of 200,000 messages" in running, "300 a second" in running, "time left" in running) == (True, True, True)
    assert 'hx-trigger="load delay:2s"' in running
    assert (await ewa.post(f"{made}/pause-history")).status_code == 303
    assert "paused" in (await ewa.get(f"{made}/history")).text
    assert wish(db, inbox_id) == {"paused": True}
    assert (await ewa.post(f"{made}/resume-history")).status_code == 303
    assert wish(db, inbox_id) == {"paused": False}
    tell(db, world, inbox_id, msgspec.structs.replace(told, done=200_000, ended_at=db.clock() - 5 * SECOND))
    ended = (await ewa.get(f"{made}/history")).text
    assert ("200,000 earlier messages were brought in." in ended, "hx-trigger" in ended) == (True, False)
    assert "paused the bringing in of earlier messages" in (await ewa.get("/settings/audit")).text


def tell(db: Database, world: World, inbox_id: int, told: History) -> None:
    def put(tx: Tx) -> None:
        tx.run(sa.delete(cursors).where(cursors.c.inbox_id == inbox_id, cursors.c.name == HISTORY))
        row = {"workspace_id": world.norrsken.id, "inbox_id": inbox_id, "name": HISTORY, "value": msgspec.to_builtins(told)}
        tx.run(sa.insert(cursors), row)

    db.write_now(put)


def wish(db: Database, inbox_id: int) -> Any:
    return db.read_now(lambda tx: tx.value(sa.select(cursors.c.value).where(cursors.c.inbox_id == inbox_id, cursors.c.name == WISH)))


async def test_a_folder_that_is_missing_is_a_warning_on_the_page(web: Web, db: Database) -> None:
    ewa = await web.sign_in("ewa")
    made = (await ewa.post("/settings/inboxes/new", **GOOD)).headers["location"]
    missing = "A folder cannot be opened and is left out: Kunder. Choose it anew if it has another name now."
    this = inboxes.c.id == int(made.rpartition("/")[2])
    db.write_now(lambda tx: tx.run(sa.update(inboxes).where(this).values(receiving="ok", receiving_error=missing)))
    page = (await ewa.get(made)).text
    assert ('class="banner warn"' in page, missing in page) == (True, True)
