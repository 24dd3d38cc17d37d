"""Pages about how things stand. T6, T66, T107."""

from __future__ import annotations

from sluss.channels.contract import Delivered
from sluss.intake.conservation import check_conservation
from sluss.intake.models import envelopes
from sluss.intake.quarantine import count_quarantined
from sluss.intake.store import Kept, store_envelopes
from sluss.kernel.actors import system
from sluss.kernel.db import Database
from tests.world import Web, World

RAW = b'From: <script>alert(1)</script> <x@y.example>\r\nSubject: "><img src=x onerror=alert(1)>\r\n\r\n\xff\xfe hej'


def set_aside(db: Database, world: World) -> int:
    """One envelope that nobody could read. Returns its id."""
    who, inbox_id = system(world.norrsken.id), world.norrsken.inboxes["kundtjanst"].id
    kept = Kept(Delivered(external_key="k1", raw=RAW, received_at=db.clock()), "", len(RAW), inline=True)
    db.write_now(store_envelopes, who, inbox_id, [kept])
    db.write_now(lambda tx: tx.run(envelopes.update().values(state="quarantined", reason="The mail has no end.", settled_at=tx.now)))
    return db.read_now(lambda tx: tx.value(envelopes.select().with_only_columns(envelopes.c.id)))


async def test_a_set_aside_message_is_shown_as_text(web: Web, db: Database, world: World) -> None:
    envelope_id = set_aside(db, world)
    ewa = await web.sign_in("ewa")
    for path in ("/settings/quarantine", f"/settings/quarantine/{envelope_id}", "/settings"):
        text = (await ewa.get(path)).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
    assert "The mail has no end." in (await ewa.get(f"/settings/quarantine/{envelope_id}")).text


async def test_its_bytes_are_a_download_no_browser_opens(web: Web, db: Database, world: World) -> None:
    ewa = await web.sign_in("ewa")
    answer = await ewa.get(f"/settings/quarantine/{set_aside(db, world)}/raw")
    assert answer.content == RAW
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")


async def test_it_is_replayed_once(web: Web, db: Database, world: World) -> None:
    path = f"/settings/quarantine/{set_aside(db, world)}/replay"
    ewa = await web.sign_in("ewa")
    assert (await ewa.post(path)).status_code == 303
    assert (await ewa.post(path)).status_code == 404
    assert db.read_now(count_quarantined, world.who("ewa")) == 0


async def test_discarding_asks_first_and_keeps_the_balance(web: Web, db: Database, world: World) -> None:
    path = f"/settings/quarantine/{set_aside(db, world)}/discard"
    ewa = await web.sign_in("ewa")
    assert (await ewa.post(path)).status_code == 422
    assert (await ewa.post(path, sure="1")).status_code == 303
    balance = db.write_now(check_conservation, system(world.norrsken.id))
    assert (balance.acknowledged, balance.quarantined, balance.missing) == (1, 1, 0)


async def test_a_lost_envelope_shows_on_the_health_page(web: Web, db: Database, world: World) -> None:
    """The counter and the rows are counted apart: a row that vanishes is missed."""
    set_aside(db, world)
    db.write_now(lambda tx: (tx.conn.exec_driver_sql("DELETE FROM envelope_keys"), tx.run(envelopes.delete())))
    assert db.write_now(check_conservation, system(world.norrsken.id)).missing == 1
    ewa = await web.sign_in("ewa")
    assert "The balance of messages does not add up." in (await ewa.get("/settings")).text


async def test_what_was_done_is_listed_and_filtered(web: Web, world: World) -> None:
    ewa = await web.sign_in("ewa")
    await ewa.post("/settings/teams", name="Nattskiftet")
    text = (await ewa.get(f"/settings/audit?who={world.who('ewa').id}&what=team")).text
    assert "Nattskiftet" in text
    assert "Ewa Nowak" in text
    assert "Nattskiftet" not in (await ewa.get("/settings/audit?what=inbox")).text
