"""Confirmations and proof in the form of an inbox: off at first, read while they are written, kept as said. T45, T49, T62."""

from __future__ import annotations

from typing import Any

from sluss.channels.inboxes import connection_of
from sluss.kernel.db import Database
from tests.settings.test_inbox_pages import GOOD
from tests.world import Web, World


async def test_what_was_chosen_is_kept_and_shown_again(web: Web, db: Database, world: World) -> None:
    ewa = await web.sign_in("ewa")
    more: dict[str, Any] = {
        "confirm": "true",
        "confirm_sv": "Tack! {{case.number}}",
        "authserv_id": "mx.norrsken.test",
        "delivery_tokens": "true",
    }
    made = (await ewa.post("/settings/inboxes/new", **GOOD, **more)).headers["location"]
    settings = db.read_now(connection_of, world.who("ewa"), int(made.rpartition("/")[2]), web.edge.keyring).settings
    assert (settings["confirm"], settings["confirm_sv"], settings["confirm_en"]) == (True, "Tack! {{case.number}}", "")
    assert (settings["authserv_id"], settings["delivery_tokens"]) == ("mx.norrsken.test", True)
    page = (await ewa.get(f"{made}/edit")).text
    assert "Tack! 10482" in page
    assert 'value="mx.norrsken.test"' in page


async def test_all_of_it_is_off_until_somebody_wants_it(web: Web, db: Database, world: World) -> None:
    """T49: nobody is written to by itself unless an administrator said so."""
    ewa = await web.sign_in("ewa")
    made = (await ewa.post("/settings/inboxes/new", **GOOD)).headers["location"]
    settings = db.read_now(connection_of, world.who("ewa"), int(made.rpartition("/")[2]), web.edge.keyring).settings
    assert (settings["confirm"], settings["delivery_tokens"], settings["authserv_id"]) == (False, False, "")


async def test_the_preview_reads_as_the_customer_will(web: Web) -> None:
    """T62: what was typed is text and nothing else."""
    ewa = await web.sign_in("ewa")
    text = "<b>Hello</b> {{case.number}} {{inbox.name}}"
    page = (await ewa.post("/settings/inboxes/confirmation", name="Support", confirm_en=text, sender_name="Norrsken Air")).text
    assert "&lt;b&gt;Hello&lt;/b&gt; 10482 Norrsken Air" in page
    assert "Vi har tagit emot ditt meddelande" in page
    assert "Otrzymaliśmy" in page


async def test_what_cannot_be_is_said_beside_its_field(web: Web) -> None:
    ewa = await web.sign_in("ewa")
    answer = await ewa.post("/settings/inboxes/new", **GOOD, authserv_id="mx.norrsken.test; dmarc=pass", confirm_pl="x" * 2001)
    assert answer.status_code == 422
    assert "server&#39;s name alone" in answer.text
    assert "at most 2,000 characters" in answer.text
