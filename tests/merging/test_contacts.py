"""Two customers as one, an address on its own, and the way back. T7."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from sluss.cases.models import cases
from sluss.contacts.attributes import AttributeFields, save_attribute, set_value
from sluss.contacts.identities import add_identity
from sluss.contacts.models import attribute_values, contacts, identities
from sluss.contacts.notes import write_contact_note
from sluss.kernel.actors import system
from sluss.kernel.errors import Conflict, Invalid, Missing
from sluss.merging.contacts import Choice, lead_on_contact, merge_contacts, merged_here, part_identity, undo_contact_move
from tests.merging.conftest import Desk

BO = "bo@kund.example"


def contact_of(desk: Desk, message_id: int) -> int:
    return desk.case(desk.case_of(message_id)).contact_id


def look(desk: Desk) -> dict[str, Any]:
    """Everything that hangs on contacts."""
    c, i, k, v = contacts.c, identities.c, cases.c, attribute_values.c

    def read(tx: Any) -> dict[str, Any]:
        asked = {
            "contacts": sa.select(c.id, c.name, c.language, c.zone, c.merged_into_id)
            .where(c.workspace_id == desk.workspace_id)
            .order_by(c.id),
            "identities": sa.select(i.id, i.contact_id, i.address).order_by(i.id),
            "cases": sa.select(k.id, k.contact_id).order_by(k.id),
            "values": sa.select(v.contact_id, v.attribute_id, v.value).order_by(v.contact_id, v.attribute_id),
            "notes": sa.text("SELECT id, contact_id FROM contact_notes ORDER BY id"),
        }
        return {name: [tuple(row) for row in tx.rows(one)] for name, one in asked.items()}

    return desk.db.read_now(read)


@pytest.fixture
def pair(desk: Desk) -> tuple[int, int]:
    """Åsa and Bo: a case, a note and a level each, and a booking of Bo's."""
    asa, bo = contact_of(desk, desk.arrives()), contact_of(desk, desk.arrives(BO))
    ewa = desk.world.who("ewa")
    level, booking = (desk.db.write_now(save_attribute, ewa, 0, AttributeFields(label=label)) for label in ("Nivå", "Bokning"))
    for contact_id, attribute_id, value in ((asa, level, "Guld"), (bo, level, "Silver"), (bo, booking, "7QK")):
        desk.db.write_now(set_value, desk.maja, contact_id, attribute_id, value)
    for one in (asa, bo):
        desk.db.write_now(write_contact_note, desk.maja, one, "Ringer helst")
    return asa, bo


def test_one_record_has_all_of_both_and_all_goes_back(desk: Desk, pair: tuple[int, int]) -> None:
    asa, bo = pair
    before = look(desk)
    move = desk.db.write_now(merge_contacts, desk.maja, asa, bo, Choice(name="other"))
    after = look(desk)
    assert {row[1] for row in after["identities"]} == {row[1] for row in after["cases"]} == {row[1] for row in after["notes"]} == {asa}
    assert [value for _, _, value in after["values"]] == ["Guld", "7QK"]
    assert after["contacts"][0][1] == "Bo"
    assert desk.db.read_now(lead_on_contact, desk.maja, bo) == asa
    assert [one.name for one in desk.db.read_now(merged_here, desk.maja, asa)] == ["Bo"]
    desk.db.write_now(undo_contact_move, desk.world.who("ewa"), move)
    assert look(desk) == before
    with pytest.raises(Conflict, match="already"):
        desk.db.write_now(undo_contact_move, desk.maja, move)


def test_what_came_later_goes_with_its_identity(desk: Desk, pair: tuple[int, int]) -> None:
    """A new case by Bo's address is Bo's again; a new address and a note of the one record stay with it."""
    asa, bo = pair
    move = desk.db.write_now(merge_contacts, desk.maja, asa, bo, Choice())
    later, ours = desk.arrives(BO), desk.arrives()
    assert contact_of(desk, later) == asa
    desk.db.write_now(add_identity, desk.maja, asa, "ny@kund.example")
    note = desk.db.write_now(write_contact_note, desk.maja, asa, "Om båda")
    desk.db.write_now(undo_contact_move, desk.maja, move)
    assert (contact_of(desk, later), contact_of(desk, ours)) == (bo, asa)
    assert dict(look(desk)["notes"])[note] == asa
    assert {address: owner for _, owner, address in look(desk)["identities"]}["ny@kund.example"] == asa


def test_an_address_gets_a_record_of_its_own_and_comes_back(desk: Desk, pair: tuple[int, int]) -> None:
    asa, bo = pair
    desk.db.write_now(merge_contacts, desk.maja, asa, bo, Choice())
    before = look(desk)
    of_bo = next(one for one, _, address in before["identities"] if address == BO)
    move = desk.db.write_now(part_identity, desk.maja, asa, of_bo)
    own = {one: owner for one, owner, _ in look(desk)["identities"]}[of_bo]
    assert own not in pair
    assert contact_of(desk, desk.arrives(BO)) == own
    desk.db.write_now(undo_contact_move, desk.maja, move)
    after = look(desk)
    assert (after["identities"], {owner for _, owner in after["cases"]}) == (before["identities"], {asa})
    with pytest.raises(Invalid):
        desk.db.write_now(merge_contacts, desk.maja, asa, asa, Choice())


def test_nobody_is_merged_twice_or_in_a_circle(desk: Desk, pair: tuple[int, int]) -> None:
    """F51: two agents who merge the same two, one each way."""
    asa, bo = pair
    desk.db.write_now(merge_contacts, desk.maja, asa, bo, Choice())
    for one, other in ((bo, asa), (asa, bo)):
        with pytest.raises((Conflict, Missing)):
            desk.db.write_now(merge_contacts, desk.maja, one, other, Choice())


def test_both_must_be_the_actors_to_change(desk: Desk) -> None:
    """T7: nobody takes over the history of a customer of another inbox."""
    asa, bo = contact_of(desk, desk.arrives()), contact_of(desk, desk.arrives(BO, "obsluga"))
    for key in ("johan", "petra", "ania"):
        with pytest.raises(Missing):
            desk.db.write_now(merge_contacts, desk.world.who(key), asa, bo, Choice())
    move = desk.db.write_now(merge_contacts, desk.maja, asa, bo, Choice())
    with pytest.raises(Missing):
        desk.db.write_now(undo_contact_move, desk.world.who("ania"), move)
    assert desk.db.read_now(lead_on_contact, system(desk.workspace_id), bo) == asa
