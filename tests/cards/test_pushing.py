"""Cards that programs put beside a customer: by an address of theirs, for a while, and never beside whom they may not see."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from sluss.cards.answers import forget_old_cards, show_pushed
from sluss.cards.contract import Card
from sluss.cards.models import pushed_cards
from sluss.cards.pushing import Push, put_cards
from sluss.contacts.identities import verify_identity
from sluss.contacts.models import identities
from sluss.customers.deeds import Fields, add_address, remove_address
from sluss.kernel.clock import HOUR, TestClock
from sluss.kernel.errors import Forbidden, Invalid, Missing
from tests.cards.conftest import ASA, Cards
from tests.world import Web

GOLD = Card("Gold since 2019")


def push(**given: Any) -> Push:
    values: dict[str, Any] = {"network": "email", "address": ASA, "source": "Loyalty", "cards": (GOLD,), "seconds": 3_600}
    return Push(**values | given)


async def test_they_stand_there_until_their_time_is_over(known: Cards, clock: TestClock) -> None:
    """With a warning while the address is only claimed."""
    asa, _ = known.mail(ASA, proof="")
    known.db.write_now(put_cards, known.johan, push(address=" ASA@Kund.example"))
    [shown] = known.db.read_now(show_pushed, known.johan, asa)
    assert (shown.source, shown.cards, shown.doubtful) == ("Loyalty", (GOLD,), True)
    of = known.db.read_now(lambda tx: int(tx.value(sa.select(identities.c.id).where(identities.c.address == ASA))))
    known.db.write_now(verify_identity, known.johan, asa, of)
    known.db.write_now(put_cards, known.johan, push(cards=(Card("Silver"),)))
    known.db.write_now(put_cards, known.johan, push(source="Orders"))
    assert [(one.source, one.cards[0].title, one.doubtful) for one in known.db.read_now(show_pushed, known.johan, asa)] == [
        *(("Loyalty", "Silver", False), ("Orders", GOLD.title, False))
    ]
    known.db.write_now(put_cards, known.johan, push(source="Orders", cards=()))
    assert [one.source for one in known.db.read_now(show_pushed, known.johan, asa)] == ["Loyalty"]
    clock.move(2 * HOUR)
    assert known.db.read_now(show_pushed, known.johan, asa) == []
    known.db.write_now(forget_old_cards, known.johan)
    assert known.db.read_now(lambda tx: tx.rows(sa.select(pushed_cards))) == []


async def test_nobody_puts_cards_beside_whom_they_may_not_see(known: Cards) -> None:
    """T1, T2: an address of another inbox or company answers as one that nobody has."""
    asa, _ = known.mail(ASA)
    for who, given in (("petra", {}), ("marek", {}), ("johan", {"address": "nobody@kund.example"}), ("johan", {"network": "x"})):
        with pytest.raises(Missing):
            known.db.write_now(put_cards, known.world.who(who), push(**given))
    with pytest.raises(Forbidden):
        known.db.write_now(put_cards, known.world.who("karin"), push())
    for given in ({"source": " \u200b"}, {"cards": (Card("A"), Card(" "))}):
        with pytest.raises(Invalid):
            known.db.write_now(put_cards, known.johan, push(**given))
    added = known.db.write_now(add_address, known.johan, asa, Fields(address="+46 70 123 45 67"))
    known.db.write_now(put_cards, known.johan, push(network="phone", address="+46 (70) 123-45-67"))
    known.db.write_now(remove_address, known.johan, asa, Fields(identity=int(added["identity"])))
    assert known.db.read_now(show_pushed, known.johan, asa) == []


async def test_the_pages_work_with_and_without_scripts(web: Web, known: Cards) -> None:
    """T4, T62: a whole page again with what is wrong, a fragment for the panel, names escaped; the API says how certain an address is."""
    asa, case = known.mail(ASA)
    johan = await web.sign_in("johan")
    answer = await johan.post(f"/customers/{asa}/name", name="<script>alert(1)</script>", back=f"/customers/{asa}")
    assert answer.status_code == 303
    page = (await johan.get(f"/customers/{asa}")).text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    wrong = await johan.post(f"/customers/{asa}/zone", zone="Mars", back=f"/customers/{asa}")
    assert (wrong.status_code, "Choose a time zone" in wrong.text, "</html>" in wrong.text) == (422, True, True)
    back = f"/inbox/mine/{case.number}"
    piece = await johan.post(f"/customers/{asa}/notes", target="div#contact", text="Ring", back=back)
    assert (piece.status_code, "</html>" in piece.text, f'value="{back}"' in piece.text, "notes/remove" in piece.text) == (
        200,
        False,
        True,
        True,
    )
    unknown = await johan.post(f"/customers/{asa}/name", name="A", made_by="1")
    assert unknown.status_code == 422
    told = (await johan.client.get(f"/api/v1/contacts/{asa}", headers={"Accept": "application/json"})).json()
    assert (told["identities"][0]["proof"], told["attributes"]) == ("proven", {})
    body = {"network": "email", "address": ASA, "source": "Loyalty", "cards": [{"title": "Gold", "fields": []}]}
    put = await johan.client.put("/api/v1/cards", json=body, headers={"X-CSRF-Token": johan.csrf})
    assert (put.status_code, put.json()["contact_id"]) == (200, str(asa))
    assert "Gold" in (await johan.get(back)).text
    for wrong_card in ({"title": "A", "colour": "red"}, {"title": "A", "actions": [{"label": "a", "url": "javascript:x"}]}):
        put = await johan.client.put("/api/v1/cards", json=body | {"cards": [wrong_card]}, headers={"X-CSRF-Token": johan.csrf})
        assert put.status_code == 422
    found = await johan.get("/customers?q=ring")
    assert f'/customers/{asa}"' in found.text
    assert (await johan.post("/customers/new", name="", address="x")).status_code == 422
    assert (await johan.post("/customers/new", name="Bo", address="bo@kund.example")).headers["location"].startswith("/customers/")
